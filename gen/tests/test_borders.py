"""Borders of true zeros in hardware: what accumulators start from against plain convolutions, and what it costs."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.description.files import parse_topology
from finn_rtl.ips.border import Border, Side
from finn_rtl.ips.matrix import Matrix
from finn_rtl.ips.mvtu import Mvtu
from finn_rtl.meaning.integer import Network
from finn_rtl.meaning.reference import infer
from finn_rtl.operators.schema import Fold
from finn_rtl.plan.plan import Plan, make_plan

pytestmark = pytest.mark.steady


def convolution(maps: NDArray[Any], weight: NDArray[Any], stride: tuple[int, int], padding: tuple[int, ...],
                border: int) -> NDArray[Any]:
    """Plain: maps (n, y, x, channels), weight (units, y, x, channels) to (n, rows, columns, units)."""
    top, bottom, left, right = padding
    padded = np.pad(maps, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=border)
    units, height, width, _ = weight.shape
    rows, columns = (padded.shape[1] - height) // stride[0] + 1, (padded.shape[2] - width) // stride[1] + 1
    found = np.zeros((len(maps), rows, columns, units), np.int64)
    for row, column in product(range(rows), range(columns)):
        y, x = row * stride[0], column * stride[1]
        window = padded[:, y:y + height, x:x + width]
        found[:, row, column] = np.einsum("nyxc,uyxc->nu", window, weight)
    return found


def class_of(index: int, count: int, edges: tuple[int, int]) -> int:
    """As mvtu_places counts."""
    first, last = edges
    return min(index, first) + max(0, index - max(first, count - last) + (first + last < count))


def random_border(rng: np.random.Generator) -> tuple[Border, tuple[int, int], tuple[int, int], tuple[int, ...]]:
    """A border, and the map's size, the strides and the padding."""
    sides, pads = [], []
    for _ in range(2):
        size, kernel, stride = (int(number) for number in rng.integers(1, (8, 5, 4)))
        before, behind = (int(number) for number in rng.integers(0, kernel, 2))
        behind = max(behind, kernel - size - before)
        sides.append(Side(size, kernel, stride, before, behind))
        pads += [before, behind]
    rows, columns = sides
    return Border(rows, columns), (rows.size, columns.size), (rows.stride, columns.stride), tuple(pads)


def test_sums_lack_the_weights_in_the_border() -> None:
    """True sums less those with a border of -1 are the same in all places of a class, whatever the map."""
    rng = np.random.default_rng(1)
    for _ in range(300):
        border, size, stride, padding = random_border(rng)
        weight = rng.integers(-3, 4, (2, border.rows.kernel, border.columns.kernel, 3))
        maps = rng.choice([-1, 1], (2, *size, 3))
        differ = convolution(maps, weight, stride, padding, 0) - convolution(maps, weight, stride, padding, -1)
        lacking = border.lacking(weight.reshape(2, -1))
        assert lacking.shape == (border.classes, 2)
        row_classes, column_classes = len(border.rows.classes), len(border.columns.classes)
        assert row_classes * column_classes == border.classes
        for row, column in product(range(border.rows.windows), range(border.columns.windows)):
            place = (class_of(row, border.rows.windows, border.rows.edges) * column_classes
                     + class_of(column, border.columns.windows, border.columns.edges))
            assert (differ[:, row, column] == lacking[place]).all()


def test_no_class_more_than_there_are() -> None:
    """A kernel of three with a pixel of padding has three by three; a map too small for them has fewer."""
    def classes(size: int, kernel: int, stride: int, before: int, behind: int) -> tuple[int, tuple[int, int]]:
        side = Side(size, kernel, stride, before, behind)
        return len(side.classes), side.edges
    assert classes(32, 3, 1, 1, 1) == (3, (1, 1))
    assert classes(2, 3, 1, 1, 1) == (2, (1, 1))
    assert classes(1, 3, 1, 1, 1) == (1, (1, 0))
    assert classes(8, 3, 2, 1, 1) == (2, (1, 0))
    assert classes(32, 7, 1, 3, 3) == (7, (3, 3))
    assert classes(32, 3, 1, 0, 0) == (1, (0, 0))


def document(activation: Any, border: int | None, **keys: Any) -> dict[str, Any]:
    layer = {"type": "conv", "name": "a", "channels": 4, "kernel": 3, "padding": 1, "activation": activation, **keys}
    if border is not None:
        layer["border"] = border
    return {"name": "net", "parameters": "net.npz", "output": "vector", "layers": [layer],
            "input": {"shape": [6, 5, 2], "encoding": {"type": "binary", "threshold": 1}}}


def planned(activation: Any, border: int | None, fold: Fold, **keys: Any) -> tuple[Plan, Matrix]:
    """A plan, and the layer's matrix."""
    plan = make_plan(parse_topology(document(activation, border, **keys), "net"), folds={"a": fold})
    return plan, plan.pipeline.matrices[0]


@pytest.mark.parametrize("fold", [Fold(simd=2, pe=2), Fold(simd=6, pe=4), Fold(simd=18, pe=1),
                                  Fold(simd=9, pe=2, window=True)])
@pytest.mark.parametrize("activation", ["sign", "none", {"bits": 2}])
def test_zeros_take_no_cycle(activation: Any, fold: Fold) -> None:
    (plan, matrix), (other, plain) = (planned(activation, border, fold) for border in (0, None))
    assert (plan.cycles_per_frame, plan.latency_cycles) == (other.cycles_per_frame, other.latency_cycles)
    assert isinstance(matrix, Mvtu) and isinstance(plain, Mvtu)
    assert (matrix.starts, matrix.parameters("net")["ZEROS"]) == (9 * plain.starts, 1)
    # One threshold takes half the number; others and scores have a bit more, or a sign.
    assert matrix.sum_width - plain.sum_width == (0 if activation == "sign" else 1)


@pytest.mark.parametrize("activation", ["sign", "none", {"bits": 2}])
def test_constants_do_not_know_the_place(activation: Any) -> None:
    """A layer that would be unfolded keeps its accumulators' start values, and its pace."""
    whole = Fold(simd=18, pe=4, window=True)
    (plan, matrix), (other, plain) = (planned(activation, border, whole) for border in (0, None))
    assert (matrix.module, plain.module) == ("mvtu", "mvtu_unfolded")
    assert plan.cycles_per_frame == other.cycles_per_frame


@pytest.mark.parametrize("weights", [1, 3])
@pytest.mark.parametrize("activation", ["sign", "none", {"bits": 2}])
def test_meaning_is_the_plain_convolution(activation: Any, weights: int) -> None:
    rng = np.random.default_rng(weights)
    topology = parse_topology(document(activation, 0, weights=weights), "net")
    weight = rng.choice([-1, 1], (4, 18)) if weights == 1 else rng.integers(-4, 4, (4, 18))
    levels = {"sign": 1, "none": 0}.get(activation, 3) if isinstance(activation, str) else 3
    thresholds = np.sort(rng.integers(-6, 7, (4, levels)), axis=1) if levels else None
    network = Network(topology, {"a": IntegerLayer(weight.astype(np.int8), thresholds)})
    bits = rng.integers(0, 2, (7, 60))
    sums = convolution(2 * bits.reshape(7, 6, 5, 2) - 1, weight.reshape(4, 3, 3, 2), (1, 1), (1, 1, 1, 1), 0)
    expected = sums if thresholds is None else (sums[..., None] >= thresholds).sum(axis=-1)
    np.testing.assert_array_equal(infer(network, bits.astype(np.int32)), expected.reshape(7, -1))
