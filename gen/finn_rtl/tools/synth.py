"""Synthesis for figures: Yosys (pyosys) with the slang front end, `synth_xilinx -family xc7`.

A network is synthesized part by part, because its processing elements are alike: the top level with everything but
the MVTUs, each MVTU without its processing elements but with its memories, and each distinct processing element once;
of an unfolded layer, its control and each group of rows.
The parts are separated by registers and ports that a flat run would keep too. ROMs and processing elements are mapped
by themselves: in one piece with the logic around them, ABC maps the same netlist to many more LUTs, while a ROM of up
to 64 words alone takes at most one LUT a bit. The figures are Yosys' mapping to 7-series cells; Vivado's are different
and are not claimed here.

What a block RAM holds changes nothing of what it takes, but Yosys derives a module for each that holds something else.
So weights in block RAM are read as words that all have the same bits, but for bits that are one and the same in all
words, for which no RAM is built (`alike`). The cells are the same, and like layers are one part.

A wire with several drivers is an error: Yosys would tie it to 0.

Yosys reads a part in a folder of its own that holds nothing but what the part is made of. The cells it found are kept
in the user's cache folder (XDG_CACHE_HOME), or in the one that machines share (FINN_RTL_CACHE), under a hash of that
folder, the commands and Yosys' version: a part that did not change is not synthesized again.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import reduce
from importlib.metadata import version
from operator import and_, or_
from pathlib import Path
from typing import Any

from finn_rtl.common import processes
from finn_rtl.common.errors import FinnError
from finn_rtl.common.extras import require
from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.store import Kept, results_store
from finn_rtl.common.text import module_name
from finn_rtl.ips.base import Parameters
from finn_rtl.ips.matrix import Matrix
from finn_rtl.ips.mvtu import Mvtu
from finn_rtl.ips.mvtu_parameters import kind_parameters
from finn_rtl.ips.mvtu_stream import WORDS, MvtuStream
from finn_rtl.ips.mvtu_unfolded import MvtuUnfolded, layer_rows
from finn_rtl.meaning.integer import Network
from finn_rtl.output.emit import CHAIN_BITS, fitted, ip_files, literals, render, write_files
from finn_rtl.plan.plan import Plan
from finn_rtl.tools.eda import READ_SLANG, Sources, core_sources

FAMILY = "xc7"
# Modules that are mapped by themselves; slang names an instance's module after its path.
MAPPED_ALONE = ("rom$*", "mvtu_pe$*", "mvtu_pe_dsp$*", "mvtu_serial_pe$*")
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
    """One run of Yosys: a top module with parameters, the modules left out, and how often it stands in the network.

    Modules `left_out` have parameters, and `boxes` take the place of their instances; `black_boxes` have none. `reads`
    are memory files of the instances in it.
    """

    name: str
    top: str
    parameters: tuple[tuple[str, str], ...] = ()
    boxes: tuple[Box, ...] = ()
    left_out: str = ""
    black_boxes: tuple[str, ...] = ()
    times: int = 1
    reads: tuple[str, ...] = ()
    in_blocks: tuple[str, ...] = ()


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
CHAIN = (("input", CHAIN_BITS, "s_load"), ("output", CHAIN_BITS, "m_load"))


def unfolded_parts(layer: IntegerLayer, matrix: MvtuUnfolded) -> list[Part]:
    """The parts of an unfolded layer: its control, and every group of rows."""
    groups = layer_rows(layer, matrix, f"layer {matrix.layer}")
    control: Parameters = {"S_WIDTH": matrix.s_width, "M_WIDTH": matrix.m_width, "STAGES": matrix.stages}
    return [Part(f"layer {matrix.layer}", "mvtu_unfolded_control", literals(control)),
            *(Part(f"layer {matrix.layer}, rows {index + 1} of {len(groups)}", group.module,
                   tuple(group.parameters.items()), times=matrix.lanes) for index, group in enumerate(groups))]


def folded_part(matrix: Mvtu, net: str) -> Part:
    """A folded layer without its processing elements, but those that share multipliers."""
    name, parameters = f"layer {matrix.layer}", literals(matrix.parameters(net))
    in_blocks = ("WEIGHT_FILE",) if matrix.ram_style == "block" else ()
    if matrix.dsp_rows == matrix.pe:
        return Part(name, "mvtu", parameters, in_blocks=in_blocks)
    module = element_module(matrix)
    return Part(name, "mvtu", parameters, (Box("box_pe", f"t:{module}", element_ports(matrix)),), module,
                in_blocks=in_blocks)


def element_ports(matrix: Matrix) -> tuple[tuple[str, int, str], ...]:
    """The ports of a processing element."""
    serial = matrix.kind.serial
    bits = (1, 1) if serial else (matrix.input_bits, matrix.weight_bits)
    doublings = matrix.input_bits + matrix.weight_bits - 2 if serial else 0
    return (("input", 1, "aclk"), ("input", 1, "enable"), ("input", matrix.simd * bits[0], "inputs"),
            ("input", matrix.simd * bits[1], "weights"), ("input", 1, "accumulate"), ("input", 1, "first"),
            *((("input", 1, "twice"), ("input", 1, "start_bit")) if serial else ()),
            ("input", matrix.sum_width - doublings, "start"), ("output", matrix.sum_width, "sum"))


def streamed_part(matrix: MvtuStream) -> Part:
    """A folded layer with weights from DRAM, without its processing elements."""
    return Part(f"layer {matrix.layer}", "mvtu_stream", literals(matrix.parameters("")),
                (Box("box_pe", "t:mvtu_pe", element_ports(matrix)),), "mvtu_pe")


def element_module(matrix: Matrix) -> str:
    """The module of its processing elements."""
    return "mvtu_serial_pe" if matrix.kind.serial else "mvtu_pe"


def _weight_ports(matrix: Mvtu | MvtuStream) -> tuple[tuple[str, int, str], ...]:
    """The ports over which weights come, loaded or again and again."""
    if isinstance(matrix, Mvtu):
        return CHAIN
    return (("input", matrix.word_bits, f"{WORDS}_tdata"), ("input", 1, f"{WORDS}_tvalid"),
            ("output", 1, f"{WORDS}_tready"))


def network_parts(network: Network, plan: Plan) -> list[Part]:
    """The parts of a network."""
    plan = fitted(network, plan)
    net, matrices = plan.topology.name, plan.pipeline.matrices
    reads = [name for ip in plan.pipeline.ips if not isinstance(ip, Matrix) for name in ip_files(network, plan, ip)]
    folded = [matrix for matrix in matrices if isinstance(matrix, Mvtu)]
    unfolded = [matrix for matrix in matrices if isinstance(matrix, MvtuUnfolded)]
    streamed = plan.pipeline.streamed
    left_out: tuple[Mvtu | MvtuStream, ...] = (*folded, *streamed)
    boxes = tuple(
        Box(f"box_{m.layer}", f"u_{m.layer}",
            (*AXIS, *_weight_ports(m), ("input", m.s_width, "s_axis_tdata"), ("output", m.m_width, "m_axis_tdata")))
        for m in left_out)
    parts = [Part("top level", module_name(net), boxes=boxes,
                  left_out=" ".join(["mvtu"] * bool(folded) + ["mvtu_stream"] * bool(streamed)),
                  black_boxes=tuple(matrix.module_in(net) for matrix in unfolded), reads=tuple(reads))]
    for matrix in unfolded:
        parts += unfolded_parts(matrix.own(network.layers[matrix.layer]), matrix)
    elements: Counter[tuple[str, tuple[tuple[str, int], ...]]] = Counter()
    for m in left_out:
        parts.append(folded_part(m, net) if isinstance(m, Mvtu) else streamed_part(m))
        others = ("SERIAL", "SIGNED_INPUTS", "NARROW_WEIGHTS") if m.kind.serial else ()
        numbers = tuple((name, int(value)) for name, value in kind_parameters(m.kind).items() if name not in others)
        numbers += (("TWICE", 1),) * m.counts_two
        if isinstance(m, Mvtu) and m.run:
            numbers += (("RUN", m.run),)
        parameters = ("SIMD", m.simd), ("STAGES", m.stages), ("SUM_W", m.sum_width), *numbers
        elements[element_module(m), parameters] += m.pe - (m.dsp_rows if isinstance(m, Mvtu) else 0)
    for (module, parameters), times in (+elements).items():
        values = dict(parameters)
        bits = f" x {values['INPUT_W']} bits" if "INPUT_W" in values else ""
        bits += f", weights of {values['WEIGHT_W']} bits" if "WEIGHT_W" in values else ""
        parts.append(Part(f"{times} processing elements, SIMD {values['SIMD']}{bits}, {values['SUM_W']}-bit sums",
                          module, tuple((name, str(value)) for name, value in parameters), times=times))
    return parts


def script(part: Part, sources: Sources, boxes_file: Path) -> list[str]:
    """Yosys commands for a part; run in the folder with the memory files."""
    parameters = " ".join(f"-G {name}={value}" for name, value in part.parameters)
    includes = " ".join(f"-I {folder}" for folder in sources.include_folders)
    missing = (*part.black_boxes, *part.left_out.split())
    left_out = " ".join(f"--blackboxed-module {module}" for module in missing)
    files = " ".join(str(path) for path in sources.hdl)
    commands = [f"{READ_SLANG} --best-effort-hierarchy --top {part.top} {parameters} {left_out} {includes}"
                f" {files}"]
    if part.boxes:
        # A module left out loses its parameters, so a box of the very shape takes its place.
        commands.append(f"read_verilog -sv {boxes_file}")
        for box in part.boxes:
            cells = f"*/{box.selection}" if box.selection.startswith("t:") else f"{part.top}/c:{box.selection}"
            commands += [f"chtype -set {box.name} {cells}"]
        commands.append("unparameterize box_")
        commands += [f"delete ={module}" for module in part.left_out.split()]
    return [*commands,
            "check_drivers",
            f"setattr -mod -set keep_hierarchy 1 {' '.join(MAPPED_ALONE)}",
            f"map_xilinx -family {FAMILY} -flatten -noiopad -noclkbuf -top {part.top}",
            "setattr -mod -unset keep_hierarchy *",
            "flatten -noscopeinfo",
            "tee -q -o cells.json stat -json"]


def run_yosys(commands: list[str], folder: Path) -> Counter[str]:
    """Run Yosys in a process of its own; returns the cells of the design.

    Raises:
        FinnError: Yosys failed, with its last error line.
    """
    done = processes.run([sys.executable, "-m", "finn_rtl.tools.yosys"], folder, text="\n".join(commands))
    result = folder / "cells.json"
    if done.returncode or not result.is_file():
        errors = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line or "error:" in line]
        raise FinnError(f"Yosys failed: {errors[-1] if errors else f'status {done.returncode}'}")
    return Counter(json.loads(result.read_text(encoding="utf-8"))["design"]["num_cells_by_type"])


def code_of(path: Path) -> str:
    """The text of a file without its comments, which change nothing."""
    return re.sub(r"\s*//.*", "", path.read_text(encoding="utf-8"))


def needed_sources(top: str, sources: Sources) -> tuple[Path, ...]:
    """The HDL files that `top` is made of, in order of compilation; each is named after its one module or package.

    A name counts wherever it stands but in a comment: a file too many is harmless, one too few makes Yosys fail.
    """
    texts = {path.stem: code_of(path) for path in sources.hdl}
    found, new = set[str](), {top}
    while new:
        found |= new
        new = {word for name in new for word in re.findall(r"\w+", texts[name])} & set(texts) - found
    return tuple(path for path in sources.hdl if path.stem in found)


@dataclass(frozen=True)
class Job:
    """A part ready to run: Yosys' commands, the folder with all files that they read, and a hash of both."""

    commands: list[str]
    folder: Path
    key: str
    size: int


def ports_alone(text: str) -> str:
    """A module without its body, which slang would elaborate though it is left out: gigabytes for many constants.

    Args:
        text: a generated module; its ports end with a line of their own.
    """
    header, end, _ = text.partition("\n);\n")
    assert end, "a module has ports"
    return f"{header}{end}endmodule\n"


def alike(text: str) -> str:
    """A memory's contents with words in turn of zeros and of ones, but for bits that never change, which stay.

    Args:
        text: a line of hexadecimal digits for each word.
    """
    lines = text.split()
    words = [int(line, 16) for line in lines]
    always, ever = reduce(and_, words), reduce(or_, words)
    return "".join(f"{ever if place % 2 else always:0{len(line)}x}\n" for place, line in enumerate(lines))


def make_job(part: Part, sources: Sources, memories: Mapping[str, str], folder: Path) -> Job:
    """Fill a new folder with what a part is made of.

    Args:
        part: of a network.
        sources: of the network.
        memories: contents of its memory files by name, the value of a parameter where a part reads one.
        folder: for the files. A memory file is named after its parameter there, so that like layers are the same part.
    """
    folder.mkdir()
    hdl = needed_sources(part.top, sources)
    headers = [path for include in sources.include_folders for path in include.glob("*.svh")]
    for path in (*hdl, *headers):
        if path.stem in part.black_boxes:
            (folder / path.name).write_text(ports_alone(path.read_text(encoding="utf-8")), encoding="utf-8")
        else:
            shutil.copyfile(path, folder / path.name)
    for name in part.reads:
        (folder / name).write_text(memories[name], encoding="utf-8")
    parameters = []
    for name, value in part.parameters:
        file = value.strip('"')
        # The whole memory, or its slices, whose names begin like it.
        read = {f"{name}.mem{other.removeprefix(file)}": text for other, text in memories.items()
                if other == file or (file and other.startswith(f"{file}."))}
        for other, text in read.items():
            (folder / other).write_text(alike(text) if name in part.in_blocks else text, encoding="utf-8")
        parameters.append((name, f'"{name}.mem"' if read else value))
    boxes_file = Path("boxes.v")
    (folder / boxes_file).write_text("".join(box.verilog() for box in part.boxes), encoding="utf-8")
    copies = Sources(tuple(Path(path.name) for path in hdl), (Path(),), ())
    commands = script(replace(part, parameters=tuple(parameters)), copies, boxes_file)
    texts = [version("pyosys"), Path(__file__).with_name("yosys.py").read_text(encoding="utf-8"),
             inspect.getsource(run_yosys), *commands]
    for path in sorted(folder.iterdir()):
        texts += [path.name, code_of(path)]
    key = hashlib.sha256(json.dumps(texts).encode()).hexdigest()
    return Job(commands, folder, key, sum(map(len, texts)))


def _read_cells(key: str, raw: Any) -> Counter[str]:
    if not isinstance(raw, dict) or not raw or any(type(n) is not int or n < 0 for n in raw.values()):
        raise ValueError(f"{key}: holds no cells")
    return Counter(raw)


def kept_cells() -> Kept[str, Counter[str]] | None:
    """Where the cells of jobs are kept, by the keys of these; None for a user without a home."""
    store = results_store("synth")
    return None if store is None else Kept(store, key=str, write=dict, read=_read_cells)


def cells_of(job: Job, use_cache: bool = True) -> Counter[str]:
    """The cells of a job: those found before, or Yosys'.

    Raises:
        FinnError: Yosys failed.
    """
    kept = kept_cells() if use_cache else None
    cells = kept.get(job.key) if kept else None
    if cells is None:
        cells = run_yosys(job.commands, job.folder)
        if kept:
            kept.put(job.key, cells)
    return cells


def synthesize(network: Network, plan: Plan, progress: Callable[[str], None] = lambda _: None,
               workers: int | None = None, use_cache: bool = True, executor: Executor | None = None
               ) -> tuple[Usage, dict[str, Usage]]:
    """Synthesize a network; returns its usage and that of each part (of all its copies).

    Parts that are the same run once, the largest first.

    Args:
        network: weights and thresholds.
        plan: its folding.
        progress: called with the name of each part when it is done.
        workers: Yosys processes at once; None for as many as there are cores.
        use_cache: take what was found before, and keep what is found.
        executor: what runs Yosys instead of this machine.

    Raises:
        FinnError: a package is missing, or Yosys failed.
    """
    require("synth", "fusesoc", "pyosys")
    parts = network_parts(network, plan)
    with processes.workspace() as work:
        design = work / "design"
        files = render(network, plan)
        write_files(files, design)
        sources = core_sources(f"finn:built:{plan.topology.name}", [design])
        memories = {name: text for name, text in files.items() if name.endswith(".mem")}
        jobs = [make_job(part, sources, memories, work / f"part{i}") for i, part in enumerate(parts)]

        def done(job: Job) -> None:
            for part, other in zip(parts, jobs, strict=True):
                if other.key == job.key:
                    progress(part.name)

        def run(job: Job) -> Counter[str]:
            cells = cells_of(job, use_cache)
            done(job)
            return cells

        count = (os.cpu_count() or 1) if workers is None else workers
        # The size of what is read, mostly memories, is a measure of the time.
        distinct = sorted({job.key: job for job in jobs}.values(), key=lambda job: job.size, reverse=True)
        if executor is None:
            counted = processes.parallel(run, distinct, count)
        else:
            from finn_rtl.tools.synth_elsewhere import cells_of_all  # noqa: PLC0415 - for other machines alone

            counted = cells_of_all(executor, distinct, use_cache, done)
        cells = dict(zip((job.key for job in distinct), counted, strict=True))
    usages = [usage(cells[job.key]) * part.times for part, job in zip(parts, jobs, strict=True)]
    return sum(usages, Usage(0, 0, 0.0, 0)), {part.name: u for part, u in zip(parts, usages, strict=True)}


def synthesis_summary(plan: Plan, total: Usage, parts: dict[str, Usage]) -> dict[str, Any]:
    """Figures as plain data."""
    return {
        "net": plan.topology.name, "scenario": plan.scenario, "lut": total.lut, "ff": total.ff,
        "bram36": total.bram36, "dsp": total.dsp, "device": plan.device.name,
        "tool": f"pyosys {version('pyosys')} (read_slang, synth_xilinx -family {FAMILY})",
        "estimated_lut": round(plan.cost.lut), "estimated_bram36": plan.cost.bram36,
        "estimated_dsp": plan.cost.dsp,
        "parts": {name: {"lut": u.lut, "ff": u.ff, "bram36": u.bram36, "dsp": u.dsp} for name, u in parts.items()},
    }
