"""Parameters by a seed: they can be read, every level is met, and a seed gives the same ones."""

from __future__ import annotations

import json
from errno import ENOSPC
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from finn_rtl.cli import program as cli
from finn_rtl.common.errors import FinnError
from finn_rtl.common.files import write_whole
from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.places import CHECKOUT
from finn_rtl.description.networks import find_topology
from finn_rtl.description.topology import Topology
from finn_rtl.meaning.integer import Network, load_network
from finn_rtl.meaning.reference import layer_outputs
from finn_rtl.meaning.seeded import seeded_parameters
from finn_rtl.output.accelerator import describe
from finn_rtl.output.vectors import random_elements
from finn_rtl.plan.plan import make_plan

CONV = {"type": "conv", "channels": 8, "kernel": 3, "padding": 1}
MIXED = {
    "name": "mixed", "parameters": "mixed.npz", "output": "vector",
    "input": {"shape": [8, 8, 3], "encoding": {"type": "integer", "bits": 8, "signed": False}},
    "layers": [
        {**CONV, "name": "wide", "weights": {"bits": 8, "density": 0.5}, "activation": {"bits": 3}},
        {**CONV, "name": "ones", "activation": "sign"},
        {**CONV, "name": "levels", "activation": {"bits": 2, "signed": True}},
        {"type": "maxpool", "name": "pool", "kernel": 2, "stride": 1, "padding": [0, 1, 0, 1]},
        {"type": "add", "name": "sum", "inputs": ["pool", "ones"]},
        {"type": "activation", "name": "act", "activation": {"bits": 2}},
        {"type": "conv", "name": "last", "channels": 5, "kernel": 1, "weights": 4, "activation": "none", "bias": 6}]}


def document(name: str) -> dict[str, object]:
    return MIXED if name == "mixed" else json.loads(find_topology(name)[1].read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["mixed", "digits", "digits_resnet", "digits_sparse"])
def test_read_and_every_level_met(tmp_path: Path, name: str) -> None:
    path = tmp_path / "net.json"
    path.write_text(json.dumps(document(name) | {"parameters": "net.npz"}), encoding="utf-8")
    done = CliRunner().invoke(cli.cli, ["parameters", str(path), "--seed", "3", "--json"])
    assert done.exit_code == 0, done.output
    topology, _ = find_topology(str(path))
    network = load_network(topology, path)
    assert json.loads(done.output)["weights"] == sum(layer.weight.size for layer in network.layers.values())
    maps = layer_outputs(network, random_elements(topology.input.map, 40, 5))
    for layer, found in zip(topology.layers, maps, strict=True):
        thresholds = network.layers[layer.name].thresholds if layer.name in network.layers else None
        if thresholds is not None:
            shares = np.unique(found, return_counts=True)[1] / found.size
            assert len(shares) == thresholds.shape[1] + 1 and shares.min() > 0.02, (layer.name, shares)


def test_a_seed_is_a_network() -> None:
    topology = Topology.model_validate(MIXED)
    first, again, other = (seeded_parameters(topology, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(first[key], again[key]) for key in first)
    assert any(not np.array_equal(first[key], other[key]) for key in first)


def test_files_are_left_alone() -> None:
    done = CliRunner().invoke(cli.cli, ["parameters", "digits"])
    assert "digits.npz: is there already" in str(done.exception)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full in the middle leaves what was there, and nothing else."""
    file = tmp_path / "set.npz"
    write_whole(file, b"old")

    def full(path: Path, raw: bytes) -> int:
        with path.open("wb") as out:
            out.write(raw[:1])
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(FinnError, match=r"set\.npz: cannot be written \(No space left on device\)"):
        write_whole(file, b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("set.npz", b"old")]


def operations(topology: Topology) -> int:
    """Multiplications and additions of a frame."""
    return sum(2 * layer.rows * layer.columns(topology.ifm(layer)) * topology.ofm(layer).pixels
               for layer in topology.matrices)


def test_tinier_yolo_is_what_was_published() -> None:
    """4,386 million operations in the middle, 59 million in the first and last layer; 6.3 million binary weights."""
    middle, whole = (find_topology(str(CHECKOUT / "bench" / "networks" / f"{name}.json"))[0]
                     for name in ("tinier_yolo_middle", "tinier_yolo"))
    assert round(operations(middle) / 1e6) == 4386 and round(operations(whole) / 1e6) == 4386 + 59
    for net in (middle, whole):
        weights = sum(layer.rows * layer.columns(net.ifm(layer)) for layer in net.matrices if layer.weights.bits == 1)
        assert weights == 6_312_960
    assert str(middle.maps[-1]) == "13x13x512" and str(whole.maps[-1]) == "13x13x125"
    assert whole.class_count == 20


def test_a_picture_of_half_a_megabyte_is_one_frame() -> None:
    """Whole Tinier YOLO behind DMA, from pixels to boxes."""
    topology, _ = find_topology(str(CHECKOUT / "bench" / "networks" / "tinier_yolo.json"))
    layers = {layer.name: IntegerLayer(np.ones((layer.rows, layer.columns(topology.ifm(layer))), np.int8),
                                       None if layer.quantizer is None else np.zeros((layer.rows, 7), np.int64))
              for layer in topology.matrices}
    plan = make_plan(topology, fps=500)
    assert plan.cycles_per_frame <= 400_000
    # Products in multipliers, and each stream as wide on the one side as on the other.
    assert plan.cost.dsp > 0
    ips = plan.pipeline.ips
    for source, sink in plan.pipeline.links:
        assert ips[source.node].outputs[source.output].width == ips[sink.node].inputs[sink.output].width, source
    form = describe(Network(topology, layers), plan, "axi")
    assert form.input_stride == 416 * 416 * 3 and form.boxes is not None and len(form.boxes.anchors) == 5
    with pytest.raises(FinnError, match="too large for host 'uart', which takes 65535"):
        describe(Network(topology, layers), plan, "uart")
