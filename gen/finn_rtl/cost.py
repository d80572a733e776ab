"""Estimates of LUTs and block RAMs, for choosing among foldings; figures to quote come from synthesis.

The coefficients were fitted to Yosys synthesis of the IPs (`synth_xilinx -family xc7`); bench/ compares estimate and
synthesis of every network.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from math import gcd

from finn_rtl.heap import dot
from finn_rtl.pipeline import (
    BYTE_DEPTH,
    Fifo,
    Guard,
    LabelSelect,
    Mvtu,
    Pipeline,
    Pool,
    Ram,
    Stage,
    Swu,
    WidthConverter,
    ceil_div,
    deep_shape,
)


@dataclass(frozen=True)
class Device:
    """What a device holds."""

    name: str
    lut: int
    bram36: int


# Xilinx DS190, table 5 (7 series Zynq).
DEVICES = {
    "xc7z045": Device("xc7z045", 218_600, 545),
    "xc7z020": Device("xc7z020", 53_200, 140),
    "xck26": Device("xck26", 117_120, 144),
}


# LUTs that a block RAM must save to be taken, as long as there are enough of them: two thirds of the 72 bits of its
# word, each of which takes a LUT up to 64 words.
BLOCK_RAM_PRICE = 49.0


@dataclass(frozen=True)
class Cost:
    """Estimated LUTs (LUT RAM included) and block RAMs of 36 Kib."""

    lut: float
    bram36: float

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.lut + other.lut, self.bram36 + other.bram36)


def lut_rom(width: int, depth: int) -> float:
    """LUTs of a ROM: one 6-input LUT a bit and 64 words; bits that are the same in all of a few words share one."""
    if depth <= 2:
        # A constant, or the address.
        return 0.0
    if depth <= 8:
        kinds = 2.0**depth
        return kinds * (1 - (1 - 1 / kinds) ** width)
    return width * ceil_div(depth, 64)


def lut_ram(width: int, depth: int) -> float:
    """LUTs of a RAM with one write and one read port: 4 LUTs for 6 bits of 32 words, or for 3 bits of 64."""
    return 4.0 * ceil_div(width, 6) if depth <= 32 else 4.0 * ceil_div(width, 3) * ceil_div(depth, 64)


def lut_ram_choice(width: int, depth: int) -> float:
    """LUTs that choose among the blocks of 64 words of a deeper RAM, and enable the writing of one."""
    blocks = ceil_div(depth, 64)
    return width * ceil_div(blocks, 4) + 2.0 * blocks if blocks > 1 else 0.0


def block_ram(width: int, depth: int) -> float:
    """Block RAMs of 36 Kib, in halves, over the shapes that they can take."""
    shapes = ((36, 512), (18, 1024), (9, 2048), (4, 4096), (2, 8192), (1, 16384))
    return min(ceil_div(width, w) * ceil_div(depth, d) for w, d in shapes) / 2


def weight_ram(width: int, depth: int) -> float:
    """Block RAMs of a weight memory, which is cut into slices where it is deep (Mvtu.weight_slice)."""
    if depth <= BYTE_DEPTH:
        return block_ram(width, depth)
    bits, words = deep_shape(depth)
    rest = block_ram(width % bits, depth) if width % bits else 0
    return width // bits * ceil_div(depth, words) + rest


@dataclass(frozen=True)
class Memory:
    """A ROM of the MVTU: weights or thresholds, and what it costs in LUTs or in block RAMs."""

    has_weights: bool
    lut: float
    bram36: float

    def put(self, mvtu: Mvtu, style: Ram) -> Mvtu:
        """The layer with this memory there."""
        return replace(mvtu, weights_in=style) if self.has_weights else replace(mvtu, thresholds_in=style)

    def style(self, mvtu: Mvtu) -> Ram:
        """Where it is."""
        return mvtu.ram_style if self.has_weights else mvtu.threshold_style


def memories(mvtu: Mvtu) -> tuple[Memory, ...]:
    """The memories of a layer that can go to LUTs or to block RAM: of more than one word."""
    if mvtu.unfolded:
        return ()
    found = []
    for has_weights, width, depth in ((True, mvtu.pe * mvtu.simd, mvtu.cycles),
                                      (False, mvtu.pe * mvtu.sum_width if mvtu.has_start else 0, mvtu.nf)):
        if width and depth > 1:
            blocks = weight_ram(width, depth) if has_weights else block_ram(width, depth)
            found.append(Memory(has_weights, lut_rom(width, depth), blocks))
    return tuple(found)


def placed(stage: Stage, price: float) -> Stage:
    """A stage with its memories where they cost least, a block RAM being worth `price` LUTs."""
    if not isinstance(stage, Mvtu):
        return stage
    for memory in memories(stage):
        stage = memory.put(stage, "block" if price * memory.bram36 < memory.lut else "distributed")
    return stage


def place(pipeline: Pipeline, device: Device) -> Pipeline:
    """Put every memory where it is cheapest within the block RAMs that the device has.

    A memory goes to block RAM if that saves BLOCK_RAM_PRICE LUTs for each; where the device has too few, those that
    save least come back.
    """
    stages = [placed(stage, BLOCK_RAM_PRICE) for stage in pipeline.stages]
    excess = sum(stage_cost(stage).bram36 for stage in stages) - device.bram36
    choices = sorted(((memory.lut / memory.bram36, index, memory) for index, stage in enumerate(stages)
                      if isinstance(stage, Mvtu) for memory in memories(stage)), key=lambda choice: choice[:2])
    for _, index, memory in choices:
        stage = stages[index]
        if excess > 0 and isinstance(stage, Mvtu) and memory.style(stage) == "block":
            stages[index] = memory.put(stage, "distributed")
            excess -= memory.bram36
    return Pipeline(tuple(stages))


def index_bits(values: int) -> int:
    """Bits of an index into so many values."""
    return max(1, (values - 1).bit_length())


def counter(values: int) -> float:
    """LUTs of a counter over so many values, with its comparison unless it wraps by itself."""
    return (1.1 if values & values - 1 == 0 else 1.6) * index_bits(values) + 1


def processing_element(mvtu: Mvtu) -> float:
    """LUTs of one PE: XNOR and popcount, or adders with the inversion in the first ones; accumulator."""
    if mvtu.input_bits > 1:
        lut, parts, bits = float(mvtu.sum_width), mvtu.simd, mvtu.input_bits + (0 if mvtu.signed else 1)
        # A number without another to be added to is inverted by itself.
        lut += bits if parts % 2 else 0
        while parts > 1:
            lut += parts // 2 * (bits + 1)
            parts, bits = ceil_div(parts, 2), bits + 1
        return lut + 1
    return dot(mvtu.simd)[1] + mvtu.sum_width + 1 - 0.03 * mvtu.simd


@cache
def mvtu_cost(mvtu: Mvtu) -> Cost:
    """A layer: processing elements, weights, thresholds, replay buffer, control."""
    if mvtu.unfolded:
        return Cost(mvtu.unfolded_shape.lut + mvtu.out_width + mvtu.stages + 8, 0)
    word = mvtu.pe * mvtu.simd
    lut = mvtu.pe * processing_element(mvtu) + counter(mvtu.sf) + counter(mvtu.nf) + counter(mvtu.cycles)
    bram36 = 0.0
    if mvtu.has_start and mvtu.threshold_style == "block":
        bram36 += block_ram(mvtu.pe * mvtu.sum_width, mvtu.nf)
        lut += mvtu.pe if mvtu.sf > 1 else 0
    elif mvtu.has_start:
        lut += lut_rom(mvtu.pe * mvtu.sum_width, mvtu.nf)
    if mvtu.nf > 1:
        lut += lut_ram(mvtu.s_width, 2 * mvtu.sf) + lut_ram_choice(mvtu.s_width, 2 * mvtu.sf)
        lut += 3 * counter(2 * mvtu.sf) + counter(mvtu.nf)
    if mvtu.sf == 1:
        lut += mvtu.out_width
    if mvtu.ram_style == "block":
        return Cost(lut, bram36 + weight_ram(word, mvtu.cycles))
    return Cost(lut + lut_rom(word, mvtu.cycles), bram36)


@cache
def converter_cost(stage: WidthConverter) -> Cost:
    """A width converter."""
    match stage.kind:
        case "same":
            return Cost(stage.s_width + 3, 0)
        case "widen":
            ratio = stage.m_width // stage.s_width
            return Cost(counter(ratio) + ratio + 5.5, 0)
        case "narrow":
            return Cost(stage.s_width + stage.m_width + counter(stage.s_width // stage.m_width) + 11, 0)
        case "gearbox":
            return Cost(gearbox_luts(stage), 0)


def gearbox_luts(stage: WidthConverter) -> float:
    """LUTs of a width converter whose widths do not divide each other: a buffer behind a barrel shifter."""
    unit = gcd(stage.s_width, stage.m_width, stage.frame_bits)
    beat_in, beat_out = stage.s_width // unit, stage.m_width // unit
    behind = beat_out + min(beat_in, beat_out) - 1
    buffer = unit * (beat_in + behind)
    # A frame may end inside a beat.
    parts = 0.71 * buffer * bool(stage.frame_bits % stage.m_width) + 0.77 * stage.s_width * bool(
        stage.frame_bits % stage.s_width)
    return 34 + 1.46 * buffer + stage.s_width * (0.92 * behind.bit_length() - 1.24) + parts


@cache
def window_cost(stage: Swu) -> Cost:
    """A sliding window unit."""
    is_padded = any(stage.padding)
    if stage.parallel:
        kernel_h, kernel_w = stage.kernel
        lines = lut_ram(stage.s_width * (kernel_h - 1), stage.ifm.width * stage.groups)
        moves = lut_ram(stage.s_width * kernel_h * (kernel_w - 1), stage.groups - 1) if stage.groups > 2 else 0
        return Cost(lines + moves + stage.s_width + 15 + (48 if is_padded else 0), 0)
    control = 25 + 4.5 * index_bits(stage.buffer) + (3 if is_padded else 0)
    if stage.ram_style == "block":
        return Cost(control, block_ram(stage.s_width, stage.buffer))
    # A LUT chooses among four blocks of 64 words.
    choice = stage.s_width * ceil_div(ceil_div(stage.buffer, 64) - 1, 3)
    return Cost(lut_ram(stage.s_width, stage.buffer) + choice + control, 0)


@cache
def pool_cost(stage: Pool) -> Cost:
    """A pooling."""
    control = counter(stage.ifm.width * stage.groups) + counter(stage.ifm.height)
    depth = stage.ifm.width // stage.kernel[1] * stage.groups
    memory = lut_ram(stage.out_width, depth) if depth > 1 else 0
    if stage.groups == 1:
        return Cost(control + 10 + memory + (1 if stage.ifm.bits == 1 else 1.1) * stage.out_width, 0)
    chosen = 0.68 * stage.out_width if depth > 64 else 0
    return Cost(22 + 0.77 * (control + counter(depth)) + memory + 1.81 * stage.out_width + chosen, 0)


def label_luts(stage: LabelSelect) -> float:
    """LUTs of a label selection: a tournament of PE scores, then the winner against the best of the beats before."""
    lut = (stage.pe - 1) * (3.7 + 1.49 * stage.score_width)
    if stage.classes > stage.pe:
        lut += 4.5 + 0.88 * stage.score_width + 2.9 * index_bits(stage.classes // stage.pe)
    return lut


def stage_cost(stage: Stage) -> Cost:
    """Any stage."""
    match stage:
        case Guard():
            return Cost(stage.width + counter(stage.beats) + 3 * counter(stage.frames) + 15, 0)
        case WidthConverter():
            return converter_cost(stage)
        case Fifo():
            control = 3 * (index_bits(stage.depth) + 1) + 5
            if stage.style == "block":
                return Cost(control + 8, block_ram(stage.width, stage.depth))
            memory = lut_ram(stage.width, stage.depth) + lut_ram_choice(stage.width, stage.depth)
            return Cost(control + memory, 0)
        case Swu():
            return window_cost(stage)
        case Pool():
            return pool_cost(stage)
        case Mvtu():
            return mvtu_cost(stage)
        case LabelSelect():
            return Cost(label_luts(stage), 0)


def pipeline_cost(pipeline: Pipeline) -> Cost:
    """Sum over the stages."""
    return sum((stage_cost(stage) for stage in pipeline.stages), Cost(0, 0))
