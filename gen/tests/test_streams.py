"""Weights from DRAM: which layers may, what the plan says of them, what lies in memory, and what is refused."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from finn_rtl import Fold, api, simulate
from finn_rtl.common.errors import FinnError
from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.places import CHECKOUT
from finn_rtl.description.files import parse_topology
from finn_rtl.driver.description import read_description, render
from finn_rtl.ips.mvtu_stream import MvtuStream
from finn_rtl.meaning.integer import Network
from finn_rtl.output.accelerator import describe
from finn_rtl.output.identity import identity
from finn_rtl.output.weights import weight_bytes
from finn_rtl.plan.devices import Device
from finn_rtl.plan.plan import Plan, make_plan

STREAMED = {"a": Fold(simd=4, pe=2, reuse=6), "b": Fold(simd=12, pe=2, reuse=1)}


def document(**changes: Any) -> dict[str, Any]:
    """A convolution of 36 windows and a layer of one vector; `changes` to the first."""
    return {"name": "tiny", "parameters": "none.npz", "output": "label",
            "input": {"shape": [6, 6, 4], "encoding": {"type": "integer", "bits": 3, "signed": False}},
            "layers": [{"type": "conv", "name": "a", "channels": 8, "kernel": 3, "padding": "same", "weights": 2,
                        "activation": "sign"} | changes,
                       {"type": "fc", "name": "b", "units": 10, "activation": "none"}]}


def network(text: dict[str, Any], seed: int = 1) -> Network:
    """One with random weights."""
    topology, rng = parse_topology(text, "tiny"), np.random.default_rng(seed)
    layers = {}
    for layer in topology.matrices:
        shape = layer.rows, layer.columns(topology.ifm(layer))
        weight = rng.integers(*layer.weights.range, shape, endpoint=True) if layer.weights.bits > 1 else (
            2 * rng.integers(0, 2, shape) - 1)
        thresholds = None if layer.leaves_scores else rng.integers(-9, 9, (layer.rows, 1))
        layers[layer.name] = IntegerLayer(weight.astype(np.int8), thresholds, np.zeros(layer.rows, np.bool_))
    return Network(topology, layers)


def planned(folds: Mapping[str, Fold] = STREAMED, seed: int = 1, **options: Any) -> tuple[Network, Plan]:
    net = network(document(), seed)
    return net, make_plan(net.topology, folds=folds, layers=net.layers, **options)


@pytest.mark.parametrize("dram", [None, 2e8, 1e8])
def test_simulated_as_planned(dram: float | None) -> None:
    """Every result, latency and interval, for fast memory and slow."""
    net, plan = planned(dram=dram)
    found = simulate(net, plan, api.random_frames(net, 20, 3))
    assert found.mismatches == 0
    assert (found.latency_cycles, found.cycles_per_frame) == (plan.latency_cycles, plan.cycles_per_frame)


def test_memory_sets_the_pace() -> None:
    """A frame takes as long as its words, where these are slower than what is computed with them."""
    _, fast = planned(dram=1e12)
    _, slow = planned(dram=5e7)
    assert fast.cycles_per_frame == fast.pipeline.ideal_interval == 36 * 9 * 4
    matrices = {matrix.layer: matrix for matrix in slow.pipeline.streamed}
    # 36 words of 2 bytes and 6 passes, 60 words of 3 bytes, at a quarter of a byte a cycle; each evenly.
    used = sum(matrix.word_bits / 8 / matrix.period for matrix in matrices.values())
    assert 0.2 < used <= 0.25
    assert slow.cycles_per_frame == matrices["a"].period * 36 * 6 > 36 * 9 * 4
    report = slow.report()["dram"]
    assert report["bytes_per_second"] == 5e7
    assert report["used_bytes_per_second"] <= 5e7
    assert [layer["name"] for layer in report["layers"]] == ["a", "b"]
    assert planned({})[1].report()["dram"] is None


def as_they_come(weight: Any, matrix: MvtuStream, bits: int) -> Iterator[int]:
    """Weights in the order of the page of mvtu_stream, -1/+1 as 0/1 and others in two's complement."""
    for first in range(0, matrix.mh, matrix.pe):
        for column in range(0, matrix.mw, matrix.simd):
            for row, place in itertools.product(range(matrix.pe), range(matrix.simd)):
                value = int(weight[first + row, column + place])
                yield int(value > 0) if bits == 1 else value & (1 << bits) - 1


def test_bytes_in_memory(tmp_path: Path) -> None:
    """Word by word, without gaps, and filled up to whole beats; no other file has them."""
    net, plan = planned()
    api.build(net, plan, tmp_path / "hw")
    for matrix in plan.pipeline.streamed:
        stem = f"tiny__{matrix.layer}_weights"
        assert {path.name for path in (tmp_path / "hw").glob(f"{stem}*")} == {f"{stem}.bin"}
        data = (tmp_path / "hw" / f"{stem}.bin").read_bytes()
        number, bits = 0, matrix.weight_bits
        for place, weight in enumerate(as_they_come(net.layers[matrix.layer].weight, matrix, bits)):
            number |= weight << place * bits
        assert matrix.words * matrix.word_bits == net.layers[matrix.layer].weight.size * bits
        assert data == number.to_bytes(-(-matrix.words * matrix.word_bits // 8), "little")
        assert weight_bytes(net, matrix, 64) == data.ljust(-(-len(data) // 64) * 64, b"\0")


def test_description_names_the_layers(tmp_path: Path) -> None:
    """What a driver needs, through its file; changed ones are refused."""
    net, plan = planned()
    form = describe(net, plan, "axi", 64)
    assert [(one.layer, one.word_bits, one.words, one.reuse) for one in form.weights] == [
        ("a", 16, 36, 6), ("b", 24, 120, 1)]
    for one, matrix in zip(form.weights, plan.pipeline.streamed, strict=True):
        data = weight_bytes(net, matrix, 8)
        assert (one.size, one.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    path = tmp_path / "accelerator.json"
    path.write_text(render(form))
    assert read_description(path).weights == form.weights
    for change, message in (({"size": 1}, "do not fit 1 bytes"), ({"sha256": "x"}, "64 hexadecimal"),
                            ({"file": "../x"}, "a file's name"), ({"words": 0}, "'words'"), ({"layer": 3}, "'layer'")):
        text = json.loads(render(form))
        text["weights"][0].update(change)
        path.write_text(json.dumps(text))
        with pytest.raises(FinnError, match=re.escape(message)):
            read_description(path)


def test_weights_are_no_part_of_the_hardware() -> None:
    """Hardware is the same for other weights from DRAM, not for other thresholds or what these make up for."""
    net, plan = planned()
    own = identity(net, plan)
    layer = net.layers["a"]
    turned = layer.weight[:, ::-1].copy()
    others = dataclasses.replace(net, layers={**net.layers, "a": dataclasses.replace(layer, weight=turned)})
    assert identity(others, plan) == own
    assert identity(others, planned({})[1]) != identity(net, planned({})[1])
    assert identity(*planned({**STREAMED, "a": Fold(simd=4, pe=2, reuse=9)})).folding != own.folding
    for change in ({"weight": -layer.weight.clip(-1)}, {"thresholds": layer.thresholds + 1}):  # type: ignore[operator]
        changed = dataclasses.replace(net, layers={**net.layers, "a": dataclasses.replace(layer, **change)})
        assert identity(changed, plan).parameters != own.parameters


@pytest.mark.parametrize(("changes", "fold", "message"), [
    ({}, {"reuse": 5}, "layer 'a': reuse 5: must divide the 36 vectors of a frame"),
    ({}, {"reuse": 6, "pe": 8}, "pe must be less than its 8 units"),
    ({"arithmetic": "dsp"}, {"reuse": 6}, "arithmetic is 'dsp'"),
    ({"arithmetic": "serial"}, {"reuse": 6}, "arithmetic is 'serial'"),
    ({"groups": 2}, {"reuse": 6, "simd": 2}, "it has 2 groups"),
    ({"activation": {"bits": 4, "hardware": "requant"}}, {"reuse": 6}, "hardware 'requant' does not take its sums"),
    ({"channels": 1}, {"reuse": 6, "pe": 1}, "it has a single unit"),
    ({}, {"reuse": 6, "simd": 36, "pe": 8, "window": True, "pixels": 2}, "reuse 6: .*one pixel a beat")])
def test_refused(changes: dict[str, Any], fold: dict[str, Any], message: str) -> None:
    net = parse_topology(document(**changes), "tiny")
    with pytest.raises(FinnError, match=message) as caught:
        make_plan(net, folds={"a": Fold(**{"simd": 4, "pe": 2, **fold})})
    assert "\n" not in str(caught.value)


def test_refused_scores() -> None:
    """Those that are no plain counts, and a border of 0."""
    text = document()
    text["layers"][1]["weights"] = 2
    with pytest.raises(FinnError, match="layer 'b': reuse 1: its weights cannot come from DRAM: its scores leave"):
        make_plan(parse_topology(text, "tiny"), folds={"b": Fold(simd=12, pe=2, reuse=1)})
    text = document(border=0)
    text["input"]["encoding"] = {"type": "binary", "threshold": 1}
    with pytest.raises(FinnError, match="its border of 0 around -1/"):
        make_plan(parse_topology(text, "tiny"), folds=STREAMED)


def test_refused_options() -> None:
    """With changeable parameters, without a memory, at a rate that this does not give, behind a serial line."""
    net = network(document())
    with pytest.raises(FinnError, match="changeable parameters are in memories on chip; choose one of the two"):
        planned(changeable=1)
    with pytest.raises(FinnError, match="changeable parameters are in memories on chip, and weights from DRAM are not"):
        planned({}, changeable=1, dram=1e9)
    device = dataclasses.replace(planned()[1].device, dram=0.0, name="bare")
    with pytest.raises(FinnError, match="bare has none that is known; say how many bytes a second one gives"):
        planned(device=device)
    assert planned(device=device, dram=1e9)[1].dram == 1e9
    for rate in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(FinnError, match="must be more than 0 and at most 1e"):
            planned(dram=rate)
    with pytest.raises(FinnError, match="the weights of 'a', 'b' come from DRAM, which brings those of a frame in"):
        planned(fps=100_000, dram=1e7)
    for ask in (describe, api.files_of):
        with pytest.raises(FinnError, match="host 'uart' has no memory from which the weights of layer 'a' come"):
            ask(net, planned()[1], "uart")


# A network of one layer with few weights and two with many, and a device that does not hold these.
LARGE = {"name": "vast", "parameters": "none.npz", "output": "label",
         "input": {"shape": [8, 8, 8], "encoding": {"type": "binary", "threshold": 1}},
         "layers": [{"type": "conv", "name": "a", "channels": 16, "kernel": 3, "padding": "same", "activation": "sign"},
                    {"type": "conv", "name": "b", "channels": 64, "kernel": 3, "stride": 2, "activation": "sign"},
                    {"type": "fc", "name": "c", "units": 64, "activation": "sign"},
                    {"type": "fc", "name": "d", "units": 10, "activation": "none"}]}
SMALL = Device("small", 1200, 0, source="a test")


def test_a_network_that_does_not_fit() -> None:
    """Without DRAM there is no design; with it the layer with most weights comes from there, and is computed right."""
    net = network(LARGE)
    options: dict[str, Any] = {"device": SMALL, "layers": net.layers, "fps": 10_000}
    with pytest.raises(FinnError, match="vast: no folding fits small"):
        make_plan(net.topology, **options)
    plan = make_plan(net.topology, **options, dram=8e8)
    assert plan.cost.lut <= SMALL.lut
    assert plan.cost.bram36 <= SMALL.bram36
    assert plan.cycles_per_frame <= 20_000
    # The last ones first: c has its weights once a frame, and more of them than d.
    assert [matrix.layer for matrix in plan.pipeline.streamed] == ["c"]
    found = simulate(net, plan, api.random_frames(net, 8, 3))
    assert found.mismatches == 0
    assert (found.latency_cycles, found.cycles_per_frame) == (plan.latency_cycles, plan.cycles_per_frame)
    # As fast as both allow: a slow memory makes none faster.
    fast = make_plan(net.topology, "fit", device=SMALL, layers=net.layers, dram=8e8)
    slow = make_plan(net.topology, "fit", device=SMALL, layers=net.layers, dram=2e7)
    assert fast.cycles_per_frame <= plan.cycles_per_frame <= slow.cycles_per_frame
    for one, rate in ((fast, 8e8), (slow, 2e7)):
        assert one.report()["dram"]["used_bytes_per_second"] <= rate
    with pytest.raises(FinnError, match="nor is there any that meets it with weights from a DRAM of 1000 bytes a"):
        make_plan(net.topology, **options, dram=1000.0)


def test_what_fits_stays_on_chip() -> None:
    """However fast the memory is; what is named comes from there all the same, with as little reuse as it takes."""
    net = network(LARGE)
    plan = make_plan(net.topology, fps=10_000, layers=net.layers, dram=1e10)
    assert not plan.pipeline.streamed
    assert plan.dram == 0
    for rate, least in ((1e10, 1), (2e8, 3), (6e7, 9)):
        plan = make_plan(net.topology, fps=20_000, layers=net.layers, dram=rate, from_dram=["b"])
        assert [(matrix.layer, matrix.reuse) for matrix in plan.pipeline.streamed] == [("b", least)]
        assert plan.cycles_per_frame <= 10_000
    with pytest.raises(FinnError, match=r"the weights of 'b' take 2\.304e\+07 bytes a second at least, and"):
        make_plan(net.topology, fps=20_000, layers=net.layers, dram=1e7, from_dram=["b"])


@pytest.mark.parametrize(("from_dram", "message"), [
    (["x"], "weights from DRAM: 'x' is no layer with weights"),
    (["a"], "layer 'a': is folded by hand, and its folding says whether its weights come from DRAM"),
    (["d"], "layer 'd': its weights cannot come from DRAM: it has a single unit")])
def test_refused_layers(from_dram: list[str], message: str) -> None:
    text = {**LARGE, "output": "vector", "layers": [*LARGE["layers"][:3], {**LARGE["layers"][3], "units": 1}]}
    with pytest.raises(FinnError, match=message):
        make_plan(parse_topology(text, "vast"), folds={"a": Fold(simd=8, pe=4)}, from_dram=from_dram)


def test_estimate_is_close_to_synthesis() -> None:
    """LUTs within a twentieth of those of the page's table, block RAMs exact."""
    page = (CHECKOUT / "docs" / "ip" / "mvtu_stream.md").read_text().partition("<!-- cost:begin -->")[2]
    rows = re.findall(r"^\| (MW .*?) \| (\d+) \| \d+ \| ([\d.]+) \|$", page, re.MULTILINE)
    assert len(rows) >= 6
    for text, luts, brams in rows:
        values = dict(part.split(" ") for part in text.split(", "))
        style: Any = values.pop("RESULT_STYLE")
        p = {name: int(value) for name, value in values.items()}
        matrix = MvtuStream("a", p["MW"], p["MH"], p["SIMD"], p["PE"], 0, p["REUSE"], p.get("INPUT_W", 1),
                            weight_bits=p.get("WEIGHT_W", 1), reuse=p["REUSE"], vector_style=style, word_style=style,
                            result_style=style)
        assert matrix.stages == p["STAGES"]
        assert matrix.cost.lut == pytest.approx(float(luts), rel=0.05)
        assert matrix.cost.bram36 == float(brams)
