"""Rows of an mvtu with products in multipliers: by what they exceed, how wide and deep they are, what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.numbers import ceil_div
from finn_rtl.ips.base import Products
from finn_rtl.ips.packing import Packing, dsp_excess, packed_luts
from finn_rtl.ips.products import Operands, excess, planes

# Most bits of an input and of a weight.
MOST_BITS = 8
# Bits of a product below which tools take LUTs for it.
LEAST_PRODUCT = 9
# Parts of the rows that may be in multipliers, beside all that fill these.
PARTS = 4


@dataclass(frozen=True)
class Multiplied:
    """The first `rows` of `pe` rows of a beat, with `simd` inputs at once; mvtu_dot_planes adds up the others."""

    packing: Packing
    rows: int
    pe: int
    simd: int

    @property
    def has_others(self) -> bool:
        """Whether rows are left for LUTs."""
        return self.rows < self.pe

    def excess(self, weight: NDArray[np.integer], is_started: bool) -> NDArray[np.int64]:
        """What the sum of each row of a matrix is more than its accumulator: (rows of the matrix,).

        Args:
            weight: integers that the bits hold: (rows of the matrix, inputs).
            is_started: whether sums start where the smallest that there can be comes to 0, as mvtu has it for several
                thresholds; else at 0.
        """
        kind, columns = self.packing.kind, weight.shape[1]
        found, is_packed = excess(weight, kind), np.arange(len(weight)) % self.pe < self.rows
        if is_started:
            offset = 1 << kind.input_bits - 1 if kind.signed else 0
            found[is_packed] = columns * self._lowest + offset * weight[is_packed].sum(axis=1, dtype=np.int64)
        else:
            found[is_packed] = dsp_excess(weight[is_packed], self.packing, self.simd, self.rows)
        return found

    @property
    def _lowest(self) -> int:
        """The most that a product of an unsigned input is below 0."""
        kind = self.packing.kind
        return kind.input_high * ((1 << kind.weight_bits - 1) - kind.narrow)

    def most_sum(self, columns: int) -> int:
        """No sum of a row of so many inputs is larger, where the smallest is 0."""
        kind = self.packing.kind
        return columns * (self._lowest + kind.input_high * ((1 << kind.weight_bits - 1) - 1))

    @property
    def weight_mask(self) -> int:
        """Bits of a word of weights that are inverted."""
        return self.packing.weight_mask(self.simd, self.rows)

    @property
    def levels(self) -> int:
        """Levels of logic behind the multipliers' registers that registers can cut, the accumulator not among them."""
        return self.packing.levels(self.simd, self.rows)

    @property
    def most_stages(self) -> int:
        """Most registers inside the dot product."""
        most = self.packing.front(self.simd) + self.levels
        return min(most, planes(self.simd, self.packing.kind)[0] - 1) if self.has_others else most

    def stages(self, levels_per_stage: int, others: int) -> int:
        """Registers inside the dot product: those of the multipliers, and behind these at most so many levels.

        Args:
            levels_per_stage: levels of logic between two registers.
            others: registers that rows in LUTs should have.
        """
        # What reaches from one lane into the next is a level in front of the heap.
        levels = self.levels + 1 + int(self.packing.is_overlapping)
        wanted = self.packing.front(self.simd) + min(ceil_div(levels, levels_per_stage) - 1, self.levels)
        return max(wanted, others) if self.has_others else wanted

    @property
    def dsp(self) -> int:
        """Multipliers."""
        return self.packing.multipliers(self.simd, self.rows)

    @cached_property
    def product_luts(self) -> int:
        """LUTs of the products and their sums in all rows."""
        others = (self.pe - self.rows) * planes(self.simd, self.packing.kind)[1] if self.has_others else 0
        return packed_luts(self.packing, self.simd, self.rows) + others


def _row_counts(lanes: int, pe: int) -> set[int]:
    """Rows that may be in multipliers of `lanes` lanes: all; or groups that fill theirs, all of these or parts."""
    groups = pe // lanes
    return {pe, *(lanes * ceil_div(groups * part, PARTS) for part in range(1, PARTS + 1) if groups)}


@cache
def all_ways(kind: Operands, simd: int, pe: int) -> tuple[Multiplied, ...]:
    """Ways to have products in multipliers, those with the fewest of these first."""
    if not is_multiplied(kind):
        return ()
    found = []
    for lanes in range(1, min(Packing(kind).most_lanes, pe) + 1):
        packing = Packing(kind, asked_lanes=lanes)
        for rows in _row_counts(lanes, pe) if packing.fits(simd) else ():
            smallest = (rows % lanes or lanes) - 1
            if smallest * packing.spacing + kind.weight_bits + kind.input_bits >= LEAST_PRODUCT:
                found.append(Multiplied(packing, rows, pe, simd))
    return tuple(sorted(found, key=lambda way: (way.dsp, way.product_luts)))


@cache
def cheaper_ways(kind: Operands, simd: int, pe: int) -> tuple[Multiplied, ...]:
    """Those that take fewer LUTs than any with fewer multipliers, or none."""
    least, kept = pe * planes(simd, kind)[1] if is_multiplied(kind) else 0, []
    for way in all_ways(kind, simd, pe):
        if way.product_luts < least:
            least = way.product_luts
            kept.append(way)
    return tuple(kept)


def open_ways(kind: Operands, simd: int, pe: int, products: Products | None) -> list[tuple[int, int]]:
    """Rows in multipliers and lanes of these, of all ways to choose from; nothing where there is no choice.

    Where all products must be in multipliers, only what saves LUTs, if anything does.
    """
    if products in ("lut", "serial"):
        return []
    ways = cheaper_ways(kind, simd, pe)
    if products == "dsp":
        full = [way for way in all_ways(kind, simd, pe) if not way.has_others]
        ways = tuple(way for way in ways if not way.has_others) or tuple(full)
    places = [(way.rows, way.packing.lanes) for way in ways]
    return places if products == "dsp" or not places else [(0, 1), *places]


def is_multiplied(kind: Operands) -> bool:
    """Whether multipliers take such products."""
    return 2 <= kind.input_bits <= MOST_BITS and 2 <= kind.weight_bits <= MOST_BITS


def can_multiply(kind: Operands, simd: int, pe: int) -> bool:
    """Whether all rows of a beat can have their products in multipliers."""
    return any(not way.has_others for way in all_ways(kind, simd, pe))
