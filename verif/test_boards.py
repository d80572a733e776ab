# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The Zynq boards up to Vivado: project, block design, constraints, top level, and whether the network fits."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from finn_rtl.common.programs import tool_environment
from finn_rtl.driver.pynq import ADDRESSES, REGISTERS_SIZE
from finn_rtl.plan.devices import DEVICES
from finn_rtl.tools.eda import Sources
from finn_verif.lint import slang
from finn_verif.run import runner
from finn_verif.vivado.commands import WRAPPER
from finn_verif.vivado.constraints import check_constraints
from finn_verif.vivado.ips import AXIMM
from finn_verif.vivado.modules import axi_ports, empty_module
from finn_verif.vivado.project import Project
from finn_verif.vivado.tcl import ScriptError

pytestmark = pytest.mark.steady

NETS = ("sfc", "lfc", "cnv")


@dataclass(frozen=True)
class Board:
    """A board: its part, its device for the generator, clock in MHz, processor, files in order, top level."""

    part: str
    device: str
    clock_mhz: int
    machine: str
    scripts: tuple[str, ...]
    sources: tuple[str, ...]
    top: str


BOARDS = {
    "zc706": Board("xc7z045ffg900-2", "xc7z045", 200, "armv7l",
                   ("zynq/block_design.tcl", "zynq/zynq7.tcl", "zc706/zc706.tcl"), ("zynq/zynq7_top.sv",), "zynq7_top"),
    "pynq_z1": Board("xc7z020clg400-1", "xc7z020", 100, "armv7l",
                     ("zynq/block_design.tcl", "zynq/zynq7.tcl", "pynq_z1/pynq_z1.tcl"), ("zynq/zynq7_top.sv",),
                     "zynq7_top"),
    "kv260": Board("xck26-sfvc784-2LV-c", "xck26", 200, "aarch64",
                   ("zynq/block_design.tcl", "kv260/kv260.tcl"), ("kv260/kv260_top.sv",), "kv260_top"),
}
# What the top level expects of the accelerator.
ACCELERATOR = (
    ("input", 1, "aclk"), ("input", 1, "aresetn"), ("output", 1, "irq"),
    *axi_ports("s_axil", "Slave", {"PROTOCOL": "AXI4LITE", "ADDR_WIDTH": "12", "DATA_WIDTH": "32"}),
    *axi_ports("m_axi", "Master", {"ADDR_WIDTH": "32", "DATA_WIDTH": "64", "HAS_LOCK": "0", "HAS_QOS": "0",
                                          "HAS_REGION": "0"}))
# The port over which it reads weights from memory.
WEIGHTS = tuple(axi_ports("m_axi_weights", "Master", {
    "ADDR_WIDTH": "32", "DATA_WIDTH": "64", "HAS_LOCK": "0", "HAS_QOS": "0", "HAS_REGION": "0",
    "READ_WRITE_MODE": "READ_ONLY"}))
DEFINES = "FINN_ACCELERATOR=accelerator FINN_WEIGHTS=1"
QUIET = """`verilator_config
lint_off -file "*/finn_ps_wrapper.v"
lint_off -file "*/accelerator.v"
"""


def small_project(board: str, folder: Path, has_weights: bool = False) -> Path:
    """A project with an empty accelerator, of copies of a board's files; returns its script.

    With weights the accelerator reads some from memory; DEFINES are to be what Vivado answers then.
    """
    shutil.copytree(runner.ROOT / "cores" / "boards", folder, dirs_exist_ok=True)
    shutil.copy(runner.ROOT / "constraints" / board / f"{board}.xdc", folder)
    names = ["ADDR_W = 32", "DATA_W = 64", *["WEIGHTS_DATA_W = 64"] * has_weights]
    parameters = f"#({', '.join(f'parameter int {name}' for name in names)})"
    ports = (*ACCELERATOR, *WEIGHTS) if has_weights else ACCELERATOR
    (folder / "accelerator.v").write_text(empty_module("accelerator", ports, parameters))
    script = folder / "project.tcl"
    script.write_text("\n".join((
        "create_project small -force",
        f"set_property part {BOARDS[board].part} [current_project]",
        f"set_property verilog_define {{{DEFINES if has_weights else DEFINES.split()[0]}}} [get_filesets sources_1]",
        *(f"source {{{name}}}" for name in BOARDS[board].scripts),
        *(f"read_verilog -sv {{{name}}}" for name in (*BOARDS[board].sources, "accelerator.v")),
        f"read_xdc {{{board}.xdc}}",
        f"set_property top {BOARDS[board].top} [current_fileset]", "")))
    return script


def check(project: Project) -> list[str]:
    """All findings in a project: its script, the top level in slang and Verilator, the constraints."""
    wrapper = project.folder / f"{WRAPPER}.v"
    wrapper.write_text(project.wrapper())
    sources = [*project.sources, wrapper]
    findings = [*project.findings, *lint(project, sources)]
    ports, complaints = elaborate(project, sources)
    if complaints:
        return [*findings, *complaints]
    own = [f"{name}_" for name, port in project.interfaces.items() if port.kind != AXIMM]
    return [*findings, *(finding for file in project.constraints
                         for finding in check_constraints(file, ports, own))]


def empty(network: Path) -> None:
    """Leaves a network's ports and nothing behind them."""
    head, mark, _ = network.read_text().partition("\n);\n")
    network.write_text(f"// verilator lint_off UNDRIVEN\n// verilator lint_off UNUSED\n{head}{mark}endmodule\n")


def elaborate(project: Project, sources: list[Path]) -> tuple[dict[str, int], list[str]]:
    """Bits of the top level's ports, and what slang says when it refuses the sources."""
    top, result = project.settings["top"], project.folder / "ports.txt"
    result.unlink(missing_ok=True)
    words = [f"-D {define}" for define in project.defines] + [f"-I {path}" for path in project.includes]
    commands = [f"read_slang --threads 1 --top {top} {' '.join([*words, *map(str, sources)])}",
                f"tee -q -o {result} dump {top}/x:*"]
    done = subprocess.run([sys.executable, "-m", "finn_rtl.tools.yosys"], input="\n".join(commands), cwd=project.folder,
                          capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        said = (done.stdout + done.stderr).splitlines()
        return {}, [line for line in said if "error" in line.lower()] or said
    wires = re.findall(r"wire (?:width (\d+) )?(?:\w+ )*?(?:input|output|inout) \d+ (?:\w+ )*\\(\w+)",
                       result.read_text())
    return {name: int(width or 1) for width, name in wires}, []


def lint(project: Project, sources: list[Path]) -> list[str]:
    """What Verilator and slang say against the sources."""
    quiet = project.folder / "quiet.vlt"
    quiet.write_text(QUIET)
    with runner.environment():
        status, text = runner.capture(
            ["verilator", "--lint-only", "-Wall", "--quiet", "--top-module", project.settings["top"],
             *(f"-D{define}" for define in (*project.defines, "FINN_PLAIN_SUMS")),
             *(f"-I{path}" for path in project.includes),
             *map(str, (quiet, *project.folder.glob("src/*/*.vlt"), *sources))], project.folder)
    findings = text.splitlines() if status else []
    if not slang(Sources(tuple(sources), tuple(project.includes), ()), project.settings["top"],
                 defines=project.defines):
        findings.append("slang has findings; see standard error")
    return findings


def set_up(net: str, board: str, folder: Path, root: Path = runner.ROOT) -> str:
    """Let FuseSoC write the project of a network on a board; returns the project's name."""
    program = "import sys; from fusesoc.main import main; sys.exit(main())"
    environment = tool_environment()
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        [sys.executable, "-c", program, "run", "--setup", f"--target={board}", f"--work-root={folder}",
         f"finn:net:{net}"], cwd=root, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.eda.yml")).name.removesuffix(".eda.yml")


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("net", NETS)
def test_network_on_board(board: str, net: str) -> None:
    """`fusesoc run --target=BOARD finn:net:NET` as far as it goes without Vivado.

    One is looked at with all that is in it; the others with an empty network, which is linted by itself elsewhere.
    """
    folder = runner.folder(f"boards/{net}_{board}")
    shutil.rmtree(folder)
    name = set_up(net, board, folder)
    project = Project(folder / f"{name}.tcl")
    if (net, board) != ("cnv", "pynq_z1"):
        empty(next(path for path in project.sources if path.name == f"finn_{net}.sv"))
    findings = check(project)
    assert not findings, "\n".join(findings)
    assert project.settings["part"] == BOARDS[board].part
    assert project.spaces["ps/Data"] == [("control/Reg", ADDRESSES[BOARDS[board].machine], REGISTERS_SIZE)]
    assert project.defines == [f"FINN_ACCELERATOR=finn_{net}_axi"]
    # Vivado finds what $readmemh names only among the files of the project.
    assert {path.name for path in project.memories} == {path.name for path in folder.glob("*.mem")} != set()
    steps = subprocess.run(["make", "-n"], cwd=folder, capture_output=True, text=True, check=True).stdout
    assert f"-source {name}.tcl" in steps
    assert f"{name}_run.tcl {name}.xpr" in steps

    plan = json.loads((folder / f"finn_{net}" / "plan.json").read_text())
    device = DEVICES[BOARDS[board].device]
    assert plan["device"] == device.name
    assert plan["estimated_lut"] <= device.lut
    assert plan["estimated_bram36"] <= device.bram36
    clocks = [value for key, value in project.cells["ps"].settings.items() if re.search("FPGA0.*MHZ|PL0.*MHZ", key)]
    assert clocks == [str(BOARDS[board].clock_mhz)] == [f"{plan['clock_mhz']:g}"]


@pytest.mark.parametrize("board", BOARDS)
def test_board_with_any_accelerator(board: str, tmp_path: Path) -> None:
    """A board's own files."""
    findings = check(Project(small_project(board, tmp_path)))
    assert not findings, "\n".join(findings)


@pytest.mark.parametrize("board", BOARDS)
def test_board_with_weights_in_memory(board: str, tmp_path: Path) -> None:
    """The accelerator's second port leads to a port of the memory of its own."""
    project = Project(small_project(board, tmp_path, True), {"get_property verilog_define": DEFINES})
    findings = check(project)
    assert not findings, "\n".join(findings)
    memory, weights = (project.behind(name) for name in ("memory", "weights"))
    assert len(memory) == len(weights) == 1 and memory != weights
    assert [place[1:] for place in project.spaces["weights"]] == [place[1:] for place in project.spaces["memory"]]
    # Without the macro there is none.
    assert "weights" not in Project(small_project(board, tmp_path)).interfaces


@pytest.mark.parametrize(("board", "layers"), [("pynq_z1", "fc1"), ("kv260", "fc1, fc2")])
def test_network_with_weights_in_memory(board: str, layers: str, tmp_path: Path) -> None:
    """What the pages of the board and of the generator say that a network's core needs for it, is enough."""
    ips = ["finn:ip:axi_host", "finn:ip:mvtu_stream", "finn:ip:weight_reader",
           *["finn:ip:axi_read_arbiter"] * ("," in layers)]
    root = runner.changed_library(
        tmp_path / "checkout", "cores/sfc/sfc.core", (f"[finn:ip:axi_host, finn:board:{board}]",
                                                      f"[{', '.join(ips)}, finn:board:{board}]"),
        ("    description: Module that a board's top level instantiates\n",
         "    description: Module that a board's top level instantiates\n"
         "  FINN_WEIGHTS: {datatype: int, paramtype: vlogdefine}\n"),
        (f"  sfc_{board}:\n    generator: finn_network\n    parameters: {{topology: sfc.json, ",
         f"  sfc_{board}:\n    generator: finn_network\n    parameters: {{dram: 400000000, from_dram: [{layers}],"
         " topology: sfc.json, "), ("scenario: max, device", "fps: 10000, device"), ("fps: 400000", "fps: 10000"),
        ("[FINN_ACCELERATOR=finn_sfc_axi]", "[FINN_ACCELERATOR=finn_sfc_axi, FINN_WEIGHTS=1]"))
    folder = tmp_path / "project"
    name = set_up("sfc", board, folder, root)
    defines = ["FINN_ACCELERATOR=finn_sfc_axi", "FINN_WEIGHTS=1"]
    project = Project(folder / f"{name}.tcl", {"get_property verilog_define": " ".join(defines)})
    assert project.defines == defines
    findings = check(project)
    assert not findings, "\n".join(findings)
    # Those that come from memory are no memory contents of the project.
    streamed = {f"sfc__{layer}_weights" for layer in layers.split(", ")}
    assert {path.stem for path in (folder / "finn_sfc").glob("*.bin")} == streamed
    assert {path.name for path in project.memories} == {path.name for path in folder.glob("*.mem")} != set()
    assert not streamed & {path.stem for path in project.memories}


# Of what is there with weights alone.
WEIGHTS_SLIPS = [
    ("zc706", "zynq/block_design.tcl", "append buses :weights", "", "not on one clock"),
    ("zc706", "zynq/block_design.tcl", "{CONFIG.READ_WRITE_MODE READ_ONLY}", "{}", "weights_wdata"),
    ("zc706", "zynq/block_design.tcl", "[list ps/$weights_clock weights_link/aclk]", "weights_link/aclk",
     "ps/S_AXI_HP2_ACLK: not connected"),
    ("zc706", "zynq/block_design.tcl", "ps/$weights_segment", "ps/$memory_segment", "address space weights"),
    ("zc706", "zynq/zynq7.tcl", "PCW_USE_S_AXI_HP2 1", "PCW_USE_S_AXI_HP2 0", "no interface 'ps/S_AXI_HP2'"),
    ("zc706", "zynq/zynq7_top.sv", "  logic                weights_rlast;\n", "", "weights_rlast"),
    ("kv260", "kv260/kv260.tcl", "PSU__USE__S_AXI_GP3 1", "PSU__USE__S_AXI_GP3 0", "no interface 'ps/S_AXI_HP1_FPD'"),
    ("kv260", "kv260/kv260.tcl", "SAXIGP3/HP1_DDR_LOW", "SAXIGP2/HP0_DDR_LOW", "address space weights"),
    ("kv260", "kv260/kv260_top.sv", ".m_axi_weights_arvalid(weights_arvalid)", ".m_axi_weights_arvalid(weights_rlast)",
     "weights_arvalid"),
]


@pytest.mark.parametrize(("board", "file", "old", "new", "message"), WEIGHTS_SLIPS)
def test_slip_with_weights_is_found(board: str, file: str, old: str, new: str, message: str, tmp_path: Path) -> None:
    """Each of some mistakes in what is there for weights."""
    script = small_project(board, tmp_path, True)
    path = tmp_path / file
    assert path.read_text().count(old) == 1
    path.write_text(path.read_text().replace(old, new))
    try:
        findings = check(Project(script, {"get_property verilog_define": DEFINES}))
    except ScriptError as error:
        findings = [str(error)]
    assert any(message in finding for finding in findings), findings


def test_missing_board_files(tmp_path: Path) -> None:
    """The KV260's script says what to install."""
    with pytest.raises(ScriptError, match="no board files of the KV260.*\n?.*xhub::install"):
        Project(small_project("kv260", tmp_path), {"get_board_parts": ""})


def test_missing_ip(tmp_path: Path) -> None:
    """A Vivado without one of the IPs is told apart from a broken script."""
    with pytest.raises(ScriptError, match="no IP xilinx.com:ip:processing_system7"):
        Project(small_project("zc706", tmp_path), {"get_ipdefs": ""})


DESIGN, ZYNQ7, TOP = "zynq/block_design.tcl", "zynq/zynq7.tcl", "zynq/zynq7_top.sv"
# Board, file, a text in it, what stands there instead, and a part of what is said then.
SLIPS = [
    ("zc706", DESIGN, "smartconnect $name", "smartconect $name", "no IP xilinx.com:ip:smartconect"),
    ("zc706", DESIGN, "create_bd_port -dir O -type rst aresetn\n", "", "no port 'aresetn'"),
    ("zc706", DESIGN, "-type intr irq", "-type clk irq", "irq has no property CONFIG.SENSITIVITY"),
    ("zc706", DESIGN, "create_bd_port -dir I", "create_bd_port -dir O", "not one driver"),
    ("zc706", DESIGN, "finn_net ps/$reset ps_reset/ext_reset_in", "", "ps_reset/ext_reset_in: not connected"),
    ("zc706", DESIGN, "ps_reset/ext_reset_in", "ps_reset/ext_resetn", "no pin 'ps_reset/ext_resetn'"),
    ("zc706", DESIGN, "finn_net ps/$reset", "finn_net ps/$clock", "different kinds"),
    ("zc706", DESIGN, "ps/$memory_clock ps_reset", "ps_reset", "ps/S_AXI_HP0_ACLK: not connected"),
    ("zc706", DESIGN, "connect_bd_net [get_bd_pins ps/$clock] [get_bd_ports aclk]", "", "port aclk: not connected"),
    ("zc706", DESIGN, "connect_bd_net [get_bd_ports irq]", "connect_bd_net [get_bd_ports aresetn]", "different kinds"),
    ("zc706", DESIGN, "$name/M00_AXI] $sink", "$name/M00_AXI] $source", "is connected already"),
    ("zc706", DESIGN, "finn_link control_link [get_bd_intf_pins ps/$control] [get_bd_intf_ports control]",
     "finn_link control_link [get_bd_intf_ports control] [get_bd_intf_pins ps/$control]", "do not fit"),
    ("zc706", DESIGN, "set buses control:memory", "set buses control", "not on one clock"),
    ("zc706", DESIGN, "CONFIG.PROTOCOL AXI4LITE", "CONFIG.PROTOCOL AXI5", "no property CONFIG.PROTOCOL"),
    ("zc706", DESIGN, "32 CONFIG.DATA_WIDTH 64", "40 CONFIG.DATA_WIDTH 64", "WIDTH"),
    ("zc706", DESIGN, "CONFIG.DATA_WIDTH 64", "CONFIG.DATA_WIDTH 128", "WIDTH"),
    ("zc706", DESIGN, "CONFIG.HAS_QOS 0 ", "", "memory_arqos"),
    ("zc706", DESIGN, "-range 0x1000", "-range 0x1800", "not a power of two"),
    ("zc706", DESIGN, "[get_bd_addr_segs control/Reg]", "[get_bd_addr_segs control/Mem]", "no address segment"),
    ("zc706", DESIGN, "    validate_bd_design\n", "", "not validated"),
    ("zc706", DESIGN, "    save_bd_design\n", "    save_bd_desing\n", 'invalid command name "save_bd_desing"'),
    ("zc706", DESIGN, "create_bd_cell -type ip", "create_bd_cell -typ ip", "no option -typ"),
    ("zc706", DESIGN, "    add_files -norecurse [make_wrapper -files $file -top]\n", "", "the block design is only"),
    ("zc706", ZYNQ7, "PCW_USE_S_AXI_HP0 1", "PCW_USE_S_AXI_HPO 1", "no property CONFIG.PCW_USE_S_AXI_HPO"),
    ("zc706", ZYNQ7, "PCW_USE_S_AXI_HP0 1", "PCW_USE_S_AXI_HP0 0", "no interface 'ps/S_AXI_HP0'"),
    ("zc706", ZYNQ7, "CONFIG.PCW_IRQ_F2P_INTR 1", "CONFIG.PCW_IRQ_F2P_INTR 0", "no pin 'ps/IRQ_F2P'"),
    ("zc706", ZYNQ7, "[get_bd_intf_ports ddr]", "[get_bd_intf_ports fixed_io]", "do not fit"),
    ("zc706", ZYNQ7, "control_offset 0x40000000", "control_offset 0x80000000", "nothing that the processor can reach"),
    ("zc706", ZYNQ7, "ddrx_rtl:1.0 ddr\n", "ddrx_rtl:1.0 DDR\n", "'DDR' is no name"),
    ("zc706", "zc706/zc706.tcl", "{CONFIG.preset ZC706}", "{CONFIG.preset ZC707}", "'ZC707'"),
    ("zc706", "zc706/zc706.tcl", "0x40000000", "0x40000000000", "more than the addresses of memory"),
    ("zc706", "zc706/zc706.tcl", "{CONFIG.preset ZC706}", "{CONFIG.preset ZC706", "missing close-brace"),
    ("pynq_z1", "pynq_z1/pynq_z1.tcl", "{MIO 40 .. 45}", "{MIO 40 - 45}", "'MIO 40 - 45'"),
    ("kv260", "kv260/kv260.tcl", "CONFIG.PSU__USE__M_AXI_GP1 0\n", "", "ps/maxihpm1_fpd_aclk: not connected"),
    ("kv260", "kv260/kv260.tcl", "set_property board_part $board [current_project]", "", "automation"),
    ("kv260", "kv260/kv260.tcl", "SAXIGP2/HP0_DDR_LOW", "SAXIGP3/HP1_DDR_LOW", "no address segment"),
    ("zc706", TOP, "  logic  [3:0] control_wstrb;\n", "", "control_wstrb"),
    ("zc706", TOP, "      .*\n", "      .irk(irq),\n      .*\n", "irk"),
    ("zc706", TOP, "      .control_araddr({", "      .control_awprot(),\n      .control_araddr({", "control_awprot"),
    ("zc706", TOP, "inout wire [53:0] fixed_io_mio", "inout wire [31:0] fixed_io_mio", "fixed_io_mio"),
    ("zc706", TOP, "logic  [2:0] control_arprot", "logic  [1:0] control_arprot", "control_arprot"),
    ("zc706", "zc706.xdc", "led[1]}]\nset_false", "led[2]}]\nset_false", "no port led[2]"),
    ("zc706", "zc706.xdc", "get_ports {led[0]}", "get_ports {leds[0]}", "no port leds[0]"),
    ("zc706", "zc706.xdc", "PACKAGE_PIN Y21", "PACKAGE_PIN W21", "pin W21 is led[0] and led[1]"),
    ("zc706", "zc706.xdc", "PACKAGE_PIN Y21 ", "", "led[0]: no PACKAGE_PIN"),
    ("zc706", "zc706.xdc", "W21 IOSTANDARD LVCMOS25", "W21", "led[1]: no IOSTANDARD"),
    ("zc706", "zc706.xdc", "LVCMOS25", "LVCMOS26", "'LVCMOS26'"),
    ("zc706", "zc706.xdc", "set_false_path", "set_falsepath", 'invalid command name "set_falsepath"'),
    ("zc706", "zc706.xdc", "-to [", "-too [", "no option -too"),
    ("kv260", "kv260.xdc", "GENERAL.COMPRESS", "GENERAL.COMPRES", "no property BITSTREAM.GENERAL.COMPRES"),
]


@pytest.mark.parametrize(("board", "file", "old", "new", "message"), SLIPS)
def test_slip_is_found(board: str, file: str, old: str, new: str, message: str, tmp_path: Path) -> None:
    """Each of many mistakes in a board's files is found."""
    script = small_project(board, tmp_path)
    path = tmp_path / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    try:
        findings = check(Project(script))
    except ScriptError as error:
        findings = [str(error)]
    assert any(message in finding for finding in findings), findings
