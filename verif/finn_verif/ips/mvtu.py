# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks mvtu and its parts, beside its cocotb tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from finn_verif.common import memory_files
from finn_verif.ips.base import Checks, Proof
from finn_verif.ips.matrices import matrix, plain_matrix, texts

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters, ModuleShapes


def mvtu(
    size: tuple[int, int],
    folding: tuple[int, int],
    thresholds: int,
    stages: int,
    inputs: str = "u1",
    style: str = "",
    weight_slice: int = 0,
) -> Proof:
    """A proof of a matrix of columns and rows, with SIMD and PE; `inputs` are s or u and the bits of an element."""
    (columns, rows), (simd, pe) = size, folding
    weights, levels, elements = matrix(columns, rows, thresholds, inputs)
    # Integer inputs: sums fall short by the number of weights -1.
    starts = levels if thresholds else np.zeros((rows, 1), np.int64)
    if elements:
        starts = starts - (1 - weights).sum(axis=1)[:, None]
    width = memory_files.sum_width(columns, int(inputs[1:]), inputs[0] == "s", thresholds)
    words = {
        "THRESHOLD_FILE": memory_files.threshold_words(starts, pe, width),
        **plain_matrix(weights, levels),
    }
    slices = memory_files.slices(memory_files.weight_words(weights, simd, pe), simd * pe, weight_slice)
    parameters: dict[str, int | str] = {
        "MW": columns, "MH": rows, "SIMD": simd, "PE": pe, "THRESHOLDS": thresholds, "STAGES": stages, **elements
    }
    parameters |= {"RAM_STYLE": style} if style else {}
    parameters |= {"WEIGHT_SLICE": weight_slice} if weight_slice else {}
    parameters |= {name: f"{name.lower()}.mem" for name in ("WEIGHT_FILE", *words)}
    files = {f"{name.lower()}.mem": file for name, file in words.items()}
    files |= {f"weight_file.mem{suffix}": file for suffix, file, _ in slices}
    return Proof("mvtu", parameters, files=texts(files))


PROOFS = (
    *(
        Proof("threshold_compare", {"COUNT": count, "WIDTH": width, "SIGNED_VALUES": signed}, core="mvtu")
        for count, width, signed in ((2, 4, 0), (3, 4, 1), (7, 5, 0))
    ),
    *(
        Proof("mvtu_dot_binary", {"LEAST": least, "SIMD": most, "STAGES": stages}, core="mvtu")
        for least, most, stages in ((1, 24, 0), (2, 8, 1), (9, 13, 2))
    ),
    *(
        Proof(
            "mvtu_dot_integer",
            {"LEAST": least, "SIMD": most, "STAGES": stages, "INPUT_W": width, "SIGNED_INPUTS": signed},
            core="mvtu",
        )
        for least, most, stages, width, signed in (
            (1, 8, 0, 2, 0), (1, 8, 0, 2, 1), (2, 4, 1, 3, 1), (3, 4, 2, 2, 0), (1, 3, 0, 8, 1), (2, 3, 1, 8, 0)
        )
    ),
    mvtu((2, 2), (1, 1), 1, 0),
    mvtu((2, 2), (2, 2), 0, 1),
    mvtu((4, 1), (2, 1), 3, 0),
    mvtu((4, 2), (4, 1), 1, 1),
    mvtu((2, 2), (1, 2), 1, 0, style="block"),
    mvtu((2, 2), (2, 1), 1, 0, weight_slice=1),
    mvtu((2, 1), (2, 1), 0, 1, "s2"),
    mvtu((2, 2), (1, 1), 1, 0, "u2"),
    mvtu((2, 1), (1, 1), 3, 0, "s2"),
    mvtu((2, 1), (2, 1), 1, 1, "s2", "block", 1),
    mvtu((3, 1), (3, 1), 1, 0, "s3"),
)

MUTATIONS = (
    ("threshold_compare-3-4-1", "threshold_compare.sv", "(value ^ Flip) >= ", "(value ^ Flip) > "),
    ("mvtu_dot_binary-1-24-0", "mvtu_dot_binary.sv", ".inputs (inputs[", ".inputs (~inputs["),
    ("mvtu_dot_integer-1-8-0-2-1", "mvtu_dot_integer.sv", "wide = $signed({turned, sum_flips[i]})",
     "wide = $signed({turned, 1'b0})"),
    ("mvtu_dot_integer-3-4-2-2-0", "mvtu_dot_integer.sv", "            flips  <= sum_flips;\n", ""),
    ("mvtu-2-2-1-1-1-0", "mvtu.sv", "{first_q, segment_q == '0}", "{first_q, segment_q != '0}"),
    ("mvtu-4-2-4-1-1-1", "mvtu.sv", "result_valid && !slice_ready", "1'b0"),
    ("mvtu-2-2-1-2-1-0-block", "mvtu.sv", "        weights <= word;\n", "        if (issue) weights <= word;\n"),
    ("mvtu-2-2-2-1-1-0-1", "rom_slices.sv", "48 + s % 10", "48"),
    ("mvtu-2-1-1-1-3-0-2-1", "mvtu.sv", ".SIGNED_VALUES(INPUT_W > 1)", ".SIGNED_VALUES(0)"),
    ("mvtu-2-1-2-1-0-1-2-1", "mvtu.sv", "THRESHOLDS == 0 && INPUT_W == 1", "THRESHOLDS == 0"),
)

SHAPES: ModuleShapes = {
    "mvtu": {
        "whole matrix in a cycle": lambda p: p["SIMD"] == p["MW"] and p["PE"] == p["MH"],
        "synapses folded": lambda p: p["SIMD"] < p["MW"] and p["PE"] == p["MH"],
        "neurons folded": lambda p: p["SIMD"] == p["MW"] and p["PE"] < p["MH"],
        "both folded": lambda p: p["SIMD"] < p["MW"] and p["PE"] < p["MH"],
        "one column": lambda p: p["MW"] == 1,
        "one row": lambda p: p["MH"] == 1,
        "accumulators": lambda p: p["THRESHOLDS"] == 0,
        "one threshold": lambda p: p["THRESHOLDS"] == 1,
        "several thresholds": lambda p: p["THRESHOLDS"] > 1,
        "no register in the dot product": lambda p: p["STAGES"] == 0,
        "several registers": lambda p: p["STAGES"] > 1,
        "signed integers": lambda p: p["INPUT_W"] > 1 and p["SIGNED_INPUTS"] == 1,
        "unsigned integers": lambda p: p["INPUT_W"] > 1 and p["SIGNED_INPUTS"] == 0,
        "weights in block RAM": lambda p: p["RAM_STYLE"] == "block",
        "weights in slices": lambda p: p["WEIGHT_SLICE"] > 0,
    },
}

LINT: ModuleParameters = {
    "mvtu": ({"THRESHOLDS": 0, "STAGES": 0}, {"THRESHOLDS": 3, "RAM_STYLE": "block"}, {"INPUT_W": 8},
             {"MW": 27, "SIMD": 3, "PE": 16, "INPUT_W": 8, "SIGNED_INPUTS": 1, "WEIGHT_SLICE": 16},
             {"MW": 1, "MH": 1, "SIMD": 1, "PE": 1, "STAGES": 0}),
    "mvtu_dot_binary": ({"SIMD": 1}, {"SIMD": 64, "STAGES": 1}),
    "mvtu_dot_integer": ({"SIMD": 1}, {"SIMD": 4, "STAGES": 2, "SIGNED_INPUTS": 1}),
    "threshold_compare": ({"COUNT": 2, "WIDTH": 1}, {"SIGNED_VALUES": 1}),
}

CHECKS = Checks("mvtu", proofs=PROOFS, mutations=MUTATIONS, shapes=SHAPES, lint=LINT, tests=("mvtu_parts", "mvtu"))
