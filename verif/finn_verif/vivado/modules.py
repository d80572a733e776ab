# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Empty modules with the ports that Vivado's have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from finn_verif.vivado.ips import AXI4, NOT_IN_AXI4LITE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def empty_module(name: str, ports: Iterable[tuple[str, int, str]], parameters: str = "") -> str:
    """A module without contents: direction, bits and name of its ports, and its list of parameters."""
    text = ",\n".join(f"    {direction} wire [{bits - 1}:0] {port}" for direction, bits, port in ports)
    return f"(* blackbox *)\nmodule {name} {parameters} (\n{text}\n);\nendmodule\n"


def axi_ports(name: str, mode: str, settings: Mapping[str, str]) -> Iterator[tuple[str, int, str]]:
    """Direction, bits and name of a module's ports that make up an AXI interface, a Master or a Slave."""
    for signal, bits, from_master in axi_signals(settings):
        yield "output" if from_master == (mode == "Master") else "input", bits, f"{name}_{signal}"


def axi_signals(settings: Mapping[str, str]) -> Iterator[tuple[str, int, bool]]:
    """Signals of an AXI interface: name, bits, driven by the master. IDs are not among them."""
    is_lite = settings.get("PROTOCOL") == "AXI4LITE"
    if int(settings.get("ID_WIDTH", "0")):
        raise ValueError("an interface with IDs")
    is_read = settings.get("READ_WRITE_MODE") == "READ_ONLY"
    for signal, bits, from_master in AXI4:
        if is_read and not re.match("ar|r", signal):
            continue
        name = re.sub("^(aw|ar|w|b|r)", "", signal)
        if (is_lite and name in NOT_IN_AXI4LITE) or settings.get(f"HAS_{name.upper()}") == "0":
            continue
        if isinstance(bits, str):
            key, _, divisor = bits.partition("/")
            bits = int(settings.get(key, "0")) // int(divisor or 1)
        yield signal, bits, from_master
