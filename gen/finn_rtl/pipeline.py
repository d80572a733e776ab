"""A folded network as the chain of IPs that the top level instantiates; read by the emitter and by the schedule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from finn_rtl.topology import Fold, Topology

# Levels of logic that fit between two registers at the clock aimed for (200 MHz on 7 series, -2).
LEVELS_PER_STAGE = 4
# Deepest memory that goes to LUTs: one 6-input LUT a bit.
LUT_ROM_DEPTH = 64
# Widest input stream chosen by itself.
STREAM_WIDTH_LIMIT = 64


def ceil_div(a: int, b: int) -> int:
    """A / b rounded up."""
    return -(-a // b)


def popcount_stages(simd: int) -> int:
    """Registers inside the popcount of `simd` bits: XNOR and leaf, adders and accumulator, cut evenly."""
    levels = 2 + (ceil_div(simd, 3) - 1).bit_length()
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


@dataclass(frozen=True)
class WidthConverter:
    """axis_dwc in front of layer `layer`."""

    layer: str
    s_width: int
    m_width: int
    frame_bits: int

    @property
    def beats_in(self) -> int:
        """Input beats a frame."""
        return ceil_div(self.frame_bits, self.s_width)

    @property
    def beats_out(self) -> int:
        """Output beats a frame."""
        return ceil_div(self.frame_bits, self.m_width)

    @property
    def kind(self) -> Literal["widen", "narrow", "gearbox"]:
        """Which of the converter's structures the widths and the frame call for."""
        whole = self.frame_bits % self.s_width == 0 and self.frame_bits % self.m_width == 0
        if whole and self.m_width % self.s_width == 0:
            return "widen"
        return "narrow" if whole and self.s_width % self.m_width == 0 else "gearbox"


@dataclass(frozen=True)
class Mvtu:
    """mvtu: one layer. Widths in elements; thresholds 0 or 1."""

    layer: str
    mw: int
    mh: int
    simd: int
    pe: int
    thresholds: int

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
    def stages(self) -> int:
        """Registers inside the popcount."""
        return popcount_stages(self.simd)

    @property
    def sum_width(self) -> int:
        """Bits of an accumulator."""
        return self.mw.bit_length() + (1 if self.thresholds == 1 else 0)

    @property
    def out_width(self) -> int:
        """Bits of an output element."""
        return 1 if self.thresholds == 1 else self.sum_width

    @property
    def ram_style(self) -> Literal["distributed", "block"]:
        """Where the weights go."""
        return "distributed" if self.cycles <= LUT_ROM_DEPTH else "block"

    @property
    def threshold_style(self) -> Literal["distributed", "block"]:
        """Where the thresholds go."""
        return "distributed" if self.nf <= LUT_ROM_DEPTH else "block"

    def parameters(self, net: str) -> dict[str, int | str]:
        """Parameters of the module for this layer of network `net`."""
        weights, thresholds = memory_names(net, self.layer)
        parameters: dict[str, int | str] = {
            "MW": self.mw, "MH": self.mh, "SIMD": self.simd, "PE": self.pe, "THRESHOLDS": self.thresholds,
            "STAGES": self.stages, "WEIGHT_FILE": weights, "RAM_STYLE": self.ram_style}
        if self.thresholds:
            parameters |= {"THRESHOLD_FILE": thresholds, "THRESHOLD_STYLE": self.threshold_style}
        return parameters

    def literals(self, net: str) -> tuple[tuple[str, str], ...]:
        """The parameters as names and SystemVerilog literals."""
        return tuple((name, f'"{value}"' if isinstance(value, str) else str(value))
                     for name, value in self.parameters(net).items())


@dataclass(frozen=True)
class LabelSelect:
    """label_select over the scores of the last layer."""

    classes: int
    pe: int
    score_width: int

    @property
    def label_width(self) -> int:
        """Bits of a label."""
        return max(1, (self.classes - 1).bit_length())


Stage = Guard | WidthConverter | Mvtu | LabelSelect


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
        """The layers."""
        return tuple(stage for stage in self.stages if isinstance(stage, Mvtu))

    @property
    def output_beats(self) -> int:
        """Beats of a result."""
        return 1 if isinstance(self.stages[-1], LabelSelect) else self.mvtus[-1].nf

    @property
    def output_width(self) -> int:
        """Bits of a result beat, before it is widened to whole bytes."""
        last = self.stages[-1]
        return last.label_width if isinstance(last, LabelSelect) else self.mvtus[-1].pe * self.mvtus[-1].out_width

    @property
    def ideal_interval(self) -> int:
        """Cycles between frames that no schedule can beat: the slowest stage's."""
        slowest = max(mvtu.cycles for mvtu in self.mvtus)
        converters = [max(s.beats_in, s.beats_out) for s in self.stages if isinstance(s, WidthConverter)]
        label = [max(2, s.classes // s.pe) for s in self.stages if isinstance(s, LabelSelect)]
        return max([slowest, self.guard.beats, *converters, *label])

    def bottleneck(self) -> Mvtu:
        """The layer with the most cycles, the first of several."""
        return max(self.mvtus, key=lambda mvtu: mvtu.cycles)


def stream_width(elements: int, simd: int, interval: int) -> int:
    """Width of the input stream where the user leaves it open.

    The first layer's SIMD, so that nothing needs converting; for a wide SIMD the largest divisor of it within
    STREAM_WIDTH_LIMIT that still brings a frame in `interval` cycles, else the smallest that does.
    """
    fitting = [d for d in range(1, simd + 1) if simd % d == 0 and ceil_div(elements, d) <= interval]
    narrow = [d for d in fitting if d <= STREAM_WIDTH_LIMIT]
    return max(narrow) if narrow else min(fitting, default=simd)


def frames_held(stage: Stage) -> int:
    """Upper bound of the frames of which a stage can hold a part."""
    match stage:
        case Guard():
            return 1 + ceil_div(2, stage.beats)
        case WidthConverter():
            bits = stage.s_width + stage.m_width + max(stage.s_width, stage.m_width)
            return 1 + ceil_div(bits, stage.frame_bits)
        case Mvtu():
            pipeline = ceil_div(3 + stage.stages, stage.sf) + 2
            return 1 + (2 if stage.nf > 1 else 0) + ceil_div(pipeline, stage.nf)
        case LabelSelect():
            return 3


def build_pipeline(topology: Topology, folds: tuple[Fold, ...], width: int | None = None) -> Pipeline:
    """Chain the IPs of a folded network.

    Args:
        topology: the network.
        folds: one a layer, legal.
        width: bits of the input stream; None lets the topology or stream_width choose.
    """
    mvtus = tuple(
        Mvtu(layer.name, topology.inputs_of(i), layer.units, fold.simd, fold.pe, int(layer.activation == "sign"))
        for i, (layer, fold) in enumerate(zip(topology.layers, folds, strict=True)))
    elements = topology.input.elements
    if width is None:
        width = topology.input.stream_width
    if width is None:
        width = stream_width(elements, mvtus[0].simd, max(mvtu.cycles for mvtu in mvtus))
    guard = Guard(width, ceil_div(elements, width), 2)
    stages: list[Stage] = [guard]
    for mvtu in mvtus:
        if width != mvtu.simd or elements % width:
            stages.append(WidthConverter(mvtu.layer, width, mvtu.simd, mvtu.mw))
        stages.append(mvtu)
        width, elements = mvtu.pe * mvtu.out_width, mvtu.mh * mvtu.out_width
    if topology.output == "label":
        last = mvtus[-1]
        stages.append(LabelSelect(last.mh, last.pe, last.out_width))
    stages[0] = replace(guard, frames=sum(frames_held(stage) for stage in stages))
    return Pipeline(tuple(stages))
