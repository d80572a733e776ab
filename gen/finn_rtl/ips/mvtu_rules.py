"""The rules of mvtu on its parameters."""

from __future__ import annotations

from collections.abc import Callable

from finn_rtl.ips.arithmetic import fits_serial, is_summed, most_stages
from finn_rtl.ips.bit_heap import HEAP_COLUMNS
from finn_rtl.ips.mvtu import MOST_SLICES, SUM_BITS
from finn_rtl.ips.packing import MOST_FACTOR_BITS, MOST_PACKED_SIMD, Packing
from finn_rtl.ips.parities import MOST_SIMD, SHORTEST_RUN
from finn_rtl.ips.products import Operands
from finn_rtl.ips.rams import LOAD_BITS
from finn_rtl.ips.rules import STYLES, Rule, Rules, Values, divides, styled, within
from finn_rtl.ips.threshold import MOST_ELEMENTS


def kind_of(p: Values) -> Operands:
    """What inputs and weights are, by the parameters."""
    signed, narrow, bipolar = (bool(p[name]) for name in ("SIGNED_INPUTS", "NARROW_WEIGHTS", "BIPOLAR"))
    return Operands(p["INPUT_W"], p["WEIGHT_W"], signed and p["INPUT_W"] > 1, narrow, bipolar, bool(p["SERIAL"]))


def _for(counts: bool, rule: Callable[[Values, Operands], bool]) -> Rule:
    """A rule of popcounts or of other dot products, which are there unless all rows have theirs in multipliers."""
    def holds(p: Values) -> bool:
        kind = kind_of(p)
        is_other = (kind.counts_places or kind.serial) is not counts
        return is_other or p["RUN"] > 0 or p["DSP_ROWS"] == p["PE"] or rule(p, kind)
    return holds


def _recoded(rule: Callable[[Values, Operands], bool]) -> Rule:
    """A rule of mvtu_dot_parities."""
    return lambda p: not p["RUN"] or rule(p, kind_of(p))


def _packed(rule: Callable[[Values, Packing], bool]) -> Rule:
    """A rule of mvtu_dot_dsp."""
    return lambda p: not p["DSP_ROWS"] or rule(p, Packing(kind_of(p), p["FACTOR_W"], p["LANES"], p["CHAIN"]))


def _has_edges(rows: int, first: int, last: int) -> bool:
    return rows >= 1 and first >= 0 and last >= 0 and first + last <= rows


def _is_side_by_side(pe: int, rows: int) -> bool:
    """Whether the rows of a beat are a part of a group of rows, or whole groups."""
    return rows > 0 and pe > 0 and (rows % pe == 0 or pe % rows == 0)


def _classes(rows: int, first: int, last: int) -> int:
    """mvtu_pkg::classes."""
    return first + last + (first + last < rows)


def _word(p: Values) -> int:
    """Bits of a word of weights."""
    return int(p["PE"] * p["SIMD"] * (1 if p["SERIAL"] else p["WEIGHT_W"]))


def _is_loaded(word: int, width: int) -> bool:
    """Whether slices of a memory that is loaded are as narrow as what loads them."""
    return word <= LOAD_BITS if width == 0 else width <= LOAD_BITS


def _is_styled(p: Values) -> bool:
    """Whether the memories of weights and start values are told where to go."""
    return p["RAM_STYLE"] in STYLES and (p["THRESHOLDS"] > 1 or p["THRESHOLD_STYLE"] in STYLES) and (
        not p["ZEROS"] or p["THRESHOLDS"] <= 1 or p["START_STYLE"] in STYLES)


RULES: Rules = {
    "check_simd": divides("SIMD", "MW"), "check_pe": divides("PE", "MH"),
    "check_groups": divides("GROUPS", "MH"),
    "check_sets": lambda p: p["GROUPS"] < 1 or _is_side_by_side(p["PE"], p["MH"] // p["GROUPS"]),
    "check_shared": lambda p: p["GROUPS"] <= 1 or (
        (p["DSP_ROWS"] == 0 or p["PE"] * p["GROUPS"] < 2 * p["MH"]) and not p["SERIAL"]),
    "check_thresholds": lambda p: 0 <= p["THRESHOLDS"] <= 255 and not p["THRESHOLDS"] & p["THRESHOLDS"] + 1,
    "check_falling": lambda p: p["THRESHOLDS"] > 0 or not p["FALLING"],
    "check_output": lambda p: p["THRESHOLDS"] > 1 or not p["SIGNED_OUTPUT"],
    "check_bias": lambda p: 0 <= p["BIAS_W"] <= (30 if p["THRESHOLDS"] == 0 else 0),
    "check_zeros": lambda p: not p["ZEROS"] or (p["INPUT_W"] == 1 and p["BIPOLAR"] == 1),
    "check_rows": lambda p: _has_edges(p["OFM_H"], p["EDGE_TOP"], p["EDGE_BOTTOM"]),
    "check_columns": lambda p: _has_edges(p["OFM_W"], p["EDGE_LEFT"], p["EDGE_RIGHT"]),
    "check_classes": lambda p: p["MH"] // p["PE"] * _classes(p["OFM_H"], p["EDGE_TOP"], p["EDGE_BOTTOM"])
    * _classes(p["OFM_W"], p["EDGE_LEFT"], p["EDGE_RIGHT"]) <= 1 << 24,
    "check_weight": within("WEIGHT_W", 1, 8), "check_input": within("INPUT_W", 1, 16),
    "check_width": lambda p: p["MW"] < 1 << SUM_BITS + 1 - p["INPUT_W"] - p["WEIGHT_W"],
    "check_weights": lambda p: p["MW"] * p["MH"] <= 1 << 30,
    "check_dsp": lambda p: p["DSP_ROWS"] == 0 or (
        1 <= p["DSP_ROWS"] <= p["PE"] and 2 <= p["INPUT_W"] <= 8 and p["WEIGHT_W"] >= 2),
    "check_serial": lambda p: not p["SERIAL"] or (fits_serial(kind_of(p)) and p["DSP_ROWS"] == 0),
    "check_run": lambda p: p["RUN"] == 0 or (
        SHORTEST_RUN <= p["RUN"] <= MOST_SIMD and p["RUN"] % 2 == 1 and p["WEIGHT_W"] == 1
        and not p["SERIAL"] and p["PE"] * p["GROUPS"] < 2 * p["MH"]),
    "mvtu_dot_parities.check_simd": _recoded(lambda p, kind: p["SIMD"] <= MOST_SIMD
                                             and kind.sum_width(p["SIMD"]) <= HEAP_COLUMNS),
    "mvtu_dot_parities.check_stages":
        _recoded(lambda p, kind: 0 <= p["STAGES"] <= most_stages(p["SIMD"], kind, p["RUN"])),
    "mvtu_dot_dsp.check_factor": lambda p: not p["DSP_ROWS"] or p["WEIGHT_W"] <= p["FACTOR_W"] <= MOST_FACTOR_BITS,
    "mvtu_dot_dsp.check_lanes": _packed(lambda p, packing: 1 <= p["LANES"] <= packing.most_lanes),
    "mvtu_dot_dsp.check_chain": _packed(lambda p, _: p["CHAIN"] >= 1),
    "mvtu_dot_dsp.check_simd": _packed(lambda p, packing: p["SIMD"] <= MOST_PACKED_SIMD and packing.fits(p["SIMD"])),
    "mvtu_dot_dsp.check_stages": _packed(lambda p, packing: 0 <= p["STAGES"] <= packing.front(p["SIMD"])
                                         + packing.levels(p["SIMD"], p["DSP_ROWS"])),
    "check_replay": styled("REPLAY_STYLE"),
    "mvtu_dot_binary.check_simd": _for(True, lambda p, kind: is_summed(p["SIMD"], kind)),
    "mvtu_dot_binary.check_stages":
        _for(True, lambda p, kind: 0 <= p["STAGES"] <= most_stages(p["SIMD"], kind)),
    "mvtu_dot_planes.check_simd": _for(False, lambda p, kind: kind.sum_width(p["SIMD"]) <= HEAP_COLUMNS),
    "mvtu_sum_planes.check_products":
        _for(False, lambda p, kind: not kind.has_planes or is_summed(p["SIMD"], kind)),
    "mvtu_sum_digits.check_simd": _for(False, lambda p, kind: kind.has_planes or is_summed(p["SIMD"], kind)),
    "mvtu_sum_planes.check_stages":
        _for(False, lambda p, kind: not kind.has_planes or 0 <= p["STAGES"] <= most_stages(p["SIMD"], kind)),
    "mvtu_sum_digits.check_stages":
        _for(False, lambda p, kind: kind.has_planes or 0 <= p["STAGES"] <= most_stages(p["SIMD"], kind)),
    "check_source": lambda p: p["WEIGHTS"] in ("rom", "ram"),
    "check_banks": lambda p: p["BANKS"] == 1 or (p["BANKS"] == 2 and p["WEIGHTS"] == "ram"),
    "memory_slices.check_slice": lambda p: p["WEIGHT_SLICE"] == 0
    or 0 < _word(p) <= MOST_SLICES * p["WEIGHT_SLICE"],
    "memory_slices.check_loaded": lambda p: p["WEIGHTS"] != "ram" or _is_loaded(_word(p), p["WEIGHT_SLICE"]),
    "load_ram.check_style": _is_styled,
    "threshold_search.check_style": lambda p: p["THRESHOLDS"] <= 1 or p["THRESHOLD_STYLE"] in STYLES,
    "threshold_search.check_files": lambda p: p["THRESHOLDS"] <= 1 or p["PE"] <= MOST_ELEMENTS}
# Parameters that may be left out: their values in rtl/.
DEFAULTS = {"GROUPS": 1, "INPUT_W": 1, "SIGNED_INPUTS": 0, "BIPOLAR": 1, "WEIGHT_W": 1, "NARROW_WEIGHTS": 0,
            "FALLING": 0, "SIGNED_OUTPUT": 0, "BIAS_W": 0, "ZEROS": 0, "OFM_H": 1, "OFM_W": 1, "EDGE_TOP": 0,
            "EDGE_BOTTOM": 0, "EDGE_LEFT": 0, "EDGE_RIGHT": 0, "START_STYLE": "auto", "DSP_ROWS": 0, "LANES": 1,
            "FACTOR_W": 25, "CHAIN": 4, "RUN": 0, "SERIAL": 0, "WEIGHT_SLICE": 0, "THRESHOLD_STYLE": "auto",
            "REPLAY_STYLE": "auto", "WEIGHTS": "rom", "BANKS": 1}
