# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The worked examples of the pages are those that docs/examples.py writes now."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

import pytest

from finn_rtl.common.repository import ROOT

pytestmark = pytest.mark.steady

DOCS = ROOT / "docs"


def test_examples_of_the_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plans above all, which change with the estimates."""
    pages = tmp_path / "docs"
    shutil.copytree(DOCS, pages)
    monkeypatch.syspath_prepend(str(pages))
    runpy.run_path(str(pages / "examples.py"), run_name="__main__")
    for page in sorted(DOCS.rglob("*.md")):
        assert (pages / page.relative_to(DOCS)).read_text() == page.read_text(), f"run docs/examples.py: {page.name}"
