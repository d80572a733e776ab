# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Constant matrices: LUTs of mvtu_unfolded's rows and of the adder graphs of da4ml, by the same synthesis.

    python bench/constants.py DA4ML_PYTHON [SIZE...]     # bench/constants.md

DA4ML_PYTHON is the Python of an environment with da4ml 0.6.0 (PyPI), which nothing else here needs. Square matrices of
random weights, of inputs 0/1, whose sums leave: dense ones, and ones with 90 % zeros. Both are synthesized flat and
alone; registers cut both, and only LUTs are compared.

One thing is changed in what da4ml writes: its adders get a bit more inside, for they take bits beyond their highest,
which are undefined to Yosys, and most of the logic would be optimized away.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from page import write_page

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.ips.mvtu_unfolded import MvtuUnfolded, layer_rows
from finn_rtl.tools.eda import core_sources
from finn_rtl.tools.synth import FAMILY, Part, Usage, run_yosys, script, usage

SIZES = (64, 128, 256)
# Written for da4ml 0.6.0.
DA4ML = """
import json, sys
import numpy as np
from da4ml.cmvm import solve
from da4ml.codegen.rtl.rtl_model import RTLModel
weight = np.array(json.load(open("weight.json")), np.float32)
solution = solve(np.ascontiguousarray(weight.T), qintervals=[(0.0, 1.0, 1.0)] * weight.shape[1])
RTLModel(solution, "graph", "graph").write()
"""
WHAT = (f"LUTs of the rows of `mvtu_unfolded` and of the adder graphs of da4ml 0.6.0 for the same square matrices of\n"
        f"random weights, inputs 0/1, sums leaving, by `synth_xilinx -family {FAMILY}`; weights of 1 bit are -1/+1, and"
        " 0 besides where\nthere are zeros")
PARTS = ("negative.v", "shift_adder.v", "graph_stage0.v", "graph_stage1.v", "graph.v")
WIDE = ("IN0_NEED_BITS + EXTRA_PAD + 1 : IN1_NEED_BITS + EXTRA_PAD + 1",
        "IN0_NEED_BITS + EXTRA_PAD + 2 : IN1_NEED_BITS + EXTRA_PAD + 2")


def weights(size: int, bits: int, density: float) -> NDArray[np.int8]:
    """A random matrix: -1/+1 for one bit, else two's complement; of sparse ones the rest is drawn without 0."""
    rng = np.random.default_rng(1)
    low, high = (-1, 1) if bits == 1 else (-(1 << bits - 1), (1 << bits - 1) - 1)
    values = np.array([value for value in range(low, high + 1) if value or (density == 1 and bits > 1)])
    drawn = rng.choice(values, (size, size)) * (rng.random((size, size)) < density)
    return np.asarray(drawn, np.int8)


def ours(weight: NDArray[np.int8], bits: int, density: float) -> Usage:
    """The rows of an unfolded layer, module by module."""
    size = len(weight)
    # Zeros among -1/+1 need a second bit.
    own = 2 if bits == 1 and density < 1 else bits
    matrix = MvtuUnfolded("", size, size, size, size, 0, bipolar=False, weight_bits=own, narrow=bits == 1 and own == 2,
                          density=density)
    sources, found = core_sources("finn:ip:mvtu_unfolded"), Usage(0, 0, 0, 0)
    for rows in layer_rows(IntegerLayer(weight, None), matrix, "constants"):
        part = Part("rows", rows.module, tuple(rows.parameters.items()))
        with tempfile.TemporaryDirectory(prefix="finn-rtl-") as work:
            found += usage(run_yosys(script(part, sources, Path(work) / "boxes.v"), Path(work)))
    return found


def theirs(weight: NDArray[np.int8], python: str) -> Usage:
    """The adder graph that da4ml finds."""
    with tempfile.TemporaryDirectory(prefix="finn-rtl-") as name:
        work = Path(name)
        (work / "weight.json").write_text(json.dumps(weight.tolist()))
        subprocess.run([python, "-c", DA4ML], cwd=work, check=True, capture_output=True)
        adder = work / "graph" / "src" / "static" / "shift_adder.v"
        text = adder.read_text()
        assert WIDE[0] in text, "another da4ml"
        adder.write_text(text.replace(*WIDE))
        files = [path for part in PARTS for path in sorted((work / "graph" / "src").rglob(part))]
        return usage(run_yosys([
            f"read_verilog -sv {' '.join(map(str, files))}",
            f"synth_xilinx -family {FAMILY} -flatten -noiopad -noclkbuf -top graph -run begin:check",
            "flatten -noscopeinfo", "tee -q -o cells.json stat -json"], work))


def main(python: str, *sizes: str) -> None:
    """Write the page."""
    rows = ["| matrix | bits of a weight | zeros | mvtu_unfolded: LUT | FF | da4ml: LUT | FF | LUT, ratio |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for size in map(int, sizes or map(str, SIZES)):
        for bits in (1, 2, 3, 4):
            for density in (1.0, 0.1):
                weight = weights(size, bits, density)
                own, other = ours(weight, bits, density), theirs(weight, python)
                cells = (f"{size} x {size}", bits, f"{(weight == 0).mean():.0%}", own.lut, own.ff, other.lut, other.ff,
                         f"{own.lut / other.lut:.2f}")
                rows.append(f"| {' | '.join(map(str, cells))} |")
                write_page("constants", "Constant matrices", WHAT, [*rows, "", f"Yosys (pyosys {version('pyosys')})."],
                           is_saved=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
