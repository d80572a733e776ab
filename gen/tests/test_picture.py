"""Which images a picture shows, and what it says of those that it does not."""

from __future__ import annotations

import numpy as np
import pytest

from finn_rtl.cli.picture import COLUMNS, MOST_WRONG, ROWS, choose


@pytest.mark.parametrize(("wrong", "right", "expected"), [
    (0, 359, "no wrong one"), (7, 352, "all 7 wrong ones"), (MOST_WRONG, 60, f"all {MOST_WRONG} wrong ones"),
    (1234, 8766, f"the first {MOST_WRONG} of 1,234 wrong ones"), (20, 0, "all 20 wrong ones"), (1, 1, "all 1 wrong")])
def test_what_is_shown(wrong: int, right: int, expected: str) -> None:
    is_right = np.random.default_rng(1).permutation(np.arange(wrong + right) >= wrong)
    shown, note = choose(is_right)
    assert expected in note
    assert len(shown) == len(set(shown.tolist())) <= COLUMNS * ROWS
    count = int((~is_right[shown]).sum())
    assert count == min(wrong, MOST_WRONG)
    assert not is_right[shown[:count]].any() and is_right[shown[count:]].all()
    assert len(shown) == count + min(right, COLUMNS * ROWS - count)
