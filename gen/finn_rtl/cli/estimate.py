"""Command line: finn-rtl estimate, which needs less of the program than the other commands."""

from __future__ import annotations

from typing import Any

from finn_rtl.cli.common import emit, layers_for_plan, plan_of, plan_options, show_plan, topology_of
from finn_rtl.cli.program import cli


@cli.command()
@plan_options
def estimate(net: str, as_json: bool, **options: Any) -> None:
    """Plan the hardware of NET: folding, exact cycles, estimated LUTs. Writes nothing.

    Needs no trained parameters; where they are at hand, levels of 4 bits and more may be made by requant.
    """
    topology, path = topology_of(net)
    plan = plan_of(topology, options, layers_for_plan(topology, path))
    emit(as_json, plan.report(), lambda: show_plan(plan))
