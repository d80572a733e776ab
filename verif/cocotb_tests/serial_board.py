# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The netlist of `digits` for a small board, between synthesis and place and route, driven by the host's packets.

The environment variable BOARD names the board.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cocotb
import yaml
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles

import finn_rtl
from finn_rtl.common.places import CHECKOUT
from finn_rtl.driver.stream import pack_frames
from finn_rtl.driver.uart_protocol import Kind, Reply, classify_request, identity_request
from finn_rtl.meaning import reference
from finn_rtl.output.identity import identity
from finn_verif.buses import axis
from finn_verif.buses.uart import SerialHost

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cocotb.handle import HierarchyObject


@dataclass(frozen=True)
class Board:
    """`leds`: levels in the end, alive and answered; `button`: port of the one that resets, low while pressed."""

    leds: Mapping[str, int]
    button: str = "btn_n"


# Alive is dark for so short a time; there was no error.
TANG_LEDS = {"led_alive_n": 1, "led_request_n": 0, "led_reply_n": 0, "led_error_n": 1}
BOARDS = {
    "icebreaker": Board({"led_error_n": 1, "led_alive_n": 1, "led_request": 1, "led_reply": 1}),
    "tangnano9k": Board(TANG_LEDS),
    "tangnano20k": Board(TANG_LEDS, ""),
    # The request turns it over.
    "gatemate_evb": Board({"led_n": 0}),
}
#: Cycles a bit: the fewest make the simulation shortest.
CLOCKS_PER_BIT = 4
#: Cycles of a board's reset.
RESET = 300
IMAGES = 2


def baud(name: str) -> int:
    """Bits a second for CLOCKS_PER_BIT."""
    return round(wish(name)["clock_mhz"] * 1e6 / CLOCKS_PER_BIT)


def wish(name: str) -> dict[str, float]:
    """What the network's core asks the generator for."""
    core = yaml.safe_load((CHECKOUT / "cores" / "digits" / "digits.core").read_text(encoding="utf-8"))
    found = dict(core["generate"][f"digits_{name}"]["parameters"])
    del found["topology"], found["host"]
    return found


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def classifies_digits(dut: HierarchyObject) -> None:
    """Identity and labels are those of the network: its weights are in the netlist."""
    name = os.environ["BOARD"]
    board = BOARDS[name]
    network, plan = finn_rtl.prepare("digits", **wish(name))
    values = finn_rtl.dataset_frames(network).values[:IMAGES]
    labels = reference.labels(reference.infer(network, values))
    assert len(set(labels)) > 1
    dut.rx.value = 1
    if board.button:
        getattr(dut, board.button).value = 0
    Clock(dut.clk, axis.CLOCK_PERIOD_NS, "ns").start()
    await ClockCycles(dut.clk, 10)
    if board.button:
        getattr(dut, board.button).value = 1
    await ClockCycles(dut.clk, RESET)
    # Behind configuration the line may be low until the first cycle of reset.
    host = SerialHost(dut.rx, dut.tx, dut.clk, CLOCKS_PER_BIT, 1)
    await host.sender.send(identity_request(0))
    for tag, frame in enumerate(pack_frames(values, 1, 8)[:, :, 0], start=1):
        await host.sender.send(classify_request(tag, frame.tobytes()))
    replies = await host.wait_for(1 + IMAGES, 10 * plan.latency_cycles)
    assert replies[0].words == identity(network, plan).words
    assert replies[1:] == [Reply(Kind.RESULT, tag, bytes([label])) for tag, label in enumerate(labels, start=1)]
    assert {led: int(getattr(dut, led).value) for led in board.leds} == board.leds
