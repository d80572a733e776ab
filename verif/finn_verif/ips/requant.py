# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks requant, beside its cocotb tests."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks, Proof

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters, ModuleShapes


def requant(
    out: tuple[int, int, int, int],
    value: tuple[int, int],
    widths: tuple[int, int],
    shift: int,
    channels: tuple[int, int],
    use_dsp: str,
    stages: int = 1,
) -> Proof:
    """A proof with scales and offsets drawn at random, the extremes among them.

    `out` are bits, signedness, least and greatest output; `value` bits and signedness of an input; `widths` bits of a
    scale and of an offset.
    """
    rng = random.Random(1)
    rows = [[rng.getrandbits(width) for _ in range(channels[0])] for width in widths]
    rows[0][0], rows[1][0] = 1 << widths[0] - 1, 0
    rows[0][-1], rows[1][-1] = (1 << widths[0] - 1) - 1, (1 << widths[1] - 1) - 1
    pe = channels[1]
    words = [
        [sum(number << p * width for p, number in enumerate(row[low : low + pe])) for low in range(0, channels[0], pe)]
        for row, width in zip(rows, widths, strict=True)
    ]
    return Proof(
        "requant",
        {
            "OUT_BITS": out[0],
            "SIGNED_OUTPUT": out[1],
            "LOW": out[2],
            "HIGH": out[3],
            "INPUT_W": value[0],
            "SIGNED_INPUT": value[1],
            "SCALE_W": widths[0],
            "OFFSET_W": widths[1],
            "SHIFT": shift,
            "CHANNELS": channels[0],
            "PE": pe,
            "USE_DSP": use_dsp,
            **({"STAGES": stages} if stages > 1 else {}),
            "SCALE_FILE": "scales.mem",
            "OFFSET_FILE": "offsets.mem",
        },
        files={
            name: "".join(f"{word:x}\n" for word in text)
            for name, text in zip(("scales.mem", "offsets.mem"), words, strict=True)
        },
    )


PROOFS = (
    requant((2, 0, 0, 3), (3, 1), (3, 5), 2, (2, 1), "auto"),
    requant((2, 1, -2, 1), (3, 0), (3, 4), 1, (2, 2), "no"),
    requant((3, 1, -3, 3), (4, 1), (3, 4), 0, (1, 1), "yes"),
    requant((1, 0, 0, 1), (1, 0), (2, 4), 2, (3, 1), "no"),
    requant((2, 1, -2, 1), (3, 1), (2, 4), 1, (2, 1), "no", 2),
    requant((2, 0, 0, 3), (2, 0), (3, 4), 1, (2, 1), "no", 3),
)

MUTATIONS = (
    ("requant-2-0-0-3-3-1-3-5-2-2-1-auto", "requant_lane.sv", "result = OUT_BITS'(HIGH);", "result = '0;"),
    ("requant-2-0-0-3-3-1-3-5-2-2-1-auto", "requant.sv", ".address(fold_late)", ".address(fold_d)"),
    ("requant-2-1--2-1-3-0-3-4-1-2-2-no", "requant_lane.sv", "sum = sums[i] - row", "sum = sums[i] + row"),
    ("requant-2-0-0-3-2-0-3-4-1-2-1-no-3", "requant.sv", "assign fold_late = folds_q[(STAGES-2)*FoldW+:FoldW];",
     "assign fold_late = fold_q;"),
)

SHAPES: ModuleShapes = {
    "requant": {
        "one channel": lambda p: p["CHANNELS"] == 1,
        "all channels in a beat": lambda p: p["PE"] == p["CHANNELS"] > 1,
        "several beats": lambda p: p["PE"] < p["CHANNELS"],
        "signed inputs": lambda p: p["SIGNED_INPUT"] == 1,
        "unsigned inputs": lambda p: p["SIGNED_INPUT"] == 0,
        "signed outputs": lambda p: p["SIGNED_OUTPUT"] == 1,
        "the most levels": lambda p: p["OUT_BITS"] == 8,
        "fewer levels than the bits hold": lambda p: p["HIGH"] - p["LOW"] + 1 < 1 << p["OUT_BITS"],
        "no shift": lambda p: p["SHIFT"] == 0,
        "the widest numbers": lambda p: p["INPUT_W"] == 32 and p["SCALE_W"] == 25 and p["OFFSET_W"] == 48,
        "multipliers in LUTs": lambda p: p["USE_DSP"] == "no",
        "multipliers in DSP slices": lambda p: p["USE_DSP"] == "yes",
        "products in several stages": lambda p: 1 < p["STAGES"] < p["SCALE_W"],
        "a stage for each bit of a scale": lambda p: p["STAGES"] == p["SCALE_W"],
        "scales in block RAM": lambda p: p["SCALE_STYLE"] == "block",
        "offsets in block RAM": lambda p: p["OFFSET_STYLE"] == "block",
    },
}

LINT: ModuleParameters = {
    "requant": ({"OUT_BITS": 1, "INPUT_W": 1, "SIGNED_INPUT": 0, "SCALE_W": 2, "OFFSET_W": 1, "SHIFT": 0,
                 "CHANNELS": 1, "PE": 1, "USE_DSP": "no"},
                {"OUT_BITS": 4, "SIGNED_OUTPUT": 1, "LOW": -7, "INPUT_W": 32, "SCALE_W": 25, "OFFSET_W": 48,
                 "SHIFT": 47, "USE_DSP": "yes", "CHANNELS": 6, "SCALE_STYLE": "block"},
                {"USE_DSP": "no", "STAGES": 16}),
    "requant_lane": ({"USE_DSP": "no", "SHIFT": 40, "STAGES": 5}, {"USE_DSP": "yes", "LOW": -127, "HIGH": 127}),
}

CHECKS = Checks("requant", proofs=PROOFS, mutations=MUTATIONS, shapes=SHAPES, lint=LINT)
