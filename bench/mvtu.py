# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Measures matrix-vector-threshold units beside published ones, and LUTs a synapse; writes mvtu.md.

A unit is set as the generator would set it: stages by its own rule, memories where they cost least. Weights and
thresholds are random words of a fixed seed. LUTs and flip-flops are Yosys' figures (docs/cost.py), whole units with
accumulators, thresholds, replay buffer and control.

All takes long: --only measures one table, what is not measured stays as mvtu.json has it.

usage: bench/mvtu.py [--only TABLE] [--check]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
RESULTS = FOLDER / "mvtu.json"
sys.path.insert(0, str(FOLDER.parent / "docs"))

from cost import plain, synthesize, threshold, unit  # noqa: E402
from page import write_page  # noqa: E402

from finn_rtl.common.numbers import ceil_div  # noqa: E402
from finn_rtl.ips.arithmetic import stages as stages_of  # noqa: E402
from finn_rtl.ips.mvtu import Mvtu  # noqa: E402
from finn_rtl.ips.mvtu_parameters import kind_parameters  # noqa: E402
from finn_rtl.ips.products import Operands  # noqa: E402
from finn_rtl.plan.devices import USUAL, placed  # noqa: E402
from finn_rtl.tools.eda import Sources, core_sources  # noqa: E402
from finn_rtl.tools.synth import Part, run_yosys, script  # noqa: E402

BINARY = Operands(1)


@dataclass(frozen=True)
class Row:
    """A unit; and what another takes, without thresholds: its LUTs and flip-flops."""

    mw: int
    mh: int
    simd: int
    pe: int
    lut: int | None = None
    ff: int | None = None
    # Most LUTs a synapse, where that is asked for: of the unit, or of rows and activation for several bits.
    share: float | None = None
    kind: Operands = BINARY
    thresholds: int = 1


# arXiv 2201.11409, tables of the stand-alone XNOR unit in RTL; and the FINN paper's 128 synapses of one PE (376 LUT).
ROWS = (
    Row(1024, 1024, 64, 1, 198, 140), Row(1024, 1024, 32, 4, 411, 336), Row(1024, 1024, 64, 8, 1396, 893),
    Row(576, 64, 32, 32, 3000, 2329), Row(128, 16, 128, 1, 340, 307),
    Row(1024, 64, 128, 8, share=1.3), Row(1024, 64, 128, 32, share=1.3), Row(512, 512, 64, 64, share=1.3),
    Row(784, 256, 784, 16, share=1.3),
)


# Activations of as many bits as inputs. CNV's second and fourth layer, and what both are at other foldings.
FEW_BITS = tuple(
    Row(*size, share=share, kind=Operands(bits, weight_bits), thresholds=(1 << bits) - 1)
    for weight_bits, bits, rows in (
        (1, 2, (((576, 64, 32, 32), None), ((576, 64, 64, 16), None), ((1152, 128, 128, 4), None),
                ((576, 64, 192, 4), 2.2), ((576, 64, 288, 4), 2.2))),
        (2, 2, (((576, 64, 32, 8), None), ((1152, 128, 128, 4), 4.2))), (4, 4, (((576, 64, 32, 8), 16),)))
    for size, share in rows)


# Columns, rows, SIMD and PE of units that multiply bit by bit; and for weights and inputs of so many bits how many
# times the LUTs of the binary unit they may take, with the replay buffer where it costs least or in block RAM.
MOST_SERIAL = 1.15
SERIAL = (
    ((512, 64, 32, 4), {(1, 2): MOST_SERIAL, (2, 2): MOST_SERIAL, (4, 4): MOST_SERIAL}),
    ((1024, 64, 64, 16), {(1, 2): MOST_SERIAL, (2, 2): MOST_SERIAL, (4, 4): MOST_SERIAL}),
    ((1024, 64, 128, 32), {(1, 2): MOST_SERIAL, (2, 2): MOST_SERIAL, (4, 4): MOST_SERIAL}),
)


def stage(row: Row) -> Mvtu:
    """The unit as the generator would set it."""
    kind = row.kind
    found = placed(Mvtu("", row.mw, row.mh, row.simd, row.pe, row.thresholds, 1, kind.input_bits, kind.signed,
                        weight_bits=kind.weight_bits, narrow=kind.narrow,
                        products="serial" if kind.serial else "lut"), USUAL)
    assert isinstance(found, Mvtu)
    return found


def parts_of(mvtu: Mvtu, sources: Sources) -> tuple[float, float, int]:
    """LUTs of a row's sum, of the whole row, and of the search for levels, of a unit with several thresholds.

    What recodes inputs as parities is shared by all rows, and counted in each.
    """
    numbers = {name: int(value) for name, value in kind_parameters(mvtu.kind).items()}
    recoding = 0.0
    if mvtu.run:
        shared = synthesize(plain("mvtu_parities", SIMD=mvtu.simd, INPUT_W=mvtu.input_bits, RUN=mvtu.run), sources)
        recoding = shared.lut / mvtu.pe
        numbers["RUN"] = mvtu.run
    row = synthesize(plain("mvtu_pe", SIMD=mvtu.simd, STAGES=mvtu.stages, SUM_W=mvtu.sum_width, **numbers), sources)
    if mvtu.run:
        of_sum = {"SIMD": mvtu.simd, "RUN": mvtu.run, "INPUT_W": mvtu.input_bits,
                  "SIGNED_INPUTS": int(mvtu.kind.signed)}
        dot = synthesize(plain("mvtu_dot_parities", STAGES=mvtu.stages, **of_sum), sources)
    else:
        dot = synthesize(plain("mvtu_dot_planes", SIMD=mvtu.simd, STAGES=mvtu.stages, **numbers), sources)
    levels = synthesize(threshold(mvtu.input_bits, mvtu.sum_width, mvtu.mh, mvtu.pe),
                        core_sources("finn:ip:threshold"))
    return dot.lut + recoding, row.lut + recoding, levels.lut


def few_bits(row: Row, sources: Sources) -> tuple[str, bool]:
    """A line of the table of few bits, and whether it is as it should be."""
    mvtu, kind, synapses = stage(row), row.kind, row.simd * row.pe
    whole = synthesize(unit(mvtu), sources)
    _, element, levels = parts_of(mvtu, sources)
    sums, share = element / row.simd, (element * row.pe + levels) / synapses
    bits = kind.input_bits * kind.weight_bits
    line = (f"| W{kind.weight_bits} A{kind.input_bits} | {row.mw} x {row.mh} | {row.pe} / {row.simd} |"
            f" **{whole.lut}** | {whole.ff} | {whole.bram36:g} | {whole.lut / synapses:.2f} | {sums:.2f} |"
            f" **{share:.2f}** | {share / bits:.2f} |")
    return line, row.share is None or share <= row.share


def shared(row: Row) -> str:
    """What one activation for several PEs would save, whose sums it would take one after the other."""
    mvtu, sources = stage(row), core_sources("finn:ip:threshold")
    whole = synthesize(unit(mvtu), core_sources("finn:ip:mvtu")).lut
    several = max(count for count in range(1, row.pe + 1) if row.pe % count == 0 and count <= mvtu.sf)
    now, few = (synthesize(threshold(row.kind.input_bits, mvtu.sum_width, row.mh, pe), sources).lut
                for pe in (row.pe, row.pe // several))
    # A LUT chooses among 4; what gathers the levels takes a register's LUT each, as behind `threshold`.
    choice = row.pe // several * ceil_div(several, 4) * mvtu.sum_width
    gathered = (row.pe - row.pe // several) * row.kind.input_bits
    saved = now - few - choice - gathered
    return (f"at PE {row.pe} / SIMD {row.simd} {few} LUTs, {choice} that choose among the sums of {several} PEs and"
            f" {gathered} that gather levels, instead of {now}: {saved / whole:.1%} of the unit")


def divided(row: Row) -> str:
    """Of what sums and activation of few bits are made, in LUTs a synapse."""
    dot, element, levels = parts_of(stage(row), core_sources("finn:ip:mvtu"))
    parts = dot / row.simd, (element - dot) / row.simd, levels / (row.simd * row.pe)
    return (f"at PE {row.pe} / SIMD {row.simd} {parts[0]:.2f} LUTs a synapse for the sum, {parts[1]:.2f} for the"
            f" accumulator and {parts[2]:.2f} for the search for levels, {sum(parts):.2f} together")


def bit_by_bit(size: tuple[int, int, int, int], most: Mapping[tuple[int, int], float], sources: Sources
               ) -> tuple[list[str], bool]:
    """Lines of the table of units that multiply bit by bit, beside binary ones; whether all are as they should be."""
    usual_binary = stage(Row(*size))
    # Its datapath is what they share: of products by AND there are no running parities.
    binary = replace(usual_binary, recodes=False)
    recoded_lut = synthesize(unit(usual_binary), sources).lut
    plain_unit, lines, is_good = synthesize(unit(binary), sources), [], True
    for (weight_bits, bits), share in most.items():
        usual = stage(Row(*size, kind=Operands(bits, weight_bits, serial=True)))
        for mvtu in (usual, replace(usual, replay_style="block")):
            used = synthesize(unit(mvtu), sources)
            found = used.lut / plain_unit.lut
            lines.append(f"| W{weight_bits} A{bits} | {size[0]} x {size[1]} | {size[3]} / {size[2]} |"
                         f" {mvtu.replay_in} | {used.lut} | {plain_unit.lut} | **{found:.2f}** | {recoded_lut} |"
                         f" {used.ff} / {plain_unit.ff} | {used.bram36:g} / {plain_unit.bram36:g} |"
                         f" {mvtu.cycles} / {binary.cycles} |")
            print(lines[-1], flush=True)
            if found <= share:
                break
        is_good &= found <= share
    return lines, is_good


def lowest_first(size: tuple[int, int, int, int], kind: Operands) -> str:
    """What accumulators would save that take the lowest level of planes first, and are halved from one to the next."""
    row = Row(*size, kind=kind)
    mvtu = stage(row)
    whole = synthesize(unit(mvtu), core_sources("finn:ip:mvtu")).lut
    # What is halved is at most as large as a level, of which there are as many passes as the fewer planes; and a sign.
    width = (2 * min(kind.input_bits, kind.weight_bits) * row.mw).bit_length() + 1
    saved = row.pe * (mvtu.sum_width - width)
    return (f"Accumulators that took the lowest planes first and were halved instead of doubled would have {width}"
            f" bits instead of {mvtu.sum_width} for W{kind.weight_bits} A{kind.input_bits}: {saved} LUTs less at PE"
            f" {row.pe} / SIMD {row.simd}, {saved / whole:.1%} of the unit. But the upper bits of start values weigh"
            " more than what such accumulators hold, and would be added by an adder of their own, in more LUTs.")


CONSTANTS = ("$false", "$true", "$undef")


@dataclass(frozen=True)
class Chains:
    """Carry chains of a PE, and places in them whose LUT Yosys does not count."""

    carry4: int
    #: A register or a carry selects.
    route_throughs: int
    #: A constant selects: the place leads its data or its carry out.
    constants: int


def chains(synapses: int, sources: Sources) -> Chains:
    """Those of a PE with so many synapses."""
    stages, width = stages_of(synapses, Operands(1)), synapses.bit_length() + 1
    part = Part("PE", "mvtu_pe", (("SIMD", str(synapses)), ("STAGES", str(stages)), ("SUM_W", str(width))))
    with tempfile.TemporaryDirectory(prefix="finn-rtl-") as work:
        folder = Path(work)
        run_yosys([*script(part, sources, folder / "boxes.v"), "write_blif netlist.blif"], folder)
        text = (folder / "netlist.blif").read_text(encoding="utf-8")
    model = text[text.index(f".model {part.top}\n"):].partition(".end")[0]
    cells = [(words[1], dict(pin.split("=", 1) for pin in words[2:]))
             for words in map(str.split, model.splitlines()) if words[:1] in ([".subckt"], [".gate"])]
    others = {net for cell, pins in cells if not cell.startswith("LUT")
              for pin, net in pins.items() if pin.split("[")[0] in ("Q", "O", "CO")}
    carries = [pins for cell, pins in cells if cell == "CARRY4"]
    read = {net for _, pins in cells for pin, net in pins.items() if pin.split("[")[0] not in ("O", "CO", "Q")}
    throughs = constants = 0
    for pins in carries:
        for bit in range(4):
            throughs += pins[f"S[{bit}]"] in others
            is_used = pins[f"DI[{bit}]"] not in CONSTANTS or pins[f"O[{bit}]"] in read
            constants += pins[f"S[{bit}]"] in CONSTANTS and is_used
    return Chains(len(carries), throughs, constants)


def published(sources: Sources) -> tuple[list[str], bool]:
    """The table beside published units; whether all are as they should be."""
    lines = ["| matrix | PE / SIMD | LUT | FF | BRAM36 | LUT a synapse | published LUT / FF |",
             "|---|---|--:|--:|--:|--:|--:|"]
    is_good = True
    for row in ROWS:
        used = synthesize(unit(stage(row)), sources)
        share = used.lut / (row.simd * row.pe)
        others = f"{row.lut} / {row.ff}" if row.lut else ""
        lines.append(f"| {row.mw} x {row.mh} | {row.pe} / {row.simd} | **{used.lut}** | {used.ff} | {used.bram36:g} |"
                     f" {share:.2f} | {others} |")
        print(lines[-1], flush=True)
        is_good &= (row.lut is None or used.lut < row.lut) and (row.share is None or share <= row.share)
    lines += ["", "finn-rtl: whole units with one threshold a row, weights and thresholds in ROMs; LUT and FF"
              f" by Yosys (pyosys {version('pyosys')}, `synth_xilinx -family xc7`), not Vivado's. Published: a"
              " stand-alone XNOR unit in RTL without thresholds (arXiv 2201.11409), by Vivado; FINN itself: 376 LUTs"
              " for 128 synapses, 2.9 a synapse (FPGA 2017)."]
    found = [(count, chains(count, sources)) for count in (64, 128)]
    hidden = "; ".join(f"a PE of {count} synapses has {c.carry4} CARRY4, in which a register or a carry selects"
                       f" {c.route_throughs} times and a constant {c.constants} times" for count, c in found)
    lines += ["", "On the device the select input of each place of a carry chain comes from the LUT beside it. Yosys"
              " does not count that LUT where it only hands on a register or a carry, or gives a constant where a carry"
              f" begins or ends: {hidden}. How Vivado counts the latter was not tried."]
    return lines, is_good


def all_few_bits(sources: Sources) -> tuple[list[str], bool]:
    """The table of few bits; whether all are as they should be."""
    lines = ["Weights and inputs of few bits, activations of as many bits as the inputs:", "",
             "| weights, inputs | matrix | PE / SIMD | LUT | FF | BRAM36 | LUT a synapse | of sums | of sums and"
             " activation | the same, a bit by bit |", "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|"]
    all_good = True
    for row in FEW_BITS:
        line, is_good = few_bits(row, sources)
        lines.append(line)
        all_good &= is_good
        print(line, flush=True)
    lines += ["", "Whole units with replay buffer and weights, as above; then, of these, what multiplies, adds up and"
              " accumulates (`mvtu_pe`), and the same with the search for levels (`threshold`), its memory included."
              " Published, a bit of a weight by a bit of an input: 1.1 in FINN-R's cost model, besides 300 LUTs a unit"
              " (arXiv 1809.04570), and 1.17 in BISMO's for long dot products (`BISMO.scala`), with no thresholds."]
    lines += ["", "What limits units of one bit by two is the sum, which takes a LUT for each product and one for each"
              " of the bits that are added up; accumulator and activation are a few LUTs a PE whatever its SIMD is:"
              f" {'; '.join(divided(FEW_BITS[number]) for number in (0, 4))}. One activation for several PEs, which are"
              " done at the same time and whose sums would wait for it, would save little, counted without its control:"
              f" {'; '.join(shared(FEW_BITS[number]) for number in (1, 2))}."]
    return lines, all_good


def all_serial(sources: Sources) -> tuple[list[str], bool]:
    """The table of units that multiply bit by bit; whether all are as they should be."""
    lines = ["Units that [multiply bit by bit](../docs/ip/mvtu.md#bit-by-bit), beside binary ones of the same PE"
             " and SIMD:", "",
             "| weights, inputs | matrix | PE / SIMD | replay buffer | LUT | binary | ratio | binary, with parities |"
             " FF | BRAM36 | cycles a vector |",
             "|---|---|--:|---|--:|--:|--:|--:|--:|--:|--:|"]
    all_good = True
    for size, most in SERIAL:
        found, is_good = bit_by_bit(size, most, sources)
        lines += found
        all_good &= is_good
    lines += ["", "Whole units with one threshold a row, set as above. FF, block RAMs and cycles: bit by bit / binary."
              " Binary: the datapath that is gone through several times, without running parities, which products of"
              " bits 0/1 have not; and the unit that the generator makes."
              " The LUTs more are those of wider accumulators, 3 a PE for W2 A2 and 6 for W4 A4, and of what all PEs"
              " share: a replay buffer for more bits, and a LUT an input for up to 3 bits, 2 for 4, that chooses among"
              " them. Where the replay buffer is in block RAM its address chooses, and a LUT an input inverts what"
              " belongs to negative weights; W1 needs none. It goes there of itself where that saves what a block RAM"
              " is worth to the generator, or with `--memories block`. In LUT RAM bit planes would save nothing: a beat"
              " brings all bits of its elements at once, and each would have to be chosen for its turn to be written."
              " So the ratio falls with the number of PEs, and with SIMD."
              f" {lowest_first(SERIAL[1][0], Operands(4, 4, serial=True))}"]
    return lines, all_good


TABLES: dict[str, Callable[[Sources], tuple[list[str], bool]]] = {
    "published": published, "few_bits": all_few_bits, "serial": all_serial}


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--only", choices=TABLES, help="one table")
    parser.add_argument("--check", action="store_true", help="print only; fail where a figure got worse (golden.py)")
    arguments = parser.parse_args()
    tables: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    sources = core_sources("finn:ip:mvtu")
    for name, measure in TABLES.items():
        if arguments.only in (None, name):
            lines, is_good = measure(sources)
            tables[name] = {"lines": lines, "is_reached": is_good}
            if not arguments.check:
                RESULTS.write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")
    known = [tables[name] for name in TABLES if name in tables]
    lines = [line for table in known for line in ("", *table["lines"])][1:]
    is_kept = write_page("mvtu", "Matrix-vector-threshold units", "", lines, not arguments.check)
    failed = not all(table["is_reached"] for table in known)
    if failed:
        print("a row is not reached", file=sys.stderr)
    return int(failed or not is_kept)


if __name__ == "__main__":
    sys.exit(main())
