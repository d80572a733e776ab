"""Command line: finn-rtl pack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from finn_rtl.cli.common import OUT, busy, emit, plan_of, plan_options, text_of, topology_of
from finn_rtl.cli.program import cli
from finn_rtl.common.errors import FinnError
from finn_rtl.common.files import write_whole
from finn_rtl.driver.sets import set_file
from finn_rtl.meaning.integer import load_network
from finn_rtl.output.parameters import parameter_set


@cli.command()
@plan_options
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="FILE",
              help="The set, an .npz, that accelerator.load takes.")
@click.option("--from", "source", type=click.Path(path_type=Path), metavar="NPZ",
              help="Trained parameters; those that the topology names when not given.")
def pack(net: str, output: Path, source: Path | None, as_json: bool, **options: Any) -> None:
    """Write trained parameters of NET as a set that its hardware loads at run time.

    The hardware must have been built with --changeable, and with the same options; NET may be another network of the
    same shape.

    \b
      finn-rtl build cnv --changeable 1 --host axi -o cnv_hw
      finn-rtl pack svhn.json --changeable 1 -o svhn.npz
    """
    topology, path = topology_of(net)
    if source is not None:
        if not source.is_file():
            raise FinnError(f"{source}: there is no such file")
        topology, path = topology.model_copy(update={"parameters": source.name}), source
    with busy("reading the parameters"):
        network = load_network(topology, path)
    found = parameter_set(network, plan_of(topology, options))
    write_whole(output, set_file(found))

    def show() -> None:
        OUT.print(f"{text_of(str(output))}: {len(found.packet)} bytes, set {found.number:#010x}, for hardware with"
                  f" signature {found.signature:#010x}")

    emit(as_json, {"file": str(output), "bytes": len(found.packet), "set": found.number, "signature": found.signature},
         show)
