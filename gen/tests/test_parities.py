"""Running parities: what they hold, what can be told from them, and which rows they are for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from finn_rtl import FinnError
from finn_rtl.ips import parities
from finn_rtl.ips.base import Ram
from finn_rtl.ips.mvtu import Mvtu
from finn_rtl.ips.products import Operands, dot_product
from finn_rtl.output.mvtu_memory import write_mvtu_memories
from finn_rtl.tools import synth
from finn_rtl.tools.eda import core_sources

pytestmark = pytest.mark.steady


def majority(a: int, b: int, c: int) -> int:
    return int(a + b + c > 1)


@pytest.mark.parametrize(("lanes", "run"), [(1, 3), (2, 3), (3, 3), (8, 5), (9, 9), (20, 7), (33, 33), (64, 33)])
def test_products_of_recoded_bits_have_the_sum(lanes: int, run: int) -> None:
    """Their sum, from carries of full adders alone whose sums are places of the recoded products."""
    rng = np.random.default_rng(lanes)
    for _ in range(50):
        inputs, weights = rng.integers(0, 2, (2, lanes), dtype=np.uint8)
        places = 1 - (parities.recoded(inputs, run) ^ parities.recoded(weights, run))
        total = twos = 0
        for first in range(0, lanes, run):
            of_run = [int(place) for place in places[first:first + run]]
            pairs = (len(of_run) - 1) // 2
            for pair in range(pairs):
                before, product, behind = of_run[2 * pair:2 * pair + 3]
                total += 2 * majority(before, product, before ^ product ^ behind)
            twos += pairs
            total += sum(of_run[2 * pairs:])
        assert total == np.count_nonzero(inputs == weights)
        assert twos == parities.carries(lanes, run)


def test_no_two_words_are_recoded_alike() -> None:
    words = (np.arange(1 << 9)[:, None] >> np.arange(9) & 1).astype(np.uint8)
    for run in (3, 5, 9):
        recoded = parities.recoded(words, run)
        assert len(np.unique(recoded, axis=0)) == len(words)
        # Ones stay ones: what inverts a plane of inputs inverts it recoded.
        assert (recoded ^ parities.recoded(1 - words, run)).all()


@pytest.mark.parametrize(("simd", "most"), [
    *((simd, most) for simd in (*range(3, 70), 98, 128, 196) for most in (parities.MOST_RUN, parities.MOST_FAST_RUN)),
    (784, parities.MOST_RUN)])
def test_all_runs_are_odd(simd: int, most: int) -> None:
    run = parities.odd_run(simd, most)
    sizes = [min(run, simd - first) for first in range(0, simd, run)]
    assert max(sizes) <= most and all(size % 2 for size in sizes)
    assert 2 * parities.carries(simd, run) + len(sizes) == simd


def test_rows_that_they_are_for() -> None:
    """Several with the same inputs; weights of one bit that are multiplied at once."""
    assert parities.best_run(64, 32, Operands(1)) == 33
    assert parities.best_run(64, 1, Operands(1)) == parities.best_run(4, 32, Operands(1)) == 0
    assert parities.best_run(4095, 16, Operands(1)) > 0 == parities.best_run(4096, 16, Operands(1))
    assert parities.best_run(64, 32, Operands(2)) == 33
    assert parities.best_run(64, 32, Operands(2), parities.MOST_FAST_RUN) == 17
    assert parities.best_run(64, 32, Operands(2, 2)) == parities.best_run(64, 32, Operands(2, serial=True)) == 0


@pytest.mark.parametrize(("style", "levels", "run"), [
    ("block", 2, 33), ("distributed", 2, 33), ("block", 1, 17), ("distributed", 1, 0)])
def test_fast_units_recode_less_at_a_time(style: Ram, levels: int, run: int) -> None:
    unit = Mvtu("fc", 128, 64, 64, 16, 1, 1, levels_per_stage=levels, weight_style=style)
    assert unit.run == run and unit.parameters("net").get("RUN", 0) == run
    assert replace(unit, recodes=False).run == replace(unit, groups=64, pe=2).run == 0


@pytest.mark.parametrize(("simd", "bits"), [(16, 1), (49, 1), (64, 1), (32, 2)])
def test_luts_are_about_those_of_yosys(simd: int, bits: int, tmp_path: Path) -> None:
    kind, run = Operands(bits), parities.odd_run(simd)
    sources = core_sources("finn:ip:mvtu")
    numbers = {"SIMD": str(simd), "INPUT_W": str(bits), "RUN": str(run)}
    found = {}
    for module, more in (("mvtu_dot_parities", {"STAGES": "1"}), ("mvtu_parities", {})):
        part = synth.Part(module, module, tuple((numbers | more).items()))
        job = synth.make_job(part, sources, {}, tmp_path / module)
        found[module] = synth.usage(synth.run_yosys(job.commands, job.folder)).lut
    rows = found["mvtu_dot_parities"]
    assert abs(parities.summed(simd, kind, run)[1] - rows) <= 0.08 * rows + 2
    assert abs(bits * parities.recoding_luts(simd, run) - found["mvtu_parities"]) <= 0.25 * found["mvtu_parities"]
    assert found["mvtu_dot_parities"] < dot_product(simd, kind)[1]


@pytest.mark.parametrize(("run", "message"), [
    (4, "run 4: must be 0, or odd and at least 3"), (1, "run 1: must be 0"), (-3, "run -3: must be 0")])
def test_memories_of_runs_that_there_are_not(run: int, message: str, tmp_path: Path) -> None:
    with pytest.raises(FinnError, match=message):
        write_mvtu_memories(tmp_path, np.ones((2, 8), int), simd=8, pe=2, run=run)
    assert not any(tmp_path.iterdir())


def test_memories_hold_recoded_weights(tmp_path: Path) -> None:
    weights = np.array([[1, -1, 1, 1, -1, 1], [-1, -1, -1, 1, 1, 1]])
    write_mvtu_memories(tmp_path, weights, simd=6, pe=2, run=5)
    # 1, 0, 1 ^ 0 ^ 1 = 0, 1, 0 ^ 1 ^ 0 = 1, 1 and 0, 0, 0, 1, 0 ^ 1 ^ 1 = 0, 1.
    assert int((tmp_path / "weights.mem").read_text(), 16) == 0b101000_111001
