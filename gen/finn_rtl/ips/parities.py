# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Running parities: how an mvtu recodes weights and inputs so that the lower bits of sums of products cost nothing.

A product of bits -1/+1 is their XNOR, which is linear: of three products the lower bit of the sum is the parity of the
inputs XNOR that of the weights. The first is the same for all processing elements; the second takes the place of one of
the three weights in memory, from which it can be told again. In a run of lanes each full adder takes the parity so far
and two products more, so that only its carry is computed: a LUT for two synapses.

A mirror of rtl/mvtu/mvtu_parity_pkg.sv and mvtu_parities.sv.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.numbers import ceil_div
from finn_rtl.ips.bit_heap import compressed
from finn_rtl.ips.products import Operands, dot_product

#: Lanes of the longest run, of which parities take two levels of LUTs; of the longest where a clock asks for a register
#: behind each level of logic, of which they take two levels of few inputs; and of the shortest.
MOST_RUN = 33
MOST_FAST_RUN = 17
SHORTEST_RUN = 3
#: Fewer lanes than these leave little to save; the most that mvtu_dot_parities takes.
LEAST_SIMD = 16
MOST_SIMD = 4095
#: LUTs with recoding over those without, from which on these are not worth it: the estimates are not as good.
WORTHWHILE = 0.98


def carries(simd: int, run: int) -> int:
    """Bits that weigh two: of all lanes but the first of a run one for every two."""
    return simd // run * ((run - 1) // 2) + (max(simd % run, 1) - 1) // 2


def recoded(bits: NDArray[np.uint8], run: int) -> NDArray[np.uint8]:
    """Bits (..., lanes) with every second lane of a run, from its third on, as the parity of the run up to itself.

    Args:
        bits: 0/1.
        run: lanes of a run, odd.
    """
    found = bits.copy()
    for first in range(0, bits.shape[-1], run):
        parity = np.bitwise_xor.accumulate(bits[..., first:first + run], axis=-1)
        found[..., first + 2:first + run:2] = parity[..., 2::2]
    return found


def recoding_luts(simd: int, run: int) -> int:
    """LUTs that recode a bit of each of so many inputs, in two levels: the longer a run, the more for each parity."""
    parities = ((min(run, simd - first) - 1) // 2 for first in range(0, simd, run))
    return sum(count + ceil_div(count * count, 24) for count in parities)


@cache
def summed(simd: int, kind: Operands, run: int) -> tuple[int, float]:
    """Levels of logic, and LUTs, of mvtu_dot_parities."""
    twos = carries(simd, run)
    ones = simd - 2 * twos
    heap = (ones, *(ones + twos,) * (kind.input_bits - 1), twos)
    levels, luts = compressed(heap, kind.sum_width(simd))
    # Yosys does without some LUTs at the ends of chains.
    return 1 + levels, (ones + twos) * kind.input_bits + luts - 1 - 0.03 * simd


def odd_run(simd: int, most: int = MOST_RUN) -> int:
    """Lanes of a run, odd as those of the last one are, so that no product is left over: as few runs as can be.

    The last of very many runs may be even: it has a product of its own.

    Args:
        simd: lanes of all.
        most: lanes of the longest run, odd.
    """
    runs = next(runs for runs in range(1 + (simd + 1) % 2, simd + 1, 2) if ceil_div(simd, runs) <= most)
    return ceil_div(simd, runs) | 1


@cache
def best_run(simd: int, pe: int, kind: Operands, most: int = MOST_RUN) -> int:
    """Lanes of a run, at most so many, for `pe` rows with the same inputs, 0 where that saves next to nothing."""
    if kind.weight_bits > 1 or kind.serial or not LEAST_SIMD <= simd <= MOST_SIMD:
        return 0
    run = odd_run(simd, most)
    cost = pe * summed(simd, kind, run)[1] + kind.input_bits * recoding_luts(simd, run)
    return run if cost < WORTHWHILE * pe * dot_product(simd, kind)[1] else 0
