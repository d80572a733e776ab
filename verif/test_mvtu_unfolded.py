# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""mvtu_unfolded on both simulators."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cocotb_tests.mvtu_unfolded import INSTANCES, LAYERS, layer_module, layer_text
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
@pytest.mark.parametrize("define", ["", "FINN_PLAIN_SUMS"])
def test_mvtu_unfolded(define: str, simulator: str) -> None:
    """All cocotb tests of mvtu_unfolded, with the adders as they are and in plain arithmetic."""
    name = "mvtu_unfolded_plain" if define else "mvtu_unfolded"
    files = runner.sources("finn:ip:mvtu_unfolded")
    layers = []
    for matrix in LAYERS:
        layers.append(runner.folder(name) / f"{layer_module(matrix)}.sv")
        runner.write(layers[-1], layer_text(matrix))
    files = replace(files, hdl=(*files.hdl, *layers))
    runner.run_files(name, files, INSTANCES, "cocotb_tests.mvtu_unfolded", simulator, (define,) if define else ())
