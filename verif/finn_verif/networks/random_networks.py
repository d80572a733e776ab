# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Networks with random layers, shapes, weights, thresholds and foldings, small enough to simulate."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import gcd, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finn_rtl import Fold
from finn_rtl.common.integers import Elements, IntegerLayer, Sums
from finn_rtl.common.numbers import divisors
from finn_rtl.description.files import parse_topology
from finn_rtl.description.topology import Topology
from finn_rtl.ips.arithmetic import fits_serial
from finn_rtl.ips.multiplied import can_multiply
from finn_rtl.meaning.integer import Network
from finn_rtl.operators.activation import Activation
from finn_rtl.operators.conv import Convolution
from finn_rtl.operators.weights import Weights
from finn_rtl.plan.network import build_pipeline
from finn_rtl.plan.plan import Plan, make_plan
from finn_rtl.plan.streams import bytes_a_frame

# A frame of a network takes at most so many cycles.
MOST_CYCLES = 1500
MOST_LAYERS = 5
# Share of the networks that have branches, where their maps allow for it.
BRANCHED = 0.5
# Share of the branches whose ends are joined side by side, where their channels may change.
JOINED = 0.4
# Share of the sums in which numbers count several times.
SCALED = 0.4
# Share of the networks that have weights and maps of few bits.
FEW_BITS = 0.6
# Share of the networks that are planned for a fast clock.
FAST = 0.3
# Share of the scores that have a bias.
BIASED = 0.4
# Share of the convolutions that can be in groups, and are.
APART = 0.5
# Share of the chains in which a map's channels become pixels.
SPREAD = 0.3
# Share of the labels that several are told of.
RANKED = 0.3
# Share of the borders that are another number.
BORDERED = 0.5
# Share of the layers of which is said where their products are, where DSPs take them.
MULTIPLIED = 0.7
# Products a cycle of such a layer: what the DSPs of a device take for all layers of a network.
MOST_MULTIPLIED = 128
# Share of the other layers that multiply bit by bit, where that takes at most so many cycles a frame.
SERIAL = 0.4
MOST_SERIAL_CYCLES = 3000
# Share of their layers with weights whose levels are made by requant.
REQUANTIZED = 0.4
# Share of the layers whose weights come from DRAM, where they can.
STREAMED = 0.5
# Share of the layers that take several pixels a beat, where they are unfolded convolutions.
SIDE_BY_SIDE = 0.6


def _encoding(rng: np.random.Generator) -> dict[str, Any]:
    match rng.integers(4):
        case 0:
            return {"type": "binary", "threshold": 1}
        case 1:
            return {"type": "thermometer", "thresholds": [10, 20, 30][: rng.integers(1, 4)]}
        case _:
            return {"type": "integer", "bits": int(rng.integers(2, 11)), "signed": bool(rng.integers(2))}


def _window(rng: np.random.Generator, height: int, width: int) -> tuple[list[int], list[int], list[int]]:
    """Kernel, stride and padding that fit a map; with a certain chance a pixel, or the whole map."""
    kind = rng.random()
    if kind < 0.15:
        kernel = [1, 1]
    elif kind < 0.3:
        kernel = [height, width]
    else:
        kernel = [int(rng.integers(1, min(size, 4) + 1)) for size in (height, width)]
    stride = [int(rng.choice([1, 1, 2, 3])) for _ in range(2)]
    padding = [0] * 4
    if rng.random() < 0.5:
        padding = [int(rng.integers(0, kernel[axis // 2])) for axis in range(4)]
    return kernel, stride, padding


def _quantizer(rng: np.random.Generator, least_bits: int) -> dict[str, Any]:
    """An activation of some levels."""
    bits = int(rng.integers(least_bits, 5))
    found: dict[str, Any] = {"bits": bits}
    if bits > 1:
        found |= {"signed": bool(rng.integers(2)), "narrow": bool(rng.integers(4) == 0)}
    return found


def _few_bits(rng: np.random.Generator, layers: list[dict[str, Any]]) -> None:
    """Give some of the layers weights and activations of few bits."""
    for layer in layers:
        if layer["type"] in ("fc", "conv") and rng.random() < 0.5:
            bits = int(rng.choice([2, 2, 3, 4, 8]))
            layer["weights"] = {"bits": bits, "narrow": bool(rng.integers(2))}
        if layer.get("activation") == "sign" and rng.random() < 0.6:
            layer["activation"] = _quantizer(rng, 1)


def _requantized(rng: np.random.Generator, layers: list[dict[str, Any]]) -> None:
    """Let some of the layers with weights have their levels made by requant."""
    for layer in layers:
        activation = layer.get("activation")
        if layer["type"] in ("fc", "conv") and isinstance(activation, dict) and rng.random() < REQUANTIZED:
            layer["activation"] = {**activation, "hardware": "requant"}


def _layers(rng: np.random.Generator, height: int, width: int, is_label: bool) -> list[dict[str, Any]]:
    layers: list[dict[str, Any]] = []
    is_flat = height * width == 1
    for number in range(int(rng.integers(0, MOST_LAYERS))):
        kind = str(rng.choice(["conv", "conv", "maxpool", "fc", "sumpool"]))
        if is_flat or kind == "fc":
            layers.append({"type": "fc", "name": f"l{number}", "units": int(rng.choice([4, 6, 9, 12])),
                           "activation": "sign"})
            is_flat, height, width = True, 1, 1
            continue
        kernel, stride, padding = _window(rng, height, width)
        layer: dict[str, Any] = {"type": kind, "name": f"l{number}", "kernel": kernel}
        if kind == "conv":
            layer |= {"channels": int(rng.choice([2, 3, 4, 6, 8])), "stride": stride, "padding": padding,
                      "activation": "sign"}
        elif rng.random() < 0.5:
            layer["stride"] = stride
            # Around -1/+1 sums can have no 0.
            if kind == "maxpool" and rng.random() < 0.5:
                layer["padding"] = padding
            else:
                padding = [0] * 4
        else:
            stride, padding = kernel, [0] * 4
        height = (height + sum(padding[:2]) - kernel[0]) // stride[0] + 1
        width = (width + sum(padding[2:]) - kernel[1]) // stride[1] + 1
        layers.append(layer)
        if kind == "sumpool":
            layers.append({"type": "activation", "name": f"l{number}t", "activation": "sign"})
    has_weights = any(layer["type"] in ("conv", "fc") for layer in layers)
    if is_label or rng.random() < 0.6 or not has_weights:
        kind = "none" if is_label or rng.random() < 0.6 else "sign"
        if is_label or rng.random() < 0.5:
            layers.append({"type": "fc", "name": "last", "units": int(rng.choice([2, 4, 6, 10])), "activation": kind})
        else:
            kernel, stride, padding = _window(rng, height, width)
            layers.append({"type": "conv", "name": "last", "channels": int(rng.choice([1, 2, 4])), "kernel": kernel,
                           "stride": stride, "padding": padding, "activation": kind})
    return layers


def _branched(rng: np.random.Generator, layers: list[dict[str, Any]], source: dict[str, Any]) -> list[dict[str, Any]]:
    """The layers with branches around some of them, or behind them, whose two ends are added, or joined."""
    document = {"name": "draft", "parameters": "none.npz", "output": "vector", "layers": layers, "input": source}
    maps = parse_topology(document, "draft").maps
    found: list[dict[str, Any]] = []
    before = "input"
    # What there is of each shape.
    shaped: dict[tuple[int, int, int], list[str]] = {}
    is_joined = False
    for layer, ifm, ofm, behind in zip(layers, maps[:-1], maps[1:], [*layers[1:], {"type": ""}], strict=True):
        found.append(layer)
        name = layer["name"]
        # Of sums an activation follows.
        if layer is not layers[-1] and layer["type"] != "sumpool" and ofm.pixels > 1 and rng.random() < 0.5:
            shape = (ofm.height, ofm.width, ofm.channels)
            if not is_joined:
                shaped.setdefault((ifm.height, ifm.width, ifm.channels), []).append(before)
            others = shaped.setdefault(shape, [])
            is_joined = behind["type"] in ("conv", "fc") and rng.random() < JOINED
            if others and rng.random() < 0.7:
                other = str(rng.choice(others))
            else:
                # Behind the layer: something of the same shape, which takes longer.
                other = f"{name}b"
                found.append({"type": "conv", "name": other, "kernel": 1,
                              "channels": ofm.channels + int(is_joined), "activation": "sign"})
                if ofm.height % 2 == ofm.width % 2 == 0 and rng.random() < 0.5:
                    other = f"{name}d"
                    found += [{"type": "maxpool", "name": f"{name}c", "kernel": 2},
                              {"type": "upsample", "name": other, "scale": 2}]
            activation = _quantizer(rng, 1) if rng.random() < FEW_BITS / 2 else "sign"
            ends = [name, other] if rng.random() < 0.5 else [other, name]
            if is_joined:
                found.append({"type": "concat", "name": f"{name}e", "inputs": ends})
                name = f"{name}e"
            else:
                scale = {"scale": rng.integers(1, 12, 2).tolist()} if rng.random() < SCALED else {}
                found += [{"type": "add", "name": f"{name}e", "inputs": ends, **scale},
                          {"type": "activation", "name": f"{name}f", "activation": activation}]
                name = f"{name}f"
        else:
            is_joined = False
        before = name
    return found


def _borders(rng: np.random.Generator, layers: list[dict[str, Any]], source: dict[str, Any]) -> None:
    """Give some of the borders another number: around -1/+1 a true 0."""
    document = {"name": "draft", "parameters": "none.npz", "output": "vector", "layers": layers, "input": source}
    topology = parse_topology(document, "draft")
    for index, layer in enumerate(layers):
        ifm = topology.ifms(index)[0]
        if layer["type"] == "conv" and any(layer.get("padding", ())) and rng.random() < BORDERED:
            layer["border"] = 0 if ifm.is_bipolar else int(rng.integers(*ifm.held, endpoint=True))


def _spread(rng: np.random.Generator, layers: list[dict[str, Any]]) -> None:
    """Make pixels of a map's channels, in some chains where there are two or more of them."""
    places = [place for place, layer in enumerate(layers[:-1])
              if layer["type"] == "conv" and layer["channels"] % 2 == 0]
    if places and rng.random() < SPREAD:
        place = int(rng.choice(places))
        layers.insert(place + 1, {
            "type": "depth_to_space", "name": f"{layers[place]['name']}s",
            "scale": [[1, 2], [2, 1]][int(rng.integers(2))], "order": str(rng.choice(["blocks", "interleaved"]))})


def _apart(rng: np.random.Generator, layers: list[dict[str, Any]], source: dict[str, Any]) -> None:
    """Make grouped convolutions of some of those that can be, with a channel or more in a group."""
    document = {"name": "draft", "parameters": "none.npz", "output": "vector", "input": source, "layers": layers}
    topology = parse_topology(document, "draft")
    for index, layer in enumerate(layers):
        groups = divisors(gcd(layer["channels"], topology.ifms(index)[0].channels)) if layer["type"] == "conv" else []
        if len(groups) > 1 and rng.random() < APART:
            layer["groups"] = int(rng.choice(groups[1:]))


def _fold(rng: np.random.Generator, topology: Topology, layer: Weights) -> Fold:
    ifm = topology.ifm(layer)
    inputs = layer.columns(ifm)
    if layer.row_groups > 1:
        folds = list(layer.foldings(ifm))
        return folds[int(rng.integers(len(folds)))]
    if rng.random() < 0.2:
        # Unfolded.
        return Fold(simd=inputs, pe=layer.rows, window=bool(layer.window_channels(ifm, inputs)))
    simd = int(rng.choice(divisors(inputs)))
    is_window = bool(layer.window_channels(ifm, simd)) and rng.random() < 0.6
    return Fold(simd=simd, pe=int(rng.choice(divisors(layer.rows))), window=is_window)


def _labels(rng: np.random.Generator, last: dict[str, Any]) -> int:
    """How many labels are told of the scores of a layer."""
    return int(rng.integers(2, last["units"] + 1)) if rng.random() < RANKED else 1


def _multiply(rng: np.random.Generator, topology: Topology, document: dict[str, Any], folds: dict[str, Fold]) -> None:
    """Say of some of the layers where their products are, in DSPs where these take them."""
    for layer in topology.matrices:
        ifm, fold = topology.ifm(layer), folds[layer.name]
        kind = layer.operands(ifm)
        is_small = fold.simd * fold.pe <= MOST_MULTIPLIED
        groups = layer.row_groups
        is_shared = is_small and (groups == 1 or (groups < layer.rows and fold.pe * groups <= layer.rows))
        if rng.random() < MULTIPLIED and is_shared and can_multiply(kind, fold.simd, fold.pe):
            draft = next(draft for draft in document["layers"] if draft["name"] == layer.name)
            draft["arithmetic"] = "dsp" if rng.random() < 0.8 else "lut"


def _serialize(rng: np.random.Generator, topology: Topology, document: dict[str, Any], folds: dict[str, Fold]) -> None:
    """Say of some of the others that their products are computed bit by bit, as long as that takes few cycles."""
    for layer in topology.matrices:
        ifm, fold = topology.ifm(layer), folds[layer.name]
        draft = next(draft for draft in document["layers"] if draft["name"] == layer.name)
        cycles = layer.columns(ifm) // fold.simd * (layer.rows // fold.pe) * topology.ofm(layer).pixels
        is_short = cycles * ifm.bits * layer.weights.bits <= MOST_SERIAL_CYCLES and layer.row_groups == 1
        if rng.random() < SERIAL and is_short and "arithmetic" not in draft and fits_serial(layer.operands(ifm)):
            draft["arithmetic"] = "serial"


def _thresholds(rng: np.random.Generator, sums: Sums, middle: float, spread: float,
                count: tuple[int, int]) -> NDArray[np.int64]:
    """Around the middle, with some that always or never fire: (units, levels), ascending."""
    drawn = rng.normal(middle, spread, count).round().astype(np.int64)
    thresholds = np.clip(drawn, sums.low, sums.high + 1)
    thresholds[rng.random(count) < 0.05] = sums.high + 1
    thresholds[rng.random(count) < 0.05] = sums.low
    return np.sort(thresholds, axis=1)


def _line(rng: np.random.Generator, sums: Sums, middle: float, spread: float,
          count: tuple[int, int]) -> NDArray[np.int64]:
    """Thresholds around the middle at which (x * scale + offset) >> shift grows: (units, levels)."""
    rows = []
    for _ in range(count[0]):
        scale = int(rng.integers(64, 1024))
        shift = max(0, round(np.log2(scale * 3 * spread / count[1])))
        offset = (count[1] << shift) // 2 - int(scale * rng.normal(middle, spread / 2))
        rows.append([-((offset - (level << shift)) // scale) for level in range(1, count[1] + 1)])
    return np.clip(np.array(rows), sums.low, sums.high + 1)


def _integers(rng: np.random.Generator, topology: Topology, layer: Weights | Activation) -> IntegerLayer:
    ifm, quantizer = topology.ifm(layer), layer.quantizer
    levels, lowest = (1, 0) if quantizer is None else (quantizer.levels, quantizer.range[0])
    units = ifm.channels if isinstance(layer, Activation) else layer.rows
    # Rows of weights -1/+1 are negated instead.
    can_fall = quantizer is not None and not (isinstance(layer, Weights) and layer.weights.bits == 1)
    falling = rng.random(units) < (0.2 if can_fall else 0.0)
    if isinstance(layer, Activation):
        sums: Sums = Elements(ifm)
        drawn = _thresholds(rng, sums, (sums.low + sums.high) / 2, (sums.high - sums.low) / 4, (units, levels))
        if levels == 1:
            drawn = np.minimum(drawn, ifm.held[1])
        return IntegerLayer(np.zeros((units, 0), np.int8), drawn, falling, lowest)
    inputs = layer.columns(ifm)
    sums = layer.sums(ifm)
    thresholds = None
    if layer.activation != "none":
        spread = (sums.high - sums.low) / 2 / inputs**0.5 if not sums.is_popcount else inputs**0.5
        draw = _line if quantizer is not None and quantizer.hardware == "requant" else _thresholds
        thresholds = draw(rng, sums, (sums.low + sums.high) / 2, spread, (units, levels))
    if layer.weights.bits == 1:
        weight = rng.integers(0, 2, (units, inputs)) * 2 - 1
    else:
        weight = rng.integers(*layer.weights.range, (units, inputs), endpoint=True)
    bias = None
    if layer.bias is not None:
        # Both ends, and what lies near 0.
        half = 1 << layer.bias - 1
        bias = np.clip(rng.normal(0, half, layer.rows).round().astype(np.int64), -half, half - 1)
    return IntegerLayer(weight.astype(np.int8), thresholds, falling, lowest, bias)


def _pixels(rng: np.random.Generator, topology: Topology, folds: dict[str, Fold]) -> dict[str, int]:
    """Pixels a beat of some of the layers that take several."""
    found = {}
    for layer in topology.matrices:
        ifm, fold = topology.ifm(layer), folds[layer.name]
        if isinstance(layer, Convolution):
            step = layer.stride[1]
            counts = [pixels for pixels in range(step, ifm.width + 1, step) if pixels > 1]
            if counts and rng.random() < SIDE_BY_SIDE:
                pixels = int(rng.choice(counts))
                try:
                    layer.check_fold(fold.model_copy(update={"pixels": pixels}), ifm)
                except ValueError:
                    continue
                found[layer.name] = pixels
    return found


def _reuse(rng: np.random.Generator, topology: Topology, folds: dict[str, Fold], pixels: dict[str, int]
           ) -> tuple[dict[str, int], float | None]:
    """Vectors for each word of the weights that come from DRAM, and what this gives: enough, about, or too little."""
    found = {}
    for layer in topology.matrices:
        ifm, fold = topology.ifm(layer), folds[layer.name]
        can = layer.why_on_chip(ifm) is None and fold.pe < layer.rows and layer.name not in pixels
        if rng.random() < STREAMED and can:
            choices = divisors(topology.ofm(layer).pixels)
            found[layer.name] = int(rng.choice(choices[len(choices) > 1:]))
    if not found:
        return {}, None
    streamed = {name: fold.model_copy(update={"reuse": found.get(name, 0)}) for name, fold in folds.items()}
    pipeline = build_pipeline(topology, streamed)
    needed = bytes_a_frame(pipeline.streamed) / pipeline.ideal_interval
    return found, 200e6 * float(needed) * 2 ** rng.uniform(-1, 3)


@dataclass(frozen=True)
class Case:
    """All that a random network is made of, as plain data: what a campaign writes down, shrinks and replays."""

    #: A topology, as in a topology file.
    document: dict[str, Any]
    #: SIMD, PE and whether windows come whole, of each layer with weights.
    folds: dict[str, tuple[int, int, bool]]
    input_width: int | None
    #: Of weights and thresholds.
    seed: tuple[int, ...]
    #: That of the plan, which chooses registers by it.
    clock_mhz: float = 200.0
    #: Pixels a beat of layers that take several.
    pixels: dict[str, int] = field(default_factory=dict)
    #: Vectors that each word of weights is used for, of layers whose weights come from DRAM.
    reuse: dict[str, int] = field(default_factory=dict)
    #: Bytes a second that this gives.
    dram: float | None = None

    def build(self) -> tuple[Network, Plan]:
        """The network and its plan.

        Raises:
            FinnError: they do not fit each other, or a layer.
        """
        topology = parse_topology(self.document, f"random network {self.document['name']}")
        rng = np.random.default_rng(self.seed)
        folds = {name: Fold(simd=simd, pe=pe, window=window, pixels=self.pixels.get(name, 1),
                            reuse=self.reuse.get(name, 0))
                 for name, (simd, pe, window) in self.folds.items()}
        integers = {layer.name: _integers(rng, topology, layer) for layer in topology.layers
                    if isinstance(layer, Weights | Activation)}
        plan = make_plan(topology, clock_mhz=self.clock_mhz, folds=folds, input_width=self.input_width, layers=integers,
                         dram=self.dram)
        return Network(topology, integers), plan


def random_case(seed: int, number: int) -> Case:
    """Everything drawn from the seed and the number; drawn again where a frame would take too long."""
    rng = np.random.default_rng([seed, number])
    while True:
        height, width = (int(n) for n in rng.integers(1, 9, 2))
        channels = int(rng.choice([1, 2, 3, 4]))
        output = str(rng.choice(["label", "vector"]))
        source = {"shape": [height, width, channels], "encoding": _encoding(rng)}
        layers = _layers(rng, height, width, output == "label")
        is_branched = rng.random() < BRANCHED
        if rng.random() < FEW_BITS:
            _few_bits(rng, layers)
        if layers[-1].get("activation") == "none" and rng.random() < BIASED:
            layers[-1]["bias"] = int(rng.integers(1, 9))
        if is_branched:
            layers = _branched(rng, layers, source)
        else:
            _spread(np.random.default_rng([seed, number, len(layers), 5]), layers)
        _borders(rng, layers, source)
        _requantized(np.random.default_rng([seed, number, len(layers)]), layers)
        _apart(np.random.default_rng([seed, number, len(layers), 4]), layers, source)
        document: dict[str, Any] = {"name": f"random{number}", "parameters": "none.npz", "output": output,
                                    "input": source, "layers": layers}
        if output == "label":
            document["labels"] = _labels(np.random.default_rng([seed, number, 3]), layers[-1])
        topology = parse_topology(document, f"random network {number}, seed {seed}")
        if sum(prod((m.height, m.width, m.channels)) for m in topology.maps) > MOST_CYCLES:
            continue
        folds = {layer.name: _fold(rng, topology, layer) for layer in topology.matrices}
        bits = topology.input.map.frame_bits
        input_width = int(rng.integers(1, min(bits, 40) + 1)) if rng.random() < 0.5 else None
        if build_pipeline(topology, folds, input_width).ideal_interval > MOST_CYCLES:
            continue
        # Drawn by themselves, so that all else of a case is what it was without them.
        _multiply(np.random.default_rng([seed, number, 2]), topology, document, folds)
        _serialize(np.random.default_rng([seed, number, 3]), topology, document, folds)
        plain = {name: (fold.simd, fold.pe, fold.window) for name, fold in folds.items()}
        clock = 250.0 if np.random.default_rng([seed, number, 4]).random() < FAST else 200.0
        # Here layers say what the products that were drawn have against several pixels.
        drawn = parse_topology(document, "draft")
        pixels = _pixels(np.random.default_rng([seed, number, 6]), drawn, folds)
        reuse, dram = _reuse(np.random.default_rng([seed, number, 7]), drawn, folds, pixels)
        return Case(document, plain, input_width, (seed, number, 1), clock, pixels, reuse, dram)


def random_network(seed: int, number: int) -> tuple[Network, Plan]:
    """The network of a random case, and its plan."""
    return random_case(seed, number).build()
