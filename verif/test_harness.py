# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The harness itself: what must turn a test red does so."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cocotb_tests.harness import INSTANCES
from finn_verif.common import seeds
from finn_verif.run import runner

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.steady


@contextlib.contextmanager
def fails(message: str | None = None) -> Iterator[pytest.ExceptionInfo[BaseException]]:
    """A simulation that must fail; it does not count in the summary."""
    with pytest.raises(pytest.fail.Exception, match=message) as failure:
        yield failure
    runner.simulations.clear()


PLACE = Path(__file__).parent / "harness"
FILES = runner.Sources((PLACE / "fickle.sv", PLACE / "forgetful.sv"), (), ())


@pytest.mark.parametrize("simulator", runner.simulators())
def test_broken_rules_are_seen(simulator: str) -> None:
    """A source that takes back valid, or changes data or last, fails its test, and a simulation that ends early too.

    So does a register with a reset that is not one.
    """
    with fails() as failure:
        runner.run_files("harness", FILES, INSTANCES, "cocotb_tests.harness", simulator)
    text = str(failure.value)
    assert "10 of 13 cocotb tests failed" in text
    for fault in (1, 2, 3):
        assert f"is_watched/instance=fault{fault}: AssertionError: fault{fault}_m_axis: a beat was taken back" in text
    for fault in (1, 2, 3):
        assert f"works_after_reset/instance=forgetful{fault}: " in text
    assert "keeps_the_rules/instance=fault1: AssertionError: fault1_m_axis: tvalid fell before" in text
    assert "keeps_the_rules/instance=fault2: AssertionError: fault2_m_axis: {'tdata': " in text
    assert "keeps_the_rules/instance=fault3: AssertionError: fault3_m_axis: {'tdata': " in text
    assert "keeps_the_rules/instance=fault4" in text
    assert f"seed {seeds.seed()}" in text


@pytest.mark.parametrize("simulator", runner.simulators())
def test_missing_module_is_seen(simulator: str) -> None:
    """Where cocotb finds no tests nothing passes."""
    with fails("no cocotb test ran"):
        runner.run_files("harness_alone", FILES, INSTANCES, "cocotb_tests.there_is_no_such_module", simulator)


def test_missing_simulator_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing simulator skips its half and says so."""
    monkeypatch.setattr(runner, "EXECUTABLES", {"icarus": "there_is_no_such_simulator"})
    with pytest.raises(pytest.skip.Exception, match="Icarus not found: its half was not run"):
        runner.require("icarus")


def test_wrong_simulator_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """SIM must name a simulator."""
    monkeypatch.setenv("SIM", "vcs")
    with pytest.raises(ValueError, match="SIM=vcs must be one of icarus, verilator"):
        runner.simulators()


def test_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    """SEED changes every generator; each use has one of its own."""
    monkeypatch.setenv("SEED", "5")
    first = seeds.generator("a", 1).random()
    assert first == seeds.generator("a", 1).random()
    assert first != seeds.generator("a", 2).random()
    monkeypatch.setenv("SEED", "6")
    assert first != seeds.generator("a", 1).random()
    monkeypatch.setenv("SEED", "six")
    with pytest.raises(ValueError, match="SEED=six must be an integer"):
        seeds.seed()
