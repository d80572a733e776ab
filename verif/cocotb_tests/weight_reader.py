# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""weight_reader: the words of memory, again and again, with any memory; errors are told, and the next run is right."""

from __future__ import annotations

from finn_verif.bench.bench import TRAFFIC, Bench, each, traffic
from finn_verif.buses.axi.memory import Memory, ReadMemory
from finn_verif.buses.axi.ports import OKAY, PAGE, SLVERR, read_ports
from finn_verif.buses.axis import Beat
from finn_verif.testbench.instances import Instance, Port, Value, clock_and_reset, stream_out

ADDR_W = 32


def make(data_w: int, word_w: int, words: int, burst: int, buffer: int, style: str = "distributed") -> Instance:
    """An instance of one size."""
    parameters: dict[str, Value] = {"ADDR_W": ADDR_W, "DATA_W": data_w, "WORD_W": word_w, "WORDS": words,
                                    "BURST": burst, "BUFFER": buffer, "BUFFER_STYLE": style}
    ports = (*clock_and_reset(), Port("address", ADDR_W, True), Port("run", 1, True), Port("busy", 1, False),
             Port("error", 1, False), *read_ports(ADDR_W, data_w), *stream_out("m_axis", word_w, has_last=True))
    return Instance(f"w{data_w}_{word_w}_{words}", "weight_reader", parameters, ports)


INSTANCES = [
    make(64, 128, 9, 4, 8),
    # Words of no power of two, that beats are cut into; a pass within a beat; words and beats alike.
    make(64, 36, 25, 16, 32, "block"),
    make(32, 5, 3, 1, 3),
    make(32, 32, 40, 8, 16),
]


class Setup:
    """The memory, the sink, and what stands in the memory."""

    def __init__(self, bench: Bench, kind: str = "full_speed", latency: int = 1) -> None:
        self.bench, self.memory = bench, Memory(bench.rng)
        self.width, self.words = (bench.instance.int_of(name) for name in ("WORD_W", "WORDS"))
        self.lanes = bench.instance.int_of("DATA_W") // 8
        addresses, data = traffic(kind, bench.rng)
        self.ram = ReadMemory(bench, self.memory, latency, addresses, data)
        self.sink = bench.sink(traffic(kind, bench.rng)[1])
        bench.agents.append(self.ram)

    def place(self) -> int:
        """Any address of a beat."""
        rng = self.bench.rng
        return rng.randrange(1 << ADDR_W - 13) * PAGE + rng.randrange(PAGE // self.lanes) * self.lanes

    async def begin(self, address: int) -> None:
        """A run."""
        assert not self.bench.integer("busy")
        self.bench.signal("address").value = address
        self.bench.signal("run").value = 1
        await self.bench.cycles(2)

    async def end(self) -> None:
        """The end of it; memory owes nothing then. What takes the words is reset."""
        self.bench.signal("run").value = 0
        for _ in range(200):
            await self.bench.cycles(5)
            if not self.bench.integer("busy"):
                break
        assert not self.bench.integer("busy")
        assert not self.bench.integer("error")

    def passes(self, address: int, count: int) -> list[Beat]:
        """The words of some passes."""
        number = int.from_bytes(self.memory.read(address, -(-self.width * self.words // 8)), "little")
        once = [Beat(number >> i * self.width & (1 << self.width) - 1, int(i == self.words - 1))
                for i in range(self.words)]
        return once * count


@each(INSTANCES, timeout_us=3000)
async def reads_again_and_again(bench: Bench) -> None:
    """Three passes and more, under any traffic, with any latency."""
    for kind in TRAFFIC:
        await bench.reset()
        setup = Setup(bench, kind, bench.rng.choice((1, 3, 20)))
        address = setup.place()
        await setup.begin(address)
        await setup.sink.wait_for(3 * setup.words + 1)
        beats = list(setup.sink.beats)
        assert beats == setup.passes(address, len(beats) // setup.words + 1)[:len(beats)]
        assert bench.integer("busy") and not bench.integer("error")
        lanes = setup.lanes * bench.instance.int_of("BURST")
        assert all(place % PAGE + count * setup.lanes <= PAGE and count * setup.lanes <= lanes
                   for place, count in setup.ram.bursts)


@each(INSTANCES, timeout_us=3000)
async def tells_of_errors(bench: Bench) -> None:
    """An error in any pass ends the run with `error`; the next run, of other words, is right."""
    setup = Setup(bench, "random", 3)
    for _ in range(3):
        address = setup.place()
        last = address + -(-setup.width * setup.words // 8 // setup.lanes) * setup.lanes - setup.lanes
        bad = max(address, last)
        setup.ram.response = lambda place, bad=bad: SLVERR if place == bad else OKAY
        await setup.begin(address)
        for _ in range(400):
            await bench.cycles(5)
            if bench.integer("error"):
                break
        assert bench.integer("error") and bench.integer("busy")
        await bench.cycles(100)
        count = len(setup.ram.bursts)
        await bench.cycles(60)
        assert len(setup.ram.bursts) == count, "it goes on reading"
        await setup.end()
        setup.ram.response = lambda _: OKAY
        old = len(setup.sink.beats)
        address = setup.place()
        await setup.begin(address)
        for _ in range(400):
            await bench.cycles(5)
            if len(setup.sink.beats) > old + setup.words:
                break
        beats = setup.sink.beats[old:]
        assert len(beats) > setup.words
        assert beats == setup.passes(address, len(beats) // setup.words + 1)[:len(beats)]
        await setup.end()
    # Words that were offered at the end of a run were withdrawn.
    await bench.hold_reset()
