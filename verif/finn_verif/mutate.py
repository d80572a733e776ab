# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""How many faults in an IP do its tests and proofs find? ``python -m finn_verif.mutate`` (``make mutate``).

Faults are planted one by one in a copy of the repository, and what checks the IP is run on it, cheapest first, until
something fails: Verilator's lint and the build, the cocotb tests on Icarus, the fast proofs. See docs/mutation.md.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import os
import queue
import resource
import shutil
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from finn_rtl.common import processes
from finn_rtl.common.errors import FinnError
from finn_rtl.common.programs import find_tool, tool_environment
from finn_verif import formal, mutants, mutation_results
from finn_verif.mutation_difference import difference
from finn_verif.mutation_results import SURVIVES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from finn_verif.mutants import Mutant
    from finn_verif.mutation_results import Outcome

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "mutation"
PAGE = ROOT / "docs" / "mutation.md"
RESULTS = ROOT / "verif" / "mutation" / "results.json"
EQUIVALENT = ROOT / "verif" / "mutation" / "equivalent.toml"
#: Not part of a copy: the folders at the top with what was built or installed.
NOT_COPIED = ("build", ".venv", ".git", ".mypy_cache", ".pytest_cache", ".ruff_cache")
#: A fault that takes longer than the sound IP by this factor, and so many seconds, hangs.
PATIENCE = 6
SPARE_SECONDS = 60
#: Of memory for each process of a run, and of any file that it writes.
MOST_BYTES = 8 << 30


@dataclass(frozen=True)
class Ip:
    """An IP and what checks it; the core is that of its folder."""

    folder: str
    #: Files that get faults: names as for Path.glob.
    files: str = "*.sv"
    #: verif/test_NAME.py, the quick ones first.
    tests: tuple[str, ...] = ()
    #: Its proofs: harnesses, or a core with all of them.
    proofs: tuple[str, ...] = ()
    #: The module that is linted for a file that is none by itself: a package, a module that instantiates itself.
    top: str = ""

    def sources(self, root: Path = ROOT) -> dict[str, str]:
        """The files that get faults, and their texts; in the repository or a copy of it."""
        return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
                for path in sorted((root / "rtl" / self.folder).glob(self.files))}

    def possible(self, root: Path = ROOT) -> list[Mutant]:
        """All its faults."""
        return [mutant for path, text in self.sources(root).items() for mutant in mutants.mutants(path, text)]

    def lint_top(self, path: str) -> str:
        """The module that Verilator lints for a fault in a file."""
        stem = Path(path).stem
        return self.top if self.top and (stem.endswith("_pkg") or stem == self.folder) else stem


def plain(name: str) -> Ip:
    """One whose folder, test and proof have its name."""
    return Ip(name, tests=(name,), proofs=(name,))


IPS: dict[str, Ip] = {
    "common": Ip("common", "rom*.sv", ("common",)),
    **{name: plain(name) for name in ("axis_register", "axis_fifo", "axis_fork", "axis_dwc", "axis_frame_guard",
                                      "label_select", "maxpool", "threshold", "add", "upsample", "requant")},
    "replay_buffer": Ip("common", "replay_buffer.sv", ("replay_buffer",), ("replay_buffer",)),
    "swu": Ip("swu", "swu.sv", ("swu",), ("swu",)),
    "swu_parallel": Ip("swu", "swu_parallel.sv", ("swu_parallel",), ("swu_parallel",)),
    "mvtu": Ip("mvtu", tests=("mvtu_parts", "mvtu"),
               proofs=("mvtu",)),
    "mvtu_unfolded": Ip("mvtu_unfolded", tests=("mvtu_unfolded",), proofs=("mvtu_unfolded",)),
    "bit_heap": Ip("bit_heap", tests=("bit_heap",), proofs=("bit_heap",), top="popcount"),
    "dma_job": Ip("dma_job", tests=("dma_mm2s", "dma_s2mm"), proofs=("dma_mm2s", "dma_s2mm")),
    "dma_mm2s": plain("dma_mm2s"),
    "dma_s2mm": plain("dma_s2mm"),
    "axi_host": Ip("axi_host", tests=("axi_host", "accelerator"), proofs=("axi_host",), top="axi_host"),
    "uart": Ip("uart", tests=("uart",), proofs=("uart",)),
}


# ---- Equivalents: faults that change nothing ----


@functools.cache
def equivalents() -> Mapping[tuple[str, str, str], str]:
    """Why a fault changes nothing, by its file, the text of its line and its change."""
    if not EQUIVALENT.is_file():
        return {}
    try:
        entries = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8")).get("equivalent", [])
        return {(e["file"], e["line"], e["change"]): e["reason"] for e in entries}
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise FinnError(f"{EQUIVALENT}: not entries of file, line, change and reason: {error}") from error


def reason(mutant: Mutant) -> str:
    """Why a fault changes nothing; empty where it may."""
    return equivalents().get((mutant.path, mutant.text, mutant.change), "")


# ---- Running ----


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

    def check(self, ip: Ip, paths: Sequence[str], limits: Limits) -> tuple[str, str]:
        """What fails with the sources as they are (one of mutation_results.KILLERS, or SURVIVES), and what it said."""
        for what, command in self.commands(ip, paths):
            done = self.run(command, limits.of(what))
            limits.seconds.setdefault(what, done.seconds)
            if done.status is None:
                return "time out", what
            if done.status:
                return verdict(what, done), done.output
        return SURVIVES, ""

    def commands(self, ip: Ip, paths: Sequence[str]) -> list[tuple[str, list[str]]]:
        """What checks an IP with a fault in one of these files, each by its name."""
        found = []
        for top in dict.fromkeys(map(ip.lint_top, paths)):
            found.append((f"lint {top}", lint_command(ip.folder, top)))
        for name in ip.tests:
            found.append((f"test {name}", [sys.executable, "-m", "pytest", "-q", "-x", "-k", "icarus", "-p",
                                           "no:cacheprovider", f"verif/test_{name}.py"]))
        for name in ip.proofs:
            found.append((f"proof {name}", [sys.executable, "-m", "finn_verif.formal", "--only", name, "--fast",
                                            "--promised", "--jobs", "1"]))
        return found


def lint_command(core: str, top: str) -> list[str]:
    """Verilator's lint of a module, as in finn_verif.lint, for a folder with a copy."""
    sources = formal.sources(core)
    includes = [f"-I{path.relative_to(ROOT)}" for path in sources.include_folders]
    files = [str(path.relative_to(ROOT)) for path in (*sources.waivers, *sources.hdl)]
    return [find_tool("verilator"), "--lint-only", "-Wall", "--quiet", "--top-module", top, *includes, *files]


def verdict(what: str, done: Run) -> str:
    """Which of mutation_results.KILLERS a failed command is.

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


def kill(worker: Worker, ip: Ip, mutant: Mutant, limits: Limits) -> tuple[str, str]:
    """Plants a fault, and removes it when the verdict is there: that, and what was said by what failed.

    Of a fault that survives the difference that it makes is said.

    Raises:
        FinnError: the file was changed while the workers' copies were made.
    """
    place = worker.folder / mutant.path
    sound = place.read_text(encoding="utf-8")
    if mutant not in mutants.mutants(mutant.path, sound):
        raise FinnError(f"{mutant.name}: the file was changed meanwhile; start again")
    place.write_text(mutant.plant(sound), encoding="utf-8")
    try:
        found, said = worker.check(ip, [mutant.path], limits)
    finally:
        place.write_text(sound, encoding="utf-8")
    if found == SURVIVES:
        said = difference(mutant, ip.proofs, worker.folder, worker.folder / "build" / "difference")
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


# ---- The command ----


def ip_of(name: str) -> str:
    """The IP of a fault.

    Raises:
        FinnError: it names no file of an IP.
    """
    for ip, parts in IPS.items():
        if name.partition(":")[0] in parts.sources():
            return ip
    raise FinnError(f"{name}: must begin with a file that gets faults, as in rtl/axis_fifo/axis_fifo.sv:57: == -> !=")


def by_name(name: str, ip: str, root: Path) -> Mutant:
    """A fault of an IP, in a copy of the repository.

    Raises:
        FinnError: there is none of that name.
    """
    found = next((mutant for mutant in IPS[ip].possible(root) if mutant.name == name), None)
    if found is None:
        raise FinnError(f"{name}: no such fault; --list --ip {ip} shows those that there are")
    return found


def test(name: str, chosen: Sequence[Mutant], workers: Sequence[Worker]) -> dict[str, tuple[str, str]]:
    """Verdicts on faults of an IP, with progress."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(name, total=len(chosen))

        def seen(mutant: Mutant, found: str, said: str) -> None:
            style, more = ("bold red", f" ({said})" if said else "") if found == SURVIVES else ("dim", "")
            progress.console.print(Text(f"{found:10} {mutant.name}{more}", style), soft_wrap=True)
            progress.advance(task)

        return verdicts(workers, name, chosen, seen)


def outcome(name: str, given: argparse.Namespace, workers: Sequence[Worker]) -> Outcome:
    """Chooses faults of an IP, and looks who finds them."""
    possible = IPS[name].possible(workers[0].folder)
    chosen = mutants.choose(possible, given.per_ip, given.seed, name)
    planted = [mutant for mutant in chosen if not reason(mutant)]
    found = test(name, planted, workers) if planted else {}
    same = {mutant.name: reason(mutant) for mutant in chosen if reason(mutant)}
    return mutation_results.outcome(given.seed, len(possible), found, same)


def outcome_again(name: str, kept: Mapping[str, Outcome], workers: Sequence[Worker]) -> Outcome | None:
    """Plants again what survived the last time and may change something; None where that is nothing."""
    survivors = kept[name].survivors if name in kept else {}
    known = [by_name(survivor, name, workers[0].folder) for survivor in survivors]
    chosen = [mutant for mutant in known if not reason(mutant)]
    return kept[name].retried(test(name, chosen, workers)) if chosen else None


def reasons(name: str) -> dict[str, str]:
    """Faults of an IP that change nothing, and why."""
    return {mutant.name: why for mutant in IPS[name].possible() if (why := reason(mutant))}


def positive(text: str) -> int:
    """A number of things."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} must be a number from 1 on")
    return int(text)


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="finn_verif.mutate", description="Plant faults in the IPs: who finds them?")
    parser.add_argument("--ip", action="append", choices=IPS, metavar="IP", help=f"one of {', '.join(IPS)}; may be"
                        " given several times (all)")
    parser.add_argument("--per-ip", metavar="N", type=positive, default=48, help="faults an IP (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of their choice (%(default)s)")
    parser.add_argument("-j", "--jobs", type=positive, default=1, help="faults at once (%(default)s)")
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--update", action="store_true", help="put the results into docs/mutation.md")
    other.add_argument("--survivors", action="store_true", help="plant again what survived, and put the results there")
    other.add_argument("--page", action="store_true", help="only write that page anew, with the equivalents of now")
    other.add_argument("--list", action="store_true", help="only list all faults of the IPs")
    other.add_argument("--only", metavar="NAME", help="plant this fault, as it is listed")
    return parser.parse_args()


def run(given: argparse.Namespace) -> None:
    """Does what the command line says."""
    names = list(dict.fromkeys(given.ip or IPS))
    if given.only:
        names = [ip_of(given.only)]
    if given.list:
        print("\n".join(mutant.name for name in names for mutant in IPS[name].possible()))
        return
    if given.page:
        mutation_results.update(RESULTS, PAGE, {}, reasons, list(IPS))
        return
    find_tool("iverilog")
    # The lists of files as they are when the copies are made: the repository may change during hours of work.
    for name in names:
        formal.sources(IPS[name].folder)
    BUILD.mkdir(parents=True, exist_ok=True)
    with processes.workspace(BUILD) as place:
        workers = [Worker(place / str(number)) for number in range(1 if given.only else given.jobs)]
        if given.only:
            mutant = by_name(given.only, names[0], workers[0].folder)
            found, said = test(names[0], [mutant], workers)[mutant.name]
            print(f"{said.rstrip()}\n{found}".lstrip())
            return
        outcomes: dict[str, Outcome] = {}
        kept = mutation_results.load(RESULTS) if given.survivors else {}
        for name in names:
            result = outcome_again(name, kept, workers) if given.survivors else outcome(name, given, workers)
            if result is None:
                continue
            outcomes[name] = result
            if given.update or given.survivors:
                mutation_results.update(RESULTS, PAGE, {name: outcomes[name]}, reasons, list(IPS))
    print(mutation_results.text(outcomes) if outcomes else "nothing survived")


def main() -> int:
    """Plants faults; 2 where that cannot be done."""
    try:
        # Whoever ends this ends what it started, and the copies go.
        with processes.interruptible():
            run(arguments())
    except FinnError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
