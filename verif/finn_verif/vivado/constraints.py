# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Checks constraints without Vivado."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.vivado import tcl
from finn_verif.vivado.commands import allowed, properties, split

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

XDC_COMMANDS: dict[str, dict[str, bool]] = {
    "set_property": {"-dict": False}, "set_false_path": {"-to": True}, "get_ports": {}, "current_design": {}}
XDC_PROPERTIES = {"PACKAGE_PIN": r"[A-Z]{1,2}\d{1,2}", "IOSTANDARD": "LVCMOS(15|18|25|33)"}
XDC_DESIGN_PROPERTIES = {"BITSTREAM.GENERAL.COMPRESS": "TRUE"}


def check_constraints(file: Path, ports: Mapping[str, int], own: Sequence[str]) -> list[str]:
    """Findings in an XDC file.

    Args:
        file: the constraints.
        ports: bits of the top level's ports.
        own: beginnings of the names of ports that the processing system places itself.
    """
    bits = {f"{name}[{index}]" if width > 1 else name
            for name, width in ports.items() if not name.startswith(tuple(own)) for index in range(width)}
    findings: list[str] = []
    given: dict[str, dict[str, str]] = {bit: {} for bit in bits}
    pins: dict[str, str] = {}
    for call in tcl.run(file.resolve(), file.parent, XDC_COMMANDS, {}):
        try:
            if call.command == "get_ports":
                name = call.arguments[-1]
                if name not in bits and name.removesuffix("[*]") not in {bit.partition("[")[0] for bit in bits}:
                    raise ValueError(f"no port {name} that is to be constrained")
            if call.command != "set_property":
                split(call, XDC_COMMANDS)
                continue
            name, pairs = properties(call, XDC_COMMANDS)
            table = XDC_DESIGN_PROPERTIES if name == "current_design" else XDC_PROPERTIES
            for key, value in pairs:
                if not allowed(table, key, value):
                    raise ValueError(f"{name} has no property {key} that may be {value!r}")
                if key == "PACKAGE_PIN" and pins.setdefault(value, name) != name:
                    raise ValueError(f"pin {value} is {pins[value]} and {name}")
                if key in given.get(name, {}):
                    raise ValueError(f"{name}: {key} is given twice")
                given.setdefault(name, {})[key] = value
        except ValueError as error:
            findings.append(f"{call.place}: {error}")
    findings += [f"{bit}: no {key}" for bit in sorted(bits) for key in XDC_PROPERTIES if key not in given[bit]]
    return findings
