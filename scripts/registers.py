# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Writes everything that is made from rtl/axi_host/axi_host.rdl; with --check only tells what is out of date.

Constants of the RTL and of the driver, the C header (PeakRDL-cheader), the table in docs/ip/axi_host.md; and, into
build/registers, the browsable pages (PeakRDL-html). The registers themselves are written by hand: PeakRDL-regblock
gives packed structs on ports, which Icarus does not take.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from peakrdl_cheader.exporter import CHeaderExporter
from peakrdl_html import HTMLExporter
from systemrdl import RDLCompiler

if TYPE_CHECKING:
    from systemrdl.node import AddrmapNode, FieldNode, RegNode

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "rtl" / "axi_host" / "axi_host.rdl"
NOTICE = ("SPDX-License-Identifier: Apache-2.0", "Copyright the finn-rtl authors",
          "Made from axi_host.rdl by scripts/registers.py; do not edit.")


def compile_registers() -> AddrmapNode:
    """The elaborated description."""
    compiler = RDLCompiler()
    compiler.compile_file(str(SOURCE))
    return compiler.elaborate().top


def is_plain(register: RegNode) -> bool:
    """Whether the register holds one number."""
    return [field.inst_name for field in register.fields()] == ["value"]


def text_of(node: RegNode | FieldNode) -> str:
    """Name and description in one line."""
    name, desc = node.get_property("name"), node.get_property("desc")
    parts = [name] if name and name != node.inst_name else []
    return " ".join(" ".join([f"{part}." if part[-1] != "." else part for part in parts] + ([desc] if desc else []))
                    .split())


def system_verilog(registers: list[RegNode]) -> str:
    """Package of offsets and bit positions."""
    lines = [*(f"// {line}" for line in NOTICE), "",
             "/// Offsets in bytes of axi_host's registers, and positions of their bits.", "package axi_host_pkg;", ""]
    for register in registers:
        lines.append(f"  localparam logic [11:0] {register.inst_name} = 12'h{register.absolute_address:03x};")
    for register in registers:
        if not is_plain(register):
            lines.append("")
            lines += [f"  localparam int {register.inst_name}_{field.inst_name.upper()} = {field.low};"
                      for field in register.fields()]
    return "\n".join([*lines, "", "endpackage", ""])


def python(registers: list[RegNode]) -> str:
    """Module of offsets and flags."""
    lines = [*(f"# {line}" for line in NOTICE), "", '"""Registers of axi_host."""', "",
             "from __future__ import annotations", "", "from enum import IntEnum, IntFlag", "", "",
             "class Register(IntEnum):", '    """Offsets in bytes."""', ""]
    for register in registers:
        lines.append(f"    {register.inst_name} = 0x{register.absolute_address:02X}")
    for register in registers:
        if not is_plain(register):
            lines += ["", "", f"class {register.inst_name.capitalize()}(IntFlag):",
                      f'    """Bits of {register.inst_name}."""', ""]
            lines += [f"    {field.inst_name.upper()} = 1 << {field.low}" for field in register.fields()]
    return "\n".join([*lines, ""])


def markdown(registers: list[RegNode]) -> str:
    """Table of the registers."""
    lines = ["| offset | register | bits | access | |", "|---|---|---|---|---|"]
    for register in registers:
        offset, plain = f"0x{register.absolute_address:02X}", is_plain(register)
        if not plain:
            lines.append(f"| {offset} | {register.inst_name} | | | {text_of(register)} |")
        for field in register.fields():
            bits = f"{field.high}:{field.low}" if field.width > 1 else str(field.low)
            access = "w1c" if field.get_property("woclr") else field.get_property("sw").name
            place, name, text = (offset, register.inst_name, text_of(register)) if plain \
                else ("", f"`{field.inst_name}`", text_of(field))
            lines.append(f"| {place} | {name} | {bits} | {access} | {text} |")
    return "\n".join(lines) + "\n"


def c_header(top: AddrmapNode) -> str:
    """Header for drivers in C."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "axi_host.h"
        CHeaderExporter().export(top, str(path))
        return path.read_text(encoding="utf-8")


def files(top: AddrmapNode) -> dict[Path, str]:
    """Every committed file with its text."""
    registers = list(top.registers())
    page = ROOT / "docs" / "ip" / "axi_host.md"
    table = f"<!-- registers:begin -->\n{markdown(registers)}<!-- registers:end -->"
    text = re.sub(r"<!-- registers:begin -->.*<!-- registers:end -->", lambda _: table,
                  page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return {
        SOURCE.with_name("axi_host_pkg.sv"): system_verilog(registers),
        SOURCE.with_name("axi_host.h"): c_header(top),
        ROOT / "gen" / "finn_rtl" / "driver" / "registers.py": python(registers),
        page: text,
    }


def main() -> int:
    """Write or check; 1 when something is out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail where a file is out of date")
    arguments = parser.parse_args()
    top = compile_registers()
    stale = [path for path, text in files(top).items() if not path.exists() or path.read_text("utf-8") != text]
    if arguments.check:
        for path in stale:
            print(f"{path.relative_to(ROOT)}: is out of date; run scripts/registers.py", file=sys.stderr)
        return 1 if stale else 0
    for path, text in files(top).items():
        path.write_text(text, encoding="utf-8")
    HTMLExporter().export(top, str(ROOT / "build" / "registers"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
