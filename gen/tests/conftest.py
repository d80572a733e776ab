from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from finn_rtl.plan import engine
from finn_verif import steady

Document = dict[str, Any]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips what is known to pass."""
    steady.skip_known(item)


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Keeps what passed."""
    steady.remember(item, call)


@pytest.fixture(autouse=True, scope="session")
def schedule() -> None:
    """Compiles what runs schedules, before a test looks at what is in the folders."""
    engine.library()


@pytest.fixture
def document() -> Document:
    """A small valid topology, 12-8-6-4."""
    return {
        "name": "tiny", "parameters": "tiny.npz",
        "input": {"shape": [12], "encoding": {"type": "binary", "threshold": 128}},
        "layers": [
            {"type": "fc", "name": "fc0", "units": 8, "activation": "sign"},
            {"type": "fc", "name": "fc1", "units": 6, "activation": "sign"},
            {"type": "fc", "name": "fc2", "units": 4, "activation": "none"},
        ],
    }


@pytest.fixture
def arrays() -> dict[str, np.ndarray]:
    """Parameters of that topology: batch norm for fc0, ready thresholds for fc1."""
    rng = np.random.default_rng(3)

    def signs(rows: int, columns: int) -> np.ndarray:
        return rng.choice(np.array([-1, 1], np.int8), (rows, columns))

    return {
        "fc0.weight": signs(8, 12), "fc1.weight": signs(6, 8), "fc2.weight": signs(4, 6),
        "fc0.bn.gamma": rng.normal(size=8).astype(np.float32), "fc0.bn.beta": rng.normal(size=8).astype(np.float32),
        "fc0.bn.mean": rng.normal(size=8).astype(np.float32), "fc0.bn.var": rng.uniform(0.5, 9, 8).astype(np.float32),
        "fc0.bn.eps": np.float64(1e-5), "fc1.threshold": np.array([0, 9, 4, 5, 3, 4]),
    }


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for XDG_CACHE_HOME, in which models that tests compile are kept for others."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def write_net(tmp_path: Path) -> Callable[[Document, dict[str, np.ndarray]], Path]:
    """Writes topology and parameters, returns the topology's path."""

    def write(document: Document, arrays: dict[str, np.ndarray]) -> Path:
        path = tmp_path / "tiny.json"
        path.write_text(json.dumps(document))
        np.savez(tmp_path / "tiny.npz", **arrays)
        return path

    return write
