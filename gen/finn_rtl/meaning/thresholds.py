"""Which integers reach a level: exact thresholds of batch norm, scales, and rounding.

What a layer makes of a dot product s is y = slope * s + offset, with batch norm (slope * s + offset) / sqrt(spread) +
shift; its quantizer gives at least level m where y / scale is at least, or more than, a bound that the rounding says.
Everything is monotone in s, so each level is reached by all integers from one on, which is computed in integers: the
square root is compared by squares, and no number is ever rounded (Umuroglu et al., "FINN", FPGA 2017, section 4.2.2,
for signs).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt, lcm

from finn_rtl.common.integers import Sums
from finn_rtl.operators.schema import Rounding

#: Of a level m twice the least number that is rounded to m or more, and whether that one is itself.
BOUNDS: Mapping[Rounding, Callable[[int], tuple[int, bool]]] = {
    "half_even": lambda m: (2 * m - 1, m % 2 == 0),
    "half_up": lambda m: (2 * m - 1, m > 0),
    "half_down": lambda m: (2 * m - 1, m <= 0),
    "up": lambda m: (2 * m - 2, False) if m > 0 else (2 * m, True),
    "down": lambda m: (2 * m, True) if m > 0 else (2 * m - 2, False),
    "floor": lambda m: (2 * m, True),
    "ceil": lambda m: (2 * m - 2, False),
}


@dataclass(frozen=True)
class Line:
    """(slope * s + offset) / sqrt(spread) + shift; spread > 0."""

    slope: Fraction
    offset: Fraction
    spread: Fraction = Fraction(1)
    shift: Fraction = Fraction(0)


def level_bounds(rounding: Rounding, low: int, high: int, scale: Fraction) -> list[tuple[Fraction, bool]]:
    """Of each level above the lowest what must be reached, or exceeded where the second is False."""
    found = []
    for level in range(low + 1, high + 1):
        twice, is_reached = BOUNDS[rounding](level)
        found.append((twice * scale / 2, is_reached))
    return found


def _least_root(factor: int, spread: Fraction, is_reached: bool) -> int:
    """The least integer that is at least (or, not `is_reached`, more than) factor * sqrt(spread)."""
    # Of the square, which need not be whole: the integer roots below it and above it.
    whole, rest = divmod(factor * factor * spread.numerator, spread.denominator)
    below = isqrt(whole)
    above = below if below * below == whole and not rest else below + 1
    if factor >= 0:
        return above if is_reached else below + 1
    return -below if is_reached else 1 - above


def least(line: Line, bounds: Iterable[tuple[Fraction, bool]]) -> list[int]:
    """The least integers at which a line that rises reaches (True) or exceeds (False) bounds.

    Args:
        line: slope > 0.
        bounds: each a number, and whether it need only be reached.
    """
    bounds = list(bounds)
    # (slope * s + offset) * whole >= (bound - shift) * whole * sqrt(spread), all of it integers but for the root.
    whole = lcm(line.slope.denominator, line.offset.denominator, line.shift.denominator,
                *(bound.denominator for bound, _ in bounds))
    slope, offset = int(line.slope * whole), int(line.offset * whole)
    shift = int(line.shift * whole)
    found = []
    for bound, is_reached in bounds:
        root = _least_root(bound.numerator * (whole // bound.denominator) - shift, line.spread, is_reached)
        found.append(-((offset - root) // slope))
    return found


def row_thresholds(line: Line, bounds: Iterable[tuple[Fraction, bool]], sums: Sums, can_negate: bool
                   ) -> tuple[list[int], bool, bool]:
    """Thresholds of a unit on its accumulator.

    Args:
        line: of the dot product.
        bounds: see `least`, none less than the one before it.
        sums: the accumulator.
        can_negate: whether the unit's weights can be negated.

    Returns:
        (thresholds, negate, falls): thresholds from sums.low (always reached) to sums.high + 1 (never), none less than
        the one before it; whether the weights must be negated for them; whether the level is the number of those that
        are not reached.
    """
    bounds = list(bounds)
    if line.slope == 0:
        # y is the same for every s: reached by all, or by none.
        constant = Line(Fraction(1), line.offset, line.spread, line.shift)
        return [sums.low if dot <= 0 else sums.high + 1 for dot in least(constant, bounds)], False, False
    negate, falls = line.slope < 0 and can_negate, line.slope < 0 and not can_negate
    if negate:
        line = Line(-line.slope, line.offset, line.spread, line.shift)
    if falls:
        # Where y < bound: -y > -bound, of a line that rises.
        line = Line(-line.slope, -line.offset, line.spread, -line.shift)
        bounds = [(-bound, not is_reached) for bound, is_reached in reversed(bounds)]
    return [min(max(sums.value(dot), sums.low), sums.high + 1) for dot in least(line, bounds)], negate, falls
