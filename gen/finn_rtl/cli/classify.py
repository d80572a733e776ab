"""Command line: finn-rtl infer | accuracy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np

from finn_rtl import api
from finn_rtl.cli.common import OUT, busy, data_option, emit, json_option, refuse, refuse_data, text_of
from finn_rtl.cli.program import cli
from finn_rtl.common.errors import LOAD_ERRORS, FinnError
from finn_rtl.description.data import pixel_max
from finn_rtl.description.encoding import encode_images
from finn_rtl.description.topology import Topology
from finn_rtl.driver.images import read_image
from finn_rtl.meaning import reference


@cli.command()
@click.argument("net")
@click.argument("images", nargs=-1, type=click.Path(path_type=Path))
@data_option
@click.option("--frames", type=click.IntRange(min=1), metavar="N", help="How many test images, when no file is named.")
@click.option("--invert", is_flag=True, help="Pictures are dark on light, where the network expects light on dark.")
@json_option
def infer(net: str, images: tuple[Path, ...], data: Path | None, frames: int | None, invert: bool,
          as_json: bool) -> None:
    """Classify with the integer-exact reference: IMAGES (pictures, or NPY files of uint8 images), or test images.

    Pictures are cut to the network's proportions and resized. An NPY file holds one image of the network's input shape,
    or several along a first axis; where the network takes real numbers, these.
    """
    network = api.load(net)
    topology = network.topology
    if images:
        refuse({"data", "frames"}, "is for test images, and files are named")
        values = np.concatenate([encode_images(topology.input, _read_images(path, topology, invert), str(path))
                                 for path in images])
    else:
        refuse({"invert"}, "is for pictures, and no file is named")
        refuse_data(topology)
        values = api.dataset_frames(network, frames, data).values[:frames or 10]
    with busy("classifying"):
        results = reference.infer(network, values)
    if topology.boxes is not None:
        _emit_boxes(topology, results, as_json)
        return
    found, scores = reference.ranking(results, topology.labels), reference.scores(network, results)
    result = {"net": topology.name, "labels": found[:, 0].tolist(),
              "classes": [topology.class_name(int(label)) for label in found[:, 0]], "scores": scores.tolist(),
              "ranking": found.tolist()}

    def show() -> None:
        for index, labels in enumerate(found):
            told = ", ".join(f"{text_of(topology.class_name(int(label)))}  (score {scores[index, label]})"
                             for label in labels)
            OUT.print(f"{index:6d}  {told}")
    emit(as_json, result, show)


def _emit_boxes(topology: Topology, results: np.ndarray[Any, np.dtype[np.int32]], as_json: bool) -> None:
    """What a detector finds in each image."""
    found = [[{"left": float(left), "top": float(top), "right": float(right), "bottom": float(bottom),
               "label": int(label), "class": topology.class_name(int(label)), "score": float(score)}
              for left, top, right, bottom, label, score in boxes] for boxes in api.boxes_found(topology, results)]

    def show() -> None:
        for index, boxes in enumerate(found):
            told = "; ".join(f"{text_of(str(box['class']))} at {box['left']:.0f},{box['top']:.0f} to"
                             f" {box['right']:.0f},{box['bottom']:.0f} ({box['score']:.2f})" for box in boxes)
            OUT.print(f"{index:6d}  {told or 'nothing'}")
    emit(as_json, {"net": topology.name, "boxes": found}, show)


def _read_images(path: Path, topology: Topology, invert: bool) -> np.ndarray[Any, np.dtype[np.uint8]]:
    shape = topology.input.shape
    if not path.is_file():
        raise FinnError(f"{path}: cannot be read ({'not a file' if path.exists() else 'No such file or directory'})")
    if path.suffix != ".npy":
        return read_image(path, shape, pixel_max(topology.dataset), invert=invert)[None]
    if invert:
        raise FinnError(f"{path}: --invert is for pictures, and this is an NPY file")
    try:
        array = np.load(path, allow_pickle=False)
    except OSError as error:
        raise FinnError(f"{path}: cannot be read ({error.strerror or error})") from None
    except LOAD_ERRORS as error:
        raise FinnError(f"{path}: not an NPY file of numbers ({' '.join(str(error).split())})") from None
    if not isinstance(array, np.ndarray):
        raise FinnError(f"{path}: an NPZ archive; an NPY file with one array is needed")
    if array.shape == shape:
        return array[None]
    if array.shape[1:] != shape or not len(array):
        raise FinnError(f"{path}: has shape {array.shape}, the network takes {shape}, or several such along a first"
                        " axis")
    return array


@cli.command()
@click.argument("net")
@data_option
@json_option
def accuracy(net: str, data: Path | None, as_json: bool) -> None:
    """Recompute the accuracy of NET on all test images, with the integer-exact reference.

    Of a detector it is the mean average precision of its boxes.
    """
    network = api.load(net)
    refuse_data(network.topology)
    if network.topology.boxes is not None:
        with busy("looking at the test images"):
            told = api.precision(network)
        emit(as_json, vars(told), lambda: OUT.print(
            f"{told.net}: mean average precision {told.mean_precision:.4f} in {told.images} test images of"
            f" {told.dataset}; {told.right} of {told.boxes} boxes right, {told.things} things there"))
        return
    with busy("classifying the test images"):
        found = api.accuracy(network, data)
    result = {name: getattr(found, name) for name in ("net", "dataset", "images", "correct", "accuracy")}
    emit(as_json, result, lambda: OUT.print(
        f"{found.net}: {found.accuracy:.2%} ({found.correct} of {found.images} test images of {found.dataset})"))
