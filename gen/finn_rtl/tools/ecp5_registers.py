"""Moves registers behind block RAM into it: an ECP5's has one at each output, which Yosys leaves unused.

A word is there 4 ns earlier then. Vivado and Diamond do the same of their own accord. Facts: Lattice,
"ECP5 and ECP5-5G Memory Usage Guide", FPGA-TN-02204.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

Bit = int | str
Cells = MutableMapping[str, dict[str, Any]]


@dataclass(frozen=True)
class Port:
    """Names of a read port's pins, and of the parameters that say whether its registers are used."""

    outputs: tuple[str, ...]
    clock: str
    reset: str
    enable: str
    modes: tuple[str, ...]

    @property
    def clock_mux(self) -> str:
        """The parameter that may turn the clock over."""
        return f"{self.clock}MUX"

    @property
    def enable_mux(self) -> str:
        """The parameter that may turn the enable of the register over."""
        return f"{self.enable}MUX"


OF_A, OF_B = (tuple(f"DO{side}{bit}" for bit in range(18)) for side in "AB")
# Each side reads for itself, or the first writes and the second reads 36 bits through the pins of both.
PORTS = (Port(OF_A, "CLKA", "RSTA", "OCEA", ("REGMODE_A",)), Port(OF_B, "CLKB", "RSTB", "OCEB", ("REGMODE_B",)))
WIDE = Port(OF_A + OF_B, "CLKB", "RSTB", "OCEB", ("REGMODE_A", "REGMODE_B"))
WIDE_BITS = 36


def absorb_registers(netlist: Mapping[str, Any], within: str = "") -> int:
    """Changes a netlist of Yosys (`write_json` behind `synth_ecp5`): returns how many flip-flops block RAMs took in.

    Those of an output port are taken where all its bits go to one flip-flop each and nowhere else, all with its clock,
    one enable of either level and no reset, and with names that begin with `within`.
    """
    return sum(_absorb_in(module, within) for module in netlist["modules"].values())


def _absorb_in(module: Mapping[str, Any], within: str) -> int:
    cells: Cells = module["cells"]
    readers = _readers(module)
    flip_flops = {cell["connections"]["DI"][0]: name for name, cell in cells.items()
                  if cell["type"] == "TRELLIS_FF" and name.startswith(within)}
    taken = 0
    for ram in [cell for cell in cells.values() if cell["type"] == "DP16KD"]:
        for port in (WIDE,) if int(ram["parameters"]["DATA_WIDTH_B"], 2) == WIDE_BITS else PORTS:
            behind = _registers(ram, port, cells, readers, flip_flops)
            if not behind:
                continue
            first = next(iter(behind.values()))
            ram["parameters"].update(dict.fromkeys(port.modes, "OUTREG"))
            enable, is_low = _enable(cells[first])
            ram["connections"][port.enable] = [enable]
            ram["parameters"][port.enable_mux] = "INV" if is_low else port.enable
            for pin, name in behind.items():
                ram["connections"][pin] = cells.pop(name)["connections"]["Q"]
            taken += len(behind)
    return taken


def _readers(module: Mapping[str, Any]) -> Counter[Bit]:
    """How many pins read each net."""
    def bits() -> Iterator[Bit]:
        for cell in module["cells"].values():
            for pin, direction in cell["port_directions"].items():
                if direction == "input":
                    yield from cell["connections"].get(pin, ())
        for port in module["ports"].values():
            if port["direction"] == "output":
                yield from port["bits"]
    return Counter(bits())


def _registers(ram: Mapping[str, Any], port: Port, cells: Cells, readers: Counter[Bit],
               flip_flops: Mapping[Bit, str]) -> dict[str, str]:
    """The flip-flops behind the pins of a port, empty unless it can take them all in."""
    pins = {pin: bits[0] for pin in port.outputs if (bits := ram["connections"].get(pin)) and readers[bits[0]]}
    is_used = any(_parameter(ram, mode, "NOREG") != "NOREG" for mode in port.modes)
    if is_used or _parameter(ram, port.clock_mux, "") == "INV":
        return {}
    if ram["connections"].get(port.reset, ["0"]) != ["0"]:
        return {}
    if not all(readers[bit] == 1 and bit in flip_flops for bit in pins.values()):
        return {}
    found = {pin: flip_flops[bit] for pin, bit in pins.items()}
    controls = {(cell["connections"]["CLK"][0], _enable(cell)) for cell in map(cells.__getitem__, found.values())}
    is_plain = all(_is_plain(cells[name]) for name in found.values())
    clock = ram["connections"][port.clock][0]
    return found if is_plain and len(controls) == 1 and next(iter(controls))[0] == clock else {}


def _enable(flip_flop: Mapping[str, Any]) -> tuple[Bit, bool]:
    """The net that enables it, and whether it does so while low."""
    mux = _parameter(flip_flop, "CEMUX", "1")
    return "1" if mux == "1" else flip_flop["connections"]["CE"][0], mux == "INV"


def _parameter(cell: Mapping[str, Any], name: str, default: str) -> str:
    """A text; Yosys puts a blank behind one that could be a number."""
    return str(cell["parameters"].get(name, default)).strip()


def _is_plain(flip_flop: Mapping[str, Any]) -> bool:
    """Whether it is a flip-flop of the rising edge that begins at 0 and has no reset."""
    return (_parameter(flip_flop, "CLKMUX", "CLK") == "CLK"
            and _parameter(flip_flop, "CEMUX", "1") in {"1", "CE", "INV"}
            and _parameter(flip_flop, "REGSET", "RESET") == "RESET"
            and flip_flop["connections"].get("LSR", ["0"]) in (["0"], ["x"], []))
