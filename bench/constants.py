# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Constant matrices: LUTs of mvtu_unfolded's rows and of the adder graphs of da4ml, by the same synthesis.

Square matrices of random weights, of inputs 0/1, whose sums leave: dense ones, and ones with 90 % zeros. Both are
synthesized flat and alone; registers cut both, and only LUTs are compared. Each row is saved in constants.json once it
is measured, and those that are not asked for stay as they are there.

One thing is changed in what da4ml writes: its adders get a bit more inside, for they take bits beyond their highest,
which are undefined to Yosys, and most of the logic would be optimized away.

usage: bench/constants.py DA4ML_PYTHON [--size N]... [--bits N]... [--share N]...

DA4ML_PYTHON is the Python of an environment with da4ml 0.6.0 (PyPI), which nothing else here needs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from page import write_page

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.ips.mvtu_unfolded import MvtuUnfolded, layer_rows
from finn_rtl.tools.eda import core_sources
from finn_rtl.tools.synth import FAMILY, Part, Usage, run_yosys, script, usage

SIZES, BITS, DENSITIES = (64, 128, 256), (1, 2, 3, 4), (1.0, 0.1)
RESULTS = Path(__file__).resolve().parent / "constants.json"
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


def table(measured: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The lines of the page."""
    lines = ["| matrix | bits of a weight | zeros | LUT | FF | da4ml: LUT | da4ml: FF | ratio |",
             "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for size, bits, density in product(SIZES, BITS, DENSITIES):
        if row := measured.get(f"{size} {bits} {density}"):
            cells = (f"{size} x {size}", bits, f"{row['zeros']:.0%}", f"**{row['lut']:,}**", f"{row['ff']:,}",
                     f"{row['da4ml_lut']:,}", f"{row['da4ml_ff']:,}", f"{row['lut'] / row['da4ml_lut']:.2f}")
            lines.append(f"| {' | '.join(map(str, cells))} |")
    return [*lines, "", f"Yosys (pyosys {version('pyosys')})."]


def main() -> None:
    """Measure what is asked for, and write the page after each row."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("python", metavar="DA4ML_PYTHON", help="of an environment with da4ml 0.6.0")
    parser.add_argument("--size", type=int, choices=SIZES, action="append", help="rows and columns")
    parser.add_argument("--bits", type=int, choices=BITS, action="append", help="of a weight")
    parser.add_argument("--share", type=float, choices=DENSITIES, action="append", help="of weights that are not 0")
    arguments = parser.parse_args()
    measured: dict[str, dict[str, Any]] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else {}
    for size, bits, density in product(arguments.size or SIZES, arguments.bits or BITS, arguments.share or DENSITIES):
        weight = weights(size, bits, density)
        own, other = ours(weight, bits, density), theirs(weight, arguments.python)
        measured[f"{size} {bits} {density}"] = {"zeros": float((weight == 0).mean()), "lut": own.lut, "ff": own.ff,
                                                "da4ml_lut": other.lut, "da4ml_ff": other.ff}
        RESULTS.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
        write_page("constants", "Constant matrices", WHAT, table(measured), is_saved=True)


if __name__ == "__main__":
    main()
