"""Numbers: whole ones, and how they are written."""

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


def short(number: float) -> str:
    """Three digits and a prefix: 12.5 M."""
    for size, prefix in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= size * 0.9995:
            return f"{number / size:.3g} {prefix}"
    return f"{number:.3g} "
