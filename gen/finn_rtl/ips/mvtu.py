"""mvtu: the matrix of one layer, folded onto processing elements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.numbers import ceil_div
from finn_rtl.ips.base import Control, Cost, Kind, Memory, Parameters, Ram
from finn_rtl.ips.bit_heap import dot
from finn_rtl.ips.matrix import LEVELS_PER_STAGE, Matrix, stream_order
from finn_rtl.ips.memory_text import fold_fields, hex_words, slice_files
from finn_rtl.ips.rams import (
    BYTE_DEPTH,
    LUT_ROM_DEPTH,
    block_ram,
    counter,
    deep_shape,
    lut_ram,
    lut_ram_choice,
    lut_rom,
    weight_ram,
)
from finn_rtl.ips.rules import STYLES, Rules, divides, within

# Most slices of a weight memory: three digits tell their files apart.
MOST_SLICES = 1000
# Elements that a popcount takes, and bits in which the widths of sums are computed.
MOST_BINARY_SIMD = 8190
SUM_BITS = 30


def popcount_stages(simd: int) -> int:
    """Registers inside the dot product of `simd` bits, which cut it and the accumulator evenly."""
    levels = dot(simd)[0] + 1
    return max(0, ceil_div(levels, LEVELS_PER_STAGE) - 1)


def adder_stages(simd: int) -> int:
    """Registers inside the sum of `simd` numbers: an adder is about as slow as two levels of logic."""
    levels = 2 * ((simd - 1).bit_length() + 1)
    return max(0, ceil_div(levels, LEVELS_PER_STAGE) - 1)


def memory_names(net: str, layer: str) -> tuple[str, str]:
    """Files with the weights and with the thresholds of a layer; names have no double underscore."""
    return f"{net}__{layer}_weights.mem", f"{net}__{layer}_thresholds.mem"


@dataclass(frozen=True)
class Mvtu(Matrix):
    """`weight_style` and `start_style` say where the memories go, None by their depth alone."""

    weight_style: Ram | None = None
    start_style: Ram | None = None

    @property
    def module(self) -> str:
        return "mvtu"

    @property
    def stages(self) -> int:
        return popcount_stages(self.simd) if self.input_bits == 1 else adder_stages(self.simd)

    @property
    def delay(self) -> int:
        return self.stages + (1 if self.ram_style == "block" else 0)

    @property
    def has_start(self) -> bool:
        """Whether the accumulators start from a memory."""
        return self.thresholds == 1 or self.input_bits > 1

    @property
    def ram_style(self) -> Ram:
        """Where the weights go."""
        return self.weight_style or ("distributed" if self.cycles <= LUT_ROM_DEPTH else "block")

    @property
    def weights_in(self) -> str:
        return self.ram_style

    @property
    def weight_slice(self) -> int:
        """Bits of a slice of the weights: where they are deep, as many as a block RAM has at that depth; else 0."""
        if self.ram_style != "block" or self.cycles <= BYTE_DEPTH:
            return 0
        bits, _ = deep_shape(self.cycles)
        return bits if bits < self.pe * self.simd <= bits * MOST_SLICES else 0

    @property
    def threshold_style(self) -> Ram:
        """Where the thresholds go."""
        return self.start_style or ("distributed" if self.nf <= LUT_ROM_DEPTH else "block")

    @property
    def frames_held(self) -> int:
        pipeline = ceil_div(3 + self.delay, self.sf) + 2
        vectors = (2 if self.nf > 1 else 0) + ceil_div(pipeline, self.nf)
        return 1 + ceil_div(vectors, self.vectors)

    @property
    def control(self) -> tuple[Control, ...]:
        has_slice = int(self.sf == 1)
        if self.nf > 1:
            return (Control(Kind.REPLAY, (self.delay, has_slice, self.sf, self.nf)),)
        return (Control(Kind.PIPE, (self.delay, has_slice, 1, self.sf, 1, self.sf, 1)),)

    @property
    def memories(self) -> tuple[Memory, ...]:
        found = []
        width = self.pe * self.simd
        if self.cycles > 1:
            found.append(Memory("weight_style", lut_rom(width, self.cycles), weight_ram(width, self.cycles)))
        width = self.pe * self.sum_width
        if self.has_start and self.nf > 1:
            found.append(Memory("start_style", lut_rom(width, self.nf), block_ram(width, self.nf)))
        return tuple(found)

    def _element_luts(self) -> float:
        """One PE: XNOR and popcount, or adders with the inversion in the first ones; accumulator."""
        if self.input_bits > 1:
            lut, parts, bits = float(self.sum_width), self.simd, self.input_bits + (0 if self.signed else 1)
            # A number without another to be added to is inverted by itself.
            lut += bits if parts % 2 else 0
            while parts > 1:
                lut += parts // 2 * (bits + 1)
                parts, bits = ceil_div(parts, 2), bits + 1
            return lut + 1
        return dot(self.simd)[1] + self.sum_width + 1 - 0.03 * self.simd

    @cached_property
    def cost(self) -> Cost:
        word = self.pe * self.simd
        lut = self.pe * self._element_luts() + counter(self.sf) + counter(self.nf) + counter(self.cycles)
        bram36 = 0.0
        if self.has_start and self.threshold_style == "block":
            bram36 += block_ram(self.pe * self.sum_width, self.nf)
            lut += self.pe if self.sf > 1 else 0
        elif self.has_start:
            lut += lut_rom(self.pe * self.sum_width, self.nf)
        if self.nf > 1:
            lut += lut_ram(self.s_width, 2 * self.sf) + lut_ram_choice(self.s_width, 2 * self.sf)
            lut += 3 * counter(2 * self.sf) + counter(self.nf)
        if self.sf == 1:
            lut += self.m_width
        if self.ram_style == "block":
            return Cost(lut, bram36 + weight_ram(word, self.cycles))
        return Cost(lut + lut_rom(word, self.cycles), bram36)

    @property
    def buffers(self) -> Mapping[str, int]:
        return {f"{self.layer}_replay": 2 * self.sf} if self.nf > 1 else {}

    @property
    def busy_scope(self) -> str:
        return f"u_{self.name}"

    @property
    def comment(self) -> str:
        return f"Layer {self.layer}: {self.mh} x {self.mw}, {self.cycles} cycles a vector"

    def parameters(self, net: str) -> Parameters:
        weights, thresholds = memory_names(net, self.layer)
        parameters: Parameters = {"MW": self.mw, "MH": self.mh, "SIMD": self.simd, "PE": self.pe}
        if self.input_bits > 1:
            parameters |= {"INPUT_W": self.input_bits, "SIGNED_INPUTS": int(self.signed)}
        parameters |= {"THRESHOLDS": self.thresholds, "STAGES": self.stages, "WEIGHT_FILE": weights,
                       "RAM_STYLE": self.ram_style}
        if self.weight_slice:
            parameters["WEIGHT_SLICE"] = self.weight_slice
        if self.has_start:
            parameters |= {"THRESHOLD_FILE": thresholds, "THRESHOLD_STYLE": self.threshold_style}
        return parameters

    def files(self, net: str, layer: IntegerLayer | None) -> dict[str, str]:
        assert layer is not None
        weights, thresholds = memory_names(net, self.layer)
        files = slice_files(weights, weight_words(layer, self), self.weight_slice)
        if self.has_start:
            files[thresholds] = threshold_memory(layer, self)
        return files


def fold_weights(weight: NDArray[np.uint8], simd: int, pe: int) -> NDArray[np.uint8]:
    """Weights 0/1 (MH, MW) as SF * NF words of PE * SIMD bits, least significant first."""
    mh, mw = weight.shape
    folded = weight.reshape(mh // pe, pe, mw // simd, simd).transpose(0, 2, 1, 3)
    return folded.reshape(-1, pe * simd)


def threshold_fields(weight: NDArray[np.uint8], thresholds: NDArray[np.int64] | None,
                     input_bits: int) -> NDArray[np.int64]:
    """What an mvtu's threshold memory holds for each row, (MH, numbers a row).

    Without thresholds and for one of them where its accumulator starts, for several what it is compared with. Inputs of
    several bits are inverted where they should be negated, which is one less for each weight -1.

    Args:
        weight: 0/1 (MH, MW).
        thresholds: (MH, thresholds), or None.
        input_bits: of an input element.
    """
    short = (weight == 0).sum(axis=1, keepdims=True) if input_bits > 1 else np.zeros((len(weight), 1), np.int64)
    if thresholds is None:
        return short
    return short - thresholds if thresholds.shape[1] == 1 else thresholds - short


def weight_words(layer: IntegerLayer, mvtu: Mvtu) -> NDArray[np.uint8]:
    """Weights in folded order: SF * NF words of PE * SIMD bits, least significant first; 1 is +1."""
    return fold_weights((stream_order(layer, mvtu) > 0).astype(np.uint8), mvtu.simd, mvtu.pe)


def weight_memory(layer: IntegerLayer, mvtu: Mvtu) -> str:
    """The words of `weight_words` as one file."""
    return hex_words(weight_words(layer, mvtu))


def threshold_memory(layer: IntegerLayer, mvtu: Mvtu) -> str:
    """Start values of the accumulators in two's complement: NF words of PE fields; see `threshold_fields`."""
    fields = threshold_fields((layer.weight > 0).astype(np.uint8), layer.thresholds, mvtu.input_bits)
    return hex_words(fold_fields(fields, mvtu.pe, mvtu.sum_width))


RULES: Rules = {
    "check_simd": divides("SIMD", "MW"), "check_pe": divides("PE", "MH"),
    "check_thresholds": within("THRESHOLDS", 0, 255), "check_input": within("INPUT_W", 1, 16),
    "check_width": lambda p: p["MW"] < 1 << SUM_BITS - p["INPUT_W"],
    "check_weights": lambda p: p["MW"] * p["MH"] <= 1 << 30,
    "mvtu_dot_binary.check_simd": lambda p: p["INPUT_W"] > 1 or p["SIMD"] <= MOST_BINARY_SIMD,
    "mvtu_dot_binary.check_stages": lambda p: p["INPUT_W"] > 1 or 0 <= p["STAGES"] < dot(p["SIMD"])[0],
    "mvtu_dot_integer.check_stages": lambda p: p["INPUT_W"] == 1 or 0 <= p["STAGES"] <= (p["SIMD"] - 1).bit_length(),
    "rom_slices.check_slice": lambda p: p["WEIGHT_SLICE"] == 0
    or 0 < p["PE"] * p["SIMD"] <= MOST_SLICES * p["WEIGHT_SLICE"],
    "rom.check_style": lambda p: p["RAM_STYLE"] in STYLES and p["THRESHOLD_STYLE"] in STYLES}
# Parameters that may be left out: their values in rtl/.
DEFAULTS = {"INPUT_W": 1, "SIGNED_INPUTS": 0, "WEIGHT_SLICE": 0, "THRESHOLD_STYLE": "auto"}
