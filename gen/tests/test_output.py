"""What the command line shows: whole tables, signs of life on a terminal only, commands that work where users are."""

from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from finn_rtl.common.places import CHECKOUT, library, shipped_names
from finn_rtl.common.programs import tool_environment

pytestmark = pytest.mark.steady


def finn_rtl(*words: str, stderr: int = subprocess.PIPE, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "finn_rtl.cli", *words], stdout=subprocess.PIPE, stderr=stderr,
                          text=True, check=False, env={**os.environ, **variables})


def on_terminal(columns: int, *words: str) -> str:
    """Standard output of a command on a terminal of that width, without its colours."""
    master, slave = pty.openpty()
    process = subprocess.Popen([sys.executable, "-m", "finn_rtl.cli", *words], stdout=slave, stderr=subprocess.DEVNULL,
                               env={**os.environ, "COLUMNS": str(columns), "TERM": "xterm"})
    os.close(slave)
    text = b""
    while chunk := _read(master):
        text += chunk
    os.close(master)
    assert process.wait() == 0
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text.decode().replace("\r\n", "\n"))


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that nobody writes any more
        return b""


@pytest.fixture
def long_names(document: dict[str, Any], arrays: dict[str, np.ndarray], write_net: Callable[..., Path]) -> Path:
    """A network with layers of long names and weights in distributed memory."""
    name = "a_layer_with_a_very_long_name"
    document["layers"][0]["name"] = name
    return write_net(document, {key.replace("fc0", name): array for key, array in arrays.items()})


@pytest.mark.parametrize("columns", [20, 80])
def test_tables_are_whole_in_pipes(columns: int, long_names: Path) -> None:
    done = finn_rtl("estimate", str(long_names), COLUMNS=str(columns))
    assert done.returncode == 0, done.stderr
    [line] = [line for line in done.stdout.splitlines() if line.startswith("a_layer_with_a_very_long_name")]
    assert "…" not in done.stdout
    assert line.split()[:3] == ["a_layer_with_a_very_long_name", "12", "8"]
    assert "weights in" in done.stdout


def table(text: str) -> list[str]:
    """The lines of the layer table but its rule."""
    title, *lines = text.splitlines()
    return [line.rstrip() for line in lines[:next(i for i, line in enumerate(lines) if "cycles a frame" in line)]
            if not line.lstrip().startswith("─")]


@pytest.mark.parametrize("net", ["digits", "sfc", "cnv_padded"])
def test_tables_fit_into_80_columns(net: str) -> None:
    whole = finn_rtl("estimate", net, "--scenario", "fix").stdout
    assert "…" not in whole and max(map(len, table(whole))) <= 80
    assert table(on_terminal(80, "estimate", net, "--scenario", "fix")) == table(whole)


def test_tables_are_folded_on_narrow_terminals(long_names: Path) -> None:
    shown = on_terminal(50, "estimate", str(long_names))
    assert "…" not in shown
    assert max(map(len, table(shown))) <= 50
    # The first column, line below line.
    width = table(shown)[0].index(" ")
    width = max(width, next(i for i in range(50) if all(line[i:i + 1] in (" ", "") for line in table(shown))))
    assert "a_layer_with_a_very_long_name" in "".join(line[:width].strip() for line in table(shown))


def test_a_plan_shows_that_it_lives_on_a_terminal_only() -> None:
    done = finn_rtl("estimate", "digits")
    assert done.returncode == 0 and done.stderr == ""
    master, slave = pty.openpty()
    process = subprocess.Popen([sys.executable, "-m", "finn_rtl.cli", "estimate", "digits"], stderr=slave,
                               stdout=subprocess.PIPE, text=True, env={**os.environ, "TERM": "xterm"})
    os.close(slave)
    said = b""
    while chunk := _read(master):
        said += chunk
    os.close(master)
    out, _ = process.communicate()
    assert process.returncode == 0
    assert b"planning" in said
    assert "planning" not in out and out == done.stdout


def test_help_names_every_network() -> None:
    text = finn_rtl("--help").stdout
    for name in shipped_names():
        assert re.search(rf"\b{name}\b", text), name
    assert "SHIPPED" not in text


@pytest.mark.parametrize("source", ["help", "build"])
def test_the_command_for_fusesoc_works_anywhere(source: str, tmp_path: Path) -> None:
    """As the help shows it, and as build prints it."""
    done = finn_rtl("build", "digits", "-o", str(tmp_path / "sfc_hw"))
    assert done.returncode == 0, done.stderr
    text = done.stdout if source == "build" else finn_rtl("build", "--help").stdout
    [line] = re.findall(r"^ *fusesoc (.*)$", text, re.MULTILINE)
    line = line.replace("$(finn-rtl paths rtl)", str(library() / "rtl"))
    words = shlex.split(line.replace("finn:built:sfc", "finn:built:digits"))
    program = "import sys; from fusesoc.main import main; sys.exit(main())"
    ran = subprocess.run([sys.executable, "-c", program, *words], cwd=tmp_path, env=tool_environment(), check=False,
                         capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_commands_for_the_checkout_write_below_build(page: str) -> None:
    """Which git ignores."""
    text = "\n".join(re.findall(r"^```sh\n(.*?)^```", (CHECKOUT / page).read_text(), re.MULTILINE | re.DOTALL))
    places = re.findall(r"(?:-o|--output|--picture|--keep|--waves) +(\S+)", text)
    assert places or page != "README.md"
    assert [place for place in places if not place.startswith("build/")] == []
