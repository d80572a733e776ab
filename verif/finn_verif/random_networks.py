# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Networks with random layers, shapes, weights, thresholds and foldings, small enough to simulate."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from finn_rtl import Fold
from finn_rtl.integer import Accumulator, IntegerLayer, Network
from finn_rtl.pipeline import build_pipeline, divisors
from finn_rtl.plan import Plan, make_plan
from finn_rtl.topology import Matrix, Topology, parse_topology, window_channels

# A frame of a network takes at most so many cycles.
MOST_CYCLES = 1500
MOST_LAYERS = 5


def _encoding(rng: np.random.Generator) -> dict[str, Any]:
    match rng.integers(4):
        case 0:
            return {"type": "binary", "threshold": 1}
        case 1:
            return {"type": "thermometer", "thresholds": [10, 20, 30][: rng.integers(1, 4)]}
        case _:
            return {"type": "integer", "bits": int(rng.integers(2, 9)), "signed": bool(rng.integers(2))}


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


def _layers(rng: np.random.Generator, height: int, width: int, is_label: bool) -> list[dict[str, Any]]:
    layers: list[dict[str, Any]] = []
    is_flat = height * width == 1
    for number in range(int(rng.integers(0, MOST_LAYERS))):
        kind = rng.choice(["conv", "conv", "maxpool", "fc"])
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
            layer["stride"], padding = stride, [0] * 4
        else:
            stride, padding = kernel, [0] * 4
        height = (height + sum(padding[:2]) - kernel[0]) // stride[0] + 1
        width = (width + sum(padding[2:]) - kernel[1]) // stride[1] + 1
        layers.append(layer)
    if is_label or rng.random() < 0.6 or not any(layer["type"] != "maxpool" for layer in layers):
        kind = "none" if is_label or rng.random() < 0.6 else "sign"
        if is_label or rng.random() < 0.5:
            layers.append({"type": "fc", "name": "last", "units": int(rng.choice([2, 4, 6, 10])), "activation": kind})
        else:
            kernel, stride, padding = _window(rng, height, width)
            layers.append({"type": "conv", "name": "last", "channels": int(rng.choice([1, 2, 4])), "kernel": kernel,
                           "stride": stride, "padding": padding, "activation": kind})
    return layers


def _fold(rng: np.random.Generator, topology: Topology, layer: Matrix) -> Fold:
    inputs = topology.inputs(layer)
    if rng.random() < 0.2:
        # Unfolded.
        return Fold(simd=inputs, pe=layer.units, window=bool(window_channels(topology, layer, inputs)))
    simd = int(rng.choice(divisors(inputs)))
    is_window = bool(window_channels(topology, layer, simd)) and rng.random() < 0.6
    return Fold(simd=simd, pe=int(rng.choice(divisors(layer.units))), window=is_window)


def _integers(rng: np.random.Generator, topology: Topology, layer: Matrix) -> IntegerLayer:
    inputs, ifm = topology.inputs(layer), topology.ifm(layer)
    sums = Accumulator(inputs, ifm)
    threshold = None
    if layer.activation == "sign":
        # Around the middle, with some that always or never fire.
        spread = inputs**0.5 * (ifm.largest if ifm.bits > 1 else 1)
        drawn = rng.normal((sums.low + sums.high) / 2, spread, layer.units).round().astype(np.int64)
        threshold = np.clip(drawn, sums.low, sums.high + 1)
        threshold[rng.random(layer.units) < 0.05] = sums.high + 1
        threshold[rng.random(layer.units) < 0.05] = sums.low
    return IntegerLayer(rng.integers(0, 2, (layer.units, inputs), dtype=np.uint8), threshold)


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

    def build(self) -> tuple[Network, Plan]:
        """The network and its plan.

        Raises:
            FinnError: they do not fit each other, or a layer.
        """
        topology = parse_topology(self.document, f"random network {self.document['name']}")
        rng = np.random.default_rng(self.seed)
        folds = {name: Fold(simd=simd, pe=pe, window=window) for name, (simd, pe, window) in self.folds.items()}
        plan = make_plan(topology, folds=folds, input_width=self.input_width)
        return Network(topology, tuple(_integers(rng, topology, layer) for layer in topology.matrices)), plan


def random_case(seed: int, number: int) -> Case:
    """Everything drawn from the seed and the number; drawn again where a frame would take too long."""
    rng = np.random.default_rng([seed, number])
    while True:
        height, width = (int(n) for n in rng.integers(1, 9, 2))
        channels = int(rng.choice([1, 2, 3, 4]))
        output = str(rng.choice(["label", "vector"]))
        document = {
            "name": f"random{number}", "parameters": "none.npz", "output": output,
            "input": {"shape": [height, width, channels], "encoding": _encoding(rng)},
            "layers": _layers(rng, height, width, output == "label")}
        topology = parse_topology(document, f"random network {number}, seed {seed}")
        if sum(prod((m.height, m.width, m.channels)) for m in topology.maps) > MOST_CYCLES:
            continue
        folds = {layer.name: _fold(rng, topology, layer) for layer in topology.matrices}
        bits = topology.input.map.frame_bits
        input_width = int(rng.integers(1, min(bits, 40) + 1)) if rng.random() < 0.5 else None
        if build_pipeline(topology, folds, input_width).ideal_interval > MOST_CYCLES:
            continue
        plain = {name: (fold.simd, fold.pe, fold.window) for name, fold in folds.items()}
        return Case(document, plain, input_width, (seed, number, 1))


def random_network(seed: int, number: int) -> tuple[Network, Plan]:
    """The network of a random case, and its plan."""
    return random_case(seed, number).build()
