# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Generated networks: random topologies and foldings end to end, and the shipped ones through FuseSoC."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import pytest

import finn_rtl
from finn_rtl.common.places import CHECKOUT
from finn_rtl.ips import mvtu
from finn_rtl.ips.requant import Requant
from finn_rtl.plan import devices
from finn_verif.common import seeds
from finn_verif.networks.network_runner import run_network
from finn_verif.networks.random_networks import Case, random_network
from finn_verif.run import runner

# NETWORKS=500 make verify IP=network SEED=7 is a campaign.
RANDOM_NETWORKS = int(os.environ.get("NETWORKS", "40"))

# Builds by Verilator take longer: every fifth network has one.
RUNS = [(simulator, number) for simulator, step in (("icarus", 1), ("verilator", 5))
        for number in range(0, RANDOM_NETWORKS, step) if simulator in runner.simulators()]
# Frames a second at 200 MHz: few cycles to simulate, in hardware that is soon compiled.
IMPORTED_RATE = 200_000
SHIPPED = [
    *((net, scenario) for net in ("digits", "sfc", "lfc", "cnv", "cnv_padded") for scenario in ("fix", "max")),
    ("digits_resnet", "fix"),
    ("digits_resnet", "max"),
    ("digits_sparse", "max"),
    ("digits_yolo", "fix"),
    ("sfc_sparse", "max"),
]


@pytest.mark.parametrize(("simulator", "number"), RUNS)
def test_random_network(simulator: str, number: int) -> None:
    """Results and cycles of a random network; the replay is `make verify IP=network SEED=...`."""
    network, plan = random_network(seeds.seed(), number)
    run_network(network, plan, simulator, f"network/{plan.topology.name}_{simulator}", runner.plain_sums(simulator))


@pytest.mark.parametrize("simulator", [name for name in runner.simulators() if not runner.plain_sums(name)])
@pytest.mark.parametrize("number", [0, 1])
def test_plain_sums(number: int, simulator: str) -> None:
    """The same with the plain sums of `finn-rtl simulate` where they were not plain: every result and every cycle."""
    network, plan = random_network(seeds.seed(), number)
    run_network(network, plan, simulator, f"network/{plan.topology.name}_{simulator}_plain", ["FINN_PLAIN_SUMS"])


@pytest.mark.parametrize("number", range(0, RANDOM_NETWORKS, 4))
def test_random_network_in_block_ram(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """The same with every memory that can go there in block RAM, which answers later."""
    monkeypatch.setattr(devices, "BLOCK_RAM_PRICE", 0.0)
    monkeypatch.setattr(mvtu, "MOST_REPLAY_LUTS", -1.0)
    network, plan = random_network(seeds.seed(), number)
    simulator = "icarus" if "icarus" in runner.simulators() else "verilator"
    run_network(network, plan, simulator, f"network/{plan.topology.name}_block")


@pytest.mark.parametrize("simulator", runner.simulators())
def test_levels_by_requant(simulator: str) -> None:
    """Of signs and of numbers, in windows and behind them, folded and whole, the last one's as results."""
    levels = [{"bits": 8, "signed": True, "narrow": True}, {"bits": 5}, {"bits": 4, "signed": True}]
    conv, fc, last = ({**activation, "hardware": "requant"} for activation in levels)
    document = {
        "name": "requants", "parameters": "none.npz", "output": "vector",
        "input": {"shape": [5, 4, 3], "encoding": {"type": "binary", "threshold": 9}},
        "layers": [{"type": "conv", "name": "a", "channels": 6, "kernel": 2, "padding": [0, 1, 1, 0],
                    "activation": conv},
                   {"type": "maxpool", "name": "b", "kernel": 2},
                   {"type": "fc", "name": "c", "units": 6, "weights": 4, "activation": fc},
                   {"type": "fc", "name": "d", "units": 4, "weights": 2, "activation": last}]}
    folds = {"a": (6, 3, False), "c": (6, 2, False), "d": (6, 4, False)}
    network, plan = Case(document, folds, None, (seeds.seed(), 1)).build()
    assert [ip.name for ip in plan.pipeline.ips if isinstance(ip, Requant)] == [f"{name}__requant" for name in "acd"]
    run_network(network, plan, simulator, f"network/requants_{simulator}")


# Of layers of 2 groups of 4 channels in front and 6 behind, of 12 groups with a multiplier of 3, and of 4 of 9 and 2.
GROUPED = {
    "parts": {"a": (2, 3, False), "b": (1, 1, False), "c": (3, 2, False)},
    "pixels": {"a": (12, 2, False), "b": (1, 9, False), "c": (9, 1, False)},
    "windows": {"a": (18, 6, True), "b": (6, 18, True), "c": (9, 2, False)},
    "whole": {"a": (36, 12, True), "b": (6, 36, True), "c": (9, 8, False)}}


@pytest.mark.parametrize("folding", GROUPED)
def test_groups(folding: str) -> None:
    """Folded within a group, a group at a time, several side by side, and whole; every result and every cycle."""
    document = {
        "name": f"groups_{folding}", "parameters": "none.npz", "output": "vector",
        "input": {"shape": [5, 4, 8], "encoding": {"type": "integer", "bits": 3, "signed": True}},
        "layers": [{"type": "conv", "name": "a", "channels": 12, "kernel": 3, "padding": "same", "groups": 2,
                    "weights": 3, "activation": {"bits": 2}},
                   {"type": "conv", "name": "b", "channels": 36, "kernel": [2, 3], "groups": 12, "weights": 2,
                    "stride": [1, 1], "activation": {"bits": 2, "signed": True}},
                   {"type": "conv", "name": "c", "channels": 8, "kernel": 1, "groups": 4, "weights": 2,
                    "activation": "none"}]}
    network, plan = Case(document, GROUPED[folding], None, (seeds.seed(), 6)).build()
    for simulator in runner.simulators()[:2 if folding == "windows" else 1]:
        run_network(network, plan, simulator, f"network/groups_{folding}_{simulator}", runner.plain_sums(simulator))


# Bytes a second: as fast as any, about as fast as all is computed, and slower.
@pytest.mark.parametrize("dram", [1e11, 2e8, 4e7])
def test_weights_from_dram(dram: float) -> None:
    """Of windows in beats and whole ones, of maps and vectors, of a bit and more: every result and every cycle."""
    document = {
        "name": f"streamed{dram:.0f}", "parameters": "none.npz", "output": "label",
        "input": {"shape": [6, 6, 4], "encoding": {"type": "integer", "bits": 3, "signed": True}},
        "layers": [{"type": "conv", "name": "a", "channels": 8, "kernel": 3, "padding": "same",
                    "activation": {"bits": 2}},
                   {"type": "conv", "name": "b", "channels": 6, "kernel": 3, "weights": 3,
                    "activation": {"bits": 3, "signed": True, "narrow": True}},
                   {"type": "conv", "name": "c", "channels": 4, "kernel": 1, "weights": 2, "activation": "sign"},
                   {"type": "fc", "name": "d", "units": 8, "activation": "sign"},
                   {"type": "fc", "name": "e", "units": 10, "activation": "none"}]}
    folds = {"a": (4, 2, False), "b": (24, 2, False), "c": (3, 2, False), "d": (16, 2, False), "e": (4, 2, False)}
    reuse = {"a": 6, "b": 4, "c": 16, "d": 1, "e": 1}
    network, plan = Case(document, folds, None, (seeds.seed(), 8), reuse=reuse, dram=dram).build()
    assert [matrix.reuse for matrix in plan.pipeline.streamed] == list(reuse.values())
    # The slowest of these memories sets the pace.
    assert (plan.cycles_per_frame > 1296) == (dram < 1e8)
    # The slower the memory, the more cycles: Icarus has the fastest one alone.
    for simulator in runner.simulators()[0 if dram > 1e9 else -1:]:
        run_network(network, plan, simulator, f"network/streamed_{dram:.0f}_{simulator}", runner.plain_sums(simulator))


@pytest.mark.parametrize("simulator", runner.simulators())
def test_several_pixels(simulator: str) -> None:
    """A beat, of rows that end inside one: through windows, matrices, pools and branches, to results of whole rows."""
    document = {
        "name": "abreast", "parameters": "none.npz", "output": "vector",
        "input": {"shape": [6, 10, 2], "encoding": {"type": "integer", "bits": 3, "signed": True}},
        "layers": [{"type": "conv", "name": "a", "channels": 4, "kernel": 3, "padding": "same", "weights": 2,
                    "activation": {"bits": 2}},
                   {"type": "maxpool", "name": "b", "kernel": 2},
                   {"type": "conv", "name": "c", "channels": 4, "kernel": 3, "padding": "same",
                    "activation": {"bits": 2}},
                   {"type": "conv", "name": "d", "inputs": ["b"], "channels": 4, "kernel": 1,
                    "activation": {"bits": 2}},
                   {"type": "add", "name": "e", "inputs": ["c", "d"]},
                   {"type": "activation", "name": "f", "activation": "sign"},
                   {"type": "conv", "name": "g", "channels": 6, "kernel": [2, 3], "stride": [1, 2],
                    "padding": [0, 0, 1, 1], "activation": "sign"},
                   {"type": "conv", "name": "h", "channels": 3, "kernel": 1, "activation": "none", "bias": 3}]}
    folds = {"a": (18, 4, True), "c": (36, 4, True), "d": (4, 4, False), "g": (24, 6, True), "h": (6, 3, False)}
    pixels = {"a": 4, "c": 2, "d": 3, "g": 4, "h": 2}
    network, plan = Case(document, folds, None, (seeds.seed(), 7), pixels=pixels).build()
    lanes = {ip.name: ip.lanes for ip in plan.pipeline.ips if ip.lanes > 1 and ip.module != "swu_parallel"}
    assert lanes == {"a": 4, "b": 2, "c": 2, "d": 3, "g": 2, "h": 2}
    run_network(network, plan, simulator, f"network/abreast_{simulator}")


@pytest.mark.parametrize("order", ["blocks", "interleaved"])
def test_depth_to_space(order: str) -> None:
    """Inside of a network and at its end, of numbers and of bits, of rows alone and of both."""
    document = {
        "name": f"spread_{order}", "parameters": "none.npz", "output": "vector",
        "input": {"shape": [3, 4, 2], "encoding": {"type": "integer", "bits": 3, "signed": True}},
        "layers": [{"type": "conv", "name": "a", "channels": 8, "kernel": 2, "weights": 3, "activation": {"bits": 3}},
                   {"type": "depth_to_space", "name": "b", "scale": 2, "order": order},
                   {"type": "conv", "name": "c", "channels": 6, "kernel": 2, "weights": 2, "activation": "sign"},
                   {"type": "depth_to_space", "name": "d", "scale": [3, 1], "order": order}]}
    folds = {"a": (4, 2, False), "c": (4, 6, True)}
    network, plan = Case(document, folds, None, (seeds.seed(), 4)).build()
    for simulator in runner.simulators():
        run_network(network, plan, simulator, f"network/spread_{order}_{simulator}")


@pytest.mark.parametrize(("pe", "labels"), [(1, 2), (4, 3), (12, 12)])
def test_several_labels(pe: int, labels: int) -> None:
    """Of scores that come one a beat, some, and all at once: in order, equal ones among them."""
    document = {
        "name": f"ranking{pe}", "parameters": "none.npz", "output": "label", "labels": labels,
        "input": {"shape": [6], "encoding": {"type": "integer", "bits": 2, "signed": True}},
        "layers": [{"type": "fc", "name": "a", "units": 12, "weights": 2, "activation": "none"}]}
    network, plan = Case(document, {"a": (6, pe, False)}, None, (seeds.seed(), 3)).build()
    assert plan.cycles_per_frame == 12 and plan.limited_by() == ("layer a" if pe == 1 else "width converter label")
    for simulator in runner.simulators():
        run_network(network, plan, simulator, f"network/ranking{pe}_{simulator}")


@pytest.mark.parametrize("file", ["cnn_qonnx", "rows_torchscript"])
def test_imported_network(file: str) -> None:
    """Files of exporters; that the reference gives what they mean is tested beside the importer."""
    pytest.importorskip("onnx")
    path = CHECKOUT / "gen" / "tests" / "data" / "import" / f"{file}.onnx"
    with tempfile.TemporaryDirectory() as folder:
        finn_rtl.write_imported(finn_rtl.import_onnx(path, input_scale=Fraction(1, 16)), Path(folder) / "net")
        network, plan = finn_rtl.prepare(str(Path(folder) / "net" / "topology.json"), fps=IMPORTED_RATE)
    # Icarus takes half a minute for the first one.
    for simulator in runner.simulators()[-1 if file == "cnn_qonnx" else 0:]:
        run_network(network, plan, simulator, f"network/{file}_{simulator}")


def test_an_activation_at_the_end() -> None:
    """It marks the last beat of a result, though no beat inside a network is marked."""
    document = {
        "name": "ended", "parameters": "none.npz", "output": "vector",
        "input": {"shape": [3, 3, 2], "encoding": {"type": "integer", "bits": 3, "signed": True}},
        "layers": [{"type": "conv", "name": "a", "channels": 4, "kernel": 2, "activation": "none"},
                   {"type": "activation", "name": "b", "activation": {"bits": 2}}]}
    network, plan = Case(document, {"a": (2, 2, False)}, None, (seeds.seed(), 2)).build()
    run_network(network, plan, runner.simulators()[0], "network/ended")


def test_deep_memories_in_luts() -> None:
    """Windows and rows of more than 64 beats, and more than 64 thresholds of an element, are read in steps."""
    document = {
        "name": "deep", "parameters": "none.npz", "output": "vector",
        "input": {"shape": [2, 4, 10], "encoding": {"type": "integer", "bits": 2, "signed": True}},
        "layers": [{"type": "conv", "name": "a", "channels": 34, "kernel": [2, 3], "weights": 2,
                    "padding": [0, 0, 1, 1], "activation": {"bits": 2}},
                   {"type": "upsample", "name": "b", "scale": 2},
                   {"type": "conv", "name": "c", "channels": 2, "kernel": [2, 8], "weights": 2, "activation": "none"}]}
    network, plan = Case(document, {"a": (1, 1, False), "c": (17, 1, False)}, None, (seeds.seed(), 2)).build()
    simulator = runner.simulators()[-1]
    run_network(network, plan, simulator, "network/deep", runner.plain_sums(simulator))


def fusesoc(tmp_path: Path, *arguments: str, root: Path = runner.ROOT) -> subprocess.CompletedProcess[str]:
    """Run FuseSoC as a user would, in a work folder of its own."""
    program = "import sys; from fusesoc.main import main; sys.exit(main())"
    with runner.environment():
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            [sys.executable, "-c", program, "run", f"--build-root={tmp_path}", *arguments], cwd=root,
            capture_output=True, text=True, check=False, env={**os.environ, "PATH": path})


@pytest.mark.steady
@pytest.mark.parametrize(("net", "scenario"), SHIPPED)
def test_lint_of_shipped_networks(tmp_path: Path, net: str, scenario: str) -> None:
    """`fusesoc run --target=lint finn:net:...` is clean."""
    done = fusesoc(tmp_path, f"--flag={scenario}", "--target=lint", f"finn:net:{net}")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("target", "net"), [("sim_icarus", "digits"), ("sim", "cnv"), ("sim_icarus", "digits_sparse"),
                                             ("sim", "digits_resnet")])
def test_simulation_of_shipped_networks(target: str, net: str) -> None:
    """`fusesoc run --target=sim finn:net:...` passes."""
    runner.require("icarus" if target == "sim_icarus" else "verilator")
    # The same folder each time: what did not change is not compiled again.
    done = fusesoc(runner.folder("fusesoc"), f"--target={target}", f"finn:net:{net}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASS=4 FAIL=0" in done.stdout + done.stderr


def test_fusesoc_brings_weights_from_dram(tmp_path: Path) -> None:
    """The generator's file reaches the simulation, and nothing is there for $readmemh, which reads none of them."""
    runner.require("icarus")
    root = runner.changed_library(tmp_path / "checkout", "cores/digits/digits.core",
                                  ("scenario: max}", "fps: 200000, dram: 1000000000, from_dram: [fc1]}"),
                                  ("      - finn:ip:mvtu\n", "      - finn:ip:mvtu\n      - finn:ip:mvtu_stream\n"))
    done = fusesoc(tmp_path / "build", "--target=sim_icarus", "finn:net:digits", root=root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASS=4 FAIL=0" in done.stdout + done.stderr
    found = {path.name for path in (tmp_path / "build").rglob("digits__*_weights.*")}
    assert found == {"digits__fc0_weights.mem", "digits__fc1_weights.bin", "digits__fc2_weights.mem"}


def test_fusesoc_tells_of_a_failing_simulation(tmp_path: Path) -> None:
    """On broken RTL `fusesoc run` ends with a status other than 0, though edalize does not look at the tests."""
    runner.require("icarus")
    copy = runner.changed_library(tmp_path / "checkout", "rtl/mvtu/mvtu_pe.sv", ("first ? start", "first ? '0"))
    done = fusesoc(tmp_path / "build", "--target=sim_icarus", "finn:net:digits", root=copy)
    assert done.returncode != 0, "the failure went unseen"
    assert "failed: full_speed" in done.stdout + done.stderr
