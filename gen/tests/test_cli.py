"""The command line: what it writes where, in any encoding, and what is kept when the end of it fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from bad_inputs.checks import files_below
from click.testing import CliRunner

from finn_rtl import FinnError
from finn_rtl.cli import program as cli
from finn_rtl.cli.charts import ENDINGS, check_picture
from finn_rtl.cli.picture import draw_labels
from finn_rtl.description.data import Dataset
from finn_rtl.meaning import reference
from finn_rtl.tools.simulation import Simulation

pytestmark = [pytest.mark.steady, pytest.mark.usefixtures("place")]

# No case may take longer: then the process ends and shows where it was.
MOST_SECONDS = 120


def process(*arguments: str, stdout: Any = subprocess.PIPE, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """The command line as a process of its own."""
    return subprocess.run([sys.executable, "-m", "finn_rtl.cli", *arguments], env={**os.environ, **variables},
                          stdout=stdout, stderr=subprocess.PIPE, timeout=MOST_SECONDS, check=False)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_characters_that_the_terminal_does_not_know(tiny: Path, document: dict[str, Any], encoding: str) -> None:
    """Names of classes in any script are written to any terminal, in messages as in results."""
    document["classes"] = ["\u00e9t\u00e9", "\u732b", "\U0001f408", "d"]
    document["input"]["shape"] = [3, 4]
    tiny.write_text(json.dumps(document))
    np.save("images.npy", np.random.default_rng(1).integers(0, 256, (20, 3, 4), np.uint8))
    done = process("infer", "tiny.json", "images.npy", PYTHONIOENCODING=encoding)
    assert done.returncode == 0 and not done.stderr
    expected = "\u732b".encode(encoding, "backslashreplace")
    assert expected in done.stdout
    done = process("estimate", "\u732b.json", PYTHONIOENCODING=encoding)
    assert done.returncode == 2 and done.stderr.count(b"\n") == 1 and expected in done.stderr
    done = process("estimate", "tiny.json", PYTHONIOENCODING=encoding)
    assert done.returncode == 0 and not done.stderr


def test_undecodable_file_names(tiny: Path) -> None:
    done = process("estimate", os.fsdecode(b"\xff\n.json"))
    assert done.returncode == 2 and done.stderr.startswith(rb"error: \udcff\n.json: ") and done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("words", ["estimate digits", "estimate digits --json", "infer digits --frames 3"])
def test_output_that_nobody_takes(words: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = process(*words.split(), stdout=full)
    assert done.returncode == 2
    assert done.stderr == b"error: No space left on device\n"


def test_figures_come_before_the_picture(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture that cannot be written at the end costs no figures."""
    def run(network: Any, plan: Any, values: Any, *_: object, **options: Any) -> Simulation:
        labels = reference.labels(reference.infer(network, values))[:, None]
        return Simulation(labels, labels, np.zeros(len(labels), bool), 0, plan.latency_cycles, None, None)

    def fail(path: Path, found: Dataset, *_: object) -> None:
        raise FinnError(f"{path}: the picture cannot be written (No space left on device)")
    monkeypatch.setattr("finn_rtl.tools.simulation.simulate", run)
    monkeypatch.setattr("finn_rtl.cli.picture.draw_labels", fail)
    monkeypatch.setattr("sys.argv", ["finn-rtl", "simulate", "digits", "--frames", "5", "--picture", "pic.png"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    captured = capsys.readouterr()
    assert end.value.code == 2 and "pic.png: the picture cannot be written" in captured.err
    assert "0 mismatches" in captured.out and "accuracy" in captured.out


@pytest.mark.parametrize("ending", [".PNG", ".svg"])
def test_pictures_of_any_kind_and_name(place: Path, ending: str) -> None:
    path = place / "new" / f"pic{ending}"
    for known in (path, *(Path(f"pic{known}") for known in ENDINGS)):
        check_picture(known)
    assert files_below(place) == {}
    images = Dataset(np.zeros((3, 8, 8), np.uint8), np.array([0, 1, 1]), ("a", "b"))
    draw_labels(path, images, np.array([0, 1, 0]), ("$\\frac$", "a$b"), "three")
    assert path.stat().st_size


def test_estimate_needs_no_parameters(tmp_path: Path, document: dict[str, Any]) -> None:
    path = tmp_path / "net.json"
    path.write_text(json.dumps(document))
    result = CliRunner().invoke(cli.cli, ["estimate", str(path), "--json"])
    assert json.loads(result.output)["net"] == "tiny"


def test_help_names_every_command() -> None:
    text = CliRunner().invoke(cli.cli, ["--help"]).output
    for command in ("build", "simulate", "synth", "estimate", "infer", "accuracy"):
        assert command in text
        assert "--json" in CliRunner().invoke(cli.cli, [command, "--help"]).output


def test_help_says_what_the_commands_say() -> None:
    context = click.Context(cli.cli)
    for name, text in cli.COMMANDS.items():
        command = cli.cli.get_command(context, name)
        assert command is not None and " ".join(str(command.help).split()).startswith(text)
    assert sorted(cli.COMMANDS) == sorted(cli.cli.commands)


def test_help_loads_no_more_than_it_needs() -> None:
    """It comes at once: what takes time to load is loaded by commands alone."""
    code = "import sys; from finn_rtl.cli.program import cli; cli(['--help'], standalone_mode=False);" \
           "print([name for name in ('numpy', 'pydantic', 'rich', 'jinja2', 'yaml') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_json_is_all_there_is_on_standard_output() -> None:
    result = CliRunner().invoke(cli.cli, ["estimate", "digits", "--json"])
    assert json.loads(result.output)["cycles_per_frame"] == 16
    result = CliRunner().invoke(cli.cli, ["accuracy", "digits", "--json"])
    assert json.loads(result.output)["accuracy"] >= 0.95
    result = CliRunner().invoke(cli.cli, ["infer", "digits", "--frames", "3", "--json"])
    assert len(json.loads(result.output)["labels"]) == 3
