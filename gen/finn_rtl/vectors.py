"""Test vectors: random frames with the results that the reference expects, for testbenches in any simulator."""

from __future__ import annotations

import json

import numpy as np

from finn_rtl import reference
from finn_rtl.integer import Network
from finn_rtl.plan import Plan
from finn_rtl.stream import pack_frames

FRAMES = 6
SEED = 20


def render_vectors(network: Network, plan: Plan) -> str:
    """JSON text: beats of some frames as hexadecimal numbers, and values of their results in order."""
    elements = plan.topology.input.elements
    bits = np.random.default_rng(SEED).integers(0, 2, (FRAMES, elements), dtype=np.uint8)
    outputs = reference.infer(network, bits)
    is_label = plan.topology.output == "label"
    results = reference.labels(outputs)[:, None] if is_label else outputs
    beats = pack_frames(bits, plan.pipeline.guard.width)
    last = plan.pipeline.mvtus[-1]
    return json.dumps({
        "module": f"finn_{plan.topology.name}",
        "cycles_per_frame": plan.cycles_per_frame,
        "latency_cycles": plan.latency_cycles,
        "value_width": plan.pipeline.output_width if is_label else last.out_width,
        "values_per_beat": 1 if is_label else last.pe,
        "frames": [[f"{int.from_bytes(beat.tobytes(), 'little'):x}" for beat in frame] for frame in beats],
        "results": results.tolist(),
    }, indent=1) + "\n"
