# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks sumpool, beside its cocotb tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.common.windows import kernel_of
from finn_verif.ips.base import Checks, Proof

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters, ModuleShapes


def parameters(
    ifm: tuple[int, int], channels: tuple[int, int], element: tuple[int, int, int], kernel: tuple[int, int]
) -> dict[str, int | str]:
    """Parameters; `channels` are their number and PE, `element` its bits, whether it is signed, whether bipolar."""
    return {
        "IFM_H": ifm[0],
        "IFM_W": ifm[1],
        "CHANNELS": channels[0],
        "PE": channels[1],
        "ELEMENT_W": element[0],
        "SIGNED_ELEMENTS": element[1],
        "BIPOLAR": element[2],
        "KERNEL_H": kernel[0],
        "KERNEL_W": kernel[1],
    }


PROOFS = (
    Proof("sumpool", parameters((2, 4), (1, 1), (1, 0, 1), (2, 2))),
    Proof("sumpool", parameters((3, 3), (2, 1), (1, 0, 0), (2, 2))),
    Proof("sumpool", parameters((1, 4), (1, 1), (2, 1, 1), (1, 2))),
    Proof("sumpool", parameters((2, 2), (2, 1), (2, 0, 1), (2, 2)), is_fast=False),
)

MUTATIONS = (
    ("sumpool-2-4-1-1-1-0-1-2-2", "sumpool.sv", "first ? '0 : so_far", "so_far"),
    ("sumpool-2-4-1-1-1-0-1-2-2", "finn_pkg.sv", "is_bipolar && !element[0]", "is_bipolar && element[0]"),
    ("sumpool-1-4-1-1-2-1-1-1-2", "finn_pkg.sv", "is_signed && element[width-1]", "is_signed && element[0]"),
)

SHAPES: ModuleShapes = {
    "sumpool": {
        "map of one row": lambda p: p["IFM_H"] == 1,
        "kernel as large as the map": lambda p: kernel_of(p) == (p["IFM_H"], p["IFM_W"]),
        "kernel of one pixel": lambda p: kernel_of(p) == (1, 1),
        "kernel of one column": lambda p: p["KERNEL_W"] == 1,
        "rest that no window reaches": lambda p: (p["IFM_H"] % p["KERNEL_H"], p["IFM_W"] % p["KERNEL_W"]) != (0, 0),
        "several beats a pixel": lambda p: p["PE"] < p["CHANNELS"],
        "-1 and +1": lambda p: p["ELEMENT_W"] == 1 and p["BIPOLAR"] == 1,
        "0 and 1": lambda p: p["ELEMENT_W"] == 1 and p["BIPOLAR"] == 0,
        "signed": lambda p: p["ELEMENT_W"] > 1 and p["SIGNED_ELEMENTS"] == 1,
        "unsigned integers": lambda p: p["ELEMENT_W"] > 1 and p["SIGNED_ELEMENTS"] == 0,
        "the widest elements": lambda p: p["ELEMENT_W"] == 24,
    },
}

LINT: ModuleParameters = {
    "sumpool": ({"IFM_H": 2, "IFM_W": 2, "CHANNELS": 1, "PE": 1}, {"ELEMENT_W": 8, "SIGNED_ELEMENTS": 1},
                {"IFM_H": 3, "IFM_W": 5, "BIPOLAR": 0, "KERNEL_H": 1, "KERNEL_W": 1}),
}

CHECKS = Checks("sumpool", proofs=PROOFS, mutations=MUTATIONS, shapes=SHAPES, lint=LINT)
