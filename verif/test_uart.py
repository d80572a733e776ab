# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The serial line on both simulators: its parts, uart_host, and a network behind it."""

from __future__ import annotations

import shutil

import pytest

import finn_rtl
from cocotb_tests import uart_host_setup, uart_line, uart_network
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_line(simulator: str) -> None:
    """All cocotb tests of uart_rx, uart_tx and uart_frame_buffer."""
    runner.run("uart_line", "finn:ip:uart", uart_line.INSTANCES, "cocotb_tests.uart_line", simulator)


@pytest.mark.parametrize("simulator", runner.simulators())
def test_host(simulator: str) -> None:
    """All cocotb tests of uart_host."""
    runner.run("uart_host", "finn:ip:uart", uart_host_setup.INSTANCES, "cocotb_tests.uart_host", simulator)


@pytest.mark.parametrize("simulator", runner.simulators())
def test_network(simulator: str) -> None:
    """`digits` behind its serial line."""
    name = f"uart_network_{simulator}"
    design = runner.folder(name) / "design"
    run = runner.run_folder(name, simulator)
    shutil.rmtree(design, ignore_errors=True)
    finn_rtl.build(*uart_network.prepare(), design, "uart")
    for path in design.glob("*.mem"):
        shutil.copy(path, run)
    ips = ("uart", "axis_dwc", "axis_frame_guard", "label_select", "mvtu", "mvtu_unfolded")
    files = runner.sources_with(ips, [design / "finn_digits.sv", design / "finn_digits_uart.sv"])
    runner.run_files(name, files, uart_network.INSTANCES, "cocotb_tests.uart_network", simulator)
