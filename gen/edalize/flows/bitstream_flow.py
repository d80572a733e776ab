# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What finn-rtl's flows to a bitstream share; no flow by itself.

edalize is a namespace package, and finds the flows here among its own once finn-rtl is installed. Its own flows for
these devices cannot be used: they start Yosys by a Tcl script, and the Yosys that pip installs has no Tcl.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from edalize.flows.edaflow import Edaflow, FlowGraph

from finn_rtl.tools.bitstream import FAMILIES, yosys_commands

CLOCK = {"clock_mhz": {"type": "str",
                       "desc": "Rate of the fastest clock; a slower one that is reached is an error"}}


@dataclass(frozen=True)
class Files:
    """Names in the folder of the work: `placed` is what place and route leaves for the packing."""

    netlist: str
    pins: str
    placed: str
    bitstream: str


class BitstreamFlow(Edaflow, ABC):  # type: ignore[misc]
    """Yosys (pyosys, slang front end), nextpnr and a program that packs, in one Makefile; ends with NAME.SUFFIX."""

    argtypes = ("vlogdefine", "vlogparam")

    #: See `family`.
    FAMILY: ClassVar[str]
    #: FuseSoC's type of the file of pins.
    PINS: ClassVar[str]
    #: Ends of the names of what place and route leaves, and of the bitstream.
    PLACED: ClassVar[str] = "config"
    BITSTREAM: ClassVar[str] = "bit"
    #: Options without which the flow does not run.
    REQUIRED: ClassVar[tuple[str, ...]]

    @property
    def family(self) -> str:
        """Name in `finn_rtl.tools.bitstream.FAMILIES`."""
        return self.FAMILY

    @abstractmethod
    def place(self, files: Files) -> list[str]:
        """The command of nextpnr, as far as the devices differ."""

    @abstractmethod
    def pack(self, files: Files) -> list[str]:
        """The command that makes the bitstream."""

    def configure_flow(self, flow_options: dict[str, Any]) -> FlowGraph:
        """There are no tools of edalize in it."""
        for option in (*self.REQUIRED, *CLOCK):
            self._require_flow_option(flow_options, option)
        return FlowGraph()

    def configure_tools(self, graph: FlowGraph) -> None:
        """The commands of the Makefile."""
        name, options = self.edam["name"], self.flow_options
        pins = [file["name"] for file in self.edam["files"] if file.get("file_type") == self.PINS]
        if len(pins) != 1:
            raise RuntimeError(f"the flow needs one file of type {self.PINS}, found {pins or 'none'}")
        inputs = [file["name"] for file in self.edam["files"] if file["name"] not in pins]
        step = [sys.executable, "-m", "finn_rtl.tools.bitstream"]
        script = f"{name}.ys"
        files = Files(f"{name}.json", pins[0], f"{name}.{self.PLACED}", f"{name}.{self.BITSTREAM}")
        self.commands.add([*step, "synthesize", self.family, script], [files.netlist], [script, *inputs],
                          ["pre_build"])
        # The report step looks at the clocks, so that a failure leaves a report.
        self.commands.add(
            [*self.place(files), "--freq", options["clock_mhz"], "--timing-allow-fail", "--json", files.netlist,
             "--report", f"{name}.report.json", "--log", "nextpnr.log", "--quiet"], [files.placed],
            [files.netlist, *pins])
        self.commands.add(
            [[*step, "report", self.family, name, "--device", options["device"], "--clock", options["clock_mhz"]],
             self.pack(files)], [files.bitstream], [files.placed])
        self.commands.set_default_target(files.bitstream)

    def configure(self) -> None:
        """Write Yosys' commands and the Makefile."""
        script = Path(self.work_root) / f"{self.edam['name']}.ys"
        text = "\n".join(yosys_commands(self.edam, FAMILIES[self.family])) + "\n"
        # An unchanged file keeps its time, so that make does nothing twice.
        if not script.exists() or script.read_text(encoding="utf-8") != text:
            script.write_text(text, encoding="utf-8")
        super().configure()
