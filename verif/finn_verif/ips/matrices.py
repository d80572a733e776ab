# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Weights, thresholds and their files for the proofs of matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


def plain_matrix(weights: NDArray[np.int64], levels: NDArray[np.int64]) -> dict[str, list[int]]:
    """The files of matrix_row, by parameter: a row a word, bits of weights, and thresholds of 16 bits."""
    return {
        "WEIGHTS_FILE": [sum(int(bit) << i for i, bit in enumerate(row)) for row in weights],
        "LEVELS_FILE": [sum((int(value) & 0xFFFF) << 16 * i for i, value in enumerate(row)) for row in levels],
    }


def matrix(
    columns: int, rows: int, thresholds: int, inputs: str
) -> tuple[NDArray[np.int64], NDArray[np.int64], dict[str, int]]:
    """Weights and thresholds drawn at random, and the parameters that say what input elements are."""
    rng = np.random.default_rng(1)
    weights = rng.integers(0, 2, (rows, columns))
    bits, signed = int(inputs[1:]), int(inputs[0] == "s")
    if bits == 1:
        return weights, np.sort(rng.integers(1, columns + 1, (rows, thresholds))), {}
    most = columns << bits - 1
    levels = np.sort(rng.integers(-most + 1, most, (rows, thresholds)))
    return weights, levels, {"INPUT_W": bits, "SIGNED_INPUTS": signed}


def texts(files: Mapping[str, Sequence[int]]) -> dict[str, str]:
    """Memory files, a word a line."""
    return {name: "".join(f"{word:x}\n" for word in words) for name, words in files.items()}
