# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The netlist of `digits` for the ULX3S, between synthesis and place and route, driven by the host's packets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles

import finn_rtl
from finn_rtl.driver.stream import pack_frames
from finn_rtl.driver.uart_protocol import Kind, Reply, classify_request, identity_request
from finn_rtl.meaning import reference
from finn_rtl.output.identity import identity
from finn_verif.buses import axis
from finn_verif.buses.uart import SerialHost

if TYPE_CHECKING:
    from cocotb.handle import HierarchyObject

CLOCK_MHZ = 50
#: Makes the simulation three times shorter than the board's usual rate.
BAUD = 3_000_000
IMAGES = 3


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def classifies_digits(dut: HierarchyObject) -> None:
    """Identity and labels are those of the network: its weights are in the netlist."""
    network, plan = finn_rtl.prepare("digits", "fix", clock_mhz=CLOCK_MHZ)
    values = finn_rtl.dataset_frames(network).values[:IMAGES]
    labels = reference.labels(reference.infer(network, values))
    assert len(set(labels)) > 1
    # The model of the PLL gives the clock that it gets.
    dut.btn_fire1.value = 1
    Clock(dut.clk_25mhz, axis.CLOCK_PERIOD_NS, "ns").start()
    host = SerialHost(dut.ftdi_txd, dut.ftdi_rxd, dut.clk_25mhz, round(CLOCK_MHZ * 1e6 / BAUD), 1)
    await ClockCycles(dut.clk_25mhz, 10)
    dut.btn_fire1.value = 0
    await ClockCycles(dut.clk_25mhz, 10)
    await host.sender.send(identity_request(0))
    for tag, frame in enumerate(pack_frames(values, 1, 8)[:, :, 0], start=1):
        await host.sender.send(classify_request(tag, frame.tobytes()))
    replies = await host.wait_for(1 + IMAGES, 10 * plan.latency_cycles)
    assert replies[0].words == identity(network, plan).words
    assert replies[1:] == [Reply(Kind.RESULT, tag, bytes([label])) for tag, label in enumerate(labels, start=1)]
    # Alive, request and reply on the line, no error.
    assert str(dut.led.value)[:7] == "0000011"
    assert int(dut.wifi_gpio0.value) == 1
