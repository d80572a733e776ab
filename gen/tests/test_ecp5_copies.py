"""Tests of copies of drivers, on random netlists in the form that Yosys writes."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from typing import Any

import numpy as np
import pytest

from finn_rtl.tools.ecp5_copies import OUTPUTS, copy_drivers

CLOCK = 2
INPUTS = tuple(range(3, 9))
SEEDS = range(8)


def cell(kind: str, output: int, inputs: dict[str, int], **parameters: str) -> dict[str, Any]:
    """A cell with one output."""
    pins = {pin: [bit] for pin, bit in inputs.items()} | {OUTPUTS[kind]: [output]}
    directions = {pin: "output" if pin == OUTPUTS[kind] else "input" for pin in pins}
    return {"type": kind, "parameters": parameters, "port_directions": directions, "connections": pins}


def netlist(rng: np.random.Generator, flip_flops: int = 60, luts: int = 120) -> dict[str, Any]:
    """Flip-flops, LUTs and choices between two of these; some nets go to many places, one to a port."""
    states = list(range(100, 100 + flip_flops))
    nets, cells, free = [*INPUTS, *states], {}, 1000

    def any_net() -> int:
        # Few have most loads: an input, registers, and the LUTs before all others.
        few = [*INPUTS[:1], *states[:2], *nets[len(INPUTS) + flip_flops:][:3]]
        return int(rng.choice(few if rng.random() < 0.7 else nets))

    def lut(name: str) -> int:
        nonlocal free
        init = "".join(rng.choice(["0", "1"], 16))
        cells[name] = cell("LUT4", free, {pin: any_net() for pin in "ABCD"}, INIT=init)
        free += 1
        return free - 1

    for index in range(luts):
        if rng.random() < 0.3:
            sides = {pin: lut(f"dut.half{index}_{pin}") for pin in ("ALUT", "BLUT")}
            cells[f"dut.choice{index}"] = cell("PFUMX", free, {**sides, "C0": any_net()})
            free += 1
            nets.append(free - 1)
        else:
            nets.append(lut(f"dut.lut{index}"))
    for index, state in enumerate(states):
        pins = {"CLK": CLOCK, "DI": any_net(), "CE": any_net(), "LSR": any_net()}
        cells[f"dut.q{index}"] = cell("TRELLIS_FF", state, pins, CEMUX=str(rng.choice(["CE", "INV", "1 "])))
    ports = {"clock": ("input", [CLOCK]), "a": ("input", list(INPUTS)), "q": ("output", [states[5], *nets[-20:]])}
    return {"modules": {"top": {"cells": cells, "ports": {
        name: {"direction": direction, "bits": bits} for name, (direction, bits) in ports.items()}}}}


def shown(found: dict[str, Any], rng: np.random.Generator, cycles: int = 40) -> list[list[int]]:
    """What the output port shows in each cycle, from registers that are 0."""
    top = found["modules"]["top"]
    cells = top["cells"]
    registers = {name: 0 for name, one in cells.items() if one["type"] == "TRELLIS_FF"}
    drivers = {one["connections"][OUTPUTS[one["type"]]][0]: name for name, one in cells.items()}
    result = []
    for _ in range(cycles):
        nets = dict(zip(INPUTS, rng.integers(2, size=len(INPUTS)).tolist(), strict=True))

        def value(bit: int, nets: dict[int, int] = nets, registers: dict[str, int] = registers) -> int:
            if bit not in nets:
                name = drivers[bit]
                pins, kind = cells[name]["connections"], cells[name]["type"]
                if kind == "TRELLIS_FF":
                    nets[bit] = registers[name]
                elif kind == "LUT4":
                    place = sum(value(pins[pin][0]) << index for index, pin in enumerate("ABCD"))
                    nets[bit] = int(cells[name]["parameters"]["INIT"][-1 - place])
                else:
                    nets[bit] = value(pins["ALUT" if value(pins["C0"][0]) else "BLUT"][0])
            return nets[bit]

        result.append([value(bit) for bit in top["ports"]["q"]["bits"]])
        after = dict(registers)
        for name in registers:
            pins, mux = cells[name]["connections"], cells[name]["parameters"]["CEMUX"].strip()
            if value(pins["LSR"][0]):
                after[name] = 0
            elif mux == "1" or value(pins["CE"][0]) == (mux == "CE"):
                after[name] = value(pins["DI"][0])
        registers = after
    return result


def most_loads(found: dict[str, Any]) -> dict[int, int]:
    """Loads of what may be copied."""
    top = found["modules"]["top"]
    counts = Counter(bits[0] for one in top["cells"].values() for pin, bits in one["connections"].items()
                     if one["port_directions"][pin] == "input")
    given = {bit for port in top["ports"].values() for bit in port["bits"]}
    outputs = [one["connections"][OUTPUTS[one["type"]]][0] for one in top["cells"].values()]
    assert len(set(outputs)) == len(outputs)
    return {bit: counts[bit] for bit in outputs if bit not in given}


@pytest.mark.parametrize("seed", SEEDS)
def test_copies_do_the_same(seed: int) -> None:
    found = netlist(np.random.default_rng(seed))
    before, cells = deepcopy(found), len(found["modules"]["top"]["cells"])
    assert max(most_loads(found).values()) > 40
    added = copy_drivers(found, 12)
    assert added > 10
    assert len(found["modules"]["top"]["cells"]) == cells + added
    assert max(most_loads(found).values()) <= 12
    assert shown(found, np.random.default_rng(1)) == shown(before, np.random.default_rng(1))
    # A choice has LUTs of its own.
    halves = Counter(bits[0] for one in found["modules"]["top"]["cells"].values() if one["type"] == "PFUMX"
                     for pin, bits in one["connections"].items() if pin in ("ALUT", "BLUT"))
    assert set(halves.values()) == {1}
    assert copy_drivers(found, 12) == 0


def test_groups_are_neighbours() -> None:
    cells = {"dut.q": cell("TRELLIS_FF", 100, {"CLK": CLOCK, "DI": 3})}
    cells |= {f"dut.part{part}.bit_{bit}": cell("LUT4", 200 + 100 * part + bit, dict.fromkeys("ABC", 3) | {"D": 100})
              for bit in range(20) for part in range(2)}
    found = {"modules": {"top": {"cells": cells, "ports": {}}}}
    assert copy_drivers(found, 10) == 3
    groups: dict[int, set[tuple[int, int]]] = {}
    for part in range(2):
        for bit in range(20):
            net = cells[f"dut.part{part}.bit_{bit}"]["connections"]["D"][0]
            groups.setdefault(net, set()).add((part, bit // 10))
    assert [len(group) for group in groups.values()] == [1] * 4


def test_what_stays_as_it_is() -> None:
    found = netlist(np.random.default_rng(1))
    same = deepcopy(found)
    assert copy_drivers(found, 12, "other.") == 0
    assert copy_drivers(found, 1000) == 0
    assert found == same
    with pytest.raises(ValueError, match="loads 7: must be at least 8"):
        copy_drivers(found, 7)
