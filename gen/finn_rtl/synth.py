"""Synthesis for figures: Yosys (pyosys) with the slang front end, `synth_xilinx -family xc7`.

A network is synthesized part by part, because its processing elements are alike: the top level with everything but
the MVTUs, each MVTU without its processing elements but with its memories, and each distinct processing element once.
The parts are separated by registers and ports that a flat run would keep too. ROMs and processing elements are mapped
by themselves: in one piece with the logic around them, ABC maps the same netlist to many more LUTs, while a ROM of up
to 64 words alone takes at most one LUT a bit. The figures are Yosys' mapping to 7-series cells; Vivado's are different
and are not claimed here.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from finn_rtl.eda import Sources, core_sources
from finn_rtl.emit import literals, module_name, render, write_files
from finn_rtl.errors import FinnError
from finn_rtl.integer import Network
from finn_rtl.plan import Plan

FAMILY = "xc7"
# Modules that are mapped by themselves; slang names an instance's module after its path.
MAPPED_ALONE = ("rom$*", "mvtu_pe$*")
# LUTs that a LUT RAM or shift register cell takes.
LUT_CELLS = {"RAM32M": 4, "RAM64M": 4, "RAM32X1D": 2, "RAM64X1D": 2, "RAM128X1D": 4, "SRL16E": 1, "SRLC32E": 1,
             "INV": 1, **{f"LUT{n}": 1 for n in range(1, 7)}}
FF_CELLS = ("FDRE", "FDSE", "FDCE", "FDPE")


@dataclass(frozen=True)
class Box:
    """A module left out of a part: which cells, by selection, and its ports as (direction, width, name)."""

    name: str
    selection: str
    ports: tuple[tuple[str, int, str], ...]

    def verilog(self) -> str:
        """An empty module of that shape."""
        ports = ", ".join(f"{direction} [{width - 1}:0] {name}" for direction, width, name in self.ports)
        return f"(* blackbox *) module {self.name}({ports}); endmodule\n"


@dataclass(frozen=True)
class Part:
    """One run of Yosys: a top module with parameters, the modules left out, and how often it stands in the network."""

    name: str
    top: str
    parameters: tuple[tuple[str, str], ...] = ()
    boxes: tuple[Box, ...] = ()
    left_out: str = ""
    times: int = 1


@dataclass(frozen=True)
class Usage:
    """Cells of 7 series: LUTs (LUT RAM and shift registers included), flip-flops, block RAMs, DSP slices."""

    lut: int
    ff: int
    bram36: float
    dsp: int

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.lut + other.lut, self.ff + other.ff, self.bram36 + other.bram36, self.dsp + other.dsp)

    def __mul__(self, times: int) -> Usage:
        return Usage(self.lut * times, self.ff * times, self.bram36 * times, self.dsp * times)


def usage(cells: Counter[str]) -> Usage:
    """Count the cells of a netlist."""
    return Usage(
        sum(LUT_CELLS.get(cell, 0) * n for cell, n in cells.items()),
        sum(cells[cell] for cell in FF_CELLS),
        cells["RAMB36E1"] + cells["RAMB18E1"] / 2,
        cells["DSP48E1"])


AXIS = (("input", 1, "aclk"), ("input", 1, "aresetn"), ("input", 1, "s_axis_tvalid"), ("output", 1, "s_axis_tready"),
        ("output", 1, "m_axis_tlast"), ("output", 1, "m_axis_tvalid"), ("input", 1, "m_axis_tready"))


def network_parts(plan: Plan) -> list[Part]:
    """The parts of a network."""
    net, mvtus = plan.topology.name, plan.pipeline.mvtus
    boxes = tuple(
        Box(f"box_{m.layer}", f"u_{m.layer}",
            (*AXIS, ("input", m.s_width, "s_axis_tdata"), ("output", m.out_width, "m_axis_tdata")))
        for m in mvtus)
    parts = [Part("top level", module_name(net), boxes=boxes, left_out="mvtu")]
    elements: Counter[tuple[tuple[str, int], ...]] = Counter()
    for m in mvtus:
        ports = (("input", 1, "aclk"), ("input", 1, "enable"), ("input", m.s_width, "inputs"),
                 ("input", m.simd, "weights"), ("input", 1, "accumulate"), ("input", 1, "first"),
                 ("input", m.sum_width, "start"), ("output", m.sum_width, "sum"))
        box = Box("box_pe", "t:mvtu_pe", ports)
        parts.append(Part(f"layer {m.layer}", "mvtu", literals(m.parameters(net)), (box,), "mvtu_pe"))
        inputs = (("INPUT_W", m.input_bits), ("SIGNED_INPUTS", int(m.signed))) if m.input_bits > 1 else ()
        elements[("SIMD", m.simd), ("STAGES", m.stages), ("SUM_W", m.sum_width), *inputs] += m.pe
    for parameters, times in elements.items():
        values = dict(parameters)
        bits = f" x {values['INPUT_W']} bits" if "INPUT_W" in values else ""
        parts.append(Part(f"{times} processing elements, SIMD {values['SIMD']}{bits}, {values['SUM_W']}-bit sums",
                          "mvtu_pe", tuple((name, str(value)) for name, value in parameters), times=times))
    return parts


def script(part: Part, sources: Sources, boxes_file: Path) -> list[str]:
    """Yosys commands for a part; run in the folder with the memory files."""
    parameters = " ".join(f"-G {name}={value}" for name, value in part.parameters)
    includes = " ".join(f"-I {folder}" for folder in sources.include_folders)
    left_out = f"--blackboxed-module {part.left_out}" if part.left_out else ""
    files = " ".join(str(path) for path in sources.hdl)
    commands = [f"read_slang --threads 1 --best-effort-hierarchy --top {part.top} {parameters} {left_out} {includes}"
                f" {files}"]
    if part.boxes:
        # A module left out loses its parameters, so a box of the very shape takes its place.
        commands.append(f"read_verilog -sv {boxes_file}")
        for box in part.boxes:
            cells = box.selection if box.selection.startswith("t:") else f"c:{box.selection}"
            commands += [f"chtype -set {box.name} {part.top}/{cells}"]
        commands.append("unparameterize box_")
        commands.append(f"delete ={part.left_out}")
    return [*commands,
            f"setattr -mod -set keep_hierarchy 1 {' '.join(MAPPED_ALONE)}",
            f"synth_xilinx -family {FAMILY} -flatten -noiopad -noclkbuf -top {part.top} -run begin:check",
            "setattr -mod -unset keep_hierarchy *",
            "flatten -noscopeinfo",
            "tee -q -o cells.json stat -json"]


def run_yosys(commands: list[str], folder: Path) -> Counter[str]:
    """Run Yosys in a process of its own; returns the cells of the design.

    Raises:
        FinnError: Yosys failed, with its last error line.
    """
    done = subprocess.run([sys.executable, "-m", "finn_rtl.yosys"], input="\n".join(commands), cwd=folder,
                          capture_output=True, text=True, errors="replace", check=False)
    result = folder / "cells.json"
    if done.returncode or not result.is_file():
        errors = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line or "error:" in line]
        raise FinnError(f"Yosys failed: {errors[-1] if errors else f'status {done.returncode}'}")
    return Counter(json.loads(result.read_text(encoding="utf-8"))["design"]["num_cells_by_type"])


def synthesize(network: Network, plan: Plan, progress: Callable[[str], None] = lambda _: None,
               workers: int = 2) -> tuple[Usage, dict[str, Usage]]:
    """Synthesize a network; returns its usage and that of each part (of all its copies).

    Args:
        network: weights and thresholds.
        plan: its folding.
        progress: called with the name of each part when it is done.
        workers: Yosys processes at once.

    Raises:
        FinnError: Yosys failed.
    """
    parts = network_parts(plan)
    with tempfile.TemporaryDirectory(prefix="finn-rtl-") as work:
        design = Path(work) / "design"
        files = render(network, plan)
        write_files(files, design)
        sources = core_sources(f"finn:built:{plan.topology.name}", [design])

        def run(item: tuple[int, Part]) -> Usage:
            index, part = item
            folder = Path(work) / f"part{index}"
            folder.mkdir()
            for name in files:
                if name.endswith(".mem"):
                    (folder / name).symlink_to(design / name)
            boxes_file = folder / "boxes.v"
            boxes_file.write_text("".join(box.verilog() for box in part.boxes), encoding="utf-8")
            cells = run_yosys(script(part, sources, boxes_file), folder)
            progress(part.name)
            return usage(cells) * part.times

        with ThreadPoolExecutor(workers) as pool:
            usages = list(pool.map(run, enumerate(parts)))
    return sum(usages, Usage(0, 0, 0.0, 0)), {part.name: u for part, u in zip(parts, usages, strict=True)}


def synthesis_summary(plan: Plan, total: Usage, parts: dict[str, Usage]) -> dict[str, Any]:
    """Figures as plain data."""
    return {
        "net": plan.topology.name, "scenario": plan.scenario, "lut": total.lut, "ff": total.ff,
        "bram36": total.bram36, "dsp": total.dsp, "device": plan.device.name,
        "tool": f"pyosys {version('pyosys')} (read_slang, synth_xilinx -family {FAMILY})",
        "estimated_lut": round(plan.cost.lut), "estimated_bram36": plan.cost.bram36,
        "parts": {name: {"lut": u.lut, "ff": u.ff, "bram36": u.bram36} for name, u in parts.items()},
    }
