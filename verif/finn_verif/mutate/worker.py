# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Plants faults in copies of the repository, and looks who finds them."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import queue
import resource
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from finn_rtl.common import processes
from finn_rtl.common.errors import FinnError
from finn_rtl.common.programs import find_tool, tool_environment
from finn_rtl.common.store import Kept, key_of, shared_store
from finn_rtl.common.workers import results
from finn_verif.common.places import ROOT
from finn_verif.formal.tools import sources
from finn_verif.ips.catalog import IPS
from finn_verif.mutate.difference import difference
from finn_verif.mutate.finder import mutants
from finn_verif.mutate.results import SURVIVES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from finn_verif.ips.base import Checks
    from finn_verif.mutate.mutants import Mutant

BUILD = ROOT / "build" / "mutation"
#: Not part of a copy: the folders at the top with what was built or installed.
NOT_COPIED = ("build", ".venv", ".git", ".mypy_cache", ".pytest_cache", ".ruff_cache")
#: A fault that takes longer than the sound IP by this factor, and so many seconds, hangs.
PATIENCE = 6
SPARE_SECONDS = 60
#: Of memory for each process of a run, and of any file that it writes.
MOST_BYTES = 8 << 30


class Run(NamedTuple):
    """What came of a command; no status where it was ended for its time."""

    status: int | None
    output: str
    seconds: float


@dataclass
class Limits:
    """Seconds for each command on a faulty IP; on the sound one there is no limit, and they are measured."""

    seconds: dict[str, float] = field(default_factory=dict)

    def of(self, what: str) -> float | None:
        """The limit."""
        return self.seconds[what] * PATIENCE + SPARE_SECONDS if what in self.seconds else None


class Worker:
    """A copy of the repository in which one fault at a time is planted and looked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        top = str(ROOT)

        def ignored(place: str, names: Sequence[str]) -> set[str]:
            return {name for name in names if name == "__pycache__" or (place == top and name in NOT_COPIED)}

        shutil.copytree(ROOT, folder, ignore=ignored)

    def run(self, command: Sequence[str], limit: float | None) -> Run:
        """A command in the copy, with all processes that it starts."""
        packages = os.pathsep.join(str(self.folder / name) for name in ("gen", "verif"))
        # The same whatever the caller's environment says.
        variables = {key: value for key, value in tool_environment().items() if key not in ("SEED", "WAVES")}
        variables |= {"PYTHONPATH": packages, "PYTHONDONTWRITEBYTECODE": "1", "SIM": "icarus", "FAIL_FAST": "1"}
        begin = time.monotonic()
        try:
            with processes.start(command, self.folder, variables, stderr=subprocess.STDOUT) as process:
                for what in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE):
                    with contextlib.suppress(ProcessLookupError):
                        resource.prlimit(process.pid, what, (MOST_BYTES, MOST_BYTES))
                output, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            return Run(None, "", time.monotonic() - begin)
        return Run(process.returncode, output, time.monotonic() - begin)

    def check(self, ip: Checks, paths: Sequence[str], limits: Limits) -> tuple[str, str]:
        """What fails with the sources as they are (one of results.KILLERS, or SURVIVES), and what it said."""
        for what, command in self.commands(ip, paths):
            done = self.run(command, limits.of(what))
            limits.seconds.setdefault(what, done.seconds)
            if done.status is None:
                return "time out", what
            if done.status:
                return verdict(what, done), done.output
        return SURVIVES, ""

    def commands(self, ip: Checks, paths: Sequence[str]) -> list[tuple[str, list[str]]]:
        """What checks an IP with a fault in one of these files, each by its name."""
        found = []
        for top in dict.fromkeys(map(ip.lint_top, paths)):
            found.append((f"lint {top}", lint_command(ip.folder, top)))
        for name in ip.tests:
            found.append((f"test {name}", [sys.executable, "-m", "pytest", "-q", "-x", "-k", "icarus", "-p",
                                           "no:cacheprovider", f"verif/test_{name}.py"]))
        for name in ip.proven_by:
            found.append((f"proof {name}", [sys.executable, "-m", "finn_verif.formal", "--only", name, "--fast",
                                            "--promised", "--jobs", "1"]))
        return found


def lint_command(core: str, top: str) -> list[str]:
    """Verilator's lint of a module, as in finn_verif.lint, for a folder with a copy."""
    files = sources(core)
    includes = [f"-I{path.relative_to(ROOT)}" for path in files.include_folders]
    names = [str(path.relative_to(ROOT)) for path in (*files.waivers, *files.hdl)]
    return [find_tool("verilator"), "--lint-only", "-Wall", "--quiet", "--top-module", top, *includes, *names]


def verdict(what: str, done: Run) -> str:
    """Which of results.KILLERS a failed command is.

    Raises:
        FinnError: pytest itself failed.
    """
    kind, _, name = what.partition(" ")
    if kind == "lint":
        return "build"
    if kind == "proof":
        # Refuted by a run, or what the solver gave up.
        return "proof" if " fails in cycle " in done.output else "time out"
    if done.status != 1:
        raise FinnError(f"{name}: pytest ended with status {done.status}: {last_line(done.output)}")
    return "build" if "iverilog ended with status" in done.output else "simulation"


def last_line(text: str) -> str:
    """The last one that is not empty."""
    return (text.strip().splitlines() or ["nothing was said"])[-1]


def kill(worker: Worker, ip: Checks, mutant: Mutant, limits: Limits) -> tuple[str, str]:
    """Plants a fault, and removes it when the verdict is there: that, and what was said by what failed.

    Of a fault that survives the difference that it makes is said.

    Raises:
        FinnError: the file was changed while the workers' copies were made.
    """
    place = worker.folder / mutant.path
    sound = place.read_text(encoding="utf-8")
    if mutant not in mutants(mutant.path, sound):
        raise FinnError(f"{mutant.name}: the file was changed meanwhile; start again")
    place.write_text(mutant.plant(sound), encoding="utf-8")
    try:
        found, said = worker.check(ip, [mutant.path], limits)
    finally:
        place.write_text(sound, encoding="utf-8")
    if found == SURVIVES:
        said = difference(mutant, ip.proven_by, worker.folder, worker.folder / "build" / "difference")
    return found, said


def measure(worker: Worker, name: str, paths: Sequence[str]) -> Limits:
    """Times of the sound IP.

    Raises:
        FinnError: it fails.
    """
    limits = Limits()
    found, said = worker.check(IPS[name], paths, limits)
    if found != SURVIVES:
        log = BUILD / f"{name}.log"
        log.write_text(said, encoding="utf-8")
        raise FinnError(f"{name}: fails without a fault ({found}); see {log}")
    return limits


@functools.cache
def _own_copy() -> Worker:
    """A copy of the repository of this process, which ends with it."""
    BUILD.mkdir(parents=True, exist_ok=True)
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    return Worker(stack.enter_context(processes.workspace(BUILD)) / "copy")


@functools.cache
def _own_limits(name: str, paths: tuple[str, ...]) -> Limits:
    """Times of the sound IP on this machine."""
    return measure(_own_copy(), name, paths)


def judge(sent: tuple[str, Mutant, tuple[str, ...]]) -> tuple[str, str]:
    """In a process, or on a machine, of whoever asks: the verdict on a fault of an IP.

    Args:
        sent: the IP's name; the fault; the files that get faults.
    """
    name, mutant, paths = sent
    return kill(_own_copy(), IPS[name], mutant, _own_limits(name, paths))


def verdicts_elsewhere(executor: Executor, name: str, chosen: Sequence[Mutant],
                       seen: Callable[[Mutant, str, str], None]) -> dict[str, tuple[str, str]]:
    """The same as verdicts, by other processes, each with a copy of its own."""
    store = shared_store("mutate")
    kept: Kept[tuple[str, Mutant, tuple[str, ...]], tuple[str, str]] | None = None
    if store is not None:
        # How long something may take is a matter of the machine.
        kept = Kept(store, lambda sent: key_of("judge", sent), list, lambda _, raw: (raw[0], raw[1]),
                    lambda verdict: verdict[0] != "time out")
    paths = tuple(sorted({mutant.path for mutant in chosen}))
    found = results(executor, judge, [(name, mutant, paths) for mutant in chosen],
                    lambda place, verdict: seen(chosen[place], *verdict), kept)
    return dict(zip([m.name for m in chosen], found, strict=True))


def verdicts(workers: Sequence[Worker], name: str, chosen: Sequence[Mutant],
             seen: Callable[[Mutant, str, str], None]) -> dict[str, tuple[str, str]]:
    """Verdicts on faults of an IP, and what was said, by their names; `seen` hears of each."""
    idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
    for worker in workers:
        idle.put(worker)
    limits = measure(workers[0], name, sorted({mutant.path for mutant in chosen}))

    def judge(mutant: Mutant) -> tuple[str, str]:
        worker = idle.get()
        try:
            found, said = kill(worker, IPS[name], mutant, limits)
        finally:
            idle.put(worker)
        seen(mutant, found, said)
        return found, said

    return dict(zip([m.name for m in chosen], processes.parallel(judge, chosen, len(workers)), strict=True))
