# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Accelerators as a processor sees them: the driver on the simulated RTL of registers, DMA and network."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cocotb_tests import accelerator_load, accelerator_speed, accelerator_weights, axi_host_registers
from cocotb_tests.accelerator import SMALL
from finn_rtl import build
from finn_rtl.output.accelerator import host_cores
from finn_rtl.output.emit import cores
from finn_verif.run import runner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cocotb_tests.accelerator import Design
    from finn_verif.testbench.instances import Instance


def run(name: str, designs: Sequence[Design], module: str, simulator: str,
        instances: Sequence[Instance] | None = None) -> None:
    """Generate the designs, put them into one testbench, and run the cocotb tests of a module.

    `instances`: of the designs, where these are not each with its host.
    """
    runner.require(simulator)
    place = runner.run_folder(name, simulator)
    generated = []
    for design in designs:
        folder = runner.folder(name) / f"{design.name}_{simulator}"
        shutil.rmtree(folder, ignore_errors=True)
        build(design.network, design.plan, folder, "axi", design.data_w)
        generated += sorted(folder.glob("*.sv"))
        for path in folder.glob("*.mem"):
            shutil.copy(path, place)
    used = sorted(set().union(*(cores(design.plan) | host_cores("axi", len(design.plan.pipeline.streamed))
                                for design in designs)))
    files = runner.sources_with(used, generated)
    runner.run_files(name, files, instances or [design.instance for design in designs], module, simulator,
                     ["FINN_PLAIN_SUMS"])


@pytest.mark.parametrize("simulator", runner.simulators())
def test_accelerator(simulator: str) -> None:
    """All cocotb tests, on three accelerators of random networks."""
    run("accelerator", SMALL, "cocotb_tests.accelerator", simulator)


def test_weights_from_memory() -> None:
    """Networks that read the weights of one layer, of two and of five from memory while they work."""
    if "verilator" not in runner.simulators():
        pytest.skip("Icarus takes minutes for networks of this size")
    run("accelerator_weights", accelerator_weights.DESIGNS, "cocotb_tests.accelerator_weights", "verilator")


def test_changeable() -> None:
    """Networks whose parameters change, of one bank and of two, with a host and without; and one of large frames."""
    if "verilator" not in runner.simulators():
        pytest.skip("Icarus takes minutes for a network of this size")
    run("accelerator_load", [*accelerator_load.DESIGNS.values(), accelerator_load.LARGE],
        "cocotb_tests.accelerator_load", "verilator", accelerator_load.INSTANCES)


def test_loads_of_cnv() -> None:
    """CNV with several sets, for bench/loads.py: minutes."""
    if not runner.is_set("LOADS_OF_CNV"):
        pytest.skip("python bench/loads.py runs it")
    from cocotb_tests import accelerator_load_cnv  # noqa: PLC0415 - planned when it is wanted

    run("accelerator_load_cnv", [accelerator_load_cnv.DESIGN], "cocotb_tests.accelerator_load_cnv", "verilator")


@pytest.mark.parametrize("simulator", runner.simulators())
def test_registers(simulator: str) -> None:
    """The registers alone."""
    runner.run("axi_host_registers", "finn:ip:axi_host", axi_host_registers.INSTANCES,
               "cocotb_tests.axi_host_registers", simulator)


def test_full_speed() -> None:
    """SFC at 16 cycles a frame, through memory of 40 cycles latency."""
    if "verilator" not in runner.simulators():
        pytest.skip("Icarus takes minutes for a network of this size")
    run("accelerator_speed", list(accelerator_speed.DESIGNS.values()), "cocotb_tests.accelerator_speed", "verilator")


def test_what_is_made_from_the_registers_is_up_to_date() -> None:
    """Package, C header, Python module and page agree with axi_host.rdl."""
    done = subprocess.run([sys.executable, str(runner.ROOT / "scripts" / "registers.py"), "--check"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
