"""Rooflines: what is possible by the cost model, and that designs are where they belong."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from finn_rtl.cli import program as cli
from finn_rtl.description.networks import find_topology
from finn_rtl.ips.products import Operands
from finn_rtl.plan.devices import DEVICES, Device
from finn_rtl.plan.plan import make_plan
from finn_rtl.plan.roofline import USUAL_FORMATS, Way, make_roofline, most_products, operations, roof, ways

pytestmark = [pytest.mark.steady, pytest.mark.usefixtures("place")]


def test_mixes_of_ways_are_the_best_there_are() -> None:
    """Against all mixes of four ways on a grid, which never do better, and come close."""
    rng = np.random.default_rng(5)
    for _ in range(8):
        luts, dsps = rng.uniform(0.5, 40, 4), np.array([0.0, *rng.uniform(0.05, 1, 3)])
        choices = [Way(float(a), float(b)) for a, b in zip(luts, dsps, strict=True)]
        lut, dsp = float(rng.uniform(100, 10_000)), float(rng.choice([0.0, 3.0, 100.0]))
        best = most_products(lut, dsp, choices)
        tried = 0.0
        for shares in product(range(9), repeat=4):
            if sum(shares):
                mix = np.array(shares) / sum(shares)
                need = mix @ luts, mix @ dsps
                tried = max(tried, min(lut / need[0], dsp / need[1] if need[1] else np.inf))
        assert 0.95 * best <= tried <= best * (1 + 1e-9)
    assert most_products(100, 0, [Way(1.0, 0.5)]) == 0
    assert most_products(100, 7, [Way(4.0, 0.0)]) == 25


def test_roofs_fall_with_the_bits_and_grow_with_the_device() -> None:
    for device in (DEVICES["xc7z045"], DEVICES["lfe5u-25"]):
        heights = [roof(kind, device, 2e8).folded for kind in USUAL_FORMATS]
        assert heights == sorted(heights, reverse=True) and heights[-1] > 0
    binary, numbers = Operands(1), Operands(8, 8, narrow=True)
    with_dsp, without = Device("a", 50_000, 100, 900), Device("b", 50_000, 100)
    assert roof(binary, with_dsp, 1e8).folded == roof(binary, without, 1e8).folded
    assert roof(numbers, with_dsp, 1e8).folded > 1.5 * roof(numbers, without, 1e8).folded
    assert roof(binary, without, 2e8).folded == 2 * roof(binary, without, 1e8).folded
    # An XNOR and its part of a sum: about a LUT.
    assert 0.9 < min(way.lut for way in ways(binary)) < 1.1


def test_designs_of_a_network() -> None:
    """By hand: 192 x 128 + 128 x 128 + 128 x 10 weights, 24 bytes in, 1 byte out."""
    topology = find_topology("digits")[0]
    plans = [(name, make_plan(topology, name)) for name in ("fix", "max", "fit")]
    line = make_roofline(plans)
    count = 2 * (192 * 128 + 128 * 128 + 128 * 10)
    assert operations(plans[0][1].pipeline) == count
    report = line.report()
    slow, fast, fit = report["designs"]
    assert fast["operations_per_byte"] == count / 25 and fast["operations_per_second"] == count * 12_500_000
    # Every weight is read from block RAM once a frame: 16 operations a byte.
    assert fast["operations_per_block_ram_byte"] == 16.0 and fit["operations_per_block_ram_byte"] is None
    assert fast["roof"] == "memory" and fast["roof_operations_per_second"] == 4.26e9 * count / 25
    assert fit["share_of_roof"] > 1, "a frame a cycle is more than that memory gives"
    assert slow["share_of_roof"] < fast["share_of_roof"]
    free = make_roofline(plans, 0.0).report()["designs"]
    assert all(design["roof"] == "compute" and design["share_of_roof"] < 1 for design in free)


def test_command() -> None:
    net, device = "digits_w2a2", "lfe5u-25"
    done = CliRunner().invoke(cli.cli, ["roofline", net, "--device", device, "-o", "new/roof.png", "--json"])
    assert done.exit_code == 0, done.output
    data = json.loads(done.stdout)
    assert data["device"] == device and {"W1A1", "W2A2", net} <= {one["format"] for one in data["roofs"]}
    assert [design["scenario"] for design in data["designs"]][0] == "fix" and data["not_met"] == {}
    assert Path("new/roof.png").read_bytes()[:4] == b"\x89PNG" and len(list(Path("new").iterdir())) == 1
    text = CliRunner().invoke(cli.cli, ["roofline", net, "--device", device, "--scenario", "fix", "--bandwidth", "0"])
    assert text.exit_code == 0 and "compute roofs" in text.output and "0 B/s" in text.output


def test_scenarios_that_cannot_be_met(tiny: Path, document: dict[str, Any]) -> None:
    """Those that nobody asked for by name are told, and the others drawn."""
    document["scenarios"] = {"much": {"fps": 1e9}}
    tiny.write_text(json.dumps(document))
    done = CliRunner().invoke(cli.cli, ["roofline", "tiny.json", "--json"])
    data = json.loads(done.stdout)
    assert list(data["not_met"]) == ["much"] and "at least one cycle" in data["not_met"]["much"]
    assert [design["scenario"] for design in data["designs"]] == ["fix", "max", "fit"]
