# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Measures how fast the reference computes the shipped networks, on one core; writes reference.md.

Beside it, in the same run, plain C++ (plain_gemm.cpp) multiplies bit matrices of 1024 x 1024 x 1024. CPU time, the best
of several; an operation is a multiplication or an addition, as the papers count them.

usage: bench/reference.py [--check]
"""

from __future__ import annotations

import argparse
import ctypes
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from page import write_page

from finn_rtl.common.libraries import load
from finn_rtl.common.places import shipped_names
from finn_rtl.common.text import package_version
from finn_rtl.description.networks import find_topology
from finn_rtl.meaning import compiled
from finn_rtl.meaning.integer import Network, load_network
from finn_rtl.meaning.reference import infer

FRAMES = 128
RUNS = 7
SIZE = 1024


def best(call: Callable[[], object]) -> float:
    """CPU seconds of the fastest of RUNS calls, behind one that is not counted."""
    call()
    found = []
    for _ in range(RUNS):
        begun = time.process_time()
        call()
        found.append(time.process_time() - begun)
    return min(found)


def plain() -> float:
    """GOPS of the plain kernel."""
    library = load(Path(__file__).with_name("plain_gemm.cpp"), ("-O3", "-march=native"), "bench")
    numbers = np.random.default_rng(1)
    a, b = (numbers.integers(0, 2**63, (SIZE, SIZE // 64), np.int64).view(np.uint64) for _ in range(2))
    out = np.empty((SIZE, SIZE), np.int32)
    call = (a.ctypes.data, b.ctypes.data, SIZE, SIZE, SIZE // 64, out.ctypes.data)
    kinds = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)
    seconds = best(lambda: library.plain_gemm(*(kind(value) for kind, value in zip(kinds, call, strict=True))))
    assert np.array_equal(out, SIZE - np.bitwise_count(a[:, None] ^ b).sum(2, dtype=np.int32))
    return 2 * SIZE**3 / seconds / 1e9


def operations(network: Network) -> int:
    """Multiplications and additions a frame."""
    topology = network.topology
    return 2 * sum(layer.rows * layer.columns(topology.ifm(layer)) * layer.output(topology.ifm(layer)).pixels
                   for layer in topology.matrices)


def row(net: str) -> str:
    """A row of the table."""
    topology, path = find_topology(net)
    network = load_network(topology, path)
    ifm = topology.input.map
    low, high = (0, 1) if ifm.bits == 1 else ifm.held
    values = np.random.default_rng(1).integers(low, high + 1, (FRAMES, ifm.elements)).astype(np.int32)
    seconds = best(lambda: infer(network, values)) / FRAMES
    count = operations(network)
    return f"| {topology.name} | {count / 1e6:,.2f} | {seconds * 1e6:,.1f} | {count / seconds / 1e9:,.0f} |"


def cpu() -> str:
    """Name of the processor."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown processor")


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--check", action="store_true", help="print only; leave the committed table as it is")
    arguments = parser.parse_args()
    if compiled.library() is None:
        print("no C++ compiler: there is nothing to measure", file=sys.stderr)
        return 2
    lines = ["| network | million operations a frame | us a frame | GOPS |", "| --- | --: | --: | --: |",
             *(row(net) for net in shipped_names()),
             f"| plain C++, {SIZE} x {SIZE} x {SIZE} bits | {2 * SIZE**3 / 1e6:,.0f} | | {plain():,.0f} |", "",
             f"Measured on one core of a machine with others at work ({cpu()}), {FRAMES} random frames, best of {RUNS};"
             f" finn-rtl {package_version()}, numpy {np.__version__}."]
    write_page("reference", "Speed of the reference", "what `finn-rtl infer` and `accuracy` compute with", lines,
               not arguments.check)
    return 0


if __name__ == "__main__":
    sys.exit(main())
