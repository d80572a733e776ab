"""Test vectors: random frames with the results that the reference expects, for testbenches in any simulator."""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.maps import Map
from finn_rtl.driver.stream import pack_frames
from finn_rtl.meaning import reference
from finn_rtl.meaning.integer import Network
from finn_rtl.plan.plan import Plan

FRAMES = 6
SEED = 20


def random_elements(ifm: Map, frames: int, seed: int) -> NDArray[np.int32]:
    """Random input elements int32 (frames, elements): 0/1 for -1/+1, or numbers of the whole range."""
    low = -(1 << ifm.bits - 1) if ifm.signed else 0
    return np.random.default_rng(seed).integers(low, low + (1 << ifm.bits), (frames, ifm.elements), dtype=np.int32)


def render_vectors(network: Network, plan: Plan) -> str:
    """JSON text: beats of some frames as hexadecimal numbers, and values of their results in order."""
    ifm, result = plan.topology.input.map, plan.pipeline.result
    values = random_elements(ifm, FRAMES, SEED)
    results = reference.told(plan.topology, reference.infer(network, values))
    beats = pack_frames(values, ifm.bits, plan.pipeline.guard.width)
    return json.dumps({
        "module": f"finn_{plan.topology.name}",
        "cycles_per_frame": plan.cycles_per_frame,
        "latency_cycles": plan.latency_cycles,
        "result_cycles": plan.schedule.results[:FRAMES],
        "value_width": result.word,
        "values_per_beat": result.elements,
        "signed_values": result.signed,
        "frames": [[f"{int.from_bytes(beat.tobytes(), 'little'):x}" for beat in frame] for frame in beats],
        "results": results.tolist(),
    }, indent=1) + "\n"
