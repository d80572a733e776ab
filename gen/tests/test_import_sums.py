"""Two whole numbers that stand for two scales: sums of integers are in the order of the graph's."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from finn_rtl.importer.summing import factors_of

pytestmark = pytest.mark.steady


@pytest.mark.parametrize("seed", range(60))
def test_order_of_all_pairs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    spans = (int(rng.integers(1, 20)), int(rng.integers(1, 20)))
    whole = Fraction(int(rng.integers(1, 60)), int(rng.integers(1, 60)))
    ratio = whole if seed % 2 else Fraction(float(rng.uniform(0.02, 50)))
    m, n = factors_of(ratio, spans)
    for p, q in product(range(-spans[0], spans[0] + 1), range(-spans[1], spans[1] + 1)):
        assert np.sign(m * p + n * q) == np.sign(float(ratio * p + q)), (p, q)


def test_the_simplest_are_found() -> None:
    assert factors_of(Fraction(1), (7, 7)) == (1, 1)
    assert factors_of(Fraction(2, 5), (15, 15)) == (2, 5)
    # No two differences of bits tell 3 from 2.
    assert factors_of(Fraction(3), (1, 1)) == (2, 1)
    assert factors_of(Fraction(1, 1000), (3, 3)) == (1, 4)
