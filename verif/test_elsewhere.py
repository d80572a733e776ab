# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Proofs, planted faults and campaigns by other executors; gen/tests/test_cluster.py has one of other processes."""

from __future__ import annotations

import contextlib
import json
from concurrent.futures import Executor, ThreadPoolExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from finn_rtl.common.store import Store
from finn_verif import soak
from finn_verif.formal import __main__ as formal
from finn_verif.formal.prove import Result
from finn_verif.ips.catalog import IPS, PROOFS
from finn_verif.mutate import worker
from finn_verif.mutate.finder import possible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from finn_verif.ips.base import Proof

ADDRESS = "tcp://somewhere:8786"


@pytest.fixture(autouse=True)
def threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread instead of a scheduler, and a folder that machines share."""
    @contextlib.contextmanager
    def on(scheduler: str, *_: object, **__: object) -> Iterator[Executor]:
        assert scheduler == ADDRESS
        with ThreadPoolExecutor(1) as executor:
            yield executor

    monkeypatch.setattr("finn_rtl.common.workers.on", on)
    monkeypatch.setenv("FINN_RTL_CACHE", str(tmp_path / "shared"))


def test_proofs_that_hold_are_kept(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Those that do not are tried again."""
    asked: list[str] = []

    def prove(sent: tuple[Proof, float]) -> Result:
        asked.append(sent[0].name)
        failure = "fails in cycle 3" if sent[0] == proofs[1] else ""
        return Result(sent[0], failure, {"function": 2}, 1, 0.5, bool(failure))

    proofs = [proof for proof in PROOFS if proof.is_of("axis_register")][:2]
    monkeypatch.setattr(formal, "prove_within", prove)
    first = formal.prove_all(proofs, 60, 1, ADDRESS)
    assert [result.proof for result in first] == proofs and [result.failure for result in first] == [
        "", "fails in cycle 3"]
    assert formal.prove_all(proofs, 60, 1, ADDRESS) == first
    assert asked == [proofs[0].name, proofs[1].name, proofs[1].name]
    assert capsys.readouterr().out.count(f"{proofs[0].name}: ok (0.5 s)") == 2


def test_verdicts_are_those_of_each_fault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In the order of the faults, each told; what ran out of time is no verdict of the shared folder."""
    chosen = possible(IPS["axis_register"])[:3]
    found = dict(zip((m.name for m in chosen), (("build", "%Error"), ("time out", "test"), ("simulation", "")),
                     strict=True))
    asked: list[str] = []

    def kill(_: object, ip: object, mutant: worker.Mutant, limits: worker.Limits) -> tuple[str, str]:
        assert ip is IPS["axis_register"] and limits.seconds == {"all": 1}
        asked.append(mutant.name)
        return found[mutant.name]

    monkeypatch.setattr(worker, "_own_copy", lambda: None)
    monkeypatch.setattr(worker, "_own_limits", lambda *_: worker.Limits({"all": 1}))
    monkeypatch.setattr(worker, "kill", kill)
    seen: list[str] = []
    with ThreadPoolExecutor(1) as executor:
        for expected in ([m.name for m in chosen], [chosen[1].name]):
            seen.clear()
            asked.clear()
            assert worker.verdicts_elsewhere(executor, "axis_register", chosen,
                                             lambda mutant, *_: seen.append(mutant.name)) == found
            assert asked == expected and sorted(seen) == sorted(found)
    assert len(list(Store(tmp_path / "shared" / "mutate").folder.iterdir())) == 2


def test_a_campaign_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
                              ) -> None:
    """As many runs at once as there are workers, until the time is up."""
    monkeypatch.setattr(soak, "FOLDER", tmp_path)
    monkeypatch.setattr(soak, "run_task", lambda task: soak.Outcome(task, 0.1, 100, ""))
    monkeypatch.setattr("finn_rtl.common.workers.width", lambda _: 3)
    moments = iter(range(10_000))
    monkeypatch.setattr(soak, "time", SimpleNamespace(monotonic=lambda: next(moments)))
    assert soak.campaign(8 / 3600, 3, None, ADDRESS) == 0
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert sorted(line["number"] for line in lines) == list(range(len(lines))) and len(lines) >= 3
    assert f"on the workers of {ADDRESS}, seed 3: 0 failures" in capsys.readouterr().out
