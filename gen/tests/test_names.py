from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from finn_rtl import FinnError, api, prepare
from finn_rtl.cli.fusesoc import generate
from finn_rtl.common.names import KEYWORDS
from finn_rtl.common.places import library
from finn_rtl.description.files import parse_topology
from finn_rtl.exports.package import export_ip
from finn_rtl.operators.schema import Fold
from finn_rtl.output.accelerator import HOSTS
from finn_rtl.output.emit import joined, working_place, write_files
from finn_rtl.tools.eda import READ_SLANG

WriteNet = Callable[..., Path]

UNFOLDED = {"fc0": Fold(simd=12, pe=8), "fc1": Fold(simd=8, pe=6), "fc2": Fold(simd=6, pe=4)}


def renamed(document: dict[str, Any], arrays: dict[str, Any], net: str, *layers: str
            ) -> tuple[dict[str, Any], dict[str, Any], dict[str, Fold]]:
    """The small network and its layers under other names, all of them unfolded."""
    names = dict(zip(("fc0", "fc1", "fc2"), layers, strict=True))
    entries = [{**layer, "name": names[layer["name"]]} for layer in document["layers"]]
    values = {f"{names[key.partition('.')[0]]}.{key.partition('.')[2]}": value for key, value in arrays.items()}
    return {**document, "name": net, "layers": entries}, values, {names[key]: fold for key, fold in UNFOLDED.items()}


@pytest.mark.parametrize("name", sorted(KEYWORDS))
def test_keywords_name_nothing(document: dict[str, Any], name: str) -> None:
    with pytest.raises(FinnError, match=f"value '{name}': is reserved"):
        parse_topology({**document, "name": name}, "tiny.json")
    document["layers"][1]["name"] = name
    with pytest.raises(FinnError, match=f"layer '{name}': key 'name': value '{name}': is reserved"):
        parse_topology(document, "tiny.json")


@pytest.mark.parametrize(("name", "rule"), [
    ("module", "a keyword of SystemVerilog"), ("entity", "a keyword of VHDL"), ("Signal", "a keyword of VHDL"),
    ("Rom", "is one of the files already")])
def test_exported_names(tmp_path: Path, name: str, rule: str) -> None:
    with pytest.raises(FinnError, match=f"name '{name}': is .*{rule}" if "keyword" in rule else rule):
        export_ip("rom", tmp_path / "out", name=name)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["a__b", "a_", "_a", "A", "1a", "\u00e4", "a b", "a" * 64])
def test_names_have_one_form(document: dict[str, Any], name: str) -> None:
    for edit in ({"name": name}, {"layers": [{**document["layers"][2], "name": name}]}):
        with pytest.raises(FinnError, match="must be lower-case letters, digits and single _"):
            parse_topology({**document, **edit}, "tiny.json")


@pytest.mark.parametrize("name", ["pkg", *(f"tiny_{host}" for host in HOSTS)])
def test_names_of_hardware_name_no_network(document: dict[str, Any], name: str) -> None:
    with pytest.raises(FinnError, match=f"'{name}': is reserved for the hardware"):
        parse_topology({**document, "name": name}, "tiny.json")


def test_no_ip_has_the_name_of_a_network() -> None:
    stems = {path.stem for path in (library() / "rtl").glob("*/*.sv")}
    assert {stem for stem in stems if stem.startswith("finn_")} == {"finn_pkg"}
    assert not any("__" in stem for stem in stems)


LAYERS = [("axi", "uart", "host"), ("weights", "fc_weights", "thresholds"), ("bad", "unused", "network"),
          ("s_axis", "m_axis", "aclk"), ("in0", "fc_in", "fc_out"), ("pkg", "mvtu", "rom"), ("x", "x_in", "x_out"),
          ("tdata", "frame", "frame_error"), ("u", "u_guard", "guard_tlast"), ("unused_guard", "errors", "core")]


@pytest.mark.parametrize("layers", LAYERS, ids="-".join)
@pytest.mark.parametrize("is_unfolded", [True, False])
def test_nothing_is_written_twice(document: dict[str, Any], arrays: dict[str, Any], write_net: WriteNet,
                                  tmp_path: Path, layers: tuple[str, ...], is_unfolded: bool) -> None:
    """Whatever the layers are called: a module for each of them, one top level, all taken by slang."""
    changed, values, folds = renamed(document, arrays, "tiny", *layers)
    network, plan = prepare(str(write_net(changed, values)), "fix", folds=folds if is_unfolded else None)
    sources = sorted((library() / "rtl").glob("*/*.sv"), key=lambda path: (not path.stem.endswith("_pkg"), path))
    for host in HOSTS:
        files = api.files_of(network, plan, host)
        modules = [module for text in files.values() for module in re.findall(r"^module (\w+)", text, re.MULTILINE)]
        assert sorted(modules) == sorted(name[:-3] for name in files if name.endswith(".sv"))
        assert len(modules) == len(set(modules)) == 2 + 3 * is_unfolded
        assert "u_network (" in files[f"finn_tiny_{host}.sv"]
        folder = tmp_path / host
        write_files(files, folder)
        own = sorted(str(path) for path in folder.glob("*.sv"))
        command = (f"{READ_SLANG} --top finn_tiny_{host} -I {library()}/rtl/common"
                   f" {' '.join(map(str, sources))} {' '.join(own)}")
        done = subprocess.run([sys.executable, "-m", "finn_rtl.tools.yosys"], cwd=folder, input=command + "\n",
                              capture_output=True, text=True, check=False)
        assert not done.returncode, done.stdout[-3000:]


def test_two_networks_share_no_file(document: dict[str, Any], arrays: dict[str, Any], tmp_path: Path) -> None:
    """In the working folder of one design, even where their names and those of their layers read the same."""
    places: list[set[str]] = []
    for net, layers in (("a", ("b_c", "d", "e")), ("a_b", ("c", "d", "e")), ("b", ("c", "d", "e"))):
        changed, values, folds = renamed(document, arrays, net, *layers)
        folder = tmp_path / net
        folder.mkdir()
        np.savez(folder / "tiny.npz", **values)
        (folder / "tiny.json").write_text(json.dumps(changed))
        some = {layers[0]: {"simd": 12, "pe": 8}}
        used: set[str] = set()
        for host in HOSTS:
            out = tmp_path / f"{net}_{host}"
            found = generate({"topology": "tiny.json", "scenario": "fix", "folding": some, "host": host}, folder, out)
            assert set(found) == {path.name for path in out.iterdir()}
            assert {"vectors.json", "plan.json", "accelerator.json"} <= set(found)
            used |= {name if name.endswith(".sv") else place for name, place in found.items()}
        places.append(used)
        assert {working_place("vectors.json", net), f"finn_{net}_axi.sv", f"finn_{net}_uart.sv"} <= used
    for first, second in itertools.combinations(places, 2):
        assert not first & second


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FinnError, match=r"top\.sv: would be written twice"):
        joined({"a.sv": "1", "top.sv": "2"}, {"top.sv": "2"})
    with pytest.raises(FinnError, match=r"TOP\.sv: would be written twice"):
        joined({"top.sv": "1"}, {"TOP.sv": "2"})
    with pytest.raises(FinnError, match=r"B: would be written twice"):
        write_files({"b": "1", "B": "2"}, tmp_path / "out")
    assert not list(tmp_path.iterdir())
