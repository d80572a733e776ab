"""Tests of the registers that a clock asks for."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

import finn_rtl
from finn_rtl.ips.arithmetic import levels, most_stages, stages
from finn_rtl.ips.products import Operands
from finn_rtl.plan.clock import ECP5, LUT4_PER_LUT6, levels_for
from finn_rtl.plan.devices import DEVICES, place

KINDS = (Operands(1), Operands(8, signed=True), Operands(2, 2), Operands(4, 4), Operands(1, serial=True, weight_bits=2))


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_fewer_levels_a_stage_never_take_registers_away(kind: Operands) -> None:
    for simd in (1, 2, 3, 4, 7, 9, 16, 33, 64):
        found = [stages(simd, kind, None, per_stage) for per_stage in (3, 2, 1)]
        assert found == sorted(found)
        has_first = kind.serial or kind.counts_places or kind.has_planes
        assert found[-1] == most_stages(simd, kind) == max(0, levels(simd, kind) - (1 if has_first else 2))


def test_a_faster_clock_never_gets_more_levels() -> None:
    _, plan = finn_rtl.prepare("digits", "fit")
    for ip in plan.pipeline.matrices:
        for family in ("xilinx", "ecp5"):
            found = [levels_for(ip, family, mhz) for mhz in range(50, 500, 10)]
            assert all(later <= earlier for earlier, later in pairwise(found))
            assert found[0] == 2 and found[-1] == 1


def test_the_model_is_that_of_the_measured_rows() -> None:
    page = (Path(__file__).parents[2] / "bench" / "fmax.md").read_text(encoding="utf-8")
    model = f"{ECP5.fixed:.2f} ns + {ECP5.level:.2f} ns a level + {ECP5.doubling:.3f} ns for each doubling"
    assert f": {model} of the LUT4s;" in page


def test_the_model_keeps_its_promise() -> None:
    """More levels than one only where they are expected to fit."""
    _, plan = finn_rtl.prepare("digits", "max", device="lfe5u-85")
    for ip in plan.pipeline.matrices:
        for mhz in range(50, 400, 7):
            count = levels_for(ip, "ecp5", mhz)
            assert count == 1 or ECP5.stage(count, ip.cost.lut * LUT4_PER_LUT6) <= 1e3 / mhz


@pytest.mark.parametrize("net", ["digits", "digits_sparse"])
def test_a_clock_changes_latency_and_nothing_else(net: str) -> None:
    (_, usual), (_, fast) = (finn_rtl.prepare(net, clock_mhz=mhz) for mhz in (200.0, 250.0))
    assert fast.cycles_per_frame == usual.cycles_per_frame
    assert fast.latency_cycles > usual.latency_cycles
    assert tuple(m.clocked(2) for m in fast.pipeline.matrices) == usual.pipeline.matrices


def test_placing_is_what_asks_for_registers() -> None:
    _, plan = finn_rtl.prepare("digits", "max")
    device = replace(DEVICES["lfe5u-85"], clock_mhz=250.0)
    assert {m.levels_per_stage for m in place(plan.pipeline, device).matrices} == {1}
    assert {m.levels_per_stage for m in plan.pipeline.matrices} == {2}
