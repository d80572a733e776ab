"""The Python API: what the command line does, as functions.

>>> import finn_rtl
>>> network, plan = finn_rtl.prepare("digits", scenario="max")
>>> plan.cycles_per_frame
16
>>> frames = finn_rtl.random_frames(network, 100, seed=1)
>>> finn_rtl.simulate(network, plan, frames).mismatches
0
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.errors import FinnError
from finn_rtl.description.data import BUILT_IN, Dataset, load_dataset
from finn_rtl.description.encoding import encode_images
from finn_rtl.description.networks import find_topology
from finn_rtl.description.topology import Topology, with_scores
from finn_rtl.driver.boxes import find_boxes
from finn_rtl.ips.base import Products
from finn_rtl.meaning import reference
from finn_rtl.meaning.integer import Network, load_network
from finn_rtl.meaning.precision import mean_precision, right_boxes
from finn_rtl.operators.schema import Fold
from finn_rtl.output.accelerator import DEFAULT_DATA_WIDTH, check_data_width, check_host, render_accelerator
from finn_rtl.output.emit import joined, render, write_files
from finn_rtl.output.vectors import random_elements
from finn_rtl.output.weights import weight_files
from finn_rtl.plan.devices import Device, Memories
from finn_rtl.plan.plan import DEFAULT_CLOCK_MHZ, DEFAULT_DEVICE, Plan, make_plan

DEFAULT_SEED = 1
# Of all random frames together: 1 GiB.
MOST_ELEMENTS = 1 << 28


def load(net: str) -> Network:
    """A network by shipped name or topology file, with its parameters folded to integers.

    Raises:
        FinnError: unknown name, or a wrong topology or parameter file.
    """
    topology, path = find_topology(net)
    return load_network(topology, path)


def prepare(net: str, scenario: str | None = None, *, fps: float | None = None, clock_mhz: float = DEFAULT_CLOCK_MHZ,
            device: str | Device = DEFAULT_DEVICE, folds: Mapping[str, Fold] | None = None,
            input_width: int | None = None, arithmetic: Mapping[str, Products] | None = None,
            scores: bool = False, memories: Memories = "cost", changeable: int = 0, dram: float | None = None,
            from_dram: Collection[str] = ()) -> tuple[Network, Plan]:
    """Load a network and plan its hardware; the arguments are those of plan.make_plan.

    With `scores` the hardware gives all scores instead of the label.

    Raises:
        FinnError: see load and plan.make_plan.
    """
    topology, path = find_topology(net)
    if scores:
        topology = with_scores(topology)
    network = load_network(topology, path)
    return network, make_plan(topology, scenario, fps=fps, clock_mhz=clock_mhz, device=device, folds=folds,
                              input_width=input_width, arithmetic=arithmetic, layers=network.layers,
                              memories=memories, changeable=changeable, dram=dram, from_dram=from_dram)


def files_of(network: Network, plan: Plan, host: str | None = None,
             data_width: int | None = None) -> dict[str, str | bytes]:
    """All files of a network's hardware, by name: text, and bytes of what the memory beside the device must hold.

    Args:
        network: weights and thresholds.
        plan: its folding.
        host: what to put around it: "axi" (DMA and registers), "uart"; None for the bare network.
        data_width: bits of a beat in memory, for host "axi" alone; None for DEFAULT_DATA_WIDTH.

    Raises:
        FinnError: an unknown host or width, or a width without that host.
    """
    known = None if host is None else check_host(host)
    if data_width is not None and known != "axi":
        raise FinnError(f"{plan.topology.name}: data width {data_width}: is for host 'axi' alone, and the host is"
                        f" {known or 'none'}")
    if known is None:
        return joined(render(network, plan), weight_files(network, plan))
    return render_accelerator(network, plan, known,
                              DEFAULT_DATA_WIDTH if data_width is None else check_data_width(data_width))


def build(network: Network, plan: Plan, folder: Path | str, host: str | None = None,
          data_width: int | None = None) -> list[Path]:
    """Write a network's hardware (see files_of) to a new or empty folder, all files or none; returns them.

    Raises:
        FinnError: the folder is not empty or cannot be written; see files_of.
    """
    files = files_of(network, plan, host, data_width)
    write_files(files, Path(folder))
    return [Path(folder) / name for name in sorted(files)]


@dataclass(frozen=True)
class Frames:
    """Input elements (n, elements), 0/1 for -1/+1 or numbers; for real images also these and their true labels."""

    values: NDArray[np.int32]
    dataset: Dataset | None = None


def random_frames(network: Network, count: int, seed: int = DEFAULT_SEED) -> NDArray[np.int32]:
    """Random input elements (count, elements): 0/1 for -1/+1, or numbers.

    Raises:
        FinnError: no frame, or more than any memory holds.
    """
    topology = network.topology
    most = MOST_ELEMENTS // topology.input.map.elements
    if not 1 <= count <= most:
        raise FinnError(f"{topology.name}: {count} random frames: there can be 1 to {most} of"
                        f" {topology.input.map.elements} elements")
    return random_elements(network.topology.input.map, count, seed)


def data_folder(given: Path | str | None) -> Path | None:
    """Folder of the data sets: as given, else the environment variable FINN_DATA."""
    if given is not None:
        return Path(given)
    return Path(os.environ["FINN_DATA"]) if os.environ.get("FINN_DATA") else None


def dataset_frames(network: Network, count: int | None = None, folder: Path | str | None = None) -> Frames:
    """The first `count` test images (None: all) of the network's data set, encoded.

    Raises:
        FinnError: the topology names no data set, its files are missing or broken, there are fewer images, or they do
            not fit the network.
    """
    topology = network.topology
    if topology.dataset is None:
        raise FinnError(f"{topology.name}: its topology names no data set (key 'dataset'), so there are no test images")
    data = load_dataset(topology.dataset, "test", None if folder is None else Path(folder))
    if (data.boxes is None) != (topology.boxes is None):
        needs = "things to find" if topology.boxes else "labels of whole pictures"
        raise FinnError(f"{topology.name}: data set {topology.dataset} has no {needs}; name another one, or"
                        f" {'leave out boxes' if topology.boxes else 'give boxes'}")
    classes = topology.class_count
    if topology.boxes is None and data.labels.max() >= classes:
        raise FinnError(f"{topology.name}: tells {classes} classes, data set {topology.dataset} has labels up to"
                        f" {data.labels.max()}")
    if count is not None:
        if not 1 <= count <= len(data.labels):
            raise FinnError(f"{topology.name}: {count} frames: data set {topology.dataset} has {len(data.labels)} test"
                            " images")
        data = data.head(count)
    return Frames(encode_images(topology.input, data.images, topology.dataset), data)


def choose_frames(network: Network, count: int | None, folder: Path | str | None, seed: int = DEFAULT_SEED) -> Frames:
    """Test images where the data set is at hand (built in, or a folder named), seeded random frames else.

    Raises:
        FinnError: see dataset_frames.
    """
    dataset = network.topology.dataset
    if dataset is not None and (dataset in BUILT_IN or folder is not None):
        return dataset_frames(network, count, folder)
    return Frames(random_frames(network, 1000 if count is None else count, seed))


@dataclass(frozen=True)
class Accuracy:
    """Share of test images classified right by the reference."""

    net: str
    dataset: str
    images: int
    correct: int

    @property
    def accuracy(self) -> float:
        """From 0 to 1."""
        return self.correct / self.images


def accuracy(network: Network, folder: Path | str | None = None) -> Accuracy:
    """Run the reference over all test images.

    Raises:
        FinnError: see dataset_frames.
    """
    frames = dataset_frames(network, None, folder)
    assert frames.dataset is not None and network.topology.dataset is not None
    if frames.dataset.boxes is not None:
        raise FinnError(f"{network.topology.name}: finds boxes, and tells no class of a whole picture: its measure is"
                        " finn_rtl.precision")
    found = reference.labels(reference.infer(network, frames.values))
    correct = int((found == frames.dataset.labels).sum())
    return Accuracy(network.topology.name, network.topology.dataset, len(found), correct)


def boxes_found(topology: Topology, results: NDArray[np.integer[Any]], threshold: float | None = None
                ) -> tuple[NDArray[np.float64], ...]:
    """Of each frame the boxes (k, 6), the surest first: left, top, right, bottom, label, score; see driver.boxes.

    Args:
        topology: of a detector.
        results: values of the last map, (n, elements).
        threshold: least score, instead of the topology's.

    Raises:
        FinnError: it is no detector.
    """
    if topology.boxes is None:
        raise FinnError(f"{topology.name}: finds no boxes: its topology has no key 'boxes'")
    form = topology.boxes.form(topology.maps[-1])
    height, width = topology.input.shape[:2]
    return tuple(find_boxes(form, values.astype(np.int64), height, width, threshold) for values in results)


@dataclass(frozen=True)
class Precision:
    """How well the reference finds the things in test images: mean average precision at half of overlap.

    `boxes` and `right`: those of at least the topology's threshold, and how many of these are right;
    there are `things`.
    """

    net: str
    dataset: str
    images: int
    mean_precision: float
    things: int
    boxes: int
    right: int


# With less than that a box is none, when precision is averaged over all thresholds.
LEAST_SCORE = 0.01


def precision_of(topology: Topology, results: NDArray[np.integer[Any]], data: Dataset) -> Precision:
    """How well results (n, elements) find the things of as many images; see Precision."""
    assert data.boxes is not None and topology.boxes is not None and topology.dataset is not None
    every = boxes_found(topology, results, min(LEAST_SCORE, topology.boxes.threshold))
    sure = tuple(boxes[boxes[:, 5] >= topology.boxes.threshold] for boxes in every)
    return Precision(topology.name, topology.dataset, len(results),
                     mean_precision(every, data.boxes, topology.class_count), sum(map(len, data.boxes)),
                     sum(map(len, sure)), right_boxes(sure, data.boxes))


def precision(network: Network) -> Precision:
    """Run the reference over all test images of a detector.

    Raises:
        FinnError: see dataset_frames; or it is no detector.
    """
    frames = dataset_frames(network)
    if frames.dataset is None or frames.dataset.boxes is None:
        raise FinnError(f"{network.topology.name}: finds no boxes: its topology has no key 'boxes'")
    return precision_of(network.topology, reference.infer(network, frames.values), frames.dataset)
