"""What a device could compute and move at most, by the cost model, and where designs of a network stand below that.

Operations are multiplications and additions, two for each weight and vector. The compute roof of a number format is
that of processing elements alone, in all LUTs and DSPs of the device, each row as wide as costs least; for weights that
are constants it is that of unfolded rows. Memory roofs are lines: bytes a second times operations a byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from math import inf, isinf
from typing import Any

from finn_rtl.common.numbers import whole_bytes
from finn_rtl.ips.matrix import Matrix
from finn_rtl.ips.mvtu import Mvtu
from finn_rtl.ips.mvtu_unfolded import MvtuUnfolded
from finn_rtl.ips.products import Operands
from finn_rtl.plan.devices import Device
from finn_rtl.plan.pipeline import Pipeline
from finn_rtl.plan.plan import Plan

#: Formats that every picture has, beside those of the network.
USUAL_FORMATS = (Operands(1), Operands(2), Operands(2, 2, narrow=True), Operands(4, 4, narrow=True),
                 Operands(8, 8, narrow=True))
# Rows and inputs of the processing elements whose cost makes a roof.
ROWS = 8
WIDTHS = (64, 256, 1024)
# Inputs and rows of the unfolded matrices; where terms are too many for one sum, fewer inputs.
UNFOLDED = ((1024, 256), (256, 256), (64, 256))
# Bits that a block RAM gives in a cycle.
BLOCK_WORD = 72


@dataclass(frozen=True)
class Way:
    """What a multiplication a cycle takes."""

    lut: float
    dsp: float


@cache
def ways(kind: Operands) -> tuple[Way, ...]:
    """Ways to multiply and add numbers of a format, their weights in a memory."""
    found = []
    for simd in WIDTHS:
        row = Mvtu("roof", 4 * simd, 4 * ROWS, simd, ROWS, 1, input_bits=kind.input_bits, signed=kind.signed,
                   bipolar=kind.bipolar, weight_bits=kind.weight_bits, narrow=kind.narrow)
        others = row.cost.lut - row.product_luts
        count = simd * ROWS
        found += [Way(row.product_luts / count, 0.0),
                  *(Way((way.lut - others) / count, way.dsp / count) for way in row.arithmetics)]
    return tuple(dict.fromkeys(found))


@cache
def constant_lut(kind: Operands) -> float:
    """LUTs that a multiplication by a constant takes, in a large matrix."""
    for mw, mh in UNFOLDED:
        matrix = MvtuUnfolded("roof", mw, mh, mw, mh, 1, input_bits=kind.input_bits, signed=kind.signed,
                              bipolar=kind.bipolar, weight_bits=kind.weight_bits, narrow=kind.narrow)
        if matrix.fits:
            return matrix.cost.lut / (mw * mh)
    return inf


def most_products(lut: float, dsp: float, choices: Sequence[Way]) -> float:
    """The most multiplications a cycle for so many LUTs and DSPs: of a mix of two ways at most, which is enough."""
    def alone(way: Way) -> float:
        return min(lut / way.lut, dsp / way.dsp if way.dsp else inf)

    best = max(map(alone, choices), default=0.0)
    for a, b in combinations(choices, 2):
        # Both LUTs and DSPs used up.
        if determinant := a.lut * b.dsp - b.lut * a.dsp:
            of_a, of_b = (lut * b.dsp - b.lut * dsp) / determinant, (a.lut * dsp - lut * a.dsp) / determinant
            if of_a >= 0 and of_b >= 0:
                best = max(best, of_a + of_b)
    return best


def format_name(kind: Operands) -> str:
    """W1A2: bits of weights and of activations."""
    return f"W{kind.weight_bits}A{kind.input_bits}"


@dataclass(frozen=True)
class Roof:
    """Operations a second of a device at a format: with weights in memory, and with constants (0: there is no way)."""

    name: str
    folded: float
    constant: float


def roof(kind: Operands, device: Device, clock_hz: float) -> Roof:
    """The compute roof of a format."""
    folded = 2 * clock_hz * most_products(device.lut, device.dsp, ways(kind))
    return Roof(format_name(kind), folded, 2 * clock_hz * device.lut / constant_lut(kind))


def products(matrix: Matrix) -> int:
    """Multiplications a frame."""
    groups = matrix.groups if isinstance(matrix, MvtuUnfolded) else 1
    return matrix.mw // groups * matrix.mh * matrix.vectors


def operations(pipeline: Pipeline) -> int:
    """Operations a frame."""
    return 2 * sum(map(products, pipeline.matrices))


def port_bytes(pipeline: Pipeline) -> int:
    """Bytes a frame that pass the port to the memory: the frame and its result."""
    guard, result = pipeline.guard, pipeline.result
    return (guard.beats * whole_bytes(guard.width) + result.beats * whole_bytes(result.width)) // 8


def block_bytes(pipeline: Pipeline) -> float:
    """Bytes of weights that a frame reads from block RAMs."""
    return sum(matrix.frame_cycles * matrix.word for matrix in pipeline.matrices
               if isinstance(matrix, Mvtu) and matrix.ram_style == "block" and matrix.words > 1) / 8


def weight_bytes(pipeline: Pipeline) -> float:
    """Bytes of all weights, each once."""
    return sum(products(matrix) // matrix.vectors * matrix.weight_bits for matrix in pipeline.matrices) / 8


def mixed(pipeline: Pipeline, roofs: Iterable[tuple[str, float]]) -> float:
    """Operations a second where every format has its roof and each layer gets its share of the device."""
    rates = dict(roofs)
    if not all(rates[format_name(matrix.kind)] for matrix in pipeline.matrices):
        return 0.0
    seconds = sum(2 * products(matrix) / rates[format_name(matrix.kind)] for matrix in pipeline.matrices)
    return operations(pipeline) / seconds


@dataclass(frozen=True)
class Point:
    """A design: operations a second, and operations for each byte of the port and of the block RAMs."""

    scenario: str
    plan: Plan
    rate: float
    per_port_byte: float
    per_block_byte: float

    @property
    def has_constants(self) -> bool:
        """Whether some of its weights are constants."""
        return any(isinstance(matrix, MvtuUnfolded) for matrix in self.plan.pipeline.matrices)


@dataclass(frozen=True)
class Roofline:
    """Roofs of a device, and designs below.

    `own` is the roof of the network's mix of formats; `port` and `blocks` are bytes a second. `streamed`: operations
    for each byte of the port if all weights came over it once a frame, too.
    """

    device: Device
    clock_hz: float
    roofs: tuple[Roof, ...]
    own: Roof
    port: float
    blocks: float
    streamed: float
    points: tuple[Point, ...]

    @property
    def is_board(self) -> bool:
        """Whether the memory is that of the device's board."""
        return bool(self.device.board) and self.port == self.device.dram

    def limit(self, point: Point) -> tuple[float, str]:
        """What a design's rate cannot exceed, and which roof that is."""
        compute = max(self.own.folded, self.own.constant if point.has_constants else 0.0)
        memory = self.port * point.per_port_byte if self.port else inf
        return (memory, "memory") if memory < compute else (compute, "compute")

    def report(self) -> dict[str, Any]:
        """Everything as plain data, for JSON."""
        first = self.points[0].plan
        return {
            "net": first.topology.name, "device": self.device.name, "clock_mhz": self.clock_hz / 1e6,
            "operations_per_frame": operations(first.pipeline),
            "roofs": [{"format": one.name, "operations_per_second": one.folded,
                       "operations_per_second_constants": one.constant or None} for one in (*self.roofs, self.own)],
            "memory_bytes_per_second": self.port, "block_ram_bytes_per_second": self.blocks,
            "operations_per_byte_weights_streamed": self.streamed,
            "designs": [self._design(point) for point in self.points],
        }

    def _design(self, point: Point) -> dict[str, Any]:
        limit, by = self.limit(point)
        plan = point.plan
        return {
            "scenario": point.scenario, "fps": plan.fps, "cycles_per_frame": plan.cycles_per_frame,
            "operations_per_second": point.rate, "operations_per_byte": point.per_port_byte,
            "operations_per_block_ram_byte": None if isinf(point.per_block_byte) else point.per_block_byte,
            "roof_operations_per_second": limit, "roof": by, "share_of_roof": point.rate / limit,
            "estimated_lut": round(plan.cost.lut), "estimated_bram36": plan.cost.bram36,
            "estimated_dsp": plan.cost.dsp,
        }


def point_of(scenario: str, plan: Plan) -> Point:
    """A design's place."""
    done, blocks = operations(plan.pipeline), block_bytes(plan.pipeline)
    return Point(scenario, plan, done * plan.fps, done / port_bytes(plan.pipeline), done / blocks if blocks else inf)


def make_roofline(plans: Sequence[tuple[str, Plan]], bandwidth: float | None = None) -> Roofline:
    """Roofs and points of designs of one network on one device at one clock.

    Args:
        plans: the designs with their names, at least one.
        bandwidth: bytes a second of the memory, 0 for none; None for that of the device's board.
    """
    plan = plans[0][1]
    device, clock_hz, pipeline = plan.device, plan.clock_mhz * 1e6, plan.pipeline
    kinds = {format_name(kind): kind for kind in USUAL_FORMATS}
    kinds |= {format_name(matrix.kind): matrix.kind for matrix in pipeline.matrices}
    roofs = tuple(sorted((roof(kind, device, clock_hz) for kind in kinds.values()), key=lambda one: -one.folded))
    own = Roof(plan.topology.name, mixed(pipeline, ((one.name, one.folded) for one in roofs)),
               mixed(pipeline, ((one.name, one.constant) for one in roofs)))
    streamed = operations(pipeline) / (port_bytes(pipeline) + weight_bytes(pipeline))
    return Roofline(device, clock_hz, roofs, own, device.dram if bandwidth is None else bandwidth,
                    device.bram36 * BLOCK_WORD / 8 * clock_hz, streamed,
                    tuple(point_of(name, found) for name, found in plans))
