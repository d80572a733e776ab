# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""One seed for everything random in the tests."""

from __future__ import annotations

import os
import random

DEFAULT_SEED = 20170222


def seed() -> int:
    """The seed of this run: the environment variable SEED, or a fixed number."""
    text = os.environ.get("SEED", "")
    try:
        return int(text) if text else DEFAULT_SEED
    except ValueError:
        raise ValueError(f"SEED={text} must be an integer") from None


def generator(*labels: object) -> random.Random:
    """A generator of its own for each use, so that no test depends on which others ran before it."""
    return random.Random("/".join([str(seed()), *map(str, labels)]))
