"""Boxes of a detector: how values become boxes, which of them stay, how well they are found, and what is refused."""

from __future__ import annotations

import dataclasses
import json
from math import exp, inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driver_model import Model

from finn_rtl import api, driver
from finn_rtl.cli.boxes_picture import draw_boxes
from finn_rtl.common.errors import FinnError
from finn_rtl.description.data import load_dataset
from finn_rtl.description.files import load_topology
from finn_rtl.driver.boxes import BoxForm, find_boxes, overlaps, raw_boxes
from finn_rtl.driver.description import render
from finn_rtl.meaning.integer import load_network
from finn_rtl.meaning.precision import average_precision, mean_precision, right_boxes
from finn_rtl.meaning.reference import infer
from finn_rtl.meaning.seeded import seeded_parameters
from finn_rtl.output.accelerator import describe
from finn_rtl.plan.plan import make_plan

pytestmark = pytest.mark.steady
FORM = BoxForm(2, 3, ((4.0, 6.0), (10.0, 5.0)), 0.25, 0.5, 0.4)
DOCUMENT: dict[str, Any] = {
    "name": "finder", "parameters": "finder.npz", "output": "vector", "dataset": "digit_scenes",
    "input": {"shape": [40, 40], "encoding": {"type": "integer", "bits": 4, "signed": False}},
    "layers": [
        {"type": "conv", "name": "conv0", "channels": 4, "kernel": 3, "padding": 1, "activation": {"bits": 3}},
        {"type": "maxpool", "name": "pool0", "kernel": 8},
        {"type": "maxpool", "name": "pool1", "kernel": 2, "stride": 1, "padding": [0, 1, 0, 1]},
        {"type": "conv", "name": "last", "channels": 15, "kernel": 1, "weights": 8, "activation": "none"}],
    "boxes": {"anchors": [[9, 12]], "step": 0.01, "threshold": 0.1}, "classes": list("0123456789")}


def sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x))


def test_values_become_boxes() -> None:
    """Against plain formulas, cell by cell."""
    rng = np.random.default_rng(1)
    values = rng.integers(-20, 21, 2 * 3 * 2 * 8)
    found = raw_boxes(FORM, values, 20, 60)
    cells = iter(values.reshape(-1, 8) * FORM.step)
    rows = iter(found)
    for row in range(2):
        for column in range(3):
            for width, height in FORM.anchors:
                x, y, w, h, sure, *scores = (float(value) for value in next(cells))
                middle = (column + sigmoid(x)) * 20, (row + sigmoid(y)) * 10
                half = width * exp(w) / 2, height * exp(h) / 2
                whole = sum(map(exp, scores))
                assert next(rows) == pytest.approx([
                    min(max(middle[0] - half[0], 0), 60), min(max(middle[1] - half[1], 0), 20),
                    min(max(middle[0] + half[0], 0), 60), min(max(middle[1] + half[1], 0), 20),
                    *(sigmoid(sure) * exp(score) / whole for score in scores)])


def test_values_without_bounds_stay_finite() -> None:
    found = raw_boxes(dataclasses.replace(FORM, step=1e6), np.array([(-1) ** i * 30_000 for i in range(96)]), 20, 60)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("seed", range(5))
def test_the_surest_of_those_that_overlap_stay(seed: int) -> None:
    """No two boxes of a class overlap too much, and whatever was left out overlaps a surer one that stayed."""
    rng = np.random.default_rng(seed)
    form = BoxForm(4, 4, ((20.0, 25.0),), 0.1, 0.05, 0.45)
    values = rng.integers(-30, 31, 4 * 4 * 7)
    values.reshape(-1, 7)[:, 4] += 20
    kept, raw = find_boxes(form, values, 40, 40), raw_boxes(form, values, 40, 40)
    assert (np.diff(kept[:, 5]) <= 0).all() and (kept[:, 5] >= form.threshold).all()
    assert 0 < len(kept) < (raw[:, 4:] >= form.threshold).sum(), "some must be left out"
    for box in raw:
        for label, score in enumerate(box[4:]):
            same = kept[kept[:, 4] == label]
            if score < form.threshold:
                continue
            is_kept = (same[:, :4] == box[:4]).all(axis=1) & (same[:, 5] == score)
            shares = overlaps(box[:4], same[:, :4])
            assert (shares > form.overlap).sum() == 1 if is_kept.any() else (
                (shares > form.overlap) & (same[:, 5] >= score)).any()


def test_precision_by_hand() -> None:
    true = [np.array([[0, 0, 10, 10, 0], [20, 20, 30, 30, 0.0]]), np.array([[0, 0, 10, 10, 0.0]])]
    found = [np.array([[0, 0, 10, 10, 0, 0.9], [1, 1, 10, 10, 0, 0.8], [20, 20, 30, 34, 0, 0.6]]),
             np.array([[0, 0, 10, 4, 0, 0.7], [0, 0, 10, 10, 1, 0.95]])]
    # In the order of scores right, wrong (found twice), wrong (too little of it), right: recalls 1/3 and 2/3.
    assert average_precision(found, true, 0) == pytest.approx(1 / 3 * 1 + 1 / 3 * 2 / 4)
    assert mean_precision(found, true, 2) == average_precision(found, true, 0), "of classes that there are"
    assert right_boxes(found, true) == 2
    assert mean_precision([np.zeros((0, 6))] * 2, true, 1) == 0
    perfect = [np.column_stack([boxes, np.ones(len(boxes))]) for boxes in true]
    assert mean_precision(perfect, true, 1) == 1


def test_scenes() -> None:
    data = load_dataset("digit_scenes", "test")
    again = load_dataset("digit_scenes", "test").head(3)
    assert data.boxes is not None and again.boxes is not None and len(again.boxes) == 3
    assert (data.images[:3] == again.images).all()
    for image, boxes in zip(data.images, data.boxes, strict=True):
        assert 1 <= len(boxes) <= 3 and image.max() <= 16
        for left, top, right, bottom, _ in boxes.astype(int):
            assert 0 <= left < right <= 40 and 0 <= top < bottom <= 40
            part = image[top:bottom, left:right] >= 4
            assert part.any(axis=0).all() or part.any(axis=1).all(), "a box is as large as its digit"
            assert part[0].any() and part[-1].any() and part[:, 0].any() and part[:, -1].any()


@pytest.fixture
def finder(tmp_path: Path) -> Path:
    path = tmp_path / "finder.json"
    path.write_text(json.dumps(DOCUMENT))
    np.savez(tmp_path / "finder.npz", **seeded_parameters(load_topology(path), 1))
    return path


def test_driver_finds_what_the_reference_finds(finder: Path, tmp_path: Path) -> None:
    topology = load_topology(finder)
    network = load_network(topology, finder)
    plan = make_plan(topology, "fix", layers=network.layers)
    model = Model(network, describe(network, plan, "axi"))
    frames = api.dataset_frames(network, 6)
    assert frames.dataset is not None
    with driver.open_device(model.form, model) as accelerator:
        with pytest.raises(driver.DriverError, match="use detect"):
            accelerator.classify(frames.dataset.images)
        found = accelerator.detect(frames.dataset.images)
        assert sum(map(len, accelerator.detect(frames.dataset.images, threshold=0.01).boxes)) > sum(
            map(len, found.boxes)) > 0
    expected = api.boxes_found(topology, infer(network, frames.values))
    for boxes, rows in zip(found.boxes, expected, strict=True):
        assert [(box.left, box.top, box.right, box.bottom, box.label, box.score) for box in boxes] == [
            tuple(row) for row in rows.tolist()]
        assert all(box.name == str(box.label) for box in boxes)
    picture = tmp_path / "found.png"
    draw_boxes(picture, frames.dataset, expected, topology.classes, "six scenes")
    assert picture.stat().st_size > 10_000
    told = api.precision(network)
    assert told.images == 400 and 0 <= told.mean_precision <= 1 and told.right <= told.boxes


@pytest.mark.parametrize(("change", "message"), [
    ({"boxes": {"anchors": [[9, 12], [4, 4]], "step": 1.0}}, "15 channels: must be as many for each of the 2 anchors"),
    ({"boxes": {"anchors": [[9, 12]] * 3, "step": 1.0}}, "5 and one for each class"),
    ({"boxes": {"anchors": [], "step": 1.0}}, "anchors"), ({"boxes": {"anchors": [[9, 0]], "step": 1.0}}, "anchors"),
    ({"boxes": {"anchors": [[9, 12]]}}, "step"), ({"boxes": {"anchors": [[9, 12]], "step": -1.0}}, "step"),
    ({"boxes": {"anchors": [[9, 12]], "step": 1.0, "overlap": 1.5}}, "overlap"),
    ({"classes": ["a"]}, "1 names for the 10 classes of boxes"),
    ({"input": {**DOCUMENT["input"], "shape": [64]}, "layers": [
        {"type": "fc", "name": "last", "units": 15, "activation": "none"}]}, "in a picture"),
    ({"output": "label", "boxes": DOCUMENT["boxes"]}, "output")])
def test_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    (tmp_path / "net.json").write_text(json.dumps(DOCUMENT | change))
    with pytest.raises(FinnError, match=message):
        load_topology(tmp_path / "net.json")


@pytest.mark.parametrize(("change", "message"), [
    ({"rows": 4}, "boxes of 10 classes are not made of"), ({"rows": "5"}, "'rows'"), ({"anchors": [[1]]}, "'anchors'"),
    ({"step": 0}, "'step'"), ({"step": inf}, "'step'"), ({"threshold": 2}, "'threshold'"),
    ({"overlap": None}, "'overlap'")])
def test_changed_description(finder: Path, tmp_path: Path, change: dict[str, Any], message: str) -> None:
    topology = load_topology(finder)
    network = load_network(topology, finder)
    form = describe(network, make_plan(topology, "fix", layers=network.layers), "axi")
    path = tmp_path / "accelerator.json"
    path.write_text(render(form))
    assert driver.read_description(path).boxes == form.boxes
    document = json.loads(path.read_text())
    document["boxes"] |= change
    path.write_text(json.dumps(document))
    with pytest.raises(FinnError, match=message):
        driver.read_description(path)


def test_scenes_are_for_detectors(finder: Path, tmp_path: Path) -> None:
    network = load_network(load_topology(finder), finder)
    for changed, message in ((network.topology.model_copy(update={"dataset": "digits"}), "no things to find"),
                             (network.topology.model_copy(update={"boxes": None}), "no labels of whole pictures")):
        with pytest.raises(FinnError, match=message):
            api.dataset_frames(dataclasses.replace(network, topology=changed))
    with pytest.raises(FinnError, match=r"its measure is finn_rtl\.precision"):
        api.accuracy(network)
