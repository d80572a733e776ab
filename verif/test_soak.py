# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The campaign of random runs: what it draws, how it makes a failure smaller and runs it again."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from finn_rtl.common.errors import FinnError
from finn_rtl.operators.conv import Convolution
from finn_verif import soak
from finn_verif.common import seeds
from finn_verif.networks.random_networks import Case
from finn_verif.run import runner


def has_convolution(case: Case) -> bool:
    """A stand-in for a fault that only convolutions have."""
    network, _ = case.build()
    return any(isinstance(layer, Convolution) for layer in network.topology.layers)


def test_tasks_are_of_the_seed() -> None:
    """The same seed and number give the same run; every tenth is an IP's, in turn."""
    tasks = [soak.make_task(3, number) for number in range(40)]
    assert tasks == [soak.make_task(3, number) for number in range(40)]
    assert tasks[0] != soak.make_task(4, 0)
    assert [task.ip for task in tasks if task.case is None] == list(soak.SOAKED[:4])
    assert {task.simulator for task in tasks} == set(runner.SIMULATORS)


def test_failures_become_small() -> None:
    """What is left is a network that cannot lose more."""
    case = next(case for case in (soak.make_task(1, number).case for number in range(30))
                if case is not None and len(case.document["layers"]) >= 4 and has_convolution(case))
    small = soak.shrink(case, has_convolution, most=1000)
    assert has_convolution(small)
    assert len(small.document["layers"]) == 1
    assert small.document["input"]["encoding"]["type"] == "binary"
    assert small.document["layers"][0]["channels"] == 1
    assert small.document["input"]["shape"][2] == 1
    assert soak.shrink(case, has_convolution, most=0) == case


def test_tasks_can_be_written_and_read(tmp_path: Path) -> None:
    """A replay is the very run."""
    task = soak.make_task(7, 2)
    file = tmp_path / "failure.json"
    soak.write_task(task, file)
    assert soak.read_task(file) == task
    other = dataclasses.replace(task, case=soak.make_task(7, 3).case)
    assert soak.read_task(file) != other
    file.write_text("[]")
    with pytest.raises(FinnError, match="not a run that a campaign wrote down"):
        soak.read_task(file)
    with pytest.raises(FinnError, match="No such file"):
        soak.read_task(tmp_path / "none.json")


def test_a_fault_is_found_and_replayed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A network whose results are not the reference's fails, and its file fails again."""
    runner.require("icarus")
    task = next(task for task in (soak.make_task(2, number) for number in range(9)) if task.simulator == "icarus")
    monkeypatch.setattr(soak, "MOST_TRIALS", 0)
    passed = soak.run_task(task)
    assert not passed.failure and passed.cycles > 100
    assert seeds.seed() != task.seed, "the seed of a run stays with it"
    monkeypatch.setattr("finn_verif.run.runner.simulate", lambda *_: pytest.fail("wrong results", pytrace=False))
    failed = soak.run_task(task)
    assert failed.failure == "wrong results"
    monkeypatch.setattr(soak, "shrink", lambda case, *_: case)
    soak.report(failed)
    file = soak.FOLDER / f"failure{task.number}.json"
    assert f"make soak REPLAY={file.relative_to(runner.ROOT)}" in " ".join(capsys.readouterr().err.split())
    assert soak.read_task(file) == task
    file.unlink()


def test_the_log_is_summed_up(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    entry = {"seed": 7, "ip": "", "simulator": "icarus", "cycles": 1500, "failed": False}
    entries = [entry, {**entry, "failed": True}, {**entry, "simulator": "verilator", "ip": "swu", "cycles": 0}]
    log.write_text("".join(json.dumps(one) + "\n" for one in entries))
    text = soak.summary(log)
    assert "| networks | 2 | 0 | 1 |\n" in text
    assert "| `swu` | 0 | 1 | 0 |\n" in text
    assert text.endswith("Seed 7; 3,000 cycles of networks.")
    log.write_text("{}\n")
    with pytest.raises(FinnError, match="not the log of a campaign"):
        soak.summary(log)
