"""Which operators there are: those that are known, and what the others are refused with."""

from __future__ import annotations

from collections.abc import Mapping

from finn_rtl.common.errors import FinnError
from finn_rtl.common.schema import printable
from finn_rtl.importer.constants import COMPUTE, MOVES
from finn_rtl.importer.elementwise import MAKERS
from finn_rtl.importer.graph import Graph, GraphNode
from finn_rtl.importer.pooling import AVERAGES

#: Those behind which the graph must end: they keep the order of scores.
CLOSING = frozenset({"Softmax", "LogSoftmax", "Sigmoid", "ArgMax", "TopK"})
PRODUCTS = frozenset({"MatMul", "Gemm", "Conv", "QLinearConv", "QLinearMatMul", "QGemm"})
#: Those of onnxruntime.
LINEAR = frozenset({"QLinearAdd", "QLinearMul", "QLinearLeakyRelu", "QLinearConcat", "QLinearAveragePool",
                    "QLinearGlobalAveragePool"})
MAPS = frozenset({"MaxPool", "GlobalMaxPool", *AVERAGES, "Concat", "Resize", "Upsample", "Pad", "DepthToSpace",
                  "Sum"})
#: Known, but no layer is there for them.
LATER: Mapping[str, str] = {
    "SpaceToDepth": "elements in another order", "Split": "a part of a map", "Slice": "a part of a map",
    "Gather": "a part of a map"}
#: Never.
REASONS: Mapping[str, str] = {
    "FloatQuant": "a floating-point quantizer: only integers are computed with; quantize to integers",
    "DynamicQuantizeLinear": "its scale is computed from the data: export the network with fixed scales",
    "ConvTranspose": "a transposed convolution: use an upsampling and a convolution",
    "LayerNormalization": "its mean is computed from the data: use batch normalization",
    "InstanceNormalization": "its mean is computed from the data: use batch normalization",
    "Attention": "multiplies two streams of data: only products with constant weights are supported",
    "MultiHeadAttention": "multiplies two streams of data: only products with constant weights are supported",
    "LSTM": "a recurrent network: only networks without memory are supported",
    "GRU": "a recurrent network: only networks without memory are supported",
    "RNN": "a recurrent network: only networks without memory are supported",
    "If": "control flow: export the network without it", "Loop": "control flow: export the network without it",
    "Scan": "control flow: export the network without it"}
STANDARD = frozenset({"", "ai.onnx"})
QUANTIZING = frozenset({"Quant", "IntQuant", "BipolarQuant", "Trunc", "MultiThreshold", "FloatQuant"})
#: Of operators whose maps have their channels last.
CHANNELS_LAST = "qonnx.custom_op.channels_last"
#: Domains of operators beside those of ONNX itself.
DOMAINS: Mapping[str, frozenset[str]] = {
    "qonnx.custom_op.general": QUANTIZING, "onnx.brevitas": QUANTIZING, "finn.custom_op.general": QUANTIZING,
    "finn": QUANTIZING, "com.microsoft": frozenset({"QGemm", "QuantizeLinear", "DequantizeLinear", "Attention",
                                                    "MultiHeadAttention"}) | LINEAR,
    CHANNELS_LAST: frozenset({"Conv", "MaxPool", "BatchNormalization"})}
KNOWN = CLOSING | PRODUCTS | MAPS | MOVES | set(COMPUTE) | set(MAKERS) | set(LATER) | set(REASONS)


def is_known(node: GraphNode) -> bool:
    """Whether something is known of a node's operator."""
    if node.domain in STANDARD:
        return node.op in KNOWN
    return node.op in DOMAINS.get(node.domain, frozenset())


def check_operators(graph: Graph) -> None:
    """See that all operators are known.

    Raises:
        FinnError: some are not; names them all.
    """
    for node in graph.nodes:
        if is_known(node) and node.op in REASONS:
            raise node.place.error(REASONS[node.op])
    unknown: dict[str, str] = {}
    for node in graph.nodes:
        if not is_known(node):
            name = f"{node.domain}.{node.op}" if node.domain not in STANDARD else node.op
            unknown.setdefault(printable(name), node.place.name)
    if unknown:
        shown = ", ".join(f"{op} (node {printable(name)!r})" for op, name in sorted(unknown.items()))
        raise FinnError(f"{graph.file}: operators that are not known: {shown}; export the network without them")
