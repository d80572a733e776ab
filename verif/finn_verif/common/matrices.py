# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Matrices of the MVTU: what their numbers are, and its memories as the header of mvtu.sv describes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from finn_rtl.ips.packing import Packing, dsp_excess
from finn_rtl.ips.products import Operands, excess
from finn_verif.common import memory_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


#: Parameters of the MVTU that say how products are packed into multipliers.
PACKED = ("DSP_ROWS", "LANES", "FACTOR_W", "CHAIN")


@dataclass(frozen=True)
class Numbers:
    """What inputs and weights are.

    ``inputs``: s or u (signed or not) and the bits of an element, u1 being -1/+1; z1 is 0/1. ``weights``: w and the
    bits of a weight, w1 being -1/+1; n for those of which the most negative one does not occur. ``packed``: rows of a
    beat with products in multipliers, products in a multiplier, bits of its factor, the most products of a chain.
    ``serial``: products are computed bit by bit. ``run``: lanes of a run whose bits are recoded as parities, or 0.
    """

    inputs: str = "u1"
    weights: str = "w1"
    packed: tuple[int, int, int, int] = (0, 1, 25, 4)
    serial: bool = False
    run: int = 0

    @property
    def input_width(self) -> int:
        """Bits of an input element."""
        return int(self.inputs[1:])

    @property
    def weight_width(self) -> int:
        """Bits of a weight."""
        return int(self.weights[1:])

    @property
    def is_bipolar(self) -> bool:
        """Whether an input is -1 or +1."""
        return self.inputs == "u1"

    @property
    def passes(self) -> int:
        """Cycles in which an input is multiplied with a weight."""
        return self.input_width * self.weight_width if self.serial else 1

    @property
    def is_popcount(self) -> bool:
        """Whether accumulators count the places where input and weight agree."""
        return self.is_bipolar and self.weight_width == 1

    @property
    def parameters(self) -> dict[str, int]:
        """Those of the MVTU that say so, without those that have their default."""
        found = {"INPUT_W": self.input_width, "SIGNED_INPUTS": int(self.inputs[0] == "s"),
                 "BIPOLAR": int(self.inputs[0] != "z"), "WEIGHT_W": self.weight_width,
                 "NARROW_WEIGHTS": int(self.weights[0] == "n")}
        found |= dict(zip(PACKED, self.packed, strict=True)) | {"SERIAL": int(self.serial), "RUN": self.run}
        defaults = {"INPUT_W": 1, "SIGNED_INPUTS": 0, "BIPOLAR": 1, "WEIGHT_W": 1, "NARROW_WEIGHTS": 0, "SERIAL": 0,
                    "RUN": 0,
                    **dict(zip(PACKED, Numbers.packed, strict=True))}
        return {name: value for name, value in found.items() if value != defaults[name]}

    @property
    def input_range(self) -> tuple[int, int]:
        """The least and the greatest input."""
        if self.is_bipolar:
            return -1, 1
        if self.inputs[0] == "s":
            return -(1 << self.input_width - 1), (1 << self.input_width - 1) - 1
        return 0, (1 << self.input_width) - 1

    @property
    def weight_range(self) -> tuple[int, int]:
        """The least and the greatest weight."""
        half = 1 << self.weight_width - 1
        return (-1, 1) if self.weight_width == 1 else (-half + int(self.weights[0] == "n"), half - 1)

    def draw(self, rng: np.random.Generator, limits: tuple[int, int], shape: tuple[int, ...]) -> np.ndarray:
        """Inputs or weights of a range; of -1/+1 there is no 0."""
        if limits == (-1, 1) and (self.is_bipolar if limits == self.input_range else self.weight_width == 1):
            return 2 * rng.integers(0, 2, shape) - 1
        return rng.integers(*limits, shape, endpoint=True)

    def input_bits(self, elements: np.ndarray) -> np.ndarray:
        """Input elements as their bits, numbers that are not negative."""
        return (elements + 1) // 2 if self.is_bipolar else elements & (1 << self.input_width) - 1

    def accumulators(self, weights: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        """What thresholds are compared with: (vectors, rows)."""
        dots = vectors @ weights.T
        found: np.ndarray = (dots + weights.shape[1]) // 2 if self.is_popcount else dots
        return found

    def extremes(self, row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The inputs with the smallest dot product of a row, and those with the largest."""
        low, high = self.input_range
        return np.where(row > 0, low, high), np.where(row > 0, high, low)

    @property
    def operands(self) -> Operands:
        """The same for the generator."""
        return Operands(self.input_width, self.weight_width, self.inputs[0] == "s", self.weights[0] == "n",
                        self.inputs[0] != "z", self.serial)

    def sums(self, columns: int) -> tuple[int, int]:
        """The least and the greatest accumulator that there can be."""
        if self.is_popcount:
            return 0, columns
        products = [columns * x * w for x in self.input_range for w in self.weight_range]
        return min(products), max(products)

    def dots(self, columns: int) -> tuple[int, int]:
        """The least and the greatest dot product that there can be."""
        return (-columns, columns) if self.is_popcount else self.sums(columns)

    def sum_width(self, columns: int, thresholds: int, bias_width: int = 0, *, has_zeros: bool = False) -> int:
        """Bits of an accumulator."""
        low, high = self.sums(columns)
        if not thresholds and (bias_width or has_zeros):
            half = 1 << bias_width >> 1
            low, high = self.dots(columns)
            return max(high + max(half - 1, 0), half - low - 1).bit_length() + 1
        if thresholds > 1 and has_zeros and self.is_popcount:
            return (2 * columns + 1).bit_length()
        if not thresholds:
            return high.bit_length() if self.is_popcount else max(high, -low - 1).bit_length() + 1
        most = self.most(columns)
        if thresholds > 1 and self.packed[0]:
            most = max(most, self.most_packed(columns))
        return most.bit_length() + 1 if thresholds == 1 else (most + 1).bit_length()

    def most(self, columns: int) -> int:
        """The largest sum, where none is negative."""
        if self.input_width == self.weight_width == 1:
            return columns
        return columns * self.operands.product_high * (1 + int(self.is_bipolar))

    def most_packed(self, columns: int) -> int:
        """The largest sum of a row in multipliers that starts where the smallest is 0."""
        low, high = self.weight_range
        return columns * (high - low) * ((1 << self.input_width) - 1)

    def packed_excess(self, weights: np.ndarray, simd: int, pe: int, count: int) -> np.ndarray:
        """The same as ``excess`` for ``count`` thresholds and the rows that are in multipliers; 0 for others."""
        rows, lanes, factor, chain = self.packed
        found = np.zeros((len(weights), 1), int)
        packing = Packing(self.operands, factor, lanes, chain)
        for first in range(0, len(weights) if rows else 0, pe):
            group = weights[first : first + rows]
            if count > 1:
                more = -weights.shape[1] * self.weight_range[0] * ((1 << self.input_width) - 1)
                offset = 1 << self.input_width - 1 if self.inputs[0] == "s" else 0
                found[first : first + rows] = more + offset * group.sum(axis=1, keepdims=True)
            else:
                found[first : first + rows] = dsp_excess(group, packing, simd, rows)[:, None]
        return found

    def excess(self, weights: np.ndarray) -> np.ndarray:
        """What the sum of a row is more than its accumulator, without multipliers: (rows, 1)."""
        if self.input_width == self.weight_width == 1:
            negative = (weights < 0).sum(axis=1, keepdims=True)
            return np.zeros_like(negative) if self.is_popcount else negative
        found: np.ndarray = excess(weights, self.operands)[:, None]
        return found

    def weight_slices(self, weights: np.ndarray, simd: int, pe: int, slice_width: int = 0
                      ) -> Iterator[tuple[str, list[int], int]]:
        """Files of the weights: end of the name, words and their bits."""
        if self.serial:
            words = memory_files.plane_words(weights, simd, pe, self.weight_width)
            return memory_files.slices(words, pe * simd, slice_width)
        words = memory_files.weight_words(weights, simd, pe, self.weight_width)
        if self.run:
            words = memory_files.parity_words(words, simd, pe, self.run)
        rows, lanes, *_ = self.packed
        for p in range(rows):
            if p % lanes != lanes - 1 and p != rows - 1:
                # Not the topmost of its multiplier.
                tops = sum(1 << (p * simd + s + 1) * self.weight_width - 1 for s in range(simd))
                words = [word ^ tops for word in words]
        return memory_files.slices(words, pe * simd * self.weight_width, slice_width)

    def threshold_files(self, weights: np.ndarray, thresholds: np.ndarray, falling: np.ndarray | None, pe: int,
                        simd: int = 1, bias: np.ndarray | None = None, bias_width: int = 0,
                        lacking: np.ndarray | None = None) -> Iterator[tuple[str, list[int], int]]:
        """Files of what thresholds make of a matrix, or the start values of one without: end of the name, words, bits.

        ``thresholds`` are (rows, count), on the accumulators; ``bias`` (rows,) is added to those that leave.
        ``lacking`` (places, rows) is what dot products lack at each place, for inputs that are 0 and come as -1.
        """
        columns, count = weights.shape[1], thresholds.shape[1]
        width = self.sum_width(columns, count, bias_width, has_zeros=lacking is not None)
        if bias is not None or lacking is not None:
            # Twice the places that agree, less all of them, is the dot product.
            excess = np.full((len(weights), 1), columns) if self.is_popcount else self.excess(weights)
            if self.packed[0]:
                is_packed = np.arange(len(weights))[:, None] % pe < self.packed[0]
                excess = np.where(is_packed, self.packed_excess(weights, simd, pe, count), excess)
            if count > 1:
                most = 2 * columns if self.is_popcount else self.most(columns)
                yield from memory_files.level_words("", np.clip(thresholds + excess, 0, most + 1), falling, pe, width)
                return
            starts = (np.zeros((1, len(weights)), int) if lacking is None else lacking) - excess.T
            if bias is not None:
                starts = starts + bias
            if count:
                starts = starts - thresholds.T
                starts = starts >> 1 if self.is_popcount else starts
            yield from self._start_files(starts, falling, pe, width)
            return
        on_sums = (thresholds if count else np.zeros((len(weights), 1), int)) + self.excess(weights)
        if count:
            on_sums = np.clip(on_sums, 0, self.most(columns) + 1)
        if self.packed[0]:
            is_packed = np.arange(len(weights))[:, None] % pe < self.packed[0]
            more = self.packed_excess(weights, simd, pe, count) - self.excess(weights)
            on_sums = on_sums + np.where(is_packed, more, 0)
            if count > 1:
                on_sums = np.minimum(on_sums, max(self.most(columns), self.most_packed(columns)) + 1)
        if count > 1:
            yield from memory_files.level_words("", on_sums, falling, pe, width)
            return
        yield from self._start_files(-on_sums.T, falling, pe, width)

    def _start_files(self, starts: np.ndarray, falling: np.ndarray | None, pe: int, width: int
                     ) -> Iterator[tuple[str, list[int], int]]:
        """The file of start values (places, rows)."""
        fields = starts & (1 << width) - 1
        levels = self.input_width + self.weight_width - 1
        levels = levels if self.serial and levels > 4 else 1
        if levels > 1:
            # A word a level: the upper bits of all, and in the lowest place the bit that doublings bring there.
            width -= levels - 1
            folds = [fields.reshape(-1, pe) >> level for level in reversed(range(levels))]
            fields = np.stack([folds[0] - folds[0] % 2 + fold % 2 for fold in folds], axis=1).reshape(1, -1)
        if falling is not None:
            # Each fold's bits go with all of its words.
            each = np.repeat(falling.reshape(-1, pe), levels, axis=0).reshape(-1)
            fields = fields.reshape(-1, each.size) | each.astype(int) << width
        width += int(falling is not None)
        yield "", memory_files.field_words(fields.reshape(-1, pe), width), pe * width

    def start_files(self, columns: int, lacking: np.ndarray, pe: int) -> Iterator[tuple[str, list[int], int]]:
        """The file of start values of a matrix with several thresholds."""
        yield from self._start_files(lacking, None, pe, self.sum_width(columns, 3, has_zeros=True))


def numbers_of(parameters: Mapping[str, int | str]) -> Numbers:
    """What the inputs and weights of an mvtu are, by its parameters."""
    def value(name: str, default: int) -> int:
        return int(parameters.get(name, default))
    kind = "s" if value("SIGNED_INPUTS", 0) else "u" if value("BIPOLAR", 1) else "z"
    weights = "n" if value("NARROW_WEIGHTS", 0) else "w"
    rows, lanes, factor, chain = (value(name, default) for name, default in zip(PACKED, Numbers.packed, strict=True))
    return Numbers(f"{kind}{value('INPUT_W', 1)}", f"{weights}{value('WEIGHT_W', 1)}", (rows, lanes, factor, chain),
                   bool(value("SERIAL", 0)), value("RUN", 0))
