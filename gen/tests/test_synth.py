"""Which parts of a network Yosys is asked for, and which come from the cache; the last tests alone ask Yosys itself."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import finn_rtl
from finn_rtl.cli import program as cli
from finn_rtl.common import processes, store
from finn_rtl.common.errors import FinnError
from finn_rtl.common.integers import IntegerLayer
from finn_rtl.ips.mvtu import Mvtu
from finn_rtl.meaning.integer import Network
from finn_rtl.operators.schema import Fold
from finn_rtl.plan.plan import Plan
from finn_rtl.tools import synth
from finn_rtl.tools.eda import Sources, core_sources
from finn_rtl.tools.synth import Part

pytestmark = pytest.mark.steady

Design = tuple[Network, Plan]
FOLDS = {"fc0": Fold(simd=6, pe=4), "fc1": Fold(simd=4, pe=3), "fc2": Fold(simd=3, pe=2)}


class FakeYosys:
    """Takes the place of run_yosys: notes the tops and what lies in the folders; as many LUTs as SIMD, one else."""

    def __init__(self) -> None:
        self.runs: list[str] = []
        self.folders: list[set[str]] = []
        self.broken = ""
        self.lock = threading.Lock()

    def __call__(self, commands: list[str], folder: Path) -> Counter[str]:
        words = commands[0].split()
        top = words[words.index("--top") + 1]
        with self.lock:  # several run at once
            self.runs.append(top)
            self.folders.append({path.name for path in folder.iterdir()})
        if top == self.broken:
            raise FinnError("Yosys failed: no luck")
        (folder / "cells.json").write_text("{}")
        simd = [int(word.removeprefix("SIMD=")) for word in words if word.startswith("SIMD=")]
        return Counter({"LUT6": simd[0] if simd else 1, "FDRE": 2})

    def taken(self) -> list[str]:
        """The tops run since this was asked last, sorted."""
        runs, self.runs = sorted(self.runs), []
        return runs


@pytest.fixture(autouse=True)
def no_shared_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """What others synthesized before would be found."""
    monkeypatch.delenv("FINN_RTL_CACHE", raising=False)


@pytest.fixture
def yosys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeYosys:
    fake = FakeYosys()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(synth, "run_yosys", fake)
    monkeypatch.setattr(synth.inspect, "getsource", lambda _: "its source")
    return fake


@pytest.fixture
def tiny(write_net: Callable[..., Path], document: dict[str, Any], arrays: dict[str, np.ndarray]) -> Design:
    return finn_rtl.prepare(str(write_net(document, arrays)), folds=FOLDS)


def entries(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache" / "finn-rtl" / "synth").glob("*"))


ALL = ["finn_tiny", "mvtu", "mvtu", "mvtu", "mvtu_pe", "mvtu_pe", "mvtu_pe"]


def test_nothing_is_synthesized_twice(yosys: FakeYosys, tiny: Design, tmp_path: Path) -> None:
    names: list[str] = []
    found = synth.synthesize(*tiny, names.append)
    assert yosys.taken() == ALL
    assert len(entries(tmp_path)) == len(ALL)
    assert synth.synthesize(*tiny, names.append) == found
    assert yosys.taken() == []
    expected = Counter(part.name for part in synth.network_parts(*tiny))
    assert Counter(names) == expected + expected
    mvtus = tiny[1].pipeline.matrices
    assert found[0].lut == 1 + sum(m.simd + m.pe * m.simd for m in mvtus)
    assert found[1]["layer fc0"] == synth.Usage(mvtus[0].simd, 2, 0, 0)


def test_without_the_cache(yosys: FakeYosys, tiny: Design, tmp_path: Path) -> None:
    synth.synthesize(*tiny, use_cache=False)
    assert not entries(tmp_path)
    synth.synthesize(*tiny)
    yosys.taken()
    synth.synthesize(*tiny, use_cache=False)
    assert yosys.taken() == ALL


def test_option_of_the_command_line(yosys: FakeYosys, tiny: Design, tmp_path: Path) -> None:
    net = [str(tmp_path / "tiny.json")]
    net += [f"--fold={layer}={fold.simd}x{fold.pe}" for layer, fold in FOLDS.items()]
    for arguments, expected in (([], ALL), ([], []), (["--no-cache"], ALL)):
        assert CliRunner().invoke(cli.cli, ["synth", *net, "--json", *arguments]).exit_code == 0
        assert yosys.taken() == expected


def test_new_weights_concern_one_part(yosys: FakeYosys, tiny: Design, write_net: Callable[..., Path],
                                      document: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    synth.synthesize(*tiny)
    yosys.taken()
    arrays["fc1.weight"] = -arrays["fc1.weight"]
    changed = finn_rtl.prepare(str(write_net(document, arrays)), folds=FOLDS)
    synth.synthesize(*changed)
    assert yosys.taken() == ["mvtu"]


def test_like_parts_run_once(yosys: FakeYosys, write_net: Callable[..., Path], document: dict[str, Any],
                             arrays: dict[str, np.ndarray]) -> None:
    document["input"]["shape"] = [8]
    document["layers"] = [{"type": "fc", "name": name, "units": 8, "activation": "sign"} for name in ("fc0", "fc1")]
    document["layers"].append({"type": "fc", "name": "fc2", "units": 4, "activation": "none"})
    weight = arrays["fc0.weight"][:, :8]
    same = {f"{name}.weight": weight for name in ("fc0", "fc1")}
    thresholds = {f"{name}.threshold": np.arange(8) for name in ("fc0", "fc1")}
    path = write_net(document, {**same, **thresholds, "fc2.weight": weight[:4]})
    folds = {name: Fold(simd=simd, pe=2) for name, simd in (("fc0", 4), ("fc1", 4), ("fc2", 2))}
    network, plan = finn_rtl.prepare(str(path), folds=folds)
    names: list[str] = []
    _, parts = synth.synthesize(network, plan, names.append)
    assert yosys.taken().count("mvtu") == 2
    assert parts["layer fc0"] == parts["layer fc1"] == synth.Usage(4, 2, 0, 0)
    assert sorted(names) == sorted(part.name for part in synth.network_parts(network, plan))


def test_the_largest_comes_first(yosys: FakeYosys, write_net: Callable[..., Path], document: dict[str, Any]) -> None:
    document["input"]["shape"] = [256]
    document["layers"] = [{"type": "fc", "name": "fc0", "units": 2048, "activation": "sign"},
                          {"type": "fc", "name": "fc1", "units": 4, "activation": "none"}]
    arrays = {"fc0.weight": np.ones((2048, 256), np.int8), "fc0.threshold": np.arange(2048) % 257,
              "fc1.weight": np.ones((4, 2048), np.int8)}
    folds = {"fc0": Fold(simd=64, pe=64), "fc1": Fold(simd=64, pe=2)}
    design = finn_rtl.prepare(str(write_net(document, arrays)), folds=folds)
    synth.synthesize(*design, workers=1, use_cache=False)
    assert yosys.runs[0] == "mvtu"
    assert "THRESHOLD_FILE.mem" in yosys.folders[0]


def test_the_top_level_has_the_memories_of_its_instances(yosys: FakeYosys, write_net: Callable[..., Path],
                                                        document: dict[str, Any]) -> None:
    document["input"]["shape"] = [8]
    document["layers"] = [{"type": "fc", "name": "fc0", "units": 8, "activation": {"bits": 2, "hardware": "requant"}},
                          {"type": "fc", "name": "fc1", "units": 4, "activation": "none"}]
    arrays = {"fc0.weight": np.ones((8, 8), np.int8), "fc0.thresholds": np.full((8, 1), 2) * np.arange(3),
              "fc1.weight": np.ones((4, 8), np.int8)}
    folds = {"fc0": Fold(simd=2, pe=2), "fc1": Fold(simd=2, pe=2)}
    synth.synthesize(*finn_rtl.prepare(str(write_net(document, arrays)), folds=folds), use_cache=False)
    name = document["name"]
    for top, seen in zip(yosys.runs, yosys.folders, strict=True):
        found = {file for file in seen if file.startswith(f"{name}__")}
        assert found == ({f"{name}__fc0_scales.mem", f"{name}__fc0_offsets.mem"} if top == f"finn_{name}" else set())


def test_a_name_in_a_comment_needs_no_file(tmp_path: Path) -> None:
    texts = {"leaf": "module leaf;\nendmodule\n", "other": "module other;\nendmodule\n",
             "top": "// Not other.\nmodule top;\n  leaf u_leaf ();  /// nor other\nendmodule\n"}
    for name, text in texts.items():
        (tmp_path / f"{name}.sv").write_text(text)
    found = synth.needed_sources("top", Sources(tuple(tmp_path / f"{name}.sv" for name in texts), (), ()))
    assert [path.stem for path in found] == ["leaf", "top"]


def test_a_part_sees_nothing_but_its_own_files(yosys: FakeYosys, tiny: Design) -> None:
    synth.synthesize(*tiny, workers=1)
    for top, seen in zip(yosys.runs, yosys.folders, strict=True):
        assert {"boxes.v", "finn_check.svh", "finn_pkg.sv", "mvtu_pe.sv"} <= seen
        assert ("finn_tiny.sv" in seen) == ("axis_frame_guard.sv" in seen) == (top == "finn_tiny")
        assert ("WEIGHT_FILE.mem" in seen) == (top == "mvtu")
        assert ("rom.sv" in seen) == (top != "mvtu_pe")
        assert not any(name.startswith("tiny_") for name in seen)


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with copies of all sources, which are taken instead."""
    folder = tmp_path / "rtl"
    folder.mkdir()

    def copy(vlnv: str, roots: list[Path]) -> Sources:
        sources = core_sources(vlnv, roots)
        for path in (*sources.hdl, *(header for include in sources.include_folders for header in include.iterdir())):
            if not (folder / path.name).exists():
                shutil.copyfile(path, folder / path.name)
        return dataclasses.replace(sources, hdl=tuple(folder / path.name for path in sources.hdl),
                                   include_folders=(folder,))

    monkeypatch.setattr(synth, "core_sources", copy)
    return folder


def test_new_sources_concern_the_parts_made_of_them(yosys: FakeYosys, tiny: Design, copied: Path) -> None:
    synth.synthesize(*tiny)
    yosys.taken()
    for name, expected in (("axis_frame_guard.sv", ["finn_tiny"]), ("rom.sv", ALL[:4]), ("mvtu_pe.sv", ALL),
                           ("finn_check.svh", ALL), ("finn_tiny.sv", ["finn_tiny"])):
        with (copied / name).open("a") as file:
            file.write("`define NEW\n")
        synth.synthesize(*tiny)
        assert yosys.taken() == expected, name
        with (copied / name).open("a") as file:
            file.write("  // a comment\n")
        synth.synthesize(*tiny)
        assert yosys.taken() == [], name


def test_another_tool_is_asked_again(yosys: FakeYosys, tiny: Design, tmp_path: Path,
                                     monkeypatch: pytest.MonkeyPatch) -> None:
    synth.synthesize(*tiny)
    yosys.taken()
    monkeypatch.setattr(synth, "version", lambda _: "99")
    synth.synthesize(*tiny)
    assert yosys.taken() == ALL
    (tmp_path / "yosys.py").write_text("another")
    monkeypatch.setattr(synth, "__file__", str(tmp_path / "synth.py"))
    synth.synthesize(*tiny)
    assert yosys.taken() == ALL
    monkeypatch.setattr(synth.inspect, "getsource", lambda _: "another")
    synth.synthesize(*tiny)
    assert yosys.taken() == ALL
    monkeypatch.setattr(synth, "FAMILY", "xcup")
    synth.synthesize(*tiny)
    assert yosys.taken() == ALL


DAMAGED = (b"", b"{", b"[]", b"{}", b"3", b'{"LUT6": "4"}', b'{"LUT6": -1}', b'{"LUT6": true}', b'{"LUT6": 1.5}',
           b"\xff\xfe", b"[" * 100_000)


def test_a_damaged_entry_is_none(yosys: FakeYosys, tiny: Design, tmp_path: Path) -> None:
    found = synth.synthesize(*tiny)
    yosys.taken()
    entry = entries(tmp_path)[3]
    kept = synth.kept_cells()
    assert kept is not None and kept.get(entry.stem) is not None
    for text in DAMAGED:
        entry.write_bytes(text)
        assert kept.get(entry.stem) is None, text
    assert synth.synthesize(*tiny) == found
    assert len(yosys.taken()) == 1
    assert synth.synthesize(*tiny) == found
    assert yosys.taken() == []


def test_a_cache_that_cannot_be_used_is_no_error(yosys: FakeYosys, tiny: Design, tmp_path: Path,
                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    found = synth.synthesize(*tiny)
    entry = entries(tmp_path)[0]
    entry.unlink()
    entry.mkdir()
    assert synth.synthesize(*tiny) == found
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert synth.synthesize(*tiny) == found

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(store, "cache_folder", homeless)
    assert synth.synthesize(*tiny) == found


def test_a_failure_keeps_what_is_done(yosys: FakeYosys, tiny: Design) -> None:
    yosys.broken = "mvtu_pe"
    with pytest.raises(FinnError, match="no luck"):
        synth.synthesize(*tiny, workers=1)
    yosys.broken = ""
    yosys.taken()
    synth.synthesize(*tiny)
    assert yosys.taken() == ["mvtu_pe"] * 3


def test_parts_travel_with_their_files(yosys: FakeYosys, tiny: Design, tmp_path: Path) -> None:
    """By another executor the same comes out of the same runs; what is kept is asked of nobody, a failure keeps."""
    expected = synth.synthesize(*tiny)
    folders, yosys.folders = yosys.folders, []
    assert yosys.taken() == ALL
    with ThreadPoolExecutor(1) as executor:
        names: list[str] = []
        assert synth.synthesize(*tiny, names.append, executor=executor) == expected and yosys.taken() == []
        assert synth.synthesize(*tiny, use_cache=False, executor=executor) == expected and yosys.taken() == ALL
        assert sorted(map(sorted, yosys.folders)) == sorted(map(sorted, folders))
        assert Counter(names) == Counter(part.name for part in synth.network_parts(*tiny))
        shutil.rmtree(tmp_path / "cache")
        yosys.broken = "mvtu_pe"
        with pytest.raises(FinnError, match="no luck"):
            synth.synthesize(*tiny, executor=executor)
        yosys.broken = ""
        yosys.taken()
        assert synth.synthesize(*tiny, executor=executor) == expected and yosys.taken() == ["mvtu_pe"] * 3


def test_all_cores_work(yosys: FakeYosys, tiny: Design, monkeypatch: pytest.MonkeyPatch) -> None:
    counts: list[int] = []

    def parallel(function: Callable[[Any], Any], items: list[Any], workers: int) -> list[Any]:
        counts.append(workers)
        return [function(item) for item in items]

    monkeypatch.setattr(synth.processes, "parallel", parallel)
    monkeypatch.setattr(synth.os, "cpu_count", lambda: 7)
    synth.synthesize(*tiny)
    synth.synthesize(*tiny, workers=3)
    assert counts == [7, 3]


@pytest.mark.parametrize(("core", "top", "parameters", "has_memories"), [
    ("axis_dwc", "axis_dwc", {"S_WIDTH": "3", "M_WIDTH": "2"}, False),
    ("mvtu", "mvtu_pe", {"SIMD": "40", "STAGES": "1"}, False),
    ("axis_fifo", "axis_fifo", {"DEPTH": "64", "STYLE": '"distributed"'}, True),
    ("axis_fifo", "axis_fifo", {"DEPTH": "600", "STYLE": '"block"'}, True)])
def test_ram_libraries_are_read_for_memories_alone(core: str, top: str, parameters: dict[str, str],
                                                   has_memories: bool, tmp_path: Path) -> None:
    """Without them the cells are those of `synth_xilinx` itself, which reads them always."""
    part = synth.Part(top, top, tuple(parameters.items()))
    job = synth.make_job(part, core_sources(f"finn:ip:{core}"), {}, tmp_path / "part")
    [mapping] = [command for command in job.commands if command.startswith("map_xilinx ")]
    whole = f"synth_{mapping.removeprefix('map_')} -run begin:check"
    found = synth.run_yosys(job.commands, job.folder)
    assert found == synth.run_yosys([whole if command == mapping else command for command in job.commands], job.folder)
    used = synth.usage(found)
    assert used.lut + used.bram36 > 0
    said = processes.run([sys.executable, "-m", "finn_rtl.tools.yosys"], job.folder, text="\n".join(job.commands))
    assert ("MEMORY_LIBMAP" in said.stdout) == has_memories


def test_yosys_finds_all_it_needs(tmp_path: Path) -> None:
    part = synth.Part("converter", "axis_dwc", (("S_WIDTH", "8"), ("M_WIDTH", "4"), ("FRAME_BITS", "16")))
    job = synth.make_job(part, core_sources("finn:ip:axis_dwc"), {}, tmp_path / "part")
    assert synth.usage(synth.run_yosys(job.commands, job.folder)).ff >= 8
    (job.folder / "axis_dwc_narrow.sv").unlink()
    with pytest.raises(FinnError, match="Yosys failed"):
        synth.run_yosys(job.commands, job.folder)


def test_words_that_are_alike() -> None:
    """Every bit that differs between words of the file differs between neighbours; the others stay."""
    assert synth.alike("0f\n2f\n4e\n") == "0e\n6f\n0e\n"
    assert synth.alike("3\n") == "3\n"


@pytest.mark.parametrize(("columns", "rows", "simd", "pe", "weight_bits", "constant"), [
    (64, 64, 32, 16, 1, 0), (64, 64, 32, 16, 2, 80), (64, 512, 4, 1, 1, 1)])
def test_what_block_rams_hold_costs_nothing(columns: int, rows: int, simd: int, pe: int, weight_bits: int,
                                            constant: int, tmp_path: Path) -> None:
    """The cells of a layer are the same with its weights and with words that are alike, deep memories in slices too.

    The lowest `constant` bits of all words are 1: no RAM is built for them either way.
    """
    seed = 1
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    values = np.array([-1, 1] if weight_bits == 1 else [-2, -1, 0, 1], np.int8)
    matrix = Mvtu("fc0", mw=columns, mh=rows, simd=simd, pe=pe, thresholds=1, weight_bits=weight_bits,
                  weight_style="block")
    weight = rng.choice(values, (rows, columns))
    lanes = constant // weight_bits
    # Lane s of element p is column s modulo SIMD of row p modulo PE.
    for lane in range(lanes):
        weight[lane // simd::pe, lane % simd::simd] = 1 if weight_bits == 1 else -1
    files = matrix.files("net", IntegerLayer(weight, thresholds=np.zeros((rows, 1), np.int64)))
    part = synth.folded_part(matrix, "net")
    assert part.in_blocks == ("WEIGHT_FILE",)
    found = []
    for name, one in (("alike", part), ("own", dataclasses.replace(part, in_blocks=()))):
        job = synth.make_job(one, core_sources("finn:ip:mvtu"), files, tmp_path / name)
        found.append((job.key, synth.run_yosys(job.commands, job.folder)))
    (alike_key, alike), (own_key, own) = found
    assert alike_key != own_key
    assert alike == own
    assert (synth.usage(own).bram36 > 0) == (matrix.word > constant)
    assert synth.folded_part(dataclasses.replace(matrix, weight_style="distributed"), "net").in_blocks == ()


@pytest.mark.parametrize("place", ["here", "my temporary files/here"])
def test_temporary_folder_with_spaces(place: str, tmp_path: Path) -> None:
    """Yosys works there and elsewhere, and leaves nothing."""
    temporary, here = tmp_path / "my temporary files", tmp_path / place
    temporary.mkdir()
    here.mkdir()
    (here / "a.sv").write_text("module a(input logic [3:0] x, y, output logic z); assign z = x > y; endmodule\n")
    commands = "read_slang --top a a.sv\ncheck_drivers\nsynth_xilinx -family xc7 -top a\nwrite_verilog a.v\n"
    done = subprocess.run([sys.executable, "-m", "finn_rtl.tools.yosys"], input=commands, cwd=here, text=True,
                          env={**os.environ, "TMPDIR": str(temporary)}, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["a.sv", "a.v"]
    assert {*temporary.iterdir()} == {here} & {*temporary.iterdir()}


def test_wide_registers_taken_apart_early_give_the_same_cells(tmp_path: Path) -> None:
    """Of a memory with a register behind it, which is to become a block RAM that has it inside."""
    part = Part("fifo", "axis_fifo",
                (("WIDTH", "32"), ("DEPTH", "512"), ("STYLE", '"block"'), ("OUTPUT_REGISTER", "1")))
    commands = synth.script(part, core_sources("finn:ip:axis_fifo"), tmp_path / "boxes.v")
    found = []
    for wide in (1 << 20, 16):
        program = f"from finn_rtl.tools import yosys; yosys.WIDE = {wide}; yosys.main()"
        done = subprocess.run([sys.executable, "-c", program], input="\n".join(commands), cwd=tmp_path, check=True,
                              capture_output=True, text=True)
        assert (f"r:WIDTH>={wide} %i" in done.stdout) == (wide == 16)
        found.append(json.loads((tmp_path / "cells.json").read_text())["design"]["num_cells_by_type"])
    assert found[0]["RAMB18E1"] == 1
    assert found[0] == found[1]
