"""What bench/run.py saves, with made-up measurements."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from finn_rtl.common.errors import FinnError
from finn_rtl.common.places import CHECKOUT

COMMITTED = json.loads((CHECKOUT / "bench" / "results.json").read_text(encoding="utf-8"))


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """bench/run.py, writing to a folder of its own; its measurements are the committed ones with other LUTs."""
    spec = importlib.util.spec_from_file_location("bench_run", CHECKOUT / "bench" / "run.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "bench_run", module)
    monkeypatch.syspath_prepend(CHECKOUT / "bench")
    spec.loader.exec_module(module)

    def measure(net: str, scenario: str, with_synthesis: bool) -> dict[str, Any]:
        figures = next(f for f in COMMITTED["networks"] if (f["net"], f["scenario"]) == (net, scenario))
        return {**figures, "synthesis": {**figures["synthesis"], "lut": 1}}

    (tmp_path / "results.json").write_text(json.dumps(COMMITTED))
    measured = [(figures["net"], figures["scenario"]) for figures in COMMITTED["networks"]]
    monkeypatch.setattr(module, "RUNS", [run for run in module.RUNS if run in measured])
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    monkeypatch.setattr(module, "measure", measure)
    monkeypatch.setattr(module, "tools", lambda: COMMITTED["tools"])
    monkeypatch.setenv("FINN_DATA", str(tmp_path))
    return module


def test_networks_may_be_measured_elsewhere(bench: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever is ready first: the same is saved, and kept for other machines."""
    asked: list[str] = []

    def call_script(script: str, function: str, arguments: tuple[str, str, bool]) -> dict[str, Any]:
        assert (script, function) == ("bench/run.py", "measure")
        asked.append(arguments[0])
        return bench.measure(*arguments)

    @contextlib.contextmanager
    def on(scheduler: str, *_: object, **__: object) -> Iterator[Executor]:
        assert scheduler == "tcp://somewhere:8786"
        with ThreadPoolExecutor(4) as executor:
            yield executor

    monkeypatch.setattr(bench, "call", call_script)
    monkeypatch.setattr(bench.workers, "on", on)
    monkeypatch.setenv("FINN_RTL_CACHE", str(tmp_path / "shared"))
    for _ in range(2):
        call(bench, monkeypatch, "--scheduler", "tcp://somewhere:8786")
        assert luts(tmp_path) == [1] * len(COMMITTED_LUTS)
        assert [figures["net"] for figures in saved(tmp_path)["networks"]] == [net for net, _ in bench.RUNS]
    assert sorted(asked) == sorted(net for net, _ in bench.RUNS)


@pytest.fixture
def golden(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """bench/golden.py."""
    monkeypatch.syspath_prepend(CHECKOUT / "bench")
    return importlib.import_module("golden")


def call(module: ModuleType, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["run.py", *arguments])
    status: int = module.main()
    return status


def saved(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "results.json").read_text())
    return document


def luts(folder: Path) -> list[int]:
    return [figures["synthesis"]["lut"] for figures in saved(folder)["networks"]]


COMMITTED_LUTS = [figures["synthesis"]["lut"] for figures in COMMITTED["networks"]]


def fail_at(module: ModuleType, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    measure = module.measure

    def failing(net: str, scenario: str, with_synthesis: bool) -> dict[str, Any]:
        if (net, scenario) == module.RUNS[at]:
            raise FinnError("Yosys failed: no luck")
        figures: dict[str, Any] = measure(net, scenario, with_synthesis)
        return figures

    monkeypatch.setattr(module, "measure", failing)


def test_a_later_failure_loses_nothing(bench: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fail_at(bench, monkeypatch, 2)
    assert call(bench, monkeypatch) == 2
    assert luts(tmp_path) == [1, 1, *COMMITTED_LUTS[2:]]
    assert (tmp_path / "results.md").read_text().count("**1**") == 2


def test_tables_are_of_one_set_of_tools(bench: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
                                        capsys: pytest.CaptureFixture[str]) -> None:
    newer = {**COMMITTED["tools"], "pyosys": "99"}
    measure = bench.measure
    monkeypatch.setattr(bench, "tools", lambda: newer)
    fail_at(bench, monkeypatch, 2)
    assert call(bench, monkeypatch) == 2
    assert luts(tmp_path) == [1, 1, *COMMITTED_LUTS[2:]]
    assert saved(tmp_path)["tools"] == newer
    theirs = [figures.get("tools") for figures in saved(tmp_path)["networks"]]
    assert theirs == [None, None] + [COMMITTED["tools"]] * (len(theirs) - 2)
    assert not (tmp_path / "results.md").exists()

    monkeypatch.setattr(bench, "measure", measure)
    rest = ["/".join(run) for run in bench.RUNS[2:]]
    assert call(bench, monkeypatch, "--only", rest[0]) == 2
    assert f"measured {', '.join(rest[1:])};" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "results.md").exists()
    call(bench, monkeypatch, *(f"--only={run}" for run in rest[1:]))
    assert luts(tmp_path) == [1] * len(COMMITTED_LUTS)
    assert all("tools" not in figures for figures in saved(tmp_path)["networks"])
    assert "pyosys 99" in (tmp_path / "results.md").read_text()


def test_check_and_missing_figures_save_nothing(bench: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
                                                capsys: pytest.CaptureFixture[str]) -> None:
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert call(bench, monkeypatch, "--check") == 0
    assert "**1**" in capsys.readouterr().out
    call(bench, monkeypatch, "--no-synth")
    monkeypatch.delenv("FINN_DATA")
    call(bench, monkeypatch)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before


def test_what_fits_is_what_the_device_holds(bench: ModuleType) -> None:
    """A "fit" of more than the device has falls short, whatever was estimated."""
    figures = next(f for f in COMMITTED["networks"] if (f["net"], f["scenario"]) == ("lfc", "fit"))
    assert not bench.shortfalls(figures)
    found = bench.shortfalls({**figures, "synthesis": {**figures["synthesis"], "bram36": 545.5}})
    assert found == ["545.5 bram36, xc7z045 has 545"]


def test_check_names_what_became_worse(bench: ModuleType, monkeypatch: pytest.MonkeyPatch,
                                       capsys: pytest.CaptureFixture[str]) -> None:
    """Network, metric, both figures, the tolerance, and how to accept; what became better fails nothing."""
    before = next(f for f in COMMITTED["networks"] if (f["net"], f["scenario"]) == ("digits", "max"))
    latency = before["latency_cycles"]

    def check(latency: int = latency, **synthesis: float) -> tuple[int, list[str]]:
        found = {**before, "latency_cycles": latency, "predicted_latency_cycles": latency,
                 "synthesis": {**before["synthesis"], **synthesis}}
        monkeypatch.setattr(bench, "measure", lambda *_: found)
        return call(bench, monkeypatch, "--check", "--only", "digits/max"), capsys.readouterr().err.splitlines()

    lut, bram36 = before["synthesis"]["lut"], before["synthesis"]["bram36"]
    assert check(lut=int(lut * 1.02)) == (0, [])
    status, said = check(latency + 1, lut=int(lut * 1.03), bram36=bram36 - 5, dsp=1)
    assert status == 1 and said == [
        f"worse: digits-max: latency {latency + 1}, committed {latency}: {1 / latency:.1%} more, tolerance none",
        f"worse: digits-max: LUT {int(lut * 1.03):,}, committed {lut:,}: 3.0% more, tolerance 2 %",
        "worse: digits-max: DSP 1, committed 0: more, tolerance none",
        f"better: digits-max: block RAM {bram36 - 5}, committed {bram36}: {5 / bram36:.1%} less, tolerance 2 %",
        "3 of the figures became worse than tolerances.toml allows. If that is meant: run bench/run.py --only"
        " digits/max without --check, with FINN_DATA, and say why where you commit the result"]
    status, said = check(bram36=bram36 - 5)
    assert status == 0 and said[-1].startswith("to keep what became better: run bench/run.py --only digits/max")


def test_every_column_of_the_pages_is_judged(golden: ModuleType) -> None:
    """A new column of a table has to be a metric, or to be named among what is not compared."""
    tolerances = golden.load()
    known = tolerances.ignored | tolerances.rows | {c for metric in tolerances.metrics for c in metric.columns}
    found = set()
    for page in sorted((CHECKOUT / "bench").glob("*.md")):
        for headings, is_right, _ in golden.tables(page.read_text(encoding="utf-8")):
            found |= {heading for heading, right in zip(headings, is_right, strict=True) if right}
    assert found <= known, f"bench/tolerances.toml lacks {sorted(found - known)}"
    assert known <= found, f"no table has {sorted(known - found)} of bench/tolerances.toml"


def test_pages_are_compared_row_by_row(golden: ModuleType) -> None:
    """The Fmax of one IP and the cycles of one window go the wrong way; rows that are new are none of these."""
    tolerances = golden.load()
    clock = (CHECKOUT / "bench" / "fmax.md").read_text(encoding="utf-8")
    row = next(line for line in clock.splitlines() if line.startswith("| `axis_fork` | OUTPUTS 4"))
    mhz = row.split(" | ")[5]
    slower = clock.replace(row, row.replace(f" {mhz} ", f" **{int(mhz) - 40}** ", 1)).replace("`add`", "`sub`")
    assert not golden.page_changes(clock, clock, tolerances)
    [change] = golden.page_changes(clock, slower, tolerances)
    assert change.is_worse and str(change).startswith(
        f"`axis_fork`, OUTPUTS 4, WIDTH 32: Fmax {int(mhz) - 40}, committed {mhz}: ")
    windows = "| window | | cycles/frame | FF |\n|---|---|--:|--:|\n| a | own | 1,000 | 3 |\n| | FINN | **7** | 9 |\n"
    found = golden.page_changes(windows, windows.replace("1,000", "1,001").replace("**7**", "6"), tolerances)
    assert [(change.what, change.new, change.is_worse) for change in found] == [
        ("a, own", 1001, True), ("a, FINN", 6, False)]


def test_a_script_that_checks_fails_for_its_page(golden: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
                                                 capsys: pytest.CaptureFixture[str]) -> None:
    page = importlib.import_module("page")
    monkeypatch.setattr(page, "FOLDER", tmp_path)
    lines = ["| matrix | LUT |", "|---|--:|", "| 8 x 8 | 500 |"]
    assert page.write_page("mine", "Mine", "", lines, is_saved=True)
    saved = (tmp_path / "mine.md").read_text()
    assert page.write_page("mine", "Mine", "", lines, is_saved=False) and not capsys.readouterr().err
    assert not page.write_page("mine", "Mine", "", [*lines[:2], "| 8 x 8 | **511** |"], is_saved=False)
    said = capsys.readouterr().err
    assert "worse: 8 x 8: LUT 511, committed 500: 2.2% more, tolerance 2 %" in said and "bench/mine.py" in said
    assert (tmp_path / "mine.md").read_text() == saved


def test_check_guards_the_targets(bench: ModuleType, monkeypatch: pytest.MonkeyPatch,
                                  capsys: pytest.CaptureFixture[str]) -> None:
    measure = bench.measure
    monkeypatch.setattr(bench, "measure", lambda *arguments: {**measure(*arguments), "cycles_per_frame": 17})
    assert call(bench, monkeypatch, "--check", "--only", "sfc/max") == 1
    said = " ".join(capsys.readouterr().err.split())
    assert "sfc-max: cycles_per_frame 17, predicted 16; 17 cycles a frame, 16 wanted" in said
