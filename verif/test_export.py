# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Exported folders by themselves: elaborated, packaged as far as that goes without Vivado, and simulated."""

from __future__ import annotations

import functools
import json
import re
import shutil
import tempfile
from pathlib import Path

import pytest

from finn_rtl import export_ip, export_network, prepare
from finn_rtl.exports.package import ip_names
from finn_rtl.output.accelerator import HOSTS
from finn_verif.run import runner
from finn_verif.vivado import tcl
from finn_verif.vivado.commands import split
from finn_verif.vivado.ips import AXI4
from finn_verif.vivado.tcl import Call, ScriptError

pytestmark = pytest.mark.steady

# IPs with their parameters, by what they are called here; networks as "NET", "NET axi", "NET uart", and with "dram",
# whose weights come from there, or "dram2", those of two layers.
IPS: dict[str, tuple[str, dict[str, str]]] = {
    **{name: (name, {}) for name in ip_names()},
    "swu_parallel": ("swu_parallel", {}),
    "axis_fork 3": ("axis_fork", {"OUTPUTS": "3", "WIDTH": "12"}),
    "axis_fifo 12": ("axis_fifo", {"WIDTH": "12", "DEPTH": "64", "STYLE": "block"}),
    "mvtu 8 bits": ("mvtu", {"INPUT_W": "8", "SIMD": "4", "THRESHOLDS": "3"}),
}
NETWORKS = ("digits", "digits axi", "digits uart", "digits dram", "digits axi dram", "digits axi dram2")
FROM_DRAM = {"dram": ("fc1",), "dram2": ("fc0", "fc1")}
COPIES = tempfile.TemporaryDirectory(prefix="finn-rtl-")


@functools.cache
def exported(what: str) -> Path:
    """The folder of an export, outside the checkout."""
    folder = Path(COPIES.name) / what.replace(" ", "_")
    if what in IPS:
        name, parameters = IPS[what]
        export_ip(name, folder, parameters)
    else:
        net, *options = what.split()
        layers = tuple(layer for option in options for layer in FROM_DRAM.get(option, ()))
        network, plan = prepare(net, fps=10_000, dram=1e9, from_dram=layers) if layers else prepare(net, "fix")
        export_network(network, plan, folder, next((host for host in HOSTS if host in options), None))
    return folder


def wrapper_of(folder: Path) -> str:
    """Name of the wrapper."""
    [path] = folder.glob("*.v")
    return path.stem


@pytest.mark.parametrize("simulator", runner.simulators())
@pytest.mark.parametrize("what", [*IPS, *NETWORKS])
def test_elaboration(what: str, simulator: str, tmp_path: Path) -> None:
    """files.f is enough, with all warnings on, and nothing in the folder knows of the checkout."""
    folder = exported(what)
    assert elaborate(folder, simulator, tmp_path) == ""
    for path in folder.iterdir():
        text = path.read_bytes().decode(errors="replace")
        assert str(runner.ROOT) not in text, path
        assert path.suffix not in (".sv", ".svh", ".v") or text.startswith("// SPDX-License-Identifier: Apache-2.0\n")


def elaborate(folder: Path, simulator: str, work: Path) -> str:
    """What a simulator says against a folder."""
    runner.require(simulator)
    name = wrapper_of(folder)
    with runner.environment():
        if simulator == "verilator":
            status, text = runner.capture(
                ["verilator", "--lint-only", "-Wall", "--quiet", "--top-module", name, "-f", "files.f"], folder)
            return text if status else ""
        image = str(work / "design")
        status, text = runner.capture(["iverilog", "-g2012", "-o", image, "-s", name, "-f", "files.f"], folder)
        if status:
            return text
        status, text = runner.capture(["vvp", "-n", image], folder)
        return text if status else ""


# Vivado's commands in package.tcl: options, True where a value follows.
CORE: dict[str, dict[str, bool]] = {f"ipx::{name}": {} for name in (
    "create_xgui_files", "update_checksums", "check_integrity", "save_core")}
COMMANDS: dict[str, dict[str, bool]] = {
    "create_project": {"-in_memory": False}, "close_project": {}, "add_files": {"-norecurse": False},
    "set_property": {}, "current_fileset": {}, "update_compile_order": {"-fileset": True}, "ipx::current_core": {},
    "ipx::package_project": {"-root_dir": True, "-vendor": True, "-library": True, "-taxonomy": True, "-force": False},
    "ipx::get_bus_interfaces": {"-of_objects": True}, "ipx::get_file_groups": {"-of_objects": True},
    "ipx::get_files": {"-of_objects": True}, "ipx::add_file": {},
    "ipx::associate_bus_interfaces": {"-busif": True, "-clock": True, "-reset": True}, **CORE}
# The packager leaves out memory contents here.
ANSWERS = {"ipx::get_files": ""}
SYNTHESIS, SIMULATION = "xilinx_anylanguagesynthesis", "xilinx_anylanguagebehavioralsimulation"
PROPERTIES = {"name": r"\w+", "version": r"\d+\.\d+", "display_name": r"\w+", "description": ".+",
              "vendor_display_name": ".+", "supported_families": "", "auto_family_support_level": "level_2"}
# Signals of a bus, and whether the master drives them.
BUSES = {"axis": {"tdata": True, "tkeep": True, "tlast": True, "tuser": True, "tvalid": True, "tready": False},
         "aximm": {name: from_master for name, _, from_master in AXI4}}
SINGLE = {"clock": "CLK", "reset": "RST", "interrupt": "INTERRUPT"}
PORT = re.compile(r"((?: *\(\* .* \*\)\n)*) *(input|output) wire (?:\[(\d+):0\] )?(\w+),?\n")
INFO = re.compile(r'X_INTERFACE_INFO = "xilinx.com:(interface|signal):(\w+):1.0 (\w+) (\w+)"')
SETTINGS = re.compile(r'X_INTERFACE_PARAMETER = "XIL_INTERFACENAME (\w+), ([\w :,]+)"')


def check_wrapper(text: str) -> tuple[set[str], list[str]]:
    """Names of a wrapper's buses, and what is wrong with its attributes."""
    findings = []
    ports = {name: (direction, int(left or 0) + 1, attributes)
             for attributes, direction, left, name in PORT.findall(text)}
    found: dict[str, dict[str, str]] = {}
    masters: dict[str, set[bool]] = {}
    settings: dict[str, dict[str, str]] = {}
    for port, (direction, width, attributes) in ports.items():
        for group, kind, name, signal in INFO.findall(attributes):
            found.setdefault(name, {})[signal.lower()] = kind
            if group == "signal":
                if SINGLE.get(kind) != signal or name != port:
                    findings.append(f"{port}: {kind} {name} {signal}")
                continue
            if port != f"{name}_{signal.lower()}" or signal.lower() not in BUSES[kind]:
                findings.append(f"{port}: {kind} {name} {signal}")
                continue
            masters.setdefault(name, set()).add((direction == "output") == BUSES[kind][signal.lower()])
            if signal == "TDATA" and width % 8:
                findings.append(f"{port}: {width} bits are no whole bytes")
        for name, pairs in SETTINGS.findall(attributes):
            settings[name] = dict(pair.split(" ", 1) for pair in pairs.split(", "))
    findings += [f"{name}: signals of a master and of a slave" for name, kinds in masters.items() if len(kinds) > 1]
    for name, signals in found.items():
        kind = next(iter(signals.values()))
        if kind == "axis" and not {"tvalid", "tready"} <= signals.keys():
            findings.append(f"{name}: no handshake")
        if kind == "aximm":
            lite = not {"awlen", "arlen"} & signals.keys()
            data, address = (next(ports[f"{name}_{signal}"][1] for signal in pair if signal in signals)
                             for pair in (("wdata", "rdata"), ("awaddr", "araddr")))
            given = settings.get(name, {})
            if given | {"PROTOCOL": "AXI4LITE" if lite else "AXI4", "DATA_WIDTH": str(data),
                        "ADDR_WIDTH": str(address)} != given:
                findings.append(f"{name}: settings {given}")
    buses = set(masters)
    associated = settings.get("aclk", {}).get("ASSOCIATED_BUSIF", "")
    if sorted(associated.split(":") if associated else []) != sorted(buses):
        findings.append(f"aclk: associated with {associated}")
    if "aresetn" in ports and settings.get("aclk", {}).get("ASSOCIATED_RESET") != "aresetn":
        findings.append("aclk: not associated with the reset")
    ungrouped = [port for port in ports if re.search("axi", port) and not INFO.search(ports[port][2])]
    return buses, findings + [f"{port}: in no interface" for port in ungrouped]


def check_package(folder: Path) -> list[str]:
    """What is wrong with package.tcl and the wrapper of a folder."""
    name = wrapper_of(folder)
    text = (folder / f"{name}.v").read_text()
    buses, findings = check_wrapper(text)
    ports = {port for _, _, _, port in PORT.findall(text)}
    memories = {path.name for path in folder.glob("*.mem")}
    wanted = {path.name for kind in ("sv", "svh", "v") for path in folder.glob(f"*.{kind}")} | memories
    added: list[str] = []
    associated: list[str] = []
    given: dict[str, str] = {}
    groups = {SYNTHESIS: set[str](), SIMULATION: set[str]()}

    def take(call: Call) -> None:
        options, words = split(call, COMMANDS)
        match call.command:
            case "add_files":
                added.extend(file for word in words for file in word.split())
            case "set_property" if words[-1] == "current_fileset":
                given[words[0]] = words[1]
            case "set_property":
                assert words[-1] == "ipx::current_core"
                assert re.fullmatch(PROPERTIES[words[0]], words[1]), words
                given[f"core {words[0]}"] = words[1]
            case "ipx::package_project":
                assert options == {"-root_dir": str(folder.resolve()), "-vendor": "finn", "-library": "ip",
                                   "-taxonomy": "/UserIP", "-force": ""}
            case "ipx::get_bus_interfaces":
                assert words[0] in buses, f"no interface {words[0]}"
            case "ipx::associate_bus_interfaces":
                associated.append(options.get("-busif", ""))
                assert {options["-clock"], options.get("-reset", "aresetn")} <= ports, options
            case "ipx::get_file_groups":
                assert words[0] in groups, f"no group {words[0]}"
            case "ipx::add_file":
                # What get_file_groups answers is its last argument.
                target = next(group for group in groups if words[0] not in groups[group])
                groups[target].add(words[0])
            case command if command in CORE:
                assert words == ["ipx::current_core"]

    calls = tcl.run(folder / "package.tcl", folder, COMMANDS, ANSWERS)
    for call in calls:
        try:
            take(call)
        except (AssertionError, ValueError, KeyError, StopIteration) as error:
            findings.append(f"{call.place}: {call.command}: {error!r}")
    if sorted(added) != sorted(wanted):
        findings.append(f"files: {sorted(wanted ^ set(added))}")
    if given.get("top") != name or given.get("core name") != name or len(given) != len(PROPERTIES) + 1:
        findings.append(f"properties: {given}")
    if sorted(associated) != sorted({*buses, *({""} if "aresetn" in ports else set())}):
        findings.append(f"associated: {associated}, there are {sorted(buses)}")
    if any(group != memories for group in groups.values()):
        findings.append(f"memory contents: {groups}")
    order = [call.command for call in calls]
    steps = ["create_project", "add_files", "ipx::package_project", "ipx::create_xgui_files", "ipx::update_checksums",
             "ipx::check_integrity", "ipx::save_core", "close_project"]
    if [command for command in dict.fromkeys(order) if command in steps] != steps or order[-1] != steps[-1]:
        findings.append(f"order: {order}")
    return findings


def test_streams_side_by_side() -> None:
    """Each is an interface of its own, filled up to whole bytes, and in its place of the module's port."""
    text = (exported("axis_fork 3") / "axis_fork_ip.v").read_text()
    assert check_wrapper(text)[0] == {"s_axis", "m_axis_0", "m_axis_1", "m_axis_2"}
    assert ".m_axis_tdata({m_axis_2_tdata[11:0], m_axis_1_tdata[11:0], m_axis_0_tdata[11:0]})" in text
    assert ".m_axis_tready({m_axis_2_tready, m_axis_1_tready, m_axis_0_tready})" in text


@pytest.mark.parametrize("what", [*IPS, *NETWORKS])
def test_package(what: str) -> None:
    """package.tcl runs; its files, ports and interfaces are there."""
    assert check_package(exported(what)) == []


TCL, V = "package.tcl", "finn_digits_axi_ip.v"
# File, a text in it, what stands there instead, and a part of what is said then.
SLIPS = [
    (TCL, "    finn_pkg.sv\n", "", "finn_pkg.sv"),
    (TCL, "    finn_check.svh\n", "    finn_checks.svh\n", "finn_checks.svh"),
    (TCL, "    digits__fc0_weights.mem\n", "", "digits__fc0_weights.mem"),
    (TCL, "top finn_digits_axi_ip", "top finn_digits_axi", "properties"),
    (TCL, "foreach name {s_axil m_axi}", "foreach name {s_axil}", "associated"),
    (TCL, "foreach name {s_axil m_axi}", "foreach name {s_axil m_axis}", "no interface m_axis"),
    (TCL, "$name -clock aclk", "$name -clock clk", "'-clock': 'clk'"),
    (TCL, "-reset aresetn", "-reset areset", "areset"),
    (TCL, "associate_bus_interfaces -busif", "associate_bus_interface -busif", "invalid command name"),
    (TCL, "-taxonomy", "-taxonmy", "no option -taxonmy"),
    (TCL, "-root_dir [pwd]", "-root_dir ..", "-root_dir"),
    (TCL, " xilinx_anylanguagebehavioralsimulation", "", "memory contents"),
    (TCL, SYNTHESIS, "xilinx_synthesis", "no group xilinx_synthesis"),
    (TCL, "version 0.1", "version 1", "version"),
    (TCL, "ipx::update_checksums $core\n", "", "order"),
    (TCL, "{s_axil m_axi} {", "{s_axil m_axi} {{", "missing close-brace"),
    (V, "ASSOCIATED_BUSIF s_axil:m_axi,", "ASSOCIATED_BUSIF s_axil,", "aclk: associated with s_axil"),
    (V, "ASSOCIATED_RESET aresetn", "ASSOCIATED_RESET reset", "aclk: not associated with the reset"),
    (V, "1.0 m_axi AWADDR", "1.0 m_axi ARADDR", "m_axi_awaddr: aximm m_axi ARADDR"),
    (V, "1.0 m_axi WDATA", "1.0 s_axil WDATA", "m_axi_wdata: aximm s_axil WDATA"),
    (V, "PROTOCOL AXI4LITE", "PROTOCOL AXI4", "s_axil: settings"),
    (V, "DATA_WIDTH 64", "DATA_WIDTH 32", "m_axi: settings"),
    (V, "1.0 irq INTERRUPT", "1.0 irq IRQ", "irq: interrupt irq IRQ"),
    (V, "input wire s_axil_awvalid", "output wire s_axil_awvalid", "s_axil: signals of a master and of a slave"),
    (V, '    (* X_INTERFACE_INFO = "xilinx.com:interface:aximm:1.0 m_axi WLAST" *)\n', "", "m_axi_wlast: in no"),
]


@pytest.mark.parametrize(("file", "old", "new", "message"), SLIPS)
def test_slip_is_found(file: str, old: str, new: str, message: str, tmp_path: Path) -> None:
    """Each of many mistakes in the script and in the wrapper's attributes is found."""
    folder = broken("digits axi", file, old, new, tmp_path)
    try:
        findings = check_package(folder)
    except ScriptError as error:
        findings = [str(error)]
    assert any(message in finding for finding in findings), findings


def broken(what: str, file: str, old: str, new: str, tmp_path: Path) -> Path:
    """A copy of an export with another text in a file."""
    folder = tmp_path / "broken"
    shutil.copytree(exported(what), folder)
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new))
    return folder


@pytest.mark.parametrize(("old", "new"), [
    ("      .m_axis_tlast(m_axis_tlast),\n", ""), ("(s_axis_tdata[11:0])", "(s_axis_tdata)"),
    ("wire [15:0] m_axis_tdata", "wire [7:0] m_axis_tdata"), ("  assign m_axis_tdata[15:12] = 0;\n", ""),
    (".s_axis_tvalid(s_axis_tvalid)", ".s_axis_tvalid(s_axis_tlast)"), (".WIDTH(12)", ".WIDTH(11)")])
def test_slip_in_connections_is_found(old: str, new: str, tmp_path: Path) -> None:
    """A wrapper that leaves out a port, a bit or a width."""
    if "verilator" not in runner.simulators():
        pytest.skip("Icarus does not warn of these")
    assert elaborate(broken("axis_fifo 12", "axis_fifo_ip.v", old, new, tmp_path), "verilator", tmp_path)


def test_missing_interface() -> None:
    """A Vivado that finds no interfaces is told apart from a broken script."""
    folder = exported("digits axi")
    with pytest.raises(ScriptError, match="Vivado did not find the interface m_axi in finn_digits_axi_ip.v"):
        tcl.run(folder / TCL, folder, COMMANDS, {**ANSWERS, "ipx::get_bus_interfaces m_axi": ""})


BENCH = """
module bench;
  reg aclk = 0, aresetn = 0;
  reg [{data}:0] beats[0:{last}];
  integer next = 0, results = 0;
  wire ready, valid, user, error;
  wire [{result}:0] data;
  always #5 aclk = !aclk;
  finn_digits_ip dut (
      .aclk(aclk), .aresetn(aresetn), .s_axis_tdata(beats[next]), .s_axis_tlast((next + 1) % {frame} == 0),
      .s_axis_tvalid(aresetn && next <= {last}), .s_axis_tready(ready), .m_axis_tdata(data), .m_axis_tuser(user),
      .m_axis_tlast(), .m_axis_tvalid(valid), .m_axis_tready(1'b1), .frame_error(error));
  always @(posedge aclk) begin
    if (aresetn && ready && next <= {last}) next <= next + 1;
    if (aresetn && valid) begin
      $display("result %0d %b", data, user);
      results <= results + 1;
      if (results + 1 == {frames}) $finish;
    end
  end
  initial begin
    $readmemh("beats.hex", beats);
    repeat (4) @(negedge aclk);
    aresetn = 1;
    repeat ({cycles}) @(negedge aclk);
    $finish;
  end
endmodule
"""


def classify(folder: Path, work: Path) -> tuple[list[str], list[str]]:
    """Results of vectors.json as they should be and as Icarus has them, in a folder of exported digits."""
    runner.require("icarus")
    vectors = json.loads((folder / "vectors.json").read_text())
    frames = vectors["frames"][:3]
    widths = {name: int(left) for _, _, left, name in PORT.findall((folder / "finn_digits_ip.v").read_text()) if left}
    (folder / "beats.hex").write_text("\n".join(beat for frame in frames for beat in frame))
    (work / "bench.v").write_text(BENCH.format(
        data=widths["s_axis_tdata"], result=widths["m_axis_tdata"], frame=len(frames[0]), frames=len(frames),
        last=len(frames) * len(frames[0]) - 1, cycles=20 * vectors["latency_cycles"]))
    with runner.environment():
        status, text = runner.capture(["iverilog", "-g2012", "-o", str(work / "bench"), "-s", "bench", "-f", "files.f",
                                       str(work / "bench.v")], folder)
        assert status == 0, text
        _, text = runner.capture(["vvp", "-n", str(work / "bench")], folder)
    wanted = [f"{label} 0" for [label] in vectors["results"][:3]]
    return wanted, re.findall(r"^result (.*)", text, re.MULTILINE)


def test_simulation(tmp_path: Path) -> None:
    """Digits are classified by the exported files alone; without contents of a memory they are not."""
    folder = tmp_path / "digits"
    shutil.copytree(exported("digits"), folder)
    wanted, found = classify(folder, tmp_path)
    assert found == wanted
    (folder / "digits__fc1_weights.mem").unlink()
    assert classify(folder, tmp_path)[1] != wanted
