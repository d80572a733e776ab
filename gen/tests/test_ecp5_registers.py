"""Tests of taking registers into block RAMs and multipliers, on netlists in the form that Yosys writes."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import pytest

from finn_rtl.tools.ecp5_registers import absorb_registers

RAM = "ram"
MULTIPLIER = "multiplier"
FACTOR_BITS = 16


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


def product_netlist(*, used: dict[str, dict[str, Any]] | None = None, **changes: Any) -> dict[str, Any]:
    """Flip-flops around a multiplier of signed factors; `used`: what is different about some of them.

    Factors come on nets 1000 and 1100 on, into flip-flops a0.. and b0..; the product leaves on nets 1400 on.
    """
    pins: dict[str, Any] = {}
    cells: dict[str, Any] = {}
    for name, first in (("A", 1000), ("B", 1100)):
        pins |= {f"{name}{bit}": [200 + first + min(bit, FACTOR_BITS - 1)] for bit in range(18)}
        for bit in range(FACTOR_BITS):
            key = f"{name.lower()}{bit}"
            cells[key] = flip_flop(first + bit, 200 + first + bit, **(used or {}).get(key, {}))
    pins |= {f"P{bit}": [2000 + bit] for bit in range(36)} | {"SIGNEDA": ["1"], "SIGNEDB": ["1"], "SOURCEA": ["0"]}
    products = range(2 * FACTOR_BITS)
    cells |= {f"p{bit}": flip_flop(2000 + bit, 1400 + bit, **(used or {}).get(f"p{bit}", {})) for bit in products}
    cells[MULTIPLIER] = {"type": "MULT18X18D", "parameters": {}, "connections": pins | changes,
                         "port_directions": {pin: "output" if pin.startswith("P") else "input" for pin in pins}}
    return {"modules": {"top": {"cells": cells, "ports": {
        "p": {"direction": "output", "bits": [1400 + bit for bit in products]}}}}}


def products(found: dict[str, Any], beats: list[tuple[int, int, bool]]) -> list[int]:
    """What nets 1400 on show before each edge; beats: the factors and net 3.

    A multiplier is what Lattice says: registers at the factors and at the product, each where its clock is named, all
    with CE0, and 0 to begin with.
    """
    cells = cells_of(found)
    nets: dict[Any, int] = {"0": 0, "1": 1}
    state = dict.fromkeys((*cells, "INPUTA", "INPUTB", "OUTPUT"), 0)
    multiplier = cells[MULTIPLIER]
    pins = multiplier["connections"]

    def number(name: str) -> int:
        bits = [nets.get(pins[f"{name}{bit}"][0], 0) for bit in range(18)]
        return sum(bit << place for place, bit in enumerate(bits)) - (bits[17] << 18)

    def settle() -> int:
        for name, cell in cells.items():
            if cell["type"] == "TRELLIS_FF":
                nets[cell["connections"]["Q"][0]] = state[name]
            elif cell["type"] == "LUT4":
                place = sum(nets[cell["connections"][pin][0]] << index for index, pin in enumerate("ABCD"))
                nets[cell["connections"]["Z"][0]] = int(cell["parameters"]["INIT"][-1 - place])
        factors = [state[f"INPUT{name}"] if uses[f"INPUT{name}"] else number(name) for name in "AB"]
        result = factors[0] * factors[1]
        for bit in range(36):
            nets[pins[f"P{bit}"][0]] = (state["OUTPUT"] if uses["OUTPUT"] else result) >> bit & 1
        return result

    uses = {name: multiplier["parameters"].get(f"REG_{name}_CLK", "NONE") != "NONE"
            for name in ("INPUTA", "INPUTB", "OUTPUT")}
    shown = []
    for left, right, enable in beats:
        nets |= {1000 + bit: left >> bit & 1 for bit in range(FACTOR_BITS)}
        nets |= {1100 + bit: right >> bit & 1 for bit in range(FACTOR_BITS)} | {3: int(enable)}
        result = settle()
        shown.append(sum(nets[1400 + bit] << bit for bit in range(2 * FACTOR_BITS)))
        after = dict(state)
        for name, cell in cells.items():
            if cell["type"] == "TRELLIS_FF":
                mux = cell["parameters"]["CEMUX"].strip()
                if mux == "1" or nets[cell["connections"]["CE"][0]] == (mux == "CE"):
                    after[name] = nets.get(cell["connections"]["DI"][0], 0)
        if any(uses.values()) and nets[pins["CE0"][0]]:
            after |= {"INPUTA": number("A"), "INPUTB": number("B"), "OUTPUT": result}
        state = after
    return shown


@pytest.mark.parametrize("mux", ["CE", "INV", "1 "])
def test_a_multiplier_takes_its_registers_in(mux: str) -> None:
    names = [f"{side}{bit}" for side in "abp" for bit in range(FACTOR_BITS * (2 if side == "p" else 1))]
    found = product_netlist(used={name: {"CEMUX": mux} for name in names})
    rng = np.random.default_rng(20170222)
    numbers = rng.integers(-1 << FACTOR_BITS - 1, 1 << FACTOR_BITS - 1, (64, 2)).tolist()
    beats = [(left, right, bool(rng.integers(2))) for left, right in numbers]
    wanted = products(deepcopy(found), beats)
    assert len(set(wanted)) > 10
    assert absorb_registers(found) == 4 * FACTOR_BITS
    assert not any(cell["type"] == "TRELLIS_FF" for cell in cells_of(found).values())
    assert products(found, beats) == wanted
    pins = cells_of(found)[MULTIPLIER]["connections"]
    assert (pins["CLK0"], pins["RST0"]) == ([2], ["0"])
    assert absorb_registers(found) == 0


@pytest.mark.parametrize(("changes", "taken"), [
    ({"used": {"a3": {"LSR": [6]}}}, 32), ({"used": {"a3": {"CLKMUX": "INV"}}}, 32), ({"A17": ["1"]}, 32),
    ({"A17": [77]}, 32), ({"used": {"p4": {"REGSET": "SET"}}}, 32), ({"used": {"p4": {"DI": [2003]}}}, 32),
    ({"P35": [1203]}, 32), ({"A17": ["0"], "A16": ["0"]}, 64), ({"used": {"a3": {"CE": [4]}}}, 0),
    ({"used": {"p4": {"CLK": [5]}}}, 0), ({"used": {"p4": {"CEMUX": "INV"}}}, 0),
], ids=str)
def test_registers_at_a_multiplier_that_stay(changes: dict[str, Any], taken: int) -> None:
    """A reset, edge or initial value; a bit from or to elsewhere; zeros are taken; not all have the same control."""
    found, same = product_netlist(**changes), product_netlist(**changes)
    assert absorb_registers(found) == taken
    assert taken or found == same


def test_registers_of_others_stay_at_a_multiplier() -> None:
    assert absorb_registers(product_netlist(), "dut.") == 0
    assert absorb_registers(product_netlist(), "p") == 32
