# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Description of the instances of a testbench: their parameters, ports and streams."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = int | str

#: finn_pkg::LOAD_W: a word, that there is one, the start of a load, the exchange of banks.
LOAD_BITS = 35


@dataclass(frozen=True)
class Port:
    """A port of an instance, and the signal that it has in the testbench."""

    #: Empty for a signal that is connected by another port's expression.
    name: str
    width: int
    is_input: bool
    #: Name of the signal behind the instance's name and "_"; that of the port if empty.
    own_signal: str = ""
    #: Connected instead of the signal, if not empty; ``{u}`` stands for the instance's name.
    expression: str = ""

    @property
    def signal(self) -> str:
        """Name of the signal, behind the instance's."""
        return self.own_signal or self.name


@dataclass(frozen=True)
class Instance:
    """One parameter set of a module."""

    name: str
    module: str
    parameters: Mapping[str, Value]
    ports: tuple[Port, ...]

    def __post_init__(self) -> None:
        # The name under which cocotb reports a test with this instance as its parameter.
        object.__setattr__(self, "__qualname__", self.name)

    def int_of(self, parameter: str) -> int:
        """The value of a parameter that is a number."""
        return int(self.parameters[parameter])

    def inputs(self) -> list[Port]:
        """Ports that the test drives, without the clock."""
        return [port for port in self.ports if port.is_input and port.name != "aclk"]


def clock_and_reset() -> tuple[Port, ...]:
    """The two ports that every clocked IP has."""
    return Port("aclk", 1, True), Port("aresetn", 1, True)


def stream_in(prefix: str, width: int, *, has_last: bool = False) -> tuple[Port, ...]:
    """AXI4-Stream into the instance."""
    last = (Port(f"{prefix}_tlast", 1, True),) if has_last else ()
    return (
        Port(f"{prefix}_tdata", width, True),
        *last,
        Port(f"{prefix}_tvalid", 1, True),
        Port(f"{prefix}_tready", 1, False),
    )


def stream_out(prefix: str, width: int, *, has_last: bool = False) -> tuple[Port, ...]:
    """AXI4-Stream out of the instance."""
    last = (Port(f"{prefix}_tlast", 1, False),) if has_last else ()
    return (
        Port(f"{prefix}_tdata", width, False),
        *last,
        Port(f"{prefix}_tvalid", 1, False),
        Port(f"{prefix}_tready", 1, True),
    )


def streams_out(prefix: str, count: int, width: int, *, has_last: bool = False) -> tuple[Port, ...]:
    """Several AXI4-Streams side by side out of the instance, as one port a signal; stream i is PREFIX_i here."""
    ports = []
    for port in stream_out(prefix, width, has_last=has_last):
        signals = [f"{prefix}_{i}{port.name.removeprefix(prefix)}" for i in range(count)]
        whole = ", ".join(f"{{u}}_{signal}" for signal in reversed(signals))
        for i, signal in enumerate(signals):
            name, expression = ("", "") if i else (port.name, f"{{{{{whole}}}}}")
            ports.append(Port(name, port.width, port.is_input, signal, expression))
    return tuple(ports)


def load_chain() -> tuple[Port, ...]:
    """The chain over which parameters are loaded (load_port), into the instance and out of it."""
    return Port("s_load", LOAD_BITS, True), Port("m_load", LOAD_BITS, False)


def streams(instance: Instance) -> list[str]:
    """Prefixes of the AXI4-Streams of an instance with clock and reset."""
    names = {port.signal for port in instance.ports}
    found = [name.removesuffix("_tdata") for name in names if name.endswith("_tdata")]
    has_clock = {"aclk", "aresetn"} <= names
    return sorted(prefix for prefix in found if has_clock and {f"{prefix}_tvalid", f"{prefix}_tready"} <= names)


def offers(instance: Instance) -> list[Port]:
    """What the test drives of all channels with valid and ready: AXI4-Stream, AXI4, AXI4-Lite and commands."""
    valids = [port.name for port in instance.ports if re.search("_[a-z]*valid$", port.name)]
    channels = tuple(name.removesuffix("valid") for name in valids)
    return [port for port in instance.inputs() if port.name.startswith(channels)]
