"""The command import: networks from outside."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from finn_rtl.cli.common import OUT, busy, emit, json_option, refuse, table_of, text_of
from finn_rtl.cli.program import cli
from finn_rtl.common.errors import FinnError
from finn_rtl.common.files import check_new_folder

if TYPE_CHECKING:
    from finn_rtl.importer.emit import Imported, Row

RATIO = re.compile(r"(\d{1,32}(\.\d{0,32})?|\.\d{1,32})(e[+-]?\d{1,2})?|\d{1,32}/[1-9]\d{0,31}",
                   re.ASCII | re.IGNORECASE)


class RatioOption(click.ParamType[Fraction]):
    """A number greater than 0, or a ratio of two."""

    name = "NUMBER"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        """The ratio."""
        if not RATIO.fullmatch(str(value)) or not Fraction(str(value)):
            self.fail(f"{value!r}: must be a number greater than 0, or a ratio such as 1/255", param, ctx)
        return Fraction(str(value))


@cli.command("import")
@click.argument("model", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="DIR",
              help="New or empty folder for topology.json and parameters.npz.")
@click.option("--from", "kind", type=click.Choice(["onnx", "bnn-pynq"]), default="onnx", show_default=True,
              help="What MODEL is: an ONNX file, or a parameter folder of BNN-PYNQ.")
@click.option("--name", help="Of the network; by default made of the file's or folder's name.")
@click.option("--input-scale", type=RatioOption(), metavar="NUMBER",
              help="The graph's input is a pixel, 0 to 255, times this, such as 1/255; without it, real numbers.")
@click.option("--input-bits", type=click.IntRange(1, 8), metavar="N",
              help="The graph's input is integers of N bits (times --input-scale), which need no quantizer.")
@click.option("--signed", is_flag=True, help="These are two's complement.")
@click.option("--wide", is_flag=True, help="Compute in more digits than the graph's float32.")
@json_option
def import_network(model: Path, output: Path, kind: str, name: str | None, input_scale: Fraction | None,
                   input_bits: int | None, signed: bool, wide: bool, as_json: bool) -> None:
    """Bring in a quantized network from outside, so that it computes the same integers, bit for bit.

    MODEL is an ONNX file (QONNX, QCDQ, QLinear operators, or FINN's exports), or a folder with --from bnn-pynq. DIR has
    a topology and parameters afterwards, like those that are written by hand:

    \b
      finn-rtl import model.onnx --input-scale 1/255 -o net
      finn-rtl infer net/topology.json picture.png
    """
    from finn_rtl.importer.writing import write_imported

    check_new_folder(output)
    with busy("importing"):
        if kind == "bnn-pynq":
            from finn_rtl.importer.bnn_pynq import import_bnn_pynq

            refuse({"input_scale", "input_bits", "signed", "wide"}, "is for ONNX files")
            found = import_bnn_pynq(model, name=name)
        else:
            from finn_rtl.importer.onnx_model import import_onnx

            if model.is_dir():
                raise FinnError(f"{model}: a folder, and no ONNX file; of BNN-PYNQ's parameters say --from bnn-pynq")
            found = import_onnx(model, name=name, input_scale=input_scale, input_bits=input_bits, signed=signed,
                                wide=wide)
        write_imported(found, output)
    files = [str(output / "topology.json"), str(output / "parameters.npz")]
    emit(as_json, {**found.report(), "files": files}, lambda: _show(found, output))


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _cells(row: Row) -> tuple[str, ...]:
    numbers = row.weight_bits, row.input_bits, row.sum_bits, row.levels
    folded = text_of(", ".join(row.folded))
    return text_of(row.node), row.layer, row.kind, *map(_number, numbers), folded, str(row.near) if row.pairs else ""


def _show(found: Imported, output: Path) -> None:
    report = found.report()
    columns = ("node", "layer", "type", "weights", "inputs", "sums", "levels", "folded", "near")
    table = table_of(f"{report['net']}: bits of weights, inputs and sums", columns, ("node", "layer", "type", "folded"))
    for row in found.rows:
        table.add_row(*_cells(row))
    OUT.print(table)
    if report["pairs"]:
        OUT.print(f"{report['near_a_boundary']} of {report['pairs']} integers that quantizers can see are within 4"
                  " units in the last place of a boundary, where float32 of another machine may decide otherwise")
    if isinstance(report["scale"], float):
        OUT.print(f"a step of the results is worth {report['scale']:.9g}"
                  + (f", and 0 is {report['shift']}" if report["shift"] else ""))
    for note in found.notes:
        OUT.print(text_of(f"note: {note}"))
    OUT.print(f"{text_of(str(output))}: topology.json, parameters.npz")
