"""threshold: the multi-threshold activation of a map that has no matrix in front of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from finn_rtl.common.errors import FinnError
from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.numbers import ceil_div
from finn_rtl.ips.base import Control, Cost, Element, Kind, Memory, Parameters, Ram, Stream
from finn_rtl.ips.elements import Elements
from finn_rtl.ips.memory_text import fold_fields, hex_words
from finn_rtl.ips.rams import LUT_ROM_DEPTH, block_ram, counter, lut_rom
from finn_rtl.ips.rules import Rules, divides, styled, within


@dataclass(frozen=True)
class Threshold(Elements):
    """`pe` channels a beat, each an output of `out_bits` bits; `style` says where the thresholds go."""

    out_bits: int = 1
    style: Ram | None = None

    @property
    def module(self) -> str:
        return "threshold"

    @property
    def count(self) -> int:
        """Thresholds of a channel."""
        return (1 << self.out_bits) - 1

    @property
    def outputs(self) -> tuple[Stream, ...]:
        return (Stream(self.pe * self.out_bits, self.beats, "m_axis"),)

    @property
    def frames_held(self) -> int:
        return 1 + ceil_div(self.out_bits + 2, self.beats)

    @property
    def control(self) -> tuple[Control, ...]:
        return (Control(Kind.PIPE, (self.out_bits - 1, 1, 1, 1, 1, 1, 1)),)

    @property
    def ram_style(self) -> Ram:
        """Where the thresholds go."""
        return self.style or ("distributed" if self.groups <= LUT_ROM_DEPTH else "block")

    @property
    def _word(self) -> int:
        return self.pe * self.count * self.ifm.bits

    @property
    def memories(self) -> tuple[Memory, ...]:
        if self.groups == 1:
            return ()
        return (Memory("style", lut_rom(self._word, self.groups), block_ram(self._word, self.groups)),)

    @cached_property
    def cost(self) -> Cost:
        # A comparison and the choice of its threshold a stage; the output's spare register.
        lut = self.out_bits * self.width * 1.1 + counter(self.groups) + 2 * self.pe * self.out_bits + 10
        if self.ram_style == "block":
            return Cost(lut, block_ram(self._word, self.groups))
        return Cost(lut + lut_rom(self._word, self.groups))

    @property
    def element(self) -> Element | None:
        return Element(self.out_bits, self.out_bits, False)

    @property
    def takes_last(self) -> bool:
        return True

    def _file(self, net: str) -> str:
        return f"{net}__{self.layer}_thresholds.mem"

    def parameters(self, net: str) -> Parameters:
        return {"OUT_BITS": self.out_bits, "INPUT_W": self.ifm.bits, "SIGNED_INPUT": int(self.ifm.signed),
                "CHANNELS": self.ifm.channels, "PE": self.pe, "THRESHOLD_FILE": self._file(net),
                "RAM_STYLE": self.ram_style}

    def files(self, net: str, layer: IntegerLayer | None) -> dict[str, str]:
        assert layer is not None and layer.thresholds is not None
        if layer.falling.any():
            raise FinnError(f"layer {self.layer!r}: no hardware is there for channel {int(layer.falling.argmax())},"
                            " whose results fall where its numbers rise, yet; negate the layers in front of it")
        thresholds = layer.thresholds
        low, high = self.ifm.held
        assert low <= thresholds.min() and thresholds.max() <= high, "a threshold has more bits than the numbers"
        return {self._file(net): hex_words(fold_fields(thresholds, self.pe, self.ifm.bits))}


RULES: Rules = {
    "check_out": within("OUT_BITS", 1, 8), "check_input": within("INPUT_W", 1), "check_pe": divides("PE", "CHANNELS"),
    "check_style": styled("RAM_STYLE")}
