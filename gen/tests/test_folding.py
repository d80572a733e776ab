from __future__ import annotations

import itertools
import re
from math import prod
from typing import Any

import numpy as np
import pytest

from finn_rtl.common.errors import FinnError
from finn_rtl.common.numbers import divisors
from finn_rtl.description.files import parse_topology
from finn_rtl.description.topology import Topology
from finn_rtl.operators.schema import Fold
from finn_rtl.plan.devices import DEVICES, Device, fits, place
from finn_rtl.plan.folding import Space, Wish, objective
from finn_rtl.plan.network import build_pipeline, input_widths
from finn_rtl.plan.pipeline import Pipeline
from finn_rtl.plan.plan import make_plan
from finn_rtl.plan.schedule import simulate_schedule
from finn_rtl.plan.search import fastest, fold_network, interval_for, search
from finn_verif.networks.random_networks import random_case

DEVICE = DEVICES["xc7z045"]
LARGE = Device("large", 1 << 40, 1 << 20, 1 << 20)


def network(inputs: int, *units: int, output: str = "label") -> Topology:
    layers: list[dict[str, Any]] = [
        {"type": "fc", "name": f"fc{i}", "units": n, "activation": "none" if i == len(units) - 1 else "sign"}
        for i, n in enumerate(units)]
    return parse_topology({"name": "net", "parameters": "net.npz", "layers": layers, "output": output,
                           "input": {"shape": [inputs], "encoding": {"type": "binary", "threshold": 128}}}, "net")


def folds_of(inputs: int, units: int) -> list[Fold]:
    return [Fold(simd=simd, pe=pe) for simd in divisors(inputs) for pe in divisors(units)]


def by_name(folds: tuple[Fold, ...]) -> dict[str, Fold]:
    return {f"fc{i}": fold for i, fold in enumerate(folds)}


def every_design(topology: Topology) -> list[Pipeline]:
    """All designs that the search chooses from, on a device that holds any."""
    matrices = topology.matrices
    designs = []
    for folds in itertools.product(*(list(layer.foldings(topology.ifm(layer))) for layer in matrices)):
        named = {layer.name: fold for layer, fold in zip(matrices, folds, strict=True)}
        designs += [place(build_pipeline(topology, named, width), LARGE)
                    for width in input_widths(topology, named.get(topology.layers[0].name), None)]
    return designs


@pytest.mark.parametrize("interval", [2, 3, 4, 6, 12, 24, 50, 200])
def test_no_other_folding_is_cheaper(interval: int) -> None:
    topology = network(12, 6, 4)
    found = fold_network(topology, Wish(interval), DEVICE)
    assert simulate_schedule(found).interval <= interval
    best = min(objective(design) for design in every_design(topology) if design.ideal_interval <= interval)
    assert objective(found) == pytest.approx(best)


def overlapping_network(number: int) -> Topology:
    """A random network with a convolution, most often padded, and a pool that overlaps, as slow as the layers."""
    rng = np.random.default_rng([5, number])

    def pick(*values: Any) -> Any:
        return values[rng.integers(len(values))]

    def conv(name: str, channels: int) -> dict[str, Any]:
        kernel = pick(1, 2, 3)
        return {"type": "conv", "name": name, "channels": channels, "kernel": kernel, "activation": "sign",
                "padding": pick(0, kernel - 1, [0, kernel - 1, kernel - 1, 0])}

    layers = [conv("conv", pick(4, 6, 8, 12)), {"type": "maxpool", "name": "pool", "kernel": 3, "stride": pick(1, 2)}]
    if rng.random() < 0.3:
        layers.append(conv("second", pick(2, 3)))
    layers.append({"type": "fc", "name": "fc", "units": pick(2, 4), "activation": "none"})
    encoding = pick({"type": "binary", "threshold": 9}, {"type": "integer", "bits": pick(2, 8), "signed": True})
    return parse_topology({"name": f"overlapping{number}", "parameters": "x.npz", "layers": layers,
                           "input": {"shape": [pick(5, 6, 8), pick(5, 7), pick(1, 2, 3)], "encoding": encoding}}, "")


def small_networks(count: int, most_designs: int) -> list[Topology]:
    """Random networks of few possible designs each; every other one with a pool that overlaps."""
    drawn = (overlapping_network(number // 2) if number % 2
             else parse_topology(random_case(17, number).document, f"network {number}") for number in itertools.count())
    return list(itertools.islice((topology for topology in drawn if prod(
        len(list(layer.foldings(topology.ifm(layer)))) for layer in topology.matrices) <= most_designs), count))


def abreast() -> Topology:
    """A network whose first layers can take several pixels a beat."""
    conv = {"type": "conv", "channels": 2, "activation": "sign"}
    return parse_topology({
        "name": "abreast", "parameters": "x.npz", "input": {"shape": [9, 9, 1], "encoding": {"type": "binary",
                                                                                             "threshold": 9}},
        "layers": [{**conv, "name": "a", "kernel": 3, "padding": [0, 1, 0, 1]},
                   {"type": "maxpool", "name": "b", "kernel": 2},
                   {**conv, "name": "c", "kernel": [2, 1]},
                   {"type": "fc", "name": "d", "units": 2, "activation": "none"}]}, "")


def test_pixels_are_taken_where_one_is_too_slow() -> None:
    """As many at once as the interval asks for, through window, matrix and pool; of one where that is fast enough."""
    for interval, pixels, window in ((81, 1, 1), (45, 2, 2), (27, 4, 4), (20, 8, 8)):
        found = fold_network(abreast(), Wish(interval), LARGE)
        assert found.ideal_interval <= interval and found.matrices[0].pixels == pixels, interval
        assert found.matrices[0].lanes == window


@pytest.mark.parametrize(("layer", "fold", "rule"), [
    ("a", Fold(simd=9, pe=2, window=True, pixels=10), "layer 'a': pixels 10: must be at most 9, those of a row"),
    ("a", Fold(simd=9, pe=1, window=True, pixels=2), "layer 'a': pixels 2: the whole matrix must be constants: simd 9"
     " in whole windows, pe 2"),
    ("a", Fold(simd=9, pe=2, pixels=2), "layer 'a': pixels 2: the whole matrix must be constants"),
    ("d", Fold(simd=1, pe=1, pixels=2), "layer 'd': pixels 2: only a convolution takes several pixels a beat")])
def test_pixels_that_do_not_fit_are_refused(layer: str, fold: Fold, rule: str) -> None:
    with pytest.raises(FinnError, match=re.escape(rule)):
        make_plan(abreast(), folds={layer: fold})


@pytest.mark.parametrize("topology", [*small_networks(24, 1500), abreast()], ids=lambda topology: topology.name)
def test_the_search_finds_what_trying_everything_finds(topology: Topology) -> None:
    """At every rate that any design has, and just below it: the cheapest design, or a refusal where there is none."""
    designs = every_design(topology)
    rates = sorted({design.ideal_interval for design in designs})
    assert fold_network(topology, None, LARGE).ideal_interval == rates[0]
    assert set(rates) <= set(Space(topology, {}, None, LARGE).intervals)
    for interval in sorted({*rates[:30], *rates[-30:], *(rate - 1 for rate in rates[:30])}):
        best = min((objective(design) for design in designs if design.ideal_interval <= interval), default=None)
        if best is None:
            with pytest.raises(FinnError, match=f"; the best that can is {rates[0]} cycles a frame"):
                fold_network(topology, Wish(interval), LARGE)
            continue
        found = fold_network(topology, Wish(interval), LARGE)
        assert found.ideal_interval <= interval
        # A memory goes to LUTs or to block RAM for its own cost, not for that of its threshold's register.
        assert objective(found) == pytest.approx(best, rel=1e-9), interval


OVERLAPPING = {"name": "overlapping", "parameters": "x.npz",
               "input": {"shape": [32, 32, 3], "encoding": {"type": "integer", "bits": 8, "signed": False}},
               "layers": [{"type": "conv", "name": "conv", "channels": 32, "kernel": 3, "padding": 1,
                           "activation": "sign"},
                          {"type": "maxpool", "name": "pool", "kernel": 3, "stride": 2},
                          {"type": "fc", "name": "fc", "units": 10, "activation": "none"}]}


def test_an_overlapping_pool_keeps_the_rate() -> None:
    """The cheapest beginning of the same width is one whose pool is too slow."""
    topology = parse_topology(OVERLAPPING, "overlapping")
    slow, fast = (make_plan(topology, fps=fps) for fps in (48828, 98765))
    assert fast.cycles_per_frame <= 2025
    assert slow.cycles_per_frame <= 4096 and slow.cost.lut <= fast.cost.lut
    assert make_plan(topology, "fit").cycles_per_frame <= 2025


@pytest.mark.parametrize("topology", [
    network(16, 12, 4), network(64, 96, 10), parse_topology(OVERLAPPING, "overlapping"),
    *small_networks(8, 20_000)], ids=lambda topology: topology.name)
def test_a_slower_rate_is_met_at_no_more_cost(topology: Topology) -> None:
    """On any device, one with too few block RAMs or LUTs for the cheapest designs among them."""
    for device in (LARGE, DEVICE, Device("small", 1500, 2), Device("few block RAMs", 9000, 1),
                   Device("few LUTs", 900, 4, 40)):
        space = Space(topology, {}, None, device)
        costs: list[float] = []
        for interval in space.intervals[::max(1, len(space.intervals) // 30)]:
            found = search(space, Wish(interval))
            assert found is not None or not costs, (device.name, interval)
            if found is not None:
                assert found.ideal_interval <= interval and fits(found, device)
                costs.append(objective(found))
        assert costs == sorted(costs, reverse=True), device.name


def test_the_fastest_is_the_first_that_fits() -> None:
    """A design for a faster rate may be held where that for a slower one is not."""
    for device in (Device("a", 1500, 2), Device("b", 3000, 1), Device("c", 700, 9)):
        space = Space(network(64, 96, 10), {}, None, device)
        best = fastest(space)
        assert best is not None and fits(best, device)
        assert not any(search(space, Wish(interval))
                       for interval in space.intervals if interval < best.ideal_interval)


@pytest.mark.parametrize("latency", [24, 40])
def test_a_slower_rate_is_met_with_the_same_latency(latency: int) -> None:
    space = Space(network(48, 24, 16, 10), {}, None, DEVICE)
    met = False
    for interval in space.intervals[::2]:
        found = search(space, Wish(interval, latency))
        assert found is not None or not met, interval
        if found is not None:
            met = True
            schedule = simulate_schedule(found)
            assert schedule.interval <= interval and schedule.latency <= latency
    assert met


def test_every_folding_runs_at_its_slowest_stage() -> None:
    """No bubbles: the schedule reaches the ideal interval, and the slowest layer works all the time."""
    rng = np.random.default_rng(11)
    topology = network(12, 8, 9, 4, output="vector")
    layers = [folds_of(12, 8), folds_of(8, 9), folds_of(9, 4)]
    for _ in range(250):
        folds = tuple(options[rng.integers(len(options))] for options in layers)
        width = int(rng.integers(1, 13)) if rng.random() < 0.5 else None
        pipeline = build_pipeline(topology, by_name(folds), width)
        schedule = simulate_schedule(pipeline)
        assert schedule.interval == pipeline.ideal_interval, (folds, width)
        slowest = pipeline.bottleneck()
        assert schedule.busy[slowest.layer] == pytest.approx(slowest.cycles / pipeline.ideal_interval)
        assert schedule.frames_inside <= pipeline.guard.frames


def test_latency_limit_is_kept() -> None:
    topology = network(784, 256, 256, 256, 10)
    loose, tight = (fold_network(topology, Wish(16, latency), DEVICE) for latency in (None, 62))
    assert simulate_schedule(tight).latency <= 62 < simulate_schedule(loose).latency
    assert loose.cost.lut <= tight.cost.lut
    with pytest.raises(FinnError, match="a latency of 20 cycles at 16 cycles a frame cannot be met"):
        fold_network(topology, Wish(16, 20), DEVICE)


def test_layers_fixed_by_hand_stay() -> None:
    plan = make_plan(network(12, 8, 4), fps=1e6, folds={"fc1": Fold(simd=8, pe=2)})
    assert (plan.pipeline.matrices[1].simd, plan.pipeline.matrices[1].pe) == (8, 2)


def test_refusal_says_what_is_possible() -> None:
    narrow = network(12, 6, 4).model_copy(update={"input": network(12, 6).input.model_copy(update={"stream_width": 6})})
    with pytest.raises(FinnError, match="1 cycles a frame cannot be met; the best that can is 2 cycles a frame"):
        fold_network(narrow, Wish(1), DEVICE)
    with pytest.raises(FinnError, match="limited by layer 'fc0' at SIMD 1, PE 1"):
        fold_network(network(12, 6, 4), Wish(10), DEVICE, {"fc0": Fold(simd=1, pe=1)})


@pytest.mark.parametrize(("fps", "interval"), [(9000, 22222), (200e6, 1), (12.5e6, 16), (12.6e6, 15)])
def test_interval_for_a_rate(fps: float, interval: int) -> None:
    assert interval_for(fps, 200e6) == interval


@pytest.mark.parametrize(("fps", "interval"), [(763, 262144), (700, 285714), (1, 200_000_000), (1e-3, 200_000_000_000)])
def test_a_slow_rate_is_planned_as_asked(fps: float, interval: int) -> None:
    """For the least LUTs with which it is met: no folding of the layers is between."""
    topology = network(784, 1024, 10)
    plan = make_plan(topology, fps=fps)
    assert plan.cycles_per_frame == plan.pipeline.ideal_interval <= interval
    assert plan.cost.lut <= make_plan(topology, fps=9000).cost.lut


def test_the_slowest_folding_is_planned_to_the_cycle() -> None:
    """A layer of one synapse and one unit takes a cycle for each weight."""
    plan = make_plan(network(784, 1024, 10), folds={"fc0": Fold(simd=1, pe=1), "fc1": Fold(simd=1, pe=1)})
    assert plan.cycles_per_frame == 784 * 1024 and plan.schedule.busy["fc1"] == pytest.approx(10 / 784)


@pytest.mark.parametrize(("layer", "fold", "rule"), [
    ("fc0", Fold(simd=5, pe=1), "layer 'fc0': simd 5: must divide its 12 inputs"),
    ("fc1", Fold(simd=8, pe=3), "layer 'fc1': pe 3: must divide its 4 units"),
    ("fc9", Fold(simd=1, pe=1), "layer 'fc9' does not exist"),
])
def test_foldings_that_do_not_fit_are_refused(layer: str, fold: Fold, rule: str) -> None:
    with pytest.raises(FinnError, match=rule):
        make_plan(network(12, 8, 4), folds={layer: fold})
