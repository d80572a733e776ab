from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from finn_rtl.common.errors import FinnError
from finn_rtl.tools import bitstream

ROOT = Path(__file__).resolve().parents[2]


def report(achieved: float = 61.9, constraint: float = 50.0) -> dict[str, Any]:
    """One of nextpnr's, as short as can be."""
    ends = {"from": {"cell": "a", "port": "Q"}, "to": {"cell": "b", "port": "D"}}
    return {
        "fmax": {"aclk": {"achieved": achieved, "constraint": constraint}},
        "critical_paths": [{"from": "posedge aclk", "to": "posedge aclk", "path": [
            {"delay": 5.6, "type": "clk-to-q", **ends}, {"delay": 2.25, "type": "routing", **ends}]}],
        "utilization": {cell: {"used": 1234, "available": 5678} for cell in bitstream.ECP5.resources.values()},
    }


def test_commands_hold_everything_of_the_design() -> None:
    edam = {
        "name": "n", "toplevel": "top", "files": [
            {"name": "src/a/check.svh", "file_type": "systemVerilogSource", "is_include_file": True},
            {"name": "src/a/a.sv", "file_type": "systemVerilogSource"},
            {"name": "src/b/b.v", "file_type": "verilogSource-2005"},
            {"name": "weights.mem", "file_type": "user"}, {"name": "pins.lpf", "file_type": "LPF"}],
        "parameters": {
            "NET": {"datatype": "str", "paramtype": "vlogdefine", "default": "finn_x"},
            "BAUD": {"datatype": "int", "paramtype": "vlogparam", "default": 115200},
            "STYLE": {"datatype": "str", "paramtype": "vlogparam", "default": "block"},
            "UNSET": {"datatype": "int", "paramtype": "vlogparam"}}}
    read, check, synthesize = bitstream.yosys_commands(edam)
    assert read.split()[-2:] == ["src/a/a.sv", "src/b/b.v"]
    assert "--top top " in read
    assert "-I src/a " in read
    assert "-D NET=finn_x -G BAUD=115200 -G STYLE=\"block\"" in read
    assert "UNSET" not in read
    assert synthesize == "synth_ecp5 -top top -json n.json"


@pytest.mark.parametrize(("achieved", "is_met"), [(61.9, True), (50.0, True), (49.9, False)])
def test_a_slow_clock_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
                            achieved: float, is_met: bool) -> None:
    monkeypatch.chdir(tmp_path)
    Path("n.report.json").write_text(json.dumps(report(achieved)))
    assert bitstream.report("n", "85k", 50.0) == is_met
    said = capsys.readouterr()
    assert f"50 MHz wanted, {achieved} MHz reached" in said.out
    assert ("error" in said.err) == (not is_met)
    timing = Path("timing.txt").read_text()
    assert f"clock aclk: {achieved:.2f} MHz reached, 50.00 MHz wanted: {'met' if is_met else 'FAILED'}" in timing
    assert "7.85 ns (clk-to-q 5.60, routing 2.25)" in timing
    assert re.search(r"block RAMs +1,234 of +5,678", Path("utilization.txt").read_text())


def test_a_lost_constraint_fails() -> None:
    with pytest.raises(FinnError, match="constrained to 12.00 MHz, not to 50 MHz"):
        bitstream.timing(report(constraint=12.0), 50.0)
    with pytest.raises(FinnError, match="constrained to 0.00 MHz"):
        bitstream.timing({"fmax": {}, "critical_paths": []}, 50.0)


def test_errors_of_yosys_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("n.ys").write_text("read_slang --top nowhere missing.sv\n")
    with pytest.raises(FinnError, match=r"(?s)yosys\.log.*missing\.sv"):
        bitstream.synthesize(Path("n.ys"))


def test_families_without_ram_in_luts_take_the_wish_away() -> None:
    """It would be an error of Yosys there."""
    edam = {"name": "n", "toplevel": "top", "files": []}
    for name, family in bitstream.FAMILIES.items():
        commands = bitstream.yosys_commands(edam, family)
        assert ("setattr -unset ram_style a:ram_style" in commands) == (name in {"ice40", "gatemate"})
        assert commands[-1] == f"{family.synthesis} -top top -json n.json"


def ports_of(board: str) -> list[str]:
    """Bits of the top level's ports."""
    source = (ROOT / "cores" / "boards" / board / f"{board}_top.sv").read_text(encoding="utf-8")
    header = source[source.index("\n) (") : source.index("\n);")]
    ports = []
    for bits, name in re.findall(r"^\s*(?:input|output)\s+(?:wire|logic)\s*(?:\[(\d+):0\])?\s*(\w+),?$", header,
                                 re.MULTILINE):
        ports += [f"{name}[{i}]" for i in range(int(bits) + 1)] if bits else [name]
    return sorted(ports)


@pytest.mark.parametrize(("board", "file", "located", "count"), [
    ("ulx3s", "ulx3s.lpf", r'^LOCATE COMP "([^"]+)" SITE "([A-Z]+\d+)";$', 13),
    ("icebreaker", "icebreaker.pcf", r"^set_io (?:-pullup yes )?(\w+) (\d+)$", 8),
    ("tangnano9k", "tangnano9k.cst", r'^IO_LOC "(\w+)" (\d+);$', 8),
    ("tangnano20k", "tangnano20k.cst", r'^IO_LOC "(\w+)" (\d+);$', 7),
    ("gatemate_evb", "gatemate_evb.ccf", r'^NET "(\w+)" Loc = "(IO_[NESW][A-D]_[AB]\d)"', 5)])
def test_every_port_of_a_board_has_a_pin(board: str, file: str, located: str, count: int) -> None:
    pins = (ROOT / "constraints" / board / file).read_text(encoding="utf-8")
    found = re.findall(located, pins, re.MULTILINE)
    ports = ports_of(board)
    assert len(ports) == count
    assert ports == sorted(name for name, _ in found)
    assert len({site for _, site in found}) == count
    if kinds := re.findall(r'^(?:IOBUF PORT|IO_PORT) "([^"]+)" ', pins, re.MULTILINE):
        assert ports == sorted(kinds)


@pytest.mark.parametrize(("crashes", "status", "seeds"), [(0, 0, 1), (2, 0, 3), (0, 3, 1), (99, 1, bitstream.SEEDS)])
def test_seeds_with_which_nextpnr_crashes(crashes: int, status: int, seeds: int, tmp_path: Path,
                                          capfd: pytest.CaptureFixture[str]) -> None:
    """It crashes with the first seeds, and ends with a status then."""
    program = tmp_path / "nextpnr"
    program.write_text(f"""#!/bin/sh
echo "$*" >> {tmp_path}/calls
[ "$4" -gt {crashes} ] && {{ echo "says a word"; exit {status}; }}
echo "Caused by: wasm trap: out of bounds memory access" >&2
exit 1
""")
    program.chmod(0o755)
    assert bitstream.place([str(program), "--device", "D"]) == status
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls == [f"--device D --seed {seed}" for seed in range(1, seeds + 1)]
    said = capfd.readouterr().err
    assert said.count("nextpnr crashed") == min(crashes, bitstream.SEEDS)
    assert ("says a word" in said) == (crashes < bitstream.SEEDS)


def test_place_and_route_that_is_not_there(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["bitstream", "place", "no-such-nextpnr", "--device", "D"])
    assert bitstream.main() == 1
    assert capsys.readouterr().err == "error: no-such-nextpnr: cannot be run (No such file or directory)\n"
