"""What the operators with a matrix of weights have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal

from finn_rtl.common.integers import Accumulator
from finn_rtl.common.maps import Map, sum_bits
from finn_rtl.ips.matrix import Matrix
from finn_rtl.ips.mvtu import MOST_BINARY_SIMD, SUM_BITS, Mvtu
from finn_rtl.ips.mvtu_unfolded import MvtuUnfolded, can_unfold
from finn_rtl.operators.base import Operator
from finn_rtl.operators.schema import Fold

# Beyond these a layer's weights no longer fit any device: a typing error, most likely.
MOST_UNITS = 65_536
# The rule of mvtu, which computes in 32 bits.
MOST_WEIGHTS = 1 << 30


class Weights(Operator):
    """A matrix of -1/+1 weights; "sign" binarizes its output by batch norm and sign, "none" leaves the scores."""

    activation: Literal["sign", "none"]
    has_parameters: ClassVar[bool] = True
    is_folded: ClassVar[bool] = True

    @property
    @abstractmethod
    def rows(self) -> int:
        """Rows of the matrix."""

    @abstractmethod
    def columns(self, ifm: Map) -> int:
        """Columns of the matrix."""

    @property
    def leaves_scores(self) -> bool:
        return self.activation == "none"

    def check_fold(self, fold: Fold, *ifms: Map) -> None:
        inputs = self.columns(ifms[0])
        if inputs % fold.simd:
            raise ValueError(f"layer {self.name!r}: simd {fold.simd}: must divide its {inputs} inputs")
        if self.exceeds_popcount(ifms[0], fold.simd):
            raise ValueError(f"layer {self.name!r}: simd {fold.simd}: must be at most {MOST_BINARY_SIMD} where inputs"
                             " are binary")
        if self.rows % fold.pe:
            raise ValueError(f"layer {self.name!r}: pe {fold.pe}: must divide its {self.rows} units")
        if fold.window and not self.window_channels(ifms[0], fold.simd):
            raise ValueError(f"layer {self.name!r}: simd {fold.simd} in whole windows: must be the kernel's size (more"
                             " than 1) times a divisor of the map's channels, and the padding less than the kernel")

    def window_channels(self, ifm: Map, simd: int) -> int:
        """Channels of each pixel in a beat of whole windows that carries `simd` elements; 0 where none is possible."""
        return 0

    def exceeds_popcount(self, ifm: Map, simd: int) -> bool:
        """Whether so many inputs are more than a row can count at once."""
        return ifm.bits == 1 and simd > MOST_BINARY_SIMD

    def scores(self, height: int, width: int, ifm: Map) -> Map:
        """The map of its results.

        Raises:
            ValueError: more inputs than sums are computed with.
        """
        most = 1 << SUM_BITS - ifm.bits if ifm.bits < SUM_BITS else 0
        if self.columns(ifm) >= most:
            raise ValueError(f"{self.columns(ifm)} inputs of {ifm.bits} bits: must be fewer than {most}; make the map"
                             " in front of it smaller, or its numbers")
        if self.rows * self.columns(ifm) > MOST_WEIGHTS:
            raise ValueError(f"{self.rows} units of {self.columns(ifm)} inputs are {self.rows * self.columns(ifm)}"
                             f" weights: at most {MOST_WEIGHTS} are supported")
        if self.activation == "sign":
            return Map(height, width, self.rows)
        sums = Accumulator(self.columns(ifm), ifm)
        return Map(height, width, self.rows, max(2, sum_bits(self.columns(ifm), ifm)), ifm.bits > 1,
                   (sums.low, sums.high))

    def matrix(self, ifm: Map, fold: Fold, window: int = 1) -> Matrix:
        """Its matrix; `window` pixels of a window come together."""
        ofm, columns = self.output(ifm), self.columns(ifm)
        is_whole = (fold.simd, fold.pe) == (columns, self.rows) and can_unfold(columns, ifm.bits, ifm.signed)
        kind = MvtuUnfolded if is_whole else Mvtu
        return kind(self.name, columns, self.rows, fold.simd, fold.pe, int(self.activation == "sign"), ofm.pixels,
                    ifm.bits, ifm.signed, window)
