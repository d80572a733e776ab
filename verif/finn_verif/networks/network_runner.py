# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Runs the cocotb tests of a generated network without FuseSoC."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from finn_rtl import build
from finn_rtl.output.emit import cores
from finn_verif.run import runner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finn_rtl.meaning.integer import Network
    from finn_rtl.plan.plan import Plan


def run_network(network: Network, plan: Plan, simulator: str, name: str, defines: Sequence[str] = ()) -> None:
    """Build the network's files and run the cocotb tests of network_tests on them, with some macros defined."""
    runner.require(simulator)
    place = runner.folder(name)
    shutil.rmtree(place)
    build(network, plan, place / "design")
    top = f"finn_{plan.topology.name}"
    folding = {mvtu.layer: f"{mvtu.simd}x{mvtu.pe}{'w' * (mvtu.window > 1)}" for mvtu in plan.pipeline.matrices}
    maps = [str(ifm) for ifm in network.topology.maps]
    print(f"maps {maps}, folding {folding}, input width {plan.pipeline.guard.width}, output {network.topology.output}")
    files = runner.sources_with(sorted(cores(plan)), sorted((place / "design").glob("*.sv")))
    run_folder = place / "run"
    run_folder.mkdir()
    for path in (place / "design").iterdir():
        if path.suffix in (".mem", ".json", ".bin"):
            shutil.copy(path, run_folder)
    module = "finn_verif.networks.network_tests"
    runner.simulate(top, files, module, simulator, run_folder, runner.is_set("WAVES"), defines)
