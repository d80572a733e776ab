from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from finn_rtl import FinnError, export_ip, export_network, prepare, write_mvtu_memories, write_threshold_memory
from finn_rtl.cli import program as cli
from finn_rtl.exports import package as export
from finn_rtl.exports.interfaces import AXI, AXIS, Port, interfaces
from finn_rtl.tools.eda import Sources

pytestmark = pytest.mark.steady

# FuseSoC takes seconds.
sources_of_ip = functools.cache(export.core_sources)
ask_fusesoc = export.core_sources


@pytest.fixture(autouse=True)
def _ask_fusesoc_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def core_sources(vlnv: str, roots: Sequence[Path] = ()) -> Sources:
        return ask_fusesoc(vlnv, roots) if roots else sources_of_ip(vlnv)
    monkeypatch.setattr(export, "core_sources", core_sources)


def ports(text: str) -> list[Port]:
    """Ports from words like s_axis_tdata>8 (input) and tx< (output)."""
    found = re.findall(r"(\w+)([<>])(\d*)", text)
    return [Port(name, direction == ">", int(width or 1)) for name, direction, width in found]


def test_interfaces_of_ports() -> None:
    found = interfaces(ports("aclk> aresetn> s_axis_tdata>5 s_axis_tvalid> s_axis_tready< m_axis_bad_tvalid< rx>"
                             " m_axi_araddr<40 m_axi_arlen<8 m_axi_rdata>64 m_axi_rready< s_axil_awaddr>12"
                             " s_axil_wdata>32 s_axil_araddr>12 s_cmd_valid> s_cmd_ready< bready> irq<"))
    buses = [(bus.name, bus.kind, bus.is_master, bus.protocol) for bus in found if bus.is_bus]
    assert buses == [("s_axis", AXIS, False, "AXI4-Stream"), ("m_axis_bad", AXIS, True, "AXI4-Stream"),
                     ("m_axi", AXI, True, "AXI4"), ("s_axil", AXI, False, "AXI4LITE")]
    assert {item.name: ", ".join(item.settings(["s_axis", "m_axi"], True)) for item in found} == {
        "aclk": "ASSOCIATED_BUSIF s_axis:m_axi, ASSOCIATED_RESET aresetn", "aresetn": "POLARITY ACTIVE_LOW",
        "s_axis": "", "m_axis_bad": "", "irq": "SENSITIVITY LEVEL_HIGH",
        "m_axi": "PROTOCOL AXI4, ADDR_WIDTH 40, DATA_WIDTH 64, READ_WRITE_MODE READ_ONLY",
        "s_axil": "PROTOCOL AXI4LITE, ADDR_WIDTH 12, DATA_WIDTH 32"}


def test_files_of_an_ip(tmp_path: Path) -> None:
    folder = tmp_path / "fifo"
    files = export_ip("axis_fifo", folder, {"WIDTH": "0xc", "STYLE": "block"})
    assert {path.name for path in files} == {path.name for path in folder.iterdir()} == {
        "LICENSE", "README.txt", "axis_fifo.sv", "axis_fifo_ip.v", "bank_ram.sv", "files.f", "finn_check.svh",
        "finn_pkg.sv", "lint.vlt", "load_port.sv", "load_ram.sv", "memory_slices.sv", "package.tcl",
        "replay_buffer.sv", "replay_passes.sv", "rom.sv"}
    assert (folder / "files.f").read_text().split() == [
        "+incdir+.", "lint.vlt", "finn_pkg.sv", "rom.sv", "load_port.sv", "load_ram.sv",
        "memory_slices.sv", "bank_ram.sv", "replay_passes.sv", "replay_buffer.sv", "axis_fifo.sv", "axis_fifo_ip.v"]
    wrapper = (folder / "axis_fifo_ip.v").read_text()
    assert "axis_fifo #(\n      .WIDTH(12),\n      .STYLE(\"block\")\n  ) u_top (" in wrapper
    assert "input wire [15:0] s_axis_tdata,\n" in wrapper
    assert ".s_axis_tdata(s_axis_tdata[11:0])," in wrapper
    readme = (folder / "README.txt").read_text()
    for words in ("axis_fifo_ip, made by finn-rtl", "Holds exactly DEPTH beats", "STYLE .* \"block\"",
                  "s_axis  .* AXI4-Stream slave", "m_axis_tdata  .* output  16 / 12"):
        assert re.search(words, readme), words
    for path in folder.glob("*.sv*"):
        assert path.read_text().startswith("// SPDX-License-Identifier: Apache-2.0\n")


def test_memory_file_of_an_ip_is_copied(tmp_path: Path) -> None:
    memory = tmp_path / "contents.mem"
    memory.write_text("".join(f"{word:02x}\n" for word in range(16)))
    folder = tmp_path / "rom"
    export_ip("rom", folder, {"FILE": str(memory)}, "lookup")
    assert (folder / "contents.mem").read_text() == memory.read_text()
    assert '.FILE("contents.mem")' in (folder / "lookup.v").read_text()
    assert "contents.mem" in (folder / "package.tcl").read_text()


MVTU = {"MW": "12", "MH": "6", "SIMD": "4", "PE": "3"}


@pytest.mark.parametrize("weight_slice", [0, 5])
def test_memory_files_from_arrays_are_taken(tmp_path: Path, weight_slice: int) -> None:
    weights = np.random.default_rng(1).choice([-1, 1], (6, 12))
    files = write_mvtu_memories(tmp_path / "memory", weights, np.arange(6), simd=4, pe=3, weight_slice=weight_slice)
    export_ip("mvtu", tmp_path / "ip", {**MVTU, "WEIGHT_SLICE": str(weight_slice),
                                        "WEIGHT_FILE": str(tmp_path / "memory" / "weights.mem"),
                                        "THRESHOLD_FILE": str(tmp_path / "memory" / "thresholds.mem")})
    for file in files:
        assert (tmp_path / "ip" / file.name).read_text() == file.read_text()
    files = write_threshold_memory(tmp_path / "levels", np.arange(12).reshape(4, 3), pe=2, input_w=8)
    unit = {"CHANNELS": "4", "PE": "2", "THRESHOLD_FILE": str(files[0])}
    written = export_ip("threshold", tmp_path / "unit", unit)
    assert {path.name for path in written if path.suffix == ".mem"} == {path.name for path in files}
    (tmp_path / "levels" / "thresholds.mem.1.000.mem").unlink()
    with pytest.raises(FinnError, match="thresholds.mem.1.000.mem: is missing; it must have 8 words of at most 8 bits"):
        export_ip("threshold", tmp_path / "again", unit)


@pytest.mark.parametrize(("parameters", "files", "message"), [
    ({}, {"w.mem": "fff\n" * 5}, "WEIGHT_FILE=.*w.mem: has 5 words, the widest of 12 bits; it must have 6 words of at"
                                " most 12 bits"),
    ({}, {"w.mem": "fff\n" * 7}, "has 7 words"),
    ({}, {"w.mem": "fff\n" * 5 + "1000"}, "has 6 words, the widest of 13 bits"),
    ({}, {"w.mem": "@1" + " fff" * 6}, "has 6 words, .* must have 6"),
    ({}, {"w.mem": ""}, "has 0 words, the widest of 0 bits"),
    ({}, {"w.mem": "fff\n" * 5 + "xyz"}, "w.mem: 'xyz' is no hexadecimal number; it must have 6 words of at most 12"),
    ({}, {"w.mem": "[[1, -1], [-1, 1]]"}, r"'\[\[1,' is no hexadecimal number"),
    ({"WEIGHT_SLICE": "8"}, {"w.mem.000.mem": "ff\n" * 6}, "w.mem.001.mem: is missing; it must have 6 words of at"),
    ({"WEIGHT_SLICE": "8"}, {"w.mem.000.mem": "ff\n" * 6, "w.mem.001.mem": "ff\n" * 6},
     "w.mem.001.mem: has 6 words, the widest of 8 bits; it must have 6 words of at most 4"),
    ({"WEIGHT_SLICE": "6"}, {f"w.mem.00{i}.mem": "3f\n" * 6 for i in range(3)}, "w.mem.002.mem is not read"),
    ({"THRESHOLDS": "0", "THRESHOLD_FILE": "w.mem", "WEIGHT_FILE": ""}, {"w.mem": "0"}, "w.mem is not read with these"),
])
def test_memory_files_that_do_not_fit_are_refused(tmp_path: Path, parameters: dict[str, str], files: dict[str, str],
                                                  message: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    given = {**MVTU, "WEIGHT_FILE": "w.mem", **parameters}
    paths = {name: str(tmp_path / value) if value == "w.mem" else value for name, value in given.items()}
    with pytest.raises(FinnError, match=message) as caught:
        export_ip("mvtu", tmp_path / "ip", paths)
    assert str(caught.value).startswith("mvtu: ") and "\n" not in str(caught.value)
    assert not (tmp_path / "ip").exists()


def test_second_module_of_an_ip(tmp_path: Path) -> None:
    export_ip("swu_parallel", tmp_path / "a")
    assert "\n  swu_parallel u_top (\n" in (tmp_path / "a" / "swu_parallel_ip.v").read_text()
    export_ip("uart", tmp_path / "b", {"IDENTITY": "0x5a"})
    assert ".IDENTITY(384'h5a)" in (tmp_path / "b" / "uart_host_ip.v").read_text()


def test_files_of_a_network(tmp_path: Path) -> None:
    network, plan = prepare("digits", "fix")
    folder = tmp_path / "digits"
    export_network(network, plan, folder, "axi", 128, {"ADDR_W": "40"})
    names = {path.name for path in folder.iterdir()}
    assert {"finn_digits.sv", "finn_digits_axi.sv", "finn_digits_axi_ip.v", "digits__fc2_weights.mem",
            "accelerator.json", "plan.json", "vectors.json", "axi_host.sv", "mvtu.sv"} <= names
    assert not any(name.endswith(".core") for name in names)
    order = (folder / "files.f").read_text().split()
    assert order[-3:] == ["finn_digits.sv", "finn_digits_axi.sv", "finn_digits_axi_ip.v"]
    assert set(order[2:]) == {name for name in names if name.endswith((".sv", ".v"))}
    wrapper = (folder / "finn_digits_axi_ip.v").read_text()
    assert "m_axi, PROTOCOL AXI4, ADDR_WIDTH 40, DATA_WIDTH 128\"" in wrapper
    assert "output wire [15:0] m_axi_wstrb,\n" in wrapper
    assert re.search(r"^Frame in: \d+ beats of \d+ bits", (folder / "README.txt").read_text(), re.MULTILINE)


def test_ports_for_a_card_with_a_shell(tmp_path: Path) -> None:
    network, plan = prepare("digits", "fit", device="xcvu9p", clock_mhz=250)
    folder = tmp_path / "card"
    export_network(network, plan, folder, "axi", 512, {"ADDR_W": "64"})
    wrapper = (folder / "finn_digits_axi_ip.v").read_text()
    assert "m_axi, PROTOCOL AXI4, ADDR_WIDTH 64, DATA_WIDTH 512\"" in wrapper
    assert "s_axil, PROTOCOL AXI4LITE, ADDR_WIDTH 12, DATA_WIDTH 32\"" in wrapper
    assert not re.search(r"m_axi_(ar|aw|[rwb])id\b", wrapper)


def test_what_a_name_stands_for(tmp_path: Path) -> None:
    with pytest.raises(FinnError, match=r"nothing: no IP; there are .*axis_fifo, .*uart"):
        export_ip("nothing", tmp_path / "a")
    with pytest.raises(FinnError, match="'finn_pkg' is not a valid top-level module"):
        export_ip("finn_pkg", tmp_path / "a")


@pytest.mark.parametrize(("arguments", "part"), [
    (["nothing"], "nothing: neither an IP (add, axi_host, "),
    (["nothing.json"], "nothing.json: neither a shipped network"),
    (["axis_fifo", "-p", "WIDTH"], "-p WIDTH: must look like WIDTH=16"),
    (["axis_fifo", "-p", "WIDTH=1", "-p", "WIDTH=2"], "-p WIDTH: is given twice"),
    (["axis_fifo", "-p", "WIDE=1"], "axis_fifo: has no parameter 'WIDE'; there are WIDTH, DEPTH, STYLE"),
    (["axis_fifo", "-p", "WIDTH=wide"], "axis_fifo: WIDTH=wide must be a whole number"),
    (["axis_fifo", "-p", "WIDTH=1.5"], "axis_fifo: WIDTH=1.5 must be a whole number"),
    (["axis_fifo", "-p", "WIDTH=0x80000000"], "axis_fifo: WIDTH=0x80000000 does not fit its type, int"),
    (["axis_fifo", "-p", "WIDTH=0"], "axis_fifo: WIDTH=0 must be at least 1"),
    (["axis_fifo", "-p", "STYLE=blocks"], "axis_fifo: STYLE=blocks must be distributed or block"),
    (["axis_fifo", "-p", "STYLE=a b"], "axis_fifo: STYLE='a b' must be a word"),
    (["axis_frame_guard", "-p", "USE_TLAST=2"], "USE_TLAST=2 does not fit its type, bit"),
    (["axi_host", "-p", "DATA_W=96"], "DATA_W=96 must be"),
    (["swu_parallel", "-p", "DEPTH=64"], "swu_parallel: has no parameter 'DEPTH'"),
    (["mvtu", "-p", "WEIGHT_FILE=none.mem"], "mvtu: WEIGHT_FILE=none.mem cannot be read (No such file"),
    (["mvtu", "-p", "WEIGHT_FILE=w.mem", "-p", "WEIGHT_SLICE=4"], "w.mem: the slices must be in w.mem.000.mem and so"),
    (["mvtu", "-p", "WEIGHT_FILE=weights.hex"], "mvtu: WEIGHT_FILE=weights.hex must end in .mem"),
    (["axis_fifo", "--name", "1st"], "name '1st': must begin with a letter"),
    (["axis_fifo", "--name", "axis_fifo"], "name 'axis_fifo': is one of the files already"),
    (["axis_fifo", "--fps", "9000"], "--fps: is for networks, and axis_fifo is an IP"),
    (["axis_fifo", "--fold", "fc0=1x1"], "--fold: is for networks"),
    (["axis_fifo", "--data-width", "64"], "--data-width: is for networks"),
    (["digits", "-p", "WIDTH=8"], "finn_digits: has no parameter 'WIDTH'; there are USE_TLAST"),
    (["digits", "--host", "axi", "-p", "DATA_W=32"], "finn_digits_axi: has no parameter 'DATA_W'; there are ADDR_W"),
    (["digits", "--host", "axi", "-p", "ADDR_W=16"], "ADDR_W=16"),
    (["digits", "--fps", "1e12"], "at least one cycle"),
])
def test_bad_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path,
                   arguments: list[str], part: str) -> None:
    folder = tmp_path / "out"
    monkeypatch.setattr("sys.argv", ["finn-rtl", "export", *arguments, "-o", str(folder)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    captured: Any = capsys.readouterr()
    assert end.value.code == 2
    assert captured.out == ""
    assert captured.err.startswith("error: ") and captured.err.count("\n") == 1, captured.err
    assert part in captured.err
    assert not list(tmp_path.iterdir())
