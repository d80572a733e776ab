"""Devices: their counts, files that describe others, and that a plan keeps to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from bad_inputs.checks import check_line
from click.testing import CliRunner

import finn_rtl
from finn_rtl import FinnError, load_device
from finn_rtl.cli.program import cli
from finn_rtl.description.networks import find_topology
from finn_rtl.plan.device_file import MOST_BYTES, parse_device
from finn_rtl.plan.devices import DEVICES, LUT4_PER_LUT, Device, fits
from finn_rtl.plan.plan import make_plan

pytestmark = pytest.mark.steady

CARD: dict[str, Any] = {"name": "card", "lut": 5000, "bram36": 10, "dsp": 0}


def test_counts_are_in_proportion() -> None:
    """AMD's devices have two flip-flops a LUT, Lattice's one a LUT of 4 inputs; all have a source and a memory."""
    for name, device in DEVICES.items():
        assert name == device.name and device.source and device.board and device.dram > 0
        if name.startswith("xc"):
            assert device.ff == 2 * device.lut
        else:
            assert device.lut == int(device.ff / LUT4_PER_LUT) and device.dsp == 0
    assert {"xcku115", "xcvu9p", "xczu3eg", "xczu9eg", "xc7z020", "xc7a100t", "lfe5u-25", "lfe5u-45",
            "lfe5u-85"} <= set(DEVICES)


@pytest.mark.parametrize("name", sorted(DEVICES))
def test_a_plan_fits_every_device(name: str) -> None:
    plan = make_plan(find_topology("digits")[0], "fit", device=name)
    assert fits(plan.pipeline, DEVICES[name]) and plan.report()["device"] == name


def test_a_device_of_ones_own(tmp_path: Path) -> None:
    """What a file says limits the plan; other units are converted."""
    path = tmp_path / "card.json"
    path.write_text(json.dumps(CARD))
    device = load_device(path)
    assert (device.lut, device.bram36, device.dsp, device.dram) == (5000, 10, 0, 0.0)
    small, large = (finn_rtl.prepare("digits", "fit", device=card)[1] for card in (device, "xc7z045"))
    assert small.cost.lut <= 5000 and small.cost.bram36 <= 10 and small.cycles_per_frame > large.cycles_per_frame
    other = parse_device({"name": "c", "lut4": 7000, "bram18": 9, "dsp": 3, "dram_gb_s": 1.5, "uram": 2}, "c.json")
    assert (other.lut, other.bram36, other.dsp, other.dram, other.uram) == (2000, 4, 3, 1.5e9, 2)


@pytest.mark.parametrize(("change", "parts"), [
    ({"dsp": ...}, ["key 'dsp'", "is missing; 0 where there are none"]),
    ({"name": ...}, ["key 'name'", "is missing"]),
    ({"lut": ...}, ["'lut' and 'lut4'", "neither is there"]),
    ({"lut4": 9}, ["'lut' and 'lut4'", "both are there"]),
    ({"bram18": 9}, ["'bram36' and 'bram18'", "both are there"]),
    ({"luts": 9}, ["key 'luts'", "unknown key; there are name, lut, lut4"]),
    ({"lut": -5}, ["key 'lut'", "value -5", "at least 1"]),
    ({"lut": 0}, ["key 'lut'", "at least 1"]),
    ({"lut": ..., "lut4": 3}, ["key 'lut4'", "value 3", "at least 3.5"]),
    ({"lut": 5e3}, ["key 'lut'", "whole number"]),
    ({"lut": 1 << 40}, ["key 'lut'", "at most"]),
    ({"dsp": -1}, ["key 'dsp'", "value -1", "at least 0"]),
    ({"dsp": "220"}, ["key 'dsp'", "'220'", "whole number"]),
    ({"dsp": None}, ["key 'dsp'", "whole number"]),
    ({"bram36": True}, ["key 'bram36'", "whole number"]),
    ({"name": ""}, ["key 'name'", "1 to 63 characters"]),
    ({"name": "x" * 64}, ["key 'name'", "1 to 63 characters"]),
    ({"name": "a\x1b[2Jb"}, ["key 'name'", "control characters"]),
    ({"name": "xc7z020"}, ["key 'name'", "'xc7z020' is known already"]),
    ({"dram_gb_s": -1.0}, ["key 'dram_gb_s'", "at least 0"]),
    ({"dram_gb_s": "fast"}, ["key 'dram_gb_s'", "must be a number"]),
])
def test_wrong_device_files(change: dict[str, Any], parts: list[str]) -> None:
    document = {key: value for key, value in {**CARD, **change}.items() if value is not ...}
    with pytest.raises(FinnError) as error:
        parse_device(document, "card.json")
    check_line(str(error.value), ["card.json: ", *parts])


@pytest.mark.parametrize(("raw", "parts"), [
    (b"[]", ["card.json", "must be an object"]), (b"{", ["not valid JSON"]), (b"", ["not valid JSON"]),
    (b"\xff", ["not UTF-8 text"]), (b'{"dsp": 1, "dsp": 2}', ["key 'dsp' stands twice"]),
    (b'{"lut": NaN}', ["NaN is not a number"]), (b" " * (MOST_BYTES + 1), ["a device file has at most"]),
    (b"[" * 60000, ["nested too deeply"])])
def test_files_that_are_none(tmp_path: Path, raw: bytes, parts: list[str]) -> None:
    path = tmp_path / "card.json"
    path.write_bytes(raw)
    with pytest.raises(FinnError) as error:
        load_device(path)
    check_line(str(error.value), parts)


@pytest.mark.parametrize(("net", "lut", "bram36"), [("digits_resnet", 2000, 1), ("digits_yolo", 4000, 1)])
def test_the_fastest_leaves_room_for_its_buffers(net: str, lut: int, bram36: int) -> None:
    topology, _ = find_topology(net)
    device = Device("small", lut, bram36)
    plan = make_plan(topology, "fit", device=device)
    assert fits(plan.pipeline, device)


def test_what_does_not_fit_is_told(tmp_path: Path) -> None:
    file = tmp_path / "small.json"
    file.write_text(json.dumps({"name": "small", "lut": 2000, "bram36": 1, "dsp": 0}))
    options = ["estimate", "digits_resnet", "--device-file", str(file)]
    for rate, is_told in (["--scenario", "fit"], False), (["--fps", "23800"], True):
        done = CliRunner().invoke(cli, [*options, *rate])
        assert done.exit_code == 0
        assert ("more than small has: 2000 LUT, 1 BRAM36 and 0 DSP" in done.output) == is_told
