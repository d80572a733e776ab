"""mvtu_stream: the matrix of one layer, folded, with weights that come over a stream; and the levels of its sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.maps import Map
from finn_rtl.common.numbers import ceil_div
from finn_rtl.ips import arithmetic, mvtu, mvtu_rules
from finn_rtl.ips.arithmetic import accumulator, most_sum, on_sums, rows_luts, stages
from finn_rtl.ips.base import Control, Cost, Kind, Memory, Parameters, Ram, Stream
from finn_rtl.ips.levels import filled
from finn_rtl.ips.matrix import Matrix, stream_order
from finn_rtl.ips.memory_text import fold_weights
from finn_rtl.ips.mvtu import SUM_BITS
from finn_rtl.ips.mvtu_parameters import kind_parameters
from finn_rtl.ips.products import Operands
from finn_rtl.ips.rams import block_ram, counter, lut_ram, lut_ram_choice
from finn_rtl.ips.rules import Rules, Values, divides, styled, within
from finn_rtl.ips.threshold import Threshold

# LUTs of what starts, stalls and ends rows, fitted to Yosys.
CONTROL_LUTS = 30
# Prefix of the ports that words come over.
WORDS = "s_axis_weights"


def _ram_luts(width: int, depth: int) -> float:
    """LUTs of a memory in LUT RAM."""
    return lut_ram(width, depth) + lut_ram_choice(width, depth)


@dataclass(frozen=True)
class MvtuStream(Matrix):
    """Each word of weights is used for `reuse` vectors; it leaves sums, and what makes levels of them stands behind it.

    A word comes at most every `period` cycles. `vector_style`, `word_style` and `result_style` say where what is kept
    goes, None by its size alone.
    """

    reuse: int = 1
    period: int = 1
    vector_style: Ram | None = None
    word_style: Ram | None = None
    result_style: Ram | None = None

    @property
    def module(self) -> str:
        return "mvtu_stream"

    @property
    def words(self) -> int:
        """Words of its weights, each of which comes once a block."""
        return self.sf * self.nf

    @property
    def word_bits(self) -> int:
        """Bits of a word."""
        return self.pe * self.simd * self.weight_bits

    @property
    def blocks(self) -> int:
        """Blocks a frame: how often the weights come."""
        return self.vectors // self.reuse

    @property
    def frame_bits(self) -> int:
        """Bits of weights that come for a frame."""
        return self.word_bits * self.words * self.blocks

    @property
    def external(self) -> tuple[Stream, ...]:
        return (Stream(self.word_bits, self.words * self.blocks, WORDS),)

    @property
    def frame_cycles(self) -> int:
        return max(self.reuse, self.period) * self.words * self.blocks

    @property
    def replays(self) -> bool:
        return True

    @property
    def sum_width(self) -> int:
        # None of its sums is negative, as where several thresholds are.
        return arithmetic.sum_width(self.mw, self.kind, 3)

    @property
    def stages(self) -> int:
        return stages(self.simd, self.kind, None, self.levels_per_stage)

    def _luts(self, what: str) -> float:
        """LUTs of one of the things that are kept, in LUT RAM."""
        return _ram_luts(*self._kept[what])

    @property
    def _kept(self) -> Mapping[str, tuple[int, int]]:
        """Bits and words of what is kept; of words and results where they are used more than once."""
        kept = {"vector_style": (self.s_width, 2 * self.reuse * self.sf)}
        if self.reuse > 1:
            kept |= {"word_style": (self.word_bits, 2 * self.sf),
                     "result_style": (self.m_width, 2 * self.reuse * self.nf)}
        return kept

    def place_of(self, what: str) -> Ram:
        """Where one of the things that are kept goes."""
        wanted: Ram | None = getattr(self, what)
        if what not in self._kept:
            return "distributed"
        return wanted or ("distributed" if self._luts(what) <= mvtu.MOST_REPLAY_LUTS else "block")

    @property
    def memories(self) -> tuple[Memory, ...]:
        return tuple(Memory(what, self._luts(what), block_ram(*shape)) for what, shape in self._kept.items()
                     if self._luts(what) > mvtu.MOST_REPLAY_LUTS / 4)

    @property
    def frames_held(self) -> int:
        vectors = (4 if self.reuse > 1 else 2) * self.reuse + ceil_div(self.stages + 4, self.nf)
        return 1 + ceil_div(vectors, self.vectors)

    @property
    def control(self) -> tuple[Control, ...]:
        vectors_in_block, words_in_block = (int(self.place_of(what) == "block") for what in
                                            ("vector_style", "word_style"))
        kept = (self.sf, self.reuse) if self.reuse > 1 else (1, 1)
        matrix = Control(Kind.STREAMED, (self.stages, self.reuse * self.sf, self.nf, vectors_in_block, *kept,
                                         words_in_block, self.period, self.sf))
        return matrix, Control(Kind.REORDER, (self.reuse * self.nf,)) if self.reuse > 1 else Control(Kind.REGISTER)

    @cached_property
    def cost(self) -> Cost:
        total = Cost(rows_luts(self.simd, self.pe, self.kind, self.sum_width))
        # What counts: beats, their places, vectors; of each memory where it is written and read, and what it holds.
        total += Cost(counter(self.sf) + counter(self.nf) + CONTROL_LUTS)
        for what, (width, depth) in self._kept.items():
            total += Cost(3 * counter(depth) + counter(self.reuse))
            block = self.place_of(what) == "block"
            total += Cost(0.0, block_ram(width, depth)) if block else Cost(_ram_luts(width, depth))
        if self.reuse == 1:
            # A register with a spare one, of words and of results.
            total += Cost(self.word_bits + self.m_width)
        return total

    @property
    def weights_in(self) -> str:
        return "DRAM"

    @property
    def buffers(self) -> Mapping[str, int]:
        kept = {"vectors": 2 * self.reuse * self.sf}
        if self.reuse > 1:
            kept |= {"words": 2 * self.sf, "results": 2 * self.reuse * self.nf}
        return {f"{self.layer}_{what}": depth for what, depth in kept.items()}

    @property
    def busy_scope(self) -> str:
        return f"u_{self.name}"

    @property
    def comment(self) -> str:
        return (f"Layer {self.layer}: {self.mh} x {self.mw}, {self.cycles} cycles a vector, each word of weights for"
                f" {self.reuse}")

    def parameters(self, net: str) -> Parameters:
        parameters: Parameters = {"MW": self.mw, "MH": self.mh, "SIMD": self.simd, "PE": self.pe, "REUSE": self.reuse,
                                  **kind_parameters(self.kind), "STAGES": self.stages}
        for name, what in (("VECTORS_IN_BLOCK", "vector_style"), ("WORDS_IN_BLOCK", "word_style")):
            if self.place_of(what) == "block":
                parameters[name] = 1
        return parameters | {"RESULT_STYLE": self.place_of("result_style")}


def stream_name(matrix: MvtuStream) -> str:
    """What the ports of a network begin with that the words of a layer's weights come over."""
    return f"{WORDS}_{matrix.layer}"


def stream_words(layer: IntegerLayer, matrix: MvtuStream) -> NDArray[np.uint8]:
    """The words of a layer's weights in the order in which they come, (words, bits), least significant first."""
    return fold_weights(stream_order(layer, matrix), matrix.simd, matrix.pe, matrix.weight_bits)


def sums_map(ofm: Map, columns: int, kind: Operands) -> Map:
    """The map of the sums that leave an mvtu_stream, for the shape of its results."""
    return Map(ofm.height, ofm.width, ofm.channels, arithmetic.sum_width(columns, kind, 3), False,
               (0, most_sum(columns, kind)))


def leaves_scores(columns: int, kind: Operands) -> bool:
    """Whether sums are the accumulators themselves, and as wide."""
    return accumulator(columns, kind).is_popcount and columns.bit_length() == (columns + 1).bit_length() > 1


@dataclass(frozen=True)
class SumThreshold(Threshold):
    """What makes levels of the sums of an mvtu_stream; `operands` says what its inputs and weights are."""

    operands: Operands = Operands(1, 1, False, False)

    @property
    def name(self) -> str:
        return f"{self.layer}__threshold"

    @property
    def integers(self) -> str:
        return self.layer

    def files(self, net: str, layer: IntegerLayer | None) -> dict[str, str]:
        assert layer is not None
        levels = on_sums(filled(layer, self.out_bits, self.signed_output), layer.weight, self.operands)
        return self.search.files(self._file(net), levels, layer.falling if self.falls else None)


RULES: Rules = {
    "check_simd": divides("SIMD", "MW"), "check_pe": lambda p: divides("PE", "MH")(p) and p["PE"] < p["MH"],
    "check_reuse": within("REUSE", 1), "check_weight": within("WEIGHT_W", 1, 8),
    "check_input": within("INPUT_W", 1, 16),
    "check_width": lambda p: p["MW"] < 1 << SUM_BITS + 1 - p["INPUT_W"] - p["WEIGHT_W"],
    "check_weights": lambda p: p["MW"] * p["MH"] <= 1 << 30, "check_style": styled("RESULT_STYLE"),
    **{name: rule for name, rule in mvtu_rules.RULES.items() if name.startswith(("mvtu_dot_binary", "mvtu_dot_planes",
                                                                                 "mvtu_sum_"))}}
DEFAULTS: Values = {"INPUT_W": 1, "SIGNED_INPUTS": 0, "BIPOLAR": 1, "WEIGHT_W": 1, "NARROW_WEIGHTS": 0,
                    "VECTORS_IN_BLOCK": 0, "WORDS_IN_BLOCK": 0, "RESULT_STYLE": "auto",
                    # What it has not, of the rules of mvtu.
                    "DSP_ROWS": 0, "SERIAL": 0, "RUN": 0}
