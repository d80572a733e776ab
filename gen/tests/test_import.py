"""Graphs of one point each: the imported network gives the integers that ONNX's own evaluator gives."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx")

import onnx_nets  # noqa: E402
from onnx import TensorProto  # noqa: E402
from onnx_nets import QONNX, F, Net  # noqa: E402

from finn_rtl import FinnError, import_onnx  # noqa: E402
from finn_rtl.importer import tabulate  # noqa: E402
from finn_rtl.meaning import reference  # noqa: E402

pytestmark = [pytest.mark.steady, pytest.mark.usefixtures("place")]
Made = Net | tuple[Net, dict[str, Any]]
GRAPHS: dict[str, Callable[[], Made]] = {}


def graph(make: Callable[[], Made]) -> Callable[[], Made]:
    GRAPHS[make.__name__] = make
    return make


def flat(seed: int = 0, **kind: Any) -> Net:
    """16 numbers of 4 bits."""
    net = Net(16, seed=seed, **kind)
    net.quant(4, 1)
    return net


def maps(channels: int = 2, size: int = 6, seed: int = 0) -> Net:
    """A small map of 4 bits."""
    net = Net(channels, size, size, seed=seed)
    net.quant(4, 1)
    return net


# ---- quantizers
for _mode in ("ROUND", "half_even", "FLOOR", "CEIL", "UP", "DOWN", "HALF_UP", "HALF_DOWN"):
    def _rounding(mode: str = _mode) -> Net:
        net = flat()
        net.fc(16, 8, scale=1)
        net.quant(4, 8, signed=1, mode=mode)
        net.fc(8, 4)
        return net
    GRAPHS[f"rounding_{_mode.lower()}"] = _rounding


@graph
def zero_is_plus_one() -> Net:
    net = Net(16)
    net.binary("Sub", 8)
    net.quant(1, 1, signed=1)
    net.fc(16, 8, bits=1, scale=1)
    net.bipolar(0.5)
    net.fc(8, 4, bits=1, scale=1)
    return net


@graph
def limits_of_narrow_levels() -> Net:
    net = flat()
    net.fc(16, 8)
    net.quant(3, 0.5, signed=1, narrow=1)
    net.fc(8, 8)
    net.quant(3, 0.5, narrow=1)
    net.fc(8, 4)
    return net


@graph
def levels_of_one_bit() -> Net:
    net = flat()
    net.fc(16, 8)
    net.quant(1, 4)
    net.fc(8, 4, bits=1, scale=1)
    return net


@graph
def weights_of_zero_and_one() -> Net:
    net = flat()
    net.fc(16, 8, bits=1, scale=0.5, signed=0, narrow=0)
    net.quant(3, 4)
    net.fc(8, 4)
    return net


@graph
def most_negative_weights() -> Net:
    """Rows with -2 of 2 bits cannot be negated, and batch norm turns some of them."""
    net = flat(seed=3)
    net.fc(16, 8, bits=2, scale=1, narrow=0)
    net.norm(8, gamma=[-1, -2, -0.5, 1, -1, -2, 2, 0])
    net.quant(2, 4, signed=1)
    net.fc(8, 8, bits=2, scale=1, narrow=0)
    net.norm(8, gamma=[-1, -2, -0.5, 1, -1, -2, 2, 0])
    net.bipolar()
    net.fc(8, 4, bits=1, scale=1)
    return net


@graph
def zero_points() -> Net:
    net = flat()
    net.fc(16, 8)
    net.quant(4, 2, zero=5)
    net.fc(8, 4)
    return net


@graph
def zero_points_of_eight_bits() -> Net:
    """Of 9 bits less the zero point; 0 stands around the map, and is its own number there."""
    net = Net(2, 6, 6)
    net.quant(8, 0.25, zero=3)
    net.conv(2, 4, pads=(1, 1, 1, 1))
    net.quant(8, 0.5, zero=131)
    net.conv(4, 4, pads=(1, 0, 0, 1))
    net.quant(8, 1, zero=77)
    net.op("Flatten")
    net.fc(4 * 25, 5, bias=np.arange(5) / 4)
    return net


@graph
def quantizer_of_a_quantizer() -> Net:
    net = maps(3)
    net.conv(3, 4)
    net.quant(4, 1, signed=1)
    net.norm(4)
    net.quant(4, 0.5, signed=1)
    net.conv(4, 2)
    return net


@graph
def thresholds_of_finn() -> Net:
    net = flat()
    net.fc(16, 8, scale=1)
    rows = np.sort(net.rng.integers(-40, 40, (8, 7)), axis=1) + 0.5
    net.op("MultiThreshold", net.at, net.constant(rows), domain=QONNX, out_bias=-4.0, data_layout="NC")
    net.fc(8, 8, scale=1)
    net.op("MultiThreshold", net.at, net.constant([[0.0]]), domain=QONNX, out_scale=2.0, out_bias=-1.0)
    net.fc(8, 4, bits=1, scale=1)
    return net


@graph
def levels_without_low_bits() -> Net:
    net = flat(qonnx=1)
    net.fc(16, 8)
    net.quant(6, 0.5, signed=1)
    net.op("Trunc", net.at, *map(net.constant, (0.5, 0, 6, 4)), domain=QONNX, rounding_mode="FLOOR")
    net.fc(8, 4)
    return net


@graph
def quantize_and_dequantize() -> Net:
    """QCDQ: limits by Clip, scales and zero points along an axis, a bias of 32 bits."""
    net = Net(3, 6, 6, opset=21)
    net.op("QuantizeLinear", net.at, net.constant(1), net.constant(2, np.uint8))
    net.op("Clip", net.at, net.constant(2, np.uint8), net.constant(17, np.uint8))
    net.op("DequantizeLinear", net.at, net.constant(1), net.constant(2, np.uint8))
    held = net.at
    scale = net.constant([0.25, 0.5, 1, 0.25])
    weight = net.op("DequantizeLinear", net.constant(net.rng.integers(-7, 8, (4, 3, 3, 3)), np.int8), scale,
                    net.constant([0] * 4, np.int8), axis=0)
    bias = net.op("DequantizeLinear", net.constant([-300, 40, 5, 77], np.int32), scale,
                  net.constant([0] * 4, np.int32), axis=0)
    net.op("Conv", held, weight, bias, pads=[1, 1, 1, 1], kernel_shape=[3, 3])
    net.op("Relu")
    # Halves are rounded before an odd zero point is added.
    net.op("QuantizeLinear", net.at, net.constant(2), net.constant(-127, np.int8))
    net.op("DequantizeLinear", net.at, net.constant(2), net.constant(-127, np.int8))
    net.conv(4, 3)
    return net


@graph
def products_of_quantized_tensors() -> Net:
    """QLinearMatMul and QLinearConv, with zero points on both sides and around the map."""
    net = Net(2, 6, 6, opset=21)
    net.op("QuantizeLinear", net.at, net.constant(0.5), net.constant(3, np.uint8))
    weight = net.constant(net.rng.integers(-20, 20, (4, 2, 3, 3)), np.int8)
    one, quarter = net.constant(1), net.constant(0.25)
    net.op("QLinearConv", net.at, net.constant(0.5), net.constant(3, np.uint8), weight, quarter,
           net.constant(0, np.int8), one, net.constant(100, np.uint8), net.constant([9, -90, 0, 31], np.int32),
           pads=[1, 1, 1, 1], kernel_shape=[3, 3])
    net.op("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    net.op("Flatten")
    matrix = net.constant(net.rng.integers(90, 110, (36, 5)), np.uint8)
    net.op("QLinearMatMul", net.at, one, net.constant(100, np.uint8), matrix, quarter, net.constant(100, np.uint8),
           net.constant(4), net.constant(128, np.uint8))
    net.op("DequantizeLinear", net.at, net.constant(4), net.constant(128, np.uint8))
    return net


@graph
def one_quantizer_dequantized_for_each_reader() -> Net:
    """As onnxruntime writes branches; the map is one, with its zero point."""
    net = Net(2, 6, 6, opset=21)
    net.quant(4, 1)
    net.conv(2, 4, pads=(1, 1, 1, 1))
    held = net.op("QuantizeLinear", net.at, net.constant(0.5), net.constant(140, np.uint8))
    parts = []
    for _ in range(2):
        net.op("DequantizeLinear", held, net.constant(0.5), net.constant(140, np.uint8))
        parts.append(net.at)
    net.conv(4, 4, pads=(1, 1, 1, 1))
    net.op("QuantizeLinear", net.at, net.constant(0.5), net.constant(120, np.uint8))
    net.op("DequantizeLinear", net.at, net.constant(0.5), net.constant(120, np.uint8))
    net.op("Add", net.at, parts[0])
    net.op("Relu")
    net.quant(8, 2)
    net.conv(4, 2)
    return net


@graph
def swish_of_what_rises() -> Net:
    net = flat()
    net.fc(16, 8, bits=2, scale=1 / 16, signed=0, narrow=0)
    net.op("HardSwish")
    net.quant(4, 0.25)
    net.fc(8, 4)
    return net


@graph
def sign_without_zero() -> Net:
    net = Net(15)
    net.binary("Sub", 7.5)
    net.op("Sign")
    net.fc(15, 5, bits=1, scale=1)
    net.op("Sign")
    net.fc(5, 4, bits=1, scale=1)
    return net


# ---- between sums and quantizers
@graph
def batch_norm_of_every_sign() -> Net:
    net = flat()
    net.fc(16, 8)
    net.norm(8, gamma=[1, -1, 0, 0, 2, -2, 0.5, -0.5])
    net.bipolar()
    net.fc(8, 8, bits=1, scale=1)
    net.norm(8, gamma=[1, -1, 0, -1, 2, -2, 0.5, -0.5])
    net.bipolar()
    net.fc(8, 4, bits=1, scale=1)
    return net


@graph
def arithmetic() -> Net:
    net = flat()
    net.fc(16, 8)
    for kind, value in (("Mul", -0.5), ("Add", np.arange(8) / 4), ("Div", 2), ("Sub", [[0.25]])):
        net.binary(kind, value)
    net.op("Sub", net.constant(1), net.at)
    net.op("Neg")
    net.op("LeakyRelu", alpha=0.125)
    net.op("Clip", net.at, net.constant(-0.75), net.constant(6))
    net.quant(4, 0.5, signed=1)
    net.op("Relu")
    net.fc(8, 4)
    return net


@graph
def bias_in_units_of_sums() -> Net:
    net = maps()
    net.conv(2, 4, bias=[3, -7.75, 12.125, 0])
    net.op("Relu")
    net.quant(4, 1)
    net.conv(4, 3, scale=np.array([0.25, 0.5, 1]).reshape(3, 1, 1, 1), bias=[1, -2, 0])
    return net


@graph
def constants_with_few_digits() -> Net:
    """Decimal numbers: float32 decides, as the evaluator does."""
    net = flat()
    net.fc(16, 8)
    net.binary("Add", F(0.3))
    net.op("LeakyRelu", alpha=0.1)
    net.quant(4, F(0.7), signed=1)
    net.fc(8, 4)
    return net


@graph
def norm_of_a_vector() -> Net:
    net = flat()
    net.fc(16, 8)
    net.op("Unsqueeze", net.at, net.constant([2], np.int64))
    net.norm(8)
    net.op("Squeeze", net.at, net.constant([2], np.int64))
    net.quant(3, 0.5, signed=1)
    net.fc(8, 4)
    return net


# ---- windows and maps
@graph
def padding_of_bits() -> Net:
    net = Net(2, 6, 6)
    net.binary("Sub", 8)
    net.bipolar()
    net.conv(2, 4, bits=1, scale=1, pads=(1, 1, 1, 1))
    net.bipolar()
    net.conv(4, 2, bits=1, scale=1, pads=(1, 0, 0, 0))
    return net


@graph
def strides_and_uneven_padding() -> Net:
    net = maps(2, 7)
    net.conv(2, 4, pads=(1, 0, 2, 1), stride=2)
    return net


@graph
def padding_by_rule() -> Net:
    net = maps(2, 7)
    net.op("Conv", net.at, net.weights((4, 2, 3, 3), 3, 0.25), kernel_shape=[3, 3], strides=[2, 2],
           auto_pad="SAME_LOWER")
    net.quant(4, 1, signed=1)
    net.op("Conv", net.at, net.weights((4, 4, 2, 2), 3, 0.25), kernel_shape=[2, 2], auto_pad="SAME_UPPER")
    return net


@graph
def padding_by_a_node() -> Net:
    net = maps()
    net.op("Pad", net.at, net.constant([0, 0, 1, 2, 0, 0, 1, 0], np.int64))
    net.conv(2, 4, pads=(0, 0, 1, 0))
    return net


@graph
def order_of_flattened_maps() -> Net:
    net = maps(3)
    net.conv(3, 5)
    net.quant(3, 2, signed=1)
    net.op("Transpose", perm=[0, 2, 3, 1])
    net.op("Reshape", net.at, net.constant([0, -1, 20], np.int64))
    net.op("Flatten")
    net.fc(80, 4)
    return net


@graph
def shape_computed_in_the_graph() -> Net:
    net = maps(3)
    net.conv(3, 5)
    held = net.quant(3, 2, signed=1)
    net.op("Shape", held)
    net.op("Gather", net.at, net.constant([0], np.int64))
    net.op("Concat", net.at, net.constant([-1], np.int64), axis=0)
    net.op("Reshape", held, net.at)
    net.op("Gemm", net.at, net.weights((4, 80), 2, 0.5), net.constant([1, -1, 2, 5]), transB=1)
    return net


@graph
def pool_behind_a_falling_norm() -> Net:
    net = maps()
    net.conv(2, 4, pads=(1, 1, 1, 1))
    net.norm(4, gamma=[1, -1, 2, -0.5])
    net.op("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    net.quant(3, 0.5, signed=1)
    net.op("MaxPool", kernel_shape=[2, 2], strides=[1, 1])
    net.conv(4, 2, kernel=2)
    return net


@graph
def repeated_pixels() -> Net:
    net = maps(2, 4)
    net.conv(2, 3, kernel=1)
    net.quant(3, 2, signed=1)
    net.op("Resize", net.at, "", net.constant([1, 1, 2, 3]), mode="nearest", nearest_mode="floor",
           coordinate_transformation_mode="asymmetric")
    net.conv(3, 2)
    return net


# ---- graphs that are no chain
@graph
def residual() -> Net:
    net = maps()
    net.conv(2, 4)
    short = net.quant(4, 2, signed=1)
    net.conv(4, 4, pads=(1, 1, 1, 1))
    net.quant(4, 2, signed=1)
    net.op("Add", net.at, short)
    net.op("Relu")
    net.quant(4, 2)
    net.conv(4, 2)
    return net


@graph
def residual_of_bits() -> Net:
    net = maps()
    net.conv(2, 4)
    short = net.bipolar()
    net.conv(4, 4, bits=1, scale=1, pads=(1, 1, 1, 1))
    net.bipolar()
    net.op("Add", net.at, short)
    net.quant(2, 1, signed=1)
    net.conv(4, 2)
    return net


@graph
def two_quantizers_of_one_sum() -> Net:
    """The sums leave, and two activations read them."""
    net = Net(2, 6, 6)
    net.binary("Sub", 8)
    net.bipolar()
    sums = net.conv(2, 4, bits=1, scale=1)
    one = net.quant(3, 2, signed=1)
    net.at = sums
    net.binary("Mul", -1)
    net.quant(3, 2, signed=1)
    net.op("Add", net.at, one)
    net.quant(2, 1, signed=1)
    net.conv(4, 2)
    return net


@graph
def channels_apart() -> Net:
    net = maps(4)
    net.conv(4, 8, group=4, pads=(1, 1, 1, 1))
    net.quant(4, 4, signed=1)
    net.conv(8, 6, group=2)
    net.bipolar()
    net.conv(6, 6, kernel=2, bits=1, scale=1, group=6)
    return net


@graph
def channels_apart_of_other_scales() -> Net:
    net = maps()
    net.conv(2, 4)
    net.quant(4, np.array([1, 0.5, 2, 1]).reshape(1, 4, 1, 1), signed=1)
    net.conv(4, 4, kernel=2, group=4)
    net.quant(4, 4, signed=1)
    net.conv(4, 2, kernel=2)
    return net


@graph
def minimum_of_levels() -> Net:
    """What is between a pool and its quantizer falls in some channels; in one it is constant."""
    net = maps(2, 8)
    net.conv(2, 4)
    net.norm(4, gamma=[-1, 2, -0.5, 1])
    net.op("MaxPool", kernel_shape=[2, 2], strides=[1, 1], pads=[1, 0, 0, 1])
    net.norm(4, gamma=[-1, -2, 0.5, 0])
    net.quant(4, 8, zero=8)
    net.conv(4, 4, kernel=2)
    net.op("MaxPool", kernel_shape=[2, 2], strides=[1, 1])
    net.binary("Mul", np.array([-1, 1, -0.5, 1]).reshape(1, 4, 1, 1))
    net.binary("Add", np.array([10, -12, 4, -2]).reshape(1, 4, 1, 1))
    net.bipolar()
    net.conv(4, 3, kernel=2, bits=1, scale=1)
    net.op("MaxPool", kernel_shape=[2, 2], strides=[1, 1])
    net.op("Neg")
    net.quant(3, 2, signed=1, narrow=1)
    net.conv(3, 2, kernel=2)
    return net


@graph
def levels_and_bits_of_bits() -> Net:
    """Quantizers of a map of -1 and +1: one that tells both apart, one that turns them, one that makes more."""
    net = maps()
    net.conv(2, 4)
    bits = net.bipolar(0.5)
    net.quant(3, 0.25, signed=1)
    net.conv(4, 3, kernel=1)
    net.quant(3, 1, signed=1)
    net.at, first = bits, net.at
    net.norm(4, gamma=[-1, 2, -0.5, 1])
    net.bipolar(2)
    net.conv(4, 3, kernel=1)
    net.quant(3, 1, signed=1)
    net.op("Add", net.at, first)
    net.quant(3, 2, signed=1)
    net.conv(3, 2)
    return net


@graph
def kernel_with_gaps() -> Net:
    net = maps(2, 9)
    net.conv(2, 4, dilations=[2, 3], pads=(2, 1, 1, 2), stride=2)
    net.bipolar()
    net.conv(4, 2, kernel=2, bits=1, scale=1, dilations=[1, 2])
    return net


# ---- what rises and falls
@graph
def rises_and_falls() -> Net:
    net = flat()
    net.fc(16, 8, scale=0.125)
    net.op("HardSwish")
    net.quant(5, 0.125, signed=1)
    net.fc(8, 4)
    return net


@graph
def rises_and_falls_by_channel() -> Net:
    net = maps()
    net.conv(2, 4, scale=0.125)
    net.binary("Mul", np.array([1, -1, 0.5, 0.25]).reshape(1, 4, 1, 1))
    net.op("HardSwish")
    net.binary("Add", np.array([1, -1, 0.25, 0]).reshape(1, 4, 1, 1))
    net.quant(4, 0.25, zero=2)
    net.op("MaxPool", kernel_shape=[2, 2], strides=[1, 1])
    net.conv(4, 2, pads=(1, 1, 1, 1))
    return net


# ---- pools
@graph
def max_pool_with_padding() -> Net:
    net = maps()
    net.conv(2, 4)
    net.quant(4, 1, signed=1)
    net.op("MaxPool", kernel_shape=[3, 2], strides=[2, 1], pads=[1, 0, 2, 1])
    net.conv(4, 2, kernel=2)
    return net


@graph
def max_pool_with_padding_of_bits() -> Net:
    net = maps()
    net.conv(2, 4, bias=[0, 1, -20, 20])
    net.op("MaxPool", kernel_shape=[2, 2], strides=[1, 1], pads=[1, 1, 1, 1])
    net.bipolar()
    net.conv(4, 2, kernel=2)
    return net


@graph
def averages_that_overlap() -> Net:
    net = maps()
    net.conv(2, 4)
    net.quant(4, 1, signed=1)
    net.op("AveragePool", kernel_shape=[2, 2], strides=[1, 2])
    net.op("Relu")
    net.quant(5, 0.25)
    net.conv(4, 2, kernel=2)
    return net


@graph
def channels_that_become_pixels() -> Net:
    net = maps()
    net.conv(2, 8)
    net.quant(4, 1, signed=1)
    net.op("DepthToSpace", blocksize=2)
    net.conv(2, 8)
    net.bipolar()
    net.op("DepthToSpace", blocksize=2, mode="CRD")
    net.conv(2, 2, kernel=2)
    return net


@graph
def pixels_of_channels_that_leave() -> Net:
    net = maps(size=4)
    net.conv(2, 12)
    net.quant(4, 0.5, zero=3)
    net.op("DepthToSpace", blocksize=2, mode="CRD")
    return net


@graph
def pools_that_go_beyond_the_map() -> Net:
    net = maps()
    net.conv(2, 4)
    net.quant(4, 1, signed=1)
    net.op("MaxPool", kernel_shape=[3, 2], strides=[2, 3], pads=[1, 0, 0, 0], ceil_mode=1)
    net.conv(4, 2, kernel=2)
    return net


@graph
def maximum_of_a_map() -> Net:
    net = maps()
    net.conv(2, 4)
    net.op("GlobalMaxPool")
    net.quant(4, 1, signed=1)
    net.op("Flatten")
    net.fc(4, 3)
    return net


@graph
def averages_with_zeros_around() -> Net:
    net = maps()
    net.conv(2, 4)
    net.quant(4, 2, zero=3)
    net.op("AveragePool", kernel_shape=[4, 2], strides=[2, 1], pads=[1, 0, 1, 1], count_include_pad=1)
    net.quant(5, 0.5, signed=1)
    net.conv(4, 2, kernel=2)
    return net


@graph
def average_of_bits_into_a_product() -> Net:
    net = maps()
    net.conv(2, 4)
    net.bipolar(0.5)
    net.op("GlobalAveragePool")
    net.op("Flatten")
    net.fc(4, 3)
    return net


@graph
def mean_of_both_axes() -> Net:
    net = maps()
    net.conv(2, 4)
    net.quant(3, 2)
    net.op("ReduceMean", axes=[-1, 2], keepdims=0)
    net.quant(6, 0.125)
    net.fc(4, 3)
    return net


@graph
def averages_that_leave() -> Net:
    net = maps()
    net.conv(2, 4)
    net.quant(4, 1, signed=1)
    net.op("AveragePool", kernel_shape=[2, 2], strides=[2, 2])
    return net


# ---- sums of unequal maps
def with_map_around(short: Any, scale: Any, last: float, **kind: Any) -> Net:
    net = maps()
    net.conv(2, 4)
    around = net.quant(4, short, **kind)
    net.conv(4, 4, pads=(1, 1, 1, 1))
    net.quant(3, scale, signed=1)
    net.op("Add", net.at, around)
    net.op("Relu")
    net.quant(4, last)
    net.conv(4, 2)
    return net


@graph
def sum_of_learned_scales() -> Net:
    return with_map_around(0.97001725, 3.1270989, 1.3)


@graph
def sum_of_dyadic_scales() -> Net:
    return with_map_around(0.5, 2, 1, signed=1, zero=1)


@graph
def sum_of_a_ratio_into_a_product() -> Net:
    net = maps()
    net.conv(2, 4)
    around = net.quant(4, 1.5)
    net.bipolar(2.5)
    net.op("Add", net.at, around)
    net.conv(4, 2)
    return net


@graph
def sum_of_accumulators() -> Net:
    net = maps()
    at = net.at
    one = net.conv(2, 4, scale=0.5)
    net.at = at
    net.conv(2, 4)
    net.op("Add", one, net.at)
    net.quant(4, 1, signed=1)
    net.conv(4, 2)
    return net


@graph
def sum_of_accumulators_behind_biases() -> Net:
    net = maps()
    at = net.at
    one = net.conv(2, 4, scale=0.5, bias=[0.5, -3, 0.125, 7])
    net.at = at
    net.conv(2, 4, bias=[0.25, 1.5, -2, 0])
    net.op("Add", one, net.at)
    net.op("Relu")
    net.quant(4, 1, signed=1)
    net.conv(4, 2)
    return net


@graph
def sum_of_accumulators_behind_equal_slopes() -> Net:
    net = maps()
    at = net.at
    net.conv(2, 4)
    one = net.binary("Mul", 1.5)
    net.at = at
    net.conv(2, 4, bias=[1, -1, 2, 0.25])
    net.op("Add", one, net.at)
    net.quant(4, 1, signed=1)
    net.conv(4, 2)
    return net


# ---- side by side
@graph
def three_maps_side_by_side() -> Net:
    net = maps()
    net.conv(2, 4)
    one = net.quant(4, 1, signed=1)
    net.conv(4, 3, pads=(1, 1, 1, 1))
    other = net.bipolar()
    net.op("Relu", one)
    third = net.quant(2, 1)
    net.op("Concat", one, other, third, axis=1)
    net.conv(11, 2)
    return net


@graph
def bits_side_by_side() -> Net:
    net = maps()
    net.conv(2, 4)
    one = net.bipolar()
    net.conv(4, 3, pads=(1, 1, 1, 1))
    other = net.bipolar()
    net.op("Concat", other, one, axis=-3)
    net.conv(7, 2, bits=1, scale=1)
    return net


@graph
def channels_of_other_scales_quantized_again() -> Net:
    net = maps()
    net.conv(2, 4)
    one = net.quant(4, 1)
    net.conv(4, 2, pads=(1, 1, 1, 1))
    other = net.quant(4, 4, signed=1)
    net.op("Concat", one, other, axis=1)
    net.quant(4, 2, signed=1)
    net.conv(6, 2)
    return net


@graph
def vectors_side_by_side() -> Net:
    net = flat()
    net.fc(16, 5)
    one = net.quant(4, 2)
    net.fc(5, 3)
    other = net.quant(3, 2, signed=1)
    net.op("Concat", one, other, axis=-1)
    net.fc(8, 4)
    return net


# ---- the input
@graph
def pixels_with_mean_and_deviation() -> tuple[Net, dict[str, Any]]:
    net = Net(3, 6, 6)
    net.binary("Div", F(255))
    net.binary("Sub", np.array([0.48, 0.45, 0.4]).reshape(1, 3, 1, 1))
    net.binary("Div", np.array([0.22, 0.22, 0.23]).reshape(1, 3, 1, 1))
    net.quant(8, F(0.02), signed=1)
    net.conv(3, 4, scale=1)
    return net, {"high": 256}


@graph
def pixels_of_a_scale() -> tuple[Net, dict[str, Any]]:
    net = Net(16)
    net.quant(8, F(1 / 255))
    net.fc(16, 4, scale=1)
    return net, {"input_scale": Fraction(1, 255), "high": 256}


@graph
def integers_without_quantizer() -> tuple[Net, dict[str, Any]]:
    net = Net(16)
    net.fc(16, 8)
    net.quant(4, 32, signed=1)
    net.fc(8, 4)
    return net, {"input_bits": 8, "high": 256}


@graph
def signed_integers_without_quantizer() -> tuple[Net, dict[str, Any]]:
    net = Net(16)
    net.fc(16, 8)
    net.quant(4, 32, signed=1)
    net.fc(8, 4)
    return net, {"input_bits": 8, "signed": True, "high": 256}


# ---- the end
@graph
def levels_that_leave() -> Net:
    net = flat()
    net.fc(16, 5)
    net.quant(6, 0.5, signed=1)
    return net


@graph
def bits_that_leave() -> Net:
    net = flat()
    net.fc(16, 5)
    net.bipolar()
    return net


@graph
def zero_point_at_the_end() -> Net:
    net = flat()
    net.fc(16, 5, scale=1)
    net.quant(8, 0.5, zero=130)
    return net


@graph
def scales_of_rows_at_the_end() -> Net:
    net = flat()
    net.fc(16, 4, scale=[0.25, 0.5, 1, 0.25], bias=[1, 2, 0, -3])
    return net


@graph
def scores_with_a_factor() -> Net:
    net = flat()
    net.fc(16, 4, bias=[0.5, 0, -0.25, 3])
    net.binary("Mul", -0.5)
    net.op("Identity")
    return net


def prepared(name: str) -> tuple[Net, dict[str, Any], int]:
    made = GRAPHS[name]()
    net, options = made if isinstance(made, tuple) else (made, {})
    return net, {"input_scale": 1, **{key: value for key, value in options.items() if key != "high"}}, \
        options.get("high", 16)


def inputs_of(images: np.ndarray, options: dict[str, Any]) -> np.ndarray:
    numbers = images.view(np.int8) if options.get("signed") else images
    return onnx_nets.channels_first(numbers).astype(F) * F(float(options["input_scale"]))


@pytest.mark.parametrize("name", GRAPHS)
def test_equal(place: Path, name: str) -> None:
    net, options, high = prepared(name)
    path = net.save(place / f"{name}.onnx")
    found, network = onnx_nets.brought_in(path, place / "net", **options)
    images = net.images(high=high)
    real = onnx_nets.evaluated(path, inputs_of(images, options))
    integers = onnx_nets.results(found, network, images)
    assert found.scale is not None
    scale = np.repeat(found.scale.astype(np.float64), integers.shape[1] // len(found.scale))
    np.testing.assert_array_equal(np.rint(real / scale), integers)
    np.testing.assert_allclose(real, integers * scale, rtol=1e-5, atol=1e-5)
    assert len(np.unique(integers)) > 2 or name == "bits_that_leave", "the graph tells nothing"


@pytest.mark.parametrize("name", GRAPHS)
def test_searched_as_tabulated(place: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chains that keep order have the same thresholds whether all integers are looked at or few."""
    net, options, _ = prepared(name)
    path = net.save(place / f"{name}.onnx")
    tabulated = import_onnx(path, **options)
    monkeypatch.setattr(tabulate, "MOST_TABLE", 1)
    searched = import_onnx(path, **options)
    assert searched.document == tabulated.document
    for key, array in tabulated.arrays.items():
        np.testing.assert_array_equal(searched.arrays[key], array, key)


def test_one_map_for_all_that_dequantize_it(place: Path) -> None:
    net, options, _ = prepared("one_quantizer_dequantized_for_each_reader")
    found = import_onnx(net.save(place / "branches.onnx"), **options)
    assert [layer["type"] for layer in found.document["layers"]] == ["conv", "conv", "add", "activation", "conv"]
    assert found.document["layers"][1]["border"] == 140


def test_real_numbers(place: Path) -> None:
    """Without a scale the input is float32, and takes its first quantizer's thresholds."""
    net = Net(3, 4, 4)
    net.binary("Mul", np.array([1, -2, 0.5]).reshape(1, 3, 1, 1) * F(0.37))
    net.quant(4, F(0.21), signed=1)
    net.conv(3, 4, scale=1)
    path = net.save(place / "real.onnx")
    with pytest.raises(FinnError, match="channel 1 of the input falls"):
        import_onnx(path)
    net = Net(3, 4, 4)
    net.binary("Mul", np.array([1, 2, 0.5]).reshape(1, 3, 1, 1) * F(0.37))
    net.quant(4, F(0.21), signed=1)
    net.conv(3, 4, scale=1)
    path = net.save(place / "real.onnx")
    found, network = onnx_nets.brought_in(path, place / "net")
    assert found.document["input"]["encoding"]["type"] == "real"
    values = np.random.default_rng(5).normal(0, 2, (20, 4, 4, 3)).astype(F)
    values[0, 0] = F(0.21) / F(0.37) * np.array([0.5, 1.5, 2.5], F)
    real = onnx_nets.evaluated(path, onnx_nets.channels_first(values))
    np.testing.assert_array_equal(onnx_nets.results(found, network, values), np.rint(real / found.scale[0]))


def test_labels_at_the_end(place: Path) -> None:
    """ArgMax, TopK and Softmax are left out; the label is theirs."""
    for op in ("ArgMax", "TopK", "Softmax"):
        net = flat()
        net.fc(16, 5)
        if op == "TopK":
            net.op(op, net.at, net.constant([1], np.int64), outputs=2, axis=1)
            net.at += "_1"
        else:
            net.op(op, axis=1)
        kind = TensorProto.FLOAT if op == "Softmax" else TensorProto.INT64
        path = net.save(place / f"{op}.onnx", kind=kind)
        found, network = onnx_nets.brought_in(path, place / op, input_scale=1)
        assert found.document["output"] == "label" and f"{op} at the end is left out" in found.notes[0]
        images = net.images(40)
        told = onnx_nets.evaluated(path, images.astype(F)).reshape(40, -1)
        labels = told.argmax(axis=1) if op == "Softmax" else told[:, 0]
        np.testing.assert_array_equal(onnx_nets.results(found, network, images).argmax(axis=1), labels)


def test_several_labels_at_the_end(place: Path) -> None:
    """All that TopK tells, in its order, of equal scores the first."""
    net = flat()
    net.fc(16, 5, bits=2)
    net.op("TopK", net.at, net.constant([3], np.int64), outputs=2, axis=1)
    net.at += "_1"
    path = net.save(place / "top.onnx", kind=TensorProto.INT64)
    found, network = onnx_nets.brought_in(path, place / "net", input_scale=1)
    assert found.document["labels"] == 3 and "TopK at the end tells 3 labels" in found.notes[0]
    images = net.images(200)
    told = onnx_nets.evaluated(path, images.astype(F)).reshape(200, 3)
    scores = onnx_nets.results(found, network, images)
    assert any(len(set(row)) < 5 for row in scores.tolist())
    np.testing.assert_array_equal(reference.ranking(scores.astype(np.int32), 3), told)


def test_unequal_rows_give_no_label(place: Path) -> None:
    net = flat()
    net.fc(16, 4, scale=[0.25, 0.5, 1, 0.25])
    found = import_onnx(net.save(place / "rows.onnx"), input_scale=1)
    assert found.document["output"] == "vector"
    assert "worth 0.25 to 1" in found.notes[0]
    np.testing.assert_array_equal(found.arrays["matmul_2.weight_scale"], F([0.25, 0.5, 1, 0.25]))
    net.op("ArgMax", axis=1)
    with pytest.raises(FinnError, match="not all worth the same"):
        import_onnx(net.save(place / "label.onnx", kind=TensorProto.INT64), input_scale=1)


def test_real_biases_at_the_end(place: Path) -> None:
    """Biases that are no whole number of steps are told, and the hardware's scores are without them."""
    net = flat()
    net.fc(16, 4, bias=[0.3, -1, 0, 2.2])
    path = net.save(place / "bias.onnx")
    found, network = onnx_nets.brought_in(path, place / "net", input_scale=1)
    assert found.document["output"] == "vector" and "no whole number of steps" in found.notes[0]
    assert found.offset is not None and found.scale is not None
    images = net.images()
    told = onnx_nets.results(found, network, images) * found.scale + found.offset
    np.testing.assert_allclose(onnx_nets.evaluated(path, images.astype(F)), told, rtol=1e-6)


def test_reads_like_a_network_written_by_hand(place: Path) -> None:
    net = Net(1, 8, 8)
    net.binary("Mul", 2)
    net.binary("Sub", 1)
    net.bipolar()
    net.conv(1, 4, bits=1, scale=1)
    net.norm(4)
    net.quant(2, 2)
    net.op("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    net.op("Flatten")
    net.fc(36, 10, bits=2, scale=0.5)
    path = net.save(place / "model.onnx")
    found, _ = onnx_nets.brought_in(path, place / "my net", name="digits_of_mine", input_scale=Fraction(1, 16))
    assert found.document == {
        "name": "digits_of_mine", "description": "from model.onnx", "parameters": "parameters.npz",
        "input": {"shape": [8, 8], "encoding": {"type": "binary", "threshold": 8}},
        "layers": [{"type": "conv", "name": "conv_4", "channels": 4, "kernel": [3, 3], "activation": {"bits": 2}},
                   {"type": "maxpool", "name": "maxpool_7", "kernel": [2, 2]},
                   {"type": "fc", "name": "matmul_10", "units": 10, "weights": {"bits": 2, "narrow": True},
                    "activation": "none"}],
        "output": "label"}
    text = (place / "my net" / "topology.json").read_text()
    assert max(map(len, text.splitlines())) < 120
    assert [row.folded for row in found.rows] == [
        ("Mul", "Sub", "BipolarQuant"), ("BatchNormalization", "Quant"), (), ()]


def test_near_boundaries_are_counted(place: Path) -> None:
    """Halves are at a boundary, and nothing else is."""
    net = flat()
    net.op("MatMul", net.at, net.constant(np.ones((16, 1))))
    net.quant(8, 2)
    net.op("MatMul", net.at, net.constant(np.ones((1, 4))))
    found = import_onnx(net.save(place / "near.onnx"), input_scale=1)
    # Sums from 0 to 240, worth 1 each: every odd one is a half of 2.
    assert found.rows[1].pairs == 241 and found.rows[1].near == 120
