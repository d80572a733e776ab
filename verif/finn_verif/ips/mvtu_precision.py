# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks mvtu_precision, beside its cocotb tests: parts of the lists of mvtu."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from finn_rtl.ips.products import Operands, excess
from finn_verif.common import memory_files
from finn_verif.common.matrices import Numbers
from finn_verif.ips.base import Checks, Proof
from finn_verif.ips.matrices import texts

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters, ModuleShapes


def precision(size: tuple[int, int], folding: tuple[int, int], thresholds: int, stages: int,  # noqa: PLR0913
              numbers: Numbers, *, is_fast: bool = True, **further: str) -> Proof:
    """A proof of a matrix of columns and rows, with SIMD and PE."""
    (columns, rows), (simd, pe) = size, folding
    rng = np.random.default_rng(1)
    weights = numbers.draw(rng, numbers.weight_range, (rows, columns))
    bits, weight_bits = numbers.input_width, numbers.weight_width
    width = Numbers(numbers.inputs, numbers.weights, serial=True).sum_width(columns, thresholds) + 1
    folds, planes = 1 << (rows // pe - 1).bit_length(), 1 << (bits - 1).bit_length()
    starts, levels = [0] * (folds * planes << (weight_bits - 1).bit_length()), []
    for low, input_low in product(range(weight_bits), range(bits)):
        few = weights >> low
        limits = rng.integers(-1, 2, rows) if thresholds else np.zeros(rows, int)
        kind = Operands(bits - input_low, weight_bits - low, numbers.inputs[0] == "s", bipolar=False, serial=True)
        fields = (-excess(few, kind) - limits << low + input_low).reshape(-1, pe)
        first = (low * planes + input_low) * folds
        starts[first : first + rows // pe] = memory_files.field_words(fields, width)
        levels += memory_files.field_words(limits[None], 16)
    serial = Numbers(numbers.inputs, numbers.weights, serial=True)
    [(_, words, _)] = serial.weight_slices(weights, simd, pe)
    files = {"weight_file.mem": words, "threshold_file.mem": starts, "levels_file.mem": levels,
             "weights_file.mem": memory_files.weight_words(weights, columns, 1, weight_bits)}
    parameters: dict[str, int | str] = {
        "MW": columns, "MH": rows, "SIMD": simd, "PE": pe, "THRESHOLDS": thresholds, "STAGES": stages, "INPUT_W": bits,
        "SIGNED_INPUTS": int(numbers.inputs[0] == "s"), "WEIGHT_W": weight_bits, **further,
        **{name: f"{name.lower()}.mem" for name in ("WEIGHT_FILE", "THRESHOLD_FILE", "WEIGHTS_FILE", "LEVELS_FILE")}
    }
    return Proof("mvtu_precision", parameters, core="mvtu", is_fast=is_fast, files=texts(files))


PROOFS = (
    precision((2, 1), (1, 1), 1, 0, Numbers("u2", "w2"), is_fast=False),
    precision((1, 2), (1, 1), 0, 0, Numbers("s2", "w2"), is_fast=False, REPLAY_STYLE="block"),
    precision((2, 2), (2, 2), 1, 1, Numbers("u2", "w1")),
    # Start values with a register behind their memory.
    precision((2, 2), (2, 1), 1, 1, Numbers("u2", "w1"), THRESHOLD_STYLE="block"),
)

MUTATIONS = (
    ("mvtu_precision-2-2-2-2-1-1-2-0-1", "mvtu_serial_issue.sv", "reads_odd_q ? odd_q : even_q", "even_q"),
    ("mvtu_precision-2-1-1-1-1-0-2-0-2", "mvtu_serial_pe.sv", "$unsigned(SUM_W'($signed(start)))",
     "SUM_W'(start)"),
    ("mvtu_precision-1-2-1-1-0-0-2-1-2-block", "mvtu_serial_order.sv", "is_last ? SKIP_W'(weight_low)",
     "is_last ? SKIP_W'(0)"),
    ("mvtu_precision-2-2-2-2-1-1-2-0-1", "mvtu_precision.sv", "32'(read_input_low)", "32'd0"),
    ("mvtu_precision-2-2-2-1-1-1-2-0-1-block", "mvtu_precision.sv", "moves_on = next_done", "moves_on = row_done"),
)

SHAPES: ModuleShapes = {
    "mvtu_precision": {
        "both folded": lambda p: p["SIMD"] < p["MW"] and p["PE"] < p["MH"],
        "whole matrix in a pass": lambda p: p["SIMD"] == p["MW"] and p["PE"] == p["MH"],
        "one threshold": lambda p: p["THRESHOLDS"] == 1,
        "accumulators": lambda p: p["THRESHOLDS"] == 0,
        "inputs of one bit": lambda p: p["INPUT_W"] == 1,
        "weights of one bit": lambda p: p["WEIGHT_W"] == 1,
        "several of both": lambda p: p["INPUT_W"] > 1 and p["WEIGHT_W"] > 1,
        "signed inputs": lambda p: p["SIGNED_INPUTS"] == 1,
        "weights in block RAM": lambda p: p["RAM_STYLE"] == "block",
        "start values in block RAM":
            lambda p: p["THRESHOLD_STYLE"] == "block" and p["STAGES"] > 0 and p["PE"] < p["MH"],
        "replay buffer in block RAM": lambda p: p["REPLAY_STYLE"] == "block",
    },
}

LINT: ModuleParameters = {
    "mvtu_precision": ({"THRESHOLDS": 0, "STAGES": 0, "SIGNED_INPUTS": 1}, {"INPUT_W": 1, "RAM_STYLE": "block"},
                       {"WEIGHT_W": 1, "MH": 4, "REPLAY_STYLE": "block"}, {"MW": 1, "MH": 1, "SIMD": 1, "PE": 1,
                                                                            "STAGES": 0}),
}

CHECKS = Checks("mvtu_precision", folder="mvtu", files="mvtu_precision.sv", is_soaked=False,
                proven_by=("mvtu_precision",))
