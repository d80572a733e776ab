"""Cost of memories of constants, and of those that are loaded at run time (rtl/common/memory_slices.sv)."""

from __future__ import annotations

from finn_rtl.ips.base import Cost, Ram
from finn_rtl.ips.rams import block_ram, chain_luts, loaded_brams, loaded_luts, lut_rom


def memory_cost(width: int, depth: int, style: Ram, banks: int, part: int = 0) -> Cost:
    """What a memory costs, of constants for 0 banks.

    Args:
        width: bits of a word.
        depth: words.
        style: where it goes.
        banks: into which it is loaded.
        part: bits of a slice, 0 for as many as a load brings at a time.
    """
    if not banks:
        return Cost(lut_rom(width, depth)) if style == "distributed" else Cost(0, block_ram(width, depth))
    chain = Cost(chain_luts(width, depth, part))
    if style == "distributed":
        return chain + Cost(loaded_luts(width, depth, banks))
    return chain + Cost(0, loaded_brams(width, depth, banks, part))
