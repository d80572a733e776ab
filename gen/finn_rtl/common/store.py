"""Results that are kept: JSON, each in a file named after a hash of all that it depends on.

Where the environment variable FINN_RTL_CACHE names a folder, machines that see it share what they find.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from finn_rtl.common.cache import cache_folder
from finn_rtl.common.installation import installation

Item = TypeVar("Item")
Result = TypeVar("Result")
SHARED = "FINN_RTL_CACHE"


@dataclass(frozen=True)
class Store:
    """A folder of results. One that cannot be read or written costs time, and nothing else."""

    folder: Path

    def file(self, key: str) -> Path:
        """Where the result of a key is."""
        return self.folder / f"{key}.json"

    def get(self, key: str) -> Any:
        """The result of a key; None where there is none that can be read."""
        try:
            return json.loads(self.file(key).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None

    def put(self, key: str, result: Any) -> None:
        """Keep a result, all of it or nothing, whoever else does so at the same time."""
        try:
            file = self.file(key)
            file.parent.mkdir(parents=True, exist_ok=True)
            fresh = file.with_suffix(f".{socket.gethostname()}.{os.getpid()}")
            fresh.write_text(json.dumps(result), encoding="utf-8")
            fresh.replace(file)
        except OSError:
            pass


def shared_store(kind: str) -> Store | None:
    """Results of a kind in the shared folder; None where none is named."""
    folder = os.environ.get(SHARED)
    return Store(Path(folder).absolute() / kind) if folder else None


def results_store(kind: str) -> Store | None:
    """Results of a kind that are kept anyway: in the shared folder, else in the user's; None for one without a home."""
    try:
        return shared_store(kind) or Store(cache_folder() / kind)
    except RuntimeError:
        return None


def key_of(*parts: Any) -> str:
    """Name of a result of these parts, whose texts say all of them, with the sources and tools of now."""
    return hashlib.sha256(repr((asdict(installation()), *parts)).encode()).hexdigest()


@dataclass(frozen=True)
class Kept(Generic[Item, Result]):
    """How results of items are kept: under which key, as which JSON, and whether one is."""

    store: Store
    key: Callable[[Item], str]
    write: Callable[[Result], Any]
    #: May raise TypeError, ValueError or KeyError for what is not a result.
    read: Callable[[Item, Any], Result]
    is_kept: Callable[[Result], bool] = lambda _: True

    def get(self, item: Item) -> Result | None:
        """The kept result of an item; None where there is none."""
        raw = self.store.get(self.key(item))
        if raw is None:
            return None
        try:
            return self.read(item, raw)
        except (TypeError, ValueError, KeyError):
            return None

    def put(self, item: Item, result: Result) -> None:
        """Keep the result of an item."""
        if self.is_kept(result):
            self.store.put(self.key(item), self.write(result))
