# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What is kept is taken only for what it was made of."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from finn_verif import kept

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_key_is_of_every_byte(tmp_path: Path) -> None:
    """Another source, header or argument, or another order, is another name."""
    headers = tmp_path / "headers"
    headers.mkdir()
    (headers / "check.svh").write_text("`define A")
    first, second = tmp_path / "first.sv", tmp_path / "second.sv"
    first.write_text("module first;")
    second.write_text("module second;")

    def key(*arguments: str) -> str:
        return kept.key_of((first, second), (headers,), arguments)

    keys = [key("top"), key("top", "waves"), kept.key_of((second, first), (headers,), ("top",))]
    assert key("top") == keys[0]
    (headers / "check.svh").write_text("`define B")
    keys.append(key("top"))
    second.write_text("module third;")
    keys.append(key("top"))
    assert len(set(keys)) == len(keys)


def test_files_are_kept_until_nobody_takes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there comes back; what was not taken for long goes when another is kept."""
    monkeypatch.setattr(kept, "FOLDER", tmp_path / "kept")
    built, taken = tmp_path / "built", tmp_path / "taken"
    built.write_text("result")
    assert not kept.fetch("a", taken)
    kept.keep("a", built)
    assert kept.fetch("a", taken)
    assert taken.read_text() == "result"
    os.utime(tmp_path / "kept" / "a", (0, 0))
    kept.keep("b", built)
    assert not kept.fetch("a", taken)
    assert kept.fetch("b", taken)
