"""Graphs as exporters of public networks write them: equal to ONNX's own evaluator, or refused with a reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx")

import onnx_exporters  # noqa: E402
import onnx_nets  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnx_exporters import LAST, MS, Exported  # noqa: E402
from onnx_nets import F  # noqa: E402

from finn_rtl import FinnError, import_onnx  # noqa: E402

pytestmark = [pytest.mark.steady, pytest.mark.usefixtures("place")]
#: Graphs whose input is a map with channels in front, or anything else in the order of the picture itself.
FIRST: dict[str, Callable[[], Exported]] = {}
AS_IT_IS: dict[str, Callable[[], Exported]] = {}
REFUSED: dict[str, tuple[Callable[[], Exported], list[str]]] = {}


def first(make: Callable[[], Exported]) -> Callable[[], Exported]:
    FIRST[make.__name__] = make
    return make


def as_it_is(make: Callable[[], Exported]) -> Callable[[], Exported]:
    AS_IT_IS[make.__name__] = make
    return make


def refused(*parts: str) -> Callable[[Callable[[], Exported]], Callable[[], Exported]]:
    def note(make: Callable[[], Exported]) -> Callable[[], Exported]:
        REFUSED[make.__name__] = make, list(parts)
        return make
    return note


def maps(channels: int = 2, size: int = 6, opset: int = 19) -> Exported:
    net = Exported(channels, size, size, opset=opset)
    net.quant(4, 1)
    return net


def pictures(channels: int = 2, size: int = 6) -> Exported:
    """A map with its channels last."""
    net = Exported(size, size, channels)
    net.quant(4, 1)
    return net


def end(net: Exported, elements: int) -> Exported:
    net.op("Flatten")
    net.fc(elements, 3)
    return net


def to_first(net: Exported) -> None:
    net.op("Transpose", perm=[0, 3, 1, 2])


def to_last(net: Exported) -> None:
    net.op("Transpose", perm=[0, 2, 3, 1])


# ---- FINN's and Brevitas' own
@first
def bipolar_mlp_on_a_picture() -> Exported:
    net = Exported(1, 4, 4)
    net.binary("Div", 15.0)
    net.picture(1, -1)
    net.binary("Mul", 2.0)
    net.binary("Add", -1.0)
    net.bipolar()
    for inputs in (16, 8):
        net.fc(inputs, 8, bits=1, scale=1)
        net.norm(8)
        net.bipolar()
    net.fc(8, 4, bits=1, scale=1)
    net.binary("Mul", 0.25)
    return net


@first
def clipped_integers() -> Exported:
    """Brevitas' QCDQ: Clip narrows integers of 8 bits."""
    net = Exported(2, 6, 6)
    net.linear("QuantizeLinear", 1)
    net.op("Clip", net.at, net.point(0), net.point(15))
    at = net.linear("DequantizeLinear", 1)
    net.op("Clip", net.constant(net.rng.integers(-9, 10, (4, 2, 3, 3)), np.int8), net.point(-7, np.int8),
           net.point(7, np.int8))
    weights = net.linear("DequantizeLinear", 0.25, dtype=np.int8)
    net.op("Conv", at, weights, net.constant(net.rng.normal(0, 1, 4)), kernel_shape=[3, 3])
    net.op("Relu")
    net.linear("QuantizeLinear", 1)
    net.op("Clip", net.at, net.point(0), net.point(15))
    net.linear("DequantizeLinear", 1)
    return end(net, 64)


@first
def mobile_block() -> Exported:
    net = maps(3, 8)

    def behind(units: int) -> None:
        net.norm(units)
        net.op("Clip", net.at, net.constant(0.0), net.constant(6.0))
        net.quant(4, 0.5)
    net.conv(3, 8, stride=2, pads=(0, 0, 1, 1))
    behind(8)
    around = net.at
    net.conv(8, 16, 1)
    behind(16)
    net.conv(16, 16, group=16, pads=(1, 1, 1, 1))
    behind(16)
    net.conv(16, 8, 1)
    net.norm(8)
    net.quant(4, 0.5, signed=1)
    net.op("Add", net.at, around)
    net.quant(4, 1, signed=1)
    net.op("GlobalAveragePool")
    net.quant(5, 0.25, signed=1)
    return end(net, 8)


@first
def shuffled_groups() -> Exported:
    """ShuffleNet: channels in another order, before groups of one, before a pool, before all."""
    net = maps(4, 5)
    net.conv(4, 8, 1, group=4)
    net.quant(4, 1)
    net.picture(1, 4, 2, 5, 5)
    net.op("Transpose", perm=[0, 2, 1, 3, 4])
    net.picture(1, 8, 5, 5)
    net.conv(8, 16, 3, group=8, bias=np.arange(16) / 4)
    net.op("Relu")
    net.quant(4, 1)
    net.op("MaxPool", kernel_shape=[2, 2])
    net.conv(16, 4, 1, group=2)
    net.quant(4, 1, signed=1)
    return end(net, 16)


@first
def shuffled_to_other_groups() -> Exported:
    """Groups that are no groups of the map itself: a whole matrix."""
    net = maps(4)
    net.conv(4, 6, 1, group=2)
    net.quant(4, 1)
    net.picture(1, 2, 3, 6, 6)
    net.op("Transpose", perm=[0, 2, 1, 3, 4])
    net.picture(1, 6, 6, 6)
    net.conv(6, 4, 1, group=2, bits=1, scale=1)
    return net


# ---- PyTorch's and onnxruntime's
@first
def integers_of_static_quantization() -> Exported:
    net = Exported(3, 8, 8)
    net.both(1)
    scales = net.scales(8)
    net.op("Conv", net.at, net.integers((8, 3, 3, 3), scales), net.integers(8, scales, 500, np.int32), pads=[1] * 4,
           kernel_shape=[3, 3], strides=[1, 1], dilations=[1, 1], group=1)
    net.op("Relu")
    net.both(0.25)
    net.op("MaxPool", kernel_shape=[2, 2], strides=[2, 2], pads=[0] * 4, ceil_mode=0)
    around = net.both(0.25)
    net.op("Conv", net.at, net.integers((8, 8, 1, 1), 2.0 ** -8))
    net.both(0.5, 128)
    net.op("Add", net.at, around)
    net.op("Relu")
    net.both(1)
    net.op("GlobalAveragePool")
    net.both(0.125)
    net.op("Flatten", axis=1)
    net.both(0.125)
    net.op("Gemm", net.at, net.integers((5, 8), 2.0 ** -6), net.integers(5, 2.0 ** -9, 500, np.int32), transB=1)
    net.both(1, 128)
    return net


@first
def integer_operators() -> Exported:
    """A residual of onnxruntime's QOperator format."""
    net = Exported(3, 8, 8)
    net.linear("QuantizeLinear", 1)
    around = net.linear_conv((4, 3, 3, 3), (1, 0), (0.5, 0), pads=[1] * 4)
    net.linear_conv((4, 4, 3, 3), (0.5, 0), (0.5, 128), pads=[1] * 4)
    net.op("QLinearAdd", around, net.constant(0.5), net.point(0), net.at, net.constant(0.5), net.point(128),
           net.constant(1), net.point(64), domain=MS)
    net.op("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    net.op("QLinearGlobalAveragePool", net.at, net.constant(1), net.point(64), net.constant(0.5), net.point(3),
           domain=MS, channels_last=0)
    net.op("Flatten")
    net.op("QGemm", net.at, net.constant(0.5), net.point(3), net.constant(net.rng.integers(-100, 100, (5, 4)), np.int8),
           net.constant(2.0 ** -7), net.point(0, np.int8), net.constant(net.rng.integers(-300, 300, 5), np.int32),
           net.constant(0.25), net.point(9), domain=MS, transB=1, alpha=1.0)
    net.linear("DequantizeLinear", 0.25, 9)
    return net


@first
def integer_sums_with_constants() -> Exported:
    net = Exported(1, 8, 8)
    net.linear("QuantizeLinear", 1)
    net.linear_conv((4, 1, 3, 3), (1, 0), (0.5, 120), bias=False, pads=[1] * 4)
    net.op("QLinearAdd", net.at, net.constant(0.5), net.point(120),
           net.constant(np.array([90, 140, 170, 250]).reshape(4, 1, 1), np.uint8), net.constant(0.125), net.point(128),
           net.constant(0.5), net.point(0), domain=MS)
    net.op("QLinearMul", net.constant(5, np.uint8), net.constant(0.25), net.point(1), net.at, net.constant(0.5),
           net.point(0), net.constant(0.5), net.point(2), domain=MS)
    net.op("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    net.picture(1, 64)
    net.op("QLinearMatMul", net.at, net.constant(0.5), net.point(2),
           net.constant(net.rng.integers(0, 255, (64, 5)), np.uint8), net.constant(2.0 ** -7), net.point(128),
           net.constant(2), net.point(100))
    net.linear("DequantizeLinear", 2, 100)
    return net


@first
def integer_maps_side_by_side() -> Exported:
    net = Exported(3, 6, 6)
    around = net.linear("QuantizeLinear", 1)
    one = net.linear_conv((4, 3, 3, 3), (1, 0), (0.5, 0), pads=[1] * 4)
    net.at = around
    other = net.linear_conv((2, 3, 1, 1), (1, 0), (0.25, 10))
    net.op("QLinearConcat", net.constant(0.5), net.point(5), one, net.constant(0.5), net.point(0), other,
           net.constant(0.25), net.point(10), domain=MS, axis=1)
    net.linear_conv((3, 6, 1, 1), (0.5, 5), (0.5, 0))
    net.op("QLinearAveragePool", net.at, net.constant(0.5), net.point(0), net.constant(0.25), net.point(7), domain=MS,
           kernel_shape=[2, 2], strides=[2, 2])
    net.op("QLinearLeakyRelu", net.at, net.constant(0.25), net.point(7), net.constant(0.25), net.point(3), domain=MS,
           alpha=0.125)
    net.linear("DequantizeLinear", 0.25, 3)
    return net


@first
def shapes_that_are_computed() -> Exported:
    """View of old PyTorch exports; and that of new ones, which asks for one size alone."""
    net = maps(3, 8, opset=17)
    net.conv(3, 4, pads=(1, 1, 1, 1))
    net.quant(3, 1)
    at = net.op("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    size = net.op("Gather", net.op("Shape", at), net.constant(0, np.int64), axis=0)
    rows = net.op("Unsqueeze", size, net.constant([0], np.int64))
    net.op("Reshape", at, net.op("Concat", rows, net.constant([-1], np.int64), axis=0))
    net.op("Dropout")
    net.op("Gemm", net.at, net.weights((8, 64), 3, 0.25), net.constant(np.arange(8) / 4), transB=1)
    at = net.quant(3, 1, of=net.op("Relu"))
    size = net.op("Shape", at, start=0, end=1)
    net.op("Reshape", at, net.op("Concat", size, net.constant([8], np.int64), axis=0))
    net.op("Gemm", net.at, net.weights((8, 5), 3, 0.25), transB=0)
    return net


@first
def constants_as_nodes() -> Exported:
    net = Exported(16)

    def constant(value: object, dtype: type = F) -> str:
        name = f"k{len(net.nodes)}"
        tensor = numpy_helper.from_array(np.asarray(value, dtype), name)
        net.nodes.append(helper.make_node("Constant", [], [name], value=tensor))
        return name
    net.constant = constant  # type: ignore[method-assign]
    net.quant(4, 1)
    net.fc(16, 8, bias=np.arange(8) / 4)
    net.norm(8)
    net.op("Relu")
    net.quant(3, 1)
    net.op("Identity")
    net.fc(8, 3)
    return net


@first
def other_elementwise_operators() -> Exported:
    net = maps()
    net.conv(2, 4)
    net.op("PRelu", net.at, net.constant(np.array([0.25, 0.5, 0, 0.125]).reshape(4, 1, 1)))
    net.op("Min", net.at, net.constant(6.0))
    net.op("Max", net.constant(-2.0), net.at)
    net.quant(4, 0.5, signed=1)
    net.conv(4, 4)
    net.op("HardSigmoid", alpha=0.125, beta=0.5)
    net.quant(3, 0.125)
    net.conv(4, 3, 1)
    net.op("Tanh")
    net.quant(3, 0.25, signed=1)
    return end(net, 12)


@first
def sums_of_three() -> Exported:
    net = maps()
    around = net.at
    net.conv(2, 2, pads=(1, 1, 1, 1))
    one = net.quant(4, 1, signed=1)
    net.at = around
    net.conv(2, 2, pads=(1, 1, 1, 1))
    net.op("Sum", around, one, net.quant(4, 1, signed=1), net.constant([[[[2.0]]]]))
    net.quant(4, 2, signed=1)
    return end(net, 72)


@first
def one_dimension() -> Exported:
    net = Exported(2, 16)
    net.quant(4, 1)
    for channels, more in ((2, {"pads": [1, 1]}), (4, {"auto_pad": "SAME_LOWER", "dilations": [2], "group": 2})):
        weights = net.weights((4, channels // more.get("group", 1), 3), 3, 0.25)  # type: ignore[operator]
        net.op("Conv", net.at, weights, kernel_shape=[3], **more)
        net.norm(4)
        net.op("Relu")
        net.quant(3, 1)
        net.op("MaxPool", kernel_shape=[2], strides=[2])
    net.op("AveragePool", kernel_shape=[2], strides=[1])
    net.quant(4, 0.5)
    net.op("GlobalAveragePool")
    net.op("Squeeze", net.at, net.constant([2], np.int64))
    net.quant(5, 0.25)
    net.fc(4, 3)
    return net


@first
def frames_of_zeros_before_pools() -> Exported:
    net = maps(2, 7)
    net.op("Pad", net.at, net.constant([1, 1], np.int64), "", net.constant([3], np.int64))
    net.op("Pad", net.at, net.constant([0, 0, 0, 0, 0, 0, 1, 1], np.int64))
    net.quant(4, 1)
    net.op("MaxPool", kernel_shape=[3, 3], strides=[2, 2])
    net.conv(2, 3, 1)
    net.quant(4, 0.5, signed=1)
    net.op("Pad", net.at, net.constant([0, 0, 1, 0, 0, 0, 1, 0], np.int64), net.constant(0.0))
    net.op("AveragePool", kernel_shape=[2, 2], strides=[2, 2])
    net.quant(4, 0.5, signed=1)
    return end(net, 12)


@first
def frames_of_zero_points() -> Exported:
    """Pad among integers, in front of DequantizeLinear and of QLinearConv, whose zero points are even: the evaluator
    rounds with them added, which tells ties of odd ones otherwise.
    """  # noqa: D205
    net, pads = Exported(2, 6, 6), [0, 0, 1, 1, 0, 0, 1, 1]
    net.linear("QuantizeLinear", 1, 6)
    net.op("Pad", net.at, net.constant(pads, np.int64), net.point(6))
    net.linear_conv((3, 2, 3, 3), (1, 6), (0.5, 8))
    net.op("Pad", net.at, net.constant(pads, np.int64), net.point(8))
    net.linear("DequantizeLinear", 0.5, 8)
    net.op("Conv", net.at, net.integers((3, 3, 3, 3), 2.0 ** -6))
    return net


# ---- Keras' and TensorFlow's: channels last
@as_it_is
def weights_moved_behind_their_quantizer() -> Exported:
    """QKeras by tf2onnx."""
    net = Exported(6, 6, 2)
    to_first(net)
    at = net.quant(4, 1)
    weights = net.quant(3, 0.25, 0, 1, 1, of=net.constant(net.rng.normal(0, 1, (3, 3, 2, 4))))
    weights = net.op("Transpose", weights, perm=[3, 2, 0, 1])
    bias = net.quant(6, 0.25, 0, 1, 1, of=net.constant(net.rng.normal(0, 3, 4)))
    net.op("Conv", at, weights, bias, kernel_shape=[3, 3], auto_pad="SAME_UPPER", strides=[1, 1])
    net.op("Relu")
    net.quant(4, 1)
    net.op("MaxPool", kernel_shape=[2, 2], strides=[2, 2], auto_pad="VALID")
    to_last(net)
    net.picture(-1, 36)
    net.fc(36, 5)
    at = net.at
    net.op("Add", at, net.quant(6, 0.25, 0, 1, 1, of=net.constant(net.rng.normal(0, 3, 5))))
    return net


@as_it_is
def everything_between_channels_last() -> Exported:
    net = pictures()
    net.op("Pad", net.at, net.constant([0, 1, 1, 0, 0, 1, 1, 0], np.int64), net.constant(0.0))
    to_first(net)
    net.conv(2, 4)
    to_last(net)
    net.binary("Mul", [1, 2, 0.5, 1])
    net.binary("Add", [1, 2, 0.5, 1])
    net.op("Relu")
    around = net.quant(4, 1)
    to_first(net)
    net.conv(4, 3, 1)
    to_last(net)
    net.quant(4, 1)
    net.op("Concat", net.at, around, axis=-1)
    net.op("ReduceMean", net.at, net.constant([1, 2], np.int64), keepdims=0)
    net.quant(4, 0.5)
    net.fc(7, 3)
    return net


@as_it_is
def products_of_pixels() -> Exported:
    net = pictures()
    net.fc(2, 8, bias=np.arange(8) / 4)
    net.quant(4, 1)
    net.fc(8, 3)
    net.quant(4, 1)
    to_first(net)
    net.op("GlobalAveragePool")
    net.quant(5, 0.5)
    net.picture(1, 1, 3)
    net.fc(3, 2)
    return net


@as_it_is
def operators_of_channels_last() -> Exported:
    """As qonnx's own conversion leaves them."""
    net = pictures()
    net.op("Conv", net.at, net.weights((4, 2, 3, 3), 3, 0.25), domain=LAST, kernel_shape=[3, 3], pads=[1] * 4)
    net.op("Relu")
    net.quant(4, 1)
    net.op("MaxPool", domain=LAST, kernel_shape=[2, 2], strides=[2, 2])
    return end(net, 36)


@as_it_is
def grey_picture_without_convolutions() -> Exported:
    net = pictures(1)
    return end(net, 36)


@as_it_is
def picture_without_channels() -> Exported:
    net = Exported(6, 6)
    net.quant(4, 1)
    net.op("Unsqueeze", net.at, net.constant([1], np.int64))
    net.conv(1, 3)
    net.quant(4, 1)
    return end(net, 48)


@as_it_is
def vector_that_becomes_a_picture() -> Exported:
    net = Exported(32)
    net.quant(4, 1)
    net.picture(-1, 1, 4, 8)
    net.conv(1, 3)
    net.quant(4, 1)
    return end(net, 36)


@as_it_is
def one_dimension_of_keras() -> Exported:
    net = Exported(16, 2)
    net.quant(4, 1)
    net.op("Transpose", perm=[0, 2, 1])
    net.op("Unsqueeze", net.at, net.constant([2], np.int64))
    net.op("Conv", net.at, net.weights((4, 2, 1, 3), 3, 0.25), kernel_shape=[1, 3], auto_pad="SAME_UPPER")
    net.op("Squeeze", net.at, net.constant([2], np.int64))
    net.op("Transpose", perm=[0, 2, 1])
    net.binary("Add", [1, 2, 3, 4])
    net.op("Relu")
    net.quant(4, 1)
    net.op("ReduceMean", net.at, net.constant([1], np.int64), keepdims=0)
    net.quant(5, 0.5)
    net.fc(4, 3)
    return net


@as_it_is
def bytes_of_tensorflow_lite() -> Exported:
    """Integers from the input on, as int8."""
    net = Exported(6, 6, 2)
    net.input_type = TensorProto.INT8
    to_first(net)
    net.linear("DequantizeLinear", 0.5, 3, np.int8)
    net.op("Conv", net.at, net.integers((3, 2, 3, 3), 2.0 ** -6), pads=[1] * 4)
    net.linear("QuantizeLinear", 1, -7, np.int8)
    net.linear("DequantizeLinear", 1, -7, np.int8)
    to_last(net)
    net.picture(1, 108)
    net.op("MatMul", net.at, net.integers((108, 3), 2.0 ** -6))
    net.linear("QuantizeLinear", 1, 5, np.int8)
    return net


# ---- what is not taken
@refused("AveragePool_3", "count_include_pad 0", "fewer elements")
def averages_of_fewer() -> Exported:
    net = maps()
    net.op("Identity")
    net.op("Identity")
    net.op("AveragePool", kernel_shape=[3, 3], pads=[1] * 4)
    net.quant(4, 1)
    return end(net, 72)


@refused("GlobalAveragePool_3", "without a quantizer")
def average_of_scores() -> Exported:
    net = maps()
    net.conv(2, 4)
    net.op("GlobalAveragePool")
    net.op("Flatten")
    return net


@refused("Sigmoid_3", "stands inside")
def squeeze_and_excite() -> Exported:
    net = maps()
    around = net.at
    net.conv(2, 2)
    net.op("Sigmoid")
    net.op("Mul", around, net.at)
    return net


@refused("Split_1", "a part of a map")
def half_of_the_channels() -> Exported:
    net = maps(4)
    net.op("Split", net.at, net.constant([2, 2], np.int64), outputs=2, axis=1)
    net.conv(2, 2)
    return net


@refused("DynamicQuantizeLinear_0", "fixed scales")
def dynamic_quantization() -> Exported:
    net = Exported(16)
    net.op("DynamicQuantizeLinear", outputs=3)
    net.op("MatMulInteger", net.at, net.constant(net.rng.integers(-9, 9, (16, 4)), np.int8))
    net.op("Cast", to=1)
    return net


@refused("Transpose_4", "in its own order")
def scores_that_are_moved() -> Exported:
    net = Exported(16)
    net.quant(4, 1)
    net.fc(16, 6)
    net.picture(1, 2, 3)
    net.op("Transpose", perm=[0, 2, 1])
    return net


@refused("Dropout_3", "training mode")
def network_in_training() -> Exported:
    net = Exported(16)
    net.quant(4, 1)
    net.fc(16, 4)
    net.op("Dropout", net.at, net.constant(0.5), net.constant(True, np.bool_))
    return net


@refused("MaxPool_1", "kernel_shape (2,)", "2 axes")
def window_of_one_axis_on_a_map() -> Exported:
    net = maps()
    net.op("MaxPool", kernel_shape=[2])
    return end(net, 72)


@refused("Conv_2", "kernel_shape (1, 3)", "(4, 2, 3, 3)")
def kernel_of_another_shape() -> Exported:
    net = maps()
    net.op("Conv", net.at, net.weights((4, 2, 3, 3), 3, 0.25), kernel_shape=[1, 3])
    return net


@refused("DequantizeLinear_1", "scale of type uint8")
def zero_point_in_place_of_a_scale() -> Exported:
    net = Exported(16)
    net.linear("QuantizeLinear", 1, 5)
    net.op("DequantizeLinear", net.at, net.point(5))
    net.fc(16, 4)
    return net


@refused("Transpose_1", "the output is the input")
def nothing_but_moves() -> Exported:
    net = Exported(6, 6, 2)
    to_first(net)
    to_last(net)
    return net


@refused("MaxPool_2", "1.0 around it", "from 0.0 on")
def frame_of_ones_before_a_maximum() -> Exported:
    net = maps()
    net.op("Pad", net.at, net.constant([0, 0, 1, 1, 0, 0, 1, 1], np.int64), net.constant(1.0))
    net.op("MaxPool", kernel_shape=[2, 2])
    return end(net, 98)


@refused("QLinearMul_2", "one must be a constant")
def integer_product_of_two_maps() -> Exported:
    net = Exported(2, 6, 6)
    net.linear("QuantizeLinear", 1)
    net.op("Identity")
    net.op("QLinearMul", net.at, net.constant(1), net.point(0), net.at, net.constant(1), net.point(0), net.constant(1),
           net.point(0), domain=MS)
    return net


@pytest.mark.parametrize("name", [*FIRST, *AS_IT_IS])
def test_equal(place: Path, name: str) -> None:
    net = {**FIRST, **AS_IT_IS}[name]()
    path = net.save(place / "net.onnx")
    is_float = net.input_type == TensorProto.FLOAT
    found, network = onnx_nets.brought_in(path, place / "net", **({"input_scale": 1} if is_float else {}))
    height, width, channels = (*network.topology.input.shape, 1, 1)[:3]
    images = np.random.default_rng(3).integers(0, 16, (12, *network.topology.input.shape)).astype(np.uint8)
    inputs = images.reshape(-1, height, width, channels)
    if name in FIRST and len(net.shape) > 2:
        inputs = inputs.transpose(0, 3, 1, 2)
    expected = onnx_exporters.evaluated(path, inputs.reshape(-1, *net.shape[1:]).astype(F if is_float else np.int8))
    integers = onnx_nets.results(found, network, images)
    assert found.scale is not None
    np.testing.assert_array_equal(expected, integers * found.scale.astype(np.float64).repeat(
        integers.shape[1] // len(found.scale)))
    assert len(np.unique(expected)) > 4


@pytest.mark.parametrize("name", REFUSED)
def test_refused(place: Path, name: str) -> None:
    make, parts = REFUSED[name]
    path = make().save(place / "net.onnx")
    with pytest.raises(FinnError) as caught:
        import_onnx(path, input_scale=1)
    assert all(part in str(caught.value) for part in ("net.onnx", *parts)), str(caught.value)
