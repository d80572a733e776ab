"""A folded network as the chain of IPs that the top level instantiates; read by the emitter and by the schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import gcd, prod
from typing import Literal

from finn_rtl.heap import dot
from finn_rtl.topology import (
    Convolution,
    Fold,
    FullyConnected,
    Map,
    Matrix,
    MaxPool,
    Topology,
    sum_bits,
    window_channels,
)
from finn_rtl.unfolded import Shape, can_unfold, layer_shape
from finn_rtl.windows import default_depth

# Levels of logic between two registers: a level is a LUT with the carry chain behind it.
LEVELS_PER_STAGE = 2
# Deepest memory that goes to LUTs: one 6-input LUT a bit.
LUT_ROM_DEPTH = 64
# Deepest block RAM as wide as a byte with its parity bit; weights that are deeper are cut into slices.
BYTE_DEPTH = 4096
# Most slices of a weight memory: three digits tell their files apart.
MOST_SLICES = 1000
# Deepest buffer of a sliding window that goes to LUT RAM.
LUT_RAM_DEPTH = 512
# Widest input stream chosen by itself.
STREAM_WIDTH_LIMIT = 64
# Bits of an element of a result: accumulators leave in whole 16-bit words.
SCORE_UNIT = 16
Ram = Literal["distributed", "block"]
Parameters = dict[str, int | str]


def ceil_div(a: int, b: int) -> int:
    """A / b rounded up."""
    return -(-a // b)


def deep_shape(depth: int) -> tuple[int, int]:
    """Bits and words of a block RAM for more than BYTE_DEPTH words: as wide as it is at that depth."""
    shapes = ((4, 8192), (2, 16384), (1, 32768))
    return next((shape for shape in shapes if depth <= shape[1]), shapes[-1])


def popcount_stages(simd: int) -> int:
    """Registers inside the dot product of `simd` bits, which cut it and the accumulator evenly."""
    levels = dot(simd)[0] + 1
    return max(0, ceil_div(levels, LEVELS_PER_STAGE) - 1)


def adder_stages(simd: int) -> int:
    """Registers inside the sum of `simd` numbers: an adder is about as slow as two levels of logic."""
    levels = 2 * ((simd - 1).bit_length() + 1)
    return max(0, ceil_div(levels, LEVELS_PER_STAGE) - 1)


def memory_names(net: str, layer: str) -> tuple[str, str]:
    """Files with the weights and with the thresholds of a layer."""
    return f"{net}_{layer}_weights.mem", f"{net}_{layer}_thresholds.mem"


@dataclass(frozen=True)
class Guard:
    """axis_frame_guard: input frames of `beats` beats.

    `frames` bounds the frames that can be inside the network at once; as many flags fit, so that they never hold up
    a frame.
    """

    width: int
    beats: int
    frames: int

    @property
    def out_width(self) -> int:
        """Bits of an output beat."""
        return self.width

    @property
    def frame_cycles(self) -> int:
        """Cycles that a frame takes."""
        return self.beats


@dataclass(frozen=True)
class WidthConverter:
    """axis_dwc, the instance `name`_dwc. `frame_bits` is what it takes for a frame; a network's frame has `repeats`."""

    name: str
    s_width: int
    m_width: int
    frame_bits: int
    repeats: int = 1

    @property
    def out_width(self) -> int:
        """Bits of an output beat."""
        return self.m_width

    @property
    def beats_in(self) -> int:
        """Input beats a frame of the network."""
        return self.repeats * ceil_div(self.frame_bits, self.s_width)

    @property
    def beats_out(self) -> int:
        """Output beats a frame of the network."""
        return self.repeats * ceil_div(self.frame_bits, self.m_width)

    @property
    def frame_cycles(self) -> int:
        """Cycles that a frame of the network takes."""
        return max(self.beats_in, self.beats_out)

    @property
    def kind(self) -> Literal["same", "widen", "narrow", "gearbox"]:
        """Which of the converter's structures the widths and the frame call for."""
        whole = self.frame_bits % self.s_width == 0 and self.frame_bits % self.m_width == 0
        if whole and self.m_width == self.s_width:
            return "same"
        if whole and self.m_width % self.s_width == 0:
            return "widen"
        return "narrow" if whole and self.s_width % self.m_width == 0 else "gearbox"


@dataclass(frozen=True)
class Fifo:
    """axis_fifo in front of the stage `before`; a frame has `beats` beats there."""

    before: str
    width: int
    depth: int
    beats: int

    @property
    def name(self) -> str:
        """Instance."""
        return f"{self.before}_fifo"

    @property
    def out_width(self) -> int:
        """Bits of an output beat."""
        return self.width

    @property
    def frame_cycles(self) -> int:
        """Cycles that a frame takes."""
        return self.beats

    @property
    def style(self) -> Ram:
        """Where the beats go."""
        return "distributed" if self.depth <= LUT_RAM_DEPTH else "block"


@dataclass(frozen=True)
class Swu:
    """swu, or swu_parallel where whole windows leave: the windows of `layer`, `simd` channels of a pixel a beat.

    `depth` is that of the buffer in beats, 0 for the least that never slows a frame whose beats all stand ready.
    """

    layer: str
    ifm: Map
    simd: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int, int, int]
    parallel: bool = False
    depthwise: bool = False
    depth: int = 0

    @property
    def name(self) -> str:
        """Instance."""
        return f"{self.layer}_swu"

    @property
    def groups(self) -> int:
        """Beats of a pixel."""
        return self.ifm.channels // self.simd

    @property
    def windows(self) -> tuple[int, int]:
        """Rows and columns of windows."""
        top, bottom, left, right = self.padding
        return ((self.ifm.height + top + bottom - self.kernel[0]) // self.stride[0] + 1,
                (self.ifm.width + left + right - self.kernel[1]) // self.stride[1] + 1)

    @property
    def s_width(self) -> int:
        """Bits of an input beat."""
        return self.simd * self.ifm.bits

    @property
    def out_width(self) -> int:
        """Bits of an output beat."""
        return self.s_width * (prod(self.kernel) if self.parallel else 1)

    @property
    def beats_in(self) -> int:
        """Input beats a frame."""
        return self.ifm.height * self.ifm.width * self.groups

    @property
    def beats_out(self) -> int:
        """Output beats a frame."""
        return prod(self.windows) * self.groups * (1 if self.parallel else prod(self.kernel))

    @property
    def frame_cycles(self) -> int:
        """Cycles that a frame takes."""
        return max(self.beats_in, self.beats_out)

    @property
    def span(self) -> int:
        """Beats between a window's first element and its last."""
        return ((self.kernel[0] - 1) * self.ifm.width + self.kernel[1]) * self.groups

    @property
    def buffer(self) -> int:
        """Beats of the buffer."""
        return self.depth or default_depth(self)

    @property
    def ram_style(self) -> Ram:
        """Where the buffer goes."""
        return "distributed" if self.buffer <= LUT_RAM_DEPTH else "block"

    @property
    def parameters(self) -> Parameters:
        """Parameters of the module."""
        (kernel_h, kernel_w), (stride_h, stride_w) = self.kernel, self.stride
        top, bottom, left, right = self.padding
        parameters: Parameters = {
            "IFM_H": self.ifm.height, "IFM_W": self.ifm.width, "CHANNELS": self.ifm.channels, "SIMD": self.simd,
            "ELEMENT_W": self.ifm.bits, "KERNEL_H": kernel_h, "KERNEL_W": kernel_w, "STRIDE_H": stride_h,
            "STRIDE_W": stride_w, "PAD_TOP": top, "PAD_BOTTOM": bottom, "PAD_LEFT": left, "PAD_RIGHT": right}
        if not self.parallel:
            parameters["DEPTHWISE"] = int(self.depthwise)
            if self.depth:
                parameters["DEPTH"] = self.depth
            parameters["RAM_STYLE"] = self.ram_style
        return parameters


@dataclass(frozen=True)
class Pool:
    """maxpool: windows that do not overlap, `pe` channels a beat."""

    layer: str
    ifm: Map
    pe: int
    kernel: tuple[int, int]

    @property
    def name(self) -> str:
        """Instance."""
        return self.layer

    @property
    def groups(self) -> int:
        """Beats of a pixel."""
        return self.ifm.channels // self.pe

    @property
    def out_width(self) -> int:
        """Bits of an output beat."""
        return self.pe * self.ifm.bits

    @property
    def beats_in(self) -> int:
        """Input beats a frame."""
        return self.ifm.height * self.ifm.width * self.groups

    @property
    def beats_out(self) -> int:
        """Output beats a frame."""
        return (self.ifm.height // self.kernel[0]) * (self.ifm.width // self.kernel[1]) * self.groups

    @property
    def frame_cycles(self) -> int:
        """Cycles that a frame takes."""
        return self.beats_in

    @property
    def parameters(self) -> Parameters:
        """Parameters of the module."""
        return {"IFM_H": self.ifm.height, "IFM_W": self.ifm.width, "CHANNELS": self.ifm.channels, "PE": self.pe,
                "ELEMENT_W": self.ifm.bits, "SIGNED_ELEMENTS": int(self.ifm.signed),
                "KERNEL_H": self.kernel[0], "KERNEL_W": self.kernel[1]}


@dataclass(frozen=True)
class Mvtu:
    """mvtu: the matrix of one layer, applied to `vectors` vectors a frame. Thresholds 0 or 1.

    `window` is the number of pixels of a window that comes whole, in groups of channels; 1 for all other orders.
    `weights_in` and `thresholds_in` say where the memories go, None by their depth alone.
    """

    layer: str
    mw: int
    mh: int
    simd: int
    pe: int
    thresholds: int
    vectors: int = 1
    input_bits: int = 1
    signed: bool = False
    window: int = 1
    weights_in: Ram | None = None
    thresholds_in: Ram | None = None

    @property
    def name(self) -> str:
        """Instance."""
        return self.layer

    @property
    def sf(self) -> int:
        """Synapse fold: input beats a vector."""
        return self.mw // self.simd

    @property
    def nf(self) -> int:
        """Neuron fold: output beats a vector."""
        return self.mh // self.pe

    @property
    def cycles(self) -> int:
        """Cycles that a vector takes."""
        return self.sf * self.nf

    @property
    def frame_cycles(self) -> int:
        """Cycles that a frame takes."""
        return self.cycles * self.vectors

    @property
    def s_width(self) -> int:
        """Bits of an input beat."""
        return self.simd * self.input_bits

    @property
    def unfolded(self) -> bool:
        """Whether the whole matrix is there, its weights constants: a vector a cycle."""
        return self.cycles == 1 and can_unfold(self.mw, self.input_bits, self.signed)

    @property
    def unfolded_shape(self) -> Shape:
        """Groups of rows of the unfolded matrix."""
        return layer_shape(self.mw, self.mh, self.input_bits, self.thresholds == 1)

    @property
    def stages(self) -> int:
        """Registers inside the dot product."""
        if self.unfolded:
            return max(0, ceil_div(self.unfolded_shape.levels + 1, LEVELS_PER_STAGE) - 1)
        return popcount_stages(self.simd) if self.input_bits == 1 else adder_stages(self.simd)

    @property
    def delay(self) -> int:
        """Cycles from the operands' first register to the dot product."""
        return self.stages + (1 if not self.unfolded and self.ram_style == "block" else 0)

    @property
    def sum_width(self) -> int:
        """Bits of an accumulator."""
        ifm = Map(1, 1, self.mw, self.input_bits, self.signed)
        return sum_bits(self.mw, ifm) + (1 if self.thresholds == 1 else 0)

    @property
    def has_start(self) -> bool:
        """Whether the accumulators start from a memory."""
        return self.thresholds == 1 or self.input_bits > 1

    @property
    def element_bits(self) -> int:
        """Bits of an output element."""
        return 1 if self.thresholds == 1 else self.sum_width

    @property
    def out_width(self) -> int:
        """Bits of an output beat."""
        return self.pe * self.element_bits

    @property
    def beats_out(self) -> int:
        """Output beats a frame."""
        return self.vectors * self.nf

    @property
    def ram_style(self) -> Ram:
        """Where the weights go."""
        return self.weights_in or ("distributed" if self.cycles <= LUT_ROM_DEPTH else "block")

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
        return self.thresholds_in or ("distributed" if self.nf <= LUT_ROM_DEPTH else "block")

    def parameters(self, net: str) -> Parameters:
        """Parameters of the module for this layer of network `net`."""
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


@dataclass(frozen=True)
class LabelSelect:
    """label_select over the scores of the last layer."""

    classes: int
    pe: int
    score_width: int
    signed: bool = False

    @property
    def label_width(self) -> int:
        """Bits of a label."""
        return max(1, (self.classes - 1).bit_length())

    @property
    def out_width(self) -> int:
        """Bits of an output beat."""
        return self.label_width

    @property
    def frame_cycles(self) -> int:
        """Cycles that a frame takes."""
        return max(2, self.classes // self.pe)


Stage = Guard | WidthConverter | Fifo | Swu | Pool | Mvtu | LabelSelect


def instance_name(stage: Stage) -> str:
    """Instance of a stage in the top level, without its prefix u_."""
    match stage:
        case Guard():
            return "guard"
        case WidthConverter():
            return f"{stage.name}_dwc"
        case LabelSelect():
            return "label"
        case _:
            return stage.name


@dataclass(frozen=True)
class Result:
    """How a result leaves: `beats` beats of `elements` values of `bits` bits, widened to `word` bits each."""

    beats: int
    elements: int
    bits: int
    word: int
    signed: bool

    @property
    def width(self) -> int:
        """Bits of a beat, before it is filled up to whole bytes."""
        return self.elements * self.word


@dataclass(frozen=True)
class Pipeline:
    """The stages in stream order; the first is the Guard."""

    stages: tuple[Stage, ...]

    @property
    def guard(self) -> Guard:
        """The stage that takes the input."""
        first = self.stages[0]
        assert isinstance(first, Guard)
        return first

    @property
    def mvtus(self) -> tuple[Mvtu, ...]:
        """The layers with weights."""
        return tuple(stage for stage in self.stages if isinstance(stage, Mvtu))

    @property
    def swus(self) -> tuple[Swu, ...]:
        """The sliding windows."""
        return tuple(stage for stage in self.stages if isinstance(stage, Swu))

    @property
    def result(self) -> Result:
        """The shape of a result."""
        last = next(stage for stage in reversed(self.stages) if not isinstance(stage, WidthConverter | Fifo))
        match last:
            case LabelSelect():
                return Result(1, 1, last.label_width, last.label_width, False)
            case Mvtu():
                bits = last.element_bits
                word = bits if last.thresholds else ceil_div(bits, SCORE_UNIT) * SCORE_UNIT
                return Result(last.beats_out, last.pe, bits, word, last.input_bits > 1 and not last.thresholds)
            case Pool():
                return Result(last.beats_out, last.pe, last.ifm.bits, last.ifm.bits, last.ifm.signed)
        raise AssertionError("a network ends in labels, a matrix or a pool")

    @property
    def ideal_interval(self) -> int:
        """Cycles between frames that no schedule can beat: the slowest stage's."""
        return max(stage.frame_cycles for stage in self.stages)

    def bottleneck(self) -> Mvtu:
        """The layer with the most cycles, the first of several."""
        return max(self.mvtus, key=lambda mvtu: mvtu.frame_cycles)

    def limited_by(self, interval: int, has_given_width: bool) -> str:
        """What keeps frames `interval` cycles apart.

        Of several the layer, which was folded for them; but the input stream where its width was given.
        """
        slowest = self.bottleneck()
        if has_given_width and self.guard.frame_cycles == interval:
            return "input stream"
        if slowest.frame_cycles == interval:
            return f"layer {slowest.layer}"
        for stage in self.stages:
            if stage.frame_cycles != interval:
                continue
            match stage:
                case Guard():
                    return "input stream"
                case WidthConverter():
                    return f"width converter {stage.name}"
                case Swu():
                    return f"window of layer {stage.layer}"
                case Pool():
                    return f"layer {stage.layer}"
                case LabelSelect():
                    return "label selection"
        return "schedule"


def stream_width(frame_bits: int, natural: int, interval: int) -> int:
    """Width of the input stream where the user leaves it open.

    The first stage's width `natural`, so that nothing needs converting; for a wide one the largest divisor of it within
    STREAM_WIDTH_LIMIT that still brings a frame in `interval` cycles, else the smallest that does.
    """
    fitting = [d for d in range(1, natural + 1) if natural % d == 0 and ceil_div(frame_bits, d) <= interval]
    narrow = [d for d in fitting if d <= STREAM_WIDTH_LIMIT]
    return max(narrow) if narrow else min(fitting, default=natural)


def frames_held(stage: Stage) -> int:
    """Upper bound of the frames of which a stage can hold a part."""
    match stage:
        case Guard():
            return 1 + ceil_div(2, stage.beats)
        case WidthConverter():
            bits = stage.s_width + stage.m_width + max(stage.s_width, stage.m_width)
            return 1 + ceil_div(bits, stage.frame_bits * stage.repeats)
        case Fifo():
            return 1 + ceil_div(stage.depth, stage.beats)
        case Swu():
            return 2 + ceil_div(max(stage.depth, 3 * stage.span) + 2, stage.beats_in)
        case Pool():
            return 1 + ceil_div(3, stage.beats_out)
        case Mvtu():
            pipeline = ceil_div(3 + stage.delay, stage.sf) + 2
            vectors = (2 if stage.nf > 1 else 0) + ceil_div(pipeline, stage.nf)
            return 1 + ceil_div(vectors, stage.vectors)
        case LabelSelect():
            return 3


def matrix_stages(topology: Topology, layer: Matrix, fold: Fold) -> tuple[Swu | None, Mvtu]:
    """The window and the matrix of a layer; no window where every pixel is one by itself."""
    ifm, ofm = topology.ifm(layer), topology.ofm(layer)
    mvtu = Mvtu(layer.name, topology.inputs(layer), layer.units, fold.simd, fold.pe, int(layer.activation == "sign"),
                vectors=ofm.height * ofm.width, input_bits=ifm.bits, signed=ifm.signed)
    if not isinstance(layer, Convolution) or (layer.kernel == layer.stride == (1, 1) and not any(layer.padding)):
        return None, mvtu
    simd = window_channels(topology, layer, fold.simd) if fold.window else gcd(ifm.channels, fold.simd)
    swu = Swu(layer.name, ifm, simd, layer.kernel, layer.stride, layer.padding, parallel=fold.window)
    return swu, replace(mvtu, window=prod(layer.kernel)) if fold.window else mvtu


def converter(name: str, s_width: int, m_width: int, unit_bits: int, units: int) -> WidthConverter | None:
    """The converter between two widths, for frames of `units` equal parts of `unit_bits`; None where none is needed."""
    if unit_bits % s_width == 0 and unit_bits % m_width == 0:
        return WidthConverter(name, s_width, m_width, unit_bits, units) if s_width != m_width else None
    frame_bits = unit_bits * units
    if s_width == m_width and frame_bits % s_width == 0:
        return None
    return WidthConverter(name, s_width, m_width, frame_bits)


def _pool_stages(layer: MaxPool, ifm: Map, width: int) -> tuple[int, list[Stage]]:
    """Width that a pooling takes, given that of the stream in front of it, and its stages."""
    elements = width // ifm.bits if width % ifm.bits == 0 else 0
    pe = elements if elements and ifm.channels % elements == 0 else ifm.channels
    if layer.step == layer.kernel:
        return pe * ifm.bits, [Pool(layer.name, ifm, pe, layer.kernel)]
    swu = Swu(layer.name, ifm, pe, layer.kernel, layer.step, (0, 0, 0, 0), depthwise=True)
    # Each window is a row of its own.
    size = prod(layer.kernel)
    flat = Map(1, prod(swu.windows) * swu.groups * size, pe, ifm.bits, ifm.signed)
    return pe * ifm.bits, [swu, Pool(layer.name, flat, pe, (1, size))]


@dataclass(frozen=True)
class Step:
    """A layer with weights and the pools in front of it; `matrix` None: pools behind the last one."""

    pools: tuple[MaxPool, ...]
    matrix: Matrix | None


def steps(topology: Topology) -> tuple[Step, ...]:
    """The layers of a network, in order."""
    found: list[Step] = []
    pools: list[MaxPool] = []
    for layer in topology.layers:
        if isinstance(layer, MaxPool):
            pools.append(layer)
        else:
            found.append(Step(tuple(pools), layer))
            pools = []
    return (*found, Step(tuple(pools), None)) if pools else tuple(found)


def step_stages(topology: Topology, step: Step, fold: Fold | None, width: int) -> list[Stage]:
    """Stages of a step behind a stream of `width` bits."""
    stages: list[Stage] = []

    def convert(name: str, to: int, unit_bits: int, units: int) -> None:
        stage = converter(name, width, to, unit_bits, units)
        if stage is not None:
            stages.append(stage)

    for pool in step.pools:
        ifm = topology.ifm(pool)
        taken, added = _pool_stages(pool, ifm, width)
        convert(pool.name, taken, ifm.channels * ifm.bits, ifm.height * ifm.width)
        stages += added
        width = taken
    if step.matrix is None:
        return stages
    assert fold is not None
    layer, ifm = step.matrix, topology.ifm(step.matrix)
    swu, mvtu = matrix_stages(topology, layer, fold)
    if isinstance(layer, FullyConnected):
        convert(layer.name, mvtu.s_width, ifm.frame_bits, 1)
    else:
        convert(layer.name, swu.s_width if swu else mvtu.s_width, ifm.channels * ifm.bits, ifm.height * ifm.width)
    if swu is not None:
        stages.append(swu)
        width = swu.out_width
        convert(f"{layer.name}_mvtu", mvtu.s_width, mvtu.mw * ifm.bits, mvtu.vectors)
    return [*stages, mvtu]


def end_stages(topology: Topology, last: Stage) -> list[Stage]:
    """What stands behind the last layer: the choice of the label, or what marks the last beat of a map."""
    if topology.output == "label":
        assert isinstance(last, Mvtu)
        return [LabelSelect(last.mh, last.pe, last.element_bits, last.input_bits > 1)]
    if isinstance(last, Mvtu) and last.vectors > 1:
        return [WidthConverter("result", last.out_width, last.out_width, last.beats_out * last.out_width)]
    return []


def input_width(topology: Topology, first: Fold, interval: int, width: int | None) -> int:
    """Bits of the input stream: as asked for, as the topology says, or fit for the first layer's folding."""
    if width is None:
        width = topology.input.stream_width
    if width is not None:
        return width
    ifm, layer = topology.input.map, topology.layers[0]
    if isinstance(layer, MaxPool):
        natural = ifm.channels * ifm.bits
    else:
        swu, mvtu = matrix_stages(topology, layer, first)
        natural = swu.s_width if swu else mvtu.s_width
    return stream_width(ifm.frame_bits, natural, interval)


def with_flags(stages: list[Stage]) -> Pipeline:
    """The pipeline of these stages, its guard fit for all frames that they can hold."""
    guard = stages[0]
    assert isinstance(guard, Guard)
    return Pipeline((replace(guard, frames=sum(frames_held(stage) for stage in stages)), *stages[1:]))


def build_pipeline(topology: Topology, folds: Mapping[str, Fold], width: int | None = None) -> Pipeline:
    """Chain the IPs of a folded network.

    Args:
        topology: the network.
        folds: of every layer with weights, legal.
        width: bits of the input stream; None lets the topology or stream_width choose.
    """
    slowest = max(matrix_stages(topology, layer, folds[layer.name])[1].frame_cycles for layer in topology.matrices)
    width = input_width(topology, folds[topology.matrices[0].name], slowest, width)
    guard = Guard(width, ceil_div(topology.input.map.frame_bits, width), 2)
    stages: list[Stage] = [guard]
    for step in steps(topology):
        name = step.matrix.name if step.matrix else ""
        stages += step_stages(topology, step, folds.get(name), stages[-1].out_width)
    return with_flags([*stages, *end_stages(topology, stages[-1])])
