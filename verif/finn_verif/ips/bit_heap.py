# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks bit_heap and popcount, beside its cocotb tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks, Proof, plain

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters


def bit_heap(least: int, most: int, column1: int, column2: int, width: int, levels: int, registers: int) -> Proof:
    """A proof of heaps with `least` to `most` bits in column 0."""
    return Proof(
        "bit_heap",
        {
            "LEAST": least,
            "MOST": most,
            "COLUMN1": column1,
            "COLUMN2": column2,
            "WIDTH": width,
            "MORE_LEVELS": levels,
            "REGISTERS": registers,
        },
    )


BIT_HEAPS = ((1, 12, 0, 0, 3, 0, 0), (0, 10, 9, 3, 7, 0, 0), (1, 8, 3, 8, 5, 1, 0), (1, 4, 3, 2, 5, 1, 7))

SUMS = (
    *(
        Proof("popcount", {"LEAST": least, "WIDTH": most, "REGISTERS": registers}, core="bit_heap")
        for least, most, registers in ((1, 24, 0), (1, 12, 1), (8, 10, 7))
    ),
    *(bit_heap(*bits) for bits in BIT_HEAPS),
)

PROOFS = (*SUMS, *map(plain, SUMS))

MUTATIONS = (
    ("popcount-1-24-0", "bit_heap_count.sv", "second[1] & (parity | second[0])", "second[1] & parity"),
    ("popcount-1-12-1", "bit_heap.sv", "if (enable) heap <= sums;", "heap <= sums;"),
    ("bit_heap-0-10-9-3-7-0-0", "bit_heap_level.sv", "if (i < Next) begin", "if (i + 1 < Next) begin"),
    ("bit_heap-1-8-3-8-5-1-0", "bit_heap_level.sv", "taken[3] = bits[BaseThird+i]", "taken[3] = 1'b0"),
    ("bit_heap-1-4-3-2-5-1-7-FINN_PLAIN_SUMS", "bit_heap.sv", "[bit_heap_pkg::offset(Heights, c)+:",
     "[bit_heap_pkg::offset(Heights, 0)+:"),
)

LINT: ModuleParameters = {
    "popcount": ({"WIDTH": 1}, {"WIDTH": 100, "REGISTERS": 3}),
}

CHECKS = Checks("bit_heap", proofs=PROOFS, mutations=MUTATIONS, lint=LINT, top="popcount")
