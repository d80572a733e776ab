"""Networks whose layers read several others: what is refused, what they compute, how deep their buffers are."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from finn_rtl import FinnError
from finn_rtl.common.integers import Elements, IntegerLayer
from finn_rtl.common.maps import Map
from finn_rtl.description.files import parse_topology
from finn_rtl.description.parameters import LayerParameters, Ready
from finn_rtl.description.topology import Topology
from finn_rtl.ips.axis_fifo import Fifo
from finn_rtl.meaning import reference
from finn_rtl.meaning.integer import Network, check_held, fold_layer
from finn_rtl.plan.buffers import never_locks
from finn_rtl.plan.pipeline import Node, Pipeline
from finn_rtl.plan.plan import Plan, make_plan
from finn_rtl.plan.schedule import simulate_schedule
from finn_verif.networks.random_networks import random_case

Document = dict[str, Any]
NUMBERS = {"type": "integer", "bits": 4, "signed": True}
BITS = {"type": "binary", "threshold": 9}
SIGNS = np.array([-1, 1], np.int8)


def conv(name: str, channels: int, **more: Any) -> Document:
    return {"type": "conv", "name": name, "channels": channels, "kernel": 3, "padding": 1, "activation": "sign", **more}


def topology(*layers: Document, shape: tuple[int, ...] = (8, 8, 4), encoding: Document = BITS) -> Topology:
    return parse_topology({"name": "net", "parameters": "x.npz", "output": "vector", "layers": list(layers),
                           "input": {"shape": shape, "encoding": encoding}}, "net")


RESIDUAL = (conv("a", 8), conv("b", 8, activation="none"), {"type": "add", "name": "s", "inputs": ["a", "b"]},
            {"type": "activation", "name": "t"}, {"type": "fc", "name": "f", "units": 4, "activation": "none"})
HOURGLASS = (conv("a", 4), {"type": "maxpool", "name": "p", "kernel": 2}, conv("b", 4),
             {"type": "upsample", "name": "u", "scale": 2}, {"type": "add", "name": "s", "inputs": ["u", "a"]},
             {"type": "activation", "name": "t"}, conv("c", 2))


@pytest.mark.parametrize(("layers", "message"), [
    ([conv("a", 4), {"type": "add", "name": "s", "inputs": ["a"]}], "layer 's': inputs: must name 2 of the layers"),
    ([conv("a", 4), {"type": "add", "name": "s"}], "layer 's': inputs: must name 2 of the layers"),
    ([conv("a", 4), conv("b", 4, inputs=["c"]), conv("c", 4)], "layer 'b': inputs: 'c' is no layer in front of it"),
    ([conv("a", 4), conv("b", 4, inputs=["b"])], "layer 'b': inputs: 'b' is no layer in front of it"),
    ([conv("a", 4), conv("b", 4, inputs=["input"])], "layer 'a': no layer reads it"),
    ([conv("a", 4), conv("b", 6), {"type": "add", "name": "s", "inputs": ["a", "b"]}],
     "layer 's': inputs: the maps must have the same shape, but are 8x8x4 and 8x8x6"),
    ([conv("a", 4, activation={"bits": 8}), {"type": "add", "name": "s", "inputs": ["a", "a"], "scale": [1, 1 << 23]}],
     "layer 's': scale 8388608: of numbers of 8 bits at most 4194304"),
    ([conv("a", 4), {"type": "add", "name": "s", "inputs": ["a", "a"], "scale": 0}], "layer 's': key 'scale"),
    ([conv("a", 4), {"type": "maxpool", "name": "p", "kernel": 2},
      {"type": "concat", "name": "s", "inputs": ["a", "p"]}],
     "layer 's': inputs: the maps must have the same height and width, but are 8x8x4 and 4x4x4"),
    ([conv("a", 4), {"type": "activation", "name": "t"}, conv("c", 2)],
     "layer 't': the map in front of it is binary already"),
    ([conv("a", 4, activation="none"), conv("b", 4)], "layer 'a': activation 'none': only the last layer"),
    ([conv("a", 4), {"type": "upsample", "name": "u", "scale": 0}, conv("c", 2)], "layer 'u': key 'scale"),
    ([conv("a", 6), {"type": "depth_to_space", "name": "u", "scale": 2}, conv("c", 2)], "layer 'u': scale 2x2"),
    ([conv("a", 4), {"type": "depth_to_space", "name": "u", "scale": 2, "order": "crd"}, conv("c", 2)],
     "layer 'u': key 'order'"),
])
def test_wrong_graphs_are_refused(layers: list[Document], message: str) -> None:
    with pytest.raises(FinnError, match="^net: ") as error:
        topology(*layers)
    assert message in str(error.value)


def integers(net: Topology, rng: np.random.Generator) -> Network:
    found = {}
    for layer in net.layers:
        ifm = net.ifm(layer)
        if layer.type == "activation":
            thresholds = rng.integers(ifm.low, min(ifm.high + 1, ifm.held[1]) + 1, ifm.channels)
            found[layer.name] = IntegerLayer(np.zeros((ifm.channels, 0), np.int8), thresholds[:, None])
        elif layer.is_folded:
            shape = (layer.rows, layer.columns(ifm))
            middle = shape[1] // 2 if ifm.bits == 1 else 0
            threshold = rng.integers(middle - 2, middle + 3, (shape[0], 1)) if layer.activation == "sign" else None
            found[layer.name] = IntegerLayer(rng.choice(SIGNS, shape), threshold)
    return Network(net, found)


def test_sums_are_those_of_the_numbers_that_the_elements_stand_for() -> None:
    rng = np.random.default_rng(1)
    net = topology(conv("a", 4), {"type": "add", "name": "s", "inputs": ["input", "a"]},
                   {"type": "add", "name": "d", "inputs": ["a", "a"]},
                   {"type": "add", "name": "e", "inputs": ["s", "d"]},
                   {"type": "activation", "name": "t"}, conv("z", 1), encoding=NUMBERS)
    network = integers(net, rng)
    values = rng.integers(-8, 8, (5, 8 * 8 * 4), dtype=np.int32)
    a, s, d, e, t, _ = reference.layer_outputs(network, values)
    signs = 2 * a - 1
    assert np.array_equal(s, values.reshape(5, 8, 8, 4) + signs)
    assert np.array_equal(d, 2 * signs) and np.array_equal(e, s + d)
    assert np.array_equal(t, e >= network.layers["t"].thresholds[:, 0])
    maps = {layer.name: net.ofm(layer) for layer in net.layers}
    assert (maps["s"].low, maps["s"].high, maps["s"].bits, maps["s"].signed) == (-9, 8, 5, True)
    assert (maps["d"].bits, maps["d"].signed) == (3, True)


def test_pixels_are_repeated() -> None:
    net = topology({"type": "upsample", "name": "u", "scale": [2, 3]}, conv("z", 1), encoding=NUMBERS)
    values = np.arange(8 * 8 * 4, dtype=np.int32).reshape(1, -1) % 16 - 8
    found = reference.layer_outputs(integers(net, np.random.default_rng(1)), values)[0]
    pixels = values.reshape(1, 8, 8, 4)
    assert found.shape == (1, 16, 24, 4)
    assert all(np.array_equal(found[0, y, x], pixels[0, y // 2, x // 3])
               for y, x in itertools.product(range(16), range(24)))


@pytest.mark.parametrize("order", ["blocks", "interleaved"])
def test_channels_become_pixels(order: str) -> None:
    net = topology({"type": "depth_to_space", "name": "u", "scale": [1, 2], "order": order}, conv("z", 1),
                   encoding=NUMBERS)
    values = np.arange(8 * 8 * 4, dtype=np.int32).reshape(1, -1) % 16 - 8
    found = reference.layer_outputs(integers(net, np.random.default_rng(1)), values)[0]
    pixels = values.reshape(1, 8, 8, 4)
    assert found.shape == (1, 8, 16, 2)
    for y, x in itertools.product(range(8), range(16)):
        channels = [2 * (x % 2), 2 * (x % 2) + 1] if order == "blocks" else [x % 2, x % 2 + 2]
        assert np.array_equal(found[0, y, x], pixels[0, y, x // 2, channels])


def test_numbers_count_several_times() -> None:
    net = topology(conv("a", 4), {"type": "add", "name": "s", "inputs": ["input", "a"], "scale": [3, 5]}, conv("z", 1),
                   encoding=NUMBERS)
    values = np.random.default_rng(1).integers(-8, 8, (5, 8 * 8 * 4), dtype=np.int32)
    a, s, _ = reference.layer_outputs(integers(net, np.random.default_rng(1)), values)
    assert np.array_equal(s, 3 * values.reshape(5, 8, 8, 4) + 5 * (2 * a - 1))
    assert (net.maps[2].low, net.maps[2].high, net.maps[2].bits, net.maps[2].signed) == (-29, 26, 6, True)


def test_channels_stand_side_by_side() -> None:
    net = topology(conv("a", 3), {"type": "concat", "name": "n", "inputs": ["input", "a"]},
                   conv("b", 2), {"type": "concat", "name": "m", "inputs": ["b", "a"]}, conv("z", 1), encoding=NUMBERS)
    values = np.random.default_rng(1).integers(-8, 8, (5, 8 * 8 * 4), dtype=np.int32)
    a, n, b, m, _ = reference.layer_outputs(integers(net, np.random.default_rng(1)), values)
    assert np.array_equal(n, np.concatenate([values.reshape(5, 8, 8, 4), 2 * a - 1], axis=3))
    assert np.array_equal(m, np.concatenate([b, a], axis=3))
    maps = {layer.name: net.ofm(layer) for layer in net.layers}
    assert (maps["n"].channels, maps["n"].bits, maps["n"].signed) == (7, 4, True)
    assert (maps["m"].channels, maps["m"].is_bipolar) == (5, True)


@pytest.mark.parametrize("padding", [[0, 0, 0, 0], [1, 0, 0, 2]])
def test_windows_are_added_up(padding: list[int]) -> None:
    net = topology({"type": "sumpool", "name": "s", "kernel": [2, 3], "stride": [2, 1], "padding": padding,
                    **({"border": -5} if any(padding) else {})}, conv("z", 1), encoding=NUMBERS)
    values = np.random.default_rng(2).integers(-8, 8, (3, 8 * 8 * 4), dtype=np.int32)
    found = reference.layer_outputs(integers(net, np.random.default_rng(1)), values)[0]
    pixels = np.full((3, 8 + sum(padding[:2]), 8 + sum(padding[2:]), 4), -5)
    pixels[:, padding[0]:padding[0] + 8, padding[2]:padding[2] + 8] = values.reshape(3, 8, 8, 4)
    assert found.shape[1:] == ((pixels.shape[1] - 2) // 2 + 1, pixels.shape[2] - 2, 4)
    assert all(np.array_equal(found[:, y, x], pixels[:, 2 * y:2 * y + 2, x:x + 3].sum(axis=(1, 2)))
               for y, x in itertools.product(*map(range, found.shape[1:3])))
    assert (net.maps[1].bits, net.maps[1].signed, net.maps[1].low, net.maps[1].high) == (7, True, -48, 42)


def test_padding_is_never_the_maximum() -> None:
    net = topology({"type": "maxpool", "name": "m", "kernel": 2, "stride": 1, "padding": 1}, conv("z", 1),
                   encoding=NUMBERS)
    values = np.random.default_rng(2).integers(-8, -4, (3, 8 * 8 * 4), dtype=np.int32)
    found = reference.layer_outputs(integers(net, np.random.default_rng(1)), values)[0]
    pixels = values.reshape(3, 8, 8, 4)
    assert np.array_equal(found[:, 0, 0], pixels[:, 0, 0]) and np.array_equal(found[:, 8, 8], pixels[:, 7, 7])
    assert np.array_equal(found[:, 0, 1], pixels[:, 0, :2].max(axis=1))
    assert (net.maps[1].low, net.maps[1].high) == (net.maps[0].low, net.maps[0].high)


def with_depth(pipeline: Pipeline, name: str, depth: int) -> Pipeline:
    """The same with another depth of a FIFO."""
    return Pipeline(tuple(Node(replace(node.ip, depth=depth) if node.ip.name == name else node.ip, node.sources)
                          for node in pipeline.nodes))


def joins(plan: Plan) -> list[Fifo]:
    """FIFOs in front of joins."""
    pipeline = plan.pipeline
    return [ip for node in pipeline.nodes if len(node.sources) > 1
            for source in node.sources if isinstance(ip := pipeline.ips[source.node], Fifo)]


def check_buffers(plan: Plan) -> int:
    """The network runs at its pace and cannot lock up; with a beat less in any FIFO in front of a join it does not."""
    pipeline, ideal = plan.pipeline, plan.pipeline.ideal_interval
    assert plan.cycles_per_frame == ideal and not plan.schedule.locked and never_locks(pipeline)
    shown = 0
    for fifo in joins(plan):
        if fifo.depth <= 2:
            continue  # shallower ones there are none
        shallower = with_depth(pipeline, fifo.name, fifo.depth - 1)
        schedule = simulate_schedule(shallower)
        assert schedule.locked or schedule.interval > ideal or not never_locks(shallower), fifo
        shown += 1
    return shown


@pytest.mark.parametrize("encoding", [BITS, NUMBERS], ids=["bits", "numbers"])
@pytest.mark.parametrize("layers", [RESIDUAL, HOURGLASS], ids=["residual", "hourglass"])
@pytest.mark.parametrize("fps", [10, 1e5, 8e5, None])
def test_buffers_of_branches_are_as_shallow_as_can_be(layers: tuple[Document, ...], encoding: Document,
                                                      fps: float | None) -> None:
    plan = make_plan(topology(*layers, encoding=encoding), **({"fps": fps} if fps else {"scenario": "fit"}))
    assert check_buffers(plan) >= 1


def test_a_shallow_branch_stops_the_network() -> None:
    """The long way must read rows before it gives any; what waits for it on the short way has to lie somewhere."""
    plan = make_plan(topology(*RESIDUAL), fps=1e5)
    (fifo,) = joins(plan)
    schedule = simulate_schedule(with_depth(plan.pipeline, fifo.name, 4))
    assert schedule.locked and not schedule.results


@pytest.mark.slow
def test_buffers_of_random_networks() -> None:
    shown = 0
    for number in range(800):
        _, plan = random_case(23, number).build()
        if plan.pipeline.has_branches:
            shown += check_buffers(plan)
    assert shown >= 5


def ready(thresholds: list[int]) -> LayerParameters:
    """Of an activation by itself."""
    count = len(thresholds)
    return LayerParameters(np.zeros((count, 0), np.int8), Ready(np.array(thresholds)[:, None], np.zeros(count, bool)))


def test_a_threshold_that_is_never_reached_is_held_or_refused() -> None:
    """A sum never fills its bits; numbers of the input do."""
    sums = topology(conv("a", 4), {"type": "add", "name": "s", "inputs": ["a", "input"]},
                    {"type": "activation", "name": "t"}, conv("z", 1), encoding=NUMBERS).ifms(2)[0]
    never = fold_layer(ready([99, 8, -99, 0]), Elements(sums))
    assert never.thresholds is not None and never.thresholds.tolist() == [[9], [8], [-9], [0]]
    check_held(never, sums)
    numbers = Map(8, 8, 4, 4, True)
    never = fold_layer(ready([7, 8, 99, 0]), Elements(numbers))
    with pytest.raises(ValueError, match=r"channel 1 is never \+1, for no number of 4 bits reaches its threshold"):
        check_held(never, numbers)
