# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""parameter_loader: whatever packets come, frames find a set that came whole; every packet is told of as it deserves.

The memories, the network and the chain between them are models. Packets are those of the driver.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import cocotb
from cocotb.triggers import RisingEdge

from finn_rtl.driver.sets import HEAD, make_packet
from finn_verif.bench.bench import TRAFFIC, Bench, each, traffic
from finn_verif.bench.load import START, SWAP, WORD
from finn_verif.buses import axis
from finn_verif.buses.axis import Beat, cycle
from finn_verif.testbench.instances import Instance, Port, clock_and_reset, load_chain, stream_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SIGNATURE, SET = 0x6B1D2C3A, 7
# Cycles from that of the last word to that in which the packet is told of, without frames, for one bank: so many beside
# the chain's registers. 8 of them are the network's reset and what follows it.
BEHIND = 12
# Errors, in the order of `Surroundings.told`.
RIGHT, IS_OTHER, IS_LONG, IS_CHANGED = (0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)


def make(words: int, banks: int, beats: int, frames: int) -> Instance:
    """An instance of one size."""
    ports = (
        *clock_and_reset(), *stream_in("s_axis", 32, has_last=True), *load_chain(),
        *(Port(name, 1, False) for name in ("done", "error_signature", "error_length", "error_checksum", "set_valid")),
        Port("set_number", 32, False),
        # Frames have no data here.
        Port("s_axis_frame_tvalid", 1, True, "frame_offered"), Port("s_axis_frame_tready", 1, False, "frame_taken"),
        Port("m_axis_frame_tvalid", 1, False, "frame_shown"), Port("m_axis_frame_tready", 1, True, "frame_wanted"),
        Port("result_leaves", 1, True), Port("network_aresetn", 1, False))
    parameters = {"SIGNATURE": SIGNATURE, "WORDS": words, "SET": SET, "BANKS": banks, "BEATS": beats, "FRAMES": frames}
    return Instance(f"l{words}_{banks}_{beats}_{frames}", "parameter_loader", parameters, ports)


INSTANCES = [make(1, 1, 1, 1), make(6, 1, 3, 2), make(1, 2, 2, 3), make(11, 2, 1, 2), make(22, 2, 6, 4)]


def packet(number: int, payload: Sequence[int]) -> list[int]:
    """The words of a packet that is right, up to its checksum."""
    words = make_packet(SIGNATURE, number, payload).view("<u4")
    return [int(word) for word in words[:HEAD + len(payload) + 1]]


class Surroundings:
    """Memories at a place of the chain, and a network that takes frames; whatever they see is looked at.

    Attributes:
        sets: the words of every set that came whole, or was there, by its number.
        shown: the words that the network reads.
        passed: frames that it has taken whole.
        told: of every packet that has ended what was wrong, and when it was told.
    """

    def __init__(self, bench: Bench, pauses: tuple[Iterator[bool], Iterator[bool]], *, chain: int = 2) -> None:
        self.bench = bench
        self.words, self.banks, self.beats, self.frames = (
            bench.instance.int_of(name) for name in ("WORDS", "BANKS", "BEATS", "FRAMES"))
        self.shown = [bench.rng.getrandbits(32) for _ in range(self.words)]
        self.other = list(self.shown)
        self.sets = {bench.integer("set_number"): tuple(self.shown)}
        self.passed = 0
        self.told: list[tuple[tuple[int, ...], int]] = []
        self._offer_pauses, self._take_pauses = pauses
        # Registers of the chain, in front of the memories and behind them.
        self._before = deque([0] * bench.rng.randrange(chain))
        self._behind = deque([0] * (chain - len(self._before)))
        self._place = self.words
        self._task = cocotb.start_soon(self._run())

    def stop(self) -> None:
        """Ends for good."""
        self._task.cancel()

    def _memories(self, load: int) -> bool:
        """What comes along the chain; whether what the network reads changes."""
        target = self.shown if self.banks == 1 else self.other
        if load & WORD:
            assert self._place < self.words, "more words than the memories hold"
            target[self._place] = load & WORD - 1
            self._place += 1
        if load & START:
            self._place = 0
        if load & SWAP:
            assert self._place == self.words, "the token overtook words"
            if self.banks == 2:
                self.shown, self.other = self.other, self.shown
        return bool(load & SWAP if self.banks == 2 else load & WORD)

    def _drive(self, **values: int) -> None:
        for name, value in values.items():
            self.bench.signal(name).value = value

    async def _run(self) -> None:
        bench, edge = self.bench, RisingEdge(self.bench.clock)
        offers, beat, results = False, 0, deque[int]()
        # Behind a change nothing was reset yet.
        is_changed = False
        while True:
            offers = offers or not next(self._offer_pauses)
            wants = not next(self._take_pauses) and (beat > 0 or len(results) < self.frames)
            leaves = bool(results) and results[0] <= cycle()
            load = self._behind.popleft()
            self._drive(frame_offered=offers, frame_wanted=wants, result_leaves=leaves, s_load=load)
            await edge
            self._before.append(bench.integer("m_load"))
            arrived = self._before.popleft()
            self._behind.append(arrived)
            changes = self._memories(arrived)
            is_changed |= changes
            if bench.integer("set_valid"):
                assert tuple(self.shown) == self.sets[bench.integer("set_number")], "not the set that is told"
            if not bench.integer("aresetn"):
                offers, beat = False, 0
                results.clear()
                is_changed = False
                continue
            shown = bench.integer("frame_shown")
            assert not (changes and (beat or results)), "parameters changed while a frame was inside"
            if shown:
                assert offers, "a frame that nobody sent"
                assert not is_changed, "a frame behind a change, and no reset between them"
                assert tuple(self.shown) in self.sets.values(), "a frame sees a part of a set"
            if not bench.integer("network_aresetn"):
                assert not (shown or beat or results), "a reset with a frame inside"
                is_changed = False
            taken = bench.integer("frame_taken")
            assert taken in (0, int(wants))
            if leaves:
                results.popleft()
            if offers and taken:
                assert shown
                offers = False
                beat = (beat + 1) % self.beats
                if beat == 0:
                    self.passed += 1
                    results.append(max(cycle() + bench.rng.randint(1, 12), results[-1] + 1 if results else 0))
            errors = tuple(bench.integer(f"error_{name}") for name in ("signature", "length", "checksum"))
            if bench.integer("done"):
                self.told.append((errors, cycle()))
            else:
                assert not any(errors), "an error of no packet"


class Setup:
    """The instance in its surroundings, with sets to load."""

    def __init__(self, bench: Bench, kind: str = "full_speed", *, chain: int = 2, sends_frames: bool = True) -> None:
        self.bench, self.kind = bench, kind
        offers, takes = traffic(kind, bench.rng)
        self.around = Surroundings(bench, (offers if sends_frames else axis.always_paused(), takes), chain=chain)
        self.words = self.around.words

    async def begin(self) -> None:
        """What an earlier test left ends; there is a set."""
        await self.bench.cycles(40)
        if not self.bench.integer("set_valid"):
            await self.load_right()

    def send(self, words: Sequence[int]) -> axis.AxisSource:
        """Offers the words of a packet."""
        source = self.bench.source(traffic(self.kind, self.bench.rng)[0])
        for index, word in enumerate(words):
            source.append(Beat(word, int(index == len(words) - 1)))
        return source

    async def load(self, words: Sequence[int]) -> tuple[int, ...]:
        """Sends a packet; returns what is told at its end."""
        before = len(self.around.told)
        source = self.send(words)
        for _ in range(200):
            await self.bench.cycles(5)
            if len(self.around.told) > before:
                break
        source.stop()
        assert len(self.around.told) == before + 1
        return self.around.told[-1][0]

    def any_set(self) -> tuple[int, list[int]]:
        """A new number and words; all of it is known as a set from here on."""
        rng = self.bench.rng
        number = next(n for n in iter(lambda: rng.getrandbits(32), None) if n not in self.around.sets)
        payload = [rng.getrandbits(32) for _ in range(self.words)]
        self.around.sets[number] = tuple(payload)
        return number, payload

    async def load_right(self) -> None:
        """Loads a set that is whole."""
        number, payload = self.any_set()
        fill = [0] * self.bench.rng.choice((0, 0, 1, 3))
        assert await self.load([*packet(number, payload), *fill]) == RIGHT
        assert self.bench.integer("set_valid")
        assert self.bench.integer("set_number") == number
        assert self.around.shown == payload

    async def frames_pass(self) -> None:
        """They do."""
        before = self.around.passed
        for _ in range(200):
            await self.bench.cycles(2)
            if self.around.passed > before + 2:
                return
        raise AssertionError("frames stopped")

    def wrong(self) -> list[tuple[list[int], tuple[int, ...], bool]]:
        """Packets that are not right: words, what is to be told, and whether words went to the memories before."""
        rng = self.bench.rng

        def changed(index: int, end: int | None = None) -> list[int]:
            words = packet(rng.getrandbits(32), [rng.getrandbits(32) for _ in range(self.words)])
            words[index] ^= 1 << rng.randrange(32)
            return words[:end]

        whole = packet(1, [rng.getrandbits(32) for _ in range(self.words)])
        return [
            (changed(0), IS_OTHER, False), (changed(0, 1), (1, 1, 0), False),
            (changed(1), IS_OTHER, False), (changed(1, 2), (1, 1, 0), False),
            (changed(2), IS_LONG, False), (changed(2, 3), IS_LONG, False), ([*changed(2), 0, 5], IS_LONG, False),
            (whole[:1], IS_LONG, False), (whole[:2], IS_LONG, False), (whole[:HEAD], IS_LONG, False),
            (whole[:-1], IS_LONG, True), (whole[:HEAD + 1 + self.words // 2], IS_LONG, True),
            (changed(3), IS_CHANGED, True), (changed(HEAD), IS_CHANGED, True), (changed(-1), IS_CHANGED, True),
            ([*changed(-2), 0, 0], IS_CHANGED, True),
            ([*whole, 1 << rng.randrange(32)], IS_LONG, True), ([*whole, 0, 1, 0], IS_LONG, True),
        ]

    async def load_wrong(self, words: Sequence[int], told: tuple[int, ...], reaches_memories: bool) -> None:
        """Loads one of them: of one bank nothing whole is left, of two nothing changes."""
        had, number = self.bench.integer("set_valid"), self.bench.integer("set_number")
        assert await self.load(words) == told
        is_lost = reaches_memories and self.around.banks == 1
        assert self.bench.integer("set_valid") == int(bool(had) and not is_lost)
        assert self.bench.integer("set_number") == number


@each(INSTANCES)
async def begins_with_what_is_built(bench: Bench) -> None:
    """Behind a reset there is the set that the hardware was built with, and frames pass in the cycle they come in."""
    assert bench.integer("set_valid")
    assert bench.integer("set_number") == SET
    setup = Setup(bench, "random")
    await setup.frames_pass()
    for _ in range(60):
        await RisingEdge(bench.clock)
        assert bench.integer("frame_shown") == bench.integer("frame_offered")
        assert bench.integer("frame_taken") == bench.integer("frame_wanted")
    setup.around.stop()


@each(INSTANCES)
async def loads_sets(bench: Bench) -> None:
    """One after the other, under any traffic of packets, frames and results."""
    for kind in TRAFFIC:
        await bench.reset()
        setup = Setup(bench, kind, chain=bench.rng.randint(1, 12))
        await setup.begin()
        for _ in range(4):
            await setup.load_right()
            await setup.frames_pass()
        setup.around.stop()


@each([instance for instance in INSTANCES if instance.parameters["BANKS"] == 2])
async def frames_pass_meanwhile(bench: Bench) -> None:
    """With two banks no frame waits for a packet before it has come whole."""
    setup = Setup(bench, "random")
    await setup.begin()
    await setup.frames_pass()
    for _ in range(20):
        words = packet(*setup.any_set())
        source = setup.send(words)
        while len(source.cycles) < len(words):
            await RisingEdge(bench.clock)
            assert bench.integer("frame_shown") == bench.integer("frame_offered")
            assert bench.integer("frame_taken") == bench.integer("frame_wanted")
        while not bench.integer("done"):
            await RisingEdge(bench.clock)
        await setup.frames_pass()
    setup.around.stop()


@each(INSTANCES, timeout_us=3000)
async def refuses_others(bench: Bench) -> None:
    """Each with what was wrong about it; the next one that is right makes all well."""
    for kind in ("full_speed", "random"):
        await bench.reset()
        setup = Setup(bench, kind, chain=bench.rng.randint(1, 6))
        await setup.begin()
        for words, told, reaches_memories in setup.wrong():
            await setup.load_wrong(words, told, reaches_memories)
            passed = setup.around.passed
            if bench.integer("set_valid"):
                await setup.frames_pass()
                continue
            await bench.cycles(30)
            assert setup.around.passed == passed
            # Frames wait through more that is wrong.
            await setup.load_wrong(*setup.wrong()[bench.rng.randrange(len(setup.wrong()))])
            await setup.load_right()
            await setup.frames_pass()
        setup.around.stop()


@each(INSTANCES)
async def has_stated_timing(bench: Bench) -> None:
    """A word a cycle but for the memories' start behind the head; and what the page says behind the last word."""
    for chain in (1, 2, 7):
        await bench.reset()
        setup = Setup(bench, chain=chain, sends_frames=False)
        await setup.begin()
        number, payload = setup.any_set()
        words = packet(number, payload)
        source = setup.send(words)
        await source.wait_for(len(words))
        first = source.cycles[0]
        # With one bank the gate closes first, with two when all has come.
        pause = 2 if setup.around.banks == 1 else 1
        assert source.cycles == [first + i + (pause if i >= HEAD else 0) for i in range(len(words))]
        told = len(setup.around.told)
        await bench.cycles(chain + 20)
        closes = 1 if setup.around.banks == 2 else 0
        assert setup.around.told[told][1] - source.cycles[-1] == BEHIND + chain + closes
        setup.around.stop()


@each(INSTANCES, timeout_us=3000)
async def survives_resets(bench: Bench) -> None:
    """A reset at any moment: a packet that had not ended is forgotten, an exchange that had begun is carried on."""
    setup = Setup(bench, "random", chain=5)
    await setup.begin()
    for _ in range(40):
        number, payload = setup.any_set()
        words = packet(number, payload)
        source = setup.send(words)
        await bench.cycles(bench.rng.randint(1, 2 * len(words) + 30))
        source.stop()
        await bench.reset(bench.rng.choice((1, 1, 2, 9)))
        await bench.cycles(40)
        if bench.integer("set_valid"):
            await setup.frames_pass()
        else:
            assert setup.around.banks == 1
        await setup.load_right()
        await setup.frames_pass()
    setup.around.stop()
