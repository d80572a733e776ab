# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What docs/tutorial_ip.md says is done as it says, and prints what it shows; so do the commands of docs/faq.md."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from finn_rtl import cli
from finn_rtl.common.places import CHECKOUT

pytestmark = pytest.mark.steady

DOCS = CHECKOUT / "docs"
FILES = re.compile(r"^<!-- (\S+) -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SESSION = re.compile(r"^```sh\n(.*?)```\n\n```text\n(.*?)```$", re.MULTILINE | re.DOTALL)
FAQ = SESSION.findall((DOCS / "faq.md").read_text(encoding="utf-8"))


def follow(page: str, folder: Path, root: Path) -> list[tuple[str, str]]:
    """Do what a page says, in a folder, with a checkout's package: what its commands shall print, and what they did.

    Raises:
        AssertionError: a command failed.
    """
    for name, content in FILES.findall(page):
        (folder / name).write_text(content, encoding="utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    printed = []
    for commands, shown in SESSION.findall(page):
        done = subprocess.run(["sh", "-e", "-c", commands], cwd=folder, capture_output=True, text=True, check=False,
                              env={**os.environ, "PATH": path, "PYTHONPATH": str(root / "gen")})
        assert done.returncode == 0, done.stdout + done.stderr
        printed.append((shown, done.stdout))
    return printed


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus is not installed")
def test_two_ips(tmp_path: Path) -> None:
    """The design of the page finds the patterns of the script."""
    printed = follow((DOCS / "tutorial_ip.md").read_text(encoding="utf-8"), tmp_path, CHECKOUT)
    assert len(printed) == 2
    for shown, found in printed:
        assert found == shown
    assert printed[1][1].splitlines()[:-1] == printed[0][1].splitlines()


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus is not installed")
def test_two_ips_see_what_is_broken(tmp_path: Path) -> None:
    """Another threshold in the hardware alone, and the hardware differs from the script."""
    page = (DOCS / "tutorial_ip.md").read_text(encoding="utf-8")
    script, hardware = follow(page.replace("np.full(4, LEAST)", "np.full(4, LEAST - 2)"), tmp_path, CHECKOUT)
    assert script[0] == script[1] and hardware[0] != hardware[1]


@pytest.mark.parametrize(("commands", "shown"), FAQ, ids=[commands.strip() for commands, _ in FAQ])
def test_messages_of_the_faq(commands: str, shown: str, place: Path, capsys: pytest.CaptureFixture[str],
                             monkeypatch: pytest.MonkeyPatch) -> None:
    """A command of the page gives the error of the page."""
    for model in (CHECKOUT / "gen" / "tests" / "data" / "import" / "refuse").glob("*.onnx"):
        (place / model.name).symlink_to(model)
    (place / "folder").mkdir()
    (place / "folder" / "mine.txt").write_text("mine")
    words = commands.split()
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert words[0] == "finn-rtl" and end.value.code == 2
    assert capsys.readouterr().err == shown
