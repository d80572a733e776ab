"""Where the plan takes requant: exact, cheaper than thresholds, or asked for; else thresholds, or one clear line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from finn_rtl import FinnError, Fold, prepare
from finn_rtl.cli import program as cli
from finn_rtl.common.integers import IntegerLayer
from finn_rtl.description.files import parse_topology
from finn_rtl.ips.requant import Requant
from finn_rtl.meaning.integer import Network
from finn_rtl.output.emit import fitted, render
from finn_rtl.plan.devices import DEVICES, Device
from finn_rtl.plan.folding import Wish, objective
from finn_rtl.plan.plan import Plan, make_plan
from finn_rtl.plan.requants import requant_shapes
from finn_rtl.plan.search import fold_network

Document = dict[str, Any]
Arrays = dict[str, np.ndarray]
WriteNet = Callable[[Document, Arrays], Path]
INPUTS, UNITS = 16, 12


def net(bits: int = 8, **activation: Any) -> Document:
    """A layer with levels between inputs of 4 bits and scores."""
    return {"name": "net", "parameters": "tiny.npz", "output": "vector",
            "input": {"shape": [INPUTS], "encoding": {"type": "integer", "bits": 4, "signed": False}},
            "layers": [{"type": "fc", "name": "a", "units": UNITS, "weights": 4,
                        "activation": {"bits": bits, **activation}},
                       {"type": "fc", "name": "b", "units": 4, "weights": 2, "activation": "none"}]}


def arrays(bits: int = 8, uneven: int | None = None) -> Arrays:
    """Parameters whose thresholds are at equal distances; of one unit they are not."""
    rng = np.random.default_rng(5)
    steps = 3 * np.arange(1, 1 << bits) * (256 >> bits) - rng.integers(300, 400, (UNITS, 1))
    if uneven is not None:
        steps[uneven, 1:] += 40
    return {"a.weight": rng.integers(-8, 8, (UNITS, INPUTS)), "a.thresholds": steps, "a.falling": np.arange(UNITS) == 2,
            "b.weight": rng.integers(-2, 2, (4, UNITS))}


def requants(plan: Plan) -> list[Requant]:
    return [ip for ip in plan.pipeline.ips if isinstance(ip, Requant)]


def test_the_cheaper_one_is_taken(write_net: WriteNet) -> None:
    for bits, is_cheaper in ((8, True), (3, False)):
        plans = {hardware: prepare(str(write_net(net(bits, hardware=hardware), arrays(bits))), fps=2e6)[1]
                 for hardware in (None, "threshold", "requant")}
        costs = {hardware: objective(plan.pipeline) for hardware, plan in plans.items()}
        assert costs[None] == min(costs.values())
        assert (costs["requant"] < costs["threshold"]) == is_cheaper
        assert [bool(requants(plan)) for plan in plans.values()] == [is_cheaper, False, True]
        levels = [plan.report()["layers"][0]["levels_by"] for plan in plans.values()]
        assert levels == ["requant" if is_cheaper else "threshold", "threshold", "requant"]


def test_the_same_folding_with_either(write_net: WriteNet) -> None:
    """A fold by hand leaves the choice open; parameters of both, and the memory files of what is there."""
    folds = {"a": Fold(simd=4, pe=3)}
    network, plan = prepare(str(write_net(net(), arrays())), folds=folds)
    (unit,) = requants(plan)
    mvtu = plan.pipeline.matrices[0]
    assert (mvtu.simd, mvtu.pe, mvtu.thresholds, unit.pe) == (4, 3, 0, 3)
    assert mvtu.element is not None and (mvtu.element_bits, mvtu.element.signed) == (unit.ifm.bits, unit.ifm.signed)
    assert not fitted(network, plan).pipeline.matrices[0].parameters("net").get("FALLING")
    files = render(network, plan)
    assert {"net__a_weights.mem", "net__a_thresholds.mem", "net__a_scales.mem", "net__a_offsets.mem"} <= set(files)
    # Where sums start, a number a unit.
    assert len(files["net__a_thresholds.mem"].split()) == UNITS // 3
    row = plan.report()["layers"][0]
    assert row["estimated_dsp"] == unit.cost.dsp == plan.report()["estimated_dsp"]
    assert row["estimated_lut"] == round(mvtu.cost.lut + unit.cost.lut)


def test_uneven_thresholds_are_kept(write_net: WriteNet) -> None:
    assert not requants(prepare(str(write_net(net(), arrays(uneven=7))))[1])
    with pytest.raises(FinnError, match=r"^net: layer 'a': hardware 'requant': there is not a scale and an offset for"
                                        r" unit 7 with which it gives the levels of the thresholds for every sum;"):
        prepare(str(write_net(net(hardware="requant"), arrays(uneven=7))))


def test_units_whose_shifts_differ_too_much() -> None:
    """A slow unit needs many bits behind the point, and one that jumps many in front of it: not both in one scale."""
    topology = parse_topology({**net(4), "layers": [{
        "type": "fc", "name": "a", "units": 2, "weights": 8, "activation": {"bits": 4, "hardware": "requant"}}],
        "input": {"shape": [3], "encoding": {"type": "integer", "bits": 8, "signed": False}}}, "net")
    rows, levels = np.array([[127, 127, 127], [1, 0, 0]], np.int8), np.arange(1, 16)
    thresholds = np.array([1500 * levels, 16 * levels])
    assert requant_shapes(topology, {"a": IntegerLayer(rows, thresholds)})
    thresholds[1] = 1
    with pytest.raises(FinnError, match="there is not a scale and an offset of all units that share a shift"):
        requant_shapes(topology, {"a": IntegerLayer(rows, thresholds)})
    with pytest.raises(FinnError, match="layer 'a': hardware 'requant': is planned by the layer's parameters"):
        make_plan(topology)


def test_without_parameters_there_are_thresholds(write_net: WriteNet, tmp_path: Path) -> None:
    path = write_net(net(), arrays())
    plan = make_plan(parse_topology(net(), "net"), fps=2e6)
    assert not requants(plan)
    shown = CliRunner().invoke(cli.cli, ["estimate", str(path), "--fps", "2e6"])
    assert shown.exit_code == 0 and "requant" in shown.output, shown.output
    (tmp_path / "tiny.npz").unlink()
    shown = CliRunner().invoke(cli.cli, ["estimate", str(path), "--fps", "2e6"])
    assert shown.exit_code == 0 and "requant" not in shown.output, shown.output


def test_simulate_takes_what_estimate_tells(write_net: WriteNet, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Plan] = []

    def simulate(network: Network, plan: Plan, *others: Any, **more: Any) -> None:
        seen.append(plan)
        raise FinnError("enough")
    monkeypatch.setattr("finn_rtl.tools.simulation.simulate", simulate)
    path = str(write_net(net(), arrays()))
    done = CliRunner().invoke(cli.cli, ["simulate", path, "--fps", "2e6", "--frames", "1"])
    assert isinstance(done.exception, FinnError) and str(done.exception) == "enough"
    assert seen[0].report() == prepare(path, fps=2e6)[1].report() and requants(seen[0])


@pytest.mark.parametrize("dsp", [0, 1, 3, 900])
def test_what_multiplies_is_what_the_device_has(dsp: int) -> None:
    topology = parse_topology(net(hardware="requant"), "net")
    values = arrays()
    layers = {"a": IntegerLayer(values["a.weight"].astype(np.int8), values["a.thresholds"], values["a.falling"])}
    device = Device("some", 20_000, 50, dsp)
    found = fold_network(topology, Wish(16), device, shapes=requant_shapes(topology, layers))
    (unit,) = (ip for ip in found.ips if isinstance(ip, Requant))
    assert found.cost.dsp <= dsp and unit.cost.dsp <= dsp and (unit.use_dsp == 1 or dsp < 900)


def test_the_best_of_all_choices() -> None:
    """No fold with either kind of levels costs less than what the search finds."""
    topology = parse_topology(net(6), "net")
    values = arrays(6)
    layers = {"a": IntegerLayer(values["a.weight"].astype(np.int8), values["a.thresholds"], values["a.falling"])}
    shapes = requant_shapes(topology, layers)
    for interval in (6, 40):
        best = fold_network(topology, Wish(interval), DEVICES["xc7z045"], shapes=shapes)
        each = [fold_network(topology, Wish(interval), DEVICES["xc7z045"], {"a": Fold(simd=simd, pe=pe)},
                             shapes=shapes if choice else None)
                for simd in (2, 8, 16) for pe in (1, 3, 6, 12) if INPUTS // simd * UNITS // pe <= interval
                for choice in range(2)]
        assert len({objective(one) for one in each}) > 6
        assert objective(best) <= min(map(objective, each)) + 1e-6


def test_an_instance_reads_the_integers_of_its_layer(write_net: WriteNet) -> None:
    network, plan = prepare(str(write_net(net(), arrays())), fps=2e6)
    (unit,) = requants(plan)
    assert (unit.name, unit.integers) == ("a__requant", "a")
    with pytest.raises(AssertionError, match="no scales"):
        replace(unit, shape=replace(unit.shape, scale_bits=3)).files("net", network.layers["a"])
