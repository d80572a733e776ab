# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""axis_frame_guard: whatever comes, whole frames leave, each with its flag."""

from __future__ import annotations

from finn_verif.bench.bench import TRAFFIC, Bench, compare, each, traffic
from finn_verif.buses import axis
from finn_verif.buses.axis import Beat
from finn_verif.testbench.instances import Instance, Port, clock_and_reset, stream_in, stream_out


def make(width: int, beats: int, frames: int, use_tlast: int) -> Instance:
    """An instance of one size."""
    ports = (
        *clock_and_reset(),
        *stream_in("s_axis", width, has_last=True),
        *stream_out("m_axis", width, has_last=True),
        *stream_out("m_axis_bad", 1),
        Port("error", 1, False),
    )
    parameters = {"WIDTH": width, "BEATS": beats, "FRAMES": frames, "USE_TLAST": use_tlast}
    return Instance(f"g{width}_{beats}_{frames}_{use_tlast}", "axis_frame_guard", parameters, ports)


INSTANCES = [
    make(8, 4, 2, 1),
    make(8, 1, 2, 1),
    make(5, 7, 8, 1),
    make(1, 16, 3, 1),
    make(8, 2, 5, 1),
    make(8, 4, 2, 0),
    make(8, 1, 3, 0),
]


class Frames:
    """The model: frames of given lengths; what leaves, and the flags."""

    def __init__(self, bench: Bench, lengths: list[int]) -> None:
        rng = bench.rng
        width, beats = bench.instance.int_of("WIDTH"), bench.instance.int_of("BEATS")
        has_last = bench.instance.int_of("USE_TLAST")
        self.sent: list[Beat] = []
        self.expected: list[Beat] = []
        self.flags: list[Beat] = []
        #: Cycles at full speed.
        self.cycles = 0
        for length in lengths if has_last else [beats] * len(lengths):
            frame = [rng.getrandbits(width) for _ in range(length)]
            # Without tlast its value is noise.
            self.sent += [
                Beat(data, int(index == length - 1) if has_last else rng.getrandbits(1))
                for index, data in enumerate(frame)
            ]
            whole = (frame + [0] * beats)[:beats]
            self.expected += [Beat(data, int(index == beats - 1)) for index, data in enumerate(whole)]
            self.flags.append(Beat(int(length != beats)))
            self.cycles += max(length, beats)

    @property
    def is_bad(self) -> int:
        """1 when a frame is malformed."""
        return int(any(flag.data for flag in self.flags))


def any_lengths(bench: Bench, count: int) -> list[int]:
    """Short, long and right frames, now and then several malformed in a row."""
    beats = bench.instance.int_of("BEATS")
    choices = (beats, beats, beats, 1, beats - 1, beats + 1, beats + 2, 2 * beats, 3 * beats + 1)
    return [max(1, length) for length in bench.rng.choices(choices, k=count)]


@each(INSTANCES)
async def repairs_frames(bench: Bench) -> None:
    """Frames of any length leave whole, with their flags, under any traffic."""
    for kind in TRAFFIC:
        for flag_kind in ("full_speed", "slow_sink"):
            frames = Frames(bench, any_lengths(bench, 25))
            flags = bench.sink(traffic(flag_kind, bench.rng)[1], "m_axis_bad")
            source, sink = bench.source(traffic(kind, bench.rng)[0]), bench.sink(traffic(kind, bench.rng)[1])
            for beat in frames.sent:
                source.append(beat)
            await sink.wait_for(len(frames.expected))
            await flags.wait_for(len(frames.flags))
            await source.wait_for(len(frames.sent))
            await bench.cycles(12)
            compare("frames", sink.beats, frames.expected)
            compare("flags", flags.beats, frames.flags)
            bench.stop()


@each(INSTANCES)
async def passes_good_frames(bench: Bench) -> None:
    """Well-formed frames leave unchanged, 1 beat a cycle and 1 cycle later; no error."""
    beats = bench.instance.int_of("BEATS")
    frames = Frames(bench, [beats] * 20)
    flags = bench.sink(prefix="m_axis_bad")
    source, sink = await bench.run(frames.sent, frames.expected)
    assert source.cycles == list(range(source.cycles[0], source.cycles[0] + len(frames.sent)))
    assert sink.cycles == [cycle + 1 for cycle in source.cycles]
    compare("flags", flags.beats, frames.flags)
    # The flag is there when the frame's last beat leaves.
    assert flags.cycles == sink.cycles[beats - 1 :: beats]
    assert not bench.integer("error")


@each([instance for instance in INSTANCES if instance.parameters["USE_TLAST"]])
async def flags_each_malformed_frame(bench: Bench) -> None:
    """One short or long frame among good ones: its flag alone, and an error that stays until reset."""
    beats = bench.instance.int_of("BEATS")
    for length in {1, beats - 1, beats + 1, 2 * beats, 5 * beats + 2} - {0, beats}:
        await bench.reset()
        assert not bench.integer("error")
        for lengths in ([beats] * 2, [length], [beats] * 3, [length] * 4, [beats]):
            before = bench.integer("error")
            frames = Frames(bench, lengths)
            flags = bench.sink(prefix="m_axis_bad")
            source, sink = await bench.run(frames.sent, frames.expected)
            compare("flags", flags.beats, frames.flags)
            assert bench.integer("error") == (before or frames.is_bad)
            # The surplus of a long last frame is dropped after its last beat left.
            surplus = max(0, lengths[-1] - beats)
            assert sink.cycles[-1] - source.cycles[0] == frames.cycles - surplus
        await bench.reset()
        assert not bench.integer("error")


@each(INSTANCES)
async def waits_for_flags(bench: Bench) -> None:
    """With the flags left alone FRAMES frames leave, and the next one all but its last beat."""
    beats, count = bench.instance.int_of("BEATS"), bench.instance.int_of("FRAMES")
    frames = Frames(bench, any_lengths(bench, count + 3))
    flags = bench.sink(axis.always_paused(), "m_axis_bad")
    source, sink = bench.source(), bench.sink()
    for beat in frames.sent:
        source.append(beat)
    await bench.cycles(len(frames.sent) + len(frames.expected) + 20)
    assert len(sink.beats) == count * beats + beats - 1
    flags.pauses = axis.no_pauses()
    await sink.wait_for(len(frames.expected))
    await bench.cycles(20)
    compare("frames", sink.beats, frames.expected)
    compare("flags", flags.beats, frames.flags)


@each(INSTANCES)
async def works_after_reset(bench: Bench) -> None:
    """A reset at any moment, also while filling up or dropping, leaves nothing behind."""
    for _ in range(12):
        bench.sink(axis.random_pauses(bench.rng, 0.5), "m_axis_bad")
        await bench.interrupt(Frames(bench, any_lengths(bench, 4)).sent)
        assert not bench.integer("error")
        assert not bench.integer("m_axis_bad_tvalid")
        frames = Frames(bench, any_lengths(bench, 4))
        flags = bench.sink(prefix="m_axis_bad")
        await bench.run(frames.sent, frames.expected)
        compare("flags", flags.beats, frames.flags)


@each(INSTANCES)
async def has_no_combinational_path(bench: Bench) -> None:
    """Neither side sees the other in the same cycle."""
    bench.signal("m_axis_bad_tready").value = 1
    await bench.check_no_path()
