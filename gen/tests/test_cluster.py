# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Other machines: a scheduler with two workers on this one, of which one dies; and results that machines share."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from bad_inputs.checks import check_line
from click.testing import CliRunner

from finn_rtl import FinnError
from finn_rtl.cli import program as cli
from finn_rtl.common import cluster, workers
from finn_rtl.common.installation import installation
from finn_rtl.common.scripts import call
from finn_rtl.common.store import SHARED, Kept, Store, key_of, shared_store
from finn_rtl.plan.devices import DEVICES
from finn_rtl.tools.explore import find_designs, jobs_of, kept_designs

# Seconds until something must have happened.
SOON = 60


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """Its address. It gives a task up with the second worker that ends in it."""
    distributed = pytest.importorskip("distributed", reason="Dask is not installed; make setup brings it")
    dask = pytest.importorskip("dask")
    with dask.config.set({"distributed.scheduler.allowed-failures": 1}), distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as here:
        yield here.scheduler_address


def _slow(sent: tuple[int, Path]) -> tuple[int, int]:
    """A number and who squares it; the number 0 says who works on it, and does not end the first time."""
    number, folder = sent
    if number == 0 and not (folder / "pid").exists():
        (folder / "fresh").write_text(str(os.getpid()))
        (folder / "fresh").replace(folder / "pid")
        time.sleep(10 * SOON)
    return number ** 2, os.getpid()


def _end(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _variables(_: int) -> tuple[str | None, str | None, int]:
    return os.environ.get("FINN_DATA"), os.environ.get(SHARED), os.getpid()


def _refuse(number: int) -> None:
    raise FinnError(f"{number}: must be even")


def test_a_worker_that_dies_costs_a_retry(scheduler: str, tmp_path: Path) -> None:
    """One of two is killed in mid-run: all results come, none twice, the lost one from another process."""
    def kill() -> None:
        deadline = time.monotonic() + SOON
        while not (tmp_path / "pid").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)

    said: list[str] = []
    seen: list[int] = []
    killer = threading.Thread(target=kill)
    killer.start()
    with workers.on(scheduler, say=said.append) as executor:
        found = workers.results(executor, _slow, [(number, tmp_path) for number in range(20)],
                                lambda place, _: seen.append(place))
    killer.join()
    assert said == [f"{scheduler}: 2 workers"]
    assert [square for square, _ in found] == [number ** 2 for number in range(20)]
    assert sorted(seen) == list(range(20))
    assert found[0][1] not in (int((tmp_path / "pid").read_text()), os.getpid())


def test_what_kills_every_worker_is_given_up(scheduler: str) -> None:
    with pytest.raises(FinnError, match="one worker after the other ended in the same task"), \
            workers.on(scheduler) as executor:
        workers.results(executor, _end, [0])


def test_workers_take_the_environment(scheduler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the caller has, and no more of it the next time; errors are the function's own."""
    monkeypatch.setenv("FINN_DATA", "data of mine")
    monkeypatch.delenv(SHARED, raising=False)
    with workers.on(scheduler) as executor:
        assert workers.width(executor) >= 1
        assert workers.results(executor, _variables, [0])[0][:2] == ("data of mine", None)
        monkeypatch.delenv("FINN_DATA")
        assert {found[:2] for found in workers.results(executor, _variables, list(range(6)))} == {(None, None)}
        with pytest.raises(FinnError, match="7: must be even"):
            workers.results(executor, _refuse, [7])


def test_workers_with_other_sources_are_refused(scheduler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is computed by another finn-rtl, nor by other tools; both are said."""
    own = installation()
    monkeypatch.setattr(cluster, "installation", lambda: replace(
        own, sources="0123456789", tools=(*(tool for tool in own.tools if tool[0] != "numpy"), ("numpy", "1.0"))))
    with pytest.raises(FinnError) as caught, workers.on(scheduler) as executor:
        workers.results(executor, _refuse, [7])
    check_line(str(caught.value), ["has other sources of finn-rtl", "(here 01234567)", "numpy", "(here 1.0)",
                                   "install the same there"])


def test_explore_finds_the_same_elsewhere(scheduler: str, place: Path) -> None:
    """As processes of this machine do, byte by byte."""
    words = ["explore", "digits", "--no-formats", "--memories", "cost", "--fps", "1e5", "--fps", "1e8", "--json"]
    here = CliRunner().invoke(cli.cli, [*words, "--workers", "1", "-o", "here"])
    there = CliRunner().invoke(cli.cli, [*words, "--scheduler", scheduler, "-o", "there"])
    assert here.exit_code == there.exit_code == 0, there.output
    assert here.stdout == there.stdout and len(json.loads(there.stdout)["designs"]) == 2
    assert f"{scheduler}: " in there.stderr
    done = CliRunner().invoke(cli.cli, [*words, "--workers", "1", "--scheduler", scheduler, "-o", "both"])
    check_line(str(done.exception), ["--workers", "--scheduler names others"])


@pytest.mark.parametrize(("address", "words"), [
    ("tcp://127.0.0.1:1", ["no Dask scheduler answers", "dask scheduler starts one", "dask worker tcp://127.0.0.1:1"]),
    ("tcp://nobody.invalid:8786", ["no Dask scheduler answers"]),
    ("127.0.0.1:8786", ["must look like tcp://HOST:PORT"]), ("tcp://127.0.0.1", ["must look like"])])
def test_a_scheduler_that_is_not_there(address: str, words: list[str], place: Path, monkeypatch: pytest.MonkeyPatch,
                                       capsys: pytest.CaptureFixture[str]) -> None:
    """One line and status 2; nothing is written."""
    if "look like" not in words[0]:
        pytest.importorskip("distributed", reason="Dask is not installed; make setup brings it")
    monkeypatch.setattr(cluster, "PATIENCE", 0.3)
    monkeypatch.setattr("sys.argv", ["finn-rtl", "explore", "digits", "--scheduler", address, "-o", "designs"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    captured = capsys.readouterr()
    assert end.value.code == 2 and captured.out == "" and captured.err.startswith("error: ")
    check_line(captured.err[:-1], [f"--scheduler {address}", *words])
    assert list(place.iterdir()) == []


def test_local_needs_no_dask(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does it load it."""
    for module in ("dask", "distributed"):
        monkeypatch.setitem(sys.modules, module, None)
    done = CliRunner().invoke(cli.cli, ["explore", "digits", "--no-formats", "--memories", "cost", "--fps", "1e5",
                                        "--workers", "1", "-o", "designs"])
    assert done.exit_code == 0, done.output


class _Counting(ThreadPoolExecutor):
    """Counts what is handed in."""

    handed = 0

    def submit(self, *arguments: object) -> object:  # type: ignore[override]
        self.handed += 1
        return super().submit(*arguments)  # type: ignore[arg-type]


@pytest.fixture
def counting() -> Iterator[_Counting]:
    with _Counting(1) as executor:
        yield executor


def test_machines_share_results(counting: _Counting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Designs in the shared folder are not searched again; what is broken there is."""
    monkeypatch.delenv(SHARED, raising=False)
    assert shared_store("explore") is None
    monkeypatch.setenv(SHARED, str(tmp_path / "shared"))
    store = shared_store("explore")
    assert store is not None
    jobs = jobs_of(["digits"], [DEVICES["xc7z020"]], ["cost"], [1e5, None, 1e9], 200.0)

    def find(executor: Executor = counting) -> list[object]:
        counts: list[int] = []
        found = find_designs(executor, jobs, counts.append, kept_designs(store))
        assert sum(counts) == len(jobs)
        return list(found)

    first = find()
    assert counting.handed == 2 and len(list(store.folder.iterdir())) == 2
    assert find() == first and counting.handed == 2
    for number, file in enumerate(sorted(store.folder.iterdir())):
        file.write_text(('{"net": "digits"', '{"format": "W1A1"}')[number])
    assert find() == first and counting.handed == 4
    monkeypatch.setattr("finn_rtl.common.store.installation", lambda: replace(installation(), sources="others"))
    assert find() == first and counting.handed == 6


def test_failures_are_not_kept(counting: _Counting, tmp_path: Path) -> None:
    """Nor does a folder that cannot be written spoil a run."""
    def half(number: int) -> int:
        return number // 2

    def kept(folder: Path) -> Kept[int, int]:
        return Kept(Store(folder), lambda number: key_of("half", number), str, lambda _, raw: int(raw),
                    lambda result: result % 2 == 0)

    for expected in (4, 6):
        assert workers.results(counting, half, [2, 4, 6, 8], kept=kept(tmp_path / "some")) == [1, 2, 3, 4]
        assert counting.handed == expected
    (tmp_path / "file").write_text("")
    assert workers.results(counting, half, [4], kept=kept(tmp_path / "file")) == [2]


def test_functions_of_scripts() -> None:
    """bench/run.py as workers call it."""
    assert call("bench/run.py", "title", ({"net": "cnv_padded", "scenario": "max"},)) == "CNV-padded-max"
    with pytest.raises(FinnError, match=r"none\.py: is not there; this needs a checkout"):
        call("bench/none.py", "title", ())
