"""finn-rtl: from a trained binarized network and a frame rate to verified streaming hardware.

The functions here are the whole public API; everything else may change between versions. They are loaded when first
used: on a board `finn_rtl.driver` works with numpy alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    from finn_rtl.export import export_ip, export_network
    from finn_rtl.integer import IntegerLayer, Network
    from finn_rtl.ip_memory import write_mvtu_memories, write_threshold_memory
    from finn_rtl.plan import Plan
    from finn_rtl.reference import infer, labels
    from finn_rtl.simulation import Simulation, simulate
    from finn_rtl.synth import Usage, synthesize
    from finn_rtl.topology import Fold, Topology, encode_images, load_topology

_MODULES = {
    "api": ("Accuracy", "Frames", "accuracy", "build", "choose_frames", "dataset_frames", "load", "prepare",
            "random_frames"),
    "errors": ("FinnError",),
    "export": ("export_ip", "export_network"),
    "integer": ("IntegerLayer", "Network"),
    "ip_memory": ("write_mvtu_memories", "write_threshold_memory"),
    "plan": ("Plan",),
    "reference": ("infer", "labels"),
    "simulation": ("Simulation", "simulate"),
    "synth": ("Usage", "synthesize"),
    "topology": ("Fold", "Topology", "encode_images", "load_topology"),
}

__all__ = [
    "Accuracy", "FinnError", "Fold", "Frames", "IntegerLayer", "Network", "Plan", "Simulation", "Topology", "Usage",
    "accuracy", "build", "choose_frames", "dataset_frames", "encode_images", "export_ip", "export_network", "infer",
    "labels", "load", "load_topology", "prepare", "random_frames", "simulate", "synthesize",
    "write_mvtu_memories", "write_threshold_memory",
]


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            found = getattr(import_module(f"finn_rtl.{module}"), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module 'finn_rtl' has no attribute {name!r}")
