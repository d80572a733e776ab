# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Measures dot products of few bits: LUTs a synapse in LUTs alone, and LUTs and multipliers; writes products.md.

Each module is synthesized alone, without registers inside but those that a multiplier takes; then whole units, once
with their products in LUTs and once in multipliers, as the generator would set both. LUTs and DSP slices are Yosys'
figures (docs/cost.py), beside those of the cost model. What another packing has in a DSP slice must be reached: FINN's
of 4, 8 and 2 products for weights and inputs of 4, 2 and 8 bits (see docs/ip/mvtu_products.md).

usage: bench/products.py [--check]
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "docs"))

from cost import plain, synthesize, unit  # noqa: E402
from page import write_page  # noqa: E402

from finn_rtl.ips.mvtu import Mvtu  # noqa: E402
from finn_rtl.ips.packing import Packing, packed_luts  # noqa: E402
from finn_rtl.ips.products import Operands, planes  # noqa: E402
from finn_rtl.plan.devices import NO_DSP, Prices, placed, with_arithmetic  # noqa: E402
from finn_rtl.tools.eda import Sources, core_sources  # noqa: E402

# Most LUTs a synapse for each bit of an input times a bit of a weight.
MOST_LUTS = 1.05


@dataclass(frozen=True)
class Row:
    """A dot product in LUTs; and how many LUTs a synapse it may take, if fewer than MOST_LUTS says."""

    simd: int
    kind: Operands
    share: float | None = None


TERNARY = Operands(2, 2, narrow=True)
ROWS = (
    *(Row(simd, Operands(2, 1), 2.0) for simd in (16, 32, 64, 128)), Row(32, Operands(3, 1)), Row(32, Operands(4, 1)),
    *(Row(simd, Operands(8, 1, signed=True)) for simd in (3, 9, 27)), Row(32, Operands(1, 2)),
    Row(32, Operands(1, 2, narrow=True)), Row(32, Operands(1, 4)),
    *(Row(simd, Operands(2, 2), 3.7) for simd in (16, 32, 64)), Row(32, TERNARY, 2.6), Row(64, TERNARY, 2.6),
    Row(32, Operands(4, 2, narrow=True)), Row(32, Operands(3, 2)), Row(32, Operands(4, 2)), Row(32, Operands(2, 3)),
    Row(32, Operands(3, 3)), Row(32, Operands(2, 4)), *(Row(simd, Operands(4, 4), 13) for simd in (16, 32, 64)),
    Row(32, Operands(4, 4, signed=True), 13), Row(16, Operands(8, 4)), Row(16, Operands(8, 8)),
)
# Rows that share the inputs, elements, and how they are packed.
PACKED = tuple(
    (rows, 16, Packing(kind, factor, lanes))
    for rows, kind, factor, lanes in (
        (8, Operands(2, 2), 25, 8), (5, Operands(2, 2), 25, 5), (5, Operands(3, 3), 25, 5), (3, Operands(3, 3), 25, 3),
        (4, Operands(4, 4), 25, 4), (3, Operands(4, 4), 25, 3), (2, Operands(4, 4), 25, 2), (2, Operands(8, 4), 25, 2),
        (2, Operands(8, 8), 25, 2), (1, Operands(8, 8), 25, 1),
    )
)
# Products of a DSP slice and cycle, of weights and inputs of as many bits, that are asked for.
FEWEST = {2: 8, 4: 4, 8: 2}
# Whole units with one threshold a row: SIMD, PE, of matrices four times as wide and as high, and what they multiply.
UNITS = ((16, 12, TERNARY), (15, 15, Operands(2, 2)), (8, 12, Operands(4, 4)), (8, 6, Operands(8, 8)))


def named(kind: Operands) -> str:
    """Weights and inputs, as tables name them."""
    weights = "ternary" if kind.weight_bits == 2 and kind.narrow else f"W{kind.weight_bits}"
    return f"{weights} A{kind.input_bits}{' signed' if kind.signed else ''}"


def in_luts(row: Row, sources: Sources) -> tuple[str, bool]:
    """A line of the table, and whether it is as it should be."""
    kind = row.kind
    used = synthesize(plain("mvtu_dot_planes", SIMD=row.simd, STAGES=0, INPUT_W=kind.input_bits,
                            SIGNED_INPUTS=int(kind.signed), WEIGHT_W=kind.weight_bits,
                            NARROW_WEIGHTS=int(kind.narrow)), sources)
    share, bits = used.lut / row.simd, kind.input_bits * kind.weight_bits
    levels, model = planes(row.simd, kind)
    line = f"| {named(kind)} | {row.simd} | **{used.lut}** | {share:.2f} | {share / bits:.2f} | {model} | {levels} |"
    return line, share <= (row.share or MOST_LUTS * bits)


def packed_line(rows: int, simd: int, packing: Packing, sources: Sources) -> tuple[str, float]:
    """A line of the table of multipliers, and the products in each."""
    kind, front = packing.kind, packing.front(simd)
    used = synthesize(plain("mvtu_dot_dsp", ROWS=rows, SIMD=simd, STAGES=front, INPUT_W=kind.input_bits,
                            WEIGHT_W=kind.weight_bits, FACTOR_W=packing.factor_bits, LANES=packing.lanes,
                            OFFSET_WEIGHTS=1), sources)
    products = rows * simd
    line = (f"| {named(kind)} | {rows} x {simd} | {packing.lanes} | {packing.chain(simd)} | **{used.dsp}** |"
            f" {products / used.dsp:g} | **{used.lut}** | {used.lut / products:.2f} |"
            f" {packed_luts(packing, simd, rows)} | {used.ff} |")
    return line, products / used.dsp


def units(simd: int, pe: int, kind: Operands) -> tuple[Mvtu, Mvtu]:
    """A unit as the generator sets it, in LUTs, and with all products where a DSP slice saves most."""
    found = placed(Mvtu("", 4 * simd, 4 * pe, simd, pe, 1, input_bits=kind.input_bits,
                        signed=kind.signed, weight_bits=kind.weight_bits, narrow=kind.narrow), Prices(dsp=NO_DSP))
    assert isinstance(found, Mvtu)
    ways = replace(found, products="dsp").arithmetics
    packed = with_arithmetic(found, max(ways, key=lambda way: (found.cost.lut - way.lut) / way.dsp))
    assert isinstance(packed, Mvtu)
    return found, packed


def unit_line(simd: int, pe: int, kind: Operands, sources: Sources) -> str:
    """A line of the table of whole units."""
    without, packed = units(simd, pe, kind)
    before, after = (synthesize(unit(mvtu), sources) for mvtu in (without, packed))
    saved = (before.lut - after.lut) / after.dsp
    model = (without.cost.lut - packed.cost.lut) / packed.cost.dsp
    return (f"| {named(kind)} | {packed.mw} x {packed.mh} | {pe} / {simd} | {before.lut} | {before.ff} |"
            f" **{after.lut}** | {after.ff} | **{after.dsp}** | {packed.lanes} | {saved:.1f} | {model:.1f} |")


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--check", action="store_true", help="print only; fail where a figure got worse (golden.py)")
    arguments = parser.parse_args()
    sources, failed = core_sources("finn:ip:mvtu"), []
    lines = ["`mvtu_dot_planes`, without registers:", "",
             "| weights, inputs | synapses | LUT | LUT a synapse | LUT a bit by bit | model | levels |",
             "|---|--:|--:|--:|--:|--:|--:|"]
    for row in ROWS:
        line, is_good = in_luts(row, sources)
        lines.append(line)
        failed += [] if is_good else [line]
        print(line, flush=True)
    lines += ["", "Model: the estimate of `finn_rtl.ips.products.planes`.", "", "`mvtu_dot_dsp` with multipliers of"
              " 25 x 18 bits, a register behind these and, where several are added up in a chain, one behind the chain;"
              " weights as OFFSET_WEIGHTS wants them:", "",
              "| weights, inputs | rows x synapses | lanes | chain | DSP | products a DSP | LUT | LUT a product |"
              " model | FF |", "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|"]
    reached: dict[int, float] = {}
    for rows, simd, packing in PACKED:
        line, products = packed_line(rows, simd, packing, sources)
        lines.append(line)
        if packing.kind.input_bits == packing.kind.weight_bits:
            bits = packing.kind.input_bits
            reached[bits] = max(products, reached.get(bits, 0))
        print(line, flush=True)
    failed += [f"{bits} bits by {bits}: {reached[bits]:g} products a DSP, {few} are asked for"
               for bits, few in FEWEST.items() if reached[bits] < few]
    lines += ["", "Whole units (`mvtu`) with replay buffer, accumulators, a threshold a row and memories: products in"
              " LUTs, and in multipliers of as many lanes as save most LUTs a multiplier:", "",
              "| weights, inputs | matrix | PE / SIMD | LUT without | FF without | LUT | FF | DSP | lanes | LUT saved a"
              " DSP | model |", "|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|"]
    for simd, pe, kind in UNITS:
        lines.append(unit_line(simd, pe, kind, sources))
        print(lines[-1], flush=True)
    lines += ["", f"LUT, FF and DSP48E1 by Yosys (pyosys {version('pyosys')}, `synth_xilinx -family xc7`), not"
              " Vivado's; modules alone. Lanes that overlap leave what reaches from one into the next to LUTs; where a"
              " lane has room, the multipliers' own adders add up a chain of products first."]
    is_kept = write_page("products", "Products of few bits", "", lines, not arguments.check)
    for line in failed:
        print(f"not what is wanted: {line}", file=sys.stderr)
    return int(bool(failed) or not is_kept)


if __name__ == "__main__":
    sys.exit(main())
