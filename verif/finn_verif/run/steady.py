# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Tests with the mark `steady`: they have no seed, so they come out the same while no file of the repository changes.

Once such a test passed it is skipped until then. The hooks of both conftest.py call these.
"""

from __future__ import annotations

import hashlib
import os

import pytest

from finn_verif.run import kept


def _key(item: pytest.Item) -> str:
    """Name of a test's verdict; empty where it is not steady."""
    if item.get_closest_marker("steady") is None:
        return ""
    chosen = [os.environ.get(name, "") for name in ("SIM", "SEED")]
    return hashlib.sha256(repr((kept.repository(), *chosen, item.nodeid)).encode()).hexdigest()


def skip_known(item: pytest.Item) -> None:
    """Skips what is known to pass."""
    if (key := _key(item)) and kept.is_known(key):
        pytest.skip("passed before, and nothing changed since")


def remember(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Keeps that a test passed."""
    if call.when == "call" and call.excinfo is None and (key := _key(item)):
        kept.remember(key)
