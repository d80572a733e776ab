"""Several products in one multiplier: how mvtu_dot_dsp packs them, and by what it exceeds the dot products.

A mirror of rtl/mvtu/mvtu_dsp_pkg.sv.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.numbers import ceil_div
from finn_rtl.ips.bit_heap import HEAP_COLUMNS, Heap, compressed
from finn_rtl.ips.products import Operands

# Most inputs at once.
MOST_PACKED_SIMD = 1023
# Bits of the larger factor of a DSP48E1.
MOST_FACTOR_BITS = 25


@dataclass(frozen=True)
class Packing:
    """How mvtu_dot_dsp packs products of `kind` into multipliers.

    Bits of the larger factor (25 for DSP48E1, 18 for MULT18X18D); products in a multiplier, 0 for as many as it can
    have; and the most that the multipliers' own adders add up.
    """

    kind: Operands
    factor_bits: int = MOST_FACTOR_BITS
    asked_lanes: int = 0
    most_chained: int = 4

    @property
    def most_lanes(self) -> int:
        """The most products in a multiplier."""
        kind = self.kind
        return 1 + (self.factor_bits - kind.weight_bits) // (kind.weight_bits + kind.input_bits - 1)

    @property
    def lanes(self) -> int:
        """Products in a multiplier."""
        return self.asked_lanes or self.most_lanes

    @property
    def spacing(self) -> int:
        """Bits from a lane to the next."""
        kind = self.kind
        if self.lanes == 1:
            return kind.weight_bits + kind.input_bits
        return (self.factor_bits - kind.weight_bits) // (self.lanes - 1)

    @property
    def is_overlapping(self) -> bool:
        """Whether a product reaches into the next lane."""
        return self.spacing < self.kind.weight_bits + self.kind.input_bits

    @property
    def lane_high(self) -> int:
        """The largest product in a lane below the topmost."""
        return ((1 << self.kind.weight_bits) - 1) * self.kind.input_high

    def is_top(self, row: int, rows: int) -> bool:
        """Whether a row of a group of `rows` has the topmost lane, with a signed weight."""
        return row % self.lanes == self.lanes - 1 or row == rows - 1

    def weight_mask(self, simd: int, rows: int) -> int:
        """Bits of a word of weights that OFFSET_WEIGHTS wants inverted, for a group of `rows`."""
        sign = 1 << self.kind.weight_bits - 1
        each = sum(sign << place * self.kind.weight_bits for place in range(simd))
        return sum(each << row * simd * self.kind.weight_bits for row in range(rows) if not self.is_top(row, rows))

    def chain(self, simd: int) -> int:
        """Products that are added before the lanes are taken apart."""
        fit = self.most_chained if self.lanes == 1 else ((1 << self.spacing) - 1) // self.lane_high
        return min(max(1, min(fit, self.most_chained)), simd)

    def top_width(self, products: int) -> int:
        """Bits of the sum of a chain in the topmost lane."""
        return (products * self.kind.input_high << self.kind.weight_bits - 1).bit_length() + 1

    def inputs_width(self, simd: int) -> int:
        """Bits of the sum of `simd` inputs."""
        return (simd * self.kind.input_high).bit_length()

    def lane_excess(self, simd: int) -> int:
        """What a dot product in a lane below the topmost is more than that of unsigned inputs."""
        return (1 << self.kind.weight_bits - 1) * ((1 << self.inputs_width(simd)) - 1)

    def top_excess(self, simd: int) -> int:
        """What one in the topmost lane is more."""
        products = self.chain(simd)
        return -(-simd // products) << self.top_width(products) - 1

    def dot_width(self, simd: int) -> int:
        """Bits of a dot product."""
        high = ((1 << self.kind.weight_bits - 1) - 1) * self.kind.input_high + 1
        return (max(self.lane_excess(simd), self.top_excess(simd)) + simd * high).bit_length()

    def fits(self, simd: int) -> bool:
        """Whether the products of so many inputs are added up at once."""
        return simd <= MOST_PACKED_SIMD and self.dot_width(simd) <= HEAP_COLUMNS

    def front(self, simd: int) -> int:
        """Registers in front of the heaps."""
        return 2 if self.chain(simd) > 1 else 1

    def heap(self, simd: int, is_lowest: bool, is_top: bool) -> Heap:
        """The heap of a row that has the lowest lane of its multipliers, the topmost, both or neither."""
        products = self.chain(simd)
        chains, lane_width = -(-simd // products), (products * self.lane_high).bit_length()
        heights = [0] * HEAP_COLUMNS
        for column in range(self.top_width(products) if is_top else
                            self.spacing if self.is_overlapping else lane_width):
            heights[column] += chains
        if not is_top:
            heights[self.spacing] += simd * self.is_overlapping
            for column in range(self.inputs_width(simd)):
                heights[self.kind.weight_bits - 1 + column] += 1
        heights[0] += simd * (self.is_overlapping and not is_lowest)
        return tuple(heights)

    def heaps(self, simd: int, rows: int) -> dict[Heap, int]:
        """The heaps of the rows of a group, and how many rows have each."""
        found: dict[Heap, int] = {}
        for size, times in ((self.lanes, rows // self.lanes), (rows % self.lanes, 1)):
            # The lowest lane, those between, the topmost; the only one is both.
            ends = {(True, True): 1} if size == 1 else {(True, False): 1, (False, False): size - 2, (False, True): 1}
            for kind, lanes in ends.items() if size and times else ():
                heap = self.heap(simd, *kind)
                found[heap] = found.get(heap, 0) + times * lanes
        return {heap: number for heap, number in found.items() if number}

    def levels(self, simd: int, rows: int) -> int:
        """Levels of the heaps."""
        kinds = ((False, False), (True, False), (False, True)) if self.lanes > 1 and rows > 1 else ((True, True),)
        return max(compressed(self.heap(simd, *kind), self.dot_width(simd))[0] for kind in kinds)

    def multipliers(self, simd: int, rows: int) -> int:
        """Multipliers of a group of `rows`."""
        return simd * ceil_div(rows, self.lanes)


def dsp_excess(weight: NDArray[np.integer], packing: Packing, simd: int, rows: int) -> NDArray[np.int64]:
    """What the sum of a row's dot products in mvtu_dot_dsp is more than the true one: (rows of the matrix,).

    Args:
        weight: integers that the bits hold: (rows of the matrix, inputs).
        packing: of the products.
        simd: inputs that are taken at once.
        rows: of a group; the matrix has a whole number of them one after the other.
    """
    number = np.asarray(weight, np.int64)
    row = np.arange(len(number)) % rows
    lane = row % packing.lanes
    is_top = np.array([packing.is_top(int(place), rows) for place in row])
    each = np.where(is_top, packing.top_excess(simd), packing.lane_excess(simd))
    each += simd * (packing.is_overlapping & (lane > 0))
    offset = 1 << packing.kind.input_bits - 1 if packing.kind.signed else 0
    total: NDArray[np.int64] = each * (number.shape[1] // simd) + offset * number.sum(axis=1)
    return total


@cache
def packed_luts(packing: Packing, simd: int, rows: int) -> int:
    """LUTs of mvtu_dot_dsp for a group of `rows`, with weights as OFFSET_WEIGHTS wants them."""
    kind, width = packing.kind, packing.dot_width(simd)
    luts = sum(times * compressed(heap, width)[1] for heap, times in packing.heaps(simd, rows).items())
    below = rows - ceil_div(rows, packing.lanes)
    if below:
        luts += compressed((simd,) * kind.input_bits, packing.inputs_width(simd))[1]
    # Where a product reaches into the next lane: the bit as it should be, and the difference.
    return luts + (2 * simd * below if packing.is_overlapping else 0)
