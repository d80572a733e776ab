"""Products in DSPs: where the plan puts them, on which device and by whose wish, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from finn_rtl import FinnError, Fold
from finn_rtl.common.integers import weight_range
from finn_rtl.description.files import parse_topology
from finn_rtl.description.topology import Topology
from finn_rtl.ips.arithmetic import on_sums, sum_width
from finn_rtl.ips.axis_fifo import Fifo
from finn_rtl.ips.multiplied import LEAST_PRODUCT, Multiplied, all_ways, cheaper_ways
from finn_rtl.ips.mvtu import Mvtu
from finn_rtl.ips.packing import Packing
from finn_rtl.ips.products import Operands, planes
from finn_rtl.plan import devices, plan
from finn_rtl.plan.devices import DSP_PRICE, NO_DSP, Device, Prices, place, placed
from finn_rtl.plan.network import build_pipeline
from finn_rtl.plan.pipeline import Node, Pipeline, Port
from finn_rtl.plan.plan import make_plan
from finn_rtl.plan.search import fold_network

pytestmark = pytest.mark.steady

LARGE = Device("large", 1 << 30, 1 << 20, 1 << 20)


def network(weights: int, bits: int, arithmetic: str | None = None) -> Topology:
    """32 inputs of 8 bits, 24 units, 8 units: weights and the maps between them of few bits."""
    layers: list[dict[str, Any]] = [
        {"type": "fc", "name": "a", "units": 24, "weights": weights, "activation": {"bits": bits}},
        {"type": "fc", "name": "b", "units": 8, "weights": weights, "activation": "none"}]
    if arithmetic:
        layers[1]["arithmetic"] = arithmetic
    # A scenario that is not asked for does not matter.
    other = {} if arithmetic else {"other": {"cycles_per_frame": 999, "folding": {"b": {"simd": 1, "pe": 1}}}}
    return parse_topology({"name": "few", "parameters": "x.npz", "output": "vector", "layers": layers, "input": {
        "shape": [32], "encoding": {"type": "integer", "bits": 8, "signed": False}}, "scenarios": other}, "few")


FOLDS = {"a": Fold(simd=8, pe=12), "b": Fold(simd=12, pe=8)}


def rows_in_dsps(pipeline: Pipeline) -> dict[str, int]:
    return {matrix.layer: matrix.dsp_rows for matrix in pipeline.matrices if isinstance(matrix, Mvtu)}


@pytest.mark.parametrize(("kind", "simd", "pe"), [
    (Operands(2, 2), 16, 16), (Operands(2, 2, narrow=True), 16, 7), (Operands(4, 4, signed=True), 9, 5),
    (Operands(8, 8), 4, 6), (Operands(8, 2), 3, 8), (Operands(3, 5), 1, 4)])
def test_ways_save_luts_for_each_dsp(kind: Operands, simd: int, pe: int) -> None:
    """From one way to the next more DSPs and fewer LUTs; no product is so small that tools do not take a DSP."""
    ways = cheaper_ways(kind, simd, pe)
    assert ways
    luts = [pe * planes(simd, kind)[1], *(way.product_luts for way in ways)]
    assert luts == sorted(luts, reverse=True) and len(set(luts)) == len(luts)
    assert [way.dsp for way in ways] == sorted({way.dsp for way in ways})
    for way in all_ways(kind, simd, pe):
        rows = way.rows % way.packing.lanes or way.packing.lanes
        assert (rows - 1) * way.packing.spacing + kind.weight_bits + kind.input_bits >= LEAST_PRODUCT
        assert way.rows <= pe and way.stages(2, 0) <= way.packing.front(simd) + way.levels


def test_no_ways_for_single_bits() -> None:
    assert not all_ways(Operands(1, 4), 8, 8) and not all_ways(Operands(8, 1), 8, 8)


@pytest.mark.parametrize("rows", [3, 5])
@pytest.mark.parametrize("signed", [False, True])
def test_sums_of_started_rows_are_never_negative(rows: int, signed: bool) -> None:
    """The smallest sum of a row in multipliers is 0, the largest what its bits are made for."""
    kind = Operands(3, 3, signed)
    multiplied = Multiplied(Packing(kind, asked_lanes=2), rows, 5, 4)
    low, high = (-4, 3) if signed else (0, 7)
    for weight in (-4, 3):
        weights = np.full((10, 8), weight)
        sums = [weights @ np.full(8, value) + multiplied.excess(weights, is_started=True) for value in (low, high)]
        packed = np.array(sums)[:, np.arange(10) % 5 < rows]
        assert packed.min() >= 0 and packed.max() <= multiplied.most_sum(8)
        assert weight != -4 or packed.min() == 0
        assert weight != 3 or packed.max() == multiplied.most_sum(8)


def test_dsps_are_taken_where_they_save_their_price() -> None:
    """Two products of 8 bits are worth it, those of 2 bits are not."""
    for weights, bits, is_worth in ((8, 8, True), (2, 2, False)):
        mvtu = Mvtu("b", 24, 8, 12, 8, 0, input_bits=bits, weight_bits=weights)
        cheap, usual, without = (placed(mvtu, Prices(dsp=price)) for price in (0.0, DSP_PRICE, NO_DSP))
        assert (usual.cost.dsp > 0) == is_worth
        assert without.cost.dsp == 0 < cheap.cost.dsp and cheap.cost.lut < without.cost.lut
        assert without.cost.lut - usual.cost.lut >= DSP_PRICE * usual.cost.dsp


def test_products_go_where_the_device_has_room() -> None:
    """Within its DSPs; where LUTs are short, as many as it takes go to DSPs though they save little."""
    pipeline = build_pipeline(network(2, 2), FOLDS)
    plenty = place(pipeline, LARGE)
    assert not any(rows_in_dsps(plenty).values())
    tight = Device("tight", round(plenty.cost.lut) - 60, 100, 60)
    found = place(pipeline, tight)
    assert found.cost.lut <= tight.lut and 0 < found.cost.dsp <= tight.dsp
    none = place(pipeline, replace(tight, dsp=0))
    assert none.cost.dsp == 0 and none.cost.lut > tight.lut
    wide = build_pipeline(network(8, 8), FOLDS)
    wished = place(wide, LARGE).cost
    fewer = place(wide, replace(LARGE, dsp=wished.dsp - 1)).cost
    assert wished.dsp > fewer.dsp and wished.lut < fewer.lut


def test_a_layer_may_have_rows_of_both() -> None:
    pipeline = build_pipeline(network(4, 4), FOLDS)
    luts = place(pipeline, replace(LARGE, dsp=0)).cost.lut
    found = place(pipeline, Device("some", round(luts) - 200, 100, 12))
    rows = rows_in_dsps(found)
    assert 0 < found.cost.dsp <= 12 and any(0 < rows[layer] < FOLDS[layer].pe for layer in rows)


def test_a_tight_device_is_faster_with_dsps() -> None:
    """As fast as 2,500 LUTs allow, without DSPs and with some."""
    topology = network(4, 4)
    slow, fast = (fold_network(topology, None, Device("small", 2500, 4, dsp)) for dsp in (0, 100))
    assert fast.ideal_interval < slow.ideal_interval
    assert fast.cost.lut <= 2500 and 0 < fast.cost.dsp <= 100


def test_wishes_hold() -> None:
    """That of the topology, and that of the call, which is stronger."""
    def rows(topology: Topology, **wishes: Any) -> dict[str, int]:
        return rows_in_dsps(make_plan(topology, "fit", folds=FOLDS, **wishes).pipeline)

    assert rows(network(2, 2)) == {"a": 0, "b": 0}
    assert rows(network(2, 2, "dsp")) == {"a": 0, "b": 8}
    assert rows(network(2, 2, "dsp"), arithmetic={"b": "lut", "a": "dsp"}) == {"a": 12, "b": 0}
    assert rows(network(8, 8)) == {"a": 12, "b": 8}
    assert rows(network(8, 8), arithmetic={"b": "lut"}) == {"a": 12, "b": 0}


def test_latency_is_that_of_the_products() -> None:
    """Those in DSPs have registers of their own."""
    stages = [make_plan(network(4, 4, wish), "fit", folds=FOLDS).pipeline.matrices[1].stages for wish in ("lut", "dsp")]
    assert stages == [planes(12, Operands(4, 4))[0] // 2, 3]


def test_a_report_tells_of_dsps() -> None:
    report = make_plan(network(8, 8), "fit", folds=FOLDS).report()
    assert report["estimated_dsp"] == sum(layer["estimated_dsp"] for layer in report["layers"]) > 0


@pytest.mark.parametrize(("topology", "given", "parts"), [
    (network(2, 2, "dsp"), {"device": "bare"}, ["few: layer 'b': arithmetic 'dsp': bare has no DSPs", "or 'lut'"]),
    (network(2, 2), {"device": "bare", "arithmetic": {"a": "dsp"}}, ["few: layer 'a'", "bare has no DSPs"]),
    (network(8, 8, "dsp"), {"device": "scarce"}, ["few: no folding fits scarce", "5 DSP", "takes at least 48 DSP"]),
    (network(2, 2), {"arithmetic": {"c": "dsp"}}, ["few: arithmetic: layer 'c' does not exist", "are a, b"]),
    (network(2, 1), {"arithmetic": {"b": "dsp"}},
     ["few: layer 'b': arithmetic 'dsp': weights of 2 bits and inputs of 1", "2 to 8"]),
    (network(2, 2), {"arithmetic": {"b": "dsp"}, "folds": {"b": Fold(simd=2, pe=1)}},
     ["few: layer 'b': simd 2, pe 1", "arithmetic 'dsp'", "choose others"]),
])
def test_refused(topology: Topology, given: dict[str, Any], parts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for device in (Device("bare", 50_000, 100), Device("scarce", 50_000, 100, 5)):
        monkeypatch.setitem(devices.DEVICES, device.name, device)
    with pytest.raises(FinnError) as error:
        make_plan(topology, "fit", **{"folds": FOLDS, **given})
    assert all(part in str(error.value) for part in parts), error.value


def test_a_design_leaves_room_for_its_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where buffers are too much for the device, a smaller design is taken."""
    topology = network(4, 4)
    room = Device("room", 4000, 100, 0)
    monkeypatch.setitem(devices.DEVICES, "room", room)
    seen = []

    def buffered(pipeline: Pipeline) -> Any:
        found, schedule = plain(pipeline)
        more = Node(Fifo("more", 64, 512, 8), (Port(len(found.nodes) - 1),))
        seen.append(pipeline.cost.lut)
        return (found if seen[1:] else replace(found, nodes=(*found.nodes, more))), schedule

    plain = plan.buffered
    monkeypatch.setattr(plan, "buffered", buffered)
    assert make_plan(topology, "fit", device="room").cost.lut <= room.lut
    assert len(seen) > 1 and seen[1] < seen[0]


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize(("inputs", "weights"), [(2, 3), (3, 8), (4, 4), (4, 8), (8, 8)])
def test_what_is_always_reached_stays_so(inputs: int, weights: int, narrow: bool) -> None:
    """Thresholds below and above all sums of rows of one weight, the least ones among them: in the bits of a sum."""
    kind = Operands(inputs, weights, signed=True, narrow=narrow)
    low, high = weight_range(weights, narrow)
    rows = np.arange(low, high + 1)[:, None]
    for columns in (1, 2):
        ways = Multiplied(Packing(kind, asked_lanes=1), 1, 1, 1)
        weight = np.repeat(rows, columns, axis=1)
        levels = on_sums(np.tile([-1 << 40, 0, 1 << 40], (len(rows), 1)), weight, kind, ways)
        ends = np.array([-(1 << inputs - 1), (1 << inputs - 1) - 1])
        sums = columns * rows * ends + ways.excess(weight, True)[:, None]
        assert (levels >= 0).all() and (levels < 1 << sum_width(columns, kind, 3, multiplied=ways)).all()
        assert (levels[:, :1] <= sums).all() and (sums < levels[:, 2:]).all()
        assert ((sums >= levels[:, 1:2]) == (columns * rows * ends >= 0)).all()
