"""Which ports of a module make a bus, a clock, a reset or an interrupt for Vivado."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from finn_rtl.common.numbers import whole_bytes

AXIS, AXI = "interface:axis", "interface:aximm"
CLOCK, RESET, INTERRUPT = "signal:clock", "signal:reset", "signal:interrupt"
# Ports by name: the kind of interface they belong to; groups are the interface's name and the signal in it.
ROLES = {
    AXIS: re.compile("(.+)_(tdata|tkeep|tlast|tuser|tvalid|tready)"),
    AXI: re.compile("(.+)_((?:aw|ar)(?:addr|len|size|burst|cache|prot|valid|ready)|w(?:data|strb|last|valid|ready)"
                    "|b(?:resp|valid|ready)|r(?:data|resp|last|valid|ready))"),
    CLOCK: re.compile("(aclk)"),
    RESET: re.compile(r"(aresetn|\w+_aresetn)"),
    INTERRUPT: re.compile("(irq)"),
}
# Vivado's name for the one signal of a clock, a reset or an interrupt.
SIGNALS = {CLOCK: "CLK", RESET: "RST", INTERRUPT: "INTERRUPT"}



@dataclass(frozen=True)
class Port:
    """A port of a module, with its elaborated width."""

    name: str
    is_input: bool
    width: int

    @property
    def bits(self) -> int:
        """Bits at the wrapper: the data of an AXI4-Stream are whole bytes."""
        return whole_bytes(self.width) if self.name.endswith("_tdata") else self.width


@dataclass(frozen=True)
class Interface:
    """Ports that Vivado takes as one: kind, name, and ports by signal."""

    kind: str
    name: str
    ports: Mapping[str, Port]

    @property
    def is_bus(self) -> bool:
        """Whether it is more than a single signal."""
        return self.kind in (AXIS, AXI)

    @property
    def is_master(self) -> bool:
        """Whether it drives the bus."""
        return any(not self.ports[name].is_input for name in ("TVALID", "AWADDR", "ARADDR") if name in self.ports)

    @property
    def protocol(self) -> str:
        """AXI4, AXI4LITE or AXI4-Stream."""
        if self.kind == AXIS:
            return "AXI4-Stream"
        return "AXI4" if {"AWLEN", "ARLEN"} & self.ports.keys() else "AXI4LITE"

    def settings(self, buses: Sequence[str], has_reset: bool) -> list[str]:
        """What Vivado is to know of it beside its ports.

        Args:
            buses: names of the interfaces on the module's clock.
            has_reset: whether the module has a reset.
        """
        if self.kind == CLOCK:
            return [f"ASSOCIATED_BUSIF {':'.join(buses)}"] * bool(buses) + ["ASSOCIATED_RESET aresetn"] * has_reset
        if self.kind == RESET:
            return ["POLARITY ACTIVE_LOW"]
        if self.kind == INTERRUPT:
            return ["SENSITIVITY LEVEL_HIGH"]
        if self.kind == AXI:
            address, data = (self.ports.get(write) or self.ports[read]
                             for write, read in (("AWADDR", "ARADDR"), ("WDATA", "RDATA")))
            settings = [f"PROTOCOL {self.protocol}", f"ADDR_WIDTH {address.width}", f"DATA_WIDTH {data.width}"]
            if {"AWADDR", "ARADDR"} <= self.ports.keys():
                return settings
            return [*settings, f"READ_WRITE_MODE {'WRITE_ONLY' if 'AWADDR' in self.ports else 'READ_ONLY'}"]
        return []


def interfaces(ports: Sequence[Port]) -> list[Interface]:
    """The interfaces that ports make up, in their order."""
    found: dict[tuple[str, str], dict[str, Port]] = {}
    for port in ports:
        for kind, pattern in ROLES.items():
            if match := pattern.fullmatch(port.name):
                signal = SIGNALS.get(kind) or match[2].upper()
                found.setdefault((kind, match[1]), {})[signal] = port
    return [Interface(kind, name, signals) for (kind, name), signals in found.items()]


def apart(ports: Sequence[Port]) -> dict[str, list[Port]]:
    """Ports of the wrapper by port of the module: streams side by side, whose tvalid has several bits, come apart."""
    counts = {match[1]: port.width for port in ports if (match := re.fullmatch("(.+)_tvalid", port.name))}
    found = {}
    for port in ports:
        match = ROLES[AXIS].fullmatch(port.name)
        count = counts.get(match[1], 1) if match else 1
        found[port.name] = [port] if match is None or count == 1 else [
            Port(f"{match[1]}_{i}_{match[2]}", port.is_input, port.width // count) for i in range(count)]
    return found
