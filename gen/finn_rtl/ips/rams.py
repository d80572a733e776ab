"""Estimates of memories and counters in LUTs and block RAMs, fitted to Yosys' `synth_xilinx -family xc7`."""

from __future__ import annotations

from finn_rtl.common.numbers import ceil_div, index_bits
from finn_rtl.ips.base import BLOCK_KIB

# Deepest memory that goes to LUTs by itself: one 6-input LUT a bit.
LUT_ROM_DEPTH = 64
# Most words of a ROM whose bits share LUTs, because many of them are the same in all words.
LUT_ROM_SHARED = 8
# Deepest buffer that goes to LUT RAM by itself.
LUT_RAM_DEPTH = 512
# Bits that a load brings at a time (load_port.sv); memories that are loaded are cut into slices of at most so many.
LOAD_BITS = 32
# LUTs of a place in the chain of loads besides its counter.
CHAIN_LUTS = 3
# Words of a bank of LUT RAM (rtl/common/bank_ram.sv).
BANK = 64
# By the Kib of a block RAM: its bits and words where weights are cut into slices of so many bits, and the words up to
# which they are not.
SHAPES = {36: ((4, 8192), (2, 16384), (1, 32768)), 18: ((9, 2048), (4, 4096), (2, 8192), (1, 16384))}
WHOLE_DEPTH = {36: 4096, 18: 1024}


def lut_rom(width: int, depth: int) -> float:
    """LUTs of a ROM: one 6-input LUT a bit and 64 words; bits that are the same in all of a few words share one."""
    if depth <= 2:
        # A constant, or the address.
        return 0.0
    if depth <= LUT_ROM_SHARED:
        kinds = 2.0**depth
        return kinds * (1 - (1 - 1 / kinds) ** width)
    return width * ceil_div(depth, 64)


def lut_ram(width: int, depth: int) -> float:
    """LUTs of a RAM with one write and one read port: 4 LUTs for 6 bits of 32 words, or for 3 bits of 64."""
    return 4.0 * ceil_div(width, 6) if depth <= 32 else 4.0 * ceil_div(width, 3) * ceil_div(depth, 64)


def lut_ram_choice(width: int, depth: int) -> float:
    """LUTs that choose among the blocks of 64 words of a deeper RAM, and enable the writing of one."""
    blocks = ceil_div(depth, 64)
    return width * ceil_div(blocks, 4) + 2.0 * blocks if blocks > 1 else 0.0


def block_ram(width: int, depth: int) -> float:
    """Block RAMs of 36 Kib, in halves, over the shapes that they can take."""
    shapes = ((36, 512), (18, 1024), (9, 2048), (4, 4096), (2, 8192), (1, 16384))
    return min(ceil_div(width, w) * ceil_div(depth, d) for w, d in shapes) / 2


def deep_shape(depth: int, kib: int = BLOCK_KIB) -> tuple[int, int] | None:
    """Bits and words of a block RAM for deep weights: as wide as it is at that depth; None where they are not cut."""
    if depth <= WHOLE_DEPTH[kib]:
        return None
    shapes = SHAPES[kib]
    return next((shape for shape in shapes if depth <= shape[1]), shapes[-1])


def weight_ram(width: int, depth: int, kib: int = BLOCK_KIB) -> float:
    """Block RAMs of 36 Kib of a weight memory, which is cut into slices where it is deep (Mvtu.weight_slice)."""
    if (shape := deep_shape(depth, kib)) is None:
        return block_ram(width, depth)
    bits, words = shape
    rest = block_ram(width % bits, depth) if width % bits else 0
    return width // bits * ceil_div(depth, words) * kib / BLOCK_KIB + rest


def loaded_luts(width: int, depth: int, banks: int) -> float:
    """LUTs of a memory in LUT RAM that is loaded (memory_slices.sv), without its places in the chain."""
    words = _banked(depth, banks)
    return lut_ram(width, words) + lut_ram_choice(width, words)


def loaded_brams(width: int, depth: int, banks: int, part: int = 0) -> float:
    """Block RAMs of a memory that is loaded, in slices of `part` bits, 0 for those of a load."""
    part = min(width, part or LOAD_BITS)
    words = _banked(depth, banks)
    rest = block_ram(width % part, words) if width % part else 0.0
    return width // part * block_ram(part, words) + rest


def chain_luts(width: int, depth: int, part: int = 0) -> float:
    """LUTs of a memory's places in the chain of loads: what counts its words and tells them from those of others."""
    return ceil_div(width, min(width, part or LOAD_BITS)) * (counter(depth) + CHAIN_LUTS)


def _banked(depth: int, banks: int) -> int:
    return (1 << index_bits(depth)) + depth if banks > 1 else depth


def counter(values: int) -> float:
    """LUTs of a counter over so many values, with its comparison unless it wraps by itself."""
    return (1.1 if values & values - 1 == 0 else 1.6) * index_bits(values) + 1


def ram_depth(words: int, width: int) -> int:
    """Depth rounded up to what memories and pointers have anyway: swu_pkg::ram_depth."""
    power, multiple = 1 << (max(1, words) - 1).bit_length(), ceil_div(words, 64) * 64
    return multiple if words > 64 and (power - multiple) * width > 512 else power
