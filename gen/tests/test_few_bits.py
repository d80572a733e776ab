"""Networks with weights and maps of few bits: the reference is a plain model, number by number, and what is refused."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_integer import ROUNDINGS, rounded

from finn_rtl import FinnError, load
from finn_rtl.description.files import parse_topology
from finn_rtl.description.topology import Topology
from finn_rtl.driver.stream import pack_frames, unpack_results
from finn_rtl.meaning import reference
from finn_rtl.operators.activation import Activation
from finn_rtl.operators.schema import Quantizer
from finn_rtl.operators.weights import Weights
from finn_rtl.plan.plan import make_plan

Document = dict[str, Any]
Arrays = dict[str, Any]
WriteNet = Callable[[Document, Arrays], Path]
FRAMES = 2


def sign_of(value: Fraction) -> int:
    return 1 if value >= 0 else 0


class Plain:
    """What a topology and its arrays mean, by the words of docs/topology.md: loops over exact numbers.

    Maps are lists by pixel and channel, of the numbers that elements stand for; a step of each is worth something.
    """

    def __init__(self, topology: Topology, arrays: Arrays) -> None:
        self.topology, self.arrays = topology, arrays

    def array(self, name: str, key: str, default: Any = None) -> Any:
        return self.arrays.get(f"{name}.{key}", default)

    def number(self, name: str, key: str, unit: int, default: int | None = None) -> Fraction:
        """That of a unit, or of all of them."""
        return Fraction(float(np.resize(self.array(name, key, default), unit + 1)[unit]))

    def activate(self, layer: Weights | Activation, unit: int, number: int, worth: Fraction | None,
                 popcount: int) -> int:
        """A result, 0/1 for signs, of the number (or dot product) that a unit has."""
        name, quantizer = layer.name, layer.quantizer
        if (single := self.array(name, "threshold")) is not None:
            return int(popcount >= single[unit])
        if (several := self.array(name, "thresholds")) is not None:
            assert quantizer is not None
            reached = sum(number >= threshold for threshold in several[unit].tolist())
            falls = self.number(name, "falling", unit, 0)
            return quantizer.range[0] + (quantizer.levels - reached if falls else reached)
        if self.array(name, "input_scale") is not None:
            worth = self.number(name, "input_scale", unit)
        assert worth is not None
        value = number * self.number(name, "weight_scale", unit, 1) * worth + self.number(name, "bias", unit, 0)
        if self.array(name, "bn.gamma") is not None:
            gamma, beta, mean, var = (self.number(name, f"bn.{key}", unit) for key in ("gamma", "beta", "mean", "var"))
            root = Fraction(float(np.sqrt(float(var))))
            assert root * root == var, "the tests take squares, whose roots are exact"
            value = gamma * (value - mean) / root + beta
        if quantizer is None:
            return sign_of(value)
        low, high = quantizer.range
        return min(max(rounded(value / self.number(name, "scale", unit), quantizer.rounding), low), high)

    def units(self, layer: Weights, window: list[int], worth: Fraction | None, is_popcount: bool) -> list[int]:
        found = []
        for unit, row in enumerate(self.array(layer.name, "weight").reshape(layer.rows, -1).tolist()):
            dot = sum(int(w) * x for w, x in zip(row, window, strict=True))
            popcount = (dot + len(row)) // 2 if is_popcount else dot
            found.append(popcount if layer.activation == "none" else
                         self.activate(layer, unit, dot, worth, popcount))
        return found

    def run(self, values: list[int]) -> list[np.ndarray]:
        """Maps behind all layers for a frame, as reference.layer_outputs has them."""
        first = self.topology.input.map
        held = [np.array(values).reshape(first.height, first.width, first.channels)]
        worths: list[Fraction | None] = [Fraction(1)]
        for index, layer in enumerate(self.topology.layers):
            ifms = self.topology.ifms(index)
            maps = [held[source + 1] for source in self.topology.sources[index]]
            numbers = [2 * m - 1 if ifm.is_bipolar else m for m, ifm in zip(maps, ifms, strict=True)]
            read = {worths[source + 1] for source in self.topology.sources[index]}
            worth = read.pop() if len(read) == 1 else None
            held.append(self.step(layer, ifms[0], maps, numbers, worth))
            if isinstance(layer, Weights | Activation):
                if isinstance(layer, Weights) and layer.activation == "none":
                    scale = self.array(layer.name, "weight_scale", 1.0)
                    worth = None if worth is None else worth * Fraction(float(scale))
                elif layer.quantizer is None:
                    worth = Fraction(1)
                else:
                    scale = self.array(layer.name, "scale")
                    worth = None if scale is None else Fraction(float(scale))
            worths.append(worth)
        return held[1:]

    def step(self, layer: Any, ifm: Any, maps: list[np.ndarray], numbers: list[np.ndarray], worth: Fraction | None
             ) -> np.ndarray:
        number = numbers[0]
        match layer.type:
            case "add":
                return numbers[0] + numbers[1]
            case "upsample":
                return np.kron(maps[0], np.ones((*layer.scale, 1), int))
            case "activation":
                return np.array([[[self.activate(layer, c, int(x), worth, int(x)) for c, x in enumerate(pixel)]
                                  for pixel in row] for row in number.tolist()])
            case "fc":
                is_popcount = ifm.is_bipolar and layer.weights.bits == 1
                return np.array(self.units(layer, number.reshape(-1).tolist(), worth, is_popcount)).reshape(1, 1, -1)
        kernel = layer.kernel
        if layer.type == "maxpool":
            kernel, padding, stride = layer.kernel, (0, 0, 0, 0), layer.step
        else:
            padding, stride = layer.padding, layer.stride
        # The border is -1 around -1/+1 unless it is said to be 0.
        border = -1 if ifm.is_bipolar and getattr(layer, "border", None) != 0 else 0
        rows = (number.shape[0] + padding[0] + padding[1] - kernel[0]) // stride[0] + 1
        columns = (number.shape[1] + padding[2] + padding[3] - kernel[1]) // stride[1] + 1
        found = []
        for y, x in itertools.product(range(rows), range(columns)):
            window = []
            for ky, kx in itertools.product(range(kernel[0]), range(kernel[1])):
                at = y * stride[0] + ky - padding[0], x * stride[1] + kx - padding[2]
                inside = 0 <= at[0] < number.shape[0] and 0 <= at[1] < number.shape[1]
                window.append(number[at].tolist() if inside else [border] * number.shape[2])
            if layer.type == "maxpool":
                best = [max(pixel[c] for pixel in window) for c in range(number.shape[2])]
                found.append([(b + 1) // 2 for b in best] if ifm.is_bipolar else best)
                continue
            is_popcount = ifm.is_bipolar and layer.weights.bits == 1 and not (border == 0 and any(padding))
            found.append(self.units(layer, list(itertools.chain(*window)), worth, is_popcount))
        return np.array(found).reshape(rows, columns, -1)


def draw_weights(rng: np.random.Generator) -> tuple[Any, tuple[int, int]]:
    """What stands in a topology, and the range that it means."""
    found: list[tuple[Any, tuple[int, int]]] = [
        (None, (-1, 1)), ("binary", (-1, 1)), ("ternary", (-1, 1)), (2, (-2, 1)),
        ({"bits": 3, "narrow": True}, (-3, 3)),
        ({"bits": 4}, (-8, 7)), (8, (-128, 127))]
    return found[rng.integers(len(found))]


def draw_activation(rng: np.random.Generator) -> Any:
    bits = int(rng.choice([1, 2, 2, 3, 4, 8]))
    signed = bool(rng.integers(2)) and bits > 1
    found: Document = {"bits": bits, "signed": signed, "rounding": str(rng.choice(ROUNDINGS))}
    if bits > 1 and rng.random() < 0.3:
        found["narrow"] = True
    return "sign" if rng.random() < 0.25 else found


def parameters(rng: np.random.Generator, layer: Document, units: int, spread: float) -> Arrays:
    """Random parameters of an activation; `spread` is about how large its numbers are."""
    quantizer = None if layer["activation"] == "sign" else Quantizer.model_validate(layer["activation"])
    name, has_weights = layer["name"], layer["type"] != "activation"
    if rng.random() < 0.3:
        if quantizer is None:
            return {f"{name}.threshold": rng.normal(0, spread, units).round().astype(np.int64)}
        limits = np.sort(rng.normal(0, spread, (units, quantizer.levels)).round().astype(np.int64))
        found = {f"{name}.thresholds": limits, f"{name}.scale": np.float32(0.5)}
        return found | ({f"{name}.falling": rng.integers(0, 2, units)} if rng.random() < 0.5 else {})
    step = float(rng.choice([0.25, 0.5, 1.0, 0.1, 0.7]))
    found: Arrays = {f"{name}.bias": (rng.normal(0, spread / 4, units) * step).round(2)}
    if has_weights and rng.random() < 0.6:
        found[f"{name}.weight_scale"] = step if rng.random() < 0.5 else rng.choice([0.25, 0.5, 0.3], units)
    if rng.random() < 0.3:
        found[f"{name}.input_scale"] = np.float32(rng.choice([0.1, 0.5, 2])) if has_weights else \
            rng.choice([0.1, 0.5, 2], units)
    if quantizer is None or rng.random() < 0.5:
        found |= {f"{name}.bn.gamma": rng.choice([-2.0, -0.5, 0.0, 0.7, 1.0], units),
                  f"{name}.bn.beta": rng.normal(size=units).round(1),
                  f"{name}.bn.mean": rng.normal(size=units).round(1),
                  f"{name}.bn.var": rng.integers(1, 5, units).astype(np.float64)**2, f"{name}.bn.eps": 0.0}
    if quantizer is not None:
        found[f"{name}.scale"] = float(rng.choice([0.25, 0.5, 0.1, 0.3])) * max(1.0, spread / 8)
    return found


def random_net(rng: np.random.Generator) -> tuple[Document, Arrays]:
    """A chain of layers, some of them with a sum around it."""
    encoding: Document = {"type": "binary", "threshold": 9} if rng.random() < 0.3 else {
        "type": "integer", "bits": int(rng.integers(2, 5)), "signed": bool(rng.integers(2))}
    document: Document = {"name": "few", "parameters": "tiny.npz", "output": "vector",
                          "input": {"shape": [4, 4, 2], "encoding": encoding}, "layers": []}
    arrays: Arrays = {"layout": "ohwi"}
    layers = document["layers"]
    smallest = 2
    for number in range(int(rng.integers(1, 4))):
        is_flat = rng.random() < 0.2 and number > 0
        weights, (low, high) = draw_weights(rng)
        layer: Document = {"type": "fc" if is_flat else "conv", "name": f"l{number}",
                           "activation": draw_activation(rng)}
        layer |= {"weights": weights} if weights is not None else {}
        layer |= {"units": 3} if is_flat else {"channels": 3, "kernel": int(rng.integers(1, smallest + 1))}
        if not is_flat and layer["kernel"] > 1 and rng.random() < 0.7:
            layer["padding"] = [1, 0, int(rng.integers(2)), 1]
            if rng.random() < 0.5:
                layer["border"] = 0
        layers.append(layer)
        maps = parse_topology(document, "draft").maps
        ifm = maps[-2]
        columns = ifm.elements if is_flat else layer["kernel"]**2 * ifm.channels
        is_binary = low == -1 and weights in (None, "binary")
        arrays[f"l{number}.weight"] = rng.choice([-1, 1], (3, columns)) if is_binary else \
            rng.integers(low, high, (3, columns), endpoint=True)
        spread = columns**0.5 * max(-low, high) * ifm.largest / 2
        if rng.random() < 0.25 and not is_flat:
            layer["activation"] = "none"
            lone: Document = {"type": "activation", "name": f"l{number}a", "activation": draw_activation(rng)}
            layers.append({"type": "add", "name": f"l{number}s", "inputs": [f"l{number}"] * 2})
            layers.append(lone)
            if not is_binary and rng.random() < 0.5:
                arrays[f"l{number}.weight_scale"] = 0.3
            arrays |= parameters(rng, lone, 3, 2 * spread)
        else:
            arrays |= parameters(rng, layer, 3, spread)
        shape = parse_topology(document, "draft").maps[-1]
        smallest = min(shape.height, shape.width, 2)
        if smallest > 1 and rng.random() < 0.5:
            layers.append({"type": "maxpool", "name": f"l{number}p", "kernel": [1, 2], "stride": [2, 1]})
            smallest = 1
        if rng.random() < 0.2:
            layers.append({"type": "upsample", "name": f"l{number}u", "scale": [1, 2]})
    return document, arrays


@pytest.mark.parametrize("seed", range(120))
def test_reference_is_a_plain_model(write_net: WriteNet, seed: int) -> None:
    rng = np.random.default_rng([77, seed])
    document, arrays = random_net(rng)
    network = load(str(write_net(document, arrays)))
    topology = network.topology
    ifm = topology.input.map
    low, high = (0, 1) if ifm.is_bipolar else ifm.held
    values = rng.integers(low, high, (FRAMES, ifm.elements), endpoint=True, dtype=np.int32)
    outputs = reference.layer_outputs(network, values)
    plain = Plain(topology, arrays)
    for frame in range(FRAMES):
        for layer, output, expected in zip(topology.layers, outputs, plain.run(values[frame].tolist()), strict=True):
            assert np.array_equal(output[frame], expected), (layer, document)
            ofm = topology.ofm(layer)
            least, most = (0, 1) if ofm.is_bipolar else (ofm.low, ofm.high)
            assert least <= output.min() and output.max() <= most, "what a map says of its elements"
            assert ofm.is_bipolar or (ofm.held[0] <= ofm.low and ofm.high <= ofm.held[1])
    assert np.array_equal(reference.infer(network, values), outputs[-1].reshape(FRAMES, -1))


def fc(name: str, units: int = 4, activation: Any = "none", **more: Any) -> Document:
    return {"type": "fc", "name": name, "units": units, "activation": activation, **more}


def net(*layers: Document, shape: tuple[int, ...] = (4, 4, 2), bits: int = 1) -> Document:
    encoding = {"type": "binary", "threshold": 9} if bits == 1 else {"type": "integer", "bits": bits, "signed": False}
    return {"name": "few", "parameters": "tiny.npz", "output": "vector", "layers": list(layers),
            "input": {"shape": shape, "encoding": encoding}}


def test_a_border_of_zeros_is_neither_bit(write_net: WriteNet) -> None:
    """A window of a single pixel and its border: -1 around, or nothing."""
    def found(**more: Any) -> list[int]:
        layer = {"type": "conv", "name": "a", "channels": 1, "kernel": 3, "padding": 1, "activation": "none", **more}
        path = write_net(net(layer, shape=(1, 1)), {"a.weight": np.ones((1, 9), np.int8)})
        return reference.infer(load(str(path)), np.array([[1], [0]], np.int32)).reshape(-1).tolist()
    assert found() == found(border=-1) == [1, 0], "popcounts of one +1 or none among nine"
    assert found(border=0) == [1, -1], "sums of a single +1 or -1"
    assert found(weights=2) == [1 - 8, -1 - 8]
    assert found(weights=2, border=0) == [1, -1]


def test_steps_of_inputs_come_from_the_layers_in_front(write_net: WriteNet) -> None:
    """Through pools; a layer may say otherwise; what nothing says must be said."""
    document = net({"type": "conv", "name": "a", "channels": 1, "kernel": 1, "activation": {"bits": 3}, "weights": 2},
                   {"type": "maxpool", "name": "p", "kernel": 2}, {"type": "upsample", "name": "u", "scale": 2},
                   fc("b", 1, {"bits": 8}, weights=2), shape=(2, 2), bits=3)
    arrays: Arrays = {"a.weight": [[1]], "a.scale": 0.25, "b.weight": [[1, 0, 0, 0]], "b.scale": 0.125}
    values = np.arange(4, dtype=np.int32)[None]

    def found(**more: Any) -> int:
        path = write_net(document, {key: np.array(value) for key, value in (arrays | more).items()})
        return int(reference.infer(load(str(path)), values)[0, 0])
    # 3 / 0.25 = 12, at most 7; 7 * 0.25 / 0.125 = 14.
    assert found() == 14
    assert found(**{"b.input_scale": 1.0}) == 56
    assert found(**{"a.input_scale": 0.0625}) == 2, "3 * 0.0625 / 0.25 is 1, of which each step is worth 2"
    del arrays["a.scale"]
    arrays["a.thresholds"] = [[1, 2, 3, 4, 5, 6, 7]]
    with pytest.raises(FinnError, match=r"tiny.npz: layer 'b': key 'b.input_scale': is missing"):
        found()
    assert found(**{"a.scale": 0.5}) == 12 and found(**{"b.input_scale": 0.125}) == 3


def test_sums_of_unequal_steps_have_none(write_net: WriteNet) -> None:
    def conv(name: str, **more: Any) -> Document:
        return {"type": "conv", "name": name, "channels": 1, "kernel": 1, "weights": 2, "activation": {"bits": 2},
                **more}
    document = net(conv("a", inputs=["input"]), conv("b", inputs=["input"]),
                   {"type": "add", "name": "s", "inputs": ["a", "b"]},
                   {"type": "activation", "name": "t", "activation": {"bits": 2}}, fc("z", weights=2), shape=(1, 1),
                   bits=2)
    arrays: Arrays = {"a.weight": np.ones((1, 1)), "b.weight": np.ones((1, 1)), "a.scale": 0.5, "b.scale": 0.5,
                      "t.scale": 2.0, "z.weight": np.ones((4, 1))}
    layer = load(str(write_net(document, arrays))).layers["t"]
    # A sum of x is x / 4 steps: 2/4 becomes 0, 3/4 becomes 1, 6/4 becomes 2; no sum is more than 10/4, as 3 needs.
    assert layer.thresholds is not None and layer.thresholds.tolist() == [[3, 6, 7]]
    with pytest.raises(FinnError, match=r"layer 't': key 't.input_scale': is missing.* disagree"):
        load(str(write_net(document, arrays | {"b.scale": 0.25})))


@pytest.mark.parametrize(("bits", "signed", "narrow", "low", "high"), [
    (1, False, False, 0, 1), (2, False, False, 0, 3), (2, False, True, 0, 2), (2, True, False, -2, 1),
    (2, True, True, -1, 1), (8, False, False, 0, 255), (8, False, True, 0, 254), (8, True, False, -128, 127),
    (8, True, True, -127, 127)])
def test_levels_are_those_that_the_bits_hold(bits: int, signed: bool, narrow: bool, low: int, high: int) -> None:
    """And sums of them take as many bits as the numbers of the map need."""
    activation = {"bits": bits, "signed": signed, "narrow": narrow}
    conv = {"type": "conv", "name": "a", "channels": 2, "kernel": 1, "activation": activation}
    topology = parse_topology(net(conv, {"type": "add", "name": "s", "inputs": ["a", "a"]}, fc("z")), "net")
    quantizer = topology.matrices[0].quantizer
    assert quantizer is not None and quantizer.range == (low, high) and quantizer.levels == high - low
    ofm = topology.map_behind(0)
    assert (ofm.bits, ofm.signed, ofm.unipolar) == (bits, signed, bits == 1) and not ofm.is_bipolar
    assert (ofm.low, ofm.high) == (low, high) and ofm.held == ((-high - 1, high) if signed else (0, (1 << bits) - 1))
    sums = topology.map_behind(1)
    assert (sums.low, sums.high, sums.bits, sums.signed) == (2 * low, 2 * high, bits + 1, signed)


def test_labels_compare_sums_that_are_worth_the_same(write_net: WriteNet) -> None:
    document = net(fc("a", 3, weights=4), shape=(4,)) | {"output": "label"}
    arrays: Arrays = {"a.weight": np.ones((3, 4)), "a.weight_scale": np.array([0.5, 0.5, 0.25])}
    with pytest.raises(FinnError, match=r"'a.weight_scale': value 0.25 at position 2, but 0.5 at position 0: output"):
        load(str(write_net(document, arrays)))
    load(str(write_net(document | {"output": "vector"}, arrays)))
    load(str(write_net(document, arrays | {"a.weight_scale": 0.5})))


@pytest.mark.parametrize(("document", "what"), [
    (net(fc("a", weights=8), shape=(128,), bits=16), "128 inputs of 16 bits times weights of 8")])
def test_what_has_no_hardware_is_refused_when_it_is_planned(document: Document, what: str) -> None:
    with pytest.raises(FinnError, match=f"layer 'a': no hardware is there for {what}"):
        make_plan(parse_topology(document, "net"))


@pytest.mark.parametrize(("document", "message"), [
    (net(fc("a", weights=8), shape=(1 << 22,), bits=4),
     "4194304 inputs of 4 bits times weights of 8 bits come to sums"),
    (net(fc("a", weights=8), shape=(2796203,), bits=2),
     "2796203 inputs of 2 bits times weights of 8 bits come to sums of 32 bits: at most 31 are supported"),
    (net(fc("a", weights=2), shape=(1 << 24,), bits=6), "16777216 inputs of 6 bits: must be fewer than 16777216")])
def test_sums_that_no_accumulator_holds_are_refused(document: Document, message: str) -> None:
    with pytest.raises(FinnError, match=f"^net: .*layer 'a': {message}"):
        parse_topology(document, "net")


def test_the_widest_sums_are_taken() -> None:
    """-128 * 3 * 2796202 is just above -2^30; twice that is a sum that nothing holds."""
    wide = fc("a", 1, weights=8)
    ofm = parse_topology(net(wide, shape=(2796202,), bits=2), "net").maps[-1]
    assert (ofm.bits, ofm.signed, ofm.low) == (31, True, -128 * 3 * 2796202)
    twice = {"type": "add", "name": "b", "inputs": ["a", "a"]}
    with pytest.raises(FinnError, match="layer 'b': sums of 32 bits: at most 31 are supported"):
        parse_topology(net(wide, twice, shape=(2796202,), bits=2), "net")


def test_maps_of_few_bits_are_packed_and_unpacked() -> None:
    """Results as a vector: bits of an element side by side, two's complement where there are negative ones."""
    rng = np.random.default_rng(3)
    for bits, signed in ((1, False), (2, False), (3, True), (8, True), (8, False)):
        low = -(1 << bits - 1) if signed else 0
        values = rng.integers(low, low + (1 << bits), (5, 12), dtype=np.int32)
        beats = pack_frames(values, bits, 4 * bits)
        assert np.array_equal(unpack_results(beats, 4, bits, signed), values)


def test_shorthands_mean_the_same() -> None:
    def kind(weights: Any) -> tuple[int, bool]:
        layer = parse_topology(net(fc("a", weights=weights)), "net").matrices[0]
        return layer.weights.bits, layer.weights.narrow
    assert kind("binary") == kind(1) == kind({"bits": 1}) == (1, False)
    assert kind("ternary") == kind({"bits": 2, "narrow": True}) == (2, True)
    assert prod(kind(3)) == 0 and kind(3) == kind({"bits": 3})
