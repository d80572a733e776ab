# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks mvtu and its parts, beside its cocotb tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from finn_verif.common import memory_files
from finn_verif.common.matrices import Numbers
from finn_verif.ips import mvtu_precision, mvtu_products
from finn_verif.ips.base import Checks, Proof, plain
from finn_verif.ips.matrices import plain_matrix, texts

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters, ModuleShapes

BINARY = Numbers()


def among_all(weights: np.ndarray, simd: int, pe: int, groups: int) -> np.ndarray:
    """Weights of rows in groups with inputs of their own, for the inputs of all in the order in which they come."""
    rows, columns = weights.shape
    sets = max(1, pe * groups // rows)
    whole = np.zeros((rows, groups // sets, columns // simd, simd, sets), weights.dtype)
    for row, own in enumerate(weights):
        group = row * groups // rows
        whole[row, group // sets, :, :, group % sets] = own.reshape(-1, simd)
    return whole.reshape(rows, -1)


def mvtu(
    size: tuple[int, int],
    folding: tuple[int, int],
    thresholds: int,
    stages: int,
    numbers: Numbers = BINARY,
    **further: int | str,
) -> Proof:
    """A proof of a matrix of columns and rows, with SIMD and PE; `further` parameters of its own."""
    (columns, rows), (simd, pe) = size, folding
    rng = np.random.default_rng(1)
    weights = numbers.draw(rng, numbers.weight_range, (rows, columns))
    # What some inputs reach and others do not.
    ends = [[int(numbers.accumulators(row[None], end[None])[0, 0]) for end in numbers.extremes(row)] for row in weights]
    levels = np.array([np.sort(rng.integers(low + 1, max(high, low + 1) + 1, thresholds)) for low, high in ends])
    falling = np.arange(rows) % 2 == 0 if further.get("FALLING") else None
    half = 1 << int(further.get("BIAS_W", 0)) >> 1
    bias = rng.integers(-half, half, rows) if half else None
    parameters: dict[str, int | str] = {
        "MW": columns, "MH": rows, "SIMD": simd, "PE": pe, "THRESHOLDS": thresholds, "STAGES": stages,
        **numbers.parameters, **further
    }
    files = {f"weight_file.mem{end}": words
             for end, words, _ in numbers.weight_slices(weights, simd, pe, int(further.get("WEIGHT_SLICE", 0)))}
    files |= {f"threshold_file.mem{end}": words
              for end, words, _ in numbers.threshold_files(weights, levels, falling, pe, simd, bias,
                                                         int(further.get("BIAS_W", 0)))}
    if "GROUPS" in further:
        weights = among_all(weights, simd, pe, int(further["GROUPS"]))
    bits = memory_files.weight_words(weights, weights.shape[1], 1, numbers.weight_width)
    plain = plain_matrix(np.zeros((0, 0), int), levels)["LEVELS_FILE"]
    if bias is not None:
        plain = [int(number) & 0xFFFF for number in bias]
    if falling is not None:
        plain = [level | int(falls) << 16 * thresholds for level, falls in zip(plain, falling, strict=True)]
    files |= {"weights_file.mem": bits, "levels_file.mem": plain}
    parameters |= {name: f"{name.lower()}.mem"
                   for name in ("WEIGHT_FILE", "THRESHOLD_FILE", "WEIGHTS_FILE", "LEVELS_FILE")}
    return Proof("mvtu", parameters, files=texts(files))


#: Optimised sums, which have a plain form each.
SUMS = tuple(
    Proof("mvtu_dot_binary", {"LEAST": least, "SIMD": most, "STAGES": stages}, core="mvtu")
    for least, most, stages in ((1, 24, 0), (2, 8, 1), (9, 13, 2), (9, 13, 3))
) + (Proof("mvtu_dot_binary", {"LEAST": 1, "SIMD": 13, "STAGES": 0, "IS_AND": 1}, core="mvtu"),)

#: Rows and columns with edges: with places between these, and without.
PLACES = tuple(
    Proof("mvtu_places", {"NF": folds, "ROWS": rows, "COLUMNS": columns, "TOP": top, "BOTTOM": bottom, "LEFT": left,
                          "RIGHT": right}, core="mvtu")
    for folds, rows, columns, top, bottom, left, right in ((2, 4, 3, 1, 1, 2, 1), (1, 3, 5, 0, 1, 2, 0),
                                                           (3, 1, 4, 0, 0, 0, 2))
)

PROOFS = (
    *SUMS,
    *map(plain, SUMS),
    mvtu((2, 2), (1, 1), 1, 0),
    mvtu((2, 2), (2, 2), 0, 1),
    mvtu((4, 1), (2, 1), 3, 0),
    mvtu((4, 2), (4, 1), 1, 1),
    mvtu((2, 2), (1, 2), 1, 0, RAM_STYLE="block"),
    mvtu((2, 2), (2, 1), 1, 0, WEIGHT_SLICE=1),
    mvtu((2, 3), (2, 1), 1, 0, THRESHOLD_STYLE="block"),
    # Start values behind three registers, wanted as early as may be.
    mvtu((2, 1), (2, 1), 1, 1, RAM_STYLE="block", THRESHOLD_STYLE="block"),
    mvtu((2, 3), (2, 3), 1, 2, THRESHOLD_STYLE="block"),
    mvtu((2, 1), (2, 1), 0, 1, Numbers("s2")),
    mvtu((2, 2), (1, 1), 1, 0, Numbers("u2")),
    mvtu((2, 1), (1, 1), 3, 0, Numbers("s2")),
    mvtu((2, 1), (2, 1), 1, 1, Numbers("s2"), RAM_STYLE="block", WEIGHT_SLICE=1),
    mvtu((3, 1), (3, 1), 1, 0, Numbers("s3")),
    # Weights of few bits, 0/1, results turned over or below 0, and the replay buffer in block RAM.
    mvtu((2, 2), (2, 1), 0, 0, Numbers("u1", "w2")),
    mvtu((2, 2), (1, 2), 1, 0, Numbers("z1", "w1"), FALLING=1),
    mvtu((2, 2), (2, 1), 1, 0, Numbers("u2", "n2"), REPLAY_STYLE="block"),
    mvtu((2, 2), (2, 2), 3, 1, Numbers("s2", "w2"), FALLING=1, SIGNED_OUTPUT=1),
    mvtu((2, 2), (1, 1), 3, 0, Numbers("u2", "w3")),
    # Biases of counts and of dot products.
    mvtu((2, 2), (2, 1), 0, 0, BIAS_W=3),
    mvtu((3, 2), (1, 2), 0, 0, Numbers("u1", "w2"), BIAS_W=1),
    # Rows with inputs of their own, and groups of such rows.
    mvtu((2, 2), (1, 1), 1, 0, Numbers("u1", "w2"), GROUPS=2),
    mvtu((2, 4), (1, 2), 3, 0, Numbers("u1", "n2"), GROUPS=4),
    mvtu((2, 2), (2, 2), 0, 0, Numbers("s2", "w2"), GROUPS=2, RAM_STYLE="block"),
    mvtu((2, 4), (1, 1), 1, 0, Numbers("u1", "w2"), GROUPS=2),
    mvtu((1, 4), (1, 4), 0, 0, Numbers("s2", "w2"), GROUPS=2),
    *PLACES,
    # Parities of lanes, in memory and computed.
    mvtu((6, 2), (3, 2), 1, 0, Numbers(run=3)),
    mvtu((4, 2), (4, 1), 0, 1, Numbers("u2", run=3), RAM_STYLE="block"),
    # Products in multipliers.
    mvtu((2, 2), (1, 2), 1, 1, Numbers("s2", "w2", (2, 2, 6, 1)), FALLING=1),
    mvtu((2, 3), (2, 3), 3, 1, Numbers("u2", "n2", (2, 2, 9, 2))),
    # Bit by bit.
    mvtu((2, 2), (1, 2), 1, 0, Numbers("u2", "w2", serial=True)),
    mvtu((2, 2), (2, 1), 0, 1, Numbers("s2", "w1", serial=True), REPLAY_STYLE="block"),
    mvtu((2, 1), (2, 1), 3, 0, Numbers("s2", "w3", serial=True)),
    mvtu((2, 2), (2, 1), 1, 0, Numbers("u1", "w2", serial=True), FALLING=1, RAM_STYLE="block"),
    mvtu((1, 2), (1, 1), 1, 0, Numbers("z1", "w5", serial=True), FALLING=1),
    *mvtu_precision.PROOFS,
    *mvtu_products.PROOFS,
)

MUTATIONS = (
    ("mvtu_dot_binary-1-24-0", "mvtu_dot_binary.sv", ".inputs (inputs[", ".inputs (~inputs["),
    ("mvtu_dot_binary-9-13-2-FINN_PLAIN_SUMS", "mvtu_dot_binary.sv", "if (enable) counts", "counts"),
    ("mvtu-2-2-1-1-1-0", "mvtu_issue.sv", "{first_q, segment_q == '0}", "{first_q, segment_q != '0}"),
    ("mvtu-4-2-4-1-1-1", "pipeline_output.sv", "|| !fills || !m_axis_tvalid || m_axis_tready", "|| 1'b1"),
    ("mvtu-2-2-2-2-0-1", "pipeline_output.sv", "fills = valid || !slice_ready", "fills = !slice_ready"),
    ("mvtu-2-3-2-1-1-0-block", "mvtu_starts.sv", "advance || !filled_q[READS-1]", "advance || !filled_q[0]"),
    ("mvtu-2-3-2-1-1-0-block", "mvtu_starts.sv", "if (read) words <= ", "words <= "),
    ("mvtu-2-2-1-2-1-0-block", "mvtu_word.sv", "if (enable) word <= data;", "if (1) word <= data;"),
    ("mvtu-2-2-2-1-1-0-1", "memory_slices.sv", "48 + s % 10", "48"),
    ("mvtu-4-1-2-1-3-0", "mvtu.sv", "(enable_q && !next_done) || next_ready", "1'b1"),
    ("mvtu-2-1-2-1-0-1-2-1", "mvtu_pkg.sv", "leaves_signed = !counts_places(input_w, weight_w) || !is_bipolar",
     "leaves_signed = weight_w > 1 || !is_bipolar"),
    ("mvtu-2-2-1-2-1-0-0-1", "mvtu.sv", " ^ !fields[p*FieldW+FieldW-1]", " ^ !fields[FieldW-1]"),
    ("mvtu-2-2-2-1-0-0-3", "mvtu_pe.sv", " << 32'(TWICE)", ""),
    ("mvtu-2-2-2-1-0-0-3", "mvtu.sv", "ZEROS || BIAS_W > 0\n", "ZEROS\n"),
    ("mvtu-2-2-1-1-1-0-2-2", "mvtu.sv", ".NF(Uses)", ".NF(NF)"),
    ("mvtu-2-4-1-1-1-0-2-2", "mvtu.sv", ".NF(Uses)", ".NF(1)"),
    ("mvtu-2-4-1-2-3-0-2-1-4", "mvtu_rows.sv", "(s*SETS+p/(PE/SETS))", "(s*SETS+SETS-1-p/(PE/SETS))"),
    ("mvtu-1-4-1-4-0-0-2-1-2-2", "mvtu_rows.sv", "p/(PE/SETS)", "p%SETS"),
    ("mvtu_places-2-4-3-1-1-2-1", "mvtu_places.sv", "32'(row_q) + 1 >= ROWS", "32'(row_q) >= ROWS"),
    ("mvtu_places-1-3-5-0-1-2-0", "mvtu_places.sv", "&& column_is_last && !row_changes", "&& !row_changes"),
    ("mvtu-2-3-2-3-3-1-2-2-1-2-2-9-2", "mvtu.sv", "MW * mvtu_dsp_pkg::lowest", "mvtu_dsp_pkg::lowest"),
    ("mvtu-2-2-1-2-1-1-2-1-2-2-2-6-1-1", "mvtu_pe_dsp.sv", "(first ? start[r*SUM_W+:SUM_W]",
     "(first ? start[SUM_W-1:0]"),
    ("mvtu_dot_binary-1-13-0-1", "mvtu_leaves.sv", "IS_AND ? inputs & weights", "IS_AND ? inputs | weights"),
    ("mvtu-2-2-1-2-1-0-2-2-1", "mvtu_serial_pe.sv", "start_bit};", "1'b0};"),
    ("mvtu-2-2-1-2-1-0-2-2-1", "mvtu_serial_order.sv", "weights_are_top || input_q == input_low",
     "weights_are_top"),
    ("mvtu-2-2-1-2-1-0-2-2-1", "mvtu_serial_issue.sv", "negative = WEIGHT_W > 1 && weights_are_top", "negative = 1'b0"),
    ("mvtu-2-1-2-1-3-0-2-1-3-1", "mvtu_serial_weights.sv", "restart ? '0 : ", ""),
    ("mvtu-2-2-2-1-0-1-2-1-1-block", "mvtu_serial_issue.sv", "if (read) known <= known_d", "known <= known_d"),
    ("mvtu-2-2-2-1-0-1-2-1-1-block", "mvtu_serial.sv", "if (enable) along_q <=", "along_q <="),
    ("mvtu-2-2-2-1-1-0-2-1-1-block", "mvtu_serial_pe.sv", "SUM_W'(dot) << Shift", "SUM_W'(dot)"),
    ("mvtu-1-2-1-1-1-0-0-5-1-1", "mvtu.sv", "StartLevels > 1) ? level_done", "StartLevels > 1) ? row_done"),
    ("mvtu-1-2-1-1-1-0-0-5-1-1", "mvtu_serial_issue.sv", "order_ends && beat_is_last", "order_begins"),
    *mvtu_precision.MUTATIONS,
    *mvtu_products.MUTATIONS,
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
        "0/1": lambda p: p["INPUT_W"] == 1 and p["BIPOLAR"] == 0,
        "weights of few bits": lambda p: p["WEIGHT_W"] > 1 and p["NARROW_WEIGHTS"] == 0,
        "narrow weights": lambda p: p["NARROW_WEIGHTS"] == 1,
        "-1/+1 times weights of few bits": lambda p: p["INPUT_W"] == 1 and p["BIPOLAR"] == 1 and p["WEIGHT_W"] > 1,
        "one threshold, falling": lambda p: p["FALLING"] == 1 and p["THRESHOLDS"] == 1,
        "several thresholds, falling": lambda p: p["FALLING"] == 1 and p["THRESHOLDS"] > 1,
        "counts with a bias": lambda p: p["BIAS_W"] > 0 and p["INPUT_W"] == p["WEIGHT_W"] == p["BIPOLAR"] == 1,
        "dot products with a bias": lambda p: p["BIAS_W"] > 0 and p["INPUT_W"] * p["WEIGHT_W"] > 1,
        "zeros, counts": lambda p: p["ZEROS"] == 1 and p["WEIGHT_W"] == 1 and p["THRESHOLDS"] != 1,
        "zeros, one threshold": lambda p: p["ZEROS"] == 1 and p["THRESHOLDS"] == 1,
        "zeros, weights of few bits": lambda p: p["ZEROS"] == 1 and p["WEIGHT_W"] > 1,
        "zeros, no place between the edges":
            lambda p: p["ZEROS"] == 1 and p["EDGE_TOP"] + p["EDGE_BOTTOM"] == p["OFM_H"] > 1,
        "rows of their own, folded":
            lambda p: p["GROUPS"] == p["MH"] and p["SIMD"] < p["MW"] and 1 < p["PE"] < p["MH"],
        "rows of their own, whole": lambda p: p["GROUPS"] == p["MH"] > 1 and (p["SIMD"], p["PE"]) == (p["MW"], p["MH"]),
        "groups of rows, one after the other":
            lambda p: 1 < p["GROUPS"] < p["MH"] and 1 < p["PE"] < p["MH"] // p["GROUPS"],
        "groups of rows, whole": lambda p: 1 < p["GROUPS"] < p["MH"] and p["PE"] == p["MH"] // p["GROUPS"],
        "groups of rows, side by side": lambda p: p["PE"] > p["MH"] // p["GROUPS"] > 1 and p["GROUPS"] > 1,
        "signed results": lambda p: p["SIGNED_OUTPUT"] == 1,
        "replay buffer in block RAM": lambda p: p["REPLAY_STYLE"] == "block" and p["PE"] < p["MH"],
        "weights in block RAM": lambda p: p["RAM_STYLE"] == "block",
        "loaded": lambda p: p["WEIGHTS"] == "ram" and p["BANKS"] == 1,
        "loaded into two banks": lambda p: p["BANKS"] == 2,
        "weights in slices": lambda p: p["WEIGHT_SLICE"] > 0,
        "parities of lanes": lambda p: p["RUN"] > 0 and p["INPUT_W"] == 1,
        "parities of lanes, several bits": lambda p: p["RUN"] > 0 and p["INPUT_W"] > 1,
        "all products in multipliers": lambda p: p["DSP_ROWS"] == p["PE"],
        "some products in multipliers": lambda p: 0 < p["DSP_ROWS"] < p["PE"],
        "bit by bit, more bits of a weight": lambda p: p["SERIAL"] == 1 and p["WEIGHT_W"] > p["INPUT_W"],
        "bit by bit, more bits of an input": lambda p: p["SERIAL"] == 1 and p["INPUT_W"] > p["WEIGHT_W"],
        "bit by bit, one threshold": lambda p: p["SERIAL"] == 1 and p["THRESHOLDS"] == 1,
        "bit by bit, start values level by level":
            lambda p: p["SERIAL"] == 1 and p["INPUT_W"] + p["WEIGHT_W"] > 5 and p["THRESHOLDS"] == 1,
        "bit by bit, both folded": lambda p: p["SERIAL"] == 1 and p["SIMD"] < p["MW"] and p["PE"] < p["MH"],
        "several thresholds behind multipliers": lambda p: p["DSP_ROWS"] > 0 and p["THRESHOLDS"] > 1,
    },
    **mvtu_precision.SHAPES,
}

#: What is left by mvtu_starts, mvtu_products and mvtu_precision.
FILES = "mvtu.sv mvtu_[irw]*.sv mvtu_pe.sv mvtu_pkg.sv mvtu_serial*.sv"

LINT: ModuleParameters = {
    "mvtu": ({"THRESHOLDS": 0, "STAGES": 0}, {"THRESHOLDS": 3, "RAM_STYLE": "block"}, {"INPUT_W": 8},
             {"MW": 27, "SIMD": 3, "PE": 16, "INPUT_W": 8, "SIGNED_INPUTS": 1, "WEIGHT_SLICE": 16},
             {"MW": 1, "MH": 1, "SIMD": 1, "PE": 1, "STAGES": 0},
             {"INPUT_W": 4, "WEIGHT_W": 4, "THRESHOLDS": 15, "FALLING": 1, "SIGNED_OUTPUT": 1},
             {"WEIGHT_W": 2, "NARROW_WEIGHTS": 1, "FALLING": 1, "REPLAY_STYLE": "block"},
             {"BIPOLAR": 0, "THRESHOLDS": 0}, {"THRESHOLDS": 0, "BIAS_W": 9},
             {"MW": 9, "SIMD": 9, "GROUPS": 16, "INPUT_W": 4, "WEIGHT_W": 4},
             {"GROUPS": 2, "PE": 4, "INPUT_W": 4, "WEIGHT_W": 4}, {"GROUPS": 8, "PE": 4},
             {"THRESHOLDS": 0, "BIAS_W": 1, "INPUT_W": 4, "WEIGHT_W": 3},
             {"ZEROS": 1, "OFM_H": 4, "OFM_W": 3, "EDGE_TOP": 1, "EDGE_RIGHT": 3},
             {"ZEROS": 1, "THRESHOLDS": 3, "OFM_W": 5, "EDGE_LEFT": 1, "START_STYLE": "block"},
             {"ZEROS": 1, "THRESHOLDS": 0, "WEIGHT_W": 2, "MH": 4, "PE": 4},
             {"INPUT_W": 4, "WEIGHT_W": 4, "THRESHOLDS": 15, "DSP_ROWS": 3, "LANES": 3, "STAGES": 3},
             {"INPUT_W": 2, "WEIGHT_W": 2, "DSP_ROWS": 4, "LANES": 4, "FACTOR_W": 18, "CHAIN": 1},
             {"WEIGHTS": "ram", "WEIGHT_SLICE": 32},
             {"WEIGHTS": "ram", "WEIGHT_SLICE": 20, "BANKS": 2, "THRESHOLDS": 3},
             {"WEIGHTS": "ram", "WEIGHT_SLICE": 32, "INPUT_W": 2, "WEIGHT_W": 2, "SERIAL": 1, "RAM_STYLE": "block"},
             {"INPUT_W": 2, "WEIGHT_W": 2, "SERIAL": 1}, {"RUN": 9}, {"RUN": 5, "INPUT_W": 3, "THRESHOLDS": 7},
             {"INPUT_W": 4, "WEIGHT_W": 4, "SERIAL": 1},
             {"INPUT_W": 4, "WEIGHT_W": 1, "SERIAL": 1, "THRESHOLDS": 15, "MW": 16}),
    "mvtu_issue": ({"NF": 1}, {"SF": 1, "READS": 1, "USE_BLOCK": 1}),
    "mvtu_weights": ({"STYLE": "block"}, {"DEPTH": 1}),
    "mvtu_rows": ({"STAGES": 0, "PE": 1}, {"SETS": 2}, {"WEIGHT_W": 3, "INPUT_W": 2, "SUM_W": 12}),
    "mvtu_dot_binary": ({"SIMD": 1}, {"SIMD": 64, "STAGES": 1}, {"IS_AND": 1}),
    "mvtu_serial_order": ({"INPUT_W": 1, "WEIGHT_W": 3}, {"INPUT_W": 8, "WEIGHT_W": 1}),
    "mvtu_serial_issue": ({"SF": 1, "NF": 1, "SIMD": 1, "READS": 1, "USE_BLOCK": 1},
                          {"INPUT_W": 1, "WEIGHT_W": 3}, {"INPUT_W": 5, "WEIGHT_W": 1, "SIGNED_INPUTS": 1},
                          {"VARIABLE": 1}, {"VARIABLE": 1, "SF": 1, "WEIGHT_W": 1}),
    "mvtu_serial_weights": ({"STYLE": "block"}, {"DEPTH": 1, "SF": 1, "MOST_BACK": 1, "MOST_AHEAD": 1}),
    "mvtu_serial_pe": ({"INPUT_W": 1, "STAGES": 1}, {"INPUT_W": 8, "WEIGHT_W": 8, "SUM_W": 20, "SIMD": 1}),
    "mvtu_serial": ({"PE": 1, "STAGES": 0, "SF": 1, "NF": 1}, {"INPUT_W": 1, "RAM_STYLE": "block"},
                    {"BY_LEVEL": 1, "SUM_W": 12, "INPUT_W": 4}),
    **mvtu_precision.LINT,
    **mvtu_products.LINT,
}

CHECKS = Checks("mvtu", proofs=PROOFS, mutations=MUTATIONS, shapes=SHAPES, lint=LINT, files=FILES,
                tests=("mvtu_parts", "mvtu_products", "mvtu_precision", "mvtu"), top="mvtu")
