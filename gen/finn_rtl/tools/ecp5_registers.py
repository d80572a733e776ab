"""Moves registers into the block RAMs and multipliers of an ECP5 that they stand at; Yosys leaves theirs unused.

A block RAM has one behind each output: a word is there 4 ns earlier then. A multiplier has one in front of each factor
and one behind the product. Vivado and Diamond do the same of their own accord. Facts: Lattice, "ECP5 and ECP5-5G Memory
Usage Guide", FPGA-TN-02204, and "ECP5 and ECP5-5G sysDSP Usage Guide", FPGA-TN-02205.
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
# Of a multiplier: pins, and what its parameters call the registers there.
FACTORS = {"INPUTA": tuple(f"A{bit}" for bit in range(18)), "INPUTB": tuple(f"B{bit}" for bit in range(18))}
PRODUCT = ("OUTPUT", tuple(f"P{bit}" for bit in range(36)))
# A LUT that inverts its first input: nextpnr does not turn a multiplier's enable over, whatever CE0MUX says.
INVERTER = f"{0x5555:016b}"


def absorb_registers(netlist: Mapping[str, Any], within: str = "") -> int:
    """Changes a netlist of Yosys (`write_json` behind `synth_ecp5`): returns how many flip-flops it has less.

    Those behind an output port of a block RAM are taken where all its bits go to one flip-flop each and nowhere else,
    all with its clock, one enable of either level and no reset, and with names that begin with `within`. Those behind
    a product likewise, whatever their clock; those in front of the factors where both come from flip-flops alone whose
    bits go nowhere else, and where clock and enable are the same for all registers of the multiplier.
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
    return taken + _absorb_in_multipliers(module, within)


def _absorb_in_multipliers(module: Mapping[str, Any], within: str) -> int:
    cells: Cells = module["cells"]
    readers = _readers(module)
    found = {name: cell for name, cell in cells.items() if cell["type"] == "TRELLIS_FF" and name.startswith(within)}
    into = {cell["connections"]["DI"][0]: name for name, cell in found.items()}
    out_of = {cell["connections"]["Q"][0]: name for name, cell in found.items()}
    inverted: dict[Bit, Bit] = {}
    taken = 0
    for product in [cell for cell in cells.values() if cell["type"] == "MULT18X18D"]:
        if any(name.startswith("REG_") and name.endswith("_CLK") for name in product["parameters"]):
            continue
        groups = [group for group in (_behind(product, cells, readers, into),
                                      _in_front(product, cells, readers, out_of)) if group]
        controls = {control for group in groups for name in group.flip_flops for control in [_control(cells[name])]}
        if len(controls) != 1:
            continue
        (clock, (enable, is_low)), = controls
        if is_low:
            if enable not in inverted:
                inverted[enable] = _invert(module, enable)
            enable = inverted[enable]
        product["connections"] |= {"CLK0": [clock], "CE0": [enable], "RST0": ["0"]}
        product["parameters"]["GSR"] = "DISABLED"
        product["port_directions"] |= dict.fromkeys(("CLK0", "CE0", "RST0"), "input")
        for group in groups:
            for register in group.registers:
                product["parameters"] |= {f"REG_{register}_CLK": "CLK0", f"REG_{register}_CE": "CE0",
                                          f"REG_{register}_RST": "RST0"}
            product["connections"] |= group.connections
            for name in group.flip_flops:
                del cells[name]
            taken += len(group.flip_flops)
    return taken


@dataclass(frozen=True)
class Group:
    """Registers of a multiplier, the flip-flops that they can stand for, and what its pins are connected to then."""

    registers: tuple[str, ...]
    flip_flops: frozenset[str]
    connections: dict[str, list[Bit]]


def _behind(product: Mapping[str, Any], cells: Cells, readers: Counter[Bit],
            into: Mapping[Bit, str]) -> Group | None:
    """The register behind a product."""
    register, outputs = PRODUCT
    pins = {pin: bits[0] for pin in outputs if (bits := product["connections"].get(pin)) and readers[bits[0]]}
    if not all(readers[bit] == 1 and bit in into for bit in pins.values()):
        return None
    names = frozenset(into[bit] for bit in pins.values())
    if not names or not all(_is_plain(cells[name]) for name in names):
        return None
    return Group((register,), names, {pin: cells[into[bit]]["connections"]["Q"] for pin, bit in pins.items()})


def _in_front(product: Mapping[str, Any], cells: Cells, readers: Counter[Bit],
              out_of: Mapping[Bit, str]) -> Group | None:
    """The registers in front of both factors; zeros may stand beside flip-flops, for that is how these begin."""
    pins = {pin: product["connections"][pin][0] for inputs in FACTORS.values() for pin in inputs
            if product["connections"].get(pin, ["0"])[0] not in {"0", "x"}}
    uses = Counter(pins.values())
    if not all(bit in out_of and readers[bit] == count for bit, count in uses.items()):
        return None
    names = frozenset(out_of[bit] for bit in uses)
    if not names or not all(_is_plain(cells[name]) for name in names):
        return None
    return Group(tuple(FACTORS), names, {pin: cells[out_of[bit]]["connections"]["DI"] for pin, bit in pins.items()})


def _control(flip_flop: Mapping[str, Any]) -> tuple[Bit, tuple[Bit, bool]]:
    """Clock and enable."""
    return flip_flop["connections"]["CLK"][0], _enable(flip_flop)


def _invert(module: Mapping[str, Any], net: Bit) -> Bit:
    """Add a LUT that inverts a net; returns its output's."""
    cells: Cells = module["cells"]
    inverse = 1 + max(bit for cell in cells.values() for bits in cell["connections"].values() for bit in bits
                      if isinstance(bit, int))
    cells[f"$inverse{net}"] = {
        "type": "LUT4", "parameters": {"INIT": INVERTER}, "hide_name": 1, "attributes": {},
        "port_directions": {"A": "input", "B": "input", "C": "input", "D": "input", "Z": "output"},
        "connections": {"A": [net], "B": ["0"], "C": ["0"], "D": ["0"], "Z": [inverse]}}
    return inverse


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
    controls = {_control(cells[name]) for name in found.values()}
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
