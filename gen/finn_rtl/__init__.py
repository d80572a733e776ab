"""finn-rtl: from a trained binarized network and a frame rate to verified streaming hardware.

The functions here are the whole public API; everything else may change between versions.
"""

from __future__ import annotations

from finn_rtl.api import (
    Accuracy,
    Frames,
    accuracy,
    build,
    choose_frames,
    dataset_frames,
    load,
    prepare,
    random_frames,
)
from finn_rtl.errors import FinnError
from finn_rtl.integer import IntegerLayer, Network
from finn_rtl.plan import Plan
from finn_rtl.reference import infer, labels
from finn_rtl.simulate import Simulation, simulate
from finn_rtl.synth import Usage, synthesize
from finn_rtl.topology import Fold, Topology, encode_images, load_topology

__all__ = [
    "Accuracy", "FinnError", "Fold", "Frames", "IntegerLayer", "Network", "Plan", "Simulation", "Topology", "Usage",
    "accuracy", "build", "choose_frames", "dataset_frames", "encode_images", "infer", "labels", "load",
    "load_topology", "prepare", "random_frames", "simulate", "synthesize",
]
