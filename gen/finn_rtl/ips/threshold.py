"""threshold: the multi-threshold activation of a map that has no matrix in front of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.numbers import ceil_div
from finn_rtl.ips.base import Control, Cost, Element, Ip, Kind, Memory, Parameters, Ram, Stream
from finn_rtl.ips.elements import Elements
from finn_rtl.ips.levels import filled
from finn_rtl.ips.memory_text import fold_fields, loaded_files
from finn_rtl.ips.rams import LUT_ROM_DEPTH, block_ram, chain_luts, counter, loaded_brams, loaded_luts
from finn_rtl.ips.rules import Rules, Values, divides, styled, within

MOST_BITS = 8
# Elements of a beat, where several have a file each two; numbers of files have three digits.
MOST_ELEMENTS = 2000
# LUTs of a comparison for each bit of a threshold, where so many bits choose it and its memory is merged with it.
MERGED = (0.17, 0.36, 0.75, 0.75, 1.0, 1.0)
# The same for thresholds that come from a memory.
COMPARED = 0.69
# Words in LUTs from which one is chosen and compared with in a cycle; of more, behind the first step, in two.
CHOSEN_AT_ONCE = 32


@dataclass(frozen=True)
class Search:
    """The binary search for levels of `bits` bits, `pe` of them a beat, `folds` beats a pixel.

    `width` is that of a threshold, `falls` says whether there is a bit for falling channels. `styles` has for each step
    where its thresholds shall go, None by their depth alone: from the first step on behind which all go to block RAM,
    they do. `banks`: of thresholds that are loaded at run time; 0: they are constants.
    """

    bits: int
    width: int
    pe: int
    folds: int
    falls: bool = False
    styles: tuple[Ram | None, ...] = (None,) * MOST_BITS
    banks: int = 0

    @property
    def count(self) -> int:
        """Thresholds of a channel."""
        return (1 << self.bits) - 1

    def depth(self, step: int) -> int:
        """Thresholds among which an element finds one."""
        return self.folds << step

    def field(self, step: int) -> int:
        """Bits of a threshold in memory; above those of the last step stands the bit of falling channels."""
        return self.width + int(self.falls and step == self.bits - 1)

    def _wanted(self, step: int) -> Ram:
        return self.styles[step] or ("distributed" if self.depth(step) <= LUT_ROM_DEPTH else "block")

    @cached_property
    def first_block(self) -> int:
        """The first step in block RAM; `bits` where none is."""
        return max((step + 1 for step in range(self.bits) if self._wanted(step) == "distributed"), default=0)

    @property
    def registers(self) -> int:
        """Registers in a row: one a step, behind the first another for block RAM or many words in LUTs."""
        slow = (step >= self.first_block or self.depth(step) > CHOSEN_AT_ONCE for step in range(1, self.bits))
        return self.bits + sum(slow)

    def luts(self, step: int, style: Ram) -> float:
        """LUTs of a step's thresholds and comparisons."""
        bits, depth = self.pe * self.width, self.depth(step)
        choice = (depth - 1).bit_length()
        if self.banks:
            memories = sum(chain_luts(width, words) + (loaded_luts(width, words, self.banks)
                                                       if style == "distributed" else 0.0)
                           for width, words in self._memories(step))
            return COMPARED * bits + memories
        if style == "block":
            return COMPARED * bits
        if choice < len(MERGED):
            return MERGED[choice] * bits
        blocks = ceil_div(depth, 64)
        return (COMPARED + blocks + (ceil_div(blocks, 4) if blocks > 4 else 0)) * bits

    def brams(self, step: int) -> float:
        """Block RAMs of a step's thresholds."""
        if self.banks:
            # Of what is read twice there is a copy, as it is written, too.
            return sum(loaded_brams(width, words, self.banks) * (2 if words > self.depth(step) else 1)
                       for width, words in self._memories(step))
        return sum(block_ram(width, words) for width, words in self._memories(step))

    def _memories(self, step: int) -> list[tuple[int, int]]:
        """Bits and words of a step's memories: all elements in a word at the first, later two in a memory."""
        if step == 0:
            return [(self.pe * self.field(step), self.folds)]
        pairs, rest = divmod(self.pe, 2)
        return [(self.field(step), 2 * self.depth(step))] * pairs + [(self.field(step), self.depth(step))] * rest

    def memory(self, step: int, field: str) -> Memory:
        """What a step's thresholds cost in either place."""
        return Memory(field, max(0.0, self.luts(step, "distributed") - self.luts(step, "block")), self.brams(step))

    @cached_property
    def cost(self) -> Cost:
        """Estimate of all steps."""
        steps = range(self.bits)
        return Cost(sum(self.luts(step, "block" if step >= self.first_block else "distributed") for step in steps),
                    sum(self.brams(step) for step in steps if step >= self.first_block))

    @property
    def parameters(self) -> Parameters:
        """Where the module puts the thresholds."""
        if self.first_block == self.bits:
            return {"RAM_STYLE": "distributed"}
        if self.first_block == 0:
            return {"RAM_STYLE": "block"}
        return {"RAM_STYLE": "auto", "LUT_DEPTH": self.depth(self.first_block - 1)}

    def files(self, name: str, thresholds: NDArray[np.int64],
              falling: NDArray[np.bool_] | None = None) -> dict[str, str]:
        """The memory files by name.

        Step s meets 2^s thresholds of a channel, whose numbers are the odd multiples of 2^(bits - 1 - s), less one.

        Args:
            name: of the first step's, as in THRESHOLD_FILE.
            thresholds: (channels, count), ascending in a row, each of at most `width` bits.
            falling: (channels,), which channels fall; only where `falls`.
        """
        files: dict[str, str] = {}
        for step in range(self.bits):
            stride = 1 << self.bits - 1 - step
            numbers = thresholds[:, stride - 1::2 * stride]
            fields = fold_fields(numbers.reshape(-1, 1), 1, self.width)
            if falling is not None and step == self.bits - 1:
                fields = np.column_stack((fields, falling.repeat(1 << step))).astype(np.uint8)
            if step == 0:
                files |= loaded_files(name, fields.reshape(self.folds, -1), self.banks)
                continue
            lanes = fields.reshape(self.folds, self.pe, 1 << step, -1).transpose(0, 2, 1, 3)
            for group, first in enumerate(range(0, self.pe, 2)):
                words = lanes[:, :, first:first + 2].reshape(-1, fields.shape[1])
                files |= loaded_files(f"{name}.{step}.{group:03}.mem", words, self.banks)
        return files


@dataclass(frozen=True)
class Threshold(Elements):
    """`pe` channels a beat, each an output of `out_bits` bits; `step_N` says where the thresholds of step N go.

    `banks`: of thresholds that are loaded at run time; 0: they are constants.
    """

    out_bits: int = 1
    signed_output: bool = False
    falls: bool = False
    step_0: Ram | None = None
    step_1: Ram | None = None
    step_2: Ram | None = None
    step_3: Ram | None = None
    step_4: Ram | None = None
    step_5: Ram | None = None
    step_6: Ram | None = None
    step_7: Ram | None = None
    banks: int = 0

    @property
    def module(self) -> str:
        return "threshold"

    @property
    def is_chained(self) -> bool:
        return True

    @property
    def threshold_bits(self) -> int:
        """Bits of a threshold: one more than an element has where a level may be out of reach."""
        return self.ifm.bits + int(self.out_bits > 1 and self.ifm.high == self.ifm.held[1])

    @cached_property
    def search(self) -> Search:
        """How levels are found."""
        styles = (self.step_0, self.step_1, self.step_2, self.step_3,
                  self.step_4, self.step_5, self.step_6, self.step_7)
        return Search(self.out_bits, self.threshold_bits, self.pe, self.groups, self.falls, styles,
                      self.banks)

    @property
    def outputs(self) -> tuple[Stream, ...]:
        return (Stream(self.pe * self.out_bits, self.beats, "m_axis"),)

    @property
    def frames_held(self) -> int:
        return 1 + ceil_div(self.search.registers + 2, self.beats)

    @property
    def control(self) -> tuple[Control, ...]:
        return (Control(Kind.PIPE, (self.search.registers - 1, 1, 0, 1, 1, 1, 1, 1)),)

    @property
    def memories(self) -> tuple[Memory, ...]:
        return tuple(self.search.memory(step, f"step_{step}") for step in range(self.out_bits)
                     if self.search.depth(step) > 1)

    @cached_property
    def cost(self) -> Cost:
        # The output's register with its spare one; what counts and stalls.
        return self.search.cost + Cost(counter(self.groups) + self.pe * self.out_bits + 7)

    @property
    def element(self) -> Element | None:
        return Element(self.out_bits, self.out_bits, self.signed_output)

    @property
    def takes_last(self) -> bool:
        return True

    def _file(self, net: str) -> str:
        return f"{net}__{self.layer}_thresholds.mem"

    def parameters(self, net: str) -> Parameters:
        parameters: Parameters = {
            "OUT_BITS": self.out_bits, "INPUT_W": self.ifm.bits, "SIGNED_INPUT": int(self.ifm.signed),
            "CHANNELS": self.ifm.channels, "PE": self.pe, "THRESHOLD_FILE": self._file(net)}
        if self.threshold_bits != self.ifm.bits:
            parameters["THRESHOLD_W"] = self.threshold_bits
        if self.signed_output:
            parameters["SIGNED_OUTPUT"] = 1
        if self.falls:
            parameters["FALLING"] = 1
        if self.banks:
            parameters["BANKS"] = self.banks
        return parameters | self.search.parameters

    def files(self, net: str, layer: IntegerLayer | None) -> dict[str, str]:
        assert layer is not None
        low, high = self.ifm.held
        highest = high + self.threshold_bits - self.ifm.bits
        levels = filled(layer, self.out_bits, self.signed_output)
        assert self.threshold_bits > self.ifm.bits or self.ifm.high < high or levels.max() <= high, "out of reach"
        return self.search.files(self._file(net), np.clip(levels, low, highest), layer.falling if self.falls else None)

    def fitted(self, layer: IntegerLayer | None) -> Ip:
        assert layer is not None
        # What is loaded later may have such channels.
        return replace(self, falls=True) if layer.falling.any() or self.banks else self


RULES: Rules = {f"threshold_search.{name}": rule for name, rule in {
    "check_out": within("OUT_BITS", 1, MOST_BITS), "check_input": within("INPUT_W", 1),
    "check_threshold": lambda p: p.get("THRESHOLD_W", p["INPUT_W"]) - p["INPUT_W"] in (0, 1),
    "check_pe": divides("PE", "CHANNELS"), "check_style": styled("RAM_STYLE"),
    "check_files": lambda p: p["OUT_BITS"] == 1 or p["PE"] <= MOST_ELEMENTS, "check_depth": within("LUT_DEPTH", 0),
    "check_banks": within("BANKS", 0, 2)}.items()}
DEFAULTS: Values = {"SIGNED_OUTPUT": 0, "FALLING": 0, "LUT_DEPTH": LUT_ROM_DEPTH, "BANKS": 0}
