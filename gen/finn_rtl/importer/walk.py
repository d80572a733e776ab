"""From a graph to maps: node by node, constants are computed, elements followed, and matrices found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from finn_rtl.importer import joining, linear, padding, pooling, products, quantizers, resizing, summing
from finn_rtl.importer.constants import MOVES, computed, moved, sizes_of
from finn_rtl.importer.elementwise import ENDS, MAKERS, added, along, by_channel, step_of
from finn_rtl.importer.graph import FLOAT, Graph, GraphNode
from finn_rtl.importer.holding import Holder
from finn_rtl.importer.layout import Layout, is_plain, layout_of
from finn_rtl.importer.maps import Sums
from finn_rtl.importer.numbers import Numbers
from finn_rtl.importer.operators import CHANNELS_LAST, CLOSING, LATER
from finn_rtl.importer.places import later
from finn_rtl.importer.values import Constant, Move, Step, Stream

Value = Constant | Stream
#: Operators that take a map with numbers around it (Pad).
AROUND = frozenset({"Conv", "QLinearConv", "MaxPool", "AveragePool", "QLinearAveragePool", "Pad", "Identity", "Dropout",
                    "Cast", "Transpose", *MAKERS})


class Walk:
    """Goes through a graph; `made` has the maps, each behind those that it is made of."""

    def __init__(self, graph: Graph, source: Stream, holder: Holder) -> None:
        self.graph, self.holder = graph, holder
        self.values: dict[str, Value] = {name: Constant(array) for name, array in graph.constants.items()}
        self.values[graph.input] = source

    def run(self) -> Stream:
        """The output's tensor.

        Raises:
            FinnError: the network cannot be taken over as it is.
        """
        for node in self.graph.nodes:
            try:
                value = self._node(node)
                if isinstance(value, Stream) and node.op in ENDS and self.graph.readers[node.outputs[0]] > 1:
                    # Read by several: a map of its own.
                    value = self.holder.held(node.place, value)
            except (ValueError, IndexError, KeyError, TypeError, OverflowError, AssertionError, MemoryError) as error:
                raise node.place.error("its attributes and inputs do not fit one another"
                                       f" ({' '.join(str(error).split()) or type(error).__name__})") from None
            # Of the largest the labels are the second output, and the first one is not looked at.
            self.values[node.outputs[1 if node.op == "TopK" and len(node.outputs) > 1 else 0]] = value
        found = self.values.get(self.graph.output)
        if not isinstance(found, Stream):
            raise self.graph.nodes[-1].place.error("the output does not depend on the input, or is a second output"
                                                   " of a node")
        if not found.source.nodes and not found.steps:
            raise self.graph.nodes[-1].place.error("the output is the input, and nothing is computed in between")
        if not is_plain(found) or any(found.padding):
            raise self.graph.nodes[-1].place.error("the elements that leave are not those of a map, each once, in its"
                                                   " own order (by channel, row and column, or channels last): end the"
                                                   " network in front of what moves them")
        return found

    def _node(self, node: GraphNode) -> Value:
        inputs: list[Value | None] = []
        for name in node.inputs:
            if name and name not in self.values:
                raise node.place.error(f"reads {name!r}, a second output of a node: only first ones are known")
            inputs.append(self.values[name] if name else None)
        streams = [value for value in inputs if isinstance(value, Stream)]
        if not streams:
            return computed(node, [value for value in inputs if not isinstance(value, Stream)])
        for stream in streams:
            self._check_closed(node, stream)
        if any(any(stream.padding) for stream in streams) and (node.op not in AROUND or len(streams) > 1):
            raise later(node.place, "reads a map with numbers around it (Pad), which only convolutions, pools, and what"
                                    " works on each element alone may")
        if node.op == "Shape":
            return sizes_of(node, streams[0].index)
        if node.op in LATER:
            raise later(node.place, LATER[node.op])
        if node.domain == CHANNELS_LAST:
            value = self._operator(node, [_turned(value, -1, 1) for value in inputs],
                                   [_turned(stream, -1, 1) for stream in streams])
            turned: Value = _turned(value, 1, -1)
            return turned
        return self._operator(node, inputs, streams)

    @staticmethod
    def _check_closed(node: GraphNode, stream: Stream) -> None:
        if stream.closed is None or node.op in MOVES or node.op in ("ArgMax", "TopK", "Cast"):
            return
        raise stream.closed.error(f"stands inside the network, in front of {node.place.name!r} ({node.op}): only the"
                                  " last operator of a network can be one of this kind")

    def _operator(self, node: GraphNode, inputs: list[Value | None], streams: list[Stream]) -> Value:
        first = inputs[0]
        if node.op in MOVES or node.op == "Cast":
            assert isinstance(first, Stream)
            others = [value if isinstance(value, Constant) else None for value in inputs]
            return self._moved(node, first, others)
        handler = self._handlers().get(node.op)
        if handler is not None:
            return handler(node, inputs)
        if len(streams) > 1:
            if node.op in ("Add", "Sum"):
                return self._sum_of_all(node, inputs)
            raise node.place.error("works on two tensors that both depend on the input: only their sum can be taken")
        constants = {at: value for at, value in enumerate(inputs) if isinstance(value, Constant)}
        if node.op in MAKERS:
            if not isinstance(first, Stream) and node.op not in ("Add", "Sub", "Mul", "Div", "Min", "Max", "Sum"):
                raise node.place.error("its parameters depend on the input: they must be constants")
            return streams[0].then(step_of(node, streams[0], constants))
        raise node.place.error("is known for constants alone, and here the input comes to it")

    def _handlers(self) -> dict[str, Callable[[GraphNode, list[Value | None]], Value]]:
        return {"MatMul": self._product, "Gemm": self._product, "Conv": self._product, "QLinearConv": self._linear,
                "QLinearMatMul": self._linear, "QGemm": self._linear, "MaxPool": self._pool,
                "GlobalMaxPool": self._pool, "DepthToSpace": self._spread, "Resize": self._resize,
                "Upsample": self._resize, "Pad": self._pad, "Concat": self._join,
                "QLinearAdd": self._linear_sum, "QLinearMul": self._linear_each, "QLinearLeakyRelu": self._linear_each,
                "QLinearConcat": self._linear_join, "QLinearAveragePool": self._linear_average,
                "QLinearGlobalAveragePool": self._linear_average,
                **dict.fromkeys(pooling.AVERAGES, self._average), **dict.fromkeys(CLOSING, self._close)}

    def _moved(self, node: GraphNode, stream: Stream, others: list[Constant | None]) -> Stream:
        if node.op == "Cast":
            if node.whole("to", 0) != FLOAT and not stream.is_label:
                raise node.place.error(f"to type number {node.whole('to', 0)}: only to float32, which all is")
            return stream
        if node.op == "Dropout" and len(node.inputs) > 2 and node.inputs[2] and (
                others[2] is None or others[2].array.any()):
            raise node.place.error("is in training mode: export the network for inference")
        if node.op == "Reshape" and (len(others) < 2 or others[1] is None):
            raise node.place.error("its shape depends on the input's elements, or is missing: it must be a constant")
        try:
            return replace(stream, index=moved(node, stream.index, others))
        except (ValueError, IndexError, TypeError) as error:
            raise node.place.error(f"does not fit a tensor of shape {stream.index.shape} ({error})") from None

    # ---- products
    def _product(self, node: GraphNode, inputs: list[Value | None]) -> Stream:
        stream, weights = inputs[0], inputs[1] if len(inputs) > 1 else None
        if not isinstance(stream, Stream) or not isinstance(weights, Constant):
            raise node.place.error("multiplies two tensors that both depend on the input, or a constant from the left:"
                                   " only products with constant weights from the right are supported")
        if node.number("alpha", 1) != 1 or node.number("beta", 1) != 1 or node.whole("transA", 0):
            raise node.place.error("alpha and beta must be 1, and transA 0")
        bias = inputs[2] if len(inputs) > 2 else None
        if isinstance(bias, Stream):
            raise node.place.error("its bias depends on the input: must be a constant")
        return self._sums(node, stream, weights, bias)

    def _sums(self, node: GraphNode, stream: Stream, weights: Constant, bias: Constant | None) -> Stream:
        place = node.place
        is_window = node.op in ("Conv", "QLinearConv")
        if not is_window:
            if weights.array.ndim != 2:
                raise place.error(f"weights of shape {weights.array.shape}: must have two dimensions")
            weights = products.constant_rows(weights, bool(node.whole("transB", 0)))
        matrix = products.matrix_of(place, weights)
        if any(stream.padding) and stream.fill != 0:
            raise place.error(f"stands behind a map with {stream.fill} around it (Pad): must be 0")
        ifm = replace(self.holder.held(place, stream.inner), padding=stream.padding)
        found = products.windowed(node, ifm, matrix) if is_window else products.applied(place, ifm, matrix)
        self.holder.made.append(found.source)
        if bias is None:
            return found
        spread = bias.moved(lambda array: along(array.reshape(-1), 1, found.index.ndim))
        return found.then(Step(place, added(place, found, spread)))

    def _linear(self, node: GraphNode, inputs: list[Value | None]) -> Stream:
        place = node.place
        is_gemm, is_window = node.op == "QGemm", node.op == "QLinearConv"
        stream, constants = inputs[0], [value if isinstance(value, Constant) else None for value in inputs]
        if not isinstance(stream, Stream) or any(isinstance(value, Stream) for value in inputs[1:]):
            raise place.error("multiplies two tensors that both depend on the input: only constant weights are"
                              " supported")
        at = (7, 8, 6) if is_gemm else (6, 7, 8)
        bias = constants[at[2]] if len(constants) > at[2] else None
        parts = [constants[k] if len(constants) > k else None for k in (1, 2, 3, 4, 5, *at[:2])]
        if any(part is None for part in parts):
            raise place.error("an input is missing, or is no constant; scales and zero points of its result must be"
                              " there")
        if is_gemm and (node.number("alpha", 1) != 1 or node.whole("transA", 0)):
            raise place.error("alpha must be 1, and transA 0")
        x_scale, x_zero, weight, w_scale, w_zero, y_scale, y_zero = (part for part in parts if part is not None)
        sx, sy = (float(quantizers.checked_scale(place, np.asarray(quantizers.scalar(place, "scale", part))))
                  for part in (x_scale, y_scale))
        zx, zy = (int(quantizers.scalar(place, "zero point", part)) for part in (x_zero, y_zero))
        ifm = stream.then(Step(place, lambda x, c: quantizers.dequantized(place, x, sx, zx)))
        axis = 0 if is_window or node.whole("transB", 0) else 1
        scale, zero = (along(np.asarray(part.array), axis, weight.array.ndim) for part in (w_scale, w_zero))
        q = weight.array.astype(np.int64) - zero.astype(np.int64)
        spread = np.broadcast_to(quantizers.checked_scale(place, scale), q.shape)
        found = self._sums(node, ifm, Constant(q.astype(np.float32) * spread, q, spread), None)
        biases = np.zeros(found.channels, np.int64)
        if bias is not None:
            spread_bias = along(bias.array.astype(np.int64).reshape(-1), 1, found.index.ndim)
            biases = by_channel(place, found, spread_bias, "the bias")
        factors = found.scale / np.float32(sy)
        limits = int(np.iinfo(y_zero.array.dtype).min), int(np.iinfo(y_zero.array.dtype).max)

        def apply(x: Numbers, c: int) -> Numbers:
            sums = x.exact(x.whole + int(biases[c]), 1.0)
            scaled = sums.moved(sums.real * sums.cast(float(factors[c])), float(factors[c]))
            return quantizers.quantized_linear(scaled, 1.0, zy, limits)
        return found.then(Step(place, apply, is_quantizer=True))

    def _linear_sum(self, node: GraphNode, inputs: list[Value | None]) -> Stream:
        terms = [linear.dequantized(node.place, *(linear.at(inputs, k) for k in (first, first + 1, first + 2)))
                 for first in (0, 3)]
        total = self._sum_of_all(node, [*terms])
        return linear.quantized(node.place, total, linear.at(inputs, 6), linear.at(inputs, 7))

    def _linear_each(self, node: GraphNode, inputs: list[Value | None]) -> Stream:
        """A product with a constant, or a LeakyRelu."""
        first, *others = (linear.dequantized(node.place, *(linear.at(inputs, k) for k in (at, at + 1, at + 2)))
                          for at in ((0, 3) if node.op == "QLinearMul" else (0,)))
        if not isinstance(first, Stream):
            first, others = others[0], [first]
        if not isinstance(first, Stream) or any(isinstance(value, Stream) for value in others):
            raise node.place.error("multiplies two tensors that both depend on the input: one must be a constant")
        same = replace(node, op=node.op.removeprefix("QLinear"))
        step = step_of(same, first, dict(enumerate((value for value in others if isinstance(value, Constant)), 1)))
        end = 3 + 3 * len(others)
        return linear.quantized(node.place, first.then(step), linear.at(inputs, end), linear.at(inputs, end + 1))

    def _linear_average(self, node: GraphNode, inputs: list[Value | None]) -> Stream:
        if node.whole("channels_last", 0):
            raise node.place.error("channels_last 1: only maps (1, channels, height, width) are supported")
        same = replace(node, op=node.op.removeprefix("QLinear"))
        ifm = linear.dequantized(node.place, *(linear.at(inputs, k) for k in (0, 1, 2)))
        return linear.quantized(node.place, self._average(same, [ifm]), linear.at(inputs, 3), linear.at(inputs, 4))

    def _linear_join(self, node: GraphNode, inputs: list[Value | None]) -> Stream:
        parts = []
        for first in range(2, len(inputs), 3):
            part = linear.dequantized(node.place, *(linear.at(inputs, k) for k in (first, first + 1, first + 2)))
            if not isinstance(part, Stream):
                raise node.place.error("joins a map with constants: only maps that depend on the input can be joined")
            parts.append(linear.quantized(node.place, part, inputs[0], inputs[1]))
        return self._joined(node, parts)

    # ---- maps
    def _sum_of_all(self, node: GraphNode, inputs: list[Value | None]) -> Stream:
        """One after the other, as the graph adds them."""
        total = inputs[0]
        for value in inputs[1:]:
            one, other = (total, value) if isinstance(total, Stream) else (value, total)
            if not isinstance(one, Stream):
                raise node.place.error("adds up constants in front of what depends on the input: put them behind")
            if isinstance(other, Stream):
                total = self._sum(node, [one, other])
            elif isinstance(other, Constant):
                total = one.then(Step(node.place, added(node.place, one, other)))
        assert isinstance(total, Stream)
        return total

    def _sum(self, node: GraphNode, streams: list[Stream]) -> Stream:
        place = node.place
        a, b = (summing.term_of(place, stream, self.holder.kind)
                if isinstance(stream.source, Sums) and not stream.is_quantized else
                self.holder.held(place, stream) for stream in streams)
        found = summing.added(place, a, b, self.holder.kind)
        self.holder.made.append(found.source)
        return found

    def _join(self, node: GraphNode, inputs: list[Value | None]) -> Stream:
        streams = [value for value in inputs if isinstance(value, Stream)]
        if len(streams) < len(inputs):
            raise node.place.error("joins a map with constants: only maps that depend on the input can be joined")
        return self._joined(node, streams)

    def _joined(self, node: GraphNode, streams: list[Stream]) -> Stream:
        held = [self.holder.held(node.place, stream) for stream in streams]
        restored = joining.check_axis(node, held)
        found, made = joining.joined(node.place, held)
        self.holder.made += made
        return restored(found)

    def _map_of(self, node: GraphNode, value: Value | None) -> tuple[Stream, Layout]:
        found = layout_of(value) if isinstance(value, Stream) else None
        if not isinstance(value, Stream) or found is None or not found.is_first:
            raise node.place.error("its input is no map (1, channels, height, width) in its own order")
        return value, found

    def _then(self, stream: Stream, layout: Layout, move: Move) -> Stream:
        height, width, channels = move.shape(stream.shape)
        if height < 1 or width < 1:
            raise move.place.error(f"window {move.size[0]}x{move.size[1]}: none fits the map of {stream.shape[0]}x"
                                   f"{stream.shape[1]} pixels")
        products.check_size(move.place, (height, width, channels))
        return replace(stream, moves=(*stream.moves, move), index=layout.index((height, width, channels)))

    def _pool(self, node: GraphNode, inputs: list[Value | None]) -> Stream:
        stream, layout = self._map_of(node, inputs[0])
        whole = pooling.Window(stream.shape[:2], stream.shape[:2])
        window = pooling.window_of(node, stream) if node.op == "MaxPool" else whole
        if any(stream.padding):
            # What is less than all others, too, is never the largest alone.
            fill = stream.fill
            stream = self.holder.held(node.place, stream.inner)
            least = float((stream.source.low * stream.scale).min())
            if fill > least:
                raise node.place.error(f"reads a map with {fill} around it (Pad) whose own numbers are from {least} on:"
                                       " give the pool pads of its own")
        return self._then(stream, layout, Move(node.place, "maxpool", window.size, window.stride, len(stream.steps),
                                               window.padding))

    def _average(self, node: GraphNode, inputs: list[Value | None]) -> Stream:
        place, stream = node.place, inputs[0]
        layout = layout_of(stream) if isinstance(stream, Stream) else None
        if not isinstance(stream, Stream) or layout is None or not (layout.is_first or node.op == "ReduceMean"):
            raise place.error("its input is no map (1, channels, height, width) in its own order")
        others = [value if isinstance(value, Constant) else None for value in inputs]
        window = pooling.average_of(node, stream, layout, others)
        if any(stream.padding) and stream.fill != 0:
            raise place.error(f"reads a map with {stream.fill} around it (Pad): must be 0")
        found = pooling.summed(place, self.holder.held(place, stream.inner), window)
        self.holder.made.append(found.source)
        index = layout.index(found.source.shape)
        if node.op == "ReduceMean" and not node.whole("keepdims", 1):
            index = np.squeeze(index, layout.places)
        return replace(found, index=index)

    def _resize(self, node: GraphNode, inputs: list[Value | None]) -> Stream:
        place, (stream, layout) = node.place, self._map_of(node, inputs[0])
        factors = resizing.factors_of(node, stream.index.shape, inputs[1:], self.graph.opsets.get("", resizing.NEWEST))
        return self._then(stream, layout, Move(place, "upsample", factors, factors, len(stream.steps)))

    def _spread(self, node: GraphNode, inputs: list[Value | None]) -> Stream:
        stream, layout = self._map_of(node, inputs[0])
        if len(layout.axes) < 4 or (layout.order != np.arange(stream.channels)).any():
            raise node.place.error("its input is no map (1, channels, height, width) in its own order")
        found = resizing.spread(node, self.holder.held(node.place, stream))
        self.holder.made.append(found.source)
        return found

    def _pad(self, node: GraphNode, inputs: list[Value | None]) -> Stream:
        place, stream = node.place, inputs[0]
        layout = layout_of(stream) if isinstance(stream, Stream) else None
        if not isinstance(stream, Stream) or layout is None:
            raise place.error("its input is no map (1, channels, height, width) in its own order")
        others = [value if isinstance(value, Constant) else None for value in inputs]
        sides, fill = padding.around(node, layout, others)
        if any(stream.padding) and stream.fill != fill:
            raise place.error(f"puts {fill} around a map that has {stream.fill} around it (Pad): must be the same")
        top, bottom, left, right = (a + b for a, b in zip(sides, stream.padding, strict=True))
        return replace(stream, padding=(top, bottom, left, right), fill=fill)

    # ---- the end
    def _close(self, node: GraphNode, inputs: list[Value | None]) -> Stream:
        stream, labels = inputs[0], 1
        if not isinstance(stream, Stream):
            raise node.place.error("reads no tensor that depends on the input")
        ndim = stream.index.ndim
        axis = node.whole("axis", -1 if node.op != "ArgMax" else 0)
        if node.op != "Sigmoid" and axis not in (1, ndim - 1, -1, 1 - ndim):
            raise node.place.error(f"axis {axis}: must be that of the channels, 1")
        if node.op in ("Softmax", "LogSoftmax", "Sigmoid"):
            return replace(stream, closed=stream.closed or node.place)
        if node.op == "TopK":
            count = inputs[1] if len(inputs) > 1 else None
            number = count.array.reshape(-1).tolist() if isinstance(count, Constant) else [node.whole("k", 0)]
            if len(number) != 1 or not 1 <= number[0] <= stream.index.shape[axis]:
                raise node.place.error(f"k {number}: must be a constant from 1 to the {stream.index.shape[axis]}"
                                       " scores that it reads")
            if not node.whole("largest", 1):
                raise node.place.error("largest 0: only the largest scores can be told, not the smallest")
            labels = int(number[0])
        elif node.whole("select_last_index", 0):
            raise node.place.error("select_last_index 1: of equal scores the first one is told")
        if stream.index.size != stream.index.shape[axis]:
            raise node.place.error(f"tells a label for each pixel of a map of shape {stream.index.shape}: one can be"
                                   " told of a single pixel alone; end the network in front of it")
        return replace(stream, closed=stream.closed or node.place, is_label=True, labels=labels)


def _turned(value: Any, source: int, to: int) -> Any:
    """A stream with an axis in another place; anything else as it is."""
    return replace(value, index=np.moveaxis(value.index, source, to)) if isinstance(value, Stream) else value
