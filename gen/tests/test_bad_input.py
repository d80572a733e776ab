"""Every bad input ends with one line that says what is wrong, status 2, and nothing written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from finn_rtl import FinnError, cli, load
from finn_rtl.topology import parse_topology

pytestmark = pytest.mark.steady

Edit = Callable[[dict[str, Any]], None]


def set_key(*path: Any) -> Edit:
    *keys, last, value = path

    def edit(document: dict[str, Any]) -> None:
        for key in keys:
            document = document[key]
        document[last] = value
    return edit


TOPOLOGY_ERRORS: list[tuple[Edit, list[str]]] = [
    (set_key("layers", 1, "units", 0), ["layer 'fc1'", "'units'", "0", "greater than or equal to 1"]),
    (set_key("layers", 1, "units", 10**9), ["layer 'fc1'", "'units'", "1000000000", "65536"]),
    (set_key("input", "shape", [4096, 4096]), ["16777216 elements a frame"]),
    (set_key("input", "stream_width", 13), ["stream_width 13", "at most 12"]),
    (set_key("layers", 1, "units", 6.5), ["layer 'fc1'", "'units'", "6.5"]),
    (set_key("layers", 0, "type", "conv9"), ["layer 'fc0'", "'type'", "conv9"]),
    (set_key("layers", 0, "colour", 1), ["layer 'fc0'", "'colour'", "unknown key"]),
    (set_key("layers", 1, "name", "fc0"), ["'fc0' is given twice"]),
    (set_key("layers", 1, "name", "module"), ["layer 'module'", "reserved"]),
    (set_key("layers", 1, "name", "fc0_dwc"), ["layer 'fc0_dwc'", "_dwc"]),
    (set_key("layers", 1, "name", "fc0_swu"), ["layer 'fc0_swu'", "_swu"]),
    (set_key("name", "pkg"), ["'name'", "pkg"]),
    (set_key("layers", 1, "activation", "none"), ["layer 'fc1'", "only the last layer"]),
    (set_key("layers", 2, "activation", "sign"), ["layer 'fc2'", "output 'label'"]),
    (set_key("layers", []), ["'layers'", "at least 1"]),
    (set_key("layers", 7), ["'layers'", "7"]),
    (set_key("name", "Tiny Net"), ["'name'", "Tiny Net", "lower-case"]),
    (set_key("input", "encoding", "threshold", 0), ["'input.encoding.threshold'", "0"]),
    (set_key("input", "encoding", {"type": "thermometer", "thresholds": [4, 4]}), ["thresholds", "ascending"]),
    (set_key("input", "encoding", {"type": "rgb"}), ["'input.encoding'", "rgb"]),
    (set_key("input", "shape", [0]), ["'input.shape.0'", "0"]),
    (set_key("classes", ["a", "b"]), ["classes: 2 names for the 4 units"]),
    (set_key("scenarios", {"x": {}}), ["'scenarios.x'", "one of fps and cycles_per_frame"]),
    (set_key("scenarios", {"x": {"fps": -1}}), ["'scenarios.x.fps'", "-1"]),
    (set_key("folding", {"fc0": {"simd": 5, "pe": 1}}), ["layer 'fc0'", "simd 5", "divide its 12 inputs"]),
    (set_key("folding", {"fc1": {"simd": 2, "pe": 4}}), ["layer 'fc1'", "pe 4", "divide its 6 units"]),
    (set_key("folding", {"fc9": {"simd": 1, "pe": 1}}), ["'fc9' does not exist"]),
]


@pytest.mark.parametrize(("edit", "parts"), TOPOLOGY_ERRORS)
def test_topology(document: dict[str, Any], edit: Edit, parts: list[str]) -> None:
    edit(document)
    with pytest.raises(FinnError) as caught:
        parse_topology(document, "tiny.json")
    text = str(caught.value)
    assert text.startswith("tiny.json: ") and "\n" not in text
    for part in parts:
        assert part in text


@pytest.mark.parametrize("text", ["{", "[1, 2]", '{"name": "a", "name": "b"}', "", "\xff", "[" * 100000])
def test_topology_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "net.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(FinnError, match=r"net\.json: "):
        load(str(path))


def poison(key: str, index: tuple[int, ...], value: float) -> Edit:
    def edit(arrays: dict[str, Any]) -> None:
        array = arrays[key].astype(np.float64)
        array[index] = value
        arrays[key] = array
    return edit


PARAMETER_ERRORS: list[tuple[Edit, list[str]]] = [
    (lambda a: a.pop("fc1.weight"), ["layer 'fc1'", "'fc1.weight'", "is missing", "(6, 8)"]),
    (set_key("fc1.weight", np.ones((6, 9))), ["layer 'fc1'", "(6, 9)", "must be (6, 8)"]),
    (poison("fc1.weight", (2, 3), 0.5), ["0.5 at row 2, column 3", "-1 or +1"]),
    (poison("fc2.weight", (0, 0), np.nan), ["'fc2.weight'", "nan", "finite"]),
    (poison("fc0.bn.beta", (3,), np.inf), ["'fc0.bn.beta'", "inf at position 3"]),
    (poison("fc0.bn.var", (1,), -1.0), ["'fc0.bn.var'", "-1.0 at position 1", "greater than 0"]),
    (lambda a: a.pop("fc0.bn.mean"), ["'fc0.bn.mean'", "is missing"]),
    (lambda a: a.pop("fc0.bn.eps"), ["'fc0.bn.eps'", "is missing"]),
    (lambda a: a.pop("fc1.threshold"), ["layer 'fc1'", "'threshold'"]),
    (set_key("fc1.threshold", np.ones(6)), ["'fc1.threshold'", "must be integers"]),
    (set_key("fc1.weight", np.array([["x"] * 8] * 6)), ["must be numbers"]),
    (set_key("fc3.weight", np.ones((1, 1))), ["'fc3.weight'", "belongs to no layer"]),
    (set_key("fc2.threshold", np.ones(4, int)), ["'fc2.threshold'", "belongs to no layer"]),
]


@pytest.mark.parametrize(("edit", "parts"), PARAMETER_ERRORS)
def test_parameters(document: dict[str, Any], arrays: dict[str, Any], write_net: Callable[..., Path], edit: Edit,
                    parts: list[str]) -> None:
    edit(arrays)
    with pytest.raises(FinnError) as caught:
        load(str(write_net(document, arrays)))
    text = str(caught.value)
    assert "tiny.npz: " in text and "\n" not in text
    for part in parts:
        assert part in text


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04 broken", b"\x93NUMPY"])
def test_parameter_file(document: dict[str, Any], arrays: dict[str, Any], write_net: Callable[..., Path],
                        raw: bytes) -> None:
    path = write_net(document, arrays)
    path.with_suffix(".npz").write_bytes(raw)
    with pytest.raises(FinnError, match=r"tiny\.npz: "):
        load(str(path))


def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """Run the command line, which must refuse; returns its one line."""
    monkeypatch.setattr("sys.argv", ["finn-rtl", *arguments])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ") and captured.err.count("\n") == 1, captured.err
    return captured.err


@pytest.mark.parametrize(("arguments", "part"), [
    (["estimate", "nonet"], "neither a shipped network (cnv, cnv_padded, digits, lfc, sfc)"),
    (["estimate", "digits", "--fps", "150e6"], "the best that can is"),
    (["estimate", "digits", "--fps", "1e12"], "at least one cycle"),
    (["estimate", "digits", "--fps", "-4"], "greater than 0"),
    (["estimate", "digits", "--fps", "nan"], "greater than 0"),
    (["estimate", "lfc", "--fps", "2e6", "--device", "xc7z020"], "limited by layer"),
    (["estimate", "digits", "--scenario", "fast"], "there are fit, fix, max"),
    (["estimate", "digits", "--fold", "fc0=5x1"], "simd 5: must divide its 192 inputs"),
    (["estimate", "digits", "--fold", "fc0=8x1", "--fold", "fc0=4x1"], "given twice"),
    (["estimate", "digits", "--fold", "fc0=\u00b2x2"], "must look like fc0=49x16"),
    (["estimate", "x" * 300], "neither a shipped network"),
    (["estimate", "digits", "--fold", "fc0:8"], "must look like fc0=49x16"),
    (["estimate", "digits", "--fps", "inf"], "finite"),
    (["estimate", "digits", "--clock", "inf"], "clock inf MHz"),
    (["estimate", "digits", "--clock", "0"], "clock 0 MHz"),
    (["estimate", "digits", "--input-width", "999"], "input width 999"),
    (["estimate", "digits", "--device", "xc2000"], "xc2000"),
    (["estimate", "digits", "--frobnicate"], "frobnicate"),
    (["simulate", "sfc", "--data", "/nowhere/at/all"], "no such folder"),
    (["accuracy", "sfc"], "--data DIR"),
    (["simulate", "sfc", "--picture", "x.png", "--frames", "2"], "--picture needs images"),
    (["infer", "digits", "/nowhere.npy"], "/nowhere.npy: cannot be read"),
])
def test_command_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str],
                      part: str) -> None:
    monkeypatch.delenv("FINN_DATA", raising=False)
    assert part in run(capsys, monkeypatch, *arguments)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_output_folder_is_never_half_written(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                             monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    assert "is not empty" in run(capsys, monkeypatch, "build", "digits", "-o", str(tmp_path / "full"))
    (tmp_path / "file").write_text("")
    assert "is a file" in run(capsys, monkeypatch, "build", "digits", "-o", str(tmp_path / "file"))
    assert "cannot be written" in run(capsys, monkeypatch, "build", "digits", "-o", str(tmp_path / "file" / "sub"))
    assert names(tmp_path) == ["file", "full"]
    assert names(tmp_path / "full") == ["mine.txt"]


def test_disk_trouble_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from finn_rtl.emit import write_files

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")
    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(FinnError, match="No space left"):
        write_files({"a": "b"}, tmp_path / "out")
    assert names(tmp_path) == []


def test_missing_simulator(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
                           tmp_path: Path) -> None:
    monkeypatch.setattr("finn_rtl.eda.tool_environment", lambda: {"PATH": str(tmp_path)})
    assert "verilator: not found" in run(capsys, monkeypatch, "simulate", "digits", "--frames", "2")


@pytest.mark.parametrize(("name", "raw"), [
    ("t10k-images-idx3-ubyte", b"\x00\x00\x08\x03" + b"\x00\x00\x00\x01" * 3),
    ("t10k-images-idx3-ubyte.gz", b"no gzip"),
    ("t10k-images-idx3-ubyte", b"junk"),
])
def test_broken_mnist_files(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
                            name: str, raw: bytes) -> None:
    (tmp_path / name).write_bytes(raw)
    assert name in run(capsys, monkeypatch, "accuracy", "sfc", "--data", str(tmp_path))


def test_wrong_images(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "image.npy"
    np.save(path, np.zeros((9, 8), np.uint8))
    assert "the network takes (8, 8)" in run(capsys, monkeypatch, "infer", "digits", str(path))
    np.save(path, np.zeros((8, 8), np.float32))
    assert "must be uint8" in run(capsys, monkeypatch, "infer", "digits", str(path))
    np.save(path, np.zeros((0, 8, 8), np.uint8))
    assert "the network takes (8, 8)" in run(capsys, monkeypatch, "infer", "digits", str(path))
    path.write_bytes(b"PK\x03\x04 broken")
    assert "not an NPY file" in run(capsys, monkeypatch, "infer", "digits", str(path))
    np.save(path, np.array([{}]), allow_pickle=True)
    assert "not an NPY file" in run(capsys, monkeypatch, "infer", "digits", str(path))


def test_estimate_needs_no_parameters(tmp_path: Path, document: dict[str, Any]) -> None:
    path = tmp_path / "net.json"
    path.write_text(json.dumps(document))
    result = CliRunner().invoke(cli.cli, ["estimate", str(path), "--json"])
    assert json.loads(result.output)["net"] == "tiny"


def test_help_names_every_command() -> None:
    text = CliRunner().invoke(cli.cli, ["--help"]).output
    for command in ("build", "simulate", "synth", "estimate", "infer", "accuracy"):
        assert command in text
        assert "--json" in CliRunner().invoke(cli.cli, [command, "--help"]).output


def test_json_is_all_there_is_on_standard_output() -> None:
    result = CliRunner().invoke(cli.cli, ["estimate", "digits", "--json"])
    assert json.loads(result.output)["cycles_per_frame"] == 16
    result = CliRunner().invoke(cli.cli, ["accuracy", "digits", "--json"])
    assert json.loads(result.output)["accuracy"] >= 0.95
    result = CliRunner().invoke(cli.cli, ["infer", "digits", "--frames", "3", "--json"])
    assert len(json.loads(result.output)["labels"]) == 3
