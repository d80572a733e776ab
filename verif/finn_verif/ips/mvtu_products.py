# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks the products of few bits in mvtu, beside their cocotb tests: parts of its lists."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks, Proof

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters


def planes(sizes: tuple[int, int], stages: int, inputs: str, weights: str, bipolar: int = 1) -> Proof:
    """A proof of so many elements; `inputs` are s or u and the bits of one, `weights` w or, if narrow, n."""
    return Proof(
        "mvtu_dot_planes",
        {
            "LEAST": sizes[0],
            "SIMD": sizes[1],
            "STAGES": stages,
            "INPUT_W": int(inputs[1:]),
            "SIGNED_INPUTS": int(inputs[0] == "s"),
            "WEIGHT_W": int(weights[1:]),
            "NARROW_WEIGHTS": int(weights[0] == "n"),
            "BIPOLAR": bipolar,
        },
        core="mvtu",
    )


def parities(sizes: tuple[int, int], stages: int, run: int, inputs: str = "u1") -> Proof:
    """A proof of so many elements in runs of so many lanes; `inputs` as in `planes`."""
    return Proof(
        "mvtu_dot_parities",
        {
            "LEAST": sizes[0],
            "SIMD": sizes[1],
            "INPUT_W": int(inputs[1:]),
            "SIGNED_INPUTS": int(inputs[0] == "s"),
            "RUN": run,
            "STAGES": stages,
        },
        core="mvtu",
    )


def dsp(rows: int, simd: int, stages: int, inputs: str, weight_w: int, factor: tuple[int, int, int],
        offset: int = 0) -> Proof:
    """A proof of rows and elements; `factor` is its bits, the lanes in it, and the most products of a chain."""
    return Proof(
        "mvtu_dot_dsp",
        {
            "ROWS": rows,
            "SIMD": simd,
            "STAGES": stages,
            "INPUT_W": int(inputs[1:]),
            "SIGNED_INPUTS": int(inputs[0] == "s"),
            "WEIGHT_W": weight_w,
            "FACTOR_W": factor[0],
            "LANES": factor[1],
            "CHAIN": factor[2],
            "OFFSET_WEIGHTS": offset,
        },
        core="mvtu",
    )


PLANES = (
    planes((1, 6), 0, "u2", "w1"),
    planes((2, 4), 1, "s3", "w1"),
    planes((1, 7), 0, "u1", "w2"),
    planes((1, 4), 0, "u1", "w3", 0),
    planes((1, 8), 0, "u1", "n2"),
    planes((1, 5), 0, "u2", "w2"),
    planes((2, 3), 1, "s2", "w2"),
    planes((1, 3), 0, "s2", "n2"),
    planes((1, 2), 0, "s3", "n3"),
    planes((1, 2), 0, "u4", "w4"),
    planes((3, 3), 1, "u2", "w3"),
    planes((1, 1), 0, "s5", "w5"),
    planes((1, 1), 0, "u6", "w6"),
    planes((1, 1), 0, "u2", "w7"),
    planes((1, 1), 0, "u2", "w8"),
    planes((1, 1), 0, "u8", "w2"),
    planes((1, 1), 0, "s12", "w3"),
    planes((1, 2), 0, "s8", "w1"),
    planes((2, 4), 2, "s3", "w1"),
)

PARITIES = (
    parities((1, 20), 0, 7),
    parities((4, 9), 1, 3),
    parities((14, 16), 2, 15),
    parities((1, 8), 0, 5, "u2"),
    parities((4, 5), 2, 3, "s3"),
)

PROOFS = (
    *PLANES,
    *PARITIES,
    replace(PARITIES[1], define="FINN_PLAIN_SUMS"),
    replace(PARITIES[4], define="FINN_PLAIN_SUMS"),
    # What large networks are simulated with.
    *(replace(PLANES[number], define="FINN_PLAIN_SUMS") for number in (1, 3, 7, 11, 13)),
    dsp(3, 1, 0, "u2", 2, (9, 3, 4)),
    dsp(8, 1, 0, "u2", 2, (25, 8, 4)),
    dsp(5, 1, 1, "s3", 3, (25, 5, 4), 1),
    dsp(4, 1, 0, "u4", 4, (25, 4, 1)),
    dsp(2, 3, 2, "s2", 2, (12, 2, 4), 1),
    dsp(2, 2, 1, "u3", 3, (10, 2, 4)),
    dsp(3, 2, 0, "s2", 3, (18, 2, 4), 1),
)

MUTATIONS = (
    ("mvtu_dot_planes-1-6-0-2-0-1-0-1", "mvtu_sum_planes.sv", "if (i < Above) begin", "if (i + 1 < Above) begin"),
    ("mvtu_dot_planes-1-6-0-2-0-1-0-1", "mvtu_sum_planes.sv", "OutThird+i] = total[3]", "OutThird+i] = 1'b0"),
    ("mvtu_dot_planes-2-4-1-3-1-1-0-1", "mvtu_plane_leaves.sv", "{PRODUCTS{!IS_INVERTED}}", "{PRODUCTS{1'b1}}"),
    ("mvtu_dot_planes-1-7-0-1-0-2-0-1", "mvtu_sum_planes.sv", "{Size{IS_TOP_INVERTED &&", "{Size{1'b0 &&"),
    ("mvtu_dot_planes-1-7-0-1-0-2-0-1", "mvtu_dot_planes.sv", "dot = {sum, 1'b0}", "dot = {1'b0, sum}"),
    ("mvtu_dot_planes-1-5-0-2-0-2-0-1", "mvtu_digit.sv", "bits[2] != bits[1] && ", ""),
    ("mvtu_dot_planes-2-3-1-2-1-2-0-1", "mvtu_digit_sum.sv", "factors_d  = g_level[i-1].factors",
     "factors_d  = weights"),
    ("mvtu_dot_planes-1-2-0-4-0-4-0-1", "mvtu_sum_digits.sv", "+g] = few[j];", "+g] = few[0];"),
    ("mvtu_dot_parities-1-20-1-0-7-0", "mvtu_parity_leaves.sv", "!places[From+2]", "places[From+2]"),
    ("mvtu_dot_parities-1-20-1-0-7-0", "mvtu_parities.sv", "g_lane[i-2].lane", "plain[(i-2)*INPUT_W+:INPUT_W]"),
    ("mvtu_dot_parities-1-8-2-0-5-0", "mvtu_dot_parities.sv", "IS_INVERTED(SIGNED_INPUTS && c", "IS_INVERTED(c"),
    ("mvtu_dot_parities-4-9-1-0-3-1-FINN_PLAIN_SUMS", "mvtu_dot_parities.sv", "{recoded, 2'b0}", "{recoded, 1'b0}"),
    ("mvtu_dot_dsp-8-1-0-2-0-2-25-8-4-0", "mvtu_dot_dsp.sv", "weight[0] & elements[i*INPUT_W]", "weight[0]"),
    ("mvtu_dot_dsp-2-3-2-2-1-2-12-2-4-1", "mvtu_dot_dsp.sv", "REGISTERS(2 ** Early - 1)", "REGISTERS(2 ** Early - 2)"),
    ("mvtu_dot_dsp-5-1-1-3-1-3-25-5-4-1", "mvtu_dot_dsp.sv", "if (enable) lowest <= lowest_d;", "lowest <= lowest_d;"),
    ("mvtu_dot_dsp-2-2-1-3-0-3-10-2-4-0", "mvtu_dot_dsp.sv", "!sum[c]", "sum[c]"),
)

LINT: ModuleParameters = {
    "mvtu_dot_planes": ({"SIMD": 1}, {"SIMD": 40, "STAGES": 3, "INPUT_W": 3, "SIGNED_INPUTS": 1},
                        {"INPUT_W": 1, "WEIGHT_W": 2}, {"STAGES": 5, "INPUT_W": 4, "WEIGHT_W": 4},
                        {"SIMD": 9, "INPUT_W": 3, "WEIGHT_W": 2, "NARROW_WEIGHTS": 1},
                        {"INPUT_W": 8, "WEIGHT_W": 7}),
    "mvtu_digit_sum": ({"SIMD": 1, "LEVELS": 2, "REGISTERS": 3}, {"WEIGHT_W": 3, "DIGIT": 1, "REGISTERS": 2}),
    "mvtu_plane_leaves": ({"PRODUCTS": 1}, {"PRODUCTS": 2, "IS_AND": 1, "IS_INVERTED": 1}),
    "mvtu_parities": ({"SIMD": 1}, {"SIMD": 40, "INPUT_W": 3}),
    "mvtu_parity_leaves": ({"SYNAPSES": 2}, {"SYNAPSES": 40, "RUN": 7, "IS_INVERTED": 1}),
    "mvtu_dot_parities": ({"SIMD": 1}, {"SIMD": 2, "INPUT_W": 2}, {"SIMD": 64, "RUN": 33, "STAGES": 3},
                          {"INPUT_W": 8, "SIGNED_INPUTS": 1, "RUN": 9, "STAGES": 1}),
    "mvtu_dot_dsp": ({"ROWS": 1, "SIMD": 1, "STAGES": 0}, {"ROWS": 5, "STAGES": 3, "LANES": 3, "SIGNED_INPUTS": 1},
                     {"SIMD": 9, "INPUT_W": 8, "WEIGHT_W": 8, "FACTOR_W": 18, "OFFSET_WEIGHTS": 1}),
    "mvtu_dsp_chain": ({"PRODUCTS": 1, "REGISTERS": 3},),
}

CHECKS = Checks("mvtu_products", folder="mvtu",
                files="mvtu_d*.sv mvtu_leaves.sv mvtu_pa*.sv mvtu_p[el]*_*.sv mvtu_products_pkg.sv mvtu_sum_*.sv",
                tests=("mvtu_parts", "mvtu_products", "mvtu"),
                proven_by=("mvtu_dot_binary", "mvtu_dot_planes", "mvtu_dot_parities", "mvtu_dot_dsp"),
                top="mvtu_dot_planes", is_soaked=False)
