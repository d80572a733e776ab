from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from finn_rtl.cost import DEVICES, pipeline_cost
from finn_rtl.errors import FinnError
from finn_rtl.folding import Wish, divisors, fold_network, interval_for
from finn_rtl.pipeline import Pipeline, build_pipeline
from finn_rtl.plan import make_plan
from finn_rtl.schedule import simulate_schedule
from finn_rtl.topology import Fold, Topology, parse_topology

DEVICE = DEVICES["xc7z045"]


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


def lut_behind_guard(pipeline: Pipeline) -> float:
    return pipeline_cost(Pipeline(pipeline.stages[1:])).lut


@pytest.mark.parametrize("interval", [2, 3, 4, 6, 12, 24, 50, 200])
def test_no_other_folding_is_cheaper(interval: int) -> None:
    topology = network(12, 6, 4)
    found = fold_network(topology, Wish(interval), DEVICE)
    assert simulate_schedule(found).interval <= interval
    best = min(lut_behind_guard(pipeline) for folds in itertools.product(folds_of(12, 6), folds_of(6, 4))
               if (pipeline := build_pipeline(topology, by_name(folds))).ideal_interval <= interval)
    assert lut_behind_guard(found) == pytest.approx(best)


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
    assert pipeline_cost(loose).lut <= pipeline_cost(tight).lut
    with pytest.raises(FinnError, match="a latency of 20 cycles at 16 cycles a frame cannot be met"):
        fold_network(topology, Wish(16, 20), DEVICE)


def test_layers_fixed_by_hand_stay() -> None:
    plan = make_plan(network(12, 8, 4), fps=1e6, folds={"fc1": Fold(simd=8, pe=2)})
    assert (plan.pipeline.mvtus[1].simd, plan.pipeline.mvtus[1].pe) == (8, 2)


def test_refusal_says_what_is_possible() -> None:
    with pytest.raises(FinnError, match="1 cycles a frame cannot be met; the best that can is 2 cycles a frame"):
        fold_network(network(12, 6, 4), Wish(1), DEVICE)
    with pytest.raises(FinnError, match="limited by layer 'fc0' at SIMD 1, PE 1"):
        fold_network(network(12, 6, 4), Wish(10), DEVICE, {"fc0": Fold(simd=1, pe=1)})


@pytest.mark.parametrize(("fps", "interval"), [(9000, 22222), (200e6, 1), (12.5e6, 16), (12.6e6, 15)])
def test_interval_for_a_rate(fps: float, interval: int) -> None:
    assert interval_for(fps, 200e6) == interval


@pytest.mark.parametrize(("layer", "fold", "rule"), [
    ("fc0", Fold(simd=5, pe=1), "layer 'fc0': simd 5: must divide its 12 inputs"),
    ("fc1", Fold(simd=8, pe=3), "layer 'fc1': pe 3: must divide its 4 units"),
    ("fc9", Fold(simd=1, pe=1), "layer 'fc9' does not exist"),
])
def test_foldings_that_do_not_fit_are_refused(layer: str, fold: Fold, rule: str) -> None:
    with pytest.raises(FinnError, match=rule):
        make_plan(network(12, 8, 4), folds={layer: fold})
