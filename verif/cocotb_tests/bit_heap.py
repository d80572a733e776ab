# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""bit_heap, popcount and the counter inside: sums of every kind of heap against integer arithmetic."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from cocotb.triggers import RisingEdge, Timer

from finn_rtl.ips.bit_heap import compressed
from finn_verif.bench.bench import Bench, each
from finn_verif.testbench.instances import Instance, Port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from finn_rtl.ips.bit_heap import Heap

CLOCK_AND_ENABLE = (Port("aclk", 1, True), Port("enable", 1, True))
# Columns that a heap can have, and so bits of a sum.
COLUMNS = 24
# Operands of so many bits are all tried.
FEW_BITS = 7


class Heights(int):
    """Bits of every column as the parameter HEIGHTS, 12 bits a column: a literal without a size has only 32 bits."""

    @classmethod
    def of(cls, heap: Heap) -> Heights:
        """The parameter of a heap."""
        return cls(sum(bits << 12 * column for column, bits in enumerate(heap)))

    @property
    def heap(self) -> Heap:
        """The heap of the parameter."""
        return tuple(self >> 12 * column & 0xFFF for column in range(COLUMNS))

    def __str__(self) -> str:
        return f"288'h{int(self):x}"


def largest_sum(heap: Heap) -> int:
    """The sum of a heap whose bits are all one."""
    return sum(bits << column for column, bits in enumerate(heap))


def make_heap(heap: Heap, registers: int = 0, width: int = 0, extra_levels: int = 0) -> Instance:
    """A bit_heap; ``width`` bits of the sum, all of them if 0, and ``extra_levels`` beyond those that it needs."""
    width = width or min(COLUMNS, largest_sum(heap).bit_length())
    levels = compressed(heap, width)[0] + extra_levels
    ports = (*CLOCK_AND_ENABLE, Port("bits", sum(heap), True), Port("sum", width, False))
    parameters = {"HEIGHTS": Heights.of(heap), "WIDTH": width, "LEVELS": levels, "REGISTERS": registers}
    shape = "_".join(map(str, heap))
    return Instance(f"heap{shape}_w{width}_l{levels}_r{registers}", "bit_heap", parameters, ports)


def make_popcount(width: int, registers: int = 0) -> Instance:
    """A popcount."""
    ports = (*CLOCK_AND_ENABLE, Port("bits", width, True), Port("count", width.bit_length(), False))
    return Instance(f"pop{width}_r{registers}", "popcount", {"WIDTH": width, "REGISTERS": registers}, ports)


def make_count(second_w: int) -> Instance:
    """The counter of five bits."""
    ports = (Port("first", 3, True), Port("second", 2, True), Port("count", 3, False))
    return Instance(f"count{second_w}", "bit_heap_count", {"SECOND_W": second_w}, ports)


COUNTS = [make_count(1), make_count(2)]
POPCOUNTS = [make_popcount(width) for width in (*range(1, 10), 16, 36, 64, 100, 300)]
POPCOUNTS += [make_popcount(2, 0b1), make_popcount(9, 0b10), make_popcount(64, 0b1010), make_popcount(100, 0b11111)]
# There is no level for these registers.
POPCOUNTS += [make_popcount(1, 0b11), make_popcount(7, 0b110)]
# One heap for every kind of piece that a chain begins with and goes on with, small enough for all operands.
PIECES: list[Heap] = [
    (2, 1), (3, 1), (4, 1), (5, 1), (6, 1), (2, 2), (3, 2), (4, 2), (4, 3), (5, 2), (3, 4),
    (2, 0, 2), (2, 1, 1, 1, 1), (2, 1, 2, 1), (2, 2, 2), (2, 3, 2), (2, 4, 1), (3, 1, 2), (4, 0, 2), (1, 3, 3),
]  # fmt: skip
# Numbers, empty columns in between, high columns among low ones, counters with all, some and none of their other bits.
SHAPES: list[Heap] = [
    (2,) * 9, (2,) * 24, (3,) * 24, (3,) * 8, (4,) * 6, (5,) * 5, (8,) * 5, (13,) * 4, (20,) * 8,
    (0, 0, 5, 0, 2), (1, 0, 0, 9), (9, 0, 0, 0, 3), (3, 0, 0, 3, 3), (0, 17), (1, 1, 1, 30), (40, 1), (0, 0, 0, 64),
    (7, 1, 1), (7, 1), (7, 0, 1), (14, 1, 2), (15, 2, 1), (21, 9, 0, 9), (7, 8, 9, 10), (6, 13, 2, 8, 1), (7,) * 7,
    (3, 14, 9, 6), (28, 3, 2), (10, 6, 6), (2, 6, 5, 4, 2), (3, 6, 1, 7, 2), (2, 5, 2, 6, 6, 1), (1, 2, 8, 0, 6, 5, 3),
]  # fmt: skip
HEAPS = [make_heap(heap) for heap in (*PIECES, *SHAPES)]
# A sum cut short, down to where columns of the heap do not count, and one with bits to spare.
HEAPS += [make_heap((16,), width=3), make_heap((8,) * 5, width=5), make_heap((9, 4, 3), width=2)]
HEAPS += [make_heap((300,), width=1), make_heap((3, 3), width=9), make_heap((0, 0, 7, 8), width=3)]
# Levels that only pass on.
HEAPS += [make_heap((1,), 0b01, extra_levels=2), make_heap((1, 0, 1), 0b11, extra_levels=2)]
HEAPS += [make_heap((16,), 0b11010, extra_levels=2), make_heap((6, 5), extra_levels=1)]
# Every mask of registers for one heap of three levels.
HEAPS += [make_heap((10, 9, 8), registers) for registers in range(1, 8)]
HEAPS += [make_heap((36, 3, 2), 0b101), make_heap((20,) * 8, 0b1010)]
INSTANCES = [*COUNTS, *POPCOUNTS, *HEAPS]


async def check_pipeline(
    bench: Bench, latency: int, drive: Callable[[], int], result: str, steps: int = 300, activity: float = 0.7
) -> None:
    """Let ``drive`` set the inputs and say what must come ``latency`` enabled cycles later.

    Of the cycles, the share ``activity`` has enable high; what is driven in another is lost.
    """
    edge = RisingEdge(bench.clock)
    waiting: deque[int] = deque()
    for _ in range(steps):
        is_enabled = bench.rng.random() < activity
        bench.signal("enable").value = int(is_enabled)
        waiting.append(drive())
        await Timer(2, "ns")
        if len(waiting) > latency:
            assert bench.integer(result) == waiting[0]
        await edge
        if not is_enabled:
            waiting.pop()
        elif len(waiting) > latency:
            waiting.popleft()


def heap_of(instance: Instance) -> Heap:
    """The bits of every column."""
    heights = instance.parameters.get("HEIGHTS")
    return heights.heap if isinstance(heights, Heights) else (instance.int_of("WIDTH"),)


def latency_of(instance: Instance) -> int:
    """Registers that there are."""
    if instance.module == "bit_heap":
        levels = instance.int_of("LEVELS")
    else:
        width = instance.int_of("WIDTH")
        levels = compressed((width,), width.bit_length())[0]
    return (instance.int_of("REGISTERS") & (1 << levels) - 1).bit_count()


def operands(bench: Bench, heap: Heap) -> Iterator[int]:
    """Operands without end: all of them first if they are few, then extreme ones among random ones."""
    rng, width = bench.rng, sum(heap)
    if width <= FEW_BITS:
        yield from range(1 << width)
    while True:
        yield rng.choice((0, (1 << width) - 1))
        # Columns that are full, empty or mixed.
        operand = place = 0
        for height in heap:
            share = rng.choice((0.0, 1.0, 0.5, rng.random()))
            operand |= sum(int(rng.random() < share) << place + index for index in range(height))
            place += height
        yield operand
        yield rng.getrandbits(width)


def driver(bench: Bench) -> tuple[Callable[[], int], str]:
    """What sets the bits and says their sum, and the port on which it comes."""
    heap = heap_of(bench.instance)
    result = next(port for port in bench.instance.ports if not port.is_input)
    values = operands(bench, heap)

    def drive() -> int:
        operand = next(values)
        bench.signal("bits").value = operand
        total = 0
        for column, height in enumerate(heap):
            total += (operand & (1 << height) - 1).bit_count() << column
            operand >>= height
        return total & (1 << result.width) - 1

    return drive, result.name


@each(COUNTS)
async def count_is_right(bench: Bench) -> None:
    """The number of ones, those of ``second`` weighted, for all inputs."""
    for inputs in range(32):
        first, second = inputs & 7, inputs >> 3
        bench.signal("first").value, bench.signal("second").value = first, second
        await Timer(1, "ns")
        expected = first.bit_count() + bench.instance.int_of("SECOND_W") * second.bit_count()
        assert bench.integer("count") == expected, inputs


@each([*POPCOUNTS, *HEAPS])
async def sum_is_right(bench: Bench) -> None:
    """The sum modulo 2^WIDTH, one a cycle, as many cycles later as there are registers."""
    drive, result = driver(bench)
    latency = latency_of(bench.instance)
    few = 1 << sum(heap_of(bench.instance)) if sum(heap_of(bench.instance)) <= FEW_BITS else 0
    await check_pipeline(bench, latency, drive, result, max(150, few + latency), activity=1)


@each([instance for instance in (*POPCOUNTS, *HEAPS) if latency_of(instance)])
async def registers_stand_still(bench: Bench) -> None:
    """The same while enable is low at times: then nothing moves."""
    drive, result = driver(bench)
    await check_pipeline(bench, latency_of(bench.instance), drive, result, activity=0.6)
