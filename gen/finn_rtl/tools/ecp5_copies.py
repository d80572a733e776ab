"""Copies flip-flops and LUTs of an ECP5 that drive many places; neither Yosys nor nextpnr does.

The wires of a signal with hundreds of loads take most of a cycle, those of a copy for each few dozen do not. Vivado's
`phys_opt_design` and Diamond do the same of their own accord.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, MutableMapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Bit = int | str
Cells = MutableMapping[str, dict[str, Any]]
# Outputs of what is copied. The last two choose between two LUTs that must stand beside them: these are copied along.
OUTPUTS = {"TRELLIS_FF": "Q", "LUT4": "Z", "PFUMX": "Z", "L6MUX21": "Z"}
CHOICES = {"PFUMX": ("ALUT", "BLUT"), "L6MUX21": ("D0", "D1")}
# Inputs to which clocks go, which have wires of their own.
CLOCKS = frozenset({"CLK", "CLKA", "CLKB", "CLK0", "WCK"})
LEAST_LOADS = 8
NUMBER = re.compile(r"(\d+)")


class Load(NamedTuple):
    """An input of a cell."""

    cell: str
    pin: str
    bit: int


def copy_drivers(netlist: Mapping[str, Any], most: int, within: str = "") -> int:
    """Changes a netlist of Yosys (`write_json` behind `synth_ecp5`): returns how many cells it has more.

    No flip-flop and no LUT whose name begins with `within` has more than `most` loads then, but for clocks and for what
    goes to ports of the module. The loads of a copy are neighbours by their cells' names, that is, parts of one module
    and of one word.

    Raises:
        ValueError: `most` is below 8: a copy is a load of what it reads, so that copies could have no end.
    """
    if most < LEAST_LOADS:
        raise ValueError(f"loads {most}: must be at least {LEAST_LOADS}")
    return sum(_Module(module, most, within).copy() for module in netlist["modules"].values())


@dataclass
class _Module:
    module: Mapping[str, Any]
    most: int
    within: str
    drivers: dict[Bit, str] = field(default_factory=dict)
    loads: defaultdict[Bit, set[Load]] = field(default_factory=lambda: defaultdict(set))
    fixed: set[Bit] = field(default_factory=set)
    free: int = 0

    def __post_init__(self) -> None:
        for name, cell in self.cells.items():
            self._read(name)
            if cell["type"] in OUTPUTS and name.startswith(self.within):
                self.drivers[cell["connections"][OUTPUTS[cell["type"]]][0]] = name
        self.fixed = {bit for port in self.module["ports"].values() for bit in port["bits"]}
        self.fixed |= {bit for bit, found in self.loads.items() if any(load.pin in CLOCKS for load in found)}
        nets = (bit for cell in self.cells.values() for bits in cell["connections"].values() for bit in bits)
        self.free = 1 + max((bit for bit in nets if isinstance(bit, int)), default=0)

    @property
    def cells(self) -> Cells:
        cells: Cells = self.module["cells"]
        return cells

    def copy(self) -> int:
        """Until no driver has too many loads; returns the number of new cells."""
        before = len(self.cells)
        waiting = [bit for bit in self.drivers if self._is_too_much(bit)]
        while waiting:
            bit = waiting.pop()
            sources = self._divide(bit)
            # Copies read what was read once; a register may be among its own loads.
            waiting += [source for source in (*sources, bit) if self._is_too_much(source) and source not in waiting]
        return len(self.cells) - before

    def _is_too_much(self, bit: Bit) -> bool:
        return bit in self.drivers and bit not in self.fixed and len(self.loads[bit]) > self.most

    def _divide(self, bit: Bit) -> set[Bit]:
        """Give groups of loads a driver each, all but the first a new one; returns what these read."""
        found = sorted(self.loads[bit], key=_place)
        groups = -(-len(found) // self.most)
        bounds = [len(found) * group // groups for group in range(groups + 1)]
        sources: set[Bit] = set()
        for group in range(1, groups):
            target = self._net()
            for name in self._copy(self.drivers[bit], group, target):
                sources |= self._read(name)
            for load in found[bounds[group]:bounds[group + 1]]:
                self.cells[load.cell]["connections"][load.pin][load.bit] = target
                self.loads[bit].remove(load)
                self.loads[target].add(load)
        return sources

    def _copy(self, name: str, number: int, target: Bit) -> Iterator[str]:
        """A cell that does the same for another net, with the LUTs that it chooses between: their names."""
        cell = deepcopy(self.cells[name])
        cell["connections"][OUTPUTS[cell["type"]]] = [target]
        added = f"{name}_copy{number}"
        while added in self.cells:
            added += "_"
        self.cells[added] = cell
        self.drivers[target] = added
        for pin in CHOICES.get(cell["type"], ()):
            inner = self._net()
            yield from self._copy(self.drivers[cell["connections"][pin][0]], number, inner)
            cell["connections"][pin] = [inner]
        yield added

    def _net(self) -> int:
        self.free += 1
        return self.free - 1

    def _read(self, name: str) -> set[Bit]:
        """Enter a cell's inputs as loads; returns the nets."""
        cell, found = self.cells[name], set[Bit]()
        for pin, bits in cell["connections"].items():
            for index, bit in enumerate(bits):
                if cell["port_directions"][pin] == "input" and isinstance(bit, int):
                    self.loads[bit].add(Load(name, pin, index))
                    found.add(bit)
        return found


def _place(load: Load) -> tuple[list[tuple[int, str]], str, int]:
    """Orders numbers in names by their value."""
    parts = NUMBER.split(load.cell)
    return [(int(part) if part.isdigit() else -1, part) for part in parts], load.pin, load.bit
