"""Where the library is: RTL, cores with networks and boards, pins; and the licence.

In a checkout it lies beside the package; a wheel has it as the package's folder `library`.
"""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from finn_rtl.common.errors import FinnError

CHECKOUT = Path(__file__).resolve().parents[3]
INSTALLED = Path(__file__).resolve().parents[1] / "library"
#: Its folders, and what each is for.
FOLDERS = {"rtl": "the IPs", "cores": "networks, boards, the generator of FuseSoC", "constraints": "pins of the boards"}


def library() -> Path:
    """The folder with all of it, which is a library of FuseSoC, too.

    Raises:
        FinnError: it is not there.
    """
    for root in (INSTALLED, CHECKOUT):
        if (root / "rtl" / "mvtu" / "mvtu.core").is_file():
            return root
    raise FinnError(f"{INSTALLED}: the RTL is not there; install finn-rtl again, from a wheel or its checkout")


def licence() -> str:
    """Text of the licence."""
    file = library() / "LICENSE"
    if file.is_file():
        return file.read_text(encoding="utf-8")
    return metadata.distribution("finn-rtl").read_text("licenses/LICENSE") or ""


def shipped_names() -> list[str]:
    """Names of the networks in cores/."""
    return sorted(path.parent.name for path in (library() / "cores").glob("*/*.json")
                  if path.stem == path.parent.name)
