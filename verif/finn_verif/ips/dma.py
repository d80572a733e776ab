# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks the DMAs of both directions alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.ips.base import Proof

if TYPE_CHECKING:
    from finn_verif.ips.base import Parameters, Shapes

NAMES = ("dma_mm2s", "dma_s2mm")


def proofs(ip: str) -> tuple[Proof, ...]:
    """Of one of them."""
    return tuple(
        Proof(
            ip,
            {"BURST": burst, "BUFFER": buffer, "BUFFER_STYLE": style},
            depth=15,
            is_inductive=True,
            promised_depth=15,
            is_fast=fast,
        )
        for burst, buffer, style, fast in (
            (2, 4, "distributed", True),
            (2, 4, "block", False),
            (3, 5, "distributed", False),
        )
    )


SHAPES: Shapes = {
    "bursts of one beat": lambda p: p["BURST"] == 1,
    "the longest bursts": lambda p: p["BURST"] == 256,
    "bursts of no power of two": lambda p: p["BURST"] & p["BURST"] - 1 != 0,
    "buffer of one burst": lambda p: p["BUFFER"] == p["BURST"],
    "the narrowest memory": lambda p: p["DATA_W"] == 32,
    "the widest memory": lambda p: p["DATA_W"] == 1024,
    "addresses of 64 bits": lambda p: p["ADDR_W"] == 64,
    "block RAM": lambda p: p["BUFFER_STYLE"] == "block",
}

LINT: tuple[Parameters, ...] = (
    {"ADDR_W": 12, "DATA_W": 32, "LENGTH_W": 8, "BURST": 1, "BUFFER": 3, "BUFFER_STYLE": "distributed"},
    {"ADDR_W": 64, "DATA_W": 1024, "BURST": 256, "BUFFER": 300, "BUFFER_STYLE": "block"},
)
