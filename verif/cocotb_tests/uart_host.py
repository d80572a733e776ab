# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""uart_host, with the host's packets on one side and a model of a network on the other."""

from __future__ import annotations

import binascii

import cocotb
from cocotb.triggers import RisingEdge

from cocotb_tests.uart_host_setup import IDENTITY, IDLE_BITS, INSTANCES, Host, error, idle_host, result_of
from finn_rtl.driver import uart_protocol
from finn_rtl.driver.uart_protocol import Fault, Kind, Reply, classify_request, identity_request
from finn_verif.bench.bench import Bench, each, traffic
from finn_verif.buses import axis
from finn_verif.buses.axis import cycle


@each(INSTANCES, timeout_us=2000)
async def tells_its_identity(bench: Bench) -> None:
    """All 48 bytes, again and again, with the request's tag."""
    host = await idle_host(bench)
    for count, tag in enumerate((0, 0xA5, 0xFF), start=1):
        await host.sender.send(identity_request(tag))
        replies = await host.wait_for(count)
        assert replies[-1] == Reply(Kind.IDENTITY, tag, IDENTITY)
    assert host.frames() == []


@each(INSTANCES, timeout_us=20000)
async def classifies_in_order(bench: Bench) -> None:
    """Requests as the window allows, identities among them, pauses everywhere: every reply right and in order."""
    for kind in ("full_speed", "slow_source", "bursts"):
        pauses, stalls = traffic(kind, bench.rng)
        host = await idle_host(bench, stalls, pauses)
        expected: list[Reply] = []
        frames: list[bytes] = []
        for number in range(8 + host.window):
            while len(expected) - len(host.poll()) >= host.window:
                await RisingEdge(bench.clock)
            tag = bench.rng.getrandbits(8)
            if bench.rng.random() < 0.1:
                expected.append(Reply(Kind.IDENTITY, tag, IDENTITY))
                await host.sender.send(identity_request(tag))
            else:
                frames.append(bytes([uart_protocol.REQUEST] * host.frame_bytes) if number == 3 else host.random_frame())
                expected.append(Reply(Kind.RESULT, tag, result_of(frames[-1])))
                request = classify_request(tag, frames[-1])
                cut = bench.rng.randint(0, len(request))
                await host.sender.send(request[:cut])
                await host.sender.bits(bench.rng.choice((0, 0, 1.4, 11)))
                await host.sender.send(request[cut:])
        assert await host.wait_for(len(expected)) == expected
        await host.expect_silence()
        assert host.frames() == frames
        host.stop()


@each(INSTANCES, timeout_us=10000)
async def replies_without_pauses(bench: Bench) -> None:
    """Bytes of a reply follow each other at once, and so do replies."""
    stalls, pauses = traffic("full_speed", bench.rng)
    host = await idle_host(bench, stalls, pauses)
    for tag in range(host.window):
        await host.sender.send(identity_request(tag))
    await host.wait_for(host.window)
    starts = [byte.start_ps // (axis.CLOCK_PERIOD_NS * 1000) for byte in host.receiver.received]
    length = len(starts) // host.window
    for index, (start, after) in enumerate(zip(starts, starts[1:], strict=False), start=1):
        if index % length:
            assert after - start == 10 * host.clocks
        elif host.window > 2:
            assert after - start <= 10 * host.clocks + 1


@each(INSTANCES, timeout_us=4000)
async def has_stated_latency(bench: Bench) -> None:
    """From the end of a request to the frame's first byte, and from a result to the start bit of its reply."""
    host = await idle_host(bench)
    host.network.cancel()
    request = classify_request(1, host.random_frame())
    await RisingEdge(bench.clock)
    start = cycle()
    await host.sender.send(request)
    await host.sink.wait_for(host.frame_bytes, 200)
    middle = (10 * (len(request) - 1) + 9) * host.clocks + (host.clocks - 1) // 2
    # The line changes before the next edge.
    assert host.sink.cycles[0] - start - 1 == middle + 6
    bench.signal("s_axis_tdata").value = 7
    bench.signal("s_axis_tlast").value = 1
    bench.signal("s_axis_tvalid").value = 1
    start = cycle()
    await host.receiver.wait_for(1, bench.clock, 200)
    assert host.receiver.received[0].start_ps // (axis.CLOCK_PERIOD_NS * 1000) - start == 2


@each(INSTANCES, timeout_us=20000)
async def refuses_damaged_requests(bench: Bench) -> None:
    """One or two bits are flipped anywhere: no result, and the network sees nothing; the next request is served."""
    host = await idle_host(bench)
    for _ in range(8):
        count, taken = len(host.poll()), len(host.frames())
        tag = bench.rng.getrandbits(8)
        request = bytearray(classify_request(tag, bytes(host.frame_bytes)))
        for place in bench.rng.sample(range(8 * len(request)), bench.rng.choice((1, 2))):
            request[place // 8] ^= 1 << place % 8
        await host.sender.send(request)
        # With a damaged first byte, command or length what comes is ignored, or seen as something cut off.
        await host.sender.bits(IDLE_BITS + 80)
        replies = host.poll()[count:]
        assert all(reply.kind == Kind.ERROR for reply in replies), replies
        # A later byte may look like the first one.
        most = uart_protocol.REQUEST in request
        assert (request[0] == uart_protocol.REQUEST) <= len(replies) <= most
        assert bench.integer("error") == bool(replies) or request[0] != uart_protocol.REQUEST
        assert len(host.frames()) == taken
        await host.classify(host.random_frame(), tag)


@each(INSTANCES, timeout_us=10000)
async def says_what_is_wrong(bench: Bench) -> None:
    """Each fault has its code and the request's tag."""
    host = await idle_host(bench)
    good = classify_request(9, host.random_frame())
    await host.sender.send([*good[:-1], good[-1] ^ 1])
    assert (await host.wait_for(1))[-1] == error(Fault.BAD_CRC, 9)
    assert bench.integer("error")
    await host.classify(host.random_frame(), 10)
    # A byte whose stop bit is low makes the request bad, though all its data bits are right.
    place = bench.rng.randrange(1, len(good))
    await host.sender.send(good[:place])
    await host.sender.send([good[place]], stop=0)
    await host.sender.bits(1)
    await host.sender.send(good[place + 1:])
    # Where the tag or the command is such a byte it counts all the same.
    assert (await host.wait_for(3))[-1] == error(Fault.BAD_CRC, 9)
    await host.classify(host.random_frame(), 11)
    unknown = bytearray(identity_request(12))
    unknown[1] = ord("X")
    await host.sender.send(_with_crc(unknown))
    assert (await host.wait_for(5))[-1] == error(Fault.UNKNOWN, 12)
    await host.classify(host.random_frame(), 13)


def _with_crc(packet: bytearray) -> bytes:
    """A packet whose bytes were changed, with the right CRC again: Python's own is the model."""
    body = bytes(packet[1:-2])
    return bytes(packet[:1]) + body + binascii.crc_hqx(body, 0xFFFF).to_bytes(2, "big")


@each(INSTANCES, timeout_us=30000)
async def drops_what_is_cut_off(bench: Bench) -> None:
    """A request that stops at any place ends after IDLE_BITS, not before, with an error; the next one is served."""
    host = await idle_host(bench)
    request = classify_request(0x77, host.random_frame())
    for length in range(1, len(request)):
        count, taken = len(host.poll()), len(host.frames())
        await host.sender.send(request[:length])
        await host.sender.bits(IDLE_BITS - 1.5)
        assert len(host.poll()) == count
        await host.sender.bits(70)
        assert host.poll()[count:] == [error(Fault.CUT_OFF, 0x77 if length > 2 else 0)]
        assert len(host.frames()) == taken
        assert bench.integer("error")
        await host.classify(host.random_frame(), length)
    # A pause that is shorter, in the same place, is none.
    await host.sender.send(request[:4])
    await host.sender.bits(IDLE_BITS - 11)
    await host.sender.send(request[4:])
    assert (await host.wait_for(len(host.replies) + 1))[-1].kind == Kind.RESULT


@each(INSTANCES, timeout_us=10000)
async def recovers_from_garbage(bench: Bench) -> None:
    """Noise, breaks and pulses on the line never make a result; after a silence the next request is served."""
    host = await idle_host(bench)
    await host.sender.send(b for b in bench.rng.randbytes(40) if b != uart_protocol.REQUEST)
    await host.sender.pulse(33)
    await host.sender.bits(2)
    await host.sender.send([uart_protocol.REQUEST], stop=0)
    await host.sender.bits(1)
    assert host.poll() == []
    await host.classify(host.random_frame(), 1)
    for _ in range(3):
        count, taken = len(host.poll()), len(host.frames())
        noise = bench.rng.randbytes(20)
        await host.sender.send(b if bench.rng.random() < 0.8 else uart_protocol.REQUEST for b in noise)
        await host.sender.bits(IDLE_BITS + 80 + 70 * host.window)
        assert all(reply.kind == Kind.ERROR for reply in host.poll()[count:])
        assert len(host.frames()) == taken
        await host.classify(host.random_frame(), 2)


@each(INSTANCES, timeout_us=30000)
async def loses_nothing_inside_the_window(bench: Bench) -> None:
    """The network stands still while WINDOW requests come: all are answered when it goes on."""
    host = await idle_host(bench, axis.always_paused())
    for _ in range(3):
        count = len(host.poll())
        frames = [host.random_frame() for _ in range(host.window)]
        for tag, frame in enumerate(frames):
            await host.sender.send(classify_request(tag, frame))
        await host.expect_silence()
        assert not bench.integer("error")
        host.sink.pauses = axis.no_pauses()
        replies = await host.wait_for(count + host.window)
        assert replies[count:] == [Reply(Kind.RESULT, tag, result_of(frame)) for tag, frame in enumerate(frames)]
        host.sink.pauses = axis.always_paused()
        await bench.cycles(2)


@each(INSTANCES, timeout_us=30000)
async def reports_an_overrun(bench: Bench) -> None:
    """More requests than WINDOW: those that fit are answered right, the first of the others is named."""
    host = await idle_host(bench, axis.always_paused())
    frames = [host.random_frame() for _ in range(host.window + 4)]
    for tag, frame in enumerate(frames, start=20):
        await host.sender.send(classify_request(tag, frame))
    await host.sender.bits(150)
    # Told at once, for the network stands still. While one is told, those that come are told together by the next.
    lost = [reply.tag - 20 for reply in host.poll()]
    assert host.poll() == [error(Fault.OVERRUN, 20 + tag) for tag in lost]
    assert lost[0] == host.window and lost == sorted(set(lost)) and lost[-1] < len(frames)
    assert bench.integer("error")
    await host.expect_silence()
    host.sink.pauses = axis.no_pauses()
    replies = await host.wait_for(len(lost) + host.window)
    assert replies[len(lost):] == [Reply(Kind.RESULT, tag, result_of(frame))
                                   for tag, frame in enumerate(frames[:host.window], start=20)]
    await host.expect_silence()
    assert host.frames() == frames[:host.window]
    await host.classify(host.random_frame(), 99)


@each(INSTANCES, timeout_us=10000)
async def names_the_first_of_an_overrun(bench: Bench) -> None:
    """Several requests beyond the window during one long reply: one error behind it, with the tag of the first."""
    host = await idle_host(bench)
    for tag in range(host.window + 3):
        await host.sender.send(identity_request(tag))
    identities = [Reply(Kind.IDENTITY, tag, IDENTITY) for tag in range(host.window)]
    replies = await host.wait_for(host.window + 1)
    assert replies == [identities[0], error(Fault.OVERRUN, host.window), *identities[1:]]
    await host.expect_silence()
    await host.classify(host.random_frame(), 99)


@each(INSTANCES, timeout_us=30000)
async def tells_of_an_overrun_behind_another(bench: Bench) -> None:
    """One in the very cycle in which the reply about another ends is told next, by its own tag; one before is not."""
    host = await idle_host(bench, axis.always_paused())
    for tag in range(host.window):
        await host.sender.send(classify_request(tag, host.random_frame()))
    await host.expect_silence()
    distances = set()
    for gap in range(6):
        replies, sent = len(host.poll()), len(host.receiver.received)
        first, second = 2 * gap + 100, 2 * gap + 101
        await host.sender.send(identity_request(first))
        await host.sender.bits(gap / host.clocks)
        await RisingEdge(bench.clock)
        start = cycle()
        await host.sender.send(identity_request(second))
        await host.sender.bits(140)
        # The edges at which the second request is over, and the reply's last byte is taken: its start bit begins there.
        over = start + 1 + 49 * host.clocks + (host.clocks - 1) // 2 + 3
        taken = host.receiver.received[sent + 5].start_ps // (axis.CLOCK_PERIOD_NS * 1000)
        distances.add(over - taken)
        told = [first, second] if over >= taken else [first]
        assert host.poll()[replies:] == [error(Fault.OVERRUN, tag) for tag in told]
    assert {-1, 0, 1} <= distances


@each(INSTANCES, timeout_us=30000)
async def survives_a_flood(bench: Bench) -> None:
    """Requests come twice as fast as the network takes frames: each reply is right, what is missing was an overrun."""
    host = await idle_host(bench)
    request_cycles = 10 * host.clocks * (host.frame_bytes + 5)
    host.sink.pauses = axis.random_pauses(bench.rng, 1 - host.frame_bytes / (2 * request_cycles))
    frames = [host.random_frame() for _ in range(20 + host.window)]
    for tag, frame in enumerate(frames):
        await host.sender.send(classify_request(tag, frame))
    host.sink.pauses = axis.no_pauses()
    await host.sender.bits(90 * (host.window + 3))
    replies = host.poll()
    results = [reply for reply in replies if reply.kind == Kind.RESULT]
    assert all(reply.payload == result_of(frames[reply.tag]) for reply in results)
    tags = [reply.tag for reply in results]
    assert tags == sorted(set(tags))
    assert host.frames() == [frames[tag] for tag in tags]
    lost = [reply.tag for reply in replies if reply.kind != Kind.RESULT]
    assert all(reply.fault == Fault.OVERRUN for reply in replies if reply.kind != Kind.RESULT)
    assert lost and lost == sorted(set(lost)) and not set(lost) & set(tags)
    assert lost[0] == min(set(range(len(frames))) - set(tags))
    await host.classify(host.random_frame(), 99)


@each(INSTANCES, timeout_us=10000)
async def works_after_reset(bench: Bench) -> None:
    """Reset in the middle of requests and replies leaves nothing behind."""
    for _ in range(4):
        host = await idle_host(bench, axis.random_pauses(bench.rng, 0.8))
        task = cocotb.start_soon(_talk(host))
        await host.sender.bits(bench.rng.uniform(1, 20 * host.frame_bytes + 200))
        task.cancel()
        host.stop()
        host = await idle_host(bench)
        assert not bench.integer("error")
        await host.sender.bits(12)
        await host.classify(host.random_frame(), 5)
        host.stop()


async def _talk(host: Host) -> None:
    for tag in range(host.window):
        await host.sender.send(classify_request(tag, host.random_frame()))
    await host.sender.send(b"\xa5C")
