"""Command line: finn-rtl estimate, which needs less of the program than the other commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from finn_rtl.cli.common import (
    OUT,
    busy,
    emit,
    layers_for_plan,
    plan_of,
    plan_options,
    show_plan,
    text_of,
    topology_of,
)
from finn_rtl.cli.program import cli


@cli.command()
@plan_options
@click.option("--picture", type=click.Path(path_type=Path), metavar="FILE",
              help="Draw how busy every IP is over time, and what layers take: PNG, SVG, PDF and others.")
def estimate(net: str, picture: Path | None, as_json: bool, **options: Any) -> None:
    """Plan the hardware of NET: folding, exact cycles, estimated LUTs. Writes nothing but a picture, where asked for.

    Needs no trained parameters; where they are at hand, levels of 4 bits and more may be made by requant.
    """
    if picture is not None:
        from finn_rtl.cli.charts import check_picture  # noqa: PLC0415 - for pictures alone

        check_picture(picture)
    topology, path = topology_of(net)
    plan = plan_of(topology, options, layers_for_plan(topology, path))
    emit(as_json, plan.report(), lambda: show_plan(plan))
    if picture is not None:
        from finn_rtl.cli.activity_picture import draw_activity  # noqa: PLC0415
        from finn_rtl.plan.activity import planned_activity  # noqa: PLC0415

        with busy("drawing"):
            draw_activity(picture, plan, planned_activity(plan))
        if not as_json:
            OUT.print(f"picture: {text_of(str(picture))}")
