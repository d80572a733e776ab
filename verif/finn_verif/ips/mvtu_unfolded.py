# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks mvtu_unfolded, beside its cocotb tests."""

from __future__ import annotations

import numpy as np

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.ips.mvtu_unfolded import MvtuUnfolded, make_group, render_unfolded
from finn_verif.common import memory_files
from finn_verif.ips.base import Checks, Proof
from finn_verif.ips.matrices import matrix, plain_matrix, texts

#: Some rows of an unfolded layer by themselves.
GROUP = """module group (
    input wire aclk, input wire enable, input wire [{inputs}-1:0] inputs, output wire [{results}-1:0] results
);
  mvtu_unfolded_rows #({parameters}) u_rows (.*);
endmodule
"""


def unfolded(columns: int, rows: int, thresholds: int, inputs: str = "u1", is_fast: bool = True) -> Proof:
    """A proof of a layer as the generator writes it."""
    weights, levels, elements = matrix(columns, rows, thresholds, inputs)
    module = MvtuUnfolded("", columns, rows, columns, rows, thresholds, 1, int(inputs[1:]), inputs[0] == "s")
    layer = IntegerLayer((2 * weights - 1).astype(np.int8), levels[:, :1] if thresholds else None)
    words = plain_matrix(weights, levels)
    parameters: dict[str, int | str] = {
        "MW": columns, "MH": rows, "THRESHOLDS": thresholds, "STAGES": module.stages, **elements
    }
    parameters |= {name: f"{name.lower()}.mem" for name in words}
    files = texts({f"{name.lower()}.mem": file for name, file in words.items()})
    files["layer.sv"] = render_unfolded(layer, module, "layer", "The layer of a proof.")
    return Proof("mvtu_unfolded", parameters, files=files, is_fast=is_fast)


def unfolded_rows(columns: int, rows: int, thresholds: int, stages: int, inputs: str = "u1") -> Proof:
    """A proof of all rows as one group."""
    weights, levels, elements = matrix(columns, rows, thresholds, inputs)
    bits, signed = int(inputs[1:]), inputs[0] == "s"
    group = make_group(weights.astype(np.uint8), levels[:, 0] if thresholds else None, bits, signed)
    words = plain_matrix(weights, levels)
    width = 1 if thresholds else memory_files.sum_width(columns, bits, signed, 0)
    literals = {
        "INPUTS": columns, "THRESHOLDS": thresholds, "STAGES": stages, "RESULT_W": width, **elements, **group.literals()
    }
    parameters: dict[str, int | str] = {
        "INPUTS": columns, "ROWS": rows, "THRESHOLDS": thresholds, "STAGES": stages, **elements
    }
    parameters |= {name: f"{name.lower()}.mem" for name in words}
    files = texts({f"{name.lower()}.mem": file for name, file in words.items()})
    files["group.sv"] = GROUP.format(
        inputs=columns * bits,
        results=rows * width,
        parameters=", ".join(f".{name}({value})" for name, value in literals.items()),
    )
    return Proof("mvtu_unfolded_rows", parameters, core="mvtu_unfolded", files=files)


PROOFS = (
    unfolded(3, 4, 1),
    unfolded(6, 3, 0),
    unfolded(9, 3, 1, is_fast=False),
    unfolded(3, 3, 1, "s2"),
    unfolded(3, 2, 0, "u2"),
    unfolded_rows(12, 3, 1, 0),
    unfolded_rows(16, 4, 0, 0),
    unfolded_rows(12, 5, 1, 0),
    unfolded_rows(6, 3, 1, 1),
    unfolded_rows(6, 3, 0, 2),
    unfolded_rows(5, 3, 0, 0, "s2"),
    unfolded_rows(5, 4, 1, 0, "u2"),
)

MUTATIONS = (
    ("mvtu_unfolded-3-4-1-0", "mvtu_unfolded_control.sv", "!valid_q[STAGES] || slice_ready", "1'b1"),
    ("mvtu_unfolded-6-3-0-1", "mvtu_unfolded_rows.sv", "RESULT_W'(total) - RESULT_W'(BASE)", "RESULT_W'(total)"),
    ("mvtu_unfolded_rows-12-5-1-0", "mvtu_unfolded_rows.sv", "twice = {sum, ROUND[r]}", "twice = {sum, 1'b0}"),
    ("mvtu_unfolded_rows-6-3-0-2", "mvtu_unfolded_rows.sv", "Registers >> (CLASS_LEVELS + Fold)", "0"),
    ("mvtu_unfolded-3-3-1-0-2-1", "mvtu_unfolded_rows.sv", "(SIGNED_INPUTS && j == INPUT_W - 1)", "SIGNED_INPUTS"),
)

CHECKS = Checks("mvtu_unfolded", proofs=PROOFS, mutations=MUTATIONS)
