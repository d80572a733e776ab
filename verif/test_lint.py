# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Lint, proofs and synthesis each refuse what simulators take and hardware cannot be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from finn_rtl import build, prepare
from finn_rtl.common.errors import FinnError
from finn_rtl.output.accelerator import host_cores
from finn_rtl.output.emit import cores
from finn_rtl.tools import bitstream, synth
from finn_verif import lint
from finn_verif.common import seeds
from finn_verif.formal.prove import prove
from finn_verif.formal.tools import sources as sources_of
from finn_verif.ips.catalog import PROOF_OF
from finn_verif.networks.random_networks import random_network
from finn_verif.run import runner

if TYPE_CHECKING:
    from pathlib import Path

    from finn_rtl.tools.eda import Sources

SECOND_DRIVER = "  always_ff @(posedge aclk) if (!aresetn) spare_free_q <= 1'b1;\n"
READY = "  assign s_axis_tready = spare_free_q;\n"
LOOP = "  logic ring;\n  assign ring = ring ^ s_axis_tvalid;\n  assign s_axis_tready = spare_free_q && ring;\n"
CONFLICT = "multiple conflicting drivers"
SERIAL_BOARDS = ("ulx3s", "icebreaker", "tangnano9k", "tangnano20k", "gatemate_evb")


def planted(folder: Path, statement: str, instead: str = "") -> Sources:
    """The sources of axis_register, with a further statement at its end or instead of another."""
    sources = sources_of("axis_register")
    original = next(path for path in sources.hdl if path.name == "axis_register.sv")
    place = folder / original.name
    text = original.read_text()
    mark = instead or "endmodule"
    assert text.count(mark) == 1
    place.write_text(text.replace(mark, statement if instead else f"{statement}{mark}"))
    return replace(sources, hdl=tuple(place if path == original else path for path in sources.hdl))


def test_lint_is_content_with_the_original() -> None:
    sources = sources_of("axis_register")
    assert lint.slang(sources, "axis_register")
    assert not lint.yosys(sources, ["axis_register"])


@pytest.mark.parametrize(("statement", "instead", "expected"), [
    (SECOND_DRIVER, "", CONFLICT), (LOOP, READY, "loop")])
def test_yosys_refuses_what_is_no_circuit(statement: str, instead: str, expected: str,
                                          tmp_path: Path) -> None:
    assert expected in lint.yosys(planted(tmp_path, statement, instead), ["axis_register"])


def test_slang_refuses_a_second_driver(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert not lint.slang(planted(tmp_path, SECOND_DRIVER), "axis_register")
    assert "-Wmultiple-always-assigns" in capfd.readouterr().err


@pytest.mark.parametrize(("statement", "expected"), [
    ("  if (1) begin : g_same\n    if (1) begin : g_same\n    end\n  end\n", "shadow-hierarchy"),
    ("  logic [7:0] number;\n  assign number = 8'(int'(s_axis_tdata));\n", "sign-conversion"),
    ("  logic [WIDTH-1:0] spare;\n  always_comb unique case (spare_free_q) 1'b1: spare = '0; default: spare = '1;"
     " endcase\n", "redundant-default")])
def test_slang_refuses_what_only_looks_right(statement: str, expected: str, tmp_path: Path,
                                             capfd: pytest.CaptureFixture[str]) -> None:
    assert not lint.slang(planted(tmp_path, statement), "axis_register")
    assert expected in capfd.readouterr().err


def test_yosys_own_front_end_is_asked(tmp_path: Path) -> None:
    """It reads ~W'(x) as a cast to -W - 1 bits; slang and the simulators do not."""
    sources = planted(tmp_path, "  logic [WIDTH-1:0] turned;\n  assign turned = ~WIDTH'(s_axis_tdata);\n")
    assert lint.slang(sources, "axis_register")
    said = lint.yosys(sources, ["axis_register"])
    assert "read_verilog" in said and "cast with zero or negative size" in said


def test_all_sets_of_parameters_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong with one of them alone is found by each tool."""
    broken = "  if (WIDTH == 3) begin : g_three\n    assign s_axis_tready = m_axis_tready;\n  end\n"
    sources = planted(tmp_path, broken)
    assert not lint.lint("axis_register", sources_of("axis_register"), ["axis_register"])
    assert not lint.lint("axis_register", sources, ["axis_register"])
    monkeypatch.setitem(lint.LINT, "axis_register", ({"WIDTH": 3},))
    assert lint.lint("axis_register", sources, ["axis_register"]) == ["axis_register: slang", "all: Yosys"]


def test_a_line_that_is_too_long_is_found(tmp_path: Path) -> None:
    """A comment's, too, in whichever folder; there are none."""
    assert lint.long_lines(runner.ROOT) == []
    for folder, text in (("rtl/a", "x" * 121), ("verif/formal", f"\n/// {'y ' * 59}"), ("cores", "z" * 120)):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.sv").write_text(text)
    assert lint.long_lines(tmp_path) == ["rtl/a/a.sv:1: 121 columns, of 120",
                                         "verif/formal/a.sv:2: 122 columns, of 120"]


def test_every_module_with_sets_of_parameters_is_one() -> None:
    assert set(lint.LINT) <= {path.stem for path in runner.ROOT.glob("rtl/*/*.sv")}


def test_a_proof_refuses_a_second_driver(tmp_path: Path) -> None:
    """No assertion breaks: the two drivers agree."""
    result = prove(PROOF_OF["axis_register-2-0"], planted(tmp_path, SECOND_DRIVER), tmp_path / "proof")
    assert CONFLICT in result.failure and not result.is_refuted


def test_synthesis_refuses_a_second_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For figures, and for a bitstream."""
    sources = planted(tmp_path, SECOND_DRIVER)
    with pytest.raises(FinnError, match=CONFLICT):
        synth.run_yosys(synth.script(synth.Part("", "axis_register"), sources, tmp_path / "boxes.v"), tmp_path)
    files = [{"name": str(path), "file_type": "systemVerilogSource"} for path in sources.hdl]
    files += [{"name": str(path), "file_type": "systemVerilogSource", "is_include_file": True}
              for folder in sources.include_folders for path in folder.glob("*.svh")]
    monkeypatch.chdir(tmp_path)
    script = tmp_path / "design.ys"
    edam = {"name": "design", "toplevel": "axis_register", "files": files}
    script.write_text("\n".join(bitstream.yosys_commands(edam)))
    with pytest.raises(FinnError, match=CONFLICT):
        bitstream.synthesize(script)


@pytest.mark.parametrize("host", [None, "axi", "uart"])
def test_slang_has_nothing_against_generated_networks(host: str | None, tmp_path: Path) -> None:
    for number in range(5):
        network, plan = random_network(seeds.seed(), number)
        folder = tmp_path / str(number)
        build(network, plan, folder, host)
        used = sorted(cores(plan) | host_cores("axi", len(plan.pipeline.streamed)) | {"uart", "axis_dwc"})
        sources = runner.sources_with(used, sorted(folder.glob("*.sv")))
        top = f"finn_{plan.topology.name}" + (f"_{host}" if host else "")
        assert lint.slang(sources, top), number
        if host == "uart":
            for board in SERIAL_BOARDS:
                files = [path for place in ("serial", board)
                         for path in sorted((runner.ROOT / "cores" / "boards" / place).glob("*.sv"))]
                assert lint.slang(replace(sources, hdl=(*sources.hdl, *files)), f"{board}_top", {"BAUD": 9600},
                                  [f"FINN_ACCELERATOR={top}"]), board


@pytest.mark.parametrize("layers", [("fc1",), ("fc0", "fc1")])
def test_slang_has_nothing_against_weights_from_memory(layers: tuple[str, ...], tmp_path: Path) -> None:
    """Of one layer and of several, whose readers share a port."""
    network, plan = prepare("digits", fps=10_000, dram=1e9, from_dram=layers)
    build(network, plan, tmp_path / "hw", "axi")
    sources = runner.sources_with(sorted(cores(plan) | host_cores("axi", len(layers))),
                                  sorted((tmp_path / "hw").glob("*.sv")))
    assert lint.slang(sources, "finn_digits_axi")


def test_slang_has_nothing_against_the_example() -> None:
    example = runner.ROOT / "examples" / "fusesoc" / "edges.sv"
    assert lint.slang(runner.sources_with(("axis_dwc", "mvtu", "swu"), [example]), "edges")
