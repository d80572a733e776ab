# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Flow `gatemate` for edalize: bitstreams for Cologne Chip GateMate with tools that pip installs."""

from __future__ import annotations

import sys

from edalize.flows.bitstream_flow import CLOCK, BitstreamFlow, Files


class Gatemate(BitstreamFlow):
    """Ends with nextpnr-himbaechel-gatemate and gmpack (YoWASP)."""

    FAMILY = "gatemate"
    PINS = "CCF"
    PLACED = "txt"
    REQUIRED = ("device",)
    FLOW_OPTIONS = {  # noqa: RUF012
        **BitstreamFlow.FLOW_OPTIONS,
        "device": {"type": "str", "desc": "The device: CCGM1A1, CCGM1A2, ..."},
        **CLOCK,
    }

    def place(self, files: Files) -> list[str]:
        """The command of nextpnr, which crashes with some seeds."""
        return [sys.executable, "-m", "finn_rtl.tools.bitstream", "place",
                "yowasp-nextpnr-himbaechel-gatemate", "--device", self.flow_options["device"], "--vopt",
                f"ccf={files.pins}", "--vopt", f"out={files.placed}", "--router", "router2"]

    def pack(self, files: Files) -> list[str]:
        """The command that makes the bitstream."""
        return ["yowasp-gmpack", files.placed, files.bitstream]
