"""conv: a convolution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import gcd, prod
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StrictBool, StrictInt

from finn_rtl.common.maps import Map
from finn_rtl.common.numbers import divisors
from finn_rtl.ips.base import Ip
from finn_rtl.ips.border import Border, Side
from finn_rtl.ips.swu import MOST_BEATS, Swu, SwuParallel
from finn_rtl.operators.base import converter
from finn_rtl.operators.schema import Fold, Pair, Sides, whole_number
from finn_rtl.operators.weights import MOST_UNITS, Weights
from finn_rtl.operators.windowed import Windowed


class Convolution(Windowed, Weights):
    """A matrix applied to every window; `padding` is top, bottom, left, right.

    `border` is what stands there: of bipolar maps -1 unless it is 0, of others 0 unless it is another of their numbers.
    `depthwise`: each channel has a row of its own, which sees that channel alone.
    """

    type: Literal["conv"]
    channels: Annotated[StrictInt, Field(ge=1, le=MOST_UNITS)]
    stride: Pair = (1, 1)
    padding: Sides = (0, 0, 0, 0)
    border: Annotated[int | None, BeforeValidator(whole_number)] = None
    depthwise: StrictBool = False

    @property
    def has_own_inputs(self) -> bool:
        return self.depthwise

    @property
    def rows(self) -> int:
        return self.channels

    def columns(self, ifm: Map) -> int:
        return prod(self.kernel) * (1 if self.depthwise else ifm.channels)

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
        if self.depthwise:
            self._check_depthwise(ifm)
        if self.border is not None and not any(self.padding):
            raise ValueError(f"border {self.border}: there is no padding; leave it out")
        low, high = (-1, 0) if ifm.is_bipolar else ifm.held
        if self.border is not None and not low <= self.border <= high:
            numbers = "has -1 and +1" if ifm.is_bipolar else f"holds numbers from {low} to {high}"
            raise ValueError(f"border {self.border}: must be from {low} to {high}: the map in front of it {numbers}")
        return self.scores(*self.windows(ifm, self.stride, self.padding), ifm)

    def _check_depthwise(self, ifm: Map) -> None:
        if self.channels != ifm.channels:
            raise ValueError(f"channels {self.channels}: a depthwise convolution has those of the map in front of it,"
                             f" {ifm.channels}")
        if self.arithmetic == "dsp":
            raise ValueError("arithmetic 'dsp': a multiplier's products share an input, and rows of a depthwise"
                             " convolution share none; leave it out, or write 'lut'")
        if self.arithmetic == "serial":
            raise ValueError("arithmetic 'serial': its passes over an input replay it, and rows of a depthwise"
                             " convolution use theirs once; leave it out, or write 'lut'")

    @property
    def has_windows(self) -> bool:
        """Whether there is more to do than to take pixels one by one."""
        return self.kernel != (1, 1) or self.stride != (1, 1) or any(self.padding)

    def window_channels(self, ifm: Map, simd: int) -> int:
        size = prod(self.kernel)
        top, bottom, left, right = self.padding
        grows = top + bottom >= self.kernel[0] or left + right >= self.kernel[1]
        if self.depthwise:
            # One of each row's.
            return int(size == simd > 1 and not grows)
        if size == 1 or simd % size or ifm.channels % (simd // size) or grows:
            return 0
        return simd // size

    def foldings(self, *ifms: Map) -> Iterator[Fold]:
        """SIMD is a part of a pixel or whole pixels, so that windows need no conversion with a remainder; or a part of
        a whole window.
        """  # noqa: D205
        if self.depthwise:
            yield from self._own_foldings(ifms[0])
            return
        channels = ifms[0].channels
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
                yield from (Fold(simd=simd, pe=pe, window=window) for window in modes)

    def _own_foldings(self, ifm: Map) -> Iterator[Fold]:
        """An element of each channel's window a cycle, or all of it."""
        size = prod(self.kernel)
        folds = [Fold(simd=1, pe=pe) for pe in divisors(self.rows)]
        if self.window_channels(ifm, size) and not self.exceeds_sums(ifm, size):
            folds += [Fold(simd=size, pe=pe, window=True) for pe in divisors(self.rows)]
        yield from (fold for fold in folds if self._counts(ifm, fold))

    def check_fold(self, fold: Fold, *ifms: Map) -> None:
        size = prod(self.kernel)
        if self.depthwise and fold.simd != (size if fold.window else 1):
            raise ValueError(f"layer {self.name!r}: simd {fold.simd}: of a depthwise convolution it must be 1, or in"
                             f" whole windows the kernel's size, {size}; pe says how many channels go side by side")
        super().check_fold(fold, *ifms)

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
        if self.depthwise:
            return fold.pe
        if not self.has_windows:
            return fold.simd
        return self.window_channels(ifm, fold.simd) if fold.window else gcd(ifm.channels, fold.simd)

    def widths(self, ifms: Sequence[Map], offered: Sequence[int], fold: Fold | None) -> tuple[int, ...]:
        assert fold is not None
        return (self._simd(ifms[0], fold) * ifms[0].bits,)

    def stages(self, ifms: Sequence[Map], widths: Sequence[int], fold: Fold | None) -> tuple[Ip, ...]:
        assert fold is not None
        (ifm,) = ifms
        if not self.has_windows:
            return self.computed(ifm, fold)
        # Bits of an element of the padding: of -1/+1 a border of 0 is told by where accumulators start.
        value = 0 if ifm.is_bipolar else self.border_of(ifm) & (1 << ifm.bits) - 1
        shape = (self.name, ifm, self._simd(ifm, fold), self.kernel, self.stride, self.padding, value)
        if fold.window:
            return SwuParallel(*shape), *self.computed(ifm, fold, prod(self.kernel))
        swu, (matrix, *others) = Swu(*shape, depthwise=self.depthwise), self.computed(ifm, fold)
        between = converter(f"{self.name}_mvtu", swu.s_width, matrix.inputs[0].width,
                            matrix.inputs[0].width * matrix.inputs[0].beats // self.output(ifm).pixels,
                            self.output(ifm).pixels)
        return (swu, *([between] if between else []), matrix, *others)
