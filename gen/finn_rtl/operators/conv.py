"""conv: a convolution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import gcd, prod
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StrictInt

from finn_rtl.common.maps import Map
from finn_rtl.common.numbers import divisors
from finn_rtl.ips.base import Ip
from finn_rtl.ips.border import Border, Side
from finn_rtl.ips.swu import MOST_BEATS, Swu, SwuParallel
from finn_rtl.operators.base import converter
from finn_rtl.operators.schema import PIXELS, Fold, Pair, Requantized, Sides, whole_number
from finn_rtl.operators.weights import MOST_UNITS, Weights
from finn_rtl.operators.windowed import Windowed


class Convolution(Windowed, Weights):
    """A matrix applied to every window; `padding` is top, bottom, left, right.

    `border` is what stands there: of bipolar maps -1 unless it is 0, of others 0 unless it is another of their numbers.
    Channels come and leave in `groups`, and rows see those of their own group alone.
    """

    type: Literal["conv"]
    channels: Annotated[StrictInt, Field(ge=1, le=MOST_UNITS)]
    stride: Pair = (1, 1)
    padding: Sides = (0, 0, 0, 0)
    border: Annotated[int | None, BeforeValidator(whole_number)] = None
    groups: Annotated[StrictInt, Field(ge=1, le=MOST_UNITS)] = 1

    @property
    def row_groups(self) -> int:
        return self.groups

    @property
    def rows(self) -> int:
        return self.channels

    def columns(self, ifm: Map) -> int:
        return prod(self.kernel) * (ifm.channels // self.groups)

    def border_of(self, ifm: Map) -> int:
        """What stands around a map."""
        if self.border is not None:
            return self.border
        return -1 if ifm.is_bipolar else 0

    def zeros(self, ifm: Map) -> Border | None:
        if not ifm.is_bipolar or self.border != 0:
            return None
        top, bottom, left, right = self.padding
        return Border(Side(ifm.height, self.kernel[0], self.stride[0], top, bottom),
                      Side(ifm.width, self.kernel[1], self.stride[1], left, right))

    def output(self, *ifms: Map) -> Map:
        (ifm,) = ifms
        if self.groups > 1:
            self._check_groups(ifm)
        if self.border is not None and not any(self.padding):
            raise ValueError(f"border {self.border}: there is no padding; leave it out")
        low, high = (-1, 0) if ifm.is_bipolar else ifm.held
        if self.border is not None and not low <= self.border <= high:
            numbers = "has -1 and +1" if ifm.is_bipolar else f"holds numbers from {low} to {high}"
            raise ValueError(f"border {self.border}: must be from {low} to {high}: the map in front of it {numbers}")
        return self.scores(*self.windows(ifm, self.stride, self.padding), ifm)

    def _check_groups(self, ifm: Map) -> None:
        if self.channels % self.groups or ifm.channels % self.groups:
            raise ValueError(f"groups {self.groups}: must divide its {self.channels} channels, and the {ifm.channels}"
                             " of the map in front of it")
        if self.arithmetic == "dsp" and self.channels == self.groups:
            raise ValueError("arithmetic 'dsp': a multiplier's products share an input, and rows of a depthwise"
                             " convolution share none; leave it out, or write 'lut'")
        if self.arithmetic == "serial":
            raise ValueError("arithmetic 'serial': its passes over an input replay it, and groups of rows have inputs"
                             " of their own; leave it out, or write 'lut'")

    @property
    def has_windows(self) -> bool:
        """Whether there is more to do than to take pixels one by one."""
        return self.kernel != (1, 1) or self.stride != (1, 1) or any(self.padding)

    def window_channels(self, ifm: Map, simd: int) -> int:
        size = prod(self.kernel)
        top, bottom, left, right = self.padding
        grows = top + bottom >= self.kernel[0] or left + right >= self.kernel[1]
        if size == 1 or simd % size or ifm.channels // self.groups % (simd // size) or grows:
            return 0
        return simd // size

    def foldings(self, *ifms: Map) -> Iterator[Fold]:
        """SIMD is a part of a pixel or whole pixels, so that windows need no conversion with a remainder; or a part of
        a whole window.
        """  # noqa: D205
        channels = ifms[0].channels // self.groups
        for simd in divisors(self.columns(ifms[0])):
            if self.exceeds_sums(ifms[0], simd):
                continue
            modes = [False] if channels % simd == 0 or simd % channels == 0 else []
            if self.window_channels(ifms[0], simd):
                modes.append(True)
            modes = [window for window in modes if self._counts(ifms[0], Fold(simd=simd, pe=1, window=window))]
            for pe in divisors(self.rows):
                if not self.computes(ifms[0], simd, pe):
                    continue
                for window in modes:
                    fold = Fold(simd=simd, pe=pe, window=window)
                    if self._groups_fit(ifms[0], fold) and (self.groups == 1 or self._counts(ifms[0], fold)):
                        yield fold
        yield from self._in_pixels(ifms[0])

    def _in_pixels(self, ifm: Map) -> Iterator[Fold]:
        """Foldings that take several pixels a beat: of the whole matrix."""
        whole = Fold(simd=self.columns(ifm), pe=self.rows, window=prod(self.kernel) > 1)
        if self._takes_pixels(ifm, whole):
            for pixels in PIXELS:
                if pixels % self.stride[1] == 0 and pixels <= ifm.width:
                    yield whole.model_copy(update={"pixels": pixels})

    def _takes_pixels(self, ifm: Map, fold: Fold) -> bool:
        """Whether a folding takes several pixels a beat: that of the whole matrix, of a window or of a pixel."""
        if self.exceeds_sums(ifm, fold.simd) or not self._is_whole(ifm, fold):
            return False
        takes = self.window_channels(ifm, fold.simd) > 0 if fold.window else not self.has_windows
        return takes and self._counts(ifm, fold)

    def lanes(self, fold: Fold) -> int:
        return 1 if fold.pixels == 1 else fold.pixels // self.stride[1]

    def check_pixels(self, fold: Fold, ifm: Map) -> None:
        what = f"layer {self.name!r}: pixels {fold.pixels}:"
        if fold.pixels > ifm.width:
            raise ValueError(f"{what} must be at most {ifm.width}, those of a row")
        if fold.pixels % self.stride[1]:
            raise ValueError(f"{what} must be a multiple of the stride across, {self.stride[1]}")
        if not self._takes_pixels(ifm, fold):
            window = " in whole windows" if prod(self.kernel) > 1 else ""
            raise ValueError(f"{what} the whole matrix must be constants: simd {self.columns(ifm)}{window}, pe"
                             f" {self.rows}, where there is room for such, and no border of 0 around -1/+1")
        if self.quantizer is not None and self.quantizer.hardware == "requant":
            raise ValueError(f"{what} hardware 'requant' takes one pixel a beat; leave one of them out")

    def _groups_fit(self, ifm: Map, fold: Fold) -> bool:
        """Whether a folding gives the rows of a beat their inputs."""
        own, rows = ifm.channels // self.groups, self.rows // self.groups
        if self.groups == 1:
            return True
        if rows % fold.pe == 0:
            # Of one group, which comes in whole windows, in parts of a pixel, or in whole ones.
            return fold.window or own % fold.simd == 0 or fold.simd % own == 0
        if own == 1:
            # Of several groups: a channel of each.
            return fold.pe % rows == 0 and (fold.window or fold.simd == 1) and self.arithmetic != "dsp"
        return self._is_whole(ifm, fold)

    def _is_whole(self, ifm: Map, fold: Fold) -> bool:
        """Whether all groups come side by side, whole, to a matrix of constants."""
        size = prod(self.kernel)
        if (fold.simd, fold.pe) != (self.columns(ifm), self.rows) or fold.window != (size > 1):
            return False
        bits = 0 if self.activation == "none" or isinstance(fold, Requantized) else self.output(ifm).bits
        return self.unfolded(ifm, bits, size) is not None

    def check_fold(self, fold: Fold, *ifms: Map) -> None:
        super().check_fold(fold, *ifms)
        if not self._groups_fit(ifms[0], fold):
            own, rows = ifms[0].channels // self.groups, self.rows // self.groups
            several = f", or a multiple, with simd 1 or {prod(self.kernel)} in whole windows" * (own == 1)
            raise ValueError(f"layer {self.name!r}: simd {fold.simd}, pe {fold.pe}: of {self.groups} groups, of {own}"
                             f" channels each and {rows} behind it, pe must divide {rows}{several}, and simd be a"
                             f" divisor or a multiple of {own}")

    def _counts(self, ifm: Map, fold: Fold) -> bool:
        """Whether the windows have few enough beats to be counted."""
        if not self.has_windows:
            return True
        groups, window = ifm.channels // self._simd(ifm, fold), fold.window
        top, bottom, left, right = self.padding
        frame = (ifm.height + top + bottom) * (ifm.width + left + right) * groups
        windows = 0 if window else self.output(ifm).pixels * prod(self.kernel) * groups
        return max(frame, windows) <= MOST_BEATS

    def _simd(self, ifm: Map, fold: Fold) -> int:
        """Channels of a beat that the windows are made of."""
        own, sets = ifm.channels // self.groups, max(1, fold.pe * self.groups // self.rows)
        if self.groups > 1 and sets > 1:
            return own * sets
        if not self.has_windows:
            return fold.simd
        if fold.window:
            return self.window_channels(ifm, fold.simd)
        return own if self.groups > 1 else gcd(ifm.channels, fold.simd)

    def widths(self, ifms: Sequence[Map], offered: Sequence[int], fold: Fold | None) -> tuple[int, ...]:
        assert fold is not None
        return (fold.pixels * self._simd(ifms[0], fold) * ifms[0].bits,)

    def stages(self, ifms: Sequence[Map], widths: Sequence[int], fold: Fold | None) -> tuple[Ip, ...]:
        assert fold is not None
        (ifm,) = ifms
        if not self.has_windows:
            return self.computed(ifm, fold)
        # Bits of an element of the padding: of -1/+1 a border of 0 is told by where accumulators start.
        value = 0 if ifm.is_bipolar else self.border_of(ifm) & (1 << ifm.bits) - 1
        shape = (self.name, ifm, self._simd(ifm, fold), self.kernel, self.stride, self.padding, value)
        if fold.window:
            return SwuParallel(*shape, fold.pixels), *self.computed(ifm, fold, prod(self.kernel))
        swu, (matrix, *others) = Swu(*shape, depthwise=self.groups > 1), self.computed(ifm, fold)
        between = converter(f"{self.name}_mvtu", swu.s_width, matrix.inputs[0].width,
                            matrix.inputs[0].width * matrix.inputs[0].beats // self.output(ifm).pixels,
                            self.output(ifm).pixels)
        return (swu, *([between] if between else []), matrix, *others)
