"""The threshold unit as the generator has it: where its thresholds go, and what follows from that."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.maps import Map
from finn_rtl.ips.base import Ram
from finn_rtl.ips.catalog import check
from finn_rtl.ips.threshold import DEFAULTS, Search, Threshold
from finn_rtl.plan.devices import Prices, placed

pytestmark = pytest.mark.steady

SUMS = Map(3, 2, 24, 7, True, (-50, 50))
STYLES: tuple[Ram | None, ...] = (None, "distributed", "block")


def blocks_of(search: Search) -> list[bool]:
    """Which steps the module puts into block RAM, by its header."""
    parameters = search.parameters
    style, most = parameters["RAM_STYLE"], int(parameters.get("LUT_DEPTH", DEFAULTS["LUT_DEPTH"]))
    return [style == "block" or (style == "auto" and search.folds << step > most) for step in range(search.bits)]


def test_steps_go_where_they_shall_from_a_step_on() -> None:
    rng = np.random.default_rng(5)
    kinds = set()
    for _ in range(300):
        bits = int(rng.integers(1, 9))
        styles = tuple(STYLES[i] for i in rng.integers(0, 3, 8))
        search = Search(bits, 9, int(rng.integers(1, 6)), int(rng.integers(1, 90)), styles=styles)
        blocks = blocks_of(search)
        assert blocks == sorted(blocks)
        wanted = [style == "block" if style else search.folds << step > 64 for step, style in enumerate(styles[:bits])]
        last = max((step for step in range(bits) if not wanted[step]), default=-1)
        assert blocks == [step > last for step in range(bits)]
        many = [search.folds << step > 32 for step in range(bits)]
        assert search.registers == bits + sum(block or deep for block, deep in zip(blocks[1:], many[1:], strict=True))
        assert (search.cost.bram36 > 0) == any(blocks)
        kinds.add((blocks[0], blocks[-1]))
    assert kinds == {(False, False), (False, True), (True, True)}


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_what_follows_from_the_registers(bits: int) -> None:
    unit = Threshold("a", SUMS, 3, bits)
    for ip in (unit, replace(unit, **{f"step_{step}": "block" for step in range(8)})):  # type: ignore[arg-type]
        assert ip.control[0].numbers[0] == ip.search.registers - 1
        held = ip.search.registers + 2
        assert 1 + (held - 2) // ip.beats < ip.frames_held <= 2 + held // ip.beats
        check("threshold", ip.parameters("net"), "net")
    assert {memory.field for memory in unit.memories} == {f"step_{step}" for step in range(bits)}


def test_a_memory_goes_where_it_costs_least() -> None:
    unit = Threshold("a", SUMS, 3, 6)
    cheap, dear = placed(unit, Prices(bram36=0.0)), placed(unit, Prices(bram36=1e6))
    assert isinstance(cheap, Threshold) and isinstance(dear, Threshold)
    assert dear.cost.bram36 == 0 < cheap.cost.bram36
    assert cheap.cost.lut < unit.cost.lut < dear.cost.lut


def test_parameters_are_told_where_they_are_not_the_usual() -> None:
    usual = {"OUT_BITS": 2, "INPUT_W": 7, "SIGNED_INPUT": 1, "CHANNELS": 24, "PE": 3,
             "THRESHOLD_FILE": "net__a_thresholds.mem", "RAM_STYLE": "distributed"}
    assert Threshold("a", SUMS, 3, 2).parameters("net") == usual
    other = Threshold("a", replace(SUMS, limits=None), 3, 2, signed_output=True, falls=True, step_1="block")
    assert other.parameters("net") == {**usual, "THRESHOLD_W": 8, "SIGNED_OUTPUT": 1, "FALLING": 1,
                                       "RAM_STYLE": "auto", "LUT_DEPTH": 8}
    assert other.element is not None and other.element.signed


def test_files_of_a_layer() -> None:
    thresholds = np.sort(np.random.default_rng(1).integers(-50, 51, (24, 3)), axis=1)
    files = Threshold("a", SUMS, 3, 2).files("net", IntegerLayer(np.zeros((24, 0), np.uint8), thresholds))
    assert set(files) == {"net__a_thresholds.mem", *(f"net__a_thresholds.mem.1.00{i}.mem" for i in range(2))}
    assert [len(text.split()) for text in files.values()] == [8, 32, 16]
    first = int(files["net__a_thresholds.mem"].split()[0], 16)
    assert [first >> 7 * p & 127 for p in range(3)] == [int(t) % 128 for t in thresholds[:3, 1]]
