"""The compressor in numbers: what a level leaves, and LUTs against those that Yosys finds.

That the levels are those of the RTL is tested with the RTL, in verif/test_parameters.py.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from finn_rtl.ips import bit_heap as heap
from finn_rtl.ips.bit_heap import Heap
from finn_rtl.tools import synth
from finn_rtl.tools.eda import core_sources

pytestmark = pytest.mark.steady


def largest_sum(bits: Heap) -> int:
    return sum(number << column for column, number in enumerate(bits))


def test_cut_drops_high_columns_and_empty_ones() -> None:
    assert heap.cut((3, 0, 2, 1), 3) == (3, 0, 2)
    assert heap.cut((3, 0, 2, 1), 2) == (3,)
    assert heap.cut((0, 0), 2) == ()


@pytest.mark.parametrize(("before", "after", "luts"), [
    ((1, 0, 1), (1, 0, 1), 0),
    ((2,), (1, 1), 1),
    ((7,), (1, 1, 1), 3),
    ((7, 1, 1), (1, 1, 1, 1), 3),
    ((7, 0, 2), (1, 1, 2, 1), 3),
    ((14, 1, 2), (2, 2, 2, 2), 6),
    # Beside counters a chain of two bits saves nothing.
    ((9,), (3, 1, 1), 3),
    ((10,), (2, 2, 1), 4),
    # It ends at an empty column, and what is left stays.
    ((2, 0, 3), (1, 1, 3), 1),
    # A full adder, then a piece of three bits and two of the next column; two bits of the last one are left.
    ((3, 3, 3, 3), (1, 1, 1, 3, 1), 4),
])
def test_one_level(before: Heap, after: Heap, luts: int) -> None:
    assert heap.level(before) == (after, luts)


def test_a_level_has_room_for_every_sum() -> None:
    rng = random.Random(1)
    for _ in range(2000):
        before = tuple(rng.randrange(rng.choice((2, 4, 9, 40))) for _ in range(rng.randint(1, 9)))
        after, luts = heap.level(before)
        if max(before) > 1:
            assert largest_sum(after) >= largest_sum(before) and sum(after) <= sum(before) and luts > 0, before
            assert len(after) <= max(largest_sum(before).bit_length(), len(before)), before
        else:
            assert (after, luts) == (heap.cut(before, len(before)), 0), before
        assert heap.compressed(before, 20)[0] <= 8, before


def test_compressed_to_a_number() -> None:
    assert heap.compressed((1, 1, 0, 1), 4) == (0, 0)
    assert heap.compressed((7,), 3) == (1, 3)
    # Levels that no column needs any more are not counted, nor are columns beyond the sum.
    assert heap.compressed((1, 9), 1) == (0, 0)
    assert heap.compressed((4095,) * 24, 24)[0] == 12


@pytest.mark.parametrize(("core", "module", "parameters", "luts"), [
    ("bit_heap", "popcount", {"WIDTH": "7"}, heap.compressed((7,), 3)[1]),
    ("bit_heap", "popcount", {"WIDTH": "64"}, heap.compressed((64,), 7)[1]),
    ("bit_heap", "bit_heap", {"HEIGHTS": f"288'h{5 * '008'}", "WIDTH": "8"}, heap.compressed((8,) * 5, 8)[1]),
    ("mvtu", "mvtu_dot_binary", {"SIMD": "64"}, heap.dot(64)[1]),
])
def test_luts_are_those_of_yosys(core: str, module: str, parameters: dict[str, str], luts: int,
                                 tmp_path: Path) -> None:
    part = synth.Part(module, module, tuple(parameters.items()))
    job = synth.make_job(part, core_sources(f"finn:ip:{core}"), {}, tmp_path / "part")
    found = synth.usage(synth.run_yosys(job.commands, job.folder)).lut
    # Yosys counts no LUT that only passes a bit on to a carry chain.
    assert found <= luts <= 1.05 * found + 4
