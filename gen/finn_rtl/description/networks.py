"""Networks by name or by topology file."""

from __future__ import annotations

from pathlib import Path

from finn_rtl.common.errors import FinnError
from finn_rtl.common.names import name_fault
from finn_rtl.common.places import library, shipped_names
from finn_rtl.description.files import load_topology
from finn_rtl.description.topology import Topology


def find_topology(net: str) -> tuple[Topology, Path]:
    """Topology of a shipped name or of a file, with the file's path.

    Raises:
        FinnError: neither a name nor a file, or the file is wrong.
    """
    path = Path(net)
    if name_fault(net) is None:
        shipped = library() / "cores" / net / f"{net}.json"
        path = shipped if shipped.is_file() else path
    try:
        is_file = path.is_file()
    except OSError:
        is_file = False
    if not is_file:
        raise FinnError(f"{net}: neither a shipped network ({', '.join(shipped_names())}) nor a topology file")
    return load_topology(path), path
