"""Command line: finn-rtl report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from finn_rtl.cli.common import (
    OUT,
    busy,
    data_option,
    emit,
    layers_for_plan,
    plan_of,
    plan_options,
    refuse,
    refuse_data,
    text_of,
    topology_of,
)
from finn_rtl.cli.pages import check_page, save_page
from finn_rtl.cli.program import cli
from finn_rtl.common.errors import FinnError
from finn_rtl.common.extras import require

if TYPE_CHECKING:
    from finn_rtl.description.data import Dataset
    from finn_rtl.description.topology import Topology
    from finn_rtl.report.page import Measured
    from finn_rtl.report.samples import Samples
    from finn_rtl.tools.simulation import Simulation

# Of data sets in a folder, whose pictures take longer.
PICTURES = 100


BOXES = "The network finds boxes: finn-rtl simulate NET --picture FILE draws them."
NO_DATA_SET = "The topology names no data set, so there are no pictures."


def class_names(topology: Topology) -> tuple[str, ...]:
    """Of all classes that a network tells."""
    return tuple(topology.class_name(label) for label in range(topology.maps[-1].elements))


def no_pictures(topology: Topology) -> str:
    """Why pictures are missing whose data set is known."""
    return f"The pictures of {topology.dataset} are not at hand: --data DIR names their folder."


def samples_of(topology: Topology, path: Path, data: Path | None, count: int | None) -> tuple[Samples | None, str]:
    """Pictures with the reference's results, or why there are none."""
    from finn_rtl import api  # noqa: PLC0415 - where there are pictures
    from finn_rtl.description.data import BUILT_IN  # noqa: PLC0415
    from finn_rtl.meaning import reference  # noqa: PLC0415
    from finn_rtl.meaning.integer import load_network  # noqa: PLC0415
    from finn_rtl.report.samples import samples  # noqa: PLC0415

    if topology.dataset is None:
        return None, NO_DATA_SET
    if topology.boxes is not None:
        return None, BOXES
    if data is None and topology.dataset not in BUILT_IN:
        return None, no_pictures(topology)
    if not (path.parent / topology.parameters).is_file():
        return None, "There are no trained parameters, so there are no results."
    if topology.dataset in BUILT_IN:
        try:
            require("sim", "sklearn")
        except FinnError as error:
            return None, f"There are no pictures: {error}."
    with busy("classifying"):
        network = load_network(topology, path)
        wanted = count if count is not None or topology.dataset in BUILT_IN else PICTURES
        frames = api.dataset_frames(network, wanted, data)
        found = reference.labels(reference.infer(network, frames.values))
    assert frames.dataset is not None
    return samples(frames.dataset, found, class_names(topology), topology.dataset, "the reference"), ""


def samples_of_rtl(topology: Topology, data: Dataset | None, done: Simulation) -> tuple[Samples | None, str]:
    """Pictures with the results of a simulation, or why there are none."""
    from finn_rtl.report.samples import samples  # noqa: PLC0415 - where there are pictures

    if topology.dataset is None:
        return None, NO_DATA_SET
    if topology.boxes is not None:
        return None, BOXES
    if data is None:
        return None, no_pictures(topology)
    return samples(data, done.labels, class_names(topology), topology.dataset, "the RTL"), ""


def measured_of(done: Simulation) -> Measured:
    """What the page tells of a simulation."""
    from finn_rtl.report.page import Measured  # noqa: PLC0415 - for pages alone

    return Measured(len(done.outputs), done.mismatches, done.latency_cycles, done.cycles_per_frame, done.work)


@cli.command()
@plan_options
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="HTML", help="The page.")
@data_option
@click.option("--frames", type=click.IntRange(min=1), metavar="N",
              help=f"Test pictures to classify; default: all that come with scikit-learn, {PICTURES} of others.")
def report(net: str, output: Path, data: Path | None, frames: int | None, as_json: bool, **options: Any) -> None:
    """Write a page on the hardware of NET: one HTML file that loads nothing from elsewhere.

    It has the graph of the IPs, what each is and why, who is busy when, buffers, resources, the roofline, and test
    pictures with their results by the reference; with those of the RTL: finn-rtl simulate NET --report HTML.
    """
    check_page(output)
    topology, path = topology_of(net)
    refuse_data(topology)
    if topology.dataset is None:
        refuse({"frames"}, f"the topology of {topology.name} names no data set (key 'dataset')")
    shown, why = samples_of(topology, path, data, frames)
    by_hand = frozenset(layer for layer, _ in options["folds"])
    plan = plan_of(topology, options, layers_for_plan(topology, path))
    with busy("writing the page"):
        size = save_page(output, plan, by_hand, shown, why)
    emit(as_json, {**plan.report(), "page": str(output), "bytes": size},
         lambda: OUT.print(f"page: {text_of(str(output))}, {size / 1e3:,.0f} kB; open it in a browser"))
