"""Writes what was imported: a folder with topology.json and parameters.npz, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from finn_rtl.common import processes
from finn_rtl.common.errors import FinnError
from finn_rtl.common.files import check_new_folder
from finn_rtl.description.topology import Topology
from finn_rtl.importer.emit import FILE, Imported
from finn_rtl.meaning.integer import load_network

TOPOLOGY = "topology.json"


def _line(value: Any) -> str:
    return json.dumps(value)


def render(document: dict[str, Any]) -> str:
    """A topology as one writes it by hand: a layer a line."""
    parts = []
    for key, value in document.items():
        if key == "layers":
            rows = ",\n".join(f"    {_line(layer)}" for layer in value)
            parts.append(f'  "layers": [\n{rows}\n  ]')
        elif isinstance(value, dict):
            rows = ",\n".join(f"    {_line(name)}: {_line(item)}" for name, item in value.items())
            parts.append(f"  {_line(key)}: {{\n{rows}\n  }}")
        else:
            parts.append(f"  {_line(key)}: {_line(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _check(topology: Topology, staged: Path, folder: Path) -> None:
    """See that what was written can be read."""
    try:
        load_network(topology, staged / TOPOLOGY)
    except FinnError as error:
        raise FinnError(str(error).replace(str(staged), str(folder))) from None


def write_imported(found: Imported, folder: Path | str) -> Topology:
    """Write a network into a new or empty folder, all files or none, and read it again as a user would.

    Raises:
        FinnError: the folder is not empty or cannot be written; or a rule of parameters is broken.
    """
    folder = Path(folder)
    check_new_folder(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with processes.workspace(folder.parent, f".{folder.name}-") as work:
            staged = work / "files"
            staged.mkdir()
            (staged / TOPOLOGY).write_text(render(found.document), encoding="utf-8")
            np.savez_compressed(staged / FILE, **found.arrays)  # type: ignore[arg-type]
            _check(found.topology, staged, folder)
            # Renaming onto an empty folder replaces it in one step.
            staged.rename(folder)
    except OSError as error:
        raise FinnError(f"{folder}: cannot be written ({error.strerror or error})") from None
    return found.topology
