"""Whole numbers."""

from __future__ import annotations

from math import isqrt


def ceil_div(a: int, b: int) -> int:
    """A / b rounded up."""
    return -(-a // b)


def divisors(n: int) -> list[int]:
    """All divisors of n, ascending."""
    small = [d for d in range(1, isqrt(n) + 1) if n % d == 0]
    return small + [n // d for d in reversed(small) if d * d != n]


def whole_bytes(bits: int) -> int:
    """Bits rounded up to whole bytes."""
    return ceil_div(bits, 8) * 8


def index_bits(values: int) -> int:
    """Bits of an index into so many values."""
    return max(1, (values - 1).bit_length())
