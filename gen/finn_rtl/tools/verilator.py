"""Verilator and the C++ compiler behind it: a design becomes a program.

Verilator's own runtime is the same in every program. It is compiled once for each Verilator, compiler and set of
options, and kept in the user's cache folder or, by `make setup`, with the environment. The C++ of a design is compiled
in few pieces, for every piece reads the headers again.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import platform
import shlex
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from finn_rtl.common import processes
from finn_rtl.common.builds import check, checked
from finn_rtl.common.cache import cache_folder, find_kept, keep
from finn_rtl.common.programs import find_compiler, find_tool, tool_environment
from finn_rtl.tools.eda import Sources

# Bytes of C++ that are compiled in one piece, and of a design that is one piece.
PIECE = 1_000_000
SMALL = 400_000
COMPILER = "the C++ compiler"
OPTIONS = ("--cc", "-O3", "--x-assign", "fast", "--x-initial", "fast", "--prefix", "Vtop", "--make", "json",
           "--Mdir", "model")


@dataclass(frozen=True)
class Tools:
    """How Verilator is called, and the C++ compiler; variables for both."""

    verilator: tuple[str, ...]
    compiler: tuple[str, ...]
    environment: dict[str, str] = field(hash=False)

    @functools.cached_property
    def key(self) -> str:
        """What they and this machine are."""
        said = [processes.run([*command, "--version"], environment=self.environment).stdout
                for command in (self.verilator, self.compiler)]
        return "\0".join((*self.compiler, *said, platform.machine()))


def find_tools() -> Tools:
    """The tools.

    Raises:
        FinnError: one is missing.
    """
    path, environment = find_tool("verilator"), tool_environment()
    compiler = tuple(shlex.split(find_compiler()))
    program = Path(path).resolve().with_name("verilator_bin")
    if not program.is_file():
        return Tools((path,), compiler, environment)
    # Without the Perl script in front of it, which would split a path with spaces.
    shell = ("sh", "-c", 'ulimit -s unlimited 2>/dev/null; exec "$0" "$@"', find_tool(str(program)))
    root = program.parents[1]
    is_whole = (root / "include" / "verilated.h").is_file()
    return Tools(shell, compiler, {**environment, **({"VERILATOR_ROOT": str(root)} if is_whole else {})})


@dataclass(frozen=True)
class Piece:
    """C++ files that are compiled as one."""

    name: str
    files: tuple[Path, ...]
    optimization: str


def pieces(fast: Sequence[Path], slow: Sequence[Path]) -> list[Piece]:
    """The pieces of a design.

    Args:
        fast: what runs in every cycle.
        slow: what runs at the start and the end.
    """
    if sum(path.stat().st_size for path in (*fast, *slow)) <= SMALL:
        return [Piece("all", (*fast, *slow), "-O1")]
    return [Piece(f"{name}{i}", part, level) for name, files, level in (("fast", fast, "-O1"), ("slow", slow, "-O0"))
            for i, part in enumerate(_parts(files))]


def _parts(files: Iterable[Path]) -> list[tuple[Path, ...]]:
    """The files in their order, in groups of at most PIECE bytes; a larger file is one by itself."""
    parts: list[list[Path]] = []
    size = PIECE
    for path in files:
        here = path.stat().st_size
        if size + here > PIECE:
            parts.append([])
            size = 0
        parts[-1].append(path)
        size += here
    return [tuple(part) for part in parts]


@dataclass(frozen=True)
class Written:
    """What Verilator wrote: its folder, options for the C++ compiler, files, and the runtime that it names."""

    folder: Path
    flags: tuple[str, ...]
    fast: tuple[Path, ...]
    slow: tuple[Path, ...]
    runtime: Piece
    headers: Path


def verilate(tools: Tools, top: str, sources: Sources, settings: str, folder: Path, options: Sequence[str] = (),
             has_waves: bool = False) -> Written:
    """Turn a design into C++ in folder/model; the arguments are those of compile_design.

    Raises:
        FinnError: Verilator fails.
    """
    (folder / "settings.vlt").write_text(settings, encoding="utf-8")
    checked([*tools.verilator, *OPTIONS, *options, *(["--trace-vcd"] if has_waves else []), "--top-module", top,
             "settings.vlt", *(f"-I{path}" for path in sources.include_folders), *map(str, sources.waivers),
             *map(str, sources.hdl)], folder, tools.environment, "Verilator")
    written = json.loads((folder / "model" / "Vtop.json").read_text(encoding="utf-8"))
    headers = Path(written["system"]["verilator_root"]) / "include"
    lists = {name: tuple(Path(path) for path in files) for name, files in written["sources"].items()}
    fast, slow = ((*lists.get(f"classes_{speed}", ()), *lists.get(f"support_{speed}", ()))
                  for speed in ("fast", "slow"))
    traces = {"VM_TRACE": has_waves, "VM_TRACE_VCD": has_waves, "VM_TRACE_FST": False, "VM_TRACE_SAIF": False}
    flags = (f"-I{headers}", f"-I{headers / 'vltstd'}", "-DVERILATOR=1", "-DVM_COVERAGE=0", "-DVM_SC=0",
             "-DVM_TIMING=0", *(f"-D{name}={int(value)}" for name, value in traces.items()), "-faligned-new")
    # Writing waves is work of the runtime.
    runtime = Piece("runtime", lists["global"], "-O1" if has_waves else "-O0")
    return Written(folder / "model", flags, fast, slow, runtime, headers)


def runtime_name(tools: Tools, written: Written) -> str:
    """Where the runtime is kept, by all that it is made of."""
    runtime = written.runtime
    parts = (tools.key, runtime.optimization, [path.name for path in runtime.files], written.flags)
    digest = hashlib.sha256(repr(parts).encode())
    for path in sorted((*written.headers.glob("*.cpp"), *written.headers.glob("*.h"))):
        digest.update(path.read_bytes())
    return f"runtime/{digest.hexdigest()[:20]}.o"


def compile_pieces(tools: Tools, written: Written, wanted: Sequence[Piece]) -> None:
    """Compile each piece to an object of its name, as many at once as there are cores.

    Raises:
        FinnError: the compiler fails; one log for all, of the first.
    """
    def make(piece: Piece) -> subprocess.CompletedProcess[str]:
        lines = ["#define VL_INCLUDE_OPT include", *(f'#include "{path}"' for path in piece.files)]
        (written.folder / f"{piece.name}.cpp").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return processes.run([*tools.compiler, "-c", piece.optimization, f"-I{written.folder}", *written.flags,
                              f"{piece.name}.cpp", "-o", f"{piece.name}.o"], written.folder, tools.environment)

    for done in processes.parallel(make, wanted, os.cpu_count() or 1):
        check(done, COMPILER)


def compile_design(tools: Tools, top: str, sources: Sources, main: Path, settings: str, folder: Path,
                   options: Sequence[str] = (), has_waves: bool = False) -> Path:
    """Compile a design, and C++ that drives it as class Vtop; returns the program.

    Args:
        tools: see find_tools.
        top: the top module.
        sources: of the design.
        main: C++ file with `main`.
        settings: text of a configuration file for Verilator.
        folder: for all files.
        options: more for Verilator.
        has_waves: the program can write waves.

    Raises:
        FinnError: a tool fails.
    """
    written = verilate(tools, top, sources, settings, folder, options, has_waves)
    name = runtime_name(tools, written)
    kept = find_kept(name, os.R_OK)
    of_design = pieces([*written.fast, main], written.slow)
    compile_pieces(tools, written, [*([] if kept else [written.runtime]), *of_design])
    if kept is None:
        kept = written.folder / "runtime.o"
        # A cache that cannot be written only costs time.
        with contextlib.suppress(OSError):
            keep(kept, cache_folder() / name)
    checked([*tools.compiler, *(f"{piece.name}.o" for piece in of_design), str(kept), "-pthread", "-o", "harness"],
            written.folder, tools.environment, COMPILER)
    return written.folder / "harness"


def keep_runtime(settings: str) -> None:
    """Compile the runtime of designs with such settings, where it is not kept.

    Raises:
        FinnError: a tool is missing or fails.
        OSError: the cache cannot be written.
    """
    with processes.workspace() as folder:
        tools = find_tools()
        file = folder / "nothing.sv"
        file.write_text("module nothing(output logic issue); assign issue = 1'b1; endmodule\n", encoding="utf-8")
        written = verilate(tools, "nothing", Sources((file,), (), ()), settings, folder)
        name = runtime_name(tools, written)
        if find_kept(name, os.R_OK) is None:
            compile_pieces(tools, written, [written.runtime])
            keep(written.folder / "runtime.o", cache_folder() / name)
