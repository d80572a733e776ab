"""requant: the activation with many levels behind a matrix, where a scale and an offset a channel give them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.maps import Map
from finn_rtl.common.numbers import ceil_div
from finn_rtl.ips.arithmetic import LEVELS_PER_STAGE
from finn_rtl.ips.base import (
    BLOCK_KIB,
    Arithmetic,
    Control,
    Cost,
    Element,
    Ip,
    Kind,
    Memory,
    Parameters,
    Products,
    Ram,
    Stream,
)
from finn_rtl.ips.elements import Elements
from finn_rtl.ips.memory_text import fold_fields, hex_words
from finn_rtl.ips.rams import LUT_ROM_DEPTH, block_ram, counter, lut_rom
from finn_rtl.ips.requant_fit import (
    MOST_OFFSET_BITS,
    MOST_SCALE_BITS,
    MOST_SHIFT,
    RequantFit,
    RequantShape,
    fit_requant,
    row_reach,
)
from finn_rtl.ips.rules import Rules, Values, divides, within

MOST_BITS = 8
MOST_INPUT_BITS = 32
# Bits that the multiplier of a DSP slice takes at its two sides.
DSP_SIDES = (18, 25)


def fitted_requant(layer: IntegerLayer, ifm: Map, values: tuple[int, int] | None,
                   shape: RequantShape | None = None) -> RequantFit | None:
    """Scales and offsets that give a layer's levels for every accumulator that each of its rows can have.

    Args:
        layer: its integers.
        ifm: the map of its accumulators.
        values: the least and the greatest input of its dot products; None where accumulators count places.
        shape: what these must have or, of bits, not exceed; None for the smallest shift.

    Returns:
        None where there are none.
    """
    assert layer.thresholds is not None
    reach = (ifm.low, ifm.high) if values is None else row_reach(layer.weight, values)
    if shape is None:
        return fit_requant(layer.thresholds, reach, layer.lowest, layer.falling)
    return fit_requant(layer.thresholds, reach, layer.lowest, layer.falling, shape.scale_bits, shape.offset_bits,
                       shape.shift)


@dataclass(frozen=True)
class Requant(Elements):
    """`pe` channels a beat, each an output of `out_bits` bits from `lowest` on, `count` + 1 levels.

    `ifm` is the map of accumulators, `values` the least and the greatest input of their dot products, None where they
    count places. `shape` is that of a fit to the layer's thresholds, without which it is none for this IP. `use_dsp` 1:
    DSP slices multiply; 0: LUTs, always where `products` says so, with a register of the product behind each
    `levels_per_stage` rows of adders. `scale_style` and `offset_style` say where scales and offsets go.
    """

    out_bits: int
    lowest: int
    count: int
    shape: RequantShape
    values: tuple[int, int] | None = None
    use_dsp: int = 0
    products: Products | None = None
    scale_style: Ram | None = None
    offset_style: Ram | None = None
    levels_per_stage: int = LEVELS_PER_STAGE

    def clocked(self, levels: int, block_kib: int = BLOCK_KIB) -> Ip:
        return self if levels == self.levels_per_stage else replace(self, levels_per_stage=levels)

    @property
    def stages(self) -> int:
        """Registers of a product."""
        return 1 if self.use_dsp else ceil_div(self.shape.scale_bits, self.levels_per_stage)

    @property
    def registers(self) -> int:
        """Registers in a row: of what is multiplied, of the product, of the sum."""
        return 2 + self.stages

    @property
    def name(self) -> str:
        return f"{self.layer}__requant"

    @property
    def integers(self) -> str:
        return self.layer

    @property
    def module(self) -> str:
        return "requant"

    @property
    def outputs(self) -> tuple[Stream, ...]:
        return (Stream(self.pe * self.out_bits, self.beats, "m_axis"),)

    @property
    def frames_held(self) -> int:
        return 1 + ceil_div(self.registers + 2, self.beats)

    @property
    def control(self) -> tuple[Control, ...]:
        return (Control(Kind.PIPE, (self.registers - 1, 1, 0, 1, 1, 1, 1, 1)),)

    @property
    def _widths(self) -> dict[str, int]:
        return {"scale_style": self.pe * self.shape.scale_bits, "offset_style": self.pe * self.shape.offset_bits}

    def _placed(self, field: str) -> Ram:
        wanted: Ram | None = getattr(self, field)
        return wanted or ("distributed" if self.groups <= LUT_ROM_DEPTH else "block")

    @property
    def memories(self) -> tuple[Memory, ...]:
        if self.groups == 1:
            return ()
        return tuple(Memory(field, lut_rom(width, self.groups), block_ram(width, self.groups))
                     for field, width in self._widths.items())

    @property
    def _value_bits(self) -> int:
        """Bits of what is multiplied, in two's complement."""
        return self.ifm.bits + int(not self.ifm.signed)

    @property
    def dsps(self) -> int:
        """DSP slices of 7 series."""
        if not self.use_dsp:
            return 0
        narrow, wide = sorted((self._value_bits, self.shape.scale_bits))
        return self.pe * ceil_div(narrow, DSP_SIDES[0]) * ceil_div(wide, DSP_SIDES[1])

    @property
    def arithmetics(self) -> tuple[Arithmetic, ...]:
        costs = [replace(self, use_dsp=use_dsp).cost for use_dsp in range(1 if self.products == "lut" else 2)]
        return tuple(Arithmetic({"use_dsp": use_dsp}, cost.lut, cost.dsp) for use_dsp, cost in enumerate(costs))

    @cached_property
    def cost(self) -> Cost:
        shape, value = self.shape, self._value_bits
        total = max(value + shape.scale_bits, shape.offset_bits, shape.shift + self.out_bits) + 1
        # What clips, and the output's register with its spare one; what counts and stalls.
        cost = Cost(self.pe * ((total - shape.shift) / 6 + 1.5 * self.out_bits) + counter(self.groups) + 7,
                    dsp=self.dsps)
        if not self.use_dsp:
            cost += Cost(self.pe * ((value + 1) * shape.scale_bits + total))
        for field, width in self._widths.items():
            if self._placed(field) == "block":
                cost += Cost(0.0, block_ram(width, self.groups))
            else:
                cost += Cost(lut_rom(width, self.groups))
        return cost

    @property
    def element(self) -> Element | None:
        return Element(self.out_bits, self.out_bits, self.lowest < 0)

    @property
    def takes_last(self) -> bool:
        return True

    def _file(self, net: str, what: str) -> str:
        return f"{net}__{self.layer}_{what}.mem"

    def parameters(self, net: str) -> Parameters:
        stages = {"STAGES": self.stages} if self.stages > 1 else {}
        return {"OUT_BITS": self.out_bits, "SIGNED_OUTPUT": int(self.lowest < 0), "LOW": self.lowest,
                "HIGH": self.lowest + self.count, "INPUT_W": self.ifm.bits, "SIGNED_INPUT": int(self.ifm.signed),
                "SCALE_W": self.shape.scale_bits, "OFFSET_W": self.shape.offset_bits, "SHIFT": self.shape.shift,
                "CHANNELS": self.ifm.channels, "PE": self.pe, "SCALE_FILE": self._file(net, "scales"),
                "OFFSET_FILE": self._file(net, "offsets"), "SCALE_STYLE": self._placed("scale_style"),
                "OFFSET_STYLE": self._placed("offset_style"), "USE_DSP": "yes" if self.use_dsp else "no", **stages}

    def files(self, net: str, layer: IntegerLayer | None) -> dict[str, str]:
        assert layer is not None
        fit = fitted_requant(layer, self.ifm, self.values, self.shape)
        assert fit is not None, "no scales and offsets give these thresholds"
        numbers = {"scales": (fit.scale, self.shape.scale_bits), "offsets": (fit.offset, self.shape.offset_bits)}
        return {self._file(net, what): hex_words(fold_fields(values[:, None], self.pe, width))
                for what, (values, width) in numbers.items()}


def _limits(p: Values) -> bool:
    bits, signed = p["OUT_BITS"], p["SIGNED_OUTPUT"]
    least, most = (-(1 << bits - 1) if signed else 0), (1 << bits - signed) - 1
    return bool(least <= p["LOW"] < p["HIGH"] <= most)


RULES: Rules = {
    "check_out": within("OUT_BITS", 1, MOST_BITS), "check_limits": _limits,
    "check_input": within("INPUT_W", 1, MOST_INPUT_BITS), "check_scale": within("SCALE_W", 2, MOST_SCALE_BITS),
    "check_offset": within("OFFSET_W", 1, MOST_OFFSET_BITS), "check_shift": within("SHIFT", 0, MOST_SHIFT),
    "check_pe": divides("PE", "CHANNELS"), "check_dsp": lambda p: p["USE_DSP"] in ("auto", "yes", "no"),
    "check_stages": lambda p: p["STAGES"] == 1 or (p["USE_DSP"] == "no" and 1 <= p["STAGES"] <= p["SCALE_W"]),
    "rom.check_style": lambda p: all(p[name] in ("auto", "distributed", "block")
                                     for name in ("SCALE_STYLE", "OFFSET_STYLE"))}
DEFAULTS: Values = {"SCALE_STYLE": "auto", "OFFSET_STYLE": "auto", "USE_DSP": "auto", "STAGES": 1}
