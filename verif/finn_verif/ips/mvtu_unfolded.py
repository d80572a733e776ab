# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks mvtu_unfolded, beside its cocotb tests."""

from __future__ import annotations

import numpy as np

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.ips.classes import make_group
from finn_rtl.ips.mvtu_unfolded import MvtuUnfolded, layer_terms, render_unfolded
from finn_rtl.ips.terms import level_registers
from finn_verif.common import memory_files
from finn_verif.common.matrices import Numbers
from finn_verif.ips.base import Checks, Proof, plain
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
    width = 1 if thresholds else Numbers(inputs).sum_width(columns, 0)
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


TERMS = GROUP.replace("mvtu_unfolded_rows", "mvtu_unfolded_terms")


def unfolded_terms(
    columns: int, rows: int, thresholds: int, stages: int, numbers: Numbers, levels: str = ""
) -> Proof:
    """A proof of all rows as one module; `levels`: f, every second row falls; s, levels are two's complement."""
    rng = np.random.default_rng(1)
    weights = numbers.draw(rng, numbers.weight_range, (rows, columns))
    low, high = numbers.sums(columns)
    limits = np.sort(rng.integers(low // 2, high // 2 + 1, (rows, thresholds)))
    falling = (np.arange(rows) % 2 == 0) & ("f" in levels)
    kind, is_signed = numbers.operands, "s" in levels
    module = MvtuUnfolded("", columns, rows, columns, rows, thresholds, 1, kind.input_bits, kind.signed, 1,
                          kind.bipolar, kind.weight_bits, kind.narrow, is_signed)
    lowest = -(thresholds + 1) // 2 if is_signed else 0
    layer = IntegerLayer(weights.astype(np.int8), limits if thresholds else None, falling, lowest)
    (group,) = layer_terms(layer, module)
    literals = group.literals(group.levels, level_registers(group.levels, stages))
    words = plain_matrix(np.zeros((0, 0), int), limits)["LEVELS_FILE"]
    if "f" in levels:
        words = [level | int(falls) << 16 * thresholds for level, falls in zip(words, falling, strict=True)]
    files = texts({
        "weights_file.mem": memory_files.weight_words(weights, columns, 1, numbers.weight_width),
        "levels_file.mem": words,
    })
    files["group.sv"] = TERMS.format(
        inputs=module.s_width,
        results=module.m_width,
        parameters=", ".join(f".{name}({value})" for name, value in literals.items()),
    )
    parameters: dict[str, int | str] = {
        "MW": columns, "MH": rows, "THRESHOLDS": thresholds, "STAGES": stages, "RESULT_W": module.element_bits,
        **{name: value for name, value in numbers.parameters.items() if name != "NARROW_WEIGHTS"}
    }
    parameters |= {name: 1 for name, key in (("FALLING", "f"), ("SIGNED_OUTPUT", "s")) if key in levels}
    parameters |= {"WEIGHTS_FILE": "weights_file.mem", "LEVELS_FILE": "levels_file.mem"}
    return Proof("mvtu_unfolded_terms", parameters, core="mvtu_unfolded", files=files)


#: Rows, which have a plain form each.
ROWS = (
    unfolded_rows(12, 3, 1, 0),
    unfolded_rows(16, 4, 0, 0),
    unfolded_rows(12, 5, 1, 0),
    unfolded_rows(6, 3, 1, 1),
    unfolded_rows(6, 3, 0, 2),
    unfolded_rows(5, 3, 0, 0, "s2"),
    unfolded_rows(5, 4, 1, 0, "u2"),
)

PROOFS = (
    unfolded(3, 4, 1),
    unfolded(6, 3, 0),
    unfolded(9, 3, 1, is_fast=False),
    unfolded(3, 3, 1, "s2"),
    unfolded(3, 2, 0, "u2"),
    *ROWS,
    *map(plain, ROWS),
    unfolded_terms(12, 4, 1, 0, Numbers("u1", "n2")),
    unfolded_terms(10, 3, 0, 1, Numbers("u1", "n2")),
    unfolded_terms(8, 3, 3, 0, Numbers("z1", "w3"), "f"),
    unfolded_terms(4, 3, 3, 0, Numbers("s3", "w4"), "s"),
    unfolded_terms(4, 2, 0, 0, Numbers("u2", "w8")),
)

MUTATIONS = (
    ("mvtu_unfolded-3-4-1-0", "mvtu_unfolded_control.sv", "(STAGES == 0) ? s_axis_tvalid", "(STAGES == 0) ? 1'b0"),
    ("mvtu_unfolded-6-3-0-1", "mvtu_unfolded_rows.sv", "RESULT_W'(total) - RESULT_W'(BASE)", "RESULT_W'(total)"),
    ("mvtu_unfolded_rows-12-5-1-0", "mvtu_unfolded_rows.sv", "twice = {sum, ROUND[r]}", "twice = {sum, 1'b0}"),
    ("mvtu_unfolded_rows-6-3-0-2", "mvtu_unfolded_rows.sv", "Registers >> (CLASS_LEVELS + Fold)", "0"),
    ("mvtu_unfolded-3-3-1-0-2-1", "mvtu_unfolded_rows.sv", "(SIGNED_INPUTS && j == INPUT_W - 1)", "SIGNED_INPUTS"),
    ("mvtu_unfolded_rows-12-5-1-0-FINN_PLAIN_SUMS", "mvtu_unfolded_rows.sv", "-int'(ROUND[r])", "int'(ROUND[r])"),
    ("mvtu_unfolded_rows-6-3-0-2-FINN_PLAIN_SUMS", "mvtu_unfolded_rows.sv", "if (enable) delayed", "delayed"),
    ("mvtu_unfolded_rows-5-3-0-0-2-1-FINN_PLAIN_SUMS", "mvtu_unfolded_rows.sv", " * (2 ** INPUT_W - 1)", ""),
    ("mvtu_unfolded_terms-12-4-1-0-1-2", "mvtu_unfolded_terms.sv", "^ FLIPS[First+i]", ""),
    ("mvtu_unfolded_terms-12-4-1-0-1-2", "mvtu_unfolded_terms.sv", "sum[i] && reached", "reached"),
    ("mvtu_unfolded_terms-10-3-0-1-5-2", "mvtu_unfolded_terms.sv", "{1'b1, inputs}", "{1'b0, inputs}"),
)

CHECKS = Checks("mvtu_unfolded", proofs=PROOFS, mutations=MUTATIONS)
