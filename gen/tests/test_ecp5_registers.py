"""Tests of taking registers into block RAM, on netlists in the form that Yosys writes."""

from __future__ import annotations

from typing import Any

import pytest

from finn_rtl.tools.ecp5_registers import absorb_registers

RAM = "ram"


def flip_flop(source: int, target: int, **changes: Any) -> dict[str, Any]:
    """A flip-flop with clock 2 and enable 3."""
    cell: dict[str, Any] = {
        "type": "TRELLIS_FF",
        "parameters": {"CEMUX": "CE", "CLKMUX": "CLK", "GSR": "DISABLED", "LSRMUX": "LSR", "REGSET": "RESET"},
        "port_directions": {"CE": "input", "CLK": "input", "DI": "input", "LSR": "input", "Q": "output"},
        "connections": {"CE": [3], "CLK": [2], "DI": [source], "LSR": ["0"], "Q": [target]}}
    for name, value in changes.items():
        cell["connections" if name in cell["connections"] else "parameters"][name] = value
    return cell


def netlist(bits: int = 4, width: int = 18, *, used: dict[int, dict[str, Any]] | None = None,
            **changes: Any) -> dict[str, Any]:
    """A block RAM whose first bits go to flip-flops; `used`: what is different about these."""
    pins = [f"DOA{i}" for i in range(18)] + [f"DOB{i}" for i in range(18)]
    connections: dict[str, Any] = {pin: [100 + i] for i, pin in enumerate(pins)}
    connections |= {"CLKA": [2], "CLKB": [2], "RSTA": ["0"], "RSTB": ["0"], "OCEA": ["1"], "OCEB": ["1"]} | changes
    cells = {RAM: {"type": "DP16KD", "connections": connections,
                   "parameters": {"DATA_WIDTH_B": f"{width:032b}", "REGMODE_A": "NOREG", "REGMODE_B": "NOREG",
                                  "CLKAMUX": "CLKA", "CLKBMUX": "CLKB"},
                   "port_directions": {pin: "output" if pin.startswith("DO") else "input" for pin in connections}}}
    for bit in range(bits):
        cells[f"q{bit}"] = flip_flop(100 + bit, 200 + bit, **(used or {}).get(bit, {}))
    return {"modules": {"top": {"cells": cells, "ports": {"q": {"direction": "output",
                                                                "bits": [200 + bit for bit in range(bits)]}}}}}


def cells_of(found: dict[str, Any]) -> dict[str, Any]:
    """Cells of the module."""
    cells: dict[str, Any] = found["modules"]["top"]["cells"]
    return cells


def test_registers_of_a_port_are_taken_in() -> None:
    found = netlist()
    assert absorb_registers(found) == 4
    assert list(cells_of(found)) == [RAM]
    ram = cells_of(found)[RAM]
    assert (ram["parameters"]["REGMODE_A"], ram["parameters"]["REGMODE_B"]) == ("OUTREG", "NOREG")
    assert [ram["connections"][f"DOA{i}"] for i in range(4)] == [[200 + i] for i in range(4)]
    assert (ram["connections"]["OCEA"], ram["connections"]["OCEB"]) == ([3], ["1"])
    assert absorb_registers(found) == 0


def test_registers_of_others_stay() -> None:
    assert absorb_registers(netlist(), "dut.") == 0
    assert absorb_registers(netlist(), "q") == 4


def test_registers_that_are_always_enabled() -> None:
    # Yosys puts a blank behind a text that could be a number.
    found = netlist(2, used={bit: {"CEMUX": "1 "} for bit in range(2)})
    assert absorb_registers(found) == 2
    assert cells_of(found)[RAM]["connections"]["OCEA"] == ["1"]


def test_registers_that_are_enabled_by_a_low_level() -> None:
    found = netlist(2, used={bit: {"CEMUX": "INV"} for bit in range(2)})
    assert absorb_registers(found) == 2
    ram = cells_of(found)[RAM]
    assert (ram["parameters"]["OCEAMUX"], ram["connections"]["OCEA"]) == ("INV", [3])


def test_a_word_of_36_bits_comes_through_both_sides() -> None:
    found = netlist(36, 36, CLKA=["0"])
    assert absorb_registers(found) == 36
    ram = cells_of(found)[RAM]
    assert ram["parameters"]["REGMODE_A"] == ram["parameters"]["REGMODE_B"] == "OUTREG"
    assert ram["connections"]["OCEB"] == [3]
    assert ram["connections"]["DOB17"] == [235]


@pytest.mark.parametrize("changes", [
    {"used": {1: {"CE": [4]}}}, {"used": {1: {"CLK": [5]}}}, {"used": {1: {"CEMUX": "INV"}}},
    {"used": {1: {"CLKMUX": "INV"}}}, {"used": {1: {"REGSET": "SET"}}}, {"used": {1: {"LSR": [6]}}},
    {"used": {1: {"DI": [99]}, 2: {"LSR": [101]}}}, {"CLKA": [9]}, {"RSTA": [7]}, {"used": {2: {"DI": [101]}}},
], ids=str)
def test_ports_that_stay_as_they_are(changes: dict[str, Any]) -> None:
    """Another enable, clock, edge, initial value or reset; a bit that goes elsewhere, or to two places."""
    found, same = netlist(**changes), netlist(**changes)
    assert absorb_registers(found) == 0
    assert found == same


def test_a_bit_that_leaves_the_module() -> None:
    found = netlist()
    found["modules"]["top"]["ports"]["q"]["bits"].append(103)
    assert absorb_registers(found) == 0
