# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""dma_s2mm: any job, under any traffic, frames that are too short or too long, and jobs that are broken off."""

from __future__ import annotations

import itertools

from cocotb.triggers import RisingEdge

from cocotb_tests.dma_s2mm_setup import EXTRA, FAST, FLAGS, INSTANCES, LATENCY, Setup
from finn_verif.bench.bench import TRAFFIC, Bench, each
from finn_verif.buses import axis
from finn_verif.buses.axi.memory import Memory
from finn_verif.buses.axi.ports import DECERR, OKAY, PAGE, SLVERR
from finn_verif.buses.axis import Beat, cycle
from finn_verif.buses.dma.checkers import check_no_paths


@each(INSTANCES)
async def writes_any_job(bench: Bench) -> None:
    """Any address and length, under any traffic, with any latency; one burst after the other is as long as may be."""
    memory = Memory(bench.rng)
    for kind in TRAFFIC:
        await bench.reset()
        setup = Setup(bench, memory, kind, bench.rng.choice((1, 2, 7, 30)))
        for _ in range(3):
            await setup.job(*setup.any_job())


@each(INSTANCES)
async def writes_short_jobs(bench: Bench) -> None:
    """Every number of bytes up to three beats."""
    setup = Setup(bench)
    for count in range(1, min(3 * setup.lanes, 100, setup.longest) + 1):
        address, _ = setup.any_job(3)
        await setup.job(min(address, setup.space - 3 * setup.lanes), count)


@each([instance for instance in INSTANCES if instance.int_of("LENGTH_W") <= 12])
async def writes_the_longest_job(bench: Bench) -> None:
    """As many bytes as the command can say, at both ends of the address space."""
    setup = Setup(bench)
    for address in (0, setup.space - setup.beats(setup.longest) * setup.lanes):
        await setup.job(address, setup.longest)


@each(INSTANCES)
async def takes_the_next_command_at_once(bench: Bench) -> None:
    """A command that waits is taken in the cycle of done; the flags of the job before stand until then."""
    setup = Setup(bench)
    setup.ram.response = lambda _: SLVERR
    jobs = [(address, bench.rng.randbytes(count)) for address, count in (setup.any_job(4) for _ in range(6))]
    taken = []
    for index, (address, data) in enumerate(jobs):
        taken.append(await setup.command(address, len(data)))
        if index:
            assert setup.flags() == {"error_response"}
            setup.check_memory(*jobs[index - 1])
        setup.send(setup.frame(data))
    await setup.done()
    await bench.cycles(bench.rng.randint(1, 20))
    assert setup.flags() == {"error_response"}
    setup.check_memory(*jobs[-1])
    assert taken[1:] == setup.checker.dones[:-1]


@each(INSTANCES)
async def refuses_bad_commands(bench: Bench) -> None:
    """No bytes, a misaligned address or a job beyond the last address: no writes, no beats; the next job is right."""
    setup = Setup(bench)
    for address, count, flags in setup.bad_jobs():
        setup.ram.bursts.clear()
        setup.source.cycles.clear()
        data = bench.rng.randbytes(setup.lanes)
        setup.send(setup.frame(data))
        taken = await setup.command(address, count)
        assert await setup.done() == taken + 3
        await bench.cycles(bench.rng.randint(1, 20))
        assert setup.flags() == flags
        setup.check_memory(0, b"")
        assert not setup.ram.bursts
        assert not setup.source.cycles
        await setup.command(0, setup.lanes)
        await setup.done()
        setup.check_memory(0, data)
        for beats in (1, 2):
            await setup.job(setup.space - beats * setup.lanes, beats * setup.lanes)


@each(INSTANCES)
async def reports_responses(bench: Bench) -> None:
    """A burst with an error anywhere is reported; all others are written too. The next job knows nothing."""
    for code in (1, SLVERR, DECERR):
        for _ in range(2):
            await bench.reset()
            setup = Setup(bench, kind="random", latency=5)
            address, count = setup.any_job()
            wrong = address + bench.rng.randrange(setup.beats(count)) * setup.lanes
            setup.ram.response = lambda place, wrong=wrong, code=code: code if place == wrong else OKAY
            await setup.job(address, count, flags={"error_response"})
            setup.ram.response = lambda _: OKAY
            await setup.job(*setup.any_job())


@each(INSTANCES)
async def reports_a_wrong_length(bench: Bench) -> None:
    """A short frame ends the job; of a long one what is too much is dropped, in the last beat too. Then all is well."""
    for _ in range(3):
        await bench.reset()
        setup = Setup(bench, kind=bench.rng.choice(TRAFFIC), latency=3)
        address, count = setup.any_job()
        shorter = {bench.rng.randint(1, count), count - 1, (setup.beats(count) - 1) * setup.lanes}
        longer = {count + bench.rng.randint(1, 4 * setup.lanes), count + 1, setup.beats(count) * setup.lanes}
        for sent in sorted((shorter | longer) - {0}):
            flags = {"error_underrun"} if sent < count else {"error_overrun"} if sent > count else set()
            await setup.job(address, count, sent, flags)
            await setup.job(*setup.any_job(6))


@each(INSTANCES)
async def takes_null_beats(bench: Bench) -> None:
    """A last beat without bytes: short of the command it ends the job, behind it it is surplus."""
    setup = Setup(bench)
    lanes = setup.lanes
    for count, sent, flag in ((3 * lanes, 2 * lanes, "error_underrun"), (2 * lanes, 2 * lanes, "error_overrun")):
        data = bench.rng.randbytes(sent)
        setup.send([*setup.frame(data, has_last=False), Beat(bench.rng.getrandbits(8 * lanes), 1)])
        await setup.command(0, count)
        await setup.done()
        assert setup.flags() == {flag}
        setup.check_memory(0, data)
        await setup.job(*setup.any_job())


@each(INSTANCES)
async def reports_a_gap_at_the_end(bench: Bench) -> None:
    """A last beat that lacks bytes and is not the frame's last: both too few and too many."""
    setup = Setup(bench)
    data = bench.rng.randbytes(setup.lanes + 1)
    setup.send([*setup.frame(data, has_last=False), *setup.frame(bench.rng.randbytes(2 * setup.lanes))])
    await setup.command(0, 2 * setup.lanes)
    await setup.done()
    assert setup.flags() == {"error_underrun", "error_overrun"}
    setup.check_memory(0, data)
    await setup.job(*setup.any_job())


@each(INSTANCES)
async def breaks_off(bench: Bench) -> None:
    """Abort at any moment: bursts issued are whole, none follows, all are answered; the next job is right."""
    memory = Memory(bench.rng)
    for turn in range(24):
        # The source takes valid back: the checker of its stream would find that.
        await bench.hold_reset()
        setup = Setup(bench, memory, bench.rng.choice(TRAFFIC), (1, 5, 40)[turn % 3])
        address, count = setup.any_job()
        sent = bench.rng.choice((count, count, max(1, count - setup.lanes), count + 9 * setup.lanes))
        data = bench.rng.randbytes(sent)
        setup.send(setup.frame(data))
        await setup.command(address, count)
        await setup.wait(bench.rng.choice((4, 30, 60, 4 * setup.burst)))
        bench.signal("abort").value = 1
        await bench.cycles(2)
        was_ready = bench.integer("s_axis_tready")
        if bench.rng.getrandbits(1):
            bench.signal("abort").value = 0
        await setup.done()
        bench.signal("abort").value = 0
        data = data[:count]
        if "aborted" in setup.flags():
            assert not was_ready
            data = data[: sum(beats for _, beats in setup.ram.bursts) * setup.lanes]
        setup.check_memory(address, data)
        setup.source.stop()
        setup.source = bench.source()
        await setup.job(*setup.any_job())
    await bench.hold_reset()


@each(INSTANCES)
async def breaks_off_at_once(bench: Bench) -> None:
    """A command taken while abort is high ends without a write, also a bad one; abort alone does nothing."""
    setup = Setup(bench)
    bench.signal("abort").value = 1
    await bench.cycles(5)
    for count, flags in ((1, {"aborted"}), (0, {"aborted", "error_length"})):
        taken = await setup.command(0, count)
        assert await setup.done() == taken + 3
        assert setup.flags() == flags
    assert not setup.ram.bursts
    bench.signal("abort").value = 0
    await setup.job(*setup.any_job())
    assert len(setup.checker.dones) == 3


@each(INSTANCES)
async def gives_up_in_time(bench: Bench) -> None:
    """An aborted job is done two cycles after the last response to a burst issued; without one, at once."""
    setup = Setup(bench, latency=100)
    await setup.command(0, 4 * setup.lanes)
    await bench.cycles(20)
    bench.signal("abort").value = 1
    start = cycle()
    assert await setup.done() == start + 3
    bench.signal("abort").value = 0
    data = bench.rng.randbytes(4 * setup.lanes)
    setup.send(setup.frame(data))
    await setup.command(0, 4 * setup.lanes)
    while not setup.ram.data_cycles:
        await RisingEdge(bench.clock)
    await bench.cycles(2)
    bench.signal("abort").value = 1
    done = await setup.done()
    assert done == setup.ram.data_cycles[-1] + 100 + 2
    setup.check_memory(0, data[: len(setup.ram.data_cycles) * setup.lanes])


@each(INSTANCES)
async def works_after_reset(bench: Bench) -> None:
    """A reset at any moment, of the memory too, leaves nothing behind."""
    for _ in range(6):
        setup = Setup(bench, kind="random", latency=5)
        address, count = setup.any_job()
        setup.send(setup.frame(bench.rng.randbytes(count)))
        await setup.command(address, count)
        await setup.wait(60)
        await bench.reset(bench.rng.choice((1, 2)))
        for name in ("s_axis_tready", "m_axi_awvalid", "m_axi_wvalid", "done", "written", *FLAGS):
            assert not bench.integer(name), f"{name} is not 0 after reset"
        setup = Setup(bench, kind="random", latency=5)
        await setup.job(*setup.any_job())
        await bench.reset()


@each([instance for instance in INSTANCES if instance.name in ("usual", "narrow", "odd")])
async def stands_long_stalls(bench: Bench) -> None:
    """A memory that stands still lets the buffer fill to its last place; then stream and responses stand still."""
    setup = Setup(bench)
    buffer = bench.instance.int_of("BUFFER")
    setup.ram.address_pauses = itertools.chain(itertools.repeat(True, 1500), axis.no_pauses())
    setup.ram.data_pauses = itertools.chain(itertools.repeat(True, 1500), axis.no_pauses())
    setup.ram.response_pauses = itertools.chain(itertools.repeat(True, 1000), axis.no_pauses())
    address, count = 0, (buffer + 2 * setup.burst) * setup.lanes
    data = bench.rng.randbytes(count)
    frame = setup.frame(data)
    setup.send(frame[:-1])
    first = await setup.command(address, count)
    await bench.cycles(1000)
    assert len(setup.source.cycles) == buffer
    assert len(setup.ram.bursts) == 0
    await bench.cycles(2500)
    assert len(setup.source.cycles) == len(frame) - 1
    assert not setup.checker.dones
    setup.send(frame[-1:])
    assert await setup.done() > first + 3500
    assert not setup.flags()
    setup.check_memory(address, data)


@each(INSTANCES)
async def sends_data_without_waiting_for_its_address(bench: Bench) -> None:
    """A memory that takes an address only behind its data, or data only behind its address, is served."""
    setup = Setup(bench)
    for first in ("address_pauses", "data_pauses"):
        address, count = 0, setup.burst * setup.lanes if setup.burst * setup.lanes <= setup.longest else setup.lanes
        setattr(setup.ram, first, axis.always_paused())
        data = bench.rng.randbytes(count)
        setup.send(setup.frame(data))
        await setup.command(address, count)
        await bench.cycles(400)
        assert not setup.checker.dones[setup.commands - 1 :]
        setattr(setup.ram, first, axis.no_pauses())
        await setup.done()
        setup.check_memory(address, data)


@each([instance for instance in INSTANCES if instance.int_of("BURST") <= 16])
async def keeps_16_outstanding(bench: Bench) -> None:
    """With late responses 16 bursts are outstanding, never more."""
    setup = Setup(bench, latency=800)
    beats = 20 * setup.burst
    await setup.job(0, beats * setup.lanes)
    assert setup.writes.most_outstanding == setup.writes.OUTSTANDING


@each(INSTANCES)
async def has_no_combinational_path(bench: Bench) -> None:
    """No input of any side shows at an output before the next edge."""
    setup = Setup(bench, kind="random", latency=4)
    address, count = setup.any_job()
    data = bench.rng.randbytes(count)
    setup.send(setup.frame(data))
    await setup.command(address, count)
    await check_no_paths(bench, 40)
    await setup.done()
    setup.check_memory(address, data)


@each(FAST)
async def has_stated_throughput(bench: Bench) -> None:
    """One beat a cycle into a memory whose responses take 40 cycles, with just enough buffer; else slower."""
    setup = Setup(bench, latency=LATENCY)
    beats = 10 * setup.burst
    more = bench.instance.int_of("BUFFER") - setup.burst - EXTRA
    setup.source.pauses = axis.no_pauses()
    cycles = beats + setup.burst + LATENCY + 6

    async def job(place: int) -> tuple[int, int]:
        """Cycles of a job and the pauses of its stream."""
        address, data = place * setup.lanes, bench.rng.randbytes(beats * setup.lanes)
        setup.send(setup.frame(data))
        taken = await setup.command(address, len(data))
        done = await setup.done()
        setup.check_memory(address, data)
        return done - taken, setup.source.cycles[-1] - setup.source.cycles[-beats] + 1 - beats

    if more >= 0:
        assert await job(0) == (cycles, 0)
    else:
        found, pauses = await job(0)
        assert found > cycles
        assert pauses > 0
    if more == 1:
        # Bursts of any length before and behind a 4 KiB boundary.
        for place in (1, 2, 3, PAGE // setup.lanes - beats // 2, PAGE // setup.lanes - 1):
            found, pauses = await job(place)
            assert found <= cycles + 1
            assert pauses == 0
