"""The plan of a network: its folding, and what the hardware will do, cycle by cycle."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from math import ceil, floor, inf
from typing import Any

from finn_rtl.common.errors import FinnError
from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.schema import shown
from finn_rtl.description.topology import Scenario, Topology, with_arithmetic, with_banks
from finn_rtl.ips.base import Cost, Products
from finn_rtl.ips.catalog import check
from finn_rtl.ips.matrix import Matrix
from finn_rtl.ips.mvtu_stream import SumThreshold
from finn_rtl.ips.requant import Requant
from finn_rtl.ips.requant_fit import RequantShape
from finn_rtl.operators.schema import Fold
from finn_rtl.operators.weights import Weights
from finn_rtl.plan.buffers import buffered
from finn_rtl.plan.devices import Device, Memories, device_named, fits, room_for, with_blocks
from finn_rtl.plan.folding import Wish
from finn_rtl.plan.pipeline import Pipeline
from finn_rtl.plan.requants import requant_shapes, wants_requant
from finn_rtl.plan.schedule import Schedule
from finn_rtl.plan.search import interval_for
from finn_rtl.plan.streaming import Dram, fold_streamed
from finn_rtl.plan.streams import bytes_a_frame

DEFAULT_CLOCK_MHZ = 200.0
LEAST_CLOCK_MHZ, MOST_CLOCK_MHZ = 0.001, 10_000.0
DEFAULT_DEVICE = "xc7z045"
# Designs tried until one has room for its buffers.
MOST_DESIGNS = 4
# Times the cycles of the fastest design, where its buffers do not fit, of those that are tried instead.
SLOWER = (1.1, 1.25, 1.5, 2, 3, 4)
# Share of LUTs that buffers may take for a faster pace than was asked for.
BUFFER_SHARE = 1 / 16
# LUTs of what loads parameters that can be changed, fitted to Yosys.
LOADER_LUTS = 300
# Bytes a second of a memory; more is a typing error, most likely.
MOST_DRAM = 1e13
# What the papers ask for in their scenario "fix".
FIX_FPS = 9000.0


@dataclass(frozen=True)
class Plan:
    """A folded network with its exact schedule and estimated cost."""

    topology: Topology
    scenario: str
    clock_mhz: float
    device: Device
    pipeline: Pipeline
    schedule: Schedule
    cost: Cost
    # Whether the user chose the width of the input stream.
    has_given_width: bool = False
    # Banks of memories into which weights and thresholds are loaded at run time; 0: they are constants.
    changeable: int = 0
    # Bytes a second that the memory gives, of weights that come from there; 0 where none do.
    dram: float = 0.0

    @property
    def cycles_per_frame(self) -> int:
        """Initiation interval in cycles."""
        return self.schedule.interval

    @property
    def latency_cycles(self) -> int:
        """Cycles from a first frame's first input beat to its result."""
        return self.schedule.latency

    @property
    def fps(self) -> float:
        """Frames a second at the plan's clock."""
        return self.clock_mhz * 1e6 / self.cycles_per_frame

    @property
    def latency_us(self) -> float:
        """Latency in microseconds at the plan's clock."""
        return self.latency_cycles / self.clock_mhz

    def report(self) -> dict[str, Any]:
        """Everything as plain data, for JSON."""
        return {
            "net": self.topology.name,
            "scenario": self.scenario,
            "clock_mhz": self.clock_mhz,
            "device": self.device.name,
            "changeable": self.changeable,
            "cycles_per_frame": self.cycles_per_frame,
            "latency_cycles": self.latency_cycles,
            "fps": round(self.fps, 1),
            "latency_us": round(self.latency_us, 3),
            "limited_by": self.limited_by(),
            "estimated_lut": round(self.cost.lut),
            "estimated_bram36": self.cost.bram36,
            "estimated_dsp": self.cost.dsp,
            "input_width": self.pipeline.guard.width,
            "input_beats": self.pipeline.guard.beats,
            "layers": [self._layer(matrix) for matrix in self.pipeline.matrices],
            "fifos": self.fifos(),
            "dram": self._dram() if self.pipeline.streamed else None,
        }

    def _dram(self) -> dict[str, Any]:
        """What weights from DRAM take, in bytes a second, and the words of each layer."""
        used = bytes_a_frame(self.pipeline.streamed) / self.cycles_per_frame
        return {"bytes_per_second": self.dram, "used_bytes_per_second": round(float(used) * self.clock_mhz * 1e6),
                "layers": [{"name": matrix.layer, "reuse": matrix.reuse, "word_bits": matrix.word_bits,
                            "words": matrix.words, "passes_per_frame": matrix.blocks,
                            "cycles_per_word": matrix.period} for matrix in self.pipeline.streamed]}

    def limited_by(self) -> str:
        """The stage that sets the initiation interval."""
        return self.pipeline.limited_by(self.cycles_per_frame, self.has_given_width)

    def _layer(self, matrix: Matrix) -> dict[str, Any]:
        behind = next((ip for ip in self.pipeline.ips if isinstance(ip, Requant | SumThreshold)
                       and ip.layer == matrix.layer), None)
        cost = matrix.cost + (behind.cost if behind else Cost(0.0))
        levels = "threshold" if matrix.thresholds else "none"
        return {
            "name": matrix.layer, "inputs": matrix.mw, "units": matrix.mh, "simd": matrix.simd, "pe": matrix.pe,
            "vectors": matrix.vectors, "whole_windows": matrix.window > 1, "pixels": matrix.pixels,
            "reuse": matrix.reuse, "cycles": matrix.frame_cycles,
            "busy": round(matrix.frame_cycles / self.cycles_per_frame, 4),
            "weights_in": matrix.weights_in, "popcount_stages": matrix.stages,
            "levels_by": behind.module if behind else levels,
            "estimated_lut": round(cost.lut), "estimated_bram36": cost.bram36, "estimated_dsp": cost.dsp,
        }

    def fifos(self) -> dict[str, int]:
        """Depth in beats of every buffer that holds data between layers, and of the queue of frame flags."""
        depths: dict[str, int] = {}
        for ip in self.pipeline.ips:
            depths |= ip.buffers
        return depths


def wish_of(scenario: Scenario, clock_mhz: float, where: str) -> Wish:
    """A scenario as cycles.

    Raises:
        FinnError: a frame rate that no clock cycle count reaches.
    """
    if scenario.cycles_per_frame is not None:
        return Wish(scenario.cycles_per_frame, scenario.latency_cycles)
    assert scenario.fps is not None
    interval = interval_for(scenario.fps, clock_mhz * 1e6)
    if interval < 1:
        raise FinnError(f"{where}: {scenario.fps:g} frames a second cannot be met at {clock_mhz:g} MHz: a frame takes"
                        " at least one cycle")
    return Wish(interval, scenario.latency_cycles)


def scenario_wish(topology: Topology, scenario: str, clock_mhz: float) -> Wish | None:
    """What a named scenario asks for; None stands for the fastest that fits the device.

    "fit" is the fastest that the device holds, for every network. "fix" (9,000 frames a second) and "max" (the same as
    "fit") exist for every network unless its topology defines them.

    Raises:
        FinnError: an unknown name.
    """
    if scenario == "fit":
        return None
    if scenario in topology.scenarios:
        return wish_of(topology.scenarios[scenario], clock_mhz, f"{topology.name}: scenario {scenario!r}")
    if scenario == "fix":
        return wish_of(Scenario(fps=FIX_FPS), clock_mhz, f"{topology.name}: scenario 'fix'")
    if scenario == "max":
        return None
    known = sorted({"fit", "fix", "max", *topology.scenarios})
    raise FinnError(f"{topology.name}: scenario {shown(scenario)} does not exist; there are {', '.join(known)}")


def check_pipeline(pipeline: Pipeline, net: str) -> None:
    """Raise FinnError if a module of a network's hardware would refuse its parameters."""
    for ip in pipeline.ips:
        check(ip.module, ip.parameters(net), f"{net}: {ip.comment or ip.module}")


def _designed(topology: Topology, wish: Wish | None, device: Device, folds: Mapping[str, Fold] | None,
              width: int | None, shapes: Mapping[str, RequantShape], memories: Memories, dram: Dram
              ) -> tuple[Pipeline, Schedule]:
    """A design with its buffers; where these are too much for the device, one that leaves room for them, if there is.

    The fastest that the device holds is a slower one then, of few more cycles as long as there is one.

    Raises:
        FinnError: see fold_streamed.
    """
    fastest = _roomy(topology, wish, device, folds, width, shapes, memories, dram)
    if wish is not None or fits(fastest[0], device):
        return fastest
    for times in SLOWER:
        other = Wish(ceil(times * fastest[0].ideal_interval))
        with suppress(FinnError):
            found = _roomy(topology, other, device, folds, width, shapes, memories, dram)
            if fits(found[0], device):
                return found
    return fastest


def _roomy(topology: Topology, wish: Wish | None, device: Device, folds: Mapping[str, Fold] | None,
           width: int | None, shapes: Mapping[str, RequantShape], memories: Memories, dram: Dram
           ) -> tuple[Pipeline, Schedule]:
    """A design with its buffers, for which it leaves room, or the first one found where no room is enough.

    Raises:
        FinnError: see fold_streamed.
    """
    first: tuple[Pipeline, Schedule] | None = None
    room = device
    for _ in range(MOST_DESIGNS):
        try:
            pipeline = fold_streamed(topology, wish, room, folds, width, shapes, dram)
            if memories == "block":
                pipeline = with_blocks(pipeline, room)
        except FinnError:
            if first is None:
                raise
            break
        check_pipeline(pipeline, topology.name)
        try:
            found = buffered(pipeline)
        except FinnError as error:
            raise FinnError(f"{topology.name}: {error}") from None
        check_pipeline(found[0], topology.name)
        is_dear = found[0].cost.lut > (1 + BUFFER_SHARE) * pipeline.cost.lut
        if wish is not None and wish.latency is None and (is_dear or not fits(found[0], device)):
            other = buffered(pipeline, wish.interval)
            is_dearer = found[0].cost.lut > (1 + BUFFER_SHARE) * other[0].cost.lut
            if is_dearer or (fits(other[0], device) and not fits(found[0], device)):
                found = other
        if fits(found[0], device):
            return found
        first, cost = first or found, found[0].cost
        # What buffers like these leave of the device.
        if cost.lut > device.lut:
            room = replace(room, lut=min(room.lut - 1, floor(device.lut - cost.lut + pipeline.cost.lut)))
        if cost.bram36 > device.bram36:
            room = replace(room, bram36=min(room.bram36 - 1, floor(device.bram36 - cost.bram36 + pipeline.cost.bram36)))
    assert first is not None
    return first


def _changeable(topology: Topology, banks: int) -> Topology:
    """The topology with parameters that can be changed.

    Raises:
        FinnError: there are no such memories, or something in it is made for one set of parameters.
    """
    if banks not in (1, 2):
        raise FinnError(f"{topology.name}: {banks} banks of changeable parameters: there are 1 or 2")
    for layer in topology.layers:
        if wants_requant(layer):
            raise FinnError(f"{topology.name}: layer {layer.name!r}: hardware 'requant': is made for one set of"
                            " parameters, and others would change its levels; leave it out for changeable ones")
    try:
        return with_banks(topology, banks)
    except ValueError as error:
        raise FinnError(f"{topology.name}: {error}") from None


def _dram(topology: Topology, device: Device, wanted: float | None, fixed: Mapping[str, Fold],
          from_dram: tuple[str, ...], changeable: int) -> Dram:
    """The memory beside the device, and whether the search may take weights from there.

    Raises:
        FinnError: there is none, or no weights can come from there.
    """
    net = topology.name
    if wanted is not None and not 0 < wanted <= MOST_DRAM:
        raise FinnError(f"{net}: a DRAM of {wanted:g} bytes a second: must be more than 0 and at most {MOST_DRAM:g}")
    if wanted is not None and changeable:
        raise FinnError(f"{net}: changeable parameters are in memories on chip, and weights from DRAM are not; choose"
                        " one of the two")
    for name in from_dram:
        if name not in {layer.name for layer in topology.matrices}:
            raise FinnError(f"{net}: weights from DRAM: {shown(name)} is no layer with weights")
        layer = topology.layers[topology.place(name)]
        if name in fixed:
            raise FinnError(f"{net}: layer {name!r}: is folded by hand, and its folding says whether its weights come"
                            " from DRAM (reuse); choose one of the two")
        if isinstance(layer, Weights) and (why := layer.why_on_chip(topology.ifm(layer))) is not None:
            raise FinnError(f"{net}: layer {name!r}: its weights cannot come from DRAM: {why}")
    named = [*from_dram, *(name for name, fold in fixed.items() if fold.reuse)]
    if named and wanted is None and not device.dram:
        raise FinnError(f"{net}: layer {named[0]!r}: its weights come from DRAM, and {device.name} has none that is"
                        " known; say how many bytes a second one gives (--dram)")
    rate = wanted if wanted is not None else device.dram
    return Dram(rate, device.clock_mhz, wanted is not None, from_dram)


def make_plan(topology: Topology, scenario: str | None = None, *, fps: float | None = None,
              clock_mhz: float = DEFAULT_CLOCK_MHZ, device: str | Device = DEFAULT_DEVICE,
              folds: Mapping[str, Fold] | None = None, input_width: int | None = None,
              arithmetic: Mapping[str, Products] | None = None,
              layers: Mapping[str, IntegerLayer] | None = None, memories: Memories = "cost",
              changeable: int = 0, dram: float | None = None, from_dram: Collection[str] = ()) -> Plan:
    """Fold a network and predict what it does.

    Args:
        topology: the network.
        scenario: "fit", "fix", "max" or a name from the topology; None for "max".
        fps: frames a second, instead of a scenario.
        clock_mhz: clock in MHz, greater than 0.
        device: key of devices.DEVICES, or any other device.
        folds: layers folded by hand.
        input_width: bits of the input stream, None to choose.
        arithmetic: layers whose products are computed in LUTs ("lut"), DSPs ("dsp") or bit by bit ("serial"); the
            plan's topology says so.
        layers: the integers of its layers, by name, which say where `requant` makes their levels; None: nowhere.
        memories: where weights and thresholds go: where they cost least ("cost"), to LUTs alone ("lut"), or to block
            RAMs as long as the device has any ("block").
        changeable: 0: weights and thresholds are constants; 1 or 2: they are loaded at run time, into memories of so
            many banks. What the layers' integers would decide is then left to what holds for all of them.
        dram: bytes a second that a memory gives, from which the weights of layers may come that do not fit on chip;
            None: only those come from there that `from_dram` or a folding names, as fast as the device's board is.
        from_dram: layers whose weights come from there, folded as it costs least.

    Raises:
        FinnError: the wish cannot be met; the message says what can be.
    """
    if not LEAST_CLOCK_MHZ <= clock_mhz < MOST_CLOCK_MHZ:
        raise FinnError(f"clock {clock_mhz:g} MHz: must be at least {LEAST_CLOCK_MHZ:g} and less than"
                        f" {MOST_CLOCK_MHZ:g}")
    target = replace(device_named(device), clock_mhz=clock_mhz)
    try:
        topology = with_arithmetic(topology, arithmetic) if arithmetic else topology
    except ValueError as error:
        raise FinnError(f"{topology.name}: {error}") from None
    if changeable:
        topology = _changeable(topology, changeable)
    for layer in topology.matrices:
        if layer.arithmetic == "dsp" and not target.dsp:
            raise FinnError(f"{topology.name}: layer {layer.name!r}: arithmetic 'dsp': {target.name} has no DSPs;"
                            " choose another device, or 'lut'")
    frame_bits = topology.input.map.frame_bits
    if input_width is not None and not 1 <= input_width <= frame_bits:
        raise FinnError(f"{topology.name}: input width {input_width}: must be 1 to {frame_bits}, the bits of a frame")
    if fps is not None and scenario is not None:
        raise FinnError(f"{topology.name}: {fps:g} frames a second and scenario {shown(scenario)}: only one of them can"
                        " be asked for")
    scenario = "max" if scenario is None else scenario
    if fps is not None:
        if not 0 < fps < inf:
            raise FinnError(f"{fps:g} frames a second: must be greater than 0 and finite")
        wish: Wish | None = wish_of(Scenario(fps=fps), clock_mhz, topology.name)
        scenario = f"{fps:g} fps"
    else:
        wish = scenario_wish(topology, scenario, clock_mhz)
        if scenario in topology.scenarios:
            folds = {**topology.scenarios[scenario].folding, **(folds or {})}
    for name, fold in {**topology.folding, **(folds or {})}.items():
        try:
            topology.check_fold(name, fold)
        except ValueError as error:
            raise FinnError(f"{topology.name}: {error}") from None
    shapes = {} if changeable else requant_shapes(topology, layers)
    fixed = {**topology.folding, **(folds or {})}
    memory = _dram(topology, target, dram, fixed, tuple(dict.fromkeys(from_dram)), changeable)
    pipeline, schedule = _designed(topology, wish, room_for(target, memories), folds, input_width, shapes, memories,
                                   memory)
    cost = pipeline.cost + Cost(LOADER_LUTS if changeable else 0)
    return Plan(topology, scenario, clock_mhz, target, pipeline, schedule, cost,
                (input_width or topology.input.stream_width) is not None, changeable,
                memory.bytes_per_second if pipeline.streamed else 0.0)
