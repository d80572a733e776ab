# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks maxpool, beside its cocotb tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.common.windows import kernel_of
from finn_verif.ips.base import Checks, Proof

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters, ModuleShapes


def parameters(
    ifm: tuple[int, int], channels: tuple[int, int], element: tuple[int, int], kernel: tuple[int, int], style: str
) -> dict[str, int | str]:
    """Parameters; `channels` are their number and PE, `element` its bits and whether it is signed."""
    return {
        "IFM_H": ifm[0],
        "IFM_W": ifm[1],
        "CHANNELS": channels[0],
        "PE": channels[1],
        "ELEMENT_W": element[0],
        "SIGNED_ELEMENTS": element[1],
        "KERNEL_H": kernel[0],
        "KERNEL_W": kernel[1],
        "RAM_STYLE": style,
    }


PROOFS = (
    *(
        Proof("maxpool", parameters(ifm, channels, element, kernel, style), is_fast=fast)
        for ifm, channels, element, kernel, style, fast in (
            ((2, 4), (1, 1), (1, 0), (2, 2), "distributed", True),
            ((3, 3), (2, 1), (1, 0), (2, 2), "distributed", True),
            ((2, 3), (2, 2), (2, 1), (1, 3), "distributed", True),
            ((2, 4), (1, 1), (2, 0), (2, 2), "block", True),
            ((2, 2), (2, 1), (2, 1), (2, 1), "block", False),
            ((2, 2), (2, 1), (2, 0), (2, 2), "distributed", True),
            ((1, 2), (3, 1), (1, 0), (1, 2), "distributed", True),
        )
    ),
    # A row that ends inside a beat, which has two windows.
    Proof("maxpool", {**parameters((2, 6), (1, 1), (1, 0), (2, 2), "distributed"), "PIXELS": 4}),
    Proof("maxpool", {**parameters((2, 4), (1, 1), (2, 1), (2, 2), "block"), "PIXELS": 2}),
)

MUTATIONS = (
    ("maxpool-2-4-1-1-1-0-2-2-distributed", "pool_stream.sv", "x_q == '0 && y_q == '0;", "x_q == '0;"),
    ("maxpool-2-4-1-1-2-0-2-2-block", "maxpool.sv", "is_again_q ? written_q : read_q", "read_q"),
    ("maxpool-1-2-3-1-1-0-1-2-distributed", "maxpool.sv", ".read_address(place_ahead)", ".read_address(place)"),
    ("maxpool-2-6-1-1-1-0-2-2-distributed-4", "maxpool.sv", "(l*KERNEL_W+x)*PIXEL_W", "(l+x)*PIXEL_W"),
    ("maxpool-2-4-1-1-2-1-2-2-block-2", "maxpool.sv", "SIGNED_ELEMENTS && ELEMENT_W > 1", "1'b0"),
)

SHAPES: ModuleShapes = {
    "maxpool": {
        "map of one row": lambda p: p["IFM_H"] == 1,
        "kernel as large as the map": lambda p: kernel_of(p) == (p["IFM_H"], p["IFM_W"]),
        "kernel of one row": lambda p: p["KERNEL_H"] == 1,
        "kernel of one column": lambda p: p["KERNEL_W"] == 1,
        "rest that no window reaches": lambda p: (p["IFM_H"] % p["KERNEL_H"], p["IFM_W"] % p["KERNEL_W"]) != (0, 0),
        "several beats a pixel": lambda p: p["PE"] < p["CHANNELS"],
        "binary": lambda p: p["ELEMENT_W"] == 1,
        "signed": lambda p: p["SIGNED_ELEMENTS"] == 1,
        "unsigned integers": lambda p: p["ELEMENT_W"] > 1 and p["SIGNED_ELEMENTS"] == 0,
        "block RAM": lambda p: p["RAM_STYLE"] == "block",
        "a window a beat": lambda p: p.get("PIXELS", 1) == p["KERNEL_W"] > 1,
        "several windows a beat": lambda p: p.get("PIXELS", 1) > p["KERNEL_W"] > 1,
        "rows that end inside a beat": lambda p: p["IFM_W"] % p.get("PIXELS", 1) > 0,
        "rows of less than a beat": lambda p: p["IFM_W"] < p.get("PIXELS", 1),
    },
}

LINT: ModuleParameters = {
    "maxpool": ({"IFM_H": 2, "IFM_W": 2, "CHANNELS": 1, "PE": 1}, {"ELEMENT_W": 8, "SIGNED_ELEMENTS": 1},
                {"IFM_H": 3, "IFM_W": 5, "ELEMENT_W": 2, "KERNEL_W": 3, "RAM_STYLE": "block"},
                {"IFM_H": 4, "IFM_W": 10, "ELEMENT_W": 2, "PIXELS": 4}, {"CHANNELS": 64, "PE": 64, "PIXELS": 4}),
}

CHECKS = Checks("maxpool", proofs=PROOFS, mutations=MUTATIONS, shapes=SHAPES, lint=LINT)
