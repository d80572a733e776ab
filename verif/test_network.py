# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Generated networks: random topologies and foldings end to end, and the shipped ones through FuseSoC."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from finn_rtl import build
from finn_verif import runner, seeds
from finn_verif.random_networks import random_network

if TYPE_CHECKING:
    from finn_rtl.integer import Network
    from finn_rtl.plan import Plan

# NETWORKS=500 make verify IP=network SEED=7 is a campaign.
RANDOM_NETWORKS = int(os.environ.get("NETWORKS", "40"))
IPS = ("axis_dwc", "axis_frame_guard", "label_select", "maxpool", "mvtu", "mvtu_unfolded", "swu")


# Builds by Verilator take longer: every fifth network has one.
RUNS = [(simulator, number) for simulator, step in (("icarus", 1), ("verilator", 5))
        for number in range(0, RANDOM_NETWORKS, step) if simulator in runner.simulators()]


@pytest.mark.parametrize(("simulator", "number"), RUNS)
def test_random_network(simulator: str, number: int) -> None:
    """Results and cycles of a random network; the replay is `make verify IP=network SEED=...`."""
    network, plan = random_network(seeds.seed(), number)
    run_network(network, plan, simulator, f"network/{plan.topology.name}_{simulator}")


def run_network(network: Network, plan: Plan, simulator: str, name: str) -> None:
    """Build the network's files and run the cocotb tests of finn_verif.network on them."""
    runner.require(simulator)
    place = runner.folder(name)
    shutil.rmtree(place)
    build(network, plan, place / "design")
    top = f"finn_{plan.topology.name}"
    folding = {mvtu.layer: f"{mvtu.simd}x{mvtu.pe}{'w' * (mvtu.window > 1)}" for mvtu in plan.pipeline.mvtus}
    maps = [str(ifm) for ifm in network.topology.maps]
    print(f"maps {maps}, folding {folding}, input width {plan.pipeline.guard.width}, output {network.topology.output}")
    parts = [runner.sources(f"finn:ip:{ip}") for ip in IPS]
    hdl, folders, waivers = (tuple(dict.fromkeys(path for part in parts for path in getattr(part, field.name)))
                             for field in dataclasses.fields(runner.Sources))
    files = runner.Sources((*hdl, *sorted((place / "design").glob("*.sv"))), folders, waivers)
    run_folder = place / "run"
    run_folder.mkdir()
    for path in (place / "design").iterdir():
        if path.suffix in (".mem", ".json"):
            shutil.copy(path, run_folder)
    runner.simulate(top, files, "finn_verif.network", simulator, run_folder, False)


def fusesoc(tmp_path: Path, *arguments: str, root: Path = runner.ROOT) -> subprocess.CompletedProcess[str]:
    """Run FuseSoC as a user would, in a work folder of its own."""
    program = "import sys; from fusesoc.main import main; sys.exit(main())"
    with runner.environment():
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            [sys.executable, "-c", program, "run", f"--build-root={tmp_path}", *arguments], cwd=root,
            capture_output=True, text=True, check=False, env={**os.environ, "PATH": path})


@pytest.mark.parametrize("net", ["digits", "sfc", "lfc", "cnv", "cnv_padded"])
@pytest.mark.parametrize("scenario", ["fix", "max"])
def test_lint_of_shipped_networks(tmp_path: Path, net: str, scenario: str) -> None:
    """`fusesoc run --target=lint finn:net:...` is clean."""
    done = fusesoc(tmp_path, f"--flag={scenario}", "--target=lint", f"finn:net:{net}")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("target", "net"), [
    ("sim_icarus", "digits"), ("sim_icarus", "sfc"), ("sim", "digits"), ("sim", "lfc"), ("sim", "cnv")])
def test_simulation_of_shipped_networks(tmp_path: Path, target: str, net: str) -> None:
    """`fusesoc run --target=sim finn:net:...` passes."""
    runner.require("icarus" if target == "sim_icarus" else "verilator")
    done = fusesoc(tmp_path, f"--target={target}", f"finn:net:{net}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASS=4 FAIL=0" in done.stdout + done.stderr


def test_fusesoc_tells_of_a_failing_simulation(tmp_path: Path) -> None:
    """On broken RTL `fusesoc run` ends with a status other than 0, though edalize does not look at the tests."""
    runner.require("icarus")
    copy = tmp_path / "checkout"
    copy.mkdir()
    for name in ("rtl", "cores"):
        shutil.copytree(runner.ROOT / name, copy / name)
    shutil.copy(runner.ROOT / "fusesoc.conf", copy)
    file = copy / "rtl" / "mvtu" / "mvtu_pe.sv"
    text = file.read_text()
    assert "first ? start" in text
    file.write_text(text.replace("first ? start", "first ? '0"))
    done = fusesoc(tmp_path / "build", "--target=sim_icarus", "finn:net:digits", root=copy)
    assert done.returncode != 0, "the failure went unseen"
    assert "failed: full_speed" in done.stdout + done.stderr
