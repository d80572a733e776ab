"""Explorations: the best of many designs, in processes that end with their caller, and files that come whole."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bad_inputs.checks import files_below
from click.testing import CliRunner

from finn_rtl import FinnError
from finn_rtl.cli import program as cli
from finn_rtl.cli.explore_picture import frontier
from finn_rtl.common import workers
from finn_rtl.description.networks import find_topology
from finn_rtl.plan.devices import DEVICES, fits
from finn_rtl.plan.plan import make_plan
from finn_rtl.tools.explore import Design, Job, Miss, find_design, find_designs, formats_of, jobs_of, judged

pytestmark = [pytest.mark.steady, pytest.mark.usefixtures("place")]

DEVICE = DEVICES["xc7z020"]
# Seconds until a process must have ended.
SOON = 20


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[Executor]:
    """An executor that starts no process."""
    with ThreadPoolExecutor(1) as executor:
        yield executor


def test_memories_go_where_they_should() -> None:
    """The same rate, fewer LUTs the more block RAMs; in LUTs alone there are none."""
    topology = find_topology("digits")[0]
    plans = {place: make_plan(topology, fps=150_000, memories=place, device="xc7z020")
             for place in ("cost", "lut", "block")}
    luts, blocks = ([getattr(plans[place].cost, what) for place in ("lut", "cost", "block")]
                    for what in ("lut", "bram36"))
    assert luts == sorted(luts, reverse=True) and len(set(luts)) == 3
    assert blocks == sorted(blocks) and blocks[0] == 0 and len(set(blocks)) == 3
    for plan in plans.values():
        assert fits(plan.pipeline, DEVICE) and plan.device == DEVICE and plan.fps >= 150_000
    small = replace(DEVICE, bram36=2)
    tight = make_plan(topology, fps=150_000, memories="block", device=small)
    assert fits(tight.pipeline, small) and tight.cost.bram36 > plans["cost"].cost.bram36


def test_formats_that_are_shipped(tiny: Path) -> None:
    assert formats_of("cnv") == ["cnv", "cnv_w1a2", "cnv_w2a2"]
    assert formats_of("cnv_w2a2") == ["cnv_w2a2", "cnv", "cnv_w1a2"]
    assert formats_of("sfc") == ["sfc"] and formats_of("tiny.json") == ["tiny.json"]


def test_the_best_designs() -> None:
    """By definition, on random figures, and equal designs once."""
    rng = np.random.default_rng(9)
    designs = [Design("net", "W1A1", "ab"[a], "cost", "fit", 1.0, b, float(c), 1, d, float(e), f, 1.0, "x")
               for a, b, c, d, e, f in (rng.integers([0, 1, 1, 1, 1, 1], [2, 5, 5, 5, 5, 5]).tolist()
                                        for _ in range(60))]
    found = judged([*designs, *designs])
    assert len({(one.device, one.merits) for one in found}) == len(found)
    for one in found:
        beaten = any(other.device == one.device and other.merits != one.merits
                     and all(b <= a for a, b in zip(one.merits, other.merits, strict=True)) for other in found)
        assert one.is_best == (not beaten)
    assert 0 < sum(one.is_best for one in found) < len(found)
    assert frontier([(1, 5), (2, 4), (2, 9), (3, 9), (4, 10)], True) == [(1, 5), (2, 9), (4, 10)]
    assert frontier([(1, 5), (2, 4), (2, 9), (3, 4), (4, 1)], False) == [(1, 5), (2, 4), (4, 1)]


def test_what_is_faster_than_the_fastest_needs_no_search(threads: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are those of every job by itself."""
    jobs = jobs_of(["digits"], [DEVICE], ["lut"], [1e5, None, 1e9, 3e9], 200.0)
    asked: list[Job] = []
    monkeypatch.setattr("finn_rtl.tools.explore.find_design", lambda job: asked.append(job) or find_design(job))
    counts: list[int] = []
    answers = find_designs(threads, jobs, counts.append)
    assert [job.fps for job in asked] == [None, 1e5] and sum(counts) == len(jobs)
    for job, answer in zip(jobs, answers, strict=True):
        alone = find_design(job)
        assert type(alone) is type(answer) and (isinstance(alone, Miss) or alone == answer)
    design = answers[0]
    assert isinstance(design, Design)
    plan = make_plan(find_topology("digits")[0], fps=1e5, device=DEVICE, memories="lut")
    assert (design.cycles_per_frame, design.latency_cycles, design.estimated_lut, design.estimated_bram36) == (
        plan.cycles_per_frame, plan.latency_cycles, round(plan.cost.lut), 0.0)


def test_command() -> None:
    """Two devices and two formats, in processes; files say what the output says."""
    done = CliRunner().invoke(cli.cli, ["explore", "digits", "--device", "xc7z020", "--device", "lfe5u-25", "--fps",
                                        "1e5", "--fps", "1e8", "--memories", "cost", "--workers", "2", "-o", "new/out",
                                        "--json"])
    assert done.exit_code == 0, done.output
    data = json.loads(done.stdout)
    assert json.loads(Path("new/out/designs.json").read_text()) == data
    assert sorted(files_below(Path("new/out"))) == ["designs.csv", "designs.json", "lfe5u-25.png", "xc7z020.png"]
    assert list(Path("new").iterdir()) == [Path("new/out")]
    with Path("new/out/designs.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["estimated_lut"] for row in rows] == [str(one["estimated_lut"]) for one in data["designs"]]
    assert {(one["net"], one["device"]) for one in data["designs"]} == {
        (net, device) for net in ("digits", "digits_w2a2") for device in ("xc7z020", "lfe5u-25")}
    assert all(miss["device"] == "lfe5u-25" and "cannot be met" in miss["why"] for miss in data["not_met"])
    assert len(data["designs"]) + len(data["not_met"]) == 8 and len(data["not_met"]) == 2
    again = CliRunner().invoke(cli.cli, ["explore", "digits", "-o", "new/out"])
    assert "is not empty" in str(again.exception)


def test_pictures_and_tables_of_one_design(tiny: Path) -> None:
    done = CliRunner().invoke(cli.cli, ["explore", "tiny.json", "--fps", "1e4", "-o", "out", "--picture-format", "svg",
                                        "--device-file", "my.json", "--workers", "1"])
    assert "my.json: cannot be read" in str(done.exception)
    Path("my.json").write_text('{"name": "My card!", "lut": 9999, "bram36": 0, "dsp": 0}')
    done = CliRunner().invoke(cli.cli, ["explore", "tiny.json", "--fps", "1e4", "-o", "out", "--picture-format", "svg",
                                        "--device-file", "my.json", "--workers", "1"])
    assert done.exit_code == 0 and "My card!" in done.output
    assert b"<svg" in Path("out/my_card_.svg").read_bytes()


def _end(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_is_killed() -> None:
    with pytest.raises(FinnError, match="a process ended before"), workers.local(1) as executor:
        workers.results(executor, _end, [1, 2])


def _session(number: int) -> list[str]:
    """Processes of a session that live."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            state = (place / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(state[3]) == number and state[0] != "Z":
            found.append(place.name)
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_nothing_is_left_of_an_interrupted_one(place: Path, number: signal.Signals, status: int) -> None:
    """Ctrl-C, which all processes of a terminal get, and a kill: no files, no processes."""
    running = subprocess.Popen([sys.executable, "-m", "finn_rtl.cli", "explore", "cnv", "-o", "out", "--workers", "2"],
                               start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + SOON
    # Itself, two workers, and what looks after their semaphores.
    while len(_session(running.pid)) < 4 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(_session(running.pid)) >= 4
    if number is signal.SIGINT:
        os.killpg(running.pid, number)
    else:
        running.kill()
    said = running.communicate(timeout=SOON)[1]
    assert running.returncode == status
    if number is signal.SIGINT:
        assert said == b"interrupted\n"
    deadline = time.monotonic() + SOON
    while _session(running.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _session(running.pid)
    assert files_below(place) == {}

