# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What finn-rtl depends on: the lock has what pyproject.toml asks for, and a missing extra is named."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import pytest
from bad_inputs.checks import check_line
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from finn_rtl import FinnError, api
from finn_rtl.cli import program as cli
from finn_rtl.common.places import CHECKOUT
from finn_rtl.driver import DriverError
from finn_rtl.driver.uart import SerialPort
from finn_rtl.tools import bitstream, simulation, synth

pytestmark = pytest.mark.steady

PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
LINES = (CHECKOUT / "requirements.lock").read_text(encoding="utf-8").splitlines()
LOCK = dict(line.split("==") for line in LINES if not line.startswith("#"))


def own(extras: set[str]) -> list[Requirement]:
    """What the project asks for with some extras, those that they name included."""
    lines = [*PROJECT["dependencies"], *(line for extra in sorted(extras) for line in EXTRAS[extra])]
    found = [Requirement(line) for line in lines]
    more = {extra for item in found if item.name == PROJECT["name"] for extra in item.extras} - extras
    return own(extras | more) if more else [item for item in found if item.name != PROJECT["name"]]


@pytest.mark.parametrize("extra", ["", *EXTRAS])
def test_the_lock_has_what_is_asked_for(extra: str) -> None:
    """One version of each, within the ranges."""
    for item in own({extra} - {""}):
        assert item.specifier.contains(LOCK[canonicalize_name(item.name)]), f"{item}: run scripts/lock.py"


def test_the_lock_is_whole() -> None:
    """It has everything that is installed for development here, in its own version."""
    waiting, known = own({"dev"}), set()
    while waiting:
        item = waiting.pop()
        name = canonicalize_name(item.name)
        if (name, *sorted(item.extras)) in known:
            continue
        known.add((name, *sorted(item.extras)))
        try:
            found = version(name)
        except PackageNotFoundError:
            pytest.skip(f"{name} is not installed; make setup brings it")
        assert LOCK.get(name) == found, f"{name} {found}: run make setup, or scripts/lock.py"
        for line in requires(name) or []:
            other = Requirement(line)
            if other.marker is None or any(other.marker.evaluate({"extra": extra}) for extra in item.extras or {""}):
                waiting.append(other)
    assert len(known) > 50


def test_versions_of_the_lock_are_exact() -> None:
    assert [line for line in LINES if not re.fullmatch(r"# .*|[a-z0-9-]+==[0-9][a-z0-9.]*", line)] == []




MISSING = [
    ("fusesoc", "simulate digits --frames 2", "sim"), ("sklearn", "accuracy digits", "sim"),
    ("matplotlib", "demo", "sim"), ("pyosys", "synth digits --scenario fix", "synth"),
    ("pyosys", "export axis_fifo -p WIDTH=8 -o ip", "synth"), ("fusesoc", "export digits -o ip", "synth"),
    ("onnx", "import model.onnx -o net", "import"),
    ("distributed", "explore digits --scheduler tcp://127.0.0.1:8786 -o designs", "cluster")]


@pytest.mark.parametrize(("module", "words", "extra"), MISSING)
def test_commands_name_the_extra(module: str, words: str, extra: str, place: Path, capsys: pytest.CaptureFixture[str],
                                 monkeypatch: pytest.MonkeyPatch) -> None:
    """That brings the package they lack, in one line; nothing is written."""
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setattr("sys.argv", ["finn-rtl", *words.split()])
    with pytest.raises(SystemExit) as end:
        cli.main()
    captured = capsys.readouterr()
    assert end.value.code == 2 and captured.out == "" and captured.err.startswith("error: ")
    check_line(captured.err[:-1], [f"pip install 'finn-rtl[{extra}]'"])
    assert list(place.iterdir()) == []


def test_functions_name_the_extra(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    """Those that other programs call."""
    network, plan = api.prepare("digits")
    frames = api.random_frames(network, 4)
    for module in ("fusesoc", "pyosys"):
        monkeypatch.setitem(sys.modules, module, None)
    for extra, call in (("sim", lambda: simulation.simulate(network, plan, frames)),
                        ("synth", lambda: synth.synthesize(network, plan)),
                        ("boards", lambda: bitstream.synthesize(place / "a.ys"))):
        with pytest.raises(FinnError, match=rf"finn-rtl\[{extra}\]"):
            call()


def test_the_driver_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "serial", None)
    with pytest.raises(DriverError, match=r"finn-rtl-driver\[uart\]"):
        SerialPort("/dev/null", 9600)


@pytest.mark.parametrize("script", ["cnn", "few_bits", "mlp"])
def test_training_names_the_extra(script: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['torch'] = None\n")
    path = os.pathsep.join((str(tmp_path), str(CHECKOUT / "gen")))
    done = subprocess.run([sys.executable, "-m", f"finn_rtl.training.{script}", "digits"], cwd=tmp_path, text=True,
                          env={**os.environ, "PYTHONPATH": path}, capture_output=True, check=False)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.startswith("error: ")
    check_line(done.stderr[:-1], ["pip install 'finn-rtl[training]'"])
