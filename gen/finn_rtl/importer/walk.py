"""From a graph to maps: node by node, constants are computed, elements followed, and matrices found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from finn_rtl.importer import joining, pooling, products, quantizers, resizing, summing
from finn_rtl.importer.constants import MOVES, computed, moved
from finn_rtl.importer.elementwise import ENDS, MAKERS, added, along, by_channel, step_of
from finn_rtl.importer.graph import FLOAT, Graph, GraphNode
from finn_rtl.importer.holding import Holder
from finn_rtl.importer.maps import Sums
from finn_rtl.importer.numbers import Numbers
from finn_rtl.importer.operators import CLOSING, LATER
from finn_rtl.importer.places import later
from finn_rtl.importer.values import Constant, Move, Step, Stream

Value = Constant | Stream


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
        if any(any(stream.padding) for stream in streams) and node.op != "Conv":
            raise later(node.place, "reads a map with zeros around it (Pad), which only a convolution may")
        if node.op == "Shape":
            return Constant(np.array(streams[0].index.shape, np.int64))
        if node.op in LATER:
            raise later(node.place, LATER[node.op])
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
            if node.op == "Add":
                return self._sum(node, streams)
            raise node.place.error("works on two tensors that both depend on the input: only their sum can be taken")
        constants = {at: value for at, value in enumerate(inputs) if isinstance(value, Constant)}
        if node.op in MAKERS:
            if not isinstance(first, Stream) and node.op not in ("Add", "Sub", "Mul", "Div"):
                raise node.place.error("its parameters depend on the input: they must be constants")
            return streams[0].then(step_of(node, streams[0], constants))
        raise node.place.error("is known for constants alone, and here the input comes to it")

    def _handlers(self) -> dict[str, Callable[[GraphNode, list[Value | None]], Value]]:
        return {"MatMul": self._product, "Gemm": self._product, "Conv": self._product, "QLinearConv": self._linear,
                "QLinearMatMul": self._linear, "QGemm": self._linear, "MaxPool": self._pool,
                "GlobalMaxPool": self._pool, "DepthToSpace": self._spread, "Resize": self._resize,
                "Upsample": self._resize, "Pad": self._pad, "Concat": self._join,
                **dict.fromkeys(pooling.AVERAGES, self._average), **dict.fromkeys(CLOSING, self._close)}

    def _moved(self, node: GraphNode, stream: Stream, others: list[Constant | None]) -> Stream:
        if node.op == "Cast":
            if node.whole("to", 0) != FLOAT and not stream.is_label:
                raise node.place.error(f"to type number {node.whole('to', 0)}: only to float32, which all is")
            return stream
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
        ifm = replace(self.holder.held(place, replace(stream, padding=(0, 0, 0, 0))), padding=stream.padding)
        found = products.windowed(node, ifm, matrix) if is_window else products.full(place, ifm, matrix)
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

    # ---- maps
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
        held = [self.holder.held(node.place, stream) for stream in streams]
        joining.check_axis(node, held)
        found, made = joining.joined(node.place, held)
        self.holder.made += made
        return found

    def _map_of(self, node: GraphNode, value: Value | None) -> Stream:
        if not isinstance(value, Stream) or not products.is_channels_first(value):
            raise node.place.error("its input is no map (1, channels, height, width) in its own order")
        return value

    def _then(self, stream: Stream, move: Move) -> Stream:
        height, width, channels = move.shape(stream.shape)
        if height < 1 or width < 1:
            raise move.place.error(f"window {move.size[0]}x{move.size[1]}: none fits the map of {stream.shape[0]}x"
                                   f"{stream.shape[1]} pixels")
        products.check_size(move.place, (height, width, channels))
        index = np.arange(height * width * channels, dtype=np.int64).reshape(height, width, channels).transpose(2, 0, 1)
        return replace(stream, moves=(*stream.moves, move), index=index[None])

    def _pool(self, node: GraphNode, inputs: list[Value | None]) -> Stream:
        stream = self._map_of(node, inputs[0])
        whole = pooling.Window(stream.shape[:2], stream.shape[:2])
        window = pooling.window_of(node, stream.shape) if node.op == "MaxPool" else whole
        return self._then(stream, Move(node.place, "maxpool", window.size, window.stride, len(stream.steps),
                                       window.padding))

    def _average(self, node: GraphNode, inputs: list[Value | None]) -> Stream:
        stream = self._map_of(node, inputs[0])
        others = [value if isinstance(value, Constant) else None for value in inputs]
        window = pooling.average_of(node, stream, others)
        found = pooling.summed(node.place, self.holder.held(node.place, stream), window)
        self.holder.made.append(found.source)
        if node.op == "ReduceMean" and not node.whole("keepdims", 1):
            return replace(found, index=found.index.reshape(1, -1))
        return found

    def _resize(self, node: GraphNode, inputs: list[Value | None]) -> Stream:
        place, stream = node.place, self._map_of(node, inputs[0])
        factors = resizing.factors_of(node, stream.index.shape, inputs[1:], self.graph.opsets.get("", resizing.NEWEST))
        return self._then(stream, Move(place, "upsample", factors, factors, len(stream.steps)))

    def _spread(self, node: GraphNode, inputs: list[Value | None]) -> Stream:
        stream = self._map_of(node, inputs[0])
        found = resizing.spread(node, self.holder.held(node.place, stream))
        self.holder.made.append(found.source)
        return found

    def _pad(self, node: GraphNode, inputs: list[Value | None]) -> Stream:
        place, stream = node.place, self._map_of(node, inputs[0])
        if node.text("mode", "constant") != "constant":
            raise place.error(f"mode {node.text('mode', '')!r}: only 'constant', of 0, is supported")
        second, third = (inputs[at] if len(inputs) > at else None for at in (1, 2))
        pads = node.wholes("pads") or (
            tuple(int(size) for size in second.array.reshape(-1)) if isinstance(second, Constant) else ())
        value = float(third.array.reshape(-1)[0]) if isinstance(third, Constant) and third.array.size else \
            node.number("value", 0.0)
        if len(inputs) > 3 and inputs[3] is not None:
            raise place.error("names axes: give pads for all four of them")
        if len(pads) != 8 or min(pads) < 0 or pads[0] or pads[1] or pads[4] or pads[5]:
            raise place.error(f"pads {pads}: must be eight numbers, none below 0, and 0 for frames and channels")
        if value != 0:
            raise place.error(f"value {value}: must be 0")
        return replace(stream, padding=(pads[2], pads[6], pads[3], pads[7]))

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
