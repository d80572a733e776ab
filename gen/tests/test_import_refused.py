"""What cannot be taken over exactly is refused in one line that names file and node, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from bad_inputs.checks import check_line, files_below  # noqa: E402
from onnx import helper, numpy_helper  # noqa: E402
from onnx_nets import QONNX, F, Net  # noqa: E402

from finn_rtl import (  # noqa: E402
    FinnError,
    cli,  # noqa: E402
    import_onnx,
)
from finn_rtl.importer.emit import Imported  # noqa: E402

pytestmark = [pytest.mark.steady, pytest.mark.usefixtures("place")]
Case = tuple[Callable[[], Net], list[str]]


def flat() -> Net:
    net = Net(16)
    net.quant(4, 1)
    return net


def maps(channels: int = 2) -> Net:
    net = Net(channels, 6, 6)
    net.quant(4, 1)
    return net


def ended(net: Net, *nodes: tuple[str, dict[str, Any]]) -> Net:
    for op, attributes in nodes:
        net.op(op, **attributes)
    return net


def products(between: Callable[[Net], object], last: Callable[[Net], object] = lambda net: net.fc(8, 4)) -> Net:
    net = flat()
    net.fc(16, 8)
    between(net)
    last(net)
    return net


def windows(between: Callable[[Net], object], last: Callable[[Net], object] = lambda net: net.conv(4, 2)) -> Net:
    net = maps()
    net.conv(2, 4)
    net.quant(4, 1, signed=1)
    between(net)
    last(net)
    return net


def first_quantizer(**kind: Any) -> Net:
    net = Net(16)
    net.quant(kind.pop("bits", 4), kind.pop("scale", 1), **kind)
    net.fc(16, 4)
    return net


def norm(net: Net, **changed: Any) -> None:
    parts = {"scale": np.ones(8), "bias": np.zeros(8), "mean": np.zeros(8), "var": np.ones(8), **changed}
    net.op("BatchNormalization", net.at, *(net.constant(parts[key]) for key in ("scale", "bias", "mean", "var")))
    net.bipolar()


def residual(scale: float, short: float = 1, last: float = 1, is_quantized: bool = True, bits: int = 4) -> Net:
    net = maps()
    net.conv(2, 4)
    around = net.quant(4, short, signed=1)
    net.conv(4, 4, pads=(1, 1, 1, 1))
    net.quant(bits, scale, signed=1)
    net.op("Add", net.at, around)
    if is_quantized:
        net.quant(4, last)
    net.conv(4, 2)
    return net


def weights_of(value: Any) -> Net:
    net = flat()
    net.op("MatMul", net.at, net.constant(value))
    return net


CASES: dict[str, Case] = {
    "weights without quantizer": (lambda: weights_of(np.full((16, 4), 0.3)), ["MatMul_1", "no integers", "0.3"]),
    "weights of too many bits": (lambda: weights_of(np.full((16, 4), 200)), ["MatMul_1", "9 bits", "at most 8"]),
    "no number among the weights": (lambda: weights_of(np.full((16, 4), np.nan)), ["MatMul_1", "no integers", "nan"]),
    "weights of two scales": (lambda: products(lambda net: net.quant(4, 1), lambda net: net.op(
        "MatMul", net.at, net.weights((8, 4), 3, np.arange(1, 9).reshape(8, 1) / 4))), ["unit 0", "0.25 to 2.0"]),
    "no quantizer between": (lambda: products(lambda net: net.op("Relu")), ["MatMul_5", "MatMul_2", "without a"]),
    "real input": (lambda: ended(Net(16), ("Relu", {})), ["Relu_0", "without a quantizer"]),
    "real input into weights": (lambda: (net := Net(16)).fc(16, 4) and net, ["MatMul_1", "--input-bits"]),
    "fraction of a bit": (lambda: first_quantizer(bits=2.5), ["Quant_0", "bit width 2.5"]),
    "no bits": (lambda: first_quantizer(bits=0), ["Quant_0", "bit width 0"]),
    "too many levels": (lambda: products(lambda net: net.quant(12, 0.25)), ["Quant_3", "more than 8 bits"]),
    "fraction as zero point": (lambda: first_quantizer(zero=0.5), ["Quant_0", "zero point 0.5"]),
    "scale zero": (lambda: first_quantizer(scale=0), ["Quant_0", "scale 0.0", "greater than 0"]),
    "negative scale": (lambda: first_quantizer(scale=-1), ["Quant_0", "scale -1.0"]),
    "infinite scale": (lambda: first_quantizer(scale=np.inf), ["Quant_0", "scale inf"]),
    "no number as scale": (lambda: first_quantizer(scale=np.nan), ["Quant_0", "scale nan"]),
    "unknown rounding": (lambda: first_quantizer(mode="STOCHASTIC"), ["Quant_0", "'STOCHASTIC'", "HALF_EVEN"]),
    "scale by channel into a product": (lambda: first_quantizer(scale=np.arange(1, 17)), ["MatMul_2", "1.0", "2.0"]),
    "scale by element": (lambda: windows(lambda net: net.quant(4, np.arange(1, 17).reshape(4, 4))),
                         ["Quant_4", "element to element"]),
    "variance": (lambda: products(lambda net: norm(net, var=-np.ones(8))), ["BatchNormalization_3", "-1.0"]),
    "mean": (lambda: products(lambda net: norm(net, mean=np.full(8, np.inf))), ["BatchNormalization_3", "mean", "inf"]),
    "rows of batch norm": (lambda: products(lambda net: norm(net, mean=np.ones(7))), ["mean", "(7,)", "(8,)"]),
    "too many levels that fall": (lambda: products(lambda net: (net.op("HardSwish"), net.quant(
        16, 2.0 ** -12, signed=1))), ["Quant_4", "more than 8 bits"]),
    "sign of zero": (lambda: products(lambda net: net.op("Sign")), ["Sign_3", "sign of 0"]),
    "unsorted thresholds": (lambda: products(lambda net: net.op(
        "MultiThreshold", net.at, net.constant([[1, 0]]), domain=QONNX)), ["MultiThreshold_3", "row 0", "sort"]),
    "division by what comes": (lambda: products(lambda net: net.op("Div", net.constant(1), net.at)), ["Div_3"]),
    "division by zero": (lambda: products(lambda net: net.binary("Div", 0)), ["Div_3", "by 0"]),
    "product of two streams": (lambda: products(lambda net: net.op("Mul", net.at, net.at)), ["Mul_3", "two tensors"]),
    "softmax inside": (lambda: products(lambda net: (net.op("Softmax"), net.quant(4, 0.125))),
                       ["Softmax_3", "inside the network", "Quant_4"]),
    "maximum of minima": (lambda: windows(lambda net: (
        net.op("MaxPool", kernel_shape=[2, 2]), net.op("Neg"), net.op("MaxPool", kernel_shape=[2, 2]),
        net.quant(4, 1, signed=1))), ["MaxPool_6", "one of several pools"]),
    "channels that are no pixels": (lambda: windows(lambda net: net.op("DepthToSpace", blocksize=3)),
                                    ["DepthToSpace_4", "blocksize 3", "4 channels"]),
    "pixels of several scales": (lambda: windows(lambda net: (
        net.quant(4, np.array([1, 0.5, 1, 0.5]).reshape(1, 4, 1, 1)), net.op("DepthToSpace", blocksize=2))),
        ["DepthToSpace_5", "worth 1.0 and 0.5"]),
    "windows outside": (lambda: windows(lambda net: net.op(
        "MaxPool", kernel_shape=[2, 2], strides=[3, 3], pads=[1, 1, 1, 1], ceil_mode=1)),
        ["MaxPool_4", "runtimes differ"]),
    "averages of fewer at the end": (lambda: windows(lambda net: net.op(
        "AveragePool", kernel_shape=[2, 2], strides=[3, 3], ceil_mode=1)), ["AveragePool_4", "ceil_mode 1"]),
    "padding beyond the window": (lambda: windows(lambda net: net.op(
        "MaxPool", kernel_shape=[2, 2], pads=[2, 0, 0, 0])), ["MaxPool_4", "pads (2, 0, 0, 0)", "2x2"]),
    "average of sums": (lambda: windows(lambda net: (net.conv(4, 4), net.op("GlobalAveragePool"))),
                        ["GlobalAveragePool_6", "without a quantizer"]),
    "average over channels": (lambda: windows(lambda net: net.op("ReduceMean", axes=[1])),
                              ["ReduceMean_4", "axes (1,)"]),
    "average larger than the map": (lambda: windows(lambda net: net.op(
        "AveragePool", kernel_shape=[5, 5])), ["AveragePool_4", "5x5", "4x4"]),
    "rows one below the other": (lambda: windows(lambda net: net.op("Concat", net.at, net.at, axis=2)),
                                 ["Concat_4", "axis 2"]),
    "channels of constants": (lambda: windows(lambda net: net.op(
        "Concat", net.at, net.constant(np.ones((1, 1, 4, 4))), axis=1)), ["Concat_4", "constants"]),
    "channels of other scales": (lambda: windows(lambda net: net.op(
        "Concat", net.at, net.quant(4, 0.75, of=net.at), axis=1), lambda net: net.conv(8, 2)),
                                 ["Conv_7", "channel 4", "0.75"]),
    "channels of sums": (lambda: windows(lambda net: net.op("Concat", net.at, net.conv(4, 4), axis=1)),
                         ["Concat_6", "without a quantizer"]),
    "maps of other sizes": (lambda: windows(lambda net: net.op("Concat", net.at, net.op(
        "MaxPool", net.at, kernel_shape=[2, 2]), axis=1)), ["Concat_5", "4x4 and 3x3"]),
    "flat maps side by side": (lambda: windows(lambda net: net.op("Concat", net.op("Flatten"), net.at, axis=1)),
                               ["Concat_5", "before they are flattened"]),
    "unequal sum into a product": (lambda: residual(0.7, is_quantized=False), ["Conv_9", "Add_7", "without a"]),
    "unequal sum of many bits": (lambda: residual(0.7, bits=16), ["Quant_6", "more than 8 bits"]),
    "sums that rounding tells apart": (lambda: residual(0.1, short=0.3, last=0.2), ["Quant_8", "--wide"]),
    "linear interpolation": (lambda: windows(lambda net: net.op(
        "Resize", net.at, "", net.constant([1, 1, 2, 2]), mode="linear")), ["Resize_4", "'linear'"]),
    "half a factor": (lambda: windows(lambda net: net.op(
        "Resize", net.at, "", net.constant([1, 1, 1.5, 1.5]))), ["Resize_4", "1.5"]),
    "huge factor": (lambda: windows(lambda net: net.op(
        "Resize", net.at, "", net.constant([1, 1, 1e6, 1e6]))), ["Resize_4", "at most"]),
    "frame of ones": (lambda: windows(lambda net: net.op(
        "Pad", net.at, net.constant([0, 0, 1, 1, 0, 0, 1, 1], np.int64), net.constant(1))),
        ["Conv_6", "1.0 around it"]),
    "shape that does not fit": (lambda: windows(lambda net: net.op("Reshape", net.at, net.constant([1, 7], np.int64))),
                                ["Reshape_4", "(1, 7)"]),
    "map into a product": (lambda: windows(lambda net: None, lambda net: net.fc(64, 4)), ["MatMul_5", "flatten"]),
    "wrong width": (lambda: products(lambda net: net.quant(4, 1), lambda net: net.fc(9, 4)), ["MatMul_5", "9 inputs"]),
    "too large a kernel": (lambda: windows(lambda net: None, lambda net: net.conv(4, 2, kernel=5)), ["no window"]),
    "channels that are no groups": (lambda: windows(lambda net: None, lambda net: net.op(
        "Conv", net.at, net.weights((3, 2, 2, 2), 3, 0.25), group=3)), ["Conv_5", "each of 3 groups"]),
    "gaps without end": (lambda: windows(lambda net: None, lambda net: net.conv(
        4, 2, kernel=2, dilations=[1 << 30, 1 << 30])), ["Conv_5", "dilations [1073741824", "at most"]),
    "transposed convolution": (lambda: windows(lambda net: net.op(
        "ConvTranspose", net.at, net.constant(np.ones((4, 4, 2, 2))))), ["ConvTranspose_4", "transposed"]),
    "no weights": (lambda: ended(flat(), ("Relu", {})), ["no layer with weights"]),
    "label of each pixel": (lambda: windows(lambda net: None, lambda net: (
        net.conv(4, 2), net.op("ArgMax", axis=1))), ["ArgMax_6", "each pixel"]),
    "more labels than scores": (lambda: products(lambda net: net.quant(4, 1), lambda net: (
        net.fc(8, 4), net.op("TopK", net.at, net.constant([5], np.int64), outputs=2, axis=1))),
        ["TopK_6", "k [5]", "the 4 scores"]),
    "smallest labels": (lambda: products(lambda net: net.quant(4, 1), lambda net: (
        net.fc(8, 4), net.op("TopK", net.at, net.constant([2], np.int64), outputs=2, axis=1, largest=0))),
        ["TopK_6", "largest 0"]),
    "scores behind different functions": (lambda: ended(products(lambda net: net.quant(4, 1), lambda net: (
        net.fc(8, 4), net.op("Relu"))), ), ["Relu_6", "does not always rise"]),
    "to another type": (lambda: products(lambda net: net.op("Cast", to=11)), ["Cast_3", "type number 11"]),
    "parameters that come": (lambda: products(lambda net: net.op(
        "Quant", net.constant(1), net.at, net.constant(0), net.constant(3), domain=QONNX)), ["Quant_3", "constants"]),
    # No layer is there yet.
    "averages of fewer": (lambda: windows(lambda net: net.op(
        "AveragePool", kernel_shape=[2, 2], pads=[1, 1, 0, 0])), ["AveragePool_4", "count_include_pad 0"]),
    "average with zeros among bits": (lambda: windows(lambda net: (net.bipolar(), net.op(
        "AveragePool", kernel_shape=[2, 2], pads=[1, 1, 0, 0], count_include_pad=1))), ["AveragePool_5", "-1 and +1"]),
    "sum of sums behind others": (lambda: products(lambda net: net.op("Add", net.op("Relu"), net.at)),
                                  ["Add_4", "a sum of accumulators"]),
}


def refused(arguments: list[str], parts: list[str], place: Path, capsys: pytest.CaptureFixture[str],
            monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["finn-rtl", "import", *arguments])
    before = files_below(place.parent)
    with pytest.raises(SystemExit) as end:
        cli.main()
    captured = capsys.readouterr()
    assert end.value.code == 2 and captured.out == "", ascii(captured.out)
    assert captured.err.startswith("error: ") and captured.err.endswith("\n")
    check_line(captured.err[:-1], parts)
    assert files_below(place.parent) == before


@pytest.mark.parametrize("name", CASES)
def test_graphs(place: Path, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    make, parts = CASES[name]
    make().save(place / "bad.onnx")
    scale = [] if name.startswith("real input") else ["--input-scale", "1"]
    refused(["bad.onnx", "-o", "out", *scale], ["bad.onnx", *parts], place, capsys, monkeypatch)


def changed(change: Callable[[Any], object]) -> bytes:
    net = products(lambda net: net.quant(4, 1))
    model = net.model()
    change(model)
    return bytes(model.SerializeToString())


def external(model: Any, **keys: Any) -> None:
    tensor = next(item for item in model.graph.initializer if list(item.dims) == [16, 8])
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in keys.items():
        tensor.external_data.add(key=key, value=str(value))


def input_shape(model: Any, *sizes: int | str) -> None:
    shape = model.graph.input[0].type.tensor_type.shape
    del shape.dim[:]
    for size in sizes:
        shape.dim.add(**({"dim_param": size} if isinstance(size, str) else {"dim_value": size}))


FILES: dict[str, tuple[bytes, list[str]]] = {
    "empty": (b"", ["has 0 bytes"]),
    "no model": (b"PK\x03\x04 something else", ["not an ONNX model"]),
    "text": (b"a" * 100, ["not an ONNX model"]),
    "no graph": (onnx.ModelProto(ir_version=8).SerializeToString(), ["no graph"]),
    "cut off": (changed(lambda model: None)[:-40], ["not an ONNX model", "cut off"]),
    "two inputs": (changed(lambda model: model.graph.input.append(helper.make_tensor_value_info("y", 1, [1, 4]))),
                   ["2 inputs (x, y)"]),
    "two outputs": (changed(lambda model: model.graph.output.append(helper.make_tensor_value_info("t0", 1, None))),
                    ["2 outputs"]),
    "output from nowhere": (changed(lambda model: setattr(model.graph.output[0], "name", "z")), ["'z'"]),
    "input from nowhere": (changed(lambda model: model.graph.node[0].input.__setitem__(0, "z")), ["Quant_0", "'z'"]),
    "cycle": (changed(lambda model: model.graph.node[0].input.__setitem__(0, "t3")), ["cycle"]),
    "twice the same": (changed(lambda model: model.graph.node[1].output.__setitem__(0, "t0")), ["'t0'", "already"]),
    "old operators": (changed(lambda model: setattr(model.opset_import[0], "version", 6)), ["version 6", "7 to 25"]),
    "new operators": (changed(lambda model: setattr(model.opset_import[0], "version", 26)), ["version 26"]),
    "open shape": (changed(lambda model: input_shape(model, "n", "features")), ["axis 1", "'features'"]),
    "several frames": (changed(lambda model: input_shape(model, 8, 16)), ["8 frames"]),
    "five axes": (changed(lambda model: input_shape(model, 1, 16, 4, 1, 1)), ["(1, 16, 4, 1, 1)"]),
    "huge input": (changed(lambda model: input_shape(model, 1, 1 << 40)), ["at most"]),
    "type of the input": (changed(lambda model: setattr(model.graph.input[0].type.tensor_type, "elem_type", 7)),
                          ["type number 7", "float32"]),
    "scale of bytes": (changed(lambda model: setattr(model.graph.input[0].type.tensor_type, "elem_type", 2)),
                       ["is bytes", "--input-scale"]),
    "unknown operators": (changed(lambda model: (setattr(model.graph.node[2], "op_type", "Einsum"),
                                                 setattr(model.graph.node[3], "domain", "my.own"))),
                          ["Einsum (node 'MatMul_2')", "my.own.Quant (node 'Quant_3')"]),
    "floating-point quantizer": (changed(lambda model: setattr(model.graph.node[0], "op_type", "FloatQuant")),
                                 ["Quant_0", "floating-point"]),
    "lowered already": (changed(lambda model: setattr(model.graph.node[0], "domain", "finn.custom_op.fpgadataflow")),
                        ["Quant_0", "lowered"]),
    "data elsewhere": (changed(lambda model: external(model, location="weights.bin")), ["'weights.bin'", "copy it"]),
    "data outside": (changed(lambda model: external(model, location="../weights.bin")), ["only files in the model's"]),
    "data at the root": (changed(lambda model: external(model, location="/etc/passwd")), ["only files in the model's"]),
    "data too short": (changed(lambda model: external(model, location="bad.onnx", offset=1 << 40)),
                       ["512 bytes", "cut off"]),
    "data of another size": (changed(lambda model: external(model, location="bad.onnx", length=7)), ["512 bytes"]),
    "huge tensor": (changed(lambda model: model.graph.initializer[0].dims.extend([1 << 20, 1 << 20])), ["at most"]),
    "tensor without data": (changed(lambda model: model.graph.initializer[0].dims.extend([3])), ["'c0'", "bytes"]),
    "type of a tensor": (changed(lambda model: setattr(model.graph.initializer[0], "data_type", 8)), ["number 8"]),
}


@pytest.mark.parametrize("name", FILES)
def test_files(place: Path, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    data, parts = FILES[name]
    (place / "bad.onnx").write_bytes(data)
    refused(["bad.onnx", "-o", "out", "--input-scale", "1"], ["bad.onnx", *parts], place, capsys, monkeypatch)


def test_a_link_to_the_outside_is_not_followed(place: Path) -> None:
    (place / "inside").mkdir()
    (place / "secret.bin").write_bytes(bytes(512))
    (place / "inside" / "weights.bin").symlink_to(place / "secret.bin")
    path = place / "inside" / "bad.onnx"
    path.write_bytes(changed(lambda model: external(model, location="weights.bin")))
    with pytest.raises(FinnError, match="only files in the model's folder"):
        import_onnx(path, input_scale=1)


def test_data_in_a_second_file(place: Path) -> None:
    path, whole = place / "whole.onnx", products(lambda net: net.quant(4, 1)).model()
    onnx.save(whole, path)
    expected = import_onnx(path, input_scale=1)
    (place / "two").mkdir()
    onnx.save(whole, place / "two" / "whole.onnx", save_as_external_data=True, location="whole.onnx.data",
              size_threshold=0)
    assert (place / "two" / "whole.onnx.data").stat().st_size > 0
    found = import_onnx(place / "two" / "whole.onnx", input_scale=1)
    assert found.document == expected.document
    np.testing.assert_array_equal(found.arrays["matmul_5.weight"], expected.arrays["matmul_5.weight"])


OPTIONS: list[tuple[list[str], list[str]]] = [
    (["good.onnx"], ["--output"]),
    (["none.onnx", "-o", "out"], ["none.onnx", "no such file"]),
    (["folder", "-o", "out"], ["folder", "--from bnn-pynq"]),
    (["good.onnx", "-o", "full"], ["full", "is not empty"]),
    (["good.onnx", "-o", "good.onnx"], ["good.onnx", "is a file"]),
    (["good.onnx", "-o", "out", "--name", "Net"], ["'Net'", "lower-case"]),
    (["good.onnx", "-o", "out", "--name", "input"], ["'input'", "keyword"]),
    (["good.onnx", "-o", "out", "--input-scale", "0"], ["'0'", "greater than 0"]),
    (["good.onnx", "-o", "out", "--input-scale", "1/0"], ["'1/0'", "1/255"]),
    (["good.onnx", "-o", "out", "--input-scale", "-1"], ["'-1'"]),
    (["good.onnx", "-o", "out", "--input-scale", "1e99"], ["input scale", "less than 2^64"]),
    (["good.onnx", "-o", "out", "--input-bits", "9"], ["9"]),
    (["good.onnx", "-o", "out", "--signed"], ["--input-bits"]),
    (["good.onnx", "-o", "out", "--input-bits", "1", "--signed"], ["input of 1 bits, signed"]),
    (["folder", "-o", "out", "--from", "bnn-pynq"], ["folder", "config.h"]),
    (["none", "-o", "out", "--from", "bnn-pynq"], ["none", "no such folder"]),
    (["folder", "-o", "out", "--from", "bnn-pynq", "--input-bits", "8"], ["--input-bits", "ONNX"]),
]


@pytest.mark.parametrize(("arguments", "parts"), OPTIONS, ids=lambda value: " ".join(value))
def test_options(place: Path, arguments: list[str], parts: list[str], capsys: pytest.CaptureFixture[str],
                 monkeypatch: pytest.MonkeyPatch) -> None:
    products(lambda net: net.quant(4, 1)).save(place / "good.onnx")
    (place / "folder").mkdir()
    (place / "full").mkdir()
    (place / "full" / "mine.txt").write_text("mine")
    refused(arguments, parts, place, capsys, monkeypatch)


def test_onnx_is_no_topology(place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    products(lambda net: net.quant(4, 1)).save(place / "good.onnx")
    monkeypatch.setattr("sys.argv", ["finn-rtl", "estimate", "good.onnx"])
    with pytest.raises(SystemExit):
        cli.main()
    check_line(capsys.readouterr().err[:-1], ["good.onnx", "finn-rtl import good.onnx -o DIR"])


def imported(data: bytes, path: Path) -> Imported | None:
    """What an ONNX file becomes; None where it is refused, as it should be."""
    path.write_bytes(data)
    try:
        return import_onnx(path, input_scale=1)
    except FinnError as error:
        check_line(str(error), [str(path)])
        return None


@pytest.mark.parametrize("seed", range(3))
def test_broken_bytes(place: Path, seed: int) -> None:
    """Whatever is changed or cut off, there is one line or a network, and no traceback."""
    rng = np.random.default_rng(seed)
    net = windows(lambda net: (net.op("MaxPool", kernel_shape=[2, 2]), net.op("Relu")))
    data = net.model().SerializeToString()
    taken = 0
    for _ in range(200):
        broken = bytearray(data)
        for at in rng.integers(0, len(broken), rng.integers(1, 4)):
            broken[at] = rng.integers(0, 256)
        taken += imported(bytes(broken[:rng.integers(1, len(broken))] if rng.random() < 0.2 else broken),
                          place / "broken.onnx") is not None
    assert taken, "no change left a network, so that none was read to its end"


@pytest.mark.parametrize("seed", range(3))
def test_broken_graphs(place: Path, seed: int) -> None:
    """The same of graphs whose nodes, constants and attributes are exchanged."""
    rng = np.random.default_rng(seed)
    for _ in range(100):
        model = windows(lambda net: (net.op("MaxPool", kernel_shape=[2, 2]), net.norm(4), net.quant(3, 1)),
                        lambda net: (net.op("Flatten"), net.fc(36, 4))).model()
        node = model.graph.node[rng.integers(len(model.graph.node))]
        kind = rng.integers(4)
        if kind == 0:
            node.op_type = str(rng.choice([
                "Relu", "Add", "Gemm", "Conv", "MaxPool", "Quant", "Concat", "Reshape", "Shape", "Resize", "Softmax",
                "QuantizeLinear", "DequantizeLinear", "Clip", "TopK", "MultiThreshold", "QLinearConv", "Transpose",
                "Unsqueeze", "Trunc", "Slice"]))
        elif kind == 1 and len(node.input):
            names = [tensor.name for tensor in model.graph.initializer] + [""] + [n.output[0] for n in model.graph.node]
            node.input[rng.integers(len(node.input))] = str(rng.choice(names))
        elif kind == 2:
            tensor = model.graph.initializer[rng.integers(len(model.graph.initializer))]
            shape = [(), (1,), (0,), (4,), (2, 2), (1, 4, 1, 1)][rng.integers(6)]
            values = rng.choice([0, 1, -1, 0.5, np.nan, np.inf, 1e38, 1e-45], shape).astype(F)
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
        elif len(node.attribute):
            attribute = node.attribute[rng.integers(len(node.attribute))]
            attribute.CopyFrom(helper.make_attribute(attribute.name, [[], [0], [1, 2], -1, 2 ** 40, 1.5, "x"][
                rng.integers(1, 7)]))
        imported(model.SerializeToString(), place / "broken.onnx")
