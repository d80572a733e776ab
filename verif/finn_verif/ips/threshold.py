# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks threshold, beside its cocotb tests."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks, Proof

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters, ModuleShapes


def threshold(bits: int, width: int, signed: int, channels: int, pe: int, style: str) -> Proof:
    """A proof with thresholds drawn at random, the least and the largest number among them."""
    values = range(-(1 << width - 1), 1 << width - 1) if signed else range(1 << width)
    count, mask = (1 << bits) - 1, (1 << width) - 1
    rng = random.Random(1)
    rows = [sorted(rng.choice(values) for _ in range(count)) for _ in range(channels)]
    rows[0][0], rows[-1][-1] = values[0], values[-1]
    words = [0] * (channels // pe)
    for channel, row in enumerate(rows):
        for i, value in enumerate(row):
            words[channel // pe] |= (value & mask) << (channel % pe * count + i) * width
    return Proof(
        "threshold",
        {
            "OUT_BITS": bits,
            "INPUT_W": width,
            "SIGNED_INPUT": signed,
            "CHANNELS": channels,
            "PE": pe,
            "RAM_STYLE": style,
            "THRESHOLD_FILE": "thresholds.mem",
        },
        files={"thresholds.mem": "".join(f"{word:x}\n" for word in words)},
    )


PROOFS = (
    *(
        threshold(bits, width, signed, channels, pe, style)
        for bits, width, signed, channels, pe, style in (
            (1, 3, 0, 2, 1, "distributed"),
            (2, 4, 1, 2, 2, "distributed"),
            (2, 3, 0, 3, 1, "block"),
            (3, 5, 1, 2, 1, "distributed"),
        )
    ),
)

MUTATIONS = (
    ("threshold-2-3-0-3-1-block", "threshold_stage.sv", "value >= bound;", "value > bound;"),
    ("threshold-2-4-1-2-2-distributed", "threshold.sv", "valid_q[OUT_BITS-1] && !slice_ready", "1'b0"),
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
        "block RAM": lambda p: p["RAM_STYLE"] == "block",
    },
}

LINT: ModuleParameters = {
    "threshold": ({"OUT_BITS": 1, "INPUT_W": 1, "CHANNELS": 1, "PE": 1},
                  {"OUT_BITS": 4, "SIGNED_INPUT": 1, "CHANNELS": 6, "RAM_STYLE": "block"}),
}

CHECKS = Checks("threshold", proofs=PROOFS, mutations=MUTATIONS, shapes=SHAPES, lint=LINT)
