"""The plan of a network: its folding, and what the hardware will do, cycle by cycle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, inf
from typing import Any

from finn_rtl.buffers import buffered
from finn_rtl.cost import DEVICES, Cost, Device, mvtu_cost, pipeline_cost
from finn_rtl.errors import FinnError
from finn_rtl.folding import Wish, fold_network, interval_for
from finn_rtl.pipeline import Fifo, Mvtu, Pipeline
from finn_rtl.rules import check_pipeline
from finn_rtl.schedule import Schedule
from finn_rtl.topology import Fold, Scenario, Topology, check_fold

DEFAULT_CLOCK_MHZ = 200.0
DEFAULT_DEVICE = "xc7z045"
# Slower rates are not planned: beyond, next to nothing is saved, and the schedule would take minutes.
MOST_CYCLES = 1 << 18
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
            "cycles_per_frame": self.cycles_per_frame,
            "latency_cycles": self.latency_cycles,
            "fps": round(self.fps, 1),
            "latency_us": round(self.latency_us, 3),
            "limited_by": self.limited_by(),
            "estimated_lut": round(self.cost.lut),
            "estimated_bram36": self.cost.bram36,
            "input_width": self.pipeline.guard.width,
            "input_beats": self.pipeline.guard.beats,
            "layers": [self._layer(mvtu) for mvtu in self.pipeline.mvtus],
            "fifos": self.fifos(),
        }

    def limited_by(self) -> str:
        """The stage that sets the initiation interval."""
        return self.pipeline.limited_by(self.cycles_per_frame)

    def _layer(self, mvtu: Mvtu) -> dict[str, Any]:
        cost = mvtu_cost(mvtu)
        return {
            "name": mvtu.layer, "inputs": mvtu.mw, "units": mvtu.mh, "simd": mvtu.simd, "pe": mvtu.pe,
            "vectors": mvtu.vectors, "whole_windows": mvtu.window > 1, "cycles": mvtu.frame_cycles,
            "busy": round(mvtu.frame_cycles / self.cycles_per_frame, 4),
            "weights_in": "constants" if mvtu.unfolded else mvtu.ram_style, "popcount_stages": mvtu.stages,
            "estimated_lut": round(cost.lut), "estimated_bram36": cost.bram36,
        }

    def fifos(self) -> dict[str, int]:
        """Depth in beats of every buffer that holds data between layers, and of the queue of frame flags."""
        depths = {"frame_flags": self.pipeline.guard.frames}
        depths.update({stage.name: stage.depth for stage in self.pipeline.stages if isinstance(stage, Fifo)})
        depths.update({f"{swu.layer}_window": swu.buffer for swu in self.pipeline.swus})
        depths.update({f"{mvtu.layer}_replay": 2 * mvtu.sf for mvtu in self.pipeline.mvtus if mvtu.nf > 1})
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


def check_rate(topology: Topology, wish: Wish, clock_mhz: float) -> None:
    """Refuse a rate slower than what is planned, where any layer could be as slow.

    Raises:
        FinnError: it is; the message says which is not.
    """
    slowest = max(topology.inputs(layer) * layer.units * topology.ofm(layer).height * topology.ofm(layer).width
                  for layer in topology.matrices)
    if wish.interval > MOST_CYCLES < slowest:
        cycles = f"{wish.interval}" if wish.interval < 1 << 53 else "more than 2^53"
        raise FinnError(f"{topology.name}: {cycles} cycles a frame are slower than what is planned, {MOST_CYCLES} at"
                        f" most; ask for at least {ceil(clock_mhz * 1e6 / MOST_CYCLES)} frames a second at"
                        f" {clock_mhz:g} MHz, or for {MOST_CYCLES} cycles a frame")


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
    raise FinnError(f"{topology.name}: scenario {scenario!r} does not exist; there are {', '.join(known)}")


def device_named(name: str) -> Device:
    """A device by its name.

    Raises:
        FinnError: an unknown name.
    """
    if name not in DEVICES:
        raise FinnError(f"device {name!r} is not known: one of {', '.join(sorted(DEVICES))}")
    return DEVICES[name]


def make_plan(topology: Topology, scenario: str = "max", *, fps: float | None = None,
              clock_mhz: float = DEFAULT_CLOCK_MHZ, device: str = DEFAULT_DEVICE,
              folds: Mapping[str, Fold] | None = None, input_width: int | None = None) -> Plan:
    """Fold a network and predict what it does.

    Args:
        topology: the network.
        scenario: "fit", "fix", "max" or a name from the topology.
        fps: frames a second, instead of the scenario's rate.
        clock_mhz: clock in MHz, greater than 0.
        device: key of cost.DEVICES.
        folds: layers folded by hand.
        input_width: bits of the input stream, None to choose.

    Raises:
        FinnError: the wish cannot be met; the message says what can be.
    """
    if not 0 < clock_mhz < 10_000:
        raise FinnError(f"clock {clock_mhz:g} MHz: must be greater than 0 and below 10,000")
    frame_bits = topology.input.map.frame_bits
    if input_width is not None and not 1 <= input_width <= frame_bits:
        raise FinnError(f"{topology.name}: input width {input_width}: must be 1 to {frame_bits}, the bits of a frame")
    if fps is not None:
        if not 0 < fps < inf:
            raise FinnError(f"{fps:g} frames a second: must be greater than 0 and finite")
        wish: Wish | None = wish_of(Scenario(fps=fps), clock_mhz, topology.name)
        scenario = f"{fps:g} fps"
    else:
        wish = scenario_wish(topology, scenario, clock_mhz)
        if scenario in topology.scenarios:
            folds = {**topology.scenarios[scenario].folding, **(folds or {})}
    for layer, fold in (folds or {}).items():
        try:
            check_fold(topology, layer, fold)
        except ValueError as error:
            raise FinnError(f"{topology.name}: {error}") from None
    if wish is not None:
        check_rate(topology, wish, clock_mhz)
    target = device_named(device)
    pipeline = fold_network(topology, wish, target, folds, input_width)
    check_pipeline(pipeline, topology.name)
    pipeline, schedule = buffered(pipeline)
    check_pipeline(pipeline, topology.name)
    return Plan(topology, scenario, clock_mhz, target, pipeline, schedule, pipeline_cost(pipeline))
