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
        Precision,
        accuracy,
        boxes_found,
        build,
        choose_frames,
        dataset_frames,
        load,
        precision,
        prepare,
        random_frames,
    )
    from finn_rtl.common.errors import FinnError
    from finn_rtl.common.integers import IntegerLayer
    from finn_rtl.description.encoding import encode_images
    from finn_rtl.description.files import load_topology
    from finn_rtl.description.topology import Topology
    from finn_rtl.exports.package import export_ip, export_network
    from finn_rtl.importer.bnn_pynq import import_bnn_pynq
    from finn_rtl.importer.emit import Imported
    from finn_rtl.importer.onnx_model import import_onnx
    from finn_rtl.importer.writing import write_imported
    from finn_rtl.meaning.integer import Network
    from finn_rtl.meaning.reference import infer, labels, ranking, scores
    from finn_rtl.operators.schema import Fold
    from finn_rtl.output.ip_memory import write_requant_memories, write_threshold_memory
    from finn_rtl.output.mvtu_memory import write_mvtu_memories, write_precision_memories
    from finn_rtl.plan.device_file import load_device
    from finn_rtl.plan.devices import Device
    from finn_rtl.plan.plan import Plan
    from finn_rtl.tools.simulation import Simulation, simulate
    from finn_rtl.tools.synth import Usage, synthesize

_MODULES = {
    "api": ("Accuracy", "Frames", "Precision", "accuracy", "boxes_found", "build", "choose_frames", "dataset_frames",
            "load", "precision", "prepare", "random_frames"),
    "common.errors": ("FinnError",),
    "common.integers": ("IntegerLayer",),
    "description.encoding": ("encode_images",),
    "description.files": ("load_topology",),
    "description.topology": ("Topology",),
    "importer.bnn_pynq": ("import_bnn_pynq",),
    "importer.emit": ("Imported",),
    "importer.onnx_model": ("import_onnx",),
    "importer.writing": ("write_imported",),
    "meaning.integer": ("Network",),
    "meaning.reference": ("infer", "labels", "ranking", "scores"),
    "operators.schema": ("Fold",),
    "exports.package": ("export_ip", "export_network"),
    "output.ip_memory": ("write_requant_memories", "write_threshold_memory"),
    "output.mvtu_memory": ("write_mvtu_memories", "write_precision_memories"),
    "plan.device_file": ("load_device",),
    "plan.devices": ("Device",),
    "plan.plan": ("Plan",),
    "tools.simulation": ("Simulation", "simulate"),
    "tools.synth": ("Usage", "synthesize"),
}

__all__ = [
    "Accuracy", "Device", "FinnError", "Fold", "Frames", "Imported", "IntegerLayer", "Network", "Plan",
    "Precision", "Simulation", "Topology", "Usage", "accuracy", "boxes_found", "build", "choose_frames",
    "dataset_frames", "encode_images", "export_ip", "export_network", "import_bnn_pynq", "import_onnx", "infer",
    "labels", "load", "load_device", "load_topology", "precision", "prepare", "random_frames", "ranking", "scores",
    "simulate", "synthesize", "write_imported", "write_mvtu_memories", "write_precision_memories",
    "write_requant_memories", "write_threshold_memory",
]


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            found = getattr(import_module(f"finn_rtl.{module}"), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module 'finn_rtl' has no attribute {name!r}")
