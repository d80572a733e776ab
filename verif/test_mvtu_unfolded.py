# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""mvtu_unfolded on both simulators, rows that share classes and rows that add up their terms."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cocotb_tests import mvtu_unfolded, mvtu_unfolded_terms
from finn_verif.run import runner

# In Verilator the adders as they are take long to compile: there they are run where no Icarus has them.
RUNS = [(define, simulator) for simulator in runner.simulators() for define in ("", "FINN_PLAIN_SUMS")
        if define or not runner.plain_sums(simulator)]
NAMES = {"mvtu_unfolded": mvtu_unfolded, "mvtu_unfolded_terms": mvtu_unfolded_terms}


@pytest.mark.parametrize(("define", "simulator"), RUNS)
@pytest.mark.parametrize("name", NAMES)
def test_mvtu_unfolded(name: str, define: str, simulator: str) -> None:
    """All cocotb tests, with the adders as they are and in plain arithmetic."""
    tests = NAMES[name]
    folder = f"{name}_plain" if define else name
    files = runner.sources("finn:ip:mvtu_unfolded")
    layers = []
    for matrix in tests.LAYERS:
        layers.append(runner.folder(folder) / f"{tests.layer_module(matrix)}.sv")
        runner.write(layers[-1], tests.layer_text(matrix))
    files = replace(files, hdl=(*files.hdl, *layers))
    defines = (define,) if define else ()
    runner.run_files(folder, files, tests.INSTANCES, f"cocotb_tests.{name}", simulator, defines)
