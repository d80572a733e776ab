from __future__ import annotations

import faulthandler
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driver_model import Model, digits_network
from PIL import Image

from finn_rtl.common.places import CHECKOUT
from finn_rtl.meaning import compiled
from finn_rtl.output.accelerator import describe
from finn_rtl.plan import engine
from finn_verif.run import steady

Document = dict[str, Any]
# A shell starts what runs in its background with SIGINT ignored, and so would be what the tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# No case may take longer: then the process ends and shows where it was.
MOST_SECONDS = 120


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
    compiled.library()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` does it."""
    for package in ("mkdocs", "material", "mkdocstrings"):
        pytest.importorskip(package, reason=f"{package} is not installed; make setup brings it")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run([sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(folder)],
                          cwd=CHECKOUT, capture_output=True, text=True, check=False,
                          env={**os.environ, "NO_MKDOCS_2_WARNING": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def fresh_scripts() -> Iterator[None]:
    """No script of docs/ was loaded before: some run it where its pages are copies."""
    def forget() -> None:
        for script in (CHECKOUT / "docs").glob("*.py"):
            sys.modules.pop(script.stem, None)

    forget()
    yield
    forget()


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


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to work in, with nothing of the user's around it; it ends a case that hangs."""
    work = tmp_path / "work"
    for folder in (work, tmp_path / "tmp", tmp_path / "cache"):
        folder.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("FINN_DATA", "FINN_RTL_CACHE", "CXX"):
        monkeypatch.delenv(name, raising=False)
    faulthandler.dump_traceback_later(MOST_SECONDS, exit=True)
    yield work
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture
def tiny(place: Path, document: dict[str, Any], arrays: dict[str, Any]) -> Path:
    """A network that is right, and some files that are none."""
    (place / "tiny.json").write_text(json.dumps(document))
    np.savez(place / "tiny.npz", **arrays)
    (place / "folder").mkdir()
    (place / "folder" / "mine.txt").write_text("mine")
    (place / "pictures.png").mkdir()
    (place / "file.txt").write_text("text")
    np.save(place / "file.npy", np.zeros((8, 8), np.uint8))
    Image.new("L", (8, 8)).save(place / "picture.png")
    return place / "tiny.json"


@pytest.fixture(params=["label", "scores"])
def accelerator(request: pytest.FixtureRequest) -> Model:
    network, plan = digits_network(request.param == "scores")
    return Model(network, describe(network, plan, "axi"))
