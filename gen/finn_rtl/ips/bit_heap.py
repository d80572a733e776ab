"""The compressor bit_heap in numbers: which heap a level of adders leaves, how many levels, how many LUTs.

A mirror of rtl/bit_heap/bit_heap_pkg.sv, for the folding search and for the estimates. A heap is a tuple with the
number of bits of every column; a bit in column c weighs 2^c.
"""

from __future__ import annotations

from functools import cache

Heap = tuple[int, ...]
# Columns that a bit_heap takes.
HEAP_COLUMNS = 24


def cut(heap: Heap, width: int) -> Heap:
    """The heap without columns from `width` on, and without empty ones at the top."""
    kept = list(heap[:width])
    while kept and not kept[-1]:
        kept.pop()
    return tuple(kept)


def _counters(rest: list[int], after: list[int]) -> int:
    """Take counters of seven bits out of `rest`, add what they give to `after`; LUTs."""
    luts = 0
    for column in range(len(rest) - 3):
        number = rest[column] // 7
        beside, above = min(rest[column + 1], number), min(rest[column + 2], number)
        for place, taken in enumerate((7 * number, beside, above)):
            rest[column + place] -= taken
        for place, given in enumerate((number, number, number, max(beside, above))):
            after[column + place] += given
        luts += 3 * number
    return luts


def _piece(free: int, above: int) -> tuple[int, ...]:
    """Bits of each column that a piece of the chain takes, besides one that enters every column as it is."""
    if free >= 6 or (free == 5 and above < 2):
        return 5, 0, 0
    if free >= 3 and above >= 2:
        return 3, 2, 0
    if free >= 3:
        return min(3, free - 1), 0
    return (1,) if free == 2 else (0,)


def _chain(rest: list[int], after: list[int], least: int) -> int:
    """Take the chain out of `rest`, add its sum to `after`; LUTs."""
    first = next((column for column, bits in enumerate(rest) if bits >= least), None)
    if first is None:
        return 0
    most, column = 0, first
    while rest[column]:
        carry = 1 if column == first else 0
        for place, terms in enumerate(_piece(rest[column] - carry, rest[column + 1])):
            taken = terms + (carry if place == 0 else 0)
            taken += 1 if rest[column + place] > taken else 0
            rest[column + place] -= taken
            most += taken << column + place - first
            column_end = column + place + 1
        column = column_end
    for place in range(most.bit_length()):
        after[first + place] += 1
    return min(column - first, most.bit_length())


def level(heap: Heap) -> tuple[Heap, int]:
    """The heap that a level of adders leaves, and its LUTs."""
    rest = [*heap, 0, 0, 0, 0, 0]
    after = [0] * (len(rest) + 4)
    luts = _counters(rest, after)
    luts += _chain(rest, after, 3 if luts else 2)
    left = tuple(a + b for a, b in zip(after, [*rest, 0, 0, 0, 0], strict=True))
    return cut(left, len(left)), luts


@cache
def compressed(heap: Heap, width: int) -> tuple[int, int]:
    """Levels of adders, and LUTs, of a bit_heap with a sum of `width` bits."""
    heap, levels, luts = cut(heap, width), 0, 0
    while any(bits > 1 for bits in heap):
        heap, more = level(heap)
        heap, levels, luts = cut(heap, width), levels + 1, luts + more
    return levels, luts


@cache
def dot(simd: int) -> tuple[int, int]:
    """Levels of logic, and LUTs, of mvtu_dot_binary."""
    adders = 1 if 4 <= simd <= 6 else simd // 11
    synapses = simd - 2 * adders
    leaves, uppers = (synapses + 2) // 3, (synapses + 1) // 3
    heap = (leaves - min(3 * adders, leaves) + adders, uppers - min(adders, uppers) + adders, adders)
    levels, luts = compressed(heap, simd.bit_length())
    return 2 + levels, leaves + uppers + 2 * adders + luts
