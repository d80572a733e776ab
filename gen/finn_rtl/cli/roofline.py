"""Command line: finn-rtl roofline."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import Any

import click

from finn_rtl.cli.charts import check_picture
from finn_rtl.cli.common import (
    OUT,
    busy,
    clock_option,
    device_of,
    device_options,
    emit,
    json_option,
    layers_for_plan,
    table_of,
    text_of,
    topology_of,
)
from finn_rtl.cli.program import cli
from finn_rtl.common.errors import FinnError
from finn_rtl.common.numbers import short
from finn_rtl.plan.plan import make_plan

MOST_BANDWIDTH = 1e6


def bandwidth_of(value: float | None) -> float | None:
    """Bytes a second from 10^9 of them.

    Raises:
        FinnError: out of range.
    """
    if value is not None and not (isfinite(value) and 0 <= value <= MOST_BANDWIDTH):
        raise FinnError(f"--bandwidth {value:g}: must be 0 (no memory) to {MOST_BANDWIDTH:g}, in 10^9 bytes a second")
    return None if value is None else value * 1e9


@cli.command()
@click.argument("net")
@device_options
@clock_option
@click.option("--scenario", "scenarios", multiple=True, metavar="NAME",
              help="A design to draw; may be given for several. All that the network has when not given.")
@click.option("--bandwidth", type=float, metavar="GB/S",
              help="Bytes a second of the memory, in 10^9; that of the device's board when not given.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="PICTURE",
              help="Draw it: PNG, SVG, PDF and others, by the name's ending.")
@json_option
def roofline(net: str, scenarios: tuple[str, ...], bandwidth: float | None, output: Path | None, clock_mhz: float,
             as_json: bool, **options: Any) -> None:
    """Show what a device could compute and move, and where designs of NET stand below that.

    Compute roofs are those of the cost model, in all LUTs and DSPs of the device; memory roofs those of the board's
    memory and of the block RAMs. All figures are estimates; docs/explore.md says how they come about.
    """
    from finn_rtl.plan.roofline import make_roofline  # noqa: PLC0415 - for this command alone

    if output is not None:
        check_picture(output)
    port = bandwidth_of(bandwidth)
    twice = next((name for name in scenarios if scenarios.count(name) > 1), None)
    if twice is not None:
        raise FinnError(f"--scenario {twice}: is given twice")
    device = device_of(options)
    topology, path = topology_of(net)
    layers = layers_for_plan(topology, path)
    plans, missing = [], {}
    for name in scenarios or dict.fromkeys(("fix", *topology.scenarios, "max", "fit")):
        with busy(f"planning {name}"):
            try:
                plans.append((name, make_plan(topology, name, clock_mhz=clock_mhz, device=device, layers=layers)))
            except FinnError as error:
                # Of those that nobody asked for by name the others may do.
                if scenarios:
                    raise
                missing[name] = str(error)
    if not plans:
        raise FinnError(next(iter(missing.values())))
    line = make_roofline(plans, port)
    data = {**line.report(), "not_met": missing}

    def show() -> None:
        roofs = table_of(f"{topology.name} on {line.device.name}, {clock_mhz:g} MHz: compute roofs, op/s",
                         ("format", "weights in memories", "weights constant"), ("format",))
        for one in (*line.roofs, line.own):
            roofs.add_row(one.name, short(one.folded), short(one.constant) if one.constant else "-",
                          style="bold" if one is line.own else "")
        OUT.print(roofs)
        board = f" ({text_of(line.device.board)})" if line.is_board else ""
        OUT.print(f"memory: {short(line.port)}B/s{board}; block RAMs: {short(line.blocks)}B/s;"
                  f" {data['operations_per_frame']:,} operations a frame")
        designs = table_of("designs", ("scenario", "frames a second", "op/s", "op a byte", "limit, op/s", "by", "of it",
                                       "LUT ~", "BRAM36 ~", "DSP"), ("scenario", "by"))
        for one in data["designs"]:
            designs.add_row(text_of(one["scenario"]), f"{one['fps']:,.0f}", short(one["operations_per_second"]),
                            short(one["operations_per_byte"]), short(one["roof_operations_per_second"]), one["roof"],
                            f"{one['share_of_roof']:.1%}", str(one["estimated_lut"]),
                            f"{one['estimated_bram36']:g}", str(one["estimated_dsp"]))
        OUT.print(designs)
        for name, why in missing.items():
            OUT.print(f"{text_of(name)}: not met ({text_of(why)})")
    emit(as_json, data, show)
    if output is not None:
        from finn_rtl.cli.roofline_picture import draw_roofline  # noqa: PLC0415 - for pictures alone

        with busy("drawing"):
            draw_roofline(output, line)
        if not as_json:
            OUT.print(f"picture: {text_of(str(output))}")
