# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What is kept is taken only for what it was made of."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from finn_verif.run import kept

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


def test_only_the_runtime_is_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its objects come back while command and headers are the same; a model's own source, or an error, never does."""
    monkeypatch.setattr(kept, "FOLDER", tmp_path / "kept")
    include = tmp_path / "include"
    include.mkdir()
    header, runtime, made, log = include / "number.h", include / "runtime.cpp", tmp_path / "made.o", tmp_path / "log"
    runtime.write_text("runtime")
    header.write_text("1")
    compiler = tmp_path / "compiler"
    compiler.write_text(f"#!/bin/sh\necho \"$@\" >>{log}\ncat {header} >{made}\ngrep -q 1 {header}\n")
    compiler.chmod(0o755)
    model = tmp_path / "model.cpp"

    def compiled(source: Path, *options: str) -> tuple[int, bool]:
        """Status, and whether the compiler was called; the object is what it makes of the header."""
        made.unlink(missing_ok=True)
        before = len(log.read_text()) if log.exists() else 0
        status = kept.compile_once([str(compiler), *options, f"-I{include}", "-c", "-o", str(made), str(source)])
        assert made.read_text() == header.read_text()
        return status, len(log.read_text()) > before

    assert compiled(runtime) == (0, True)
    assert compiled(runtime) == (0, False)
    assert compiled(runtime, "-O2") == (0, True)
    assert compiled(model) == compiled(model) == (0, True)
    header.write_text("10")
    assert compiled(runtime) == (0, True)
    assert compiled(runtime) == (0, False)
    header.write_text("2")
    assert compiled(runtime) == compiled(runtime) == (1, True)


def test_a_steady_test_is_skipped_until_something_changes(tmp_path: Path) -> None:
    """It runs, is skipped, runs again with another file; one that fails, or has no mark, always runs."""
    verif = tmp_path / "verif"
    shutil.copytree(kept.ROOT / "verif" / "finn_verif", verif / "finn_verif")
    shutil.copy(kept.ROOT / "verif" / "conftest.py", verif)
    (verif / "test_some.py").write_text(
        "import pytest\n"
        "@pytest.mark.steady\n"
        "def test_steady(): pass\n"
        "@pytest.mark.steady\n"
        "def test_fails(): raise AssertionError\n"
        "def test_random(): pass\n")

    def outcome() -> str:
        command = [sys.executable, "-m", "pytest", "-q", "-o", "markers=steady", "-p", "no:cacheprovider", "verif"]
        said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout
        return said.splitlines()[-1].partition(" in ")[0]

    assert outcome() == "1 failed, 2 passed"
    assert outcome() == "1 failed, 1 passed, 1 skipped"
    (tmp_path / "module.sv").write_text("module m;")
    assert outcome() == "1 failed, 2 passed"
