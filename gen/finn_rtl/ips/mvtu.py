"""mvtu: the matrix of one layer, folded onto processing elements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.numbers import ceil_div, index_bits
from finn_rtl.ips.arithmetic import plane_luts, rows_luts, stages
from finn_rtl.ips.base import Arithmetic, Control, Cost, Ip, Kind, Memory, Parameters, Products, Ram, Stream
from finn_rtl.ips.levels import filled
from finn_rtl.ips.loaded import memory_cost
from finn_rtl.ips.matrix import Matrix, stream_order
from finn_rtl.ips.memory_text import fold_weights, hex_words, loaded_files, slice_files, start_memory, start_words
from finn_rtl.ips.multiplied import Multiplied, open_ways
from finn_rtl.ips.mvtu_parameters import kind_parameters, memory_names, start_name
from finn_rtl.ips.packing import Packing
from finn_rtl.ips.parities import MOST_FAST_RUN, MOST_RUN, best_run
from finn_rtl.ips.products import Operands
from finn_rtl.ips.rams import (
    LOAD_BITS,
    LUT_ROM_DEPTH,
    LUT_ROM_SHARED,
    block_ram,
    counter,
    deep_shape,
    lut_ram,
    lut_ram_choice,
    lut_rom,
    weight_ram,
)
from finn_rtl.ips.starts import on_sums, start_fields, sum_width
from finn_rtl.ips.threshold import MOST_BITS, Search

# Most slices of a weight memory: three digits tell their files apart.
MOST_SLICES = 1000
# Largest memory of a replay buffer that always stays in LUTs, where it is read a cycle earlier.
MOST_REPLAY_LUTS = 256
# Where a memory can go.
STYLES: tuple[Ram, Ram] = ("distributed", "block")
# Bits in which the widths of sums are computed.
SUM_BITS = 30


@dataclass(frozen=True)
class Mvtu(Matrix):
    """`weight_style`, `start_style` and `replay_style` say where the memories go, None by their depth alone.

    `falling`: a bit a row turns its results over. The first `dsp_rows` rows of a beat have their products in
    multipliers, `packed` in each; `products` says how products must be computed, None where it is free. Each of the
    `groups` of rows has `mw` inputs of its own; those of the `sets` of them that a beat is for come side by side.
    `banks`: of memories that are loaded at run time; 0: weights and thresholds are constants. `recodes`: inputs and
    weights may be recoded as running parities, where that saves LUTs.
    """

    weight_style: Ram | None = None
    start_style: Ram | None = None
    replay_style: Ram | None = None
    falling: bool = False
    dsp_rows: int = 0
    packed: int = 1
    products: Products | None = None
    groups: int = 1
    banks: int = 0
    recodes: bool = True

    @property
    def module(self) -> str:
        return "mvtu"

    @property
    def is_chained(self) -> bool:
        return True

    @property
    def s_width(self) -> int:
        return self.simd * self.input_bits * self.sets

    @property
    def sets(self) -> int:
        """Groups of a fold."""
        return max(1, self.pe * self.groups // self.mh)

    @property
    def uses(self) -> int:
        """Folds with the same inputs."""
        return max(1, self.nf // self.groups)

    @property
    def inputs(self) -> tuple[Stream, ...]:
        return (Stream(self.s_width, self.vectors * self.sf * (self.groups // self.sets), "s_axis"),)

    @property
    def replays(self) -> bool:
        return self.row_cycles * self.uses > self.sf

    @cached_property
    def kind(self) -> Operands:
        return replace(super().kind, serial=self.products == "serial")

    @cached_property
    def multiplied(self) -> Multiplied | None:
        """The rows with products in multipliers."""
        if not self.dsp_rows:
            return None
        return Multiplied(Packing(self.kind, asked_lanes=self.packed), self.dsp_rows, self.pe, self.simd)

    @cached_property
    def run(self) -> int:
        """Lanes of a run whose bits are recoded as parities; 0: none are.

        Two levels of logic do it, in front of a register. Where weights are in LUTs the replay buffer is in front of
        these, which is too much where a clock asks for a register behind each level.
        """
        is_fast = self.levels_per_stage == 1
        if not self.recodes or self.sets > 1 or (is_fast and self.ram_style == "distributed"):
            return 0
        return best_run(self.simd, self.pe, self.kind, MOST_FAST_RUN if is_fast else MOST_RUN)

    @property
    def arithmetics(self) -> tuple[Arithmetic, ...]:
        if self.sets > 1:
            return ()
        found: list[Arithmetic] = []
        others: dict[int, float] = {}
        for rows, lanes in open_ways(self.kind, self.simd, self.pe, self.products):
            one = replace(self, dsp_rows=rows, packed=lanes)
            if one.sum_width not in others:
                others[one.sum_width] = one.cost.lut - one.product_luts
            lut = others[one.sum_width] + one.product_luts
            if not found or lut < found[-1].lut:
                found.append(Arithmetic({"dsp_rows": rows, "packed": lanes}, lut, one.dsp))
        return tuple(found)

    @cached_property
    def sum_width(self) -> int:
        return sum_width(self.mw, self.kind, self.thresholds, self.bias_bits, self.has_zeros, self.multiplied)

    @property
    def stages(self) -> int:
        return stages(self.simd, self.kind, self.multiplied, self.levels_per_stage, self.run)

    @property
    def delay(self) -> int:
        return self.stages + (1 if self.ram_style == "block" else 0)

    @property
    def has_start(self) -> bool:
        """Whether the accumulators start from a memory."""
        return self.thresholds == 1 or (self.thresholds == 0 and self.leaves_numbers)

    @property
    def starts(self) -> int:
        """Words of start values: those of the folds and their levels, for each place that differs."""
        return (1 + self.kind.start_steps) * self._places_starts

    @property
    def _places_starts(self) -> int:
        return self.nf * (1 if self.border is None else self.border.classes)

    @property
    def start_width(self) -> int:
        """Bits of a word of start values, but for those that turn results over."""
        return self.pe * (self.sum_width - self.kind.start_steps)

    def _start_memory(self, style: Ram) -> Cost:
        if self.kind.start_steps and style == "distributed" and not self.banks:
            # All words of a fold have the same upper bits.
            upper, few = self.start_width - self.pe, self._places_starts <= LUT_ROM_SHARED
            shared = lut_rom(upper, self._places_starts) * ceil_div(self.starts, LUT_ROM_DEPTH)
            return Cost(lut_rom(self.pe, self.starts) + (shared if few else lut_rom(upper, self.starts)))
        return self._memory(self.start_width, self.starts, style)

    @cached_property
    def search(self) -> Search | None:
        """The search for a level behind the accumulators; its deep steps go where `start_style` says."""
        if self.thresholds <= 1:
            return None
        shallow: Ram = "distributed"
        styles = (self.start_style if self.nf << step > LUT_ROM_DEPTH else shallow for step in range(MOST_BITS))
        return Search(self.element_bits, self.sum_width, self.pe, self.nf, self.falling, tuple(styles), self.banks)

    @property
    def word(self) -> int:
        """Bits of a word of weights."""
        return self.pe * self.simd * (1 if self.kind.serial else self.weight_bits)

    @property
    def words(self) -> int:
        """Words of weights."""
        return self.sf * self.nf * (self.weight_bits if self.kind.serial else 1)

    @property
    def ram_style(self) -> Ram:
        """Where the weights go."""
        return self.weight_style or ("distributed" if self.words <= LUT_ROM_DEPTH else "block")

    @property
    def weights_in(self) -> str:
        return self.ram_style

    @property
    def weight_slice(self) -> int:
        """Bits of a slice of the weights: where they are deep, as many as a block RAM has at that depth; else 0, or as
        many as a load brings at a time.
        """  # noqa: D205
        least = LOAD_BITS if self.banks and self.word > LOAD_BITS else 0
        shape = deep_shape(self.words * max(1, self.banks), self.block_kib)
        if self.ram_style != "block" or shape is None:
            return least
        bits, _ = shape
        return bits if bits < self.word <= bits * MOST_SLICES and (not self.banks or bits <= LOAD_BITS) else least

    def _memory(self, width: int, depth: int, style: Ram, part: int = 0) -> Cost:
        return memory_cost(width, depth, style, self.banks, part)

    @property
    def _weights(self) -> Cost:
        if self.banks or self.ram_style == "distributed":
            return self._memory(self.word, self.words, self.ram_style, self.weight_slice)
        return Cost(0, self._weight_rams)

    @property
    def _weight_rams(self) -> float:
        return weight_ram(self.word, self.words, self.block_kib)

    @property
    def threshold_style(self) -> Ram:
        """Where the start values go."""
        return self.start_style or ("distributed" if self.starts <= LUT_ROM_DEPTH else "block")

    @property
    def replay_in(self) -> Ram:
        """Where the replay buffer goes."""
        return self.replay_style or ("distributed" if self._replay_luts <= MOST_REPLAY_LUTS else "block")

    @property
    def _replays_block(self) -> bool:
        return self.replays and self.replay_in == "block"

    @property
    def frames_held(self) -> int:
        pipeline = ceil_div(3 + self.delay, self.row_cycles) + 2
        if self.search is not None:
            pipeline += self.search.registers
        vectors = (2 if self.replays else 0) + ceil_div(pipeline + int(self._replays_block), self.nf)
        return 1 + ceil_div(vectors, self.vectors)

    @property
    def control(self) -> tuple[Control, ...]:
        late = self.search.registers if self.search else 0
        tail = (self.delay, int(self.row_cycles == 1 or late > 0), late)
        if self.replays:
            uses = self.uses * self.kind.passes
            return (Control(Kind.REPLAY, (*tail, self.sf, uses, int(self._replays_block), self.kind.passes)),)
        return (Control(Kind.PIPE, (*tail, 1, self.sf, 1, self.sf, 1)),)

    @property
    def memories(self) -> tuple[Memory, ...]:
        found = []
        if self.words > 1:
            lut, brams = (replace(self, weight_style=style)._weights for style in STYLES)
            found.append(Memory("weight_style", lut.lut - brams.lut, brams.bram36))
        if self.has_start and self.starts > 1:
            lut, brams = (self._start_memory(style) for style in STYLES)
            found.append(Memory("start_style", lut.lut - brams.lut, brams.bram36))
        if self.search is not None:
            deep = [self.search.memory(step, "start_style") for step in range(self.search.bits)
                    if self.search.depth(step) > LUT_ROM_DEPTH]
            if deep:
                found.append(Memory("start_style", sum(m.lut for m in deep), sum(m.bram36 for m in deep)))
        # Bit by bit a cycle more is little, and block RAM chooses the bits.
        if self._replay_luts > (0.0 if self.kind.serial else MOST_REPLAY_LUTS):
            saved = self._replay_luts
            if self.kind.serial:
                saved += plane_luts(self.simd, self.kind) - plane_luts(self.simd, self.kind, True)
            found.append(Memory("replay_style", saved, self._replay_blocks))
        return tuple(found)

    @property
    def _replay_blocks(self) -> float:
        """Block RAMs of the replay buffer, if it goes there: bit by bit with room for a power of two of bits."""
        width = self.simd << index_bits(self.input_bits) if self.kind.serial and self.input_bits > 1 else self.s_width
        return block_ram(width, 2 * self.sf)

    @property
    def _replay_luts(self) -> float:
        """LUTs of the replay buffer's memory in LUTs."""
        depth = 2 * self.sf
        return lut_ram(self.s_width, depth) + lut_ram_choice(self.s_width, depth) if self.replays else 0.0

    @cached_property
    def product_luts(self) -> float:
        """LUTs of the rows: all that depends on where products are, but for the width of their sums."""
        return rows_luts(self.simd, self.pe, self.kind, self.sum_width, self.multiplied, self.run)

    @property
    def dsp(self) -> int:
        """DSPs of the products."""
        return self.multiplied.dsp if self.multiplied else 0

    @cached_property
    def cost(self) -> Cost:
        total = Cost(self.product_luts + counter(self.sf) + counter(self.nf) + counter(self.words), dsp=self.dsp)
        if self.kind.serial:
            total += Cost(plane_luts(self.simd, self.kind, self._replays_block))
        if self.search is not None:
            # The output's register with its spare one; what counts and stalls.
            total += self.search.cost + Cost(counter(self.nf) + self.m_width + 7)
        elif self.has_start:
            total += self._start_memory(self.threshold_style)
            total += Cost(self.pe if self.threshold_style == "block" and self.sf > 1 else 0)
        total += self._places
        depth = 2 * self.sf
        if self._replays_block:
            total += Cost(3 * counter(depth) + counter(self.uses * self.kind.passes), self._replay_blocks)
        elif self.replays:
            total += Cost(self._replay_luts + 3 * counter(depth) + counter(self.uses * self.kind.passes))
        if self.row_cycles == 1 and self.search is None:
            total += Cost(self.m_width)
        return total + self._weights

    @property
    def _places(self) -> Cost:
        """What tells where a vector stands, and the start values for several thresholds."""
        if self.border is None:
            return Cost(0)
        rows, columns = self.border.rows.windows, self.border.columns.windows
        total = Cost(counter(rows) + counter(columns) + 2 * counter(self.starts))
        if self.search is None:
            return total
        return total + self._start_memory(self.border_style)

    @property
    def border_style(self) -> Ram:
        """Where start values for several thresholds go."""
        return "distributed" if self.starts <= LUT_ROM_DEPTH else "block"

    @property
    def buffers(self) -> Mapping[str, int]:
        return {f"{self.layer}_replay": 2 * self.sf} if self.replays else {}

    @property
    def busy_scope(self) -> str:
        return f"u_{self.name}"

    @property
    def comment(self) -> str:
        return f"Layer {self.layer}: {self.mh} x {self.mw}, {self.cycles} cycles a vector"

    def parameters(self, net: str) -> Parameters:
        weights, thresholds = memory_names(net, self.layer)
        parameters: Parameters = {"MW": self.mw, "MH": self.mh, "SIMD": self.simd, "PE": self.pe}
        if self.groups > 1:
            parameters["GROUPS"] = self.groups
        parameters |= kind_parameters(self.kind)
        parameters["THRESHOLDS"] = self.thresholds
        if self.falling:
            parameters["FALLING"] = 1
        if self.signed_output:
            parameters["SIGNED_OUTPUT"] = 1
        if self.bias_bits:
            parameters["BIAS_W"] = self.bias_bits
        if self.border is not None:
            parameters |= self.border.parameters
        if self.dsp_rows:
            parameters |= {"DSP_ROWS": self.dsp_rows, "LANES": self.packed}
        if self.run:
            parameters["RUN"] = self.run
        parameters |= {"STAGES": self.stages, "WEIGHT_FILE": weights, "RAM_STYLE": self.ram_style}
        if self.weight_slice:
            parameters["WEIGHT_SLICE"] = self.weight_slice
        if self.search is not None:
            style = self.search.parameters["RAM_STYLE"]
            parameters |= {"THRESHOLD_FILE": thresholds, "THRESHOLD_STYLE": style}
        elif self.has_start:
            parameters |= {"THRESHOLD_FILE": thresholds, "THRESHOLD_STYLE": self.threshold_style}
        if self.search is not None and self.border is not None:
            parameters |= {"START_FILE": start_name(net, self.layer), "START_STYLE": self.border_style}
        if self._replays_block:
            parameters["REPLAY_STYLE"] = "block"
        if self.banks:
            parameters |= {"WEIGHTS": "ram", "BANKS": self.banks}
        return parameters

    def fitted(self, layer: IntegerLayer | None) -> Ip:
        assert layer is not None
        # What is loaded later may have such rows.
        falls = self.own(layer).falling.any() or (self.banks > 0 and self.thresholds > 0)
        return replace(self, falling=True) if falls else self

    def files(self, net: str, layer: IntegerLayer | None) -> dict[str, str]:
        assert layer is not None
        layer = self.own(layer)
        weights, thresholds = memory_names(net, self.layer)
        files = slice_files(weights, weight_words(layer, self), self.weight_slice)
        falling = layer.falling if self.falling else None
        if self.search is not None:
            levels = filled(layer, self.element_bits, self.signed_output)
            levels = on_sums(levels, layer.weight, self.kind, self.has_zeros, self.multiplied)
            if self.border is not None:
                lacking = self.border.lacking(layer.weight)
                files |= self._starts(start_name(net, self.layer), lacking[..., None], None)
            files |= self.search.files(thresholds, levels, falling)
        elif self.has_start:
            places = [None] if self.border is None else self.border.lacking(layer.weight)
            fields = [start_fields(layer.weight, layer.thresholds, self.kind, self.biases(layer), lacking,
                                   self.multiplied) for lacking in places]
            files |= self._starts(thresholds, fields, falling)
        return files

    def _starts(self, name: str, fields: Iterable[NDArray[np.int64]],
                falling: NDArray[np.bool_] | None) -> dict[str, str]:
        """The files of start values (MH, 1) of each place."""
        words = [start_words(place, falling, self.pe, self.sum_width, self.kind.start_steps) for place in fields]
        return loaded_files(name, np.concatenate(words), self.banks)


def weight_words(layer: IntegerLayer, mvtu: Mvtu) -> NDArray[np.uint8]:
    """Weights in folded order, words of `word` bits, least significant first."""
    mask = mvtu.multiplied.weight_mask if mvtu.multiplied else 0
    return fold_weights(stream_order(layer, mvtu), mvtu.simd, mvtu.pe, mvtu.weight_bits, mask, mvtu.kind.serial,
                        mvtu.run)


def weight_memory(layer: IntegerLayer, mvtu: Mvtu) -> str:
    """The words of `weight_words` as one file."""
    return hex_words(weight_words(layer, mvtu))


def threshold_memory(layer: IntegerLayer, mvtu: Mvtu) -> str:
    """Start values of the accumulators in two's complement: NF words of PE fields; see `start_fields`."""
    fields = start_fields(layer.weight, layer.thresholds, mvtu.kind, multiplied=mvtu.multiplied)
    return start_memory(fields, None, mvtu.pe, mvtu.sum_width, mvtu.kind.start_steps)
