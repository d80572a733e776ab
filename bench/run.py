# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Measures every network: accuracy, cycles by RTL simulation, LUTs by synthesis; writes results.json and results.md.

Cycles are measured: the RTL, compiled by Verilator, is fed with test images and compared result by result with the
reference. These are all of MNIST, or the pictures of FINN_DATA/cifar-10-exact (where there are none, all of CIFAR-10);
CNV's cycles are those of fewer; in scenario "max" all go through once more, and every score is compared. LUTs are
Yosys' figures. The clock of 200 MHz is the paper's, assumed here: no placement and routing stands behind it. Results
are saved after each network: when a later one fails, --only gives the rest.

usage: bench/run.py [--only NET/SCENARIO] [--no-synth] [--check] [--scheduler tcp://HOST:PORT]

--check saves nothing and fails where a figure is worse than tolerances.toml allows (golden.py).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import golden
from rich.console import Console

import finn_rtl
from finn_rtl import api
from finn_rtl.common import workers
from finn_rtl.common.errors import FinnError
from finn_rtl.common.scripts import call
from finn_rtl.common.store import Kept, key_of, shared_store
from finn_rtl.common.text import package_version
from finn_rtl.plan.devices import DEVICES
from finn_rtl.tools.simulation import result_summary, simulate
from finn_rtl.tools.synth import synthesis_summary, synthesize

FOLDER = Path(__file__).resolve().parent
ERR = Console(stderr=True, highlight=False)
# Frames where a data set is not at hand.
RANDOM_FRAMES = 500


@dataclass(frozen=True)
class Paper:
    """Umuroglu et al., "FINN", FPGA 2017, on ZC706 at 200 MHz; `interval` is 200 MHz over its frame rate."""

    fps: float
    interval: float
    latency_us: float
    lut: int
    bram36: float
    accuracy: float


@dataclass(frozen=True)
class Target:
    """What must be reached; None or 0 where nothing is asked."""

    interval: int
    latency_us: float | None
    lut: int | None
    accuracy: float
    fps_per_lut: float = 0


PAPER = {
    ("sfc", "max"): Paper(12.3e6, 16.2, 0.31, 91_131, 4.5, 0.958),
    ("lfc", "max"): Paper(1.56e6, 128, 2.44, 82_988, 396, 0.984),
    ("sfc", "fix"): Paper(12.2e3, 16_400, 240, 5_155, 16, 0.958),
    ("lfc", "fix"): Paper(12.2e3, 16_400, 282, 5_636, 114.5, 0.984),
    ("cnv", "max"): Paper(21.9e3, 9_130, 283, 46_253, 186, 0.801),
    ("cnv", "fix"): Paper(11.6e3, 17_200, 550, 29_274, 152.5, 0.801),
}
TARGETS = {
    ("sfc", "max"): Target(16, 0.31, 30_000, 0.968),
    ("lfc", "max"): Target(128, 2.44, 82_988, 0.984),
    ("sfc", "fix"): Target(16_393, None, 5_155, 0.968),
    ("lfc", "fix"): Target(16_393, None, 5_636, 0.984),
    ("cnv", "max"): Target(9_132, 283, 20_000, 0.801),
    ("cnv", "fix"): Target(17_241, 550, 29_274, 0.801),
    ("sfc", "fit"): Target(4, None, 218_600, 0.968, 540),
    ("lfc", "fit"): Target(64, None, 218_600, 0.984),
    ("cnv", "fit"): Target(333, 10, 218_600, 0.801, 1.8),
    ("cnv", "pynq"): Target(32_768, None, None, 0.801),
    ("cnv_padded", "max"): Target(16_667, None, None, 0.801),
    ("cnv_w1a2", "rate"): Target(32_768, None, 10_000, 0),
    ("cnv_w2a2", "rate"): Target(32_768, None, 12_000, 0),
    ("sfc_sparse", "max"): Target(2, None, 15_000, 0.98),
}
RUNS = [*PAPER, ("sfc", "fit"), ("lfc", "fit"), ("cnv", "fit"), ("cnv", "pynq"), ("cnv_padded", "max"),
        ("cnv_w1a2", "rate"), ("cnv_w2a2", "rate"), ("cnv_w2a2", "fit"), ("sfc_sparse", "max"), ("digits", "max"),
        ("digits", "fit"), ("digits", "fix"), ("digits_w2a2", "max"), ("digits_sparse", "max"),
        ("digits_resnet", "max")]
NAMES = {"digits": "digits", "cnv_padded": "CNV-padded", "cnv_w1a2": "CNV-W1A2", "cnv_w2a2": "CNV-W2A2",
         "sfc_sparse": "SFC-sparse", "digits_w2a2": "digits-W2A2", "digits_sparse": "digits-sparse",
         "digits_resnet": "digits-resnet"}
# Frames in which cycles are measured, where not all: their accuracy is that of another scenario.
FEWER = {("cnv", "max"): 100, ("cnv", "fix"): 60, ("cnv", "pynq"): 40, ("cnv_padded", "max"): 40,
         ("cnv_w1a2", "rate"): 40, ("cnv_w2a2", "rate"): 40, ("cnv_w2a2", "fit"): 100, ("sfc", "fit"): 2000,
         ("lfc", "fit"): 1000, ("cnv", "fit"): 200}
# Where all frames go through the hardware once more, giving every score.
SCORES = {("cnv", "max"), ("cnv_padded", "max"), ("cnv_w1a2", "rate"), ("cnv_w2a2", "rate")}
# Folders of FINN_DATA that are taken instead, where there.
FOLDERS = dict.fromkeys(("cnv", "cnv_padded", "cnv_w1a2", "cnv_w2a2"), "cifar-10-exact")


def compare_scores(net: str, scenario: str, folder: Path | None) -> dict[str, Any]:
    """Every score of all frames, RTL against reference; and the accuracy, where they are test images."""
    network, plan = finn_rtl.prepare(net, scenario, scores=True)
    frames = api.choose_frames(network, None, folder)
    ERR.print(f"{net}-{scenario}: all scores of {len(frames.values)} frames through the RTL")
    result = simulate(network, plan, frames.values)
    figures: dict[str, Any] = {"scored_frames": len(frames.values), "score_mismatches": result.mismatches}
    if frames.dataset is not None:
        figures["accuracy_rtl"] = float((result.labels == frames.dataset.labels).mean())
        figures["accuracy_reference"] = float((result.expected_labels == frames.dataset.labels).mean())
    return figures


def measure(net: str, scenario: str, with_synthesis: bool) -> dict[str, Any]:
    """All figures of a network in a scenario."""
    network, plan = finn_rtl.prepare(net, scenario)
    folder = api.data_folder(None)
    if folder is not None and net in FOLDERS and (folder / FOLDERS[net]).is_dir():
        folder /= FOLDERS[net]
    frames = api.choose_frames(network, FEWER.get((net, scenario)), folder)
    if frames.dataset is None:
        frames = api.Frames(finn_rtl.random_frames(network, FEWER.get((net, scenario), RANDOM_FRAMES)))
    ERR.print(f"{net}-{scenario}: {len(frames.values)} frames through the RTL")
    result = simulate(network, plan, frames.values)
    # An accuracy is one of all test images.
    is_whole = frames.dataset is not None and (net, scenario) not in FEWER
    labels = frames.dataset.labels if frames.dataset is not None and is_whole else None
    figures = result_summary(plan, result, labels)
    if (net, scenario) in SCORES:
        figures |= compare_scores(net, scenario, folder)
    figures["folding"] = {m.layer: f"{m.simd}/{m.pe}" for m in plan.pipeline.matrices}
    if with_synthesis:
        ERR.print(f"{net}-{scenario}: synthesis")
        usage, parts = synthesize(network, plan, lambda name: ERR.print(f"  {name}"))
        figures["synthesis"] = synthesis_summary(plan, usage, parts)
    return figures


def measure_all(asked: list[tuple[str, str, bool]], scheduler: str | None,
                seen: Callable[[dict[str, Any]], None]) -> None:
    """Measure networks in scenarios, with or without synthesis, here or by the workers of a scheduler.

    Args:
        asked: what to measure.
        scheduler: its address; None for this machine.
        seen: hears the figures of each.

    Raises:
        FinnError: one cannot be measured, or no such scheduler answers.
    """
    if scheduler is None:
        for one in asked:
            seen(measure(*one))
        return

    def done(_: int, figures: dict[str, Any]) -> None:
        ERR.print(f"{figures['net']}-{figures['scenario']}: measured")
        seen(figures)

    store = shared_store("bench")
    kept: Kept[Any, dict[str, Any]] | None = None
    if store:
        kept = Kept(store, lambda one: key_of("bench/run.py", one, os.environ.get("FINN_DATA")), dict,
                    lambda _, raw: dict(raw))
    with workers.on(scheduler, say=ERR.print) as executor:
        workers.results(executor, partial(call, "bench/run.py", "measure"), asked, done, kept)


def committed() -> dict[str, Any]:
    """The saved results; none where there is no such file."""
    file = FOLDER / "results.json"
    saved: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {"networks": []}
    return saved


def moved(figures: dict[str, Any]) -> list[golden.Change]:
    """The figures of a network that left their tolerances."""
    before = (saved for saved in committed()["networks"]
              if (saved["net"], saved["scenario"]) == (figures["net"], figures["scenario"]))
    return [change for saved in before
            for change in golden.changes(title(figures), saved, figures, golden.load())]


def shortfalls(figures: dict[str, Any]) -> list[str]:
    """List what a network fails to reach."""
    found = []
    if figures.get("score_mismatches"):
        found.append(f"{figures['score_mismatches']} frames with other scores")
    if figures["mismatches"]:
        found.append(f"{figures['mismatches']} mismatches")
    for key in ("cycles_per_frame", "latency_cycles"):
        if figures[key] != figures[f"predicted_{key}"]:
            found.append(f"{key} {figures[key]}, predicted {figures[f'predicted_{key}']}")
    if figures["busy"] != figures["predicted_busy"]:
        found.append(f"slowest layer busy {figures['busy']:.2%}")
    if figures["scenario"] == "fit" and "synthesis" in figures:
        device = DEVICES[figures["synthesis"]["device"]]
        for key, most in (("lut", device.lut), ("bram36", device.bram36)):
            if figures["synthesis"][key] > most:
                found.append(f"{figures['synthesis'][key]:,} {key}, {device.name} has {most:,}")
    target = TARGETS.get((figures["net"], figures["scenario"]))
    if target is not None:
        if figures["cycles_per_frame"] > target.interval:
            found.append(f"{figures['cycles_per_frame']} cycles a frame, {target.interval} wanted")
        if target.latency_us is not None and figures["latency_us"] > target.latency_us:
            found.append(f"latency {figures['latency_us']} us, {target.latency_us} wanted")
        if figures["accuracy_rtl"] is not None and figures["accuracy_rtl"] < target.accuracy:
            found.append(f"accuracy {figures['accuracy_rtl']:.2%}, {target.accuracy:.2%} wanted")
        if target.lut is not None and "synthesis" in figures and figures["synthesis"]["lut"] >= target.lut:
            found.append(f"{figures['synthesis']['lut']} LUT, fewer than {target.lut} wanted")
        if "synthesis" in figures and figures["fps"] / figures["synthesis"]["lut"] < target.fps_per_lut:
            found.append(f"{figures['fps'] / figures['synthesis']['lut']:.3g} FPS/LUT, {target.fps_per_lut:.3g} wanted")
    return found


def tools() -> dict[str, str]:
    """Versions of what measured."""
    return {"finn-rtl": package_version(), "verilator": version("verilator"), "pyosys": version("pyosys")}


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def title(figures: dict[str, Any]) -> str:
    """Name of a row."""
    return f"{NAMES.get(figures['net'], figures['net'].upper())}-{figures['scenario']}"


def table(results: dict[str, Any]) -> str:
    """Markdown."""
    lines = ["| network | | cycles/frame | FPS at 200 MHz | latency, us | LUT | FF | BRAM36 | DSP | FPS/LUT |"
             " accuracy | busy |",
             "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"]
    for figures in results["networks"]:
        key = (figures["net"], figures["scenario"])
        name = title(figures)
        synthesis = figures.get("synthesis")
        cells = [f"{figures['cycles_per_frame']:g}", _number(figures["fps"]), _number(figures["latency_us"])]
        cells += [f"**{synthesis['lut']:,}**", f"{synthesis['ff']:,}", f"{synthesis['bram36']:g}",
                  str(synthesis["dsp"]), _number(figures["fps"] / synthesis["lut"])] if synthesis else [""] * 5
        cells += ["" if figures["accuracy_rtl"] is None else f"{figures['accuracy_rtl']:.2%}",
                  f"{figures['busy']:.0%}"]
        lines.append(f"| {name} | finn-rtl | " + " | ".join(cells) + " |")
        if key in PAPER:
            paper = PAPER[key]
            lines.append(f"| | paper | {paper.interval:,.4g} | {_number(paper.fps)} | {_number(paper.latency_us)} |"
                         f" {paper.lut:,} | | {paper.bram36:g} | | {_number(paper.fps / paper.lut)} |"
                         f" {paper.accuracy:.1%} | 70-90 % |")
    versions = ", ".join(f"{name} {number}" for name, number in results["tools"].items())
    limits = "".join(f" {title(figures)} is limited by its {figures['limited_by']}."
                     for figures in results["networks"] if not figures["limited_by"].startswith("layer"))
    frames = sorted({figures["frames"] for figures in results["networks"]})
    scored = "".join(f" In {title(figures)} every score of {figures['scored_frames']:,} frames was compared,"
                     f" {figures['score_mismatches']} differ."
                     for figures in results["networks"] if "scored_frames" in figures)
    lines += ["", f"finn-rtl: cycles and latency measured by RTL simulation of {frames[0]} to {frames[-1]:,} frames"
              " (0 mismatches with the reference, cycles as predicted), accuracy of all MNIST test images, of the"
              " first 1,017 CIFAR-10 test pictures (standard error 1.2 points) and of 359 digits; LUT, FF,"
              " BRAM36 and DSP by Yosys (`synth_xilinx -family xc7`), which are not Vivado's figures; 200 MHz is"
              " assumed, not placed and routed. Fit: as fast as the XC7Z045 holds; pynq: in BNN-PYNQ's folding; rate:"
              " as fast as that, in the folding that costs least. Busy: the"
              f" slowest layer.{limits}{scored} Paper: FINN (FPGA 2017) on ZC706, by Vivado. {versions}."]
    return "\n".join(lines) + "\n"


def merged(results: dict[str, Any]) -> dict[str, Any]:
    """The saved results with the new ones in place of theirs; those by other versions of the tools name them."""
    known = committed()
    for figures in known["networks"]:
        theirs = figures.pop("tools", known["tools"])
        if theirs != results["tools"]:
            figures["tools"] = theirs
    both = {(figures["net"], figures["scenario"]): figures for figures in known["networks"] + results["networks"]}
    return {**results, "networks": [both[run] for run in RUNS if run in both]}


def outdated(results: dict[str, Any]) -> list[str]:
    """The networks that were measured with other versions of the tools."""
    return [f"{figures['net']}/{figures['scenario']}" for figures in results["networks"] if "tools" in figures]


def write(results: dict[str, Any]) -> None:
    """results.json; and results.md, which is of one set of tools. docs/charts.py draws from the former."""
    (FOLDER / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    if outdated(results):
        return
    text = table(results)
    (FOLDER / "results.md").write_text("# Networks\n\nPrinted by `make bench`.\n\n" + text, encoding="utf-8")


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--only", action="append", default=[], metavar="NET/SCENARIO",
                        choices=["/".join(run) for run in RUNS],
                        help="a part of the table; the rest stays")
    parser.add_argument("--no-synth", action="store_true", help="leave out synthesis")
    parser.add_argument("--check", action="store_true",
                        help="print only; fail where a figure got worse (golden.py)")
    workers.add_scheduler(parser)
    arguments = parser.parse_args()
    runs = [run for run in RUNS if not arguments.only or "/".join(run) in arguments.only]
    is_saved = not arguments.check and not arguments.no_synth and bool(os.environ.get("FINN_DATA"))
    if not arguments.check and not is_saved:
        ERR.print("no synthesis, or no FINN_DATA: committed results stay as they are")
    networks: list[dict[str, Any]] = []
    results: dict[str, Any] = {"tools": tools(), "networks": networks}
    shown = results

    def seen(figures: dict[str, Any]) -> None:
        nonlocal shown
        networks.append(figures)
        networks.sort(key=lambda one: RUNS.index((one["net"], one["scenario"])))
        if is_saved:
            shown = merged(results)
            write(shown)

    try:
        measure_all([(*run, not arguments.no_synth) for run in runs], arguments.scheduler, seen)
    except FinnError as error:
        ERR.print(f"error: {error}")
        return 2
    print(table(results if outdated(shown) else shown))
    found = {f"{f['net']}-{f['scenario']}": shortfalls(f) for f in networks}
    failed = {name: texts for name, texts in found.items() if texts}
    for name, texts in failed.items():
        ERR.print(f"[bold red]{name}[/]: {'; '.join(texts)}")
    if outdated(shown):
        ERR.print("error: results.md stays as it is: other versions of the tools measured"
                  f" {', '.join(outdated(shown))}; measure these too")
        return 2
    changes = [change for figures in networks for change in moved(figures)] if arguments.check else []
    only = " ".join(f"--only {run}" for run in dict.fromkeys(arguments.only))
    lines, is_good = golden.told(changes, f"run bench/run.py {only}{' ' * bool(only)}without --check, with FINN_DATA")
    for line in lines:
        ERR.print(line, markup=False, soft_wrap=True)
    return 1 if failed or not is_good else 0


if __name__ == "__main__":
    sys.exit(main())
