"""Convolutions and pools: topology, reference against plain loops, plan, buffers."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from finn_rtl import FinnError, Fold
from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.places import library
from finn_rtl.description.encoding import Input, encode_images
from finn_rtl.description.files import load_topology, parse_topology
from finn_rtl.description.topology import Topology
from finn_rtl.ips.axis_fifo import Fifo
from finn_rtl.ips.matrix import stream_order
from finn_rtl.ips.mvtu import Mvtu
from finn_rtl.ips.swu import Swu, SwuParallel
from finn_rtl.meaning import reference
from finn_rtl.meaning.integer import Network
from finn_rtl.plan.buffers import buffered
from finn_rtl.plan.devices import BLOCK_RAM_PRICE, DEVICES
from finn_rtl.plan.folding import Wish
from finn_rtl.plan.network import build_pipeline
from finn_rtl.plan.plan import make_plan
from finn_rtl.plan.schedule import simulate_schedule
from finn_rtl.plan.search import fold_network

pytestmark = pytest.mark.steady

Document = dict[str, Any]


def document(*layers: Document, shape: tuple[int, ...] = (7, 6, 2), encoding: Document | None = None,
             output: str = "vector") -> Document:
    return {"name": "net", "parameters": "net.npz", "output": output, "layers": list(layers),
            "input": {"shape": list(shape), "encoding": encoding or {"type": "binary", "threshold": 128}}}


def conv(name: str, channels: int, kernel: Any = 3, **more: Any) -> Document:
    return {"type": "conv", "name": name, "channels": channels, "kernel": kernel, "activation": "sign", **more}


def pool(name: str, kernel: Any = 2, **more: Any) -> Document:
    return {"type": "maxpool", "name": name, "kernel": kernel, **more}


def fc(name: str, units: int, activation: str = "none", **more: Any) -> Document:
    return {"type": "fc", "name": name, "units": units, "activation": activation, **more}


def topology(*layers: Document, **more: Any) -> Topology:
    return parse_topology(document(*layers, **more), "net.json")


def test_maps_between_layers() -> None:
    net = topology(conv("a", 4, [3, 2], padding=[1, 0, 1, 0]), pool("b"), conv("c", 5, 2, stride=[1, 2]), fc("d", 10))
    assert [str(ifm) for ifm in net.maps] == ["7x6x2", "6x6x4", "3x3x4", "2x1x5", "1x1x10"]
    assert [layer.columns(net.ifm(layer)) for layer in net.matrices] == [12, 16, 10]


def test_same_padding_keeps_the_size() -> None:
    net = topology(conv("a", 4, [3, 2], padding="same"), pool("b", [2, 5], stride=1, padding="same"),
                   conv("c", 5, 1, stride=1, padding="same"))
    assert [str(ifm) for ifm in net.maps] == ["7x6x2", "7x6x4", "7x6x4", "7x6x5"]
    assert [getattr(layer, "padding") for layer in net.layers] == [  # noqa: B009
        (1, 1, 0, 1), (0, 1, 2, 2), (0, 0, 0, 0)]


TOPOLOGY_ERRORS: list[tuple[Document, list[str]]] = [
    (document(conv("a", 4, [8, 3])), ["layer 'a'", "kernel 8x3", "height", "7 (map 7x6x2)"]),
    (document(conv("a", 4, [3, 9], padding=[0, 0, 1, 1])), ["layer 'a'", "kernel 3x9", "width", "6 + 2 of padding"]),
    (document(conv("a", 4, 3, padding=3)), ["layer 'a'", "padding 3", "less than the kernel's height 3"]),
    (document(conv("a", 4, 6), pool("b", 3)), ["layer 'b'", "kernel 3x3", "map in front of it, 2 (map 2x1x4)"]),
    (document(fc("a", 4, "sign"), pool("b")), ["layer 'b'", "kernel 2x2", "map 1x1x4"]),
    (document(fc("a", 4, "sign"), conv("b", 3)), ["layer 'b'", "kernel 3x3", "map 1x1x4"]),
    (document(conv("a", 4), fc("b", 3, inputs=64)), ["layer 'b'", "inputs 64", "80 elements (5x4x4)"]),
    (document(conv("a", 4, activation="none"), conv("b", 4)), ["layer 'a'", "only the last layer"]),
    (document(pool("a")), ["layers", "none has weights"]),
    (document(conv("a", 4), pool("b"), output="label"), ["layer 'b'", "no scores"]),
    (document(conv("a", 4, activation="none"), output="label"), ["layer 'a'", "5x4x4", "single pixel"]),
    (document(conv("a", 4, [3, 3, 3])), ["layer 'a'", "'kernel'"]),
    (document(conv("a", 4, 0)), ["layer 'a'", "'kernel.0'", "at least 1"]),
    (document(conv("a", 4, 3.5)), ["layer 'a'", "'kernel'", "3.5"]),
    (document(conv("a", 4, stride=0)), ["layer 'a'", "'stride.0'"]),
    (document(conv("a", 4, padding=[1, 1])), ["layer 'a'", "'padding'", "whole number or [top, bottom, left, right]"]),
    (document(conv("a", 4, stride=2, padding="same")), ["layer 'a'", "'padding'", "same", "stride must be 1"]),
    (document(pool("a", padding="same")), ["layer 'a'", "'padding'", "stride must be 1"]),
    (document(conv("a", 4, 0, padding="same")), ["layer 'a'", "'kernel.0'", "at least 1"]),
    (document(conv("a", 4, padding="valid")), ["layer 'a'", "'padding'", "whole number", "'same'"]),
    (document(conv("a", 4, units=4)), ["layer 'a'", "'units'", "unknown key"]),
    (document(pool("a", activation="sign"), fc("b", 2)), ["layer 'a'", "'activation'", "unknown key"]),
    (document(fc("a", 2), encoding={"type": "integer", "bits": 1, "signed": True}), ["'input.encoding.bits'", "2"]),
    (document(fc("a", 2), encoding={"type": "integer", "bits": 8, "signed": 1}), ["'input.encoding.signed'"]),
    (document(fc("a", 2), encoding={"type": "integer", "bits": 8, "signed": True, "scale": "1/0"}),
     ["'input.encoding.scale'", "1/0", "ratio"]),
    ({**document(conv("a", 4)), "folding": {"a": {"simd": 5, "pe": 1}}}, ["layer 'a'", "simd 5", "18 inputs"]),
    ({**document(conv("a", 4)), "folding": {"a": {"simd": 6, "pe": 1, "window": True}}},
     ["layer 'a'", "simd 6 in whole windows", "kernel's size"]),
    ({**document(conv("a", 4, padding=2)), "folding": {"a": {"simd": 18, "pe": 1, "window": True}}},
     ["layer 'a'", "padding less than the kernel"]),
    (document(conv("a", 4, groups=4)), ["layer 'a'", "groups 4", "its 4 channels", "the 2 of the map in front of it"]),
    (document(conv("a", 3, groups=2)), ["layer 'a'", "groups 2", "divide its 3 channels"]),
    (document(conv("a", 2, groups=True)), ["layer 'a'", "'groups'"]),
    (document(conv("a", 2, groups=0)), ["layer 'a'", "'groups'", "at least 1"]),
    (document(conv("a", 2, groups=2, weights=2, arithmetic="dsp"), encoding={
        "type": "integer", "bits": 2, "signed": True}), ["layer 'a'", "arithmetic 'dsp'", "depthwise"]),
    (document(conv("a", 2, groups=2, weights=2, arithmetic="serial"), encoding={
        "type": "integer", "bits": 2, "signed": True}), ["layer 'a'", "arithmetic 'serial'", "groups"]),
    ({**document(conv("a", 2, groups=2)), "folding": {"a": {"simd": 3, "pe": 2}}},
     ["layer 'a'", "simd 3, pe 2", "2 groups, of 1 channels", "pe must divide 1, or a multiple, with simd 1 or 9"]),
    ({**document(conv("a", 8, groups=2), shape=(7, 6, 4)), "folding": {"a": {"simd": 1, "pe": 8}}},
     ["layer 'a'", "simd 1, pe 8", "2 groups, of 2 channels each and 4 behind it", "pe must divide 4, and simd"]),
    ({**document(conv("a", 8, groups=2), shape=(7, 6, 8)), "folding": {"a": {"simd": 6, "pe": 4}}},
     ["layer 'a'", "simd 6, pe 4", "simd be a divisor or a multiple of 4"]),
    ({**document(conv("a", 4), pool("b")), "folding": {"b": {"simd": 1, "pe": 1}}}, ["'b' does not exist", "are a"]),
]


@pytest.mark.parametrize(("wrong", "parts"), TOPOLOGY_ERRORS)
def test_layers_that_do_not_fit_are_refused(wrong: Document, parts: list[str]) -> None:
    with pytest.raises(FinnError) as caught:
        parse_topology(wrong, "net.json")
    text = str(caught.value)
    assert text.startswith("net.json: ") and "\n" not in text
    for part in parts:
        assert part in text


def test_a_number_stands_for_equal_ones() -> None:
    net = topology(conv("a", 4, 3, stride=2, padding=1))
    layer = net.layers[0]
    assert (layer.kernel, layer.stride, layer.padding) == ((3, 3), (2, 2), (1, 1, 1, 1))  # type: ignore[union-attr]


@pytest.mark.parametrize(("encoding", "expected"), [
    ({"bits": 8, "signed": True, "offset": -128}, [-128, -1, 0, 127]),
    ({"bits": 8, "signed": False}, [0, 127, 128, 255]),
    ({"bits": 4, "signed": True, "scale": 0.0625, "offset": -8}, [-8, 0, 0, 7]),
    ({"bits": 8, "signed": True, "scale": "256/255", "offset": -128}, [-128, -1, 1, 127]),
    ({"bits": 3, "signed": False, "offset": -126}, [0, 1, 2, 7]),
])
def test_pixels_as_numbers(encoding: Document, expected: list[int]) -> None:
    spec = Input.model_validate({"shape": [2, 2], "encoding": {"type": "integer", **encoding}})
    pixels = np.array([[[0, 127], [128, 255]]], np.uint8)
    assert encode_images(spec, pixels).tolist() == [expected]


def random_integers(net: Topology, rng: np.random.Generator) -> Network:
    layers = {}
    for layer in net.matrices:
        ifm = net.ifm(layer)
        inputs = layer.columns(ifm)
        middle = inputs // 2 if ifm.bits == 1 else 0
        limits = rng.integers(middle - 3, middle + 4, (layer.rows, 1)) if layer.activation == "sign" else None
        layers[layer.name] = IntegerLayer(rng.choice(np.array([-1, 1], np.int8), (layer.rows, inputs)), limits)
    return Network(net, layers)


def plain_convolution(values: np.ndarray, layer: IntegerLayer, kernel: tuple[int, int], stride: tuple[int, int],
                      padding: tuple[int, int, int, int], is_binary: bool) -> np.ndarray:
    """Element by element, over signed numbers, as in a textbook."""
    n, height, width, channels = values.shape
    signed = values * 2 - 1 if is_binary else values
    rows = (height + padding[0] + padding[1] - kernel[0]) // stride[0] + 1
    columns = (width + padding[2] + padding[3] - kernel[1]) // stride[1] + 1
    sums = np.zeros((n, rows, columns, len(layer.weight)), int)
    for y, x, ky, kx, c in itertools.product(*(range(k) for k in (rows, columns, *kernel, channels))):
        at_y, at_x = y * stride[0] + ky - padding[0], x * stride[1] + kx - padding[2]
        is_inside = 0 <= at_y < height and 0 <= at_x < width
        pixel = signed[:, at_y, at_x, c] if is_inside else np.full(n, -1 if is_binary else 0)
        weight = layer.weight[:, (ky * kernel[1] + kx) * channels + c].astype(int)
        sums[:, y, x] += pixel[:, None] * weight[None]
    if is_binary:
        sums = (sums + layer.weight.shape[1]) // 2
    return sums if layer.thresholds is None else (sums >= layer.thresholds[:, 0]).astype(int)


@pytest.mark.parametrize("encoding", [
    {"type": "binary", "threshold": 128}, {"type": "integer", "bits": 8, "signed": True, "offset": -128},
    {"type": "integer", "bits": 3, "signed": False, "scale": "1/32"}])
@pytest.mark.parametrize("more", [
    {}, {"kernel": [2, 3], "stride": [2, 1]}, {"padding": [1, 0, 2, 1]}, {"kernel": [7, 6]},
    {"kernel": 1, "stride": 3}])
def test_reference_is_the_textbook_convolution(encoding: Document, more: Document) -> None:
    rng = np.random.default_rng(7)
    net = topology(conv("a", 5, **{"kernel": 3, **more}), conv("b", 3, 1, activation="none"), encoding=encoding)
    network = random_integers(net, rng)
    values = encode_images(net.input, rng.integers(0, 256, (4, 7, 6, 2), dtype=np.uint8))
    outputs = reference.layer_outputs(network, values)
    found = values.reshape(4, 7, 6, 2)
    for layer, integers, output in zip(net.matrices, network.layers.values(), outputs, strict=True):
        found = plain_convolution(found, integers, layer.kernel, layer.stride, layer.padding,  # type: ignore[union-attr]
                                  net.ifm(layer).bits == 1)
        assert np.array_equal(output, found)


@pytest.mark.parametrize("encoding", [
    {"type": "binary", "threshold": 128}, {"type": "integer", "bits": 3, "signed": True, "offset": -4}])
@pytest.mark.parametrize("more", [
    {}, {"kernel": [2, 3], "stride": [2, 1]}, {"padding": [1, 0, 2, 1]}, {"kernel": 1}])
@pytest.mark.parametrize(("groups", "channels"), [(4, 4), (4, 12), (2, 6)])
def test_groups_are_convolutions_side_by_side(encoding: Document, more: Document, groups: int, channels: int) -> None:
    rng = np.random.default_rng(8)
    net = topology(conv("a", channels, groups=groups, **{"kernel": 3, **more}), encoding=encoding, shape=(7, 6, 4))
    network = random_integers(net, rng)
    values = encode_images(net.input, rng.integers(0, 256, (3, 7, 6, 4), dtype=np.uint8))
    (output,) = reference.layer_outputs(network, values)
    integers, (layer,) = network.layers["a"], net.matrices
    assert integers.thresholds is not None
    for group in range(groups):
        rows = slice(group * channels // groups, (group + 1) * channels // groups)
        own = slice(group * 4 // groups, (group + 1) * 4 // groups)
        alone = IntegerLayer(integers.weight[rows], integers.thresholds[rows])
        found = plain_convolution(values.reshape(3, 7, 6, 4)[..., own], alone,
                                  layer.kernel, layer.stride, layer.padding,  # type: ignore[attr-defined]
                                  net.ifm(layer).bits == 1)
        assert np.array_equal(output[..., rows], found)


@pytest.mark.parametrize(("bits", "activation"), [(3, {"bits": 3}), (3, "none"), (1, "sign")])
@pytest.mark.parametrize(("groups", "channels"), [(4, 4), (4, 8), (2, 4)])
def test_grouped_hardware_of_every_kind(bits: int, activation: object, groups: int, channels: int) -> None:
    """All foldings keep the interval that they promise; whole ones become constants where weights can be 0."""
    layer = conv("a", channels, groups=groups, padding=1, weights=bits, activation=activation)
    net = topology(layer, pool("b", 1), shape=(6, 5, 4), encoding={"type": "integer", "bits": 3, "signed": False})
    modules, columns = set(), 9 * 4 // groups
    for fold in net.matrices[0].foldings(net.input.map):
        plan = make_plan(net, folds={"a": fold})
        first = plan.pipeline.matrices[0]
        assert first.cycles == columns // fold.simd * (channels // fold.pe)
        beats = 6 * -(-5 // fold.pixels)
        assert first.outputs[0].beats == beats * channels // fold.pe
        assert plan.cycles_per_frame >= beats * first.cycles
        modules.add(first.module)
    assert modules == {"mvtu"} | ({"mvtu_unfolded"} if bits > 1 else set())


def test_reference_pools_overlapping_windows_and_flattens_by_pixel() -> None:
    rng = np.random.default_rng(8)
    net = topology(pool("a", [2, 3], stride=[1, 2]), fc("b", 4))
    network = random_integers(net, rng)
    values = rng.integers(0, 2, (3, 7 * 6 * 2), dtype=np.int32)
    maps = values.reshape(3, 7, 6, 2)
    pooled, scores = reference.layer_outputs(network, values)
    for y, x in itertools.product(range(6), range(2)):
        assert np.array_equal(pooled[:, y, x], maps[:, y:y + 2, 2 * x:2 * x + 3].max(axis=(1, 2)))
    agree = pooled.reshape(3, 1, -1) * 2 - 1 == network.layers["b"].weight[None]
    assert np.array_equal(scores.reshape(3, -1), agree.sum(axis=2))


def test_a_batch_gives_what_single_frames_give() -> None:
    rng = np.random.default_rng(9)
    net = topology(conv("a", 6), pool("b"), fc("c", 4), shape=(32, 32, 3))
    network = random_integers(net, rng)
    values = rng.integers(0, 2, (70, 32 * 32 * 3), dtype=np.int32)
    together = reference.infer(network, values)
    assert all(np.array_equal(together[i:i + 1], reference.infer(network, values[i:i + 1])) for i in range(0, 70, 23))


def test_columns_of_whole_windows_come_by_groups_of_channels() -> None:
    weight = np.arange(2 * 24).reshape(2, 24).astype(np.int8)
    mvtu = Mvtu("a", mw=24, mh=2, simd=12, pe=1, thresholds=0, window=6)
    ordered = stream_order(IntegerLayer(weight, None), mvtu)
    for group, pixel, channel in itertools.product(range(2), range(6), range(2)):
        assert ordered[0, group * 12 + pixel * 2 + channel] == pixel * 4 + group * 2 + channel
    plain = Mvtu("a", mw=24, mh=2, simd=12, pe=1, thresholds=0)
    assert np.array_equal(stream_order(IntegerLayer(weight, None), plain), weight)


CNV_LIKE = (conv("a", 8), conv("b", 8), pool("c"), conv("d", 12), fc("e", 16, "sign"), fc("f", 10))


def test_search_meets_the_interval_with_windows() -> None:
    net = topology(*CNV_LIKE, shape=(14, 14, 3), encoding={"type": "integer", "bits": 8, "signed": True},
                   output="label")
    costs = []
    for interval in (200, 700, 3000, 20_000):
        plan = make_plan(net, fps=200e6 / interval)
        assert plan.pipeline.ideal_interval <= plan.cycles_per_frame <= interval
        assert plan.schedule.busy[plan.pipeline.bottleneck().layer] == pytest.approx(
            plan.pipeline.bottleneck().frame_cycles / plan.cycles_per_frame)
        costs.append(plan.cost.lut + BLOCK_RAM_PRICE * plan.cost.bram36)
    assert costs == sorted(costs, reverse=True)
    assert any(isinstance(ip, SwuParallel) for ip in make_plan(net, fps=1e6).pipeline.ips), (
        "nothing as fast without whole windows")


def test_latency_limit_with_windows() -> None:
    net = topology(*CNV_LIKE, shape=(14, 14, 3), output="label")
    loose = fold_network(net, Wish(4000), DEVICES["xc7z045"])
    limit = simulate_schedule(loose, frames=1).latency * 3 // 4
    tight = fold_network(net, Wish(4000, limit), DEVICES["xc7z045"])
    assert simulate_schedule(tight, frames=1).latency <= limit


def test_buffers_are_added_only_where_bursts_need_them() -> None:
    """A pool hands on a row in a burst, and the layer behind it is slower than the burst but fast enough on average."""
    net = topology(pool("a", [3, 1]), conv("b", 4, 1, stride=[2, 2]), conv("c", 4, 1, stride=[1, 3]), shape=(7, 6, 4))
    folds = {"b": Fold(simd=2, pe=1), "c": Fold(simd=2, pe=1)}
    bare = build_pipeline(net, folds)
    assert simulate_schedule(bare).interval > bare.ideal_interval
    plan = make_plan(net, folds=folds)
    assert plan.cycles_per_frame == bare.ideal_interval
    assert any(isinstance(ip, Fifo) or (isinstance(ip, Swu) and ip.depth) for ip in plan.pipeline.ips)
    assert plan.fifos().keys() >= {"b_window", "frame_flags"}
    slower = buffered(bare, 2 * bare.ideal_interval)
    assert bare.ideal_interval < slower[1].interval <= 2 * bare.ideal_interval
    assert slower[0].cost.lut < plan.cost.lut


def test_dear_buffers_keep_no_faster_pace_than_was_asked_for() -> None:
    """CNV with activations of 2 bits, at 32,768 cycles a frame: its slowest layer takes 28,800."""
    plan = make_plan(load_topology(library() / "cores" / "cnv_w1a2" / "cnv_w1a2.json"), fps=6103)
    assert plan.pipeline.ideal_interval < plan.cycles_per_frame <= 32_768
    assert plan.cost.lut <= 10_000


def test_pools_that_overlap_hold_one_result() -> None:
    """And not one for each window of a frame: all of them would be a memory as long as the frame."""
    net = topology(conv("a", 8, 3, padding=1), pool("b", 2, stride=1, padding=[0, 1, 0, 1]), conv("c", 4, 1),
                   shape=(13, 13, 3))
    layer, ifm = net.layers[1], net.ifms(1)
    window, largest = layer.stages(ifm, (2,), None)
    assert largest.parameters("net") | {"IFM_H": 13 * 13 * 4, "IFM_W": 4, "CHANNELS": 2, "PE": 2} == \
        largest.parameters("net")
    assert largest.cost.lut < 60 and window.outputs[0].beats == 13 * 13 * 4 * 4
