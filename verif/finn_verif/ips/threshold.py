# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks threshold, beside its cocotb tests."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np

from finn_verif.common import memory_files
from finn_verif.ips.base import Checks, Proof

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters, ModuleShapes


def threshold(
    bits: int,
    width: int,
    signed: int,
    channels: int,
    pe: int,
    style: str,
    depth: int = 64,
    falls: int = 0,
    signed_output: int = 0,
    wider: int = 0,
) -> Proof:
    """A proof with thresholds drawn at random, the least and the largest number among them."""
    total = width + wider
    values = range(-(1 << total - 1), 1 << total - 1) if signed else range(1 << total)
    count, mask = (1 << bits) - 1, (1 << total) - 1
    rng = random.Random(1)
    rows = np.array([sorted(rng.choice(values) for _ in range(count)) for _ in range(channels)])
    rows[0][0], rows[-1][-1] = values[0], values[-1]
    falling = np.arange(channels) % 2 if falls else np.zeros(channels, np.int64)
    levels, signs = [0] * (channels // pe), [0] * (channels // pe)
    for channel, row in enumerate(rows):
        signs[channel // pe] |= int(falling[channel]) << channel % pe
        for i, value in enumerate(row):
            levels[channel // pe] |= (int(value) & mask) << (channel % pe * count + i) * total
    files = memory_files.level_words("thresholds.mem", rows, falling if falls else None, pe, total)
    words = {name: words for name, words, _ in files} | {"levels.mem": levels, "falling.mem": signs}
    most = {"block": 0, "auto": depth, "distributed": 1 << 30}[style]
    return Proof(
        "threshold",
        {
            "OUT_BITS": bits,
            "INPUT_W": width,
            "THRESHOLD_W": total,
            "SIGNED_INPUT": signed,
            "SIGNED_OUTPUT": signed_output,
            "FALLING": falls,
            "CHANNELS": channels,
            "PE": pe,
            "RAM_STYLE": style,
            "LUT_DEPTH": depth,
            "REGISTERS": bits + sum((channels // pe << step) > min(most, 32) for step in range(1, bits)),
            "THRESHOLD_FILE": "thresholds.mem",
            "LEVELS_FILE": "levels.mem",
            "FALLING_FILE": "falling.mem",
        },
        files={name: "".join(f"{word:x}\n" for word in text) for name, text in words.items()},
    )


PROOFS = (
    *(
        threshold(*numbers)
        for numbers in (
            (1, 3, 0, 2, 1, "distributed"),
            (2, 4, 1, 2, 2, "distributed"),
            (2, 3, 0, 3, 1, "block"),
            (3, 5, 1, 2, 1, "distributed"),
            (1, 1, 0, 1, 1, "auto", 64, 1, 0),
            (1, 2, 1, 2, 2, "block", 64, 1, 1),
            (2, 2, 0, 6, 3, "auto", 2, 1, 1),
            (3, 2, 1, 1, 1, "auto", 1, 1, 0, 1),
            (3, 4, 0, 2, 1, "auto", 4, 0, 1),
            (2, 2, 0, 2, 2, "distributed", 64, 0, 0, 1),
        )
    ),
)

MUTATIONS = (
    ("threshold-2-3-3-0-0-0-3-1-block-64-3", "threshold_group.sv", "value >= bound;", "value > bound;"),
    ("threshold-2-4-4-1-0-0-2-2-distributed-64-2", "threshold_search.sv", "if (enable) begin", "begin"),
    ("threshold-3-4-4-0-1-0-2-1-auto-4-4", "threshold_stage.sv", "first_level_q  <= level_in;",
     "first_level_q  <= level_q;"),
    ("threshold-2-2-2-0-1-1-6-3-auto-2-3", "threshold_group.sv", "{address, lane}", "{address, 1'b0}"),
    ("threshold-2-2-3-0-0-0-2-2-distributed-64-2", "threshold_group.sv", "SIGNED_INPUT && values", "values"),
    ("threshold-1-1-1-0-0-1-1-1-auto-64-1", "threshold_search.sv", "{OUT_BITS{falls", "{OUT_BITS{!falls"),
)

SHAPES: ModuleShapes = {
    "threshold": {
        "one threshold": lambda p: p["OUT_BITS"] == 1,
        "several thresholds": lambda p: p["OUT_BITS"] > 1,
        "one channel": lambda p: p["CHANNELS"] == 1,
        "all channels in a beat": lambda p: p["PE"] == p["CHANNELS"] > 1,
        "several beats": lambda p: p["PE"] < p["CHANNELS"],
        "signed": lambda p: p["SIGNED_INPUT"] == 1,
        "fewer values than thresholds": lambda p: p["INPUT_W"] < p["OUT_BITS"],
        "the most levels": lambda p: p["OUT_BITS"] == 8,
        "thresholds out of reach": lambda p: p["THRESHOLD_W"] > p["INPUT_W"],
        "falling": lambda p: p["FALLING"] == 1,
        "many in LUTs": lambda p: p["RAM_STYLE"] == "distributed"
        and p["CHANNELS"] // p["PE"] << p["OUT_BITS"] - 1 > 32,
        "signed outputs": lambda p: p["SIGNED_OUTPUT"] == 1,
        "block RAM": lambda p: p["RAM_STYLE"] == "block",
        "loaded": lambda p: p["BANKS"] == 1,
        "loaded into two banks": lambda p: p["BANKS"] == 2,
        "the last steps in block RAM": lambda p: p["RAM_STYLE"] == "auto"
        and p["CHANNELS"] // p["PE"] <= p["LUT_DEPTH"] < p["CHANNELS"] // p["PE"] << p["OUT_BITS"] - 1,
    },
}

LINT: ModuleParameters = {
    "threshold": ({"OUT_BITS": 1, "INPUT_W": 1, "CHANNELS": 1, "PE": 1},
                  {"OUT_BITS": 4, "SIGNED_INPUT": 1, "CHANNELS": 6, "RAM_STYLE": "block"},
                  {"OUT_BITS": 2, "CHANNELS": 66, "PE": 1, "RAM_STYLE": "distributed"},
                  {"OUT_BITS": 3, "CHANNELS": 9, "PE": 3, "LUT_DEPTH": 6, "FALLING": 1, "SIGNED_OUTPUT": 1},
                  {"OUT_BITS": 3, "CHANNELS": 9, "PE": 9, "FALLING": 1, "BANKS": 1},
                  {"OUT_BITS": 3, "CHANNELS": 66, "PE": 3, "RAM_STYLE": "block", "BANKS": 2}),
    "threshold_load": ({"LANES": 1, "BANKS": 2}, {"USE_BLOCK": 1}),
}

CHECKS = Checks("threshold", proofs=PROOFS, mutations=MUTATIONS, shapes=SHAPES, lint=LINT)
