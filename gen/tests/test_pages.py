# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The worked examples and diagrams of the pages are those that docs/examples.py and docs/timing.py write now."""

from __future__ import annotations

import runpy
import shutil
import sys
from pathlib import Path

import pytest

from finn_rtl.common.places import CHECKOUT

pytestmark = [pytest.mark.steady, pytest.mark.usefixtures("fresh_scripts")]

DOCS = CHECKOUT / "docs"


@pytest.mark.parametrize("script", sorted(path.name for path in DOCS.glob("*.py") if "__main__" in path.read_text()))
def test_scripts_say_what_they_do(script: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
                                  ) -> None:
    """In a sentence; and that there is nothing of another name, before they write."""
    monkeypatch.syspath_prepend(str(DOCS))
    about = (DOCS / script).read_text().split('"""')[1].split("\n\n")[0]
    for word, status, part in (("--help", 0, about), ("nothing", 2, "nothing")):
        monkeypatch.setattr(sys, "argv", [script, word])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(DOCS / script), run_name="__main__")
        assert end.value.code == status
        assert part in " ".join("".join(capsys.readouterr()).split())


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus is not installed")
def test_diagrams_of_the_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waves of today's RTL, whose signals they name."""
    pages = tmp_path / "docs"
    shutil.copytree(DOCS, pages)
    monkeypatch.syspath_prepend(str(pages))
    monkeypatch.setattr(sys, "argv", ["timing.py"])
    for diagram in (pages / "ip").glob("*.svg"):
        diagram.unlink()
    runpy.run_path(str(pages / "timing.py"), run_name="__main__")
    for diagram in sorted((DOCS / "ip").glob("*.svg")):
        assert (pages / "ip" / diagram.name).read_text() == diagram.read_text(), f"run docs/timing.py: {diagram.name}"


def test_examples_of_the_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plans above all, which change with the estimates."""
    pages = tmp_path / "docs"
    shutil.copytree(DOCS, pages)
    monkeypatch.syspath_prepend(str(pages))
    monkeypatch.setattr(sys, "argv", ["examples.py"])
    runpy.run_path(str(pages / "examples.py"), run_name="__main__")
    for page in sorted(DOCS.rglob("*.md")):
        assert (pages / page.relative_to(DOCS)).read_text() == page.read_text(), f"run docs/examples.py: {page.name}"
