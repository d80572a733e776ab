"""What the folded and the unfolded MVTU have in common: the matrix of one layer."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.numbers import ceil_div
from finn_rtl.ips.arithmetic import LEVELS_PER_STAGE
from finn_rtl.ips.base import BLOCK_KIB, Element, Ip, Stream
from finn_rtl.ips.border import Border
from finn_rtl.ips.products import Operands
from finn_rtl.ips.starts import counts_two, leaves_numbers, sum_width

# Accumulators leave a network in whole words of so many bits.
SCORE_UNIT = 16


@dataclass(frozen=True)
class Matrix(Ip):
    """A matrix of `mh` rows and `mw` columns, applied to `vectors` vectors a frame.

    `thresholds` 0: its sums leave; 1: a bit; 2^n - 1: levels, two's complement where `signed_output`. `window` is the
    number of pixels of a window that comes whole, in groups of channels; 1 for all other orders. `bipolar`: an input of
    one bit is -1/+1, else 0/1. `weight_bits` 1: weights are -1/+1; more: two's complement, without the most negative
    number where `narrow`. `bias_bits`: numbers of so many bits are added to sums that leave.
    `border`: of true zeros around a map of -1/+1, which come as -1; None where there is none. `levels_per_stage`: so
    many levels of logic lie between two of its registers at most. `block_kib`: Kib of a block RAM. `lanes` neighbouring
    vectors of a row of `row` come together, of `pixels` neighbouring pixels of a map; in the last beat of a row there
    may be less.
    """

    layer: str
    mw: int
    mh: int
    simd: int
    pe: int
    thresholds: int
    vectors: int = 1
    input_bits: int = 1
    signed: bool = False
    window: int = 1
    bipolar: bool = True
    weight_bits: int = 1
    narrow: bool = False
    signed_output: bool = False
    bias_bits: int = 0
    border: Border | None = None
    levels_per_stage: int = LEVELS_PER_STAGE
    block_kib: int = BLOCK_KIB
    lanes: int = 1
    row: int = 1
    pixels: int = 1

    def clocked(self, levels: int, block_kib: int = BLOCK_KIB) -> Ip:
        if (levels, block_kib) == (self.levels_per_stage, self.block_kib):
            return self
        return replace(self, levels_per_stage=levels, block_kib=block_kib)

    @property
    def name(self) -> str:
        return self.layer

    @property
    def reuse(self) -> int:
        """Vectors that each word of weights is used for, where these come over a stream; 0 where they are on chip."""
        return 0

    @property
    def sf(self) -> int:
        """Synapse fold: input beats a vector."""
        return self.mw // self.simd

    @property
    def nf(self) -> int:
        """Neuron fold: output beats a vector."""
        return self.mh // self.pe

    @property
    def row_cycles(self) -> int:
        """Cycles that the rows of an output beat take."""
        return self.sf * self.kind.passes

    @property
    def cycles(self) -> int:
        """Cycles that a vector takes."""
        return self.row_cycles * self.nf

    @property
    def replays(self) -> bool:
        """Whether input beats are used more than once."""
        return self.cycles > self.sf

    @property
    def turns(self) -> int:
        """How often a frame it is applied, to `lanes` vectors at once."""
        return self.turns_of(self.lanes)

    def turns_of(self, lanes: int) -> int:
        """The same with other lanes."""
        return self.vectors if lanes == 1 else self.vectors // self.row * ceil_div(self.row, lanes)

    @property
    def frame_cycles(self) -> int:
        return self.cycles * self.turns

    @property
    def s_width(self) -> int:
        """Bits of an input beat."""
        return self.lanes * self.simd * self.input_bits

    @property
    def m_width(self) -> int:
        """Bits of an output beat."""
        return self.lanes * self.pe * self.element_bits

    @property
    def kind(self) -> Operands:
        """What inputs and weights are."""
        return Operands(self.input_bits, self.weight_bits, self.signed, self.narrow, self.bipolar)

    @property
    def sum_width(self) -> int:
        """Bits of an accumulator."""
        return sum_width(self.mw, self.kind, self.thresholds, self.bias_bits, self.has_zeros)

    @property
    def has_zeros(self) -> bool:
        """Whether some inputs -1/+1 are 0."""
        return self.border is not None

    @property
    def leaves_numbers(self) -> bool:
        """Whether sums that leave are dot products in two's complement, and no counts."""
        return leaves_numbers(self.kind, self.bias_bits, self.has_zeros)

    @property
    def counts_two(self) -> bool:
        """Whether a place where bits agree counts 2 in its sums."""
        return counts_two(self.kind, self.thresholds, self.bias_bits, self.has_zeros)

    def biases(self, layer: IntegerLayer) -> NDArray[np.int64] | None:
        """What is added to sums that leave (mh,), None where nothing is."""
        if not self.bias_bits:
            return None
        return np.zeros(self.mh, np.int64) if layer.bias is None else layer.bias

    @property
    def element_bits(self) -> int:
        """Bits of an output element."""
        return self.thresholds.bit_length() or self.sum_width

    @property
    def element(self) -> Element | None:
        bits = self.element_bits
        if self.thresholds:
            return Element(bits, bits, self.signed_output)
        return Element(bits, ceil_div(bits, SCORE_UNIT) * SCORE_UNIT, self.leaves_numbers)

    @property
    def inputs(self) -> tuple[Stream, ...]:
        return (Stream(self.s_width, self.turns * self.sf, "s_axis"),)

    @property
    def outputs(self) -> tuple[Stream, ...]:
        return (Stream(self.m_width, self.turns * self.nf, "m_axis"),)

    @property
    @abstractmethod
    def stages(self) -> int:
        """Registers inside the dot product."""

    def own(self, layer: IntegerLayer) -> IntegerLayer:
        """What it computes of a layer: the sums alone where something behind it makes levels of them."""
        return layer if self.thresholds or layer.thresholds is None else replace(
            layer, thresholds=None, falling=np.zeros(0, np.bool_))

    @property
    def delay(self) -> int:
        """Cycles from the operands' first register to the dot product."""
        return self.stages

    @property
    @abstractmethod
    def weights_in(self) -> str:
        """Where the weights are, in the plan's words."""

    @property
    @abstractmethod
    def busy_scope(self) -> str:
        """Where its signal `issue` is, below the top level: 1 in the cycles in which it works."""


def stream_order(layer: IntegerLayer, matrix: Matrix) -> NDArray[np.int8]:
    """Weights (units, inputs) with the columns in the order in which the inputs come.

    Whole windows come in groups of channels, all pixels of the window for a group.
    """
    pixels = matrix.window
    groups = matrix.sf if pixels > 1 else 1
    return layer.weight.reshape(matrix.mh, pixels, groups, -1).transpose(0, 2, 1, 3).reshape(matrix.mh, matrix.mw)
