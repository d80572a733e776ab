"""Where the RTL and the shipped networks are."""

from __future__ import annotations

from pathlib import Path

from finn_rtl.common.errors import FinnError

ROOT = Path(__file__).resolve().parents[3]


def repository() -> Path:
    """The checkout with the RTL.

    Raises:
        FinnError: this package was installed without it.
    """
    if not (ROOT / "rtl" / "mvtu" / "mvtu.core").is_file():
        raise FinnError(f"{ROOT}: the RTL is not there; install finn-rtl from its checkout (pip install -e .)")
    return ROOT


def shipped_names() -> list[str]:
    """Names of the networks in cores/."""
    return sorted(path.parent.name for path in (repository() / "cores").glob("*/*.json")
                  if path.stem == path.parent.name)
