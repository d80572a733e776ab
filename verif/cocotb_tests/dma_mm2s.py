# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""dma_mm2s: any job, under any traffic, with a memory that errs, and jobs that are broken off."""

from __future__ import annotations

import itertools

from finn_verif.bench.bench import TRAFFIC, Bench, compare, each, traffic
from finn_verif.buses import axis
from finn_verif.buses.axi.memory import Memory, ReadMemory
from finn_verif.buses.axi.ports import DECERR, OKAY, PAGE, SLVERR, read_ports, stream_ports
from finn_verif.buses.axis import Beat
from finn_verif.buses.dma.checkers import ReadChecker, check_no_paths
from finn_verif.buses.dma.host import Host, dma
from finn_verif.testbench.instances import Instance

FLAGS = ("error_response", "error_length", "error_address", "aborted")
LATENCY = 40


def make(name: str, addr_w: int, data_w: int, length_w: int, burst: int, buffer: int, style: str) -> Instance:
    """An instance of one size."""
    data = (*read_ports(addr_w, data_w), *stream_ports("m_axis", data_w, is_input=False))
    return dma(name, "dma_mm2s", (addr_w, data_w, length_w, burst, buffer), style, FLAGS, data)


INSTANCES = [
    make("usual", 32, 64, 32, 64, 512, "block"),
    make("narrow", 40, 32, 16, 16, 16, "distributed"),
    make("single", 32, 64, 32, 1, 4, "block"),
    make("tiny", 13, 32, 12, 1, 3, "distributed"),
    make("odd", 13, 64, 13, 3, 7, "distributed"),
    make("longest", 40, 128, 24, 256, 300, "block"),
    make("wide", 64, 1024, 10, 64, 64, "distributed"),
]

# Buffers one place too small for full bandwidth, just large enough, and with the two more that short bursts need.
EXTRA = {"distributed": 3, "block": 4}
FAST = [
    make(f"fast{burst}_{style}{more + 1}", 32, 64, 32, burst, burst + LATENCY + EXTRA[style] + more, style)
    for burst, style in ((4, "distributed"), (16, "block"), (64, "distributed"))
    for more in (-1, 0, 2)
]
ALL = [*INSTANCES, *FAST]


class Setup(Host):
    """The host with the memory, the sink and the checkers."""

    def __init__(self, bench: Bench, memory: Memory | None = None, kind: str = "full_speed", latency: int = 1) -> None:
        super().__init__(bench, ReadChecker(bench), FLAGS)
        self.memory = memory or Memory(bench.rng)
        data_pauses, sink_pauses = traffic(kind, bench.rng)
        address_pauses, _ = traffic(kind, bench.rng)
        self.ram = ReadMemory(bench, self.memory, latency, address_pauses, data_pauses)
        bench.agents += [self.ram, self.checker]
        self.sink = bench.sink(sink_pauses)

    def frame(self, address: int, count: int) -> list[Beat]:
        """What a job must give."""
        beats = []
        for start in range(0, count, self.lanes):
            data = int.from_bytes(self.memory.read(address + start, self.lanes), "little")
            keep = (1 << min(self.lanes, count - start)) - 1
            beats.append(Beat(keep << 8 * self.lanes | data, int(start + self.lanes >= count)))
        return beats

    async def job(self, address: int, count: int, flags: set[str] | None = None) -> tuple[int, int]:
        """A whole job; the cycles in which its command was taken and in which it was done."""
        old_beats, old_bursts = len(self.sink.beats), len(self.ram.bursts)
        taken = await self.command(address, count)
        await self.bench.cycles(1)
        assert not self.flags(), "those of the job before"
        done = await self.done()
        assert self.flags() == (flags or set())
        compare("job", self.sink.beats[old_beats:], self.frame(address, count))
        assert self.sink.cycles[-1] == done - 1
        assert self.ram.bursts[old_bursts:] == self.bursts(address, self.beats(count))
        return taken, done


@each(INSTANCES)
async def reads_any_job(bench: Bench) -> None:
    """Any address and length, under any traffic, with any latency."""
    memory = Memory(bench.rng)
    for kind in TRAFFIC:
        await bench.reset()
        setup = Setup(bench, memory, kind, bench.rng.choice((1, 2, 7, 30)))
        for _ in range(3):
            await setup.job(*setup.any_job())


@each(INSTANCES)
async def reads_short_jobs(bench: Bench) -> None:
    """Every number of bytes up to three beats."""
    setup = Setup(bench)
    for count in range(1, min(3 * setup.lanes, 100, setup.longest) + 1):
        address, _ = setup.any_job(3)
        await setup.job(min(address, setup.space - 3 * setup.lanes), count)


@each([instance for instance in INSTANCES if instance.int_of("LENGTH_W") <= 12])
async def reads_the_longest_job(bench: Bench) -> None:
    """As many bytes as the command can say, at both ends of the address space."""
    setup = Setup(bench)
    for address in (0, setup.space - setup.beats(setup.longest) * setup.lanes):
        await setup.job(address, setup.longest)


@each(INSTANCES)
async def takes_the_next_command_at_once(bench: Bench) -> None:
    """A command that waits is taken in the cycle of done; the flags of the job before stand until then."""
    setup = Setup(bench)
    setup.ram.response = lambda _: SLVERR
    jobs = [setup.any_job(4) for _ in range(6)]
    taken = []
    for index, job in enumerate(jobs):
        taken.append(await setup.command(*job))
        assert setup.flags() == ({"error_response"} if index else set())
    await setup.done()
    await bench.cycles(bench.rng.randint(1, 20))
    assert setup.flags() == {"error_response"}
    assert taken[1:] == setup.checker.dones[:-1]
    compare("jobs", setup.sink.beats, [beat for job in jobs for beat in setup.frame(*job)])


@each(INSTANCES)
async def refuses_bad_commands(bench: Bench) -> None:
    """No bytes, a misaligned address or a job beyond the last address: no reads, no beats; the next job is right."""
    setup = Setup(bench)
    for address, count, flags in setup.bad_jobs():
        old_bursts, old_beats = len(setup.ram.bursts), len(setup.sink.beats)
        taken = await setup.command(address, count)
        assert await setup.done() == taken + 3
        await bench.cycles(bench.rng.randint(1, 20))
        assert setup.flags() == flags
        assert (len(setup.ram.bursts), len(setup.sink.beats)) == (old_bursts, old_beats)
        await setup.job(*setup.any_job())
        for beats in (1, 2):
            await setup.job(setup.space - beats * setup.lanes, beats * setup.lanes)


@each(INSTANCES)
async def reports_responses(bench: Bench) -> None:
    """One beat with an error anywhere is reported; its data and all other beats come. The next job knows nothing."""
    for code in (1, SLVERR, DECERR):
        for _ in range(2):
            await bench.reset()
            setup = Setup(bench, kind="random", latency=5)
            address, count = setup.any_job()
            wrong = address + bench.rng.randrange(setup.beats(count)) * setup.lanes
            setup.ram.response = lambda place, wrong=wrong, code=code: code if place == wrong else OKAY
            await setup.job(address, count, {"error_response"})
            setup.ram.response = lambda _: OKAY
            await setup.job(*setup.any_job())


@each(INSTANCES)
async def reports_a_wrong_last(bench: Bench) -> None:
    """RLAST that is missing or too much at any one beat is reported; the job goes on by the number of beats."""
    for _ in range(8):
        await bench.reset()
        setup = Setup(bench, kind="random", latency=3)
        address, count = setup.any_job()
        beats = setup.beats(count)
        place = bench.rng.choice((0, beats - 1, bench.rng.randrange(beats), min(beats, setup.burst) - 1))
        setup.ram.wrong_last = {address + place * setup.lanes}
        await setup.job(address, count, {"error_length"})
        setup.ram.wrong_last = set()
        await setup.job(address, count)


@each(INSTANCES)
async def breaks_off(bench: Bench) -> None:
    """Abort at any moment: what came before is right, all reads are answered, the next job is whole and right."""
    memory = Memory(bench.rng)
    for turn in range(24):
        # Valid is taken back: its checkers would find that.
        await bench.hold_reset()
        setup = Setup(bench, memory, bench.rng.choice(TRAFFIC), (1, 5, 40)[turn % 3])
        *bench.agents, checker = bench.agents
        checker.stop()
        address, count = setup.any_job()
        await setup.command(address, count)
        await setup.wait(bench.rng.choice((4, 30, 60, 4 * setup.burst)))
        bench.signal("abort").value = 1
        # At the first edge the abort is not seen by the sink, at the second it must be.
        await bench.cycles(2)
        was_valid = bench.integer("m_axis_tvalid")
        if bench.rng.getrandbits(1):
            bench.signal("abort").value = 0
        finished = await setup.done()
        bench.signal("abort").value = 0
        compare("before abort", setup.sink.beats, setup.frame(address, count)[: len(setup.sink.beats)])
        if setup.flags():
            assert setup.flags() == {"aborted"}
            assert not was_valid
            assert setup.sink.cycles[-1:] < [finished]
        else:
            compare("before abort", setup.sink.beats, setup.frame(address, count))
        setup.sink.stop()
        setup.sink = bench.sink()
        await setup.job(*setup.any_job())
    await bench.hold_reset()


@each(INSTANCES)
async def breaks_off_at_once(bench: Bench) -> None:
    """A command taken while abort is high ends without a read, also a bad one; abort alone does nothing."""
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
    """An aborted job is done two cycles after its last outstanding beat came, however long the consumer stands."""
    setup = Setup(bench, latency=200)
    setup.sink.pauses = axis.always_paused()
    taken = await setup.command(0, 2 * setup.lanes)
    await bench.cycles(8)
    bench.signal("abort").value = 1
    await setup.done()
    bench.signal("abort").value = 0
    # The address is there 4 cycles after the command, the last beat 200 later; a burst of one beat makes two of it.
    beats = min(2, sum(beats for _, beats in setup.ram.bursts))
    last = taken + 4 + 200 + (beats - 1) * (1 if setup.burst > 1 else 3)
    assert setup.checker.dones == [last + 2]


@each(INSTANCES)
async def works_after_reset(bench: Bench) -> None:
    """A reset at any moment, of the memory too, leaves nothing behind."""
    for _ in range(6):
        setup = Setup(bench, kind="random", latency=5)
        await setup.command(*setup.any_job())
        await setup.wait(60)
        await bench.reset(bench.rng.choice((1, 2)))
        for name in ("m_axis_tvalid", "m_axi_arvalid", "done", *FLAGS):
            assert not bench.integer(name), f"{name} is high after reset"
        setup = Setup(bench, kind="random", latency=5)
        await setup.job(*setup.any_job())
        await bench.reset()


@each([instance for instance in INSTANCES if instance.name in ("usual", "narrow", "odd")])
async def stands_long_stalls(bench: Bench) -> None:
    """A consumer that stands still gets what the buffer can hold asked for, no more; a memory may stand still too."""
    setup = Setup(bench, latency=3)
    buffer = bench.instance.int_of("BUFFER")
    setup.sink.pauses = axis.always_paused()
    address, count = 0, (buffer + 2 * setup.burst) * setup.lanes
    first = await setup.command(address, count)
    await bench.cycles(3000)
    assert buffer - setup.burst < sum(beats for _, beats in setup.ram.bursts) <= buffer
    assert not setup.sink.beats
    setup.sink.pauses = axis.no_pauses()
    setup.ram.address_pauses = itertools.chain(itertools.repeat(True, 2000), axis.no_pauses())
    setup.ram.data_pauses = itertools.chain(itertools.repeat(True, 2000), axis.no_pauses())
    assert await setup.done() > first + 5000
    assert not setup.flags()
    compare("job", setup.sink.beats, setup.frame(address, count))


@each(INSTANCES)
async def has_no_combinational_path(bench: Bench) -> None:
    """No input of any side shows at an output before the next edge."""
    setup = Setup(bench, kind="random", latency=4)
    address, count = setup.any_job()
    await setup.command(address, count)
    await check_no_paths(bench, 40)
    await setup.done()
    compare("job", setup.sink.beats, setup.frame(address, count))


@each(FAST)
async def has_stated_throughput(bench: Bench) -> None:
    """One beat a cycle from a memory of 40 cycles latency, with just enough buffer; slower with one place less."""
    setup = Setup(bench, latency=LATENCY)
    beats = 12 * (setup.burst + LATENCY)
    extra = EXTRA[str(bench.instance.parameters["BUFFER_STYLE"])]
    more = bench.instance.int_of("BUFFER") - setup.burst - LATENCY - extra
    cycles = 4 + LATENCY + extra - 1 + beats
    taken, done = await setup.job(0, beats * setup.lanes)
    if more >= 0:
        assert done - taken == cycles
    else:
        assert done - taken > cycles
    if more == 2:
        # Bursts of any length before and behind 4 KiB boundaries; a first one that is short may cost two cycles.
        for place in (1, 2, 3, PAGE // setup.lanes - 1):
            taken, done = await setup.job(place * setup.lanes, beats * setup.lanes)
            assert done - taken == cycles + (2 if place > 3 else 0)
