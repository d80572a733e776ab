# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""A campaign of random simulations until told to stop: ``python -m finn_verif.soak --hours 2`` (``make soak HOURS=2``).

Most runs are random networks, in random foldings, under random gaps and back-pressure, with malformed frames and
resets (`finn_verif.networks`); every tenth is the regression of an IP with another seed. The simulator changes from run
to run. A network that fails is made smaller while it fails, and written down with the command that runs it again.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import io
import json
import os
import random
import shutil
import sys
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, wait
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from finn_rtl.common import processes, workers
from finn_rtl.common.errors import FinnError
from finn_verif.common.places import ROOT
from finn_verif.ips.catalog import SOAKED
from finn_verif.networks.network_runner import run_network
from finn_verif.networks.random_networks import Case, random_case
from finn_verif.run import runner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOLDER = ROOT / "build" / "soak"
ERR = Console(stderr=True, highlight=False)
#: Every so many runs, an IP's own regression.
IP_EVERY = 10
#: Runs that making a failure smaller may take.
MOST_TRIALS = 60
#: Seconds after which to look for more workers.
PATIENCE = 10


@dataclass(frozen=True)
class Task:
    """One run: a network if there is a case, else an IP."""

    number: int
    simulator: str
    #: Of the traffic.
    seed: int
    case: Case | None = None
    ip: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of a task."""

    task: Task
    seconds: float
    cycles: int
    #: Why it failed; empty if it did not.
    failure: str


def make_task(seed: int, number: int) -> Task:
    """The task `number` of a campaign."""
    rng = random.Random(f"{seed} {number}")
    simulator = rng.choice(("icarus", "icarus", "icarus", "verilator"))
    traffic = rng.randrange(1 << 31)
    if number % IP_EVERY == IP_EVERY - 1:
        return Task(number, simulator, traffic, ip=SOAKED[number // IP_EVERY % len(SOAKED)])
    return Task(number, simulator, traffic, case=random_case(seed, number))


def run_case(task: Task, name: str) -> tuple[str, int]:
    """Simulate a network; what went wrong, and clock cycles simulated.

    Raises:
        FinnError: the case is none.
    """
    assert task.case is not None
    network, plan = task.case.build()
    runner.simulations.clear()
    failure = ""
    with contextlib.redirect_stdout(io.StringIO()), runner.environment(SEED=str(task.seed)):
        try:
            run_network(network, plan, task.simulator, name)
        except pytest.fail.Exception as error:
            failure = str(error)
    cycles = sum(simulation.cycles for simulation in runner.simulations)
    if not failure:
        shutil.rmtree(runner.folder(name))
    return failure, cycles


def run_ip(task: Task) -> tuple[str, int]:
    """The regression of an IP with the seed of the task; what went wrong, and 0."""
    done = processes.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", f"verif/test_{task.ip}.py", "-k", task.simulator], ROOT,
        {**os.environ, "SEED": str(task.seed), "SIM": task.simulator})
    return (done.stdout[-4000:] if done.returncode else ""), 0


def run_task(task: Task) -> Outcome:
    """Run it."""
    begin = time.monotonic()
    try:
        failure, cycles = run_ip(task) if task.ip else run_case(task, f"soak/run{task.number}")
    except FinnError as error:
        failure, cycles = f"the generator refuses its network: {error}", 0
    return Outcome(task, time.monotonic() - begin, cycles, failure)


def _halved(value: int) -> Iterator[int]:
    if value > 1:
        yield 1
        yield (value + 1) // 2


def smaller(case: Case) -> Iterator[Case]:
    """Cases that are a little simpler, the simplest first; some do not fit together."""
    layers = case.document["layers"]

    def with_document(change: Callable[[dict[str, Any]], None], **others: Any) -> Case:
        document = deepcopy(case.document)
        change(document)
        return dataclasses.replace(case, document=document, **others)

    for index, layer in enumerate(layers):
        def drop(document: dict[str, Any], index: int = index) -> None:
            del document["layers"][index]
            document["output"] = "vector"

        yield with_document(drop, folds={name: fold for name, fold in case.folds.items() if name != layer["name"]})
    for axis in range(3):
        for size in _halved(case.document["input"]["shape"][axis]):
            def shrink(document: dict[str, Any], axis: int = axis, size: int = size) -> None:
                document["input"]["shape"][axis] = size

            yield with_document(shrink)
    for index, layer in enumerate(layers):
        simpler: dict[str, list[Any]] = {"padding": [[0] * 4], "stride": [[1, 1]],
                                         "units": list(_halved(layer.get("units", 1))),
                                         "channels": list(_halved(layer.get("channels", 1)))}
        for key, values in simpler.items():
            for value in values:
                if key in layer and layer[key] != value:
                    def put(document: dict[str, Any], index: int = index, key: str = key, value: Any = value) -> None:
                        document["layers"][index][key] = value

                    yield with_document(put)
    if case.document["input"]["encoding"]["type"] != "binary":
        yield with_document(lambda document: document["input"].update(encoding={"type": "binary", "threshold": 1}))
    if case.input_width is not None:
        yield dataclasses.replace(case, input_width=None)
    if case.reuse:
        yield dataclasses.replace(case, reuse={}, dram=None)
    if case.pixels:
        yield dataclasses.replace(case, pixels={})
    for name, (simd, pe, window) in case.folds.items():
        for fold in ((1, 1, False), (simd, 1, window), (1, pe, False), (simd, pe, False)):
            if fold != (simd, pe, window):
                yield dataclasses.replace(case, folds={**case.folds, name: fold})


def shrink(case: Case, fails: Callable[[Case], bool], most: int = MOST_TRIALS) -> Case:
    """A smaller case that fails too, after at most so many trials.

    Args:
        case: one that fails.
        fails: whether another one does; it may raise FinnError where the parts do not fit.
        most: trials.
    """
    trials = 0
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for other in smaller(case):
            try:
                other.build()
            except FinnError:
                continue
            if trials == most:
                return case
            trials += 1
            if fails(other):
                case, is_smaller = other, True
                break
    return case


def replay_command(task: Task, file: Path) -> str:
    """What runs a failure again."""
    if task.ip:
        return f"make verify IP={task.ip} SIM={task.simulator} SEED={task.seed}"
    return f"make soak REPLAY={file.relative_to(ROOT)}"


def write_task(task: Task, file: Path) -> None:
    """Write a task for --replay."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(dataclasses.asdict(task), indent=1) + "\n", encoding="utf-8")


def read_task(file: Path) -> Task:
    """Read one.

    Raises:
        FinnError: there is none.
    """
    try:
        entry = json.loads(file.read_text(encoding="utf-8"))
        case = entry.pop("case")
        case["folds"] = {name: tuple(fold) for name, fold in case["folds"].items()}
        return Task(**entry, case=Case(**{**case, "seed": tuple(case["seed"])}))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FinnError(f"{file}: not a run that a campaign wrote down: {error}") from None


def campaign(hours: float, seed: int, jobs: int | None, scheduler: str | None = None) -> int:
    """Run tasks until the time is up; the number of failures.

    Args:
        hours: how long to begin new ones.
        seed: of the tasks.
        jobs: how many at once; None for one on each worker of a scheduler.
        scheduler: of other machines; None for processes on this one.

    Raises:
        FinnError: no such scheduler answers, or a process ended before its task did.
    """
    log = FOLDER / "log.jsonl"
    FOLDER.mkdir(parents=True, exist_ok=True)
    where = f"{jobs} jobs" if jobs else f"the workers of {scheduler}"
    begin, number = time.monotonic(), 0
    failures, networks, ips, cycles = 0, 0, 0, 0
    pending: set[Future[Outcome]] = set()
    with log.open("a", encoding="utf-8") as file, workers.on(scheduler, jobs, ERR.print) as pool:
        while True:
            is_over = time.monotonic() - begin > hours * 3600
            # Workers come and go.
            while not is_over and len(pending) < (jobs or workers.width(pool)):
                pending.add(pool.submit(run_task, make_task(seed, number)))
                number += 1
            if not pending:
                break
            # Not for ever: there may be more workers now.
            done, pending = wait(pending, PATIENCE, return_when=FIRST_COMPLETED)
            for outcome in (future.result() for future in done):
                task = outcome.task
                networks, ips = networks + (not task.ip), ips + bool(task.ip)
                cycles += outcome.cycles
                file.write(json.dumps({
                    "seed": seed, "number": task.number, "ip": task.ip, "simulator": task.simulator,
                    "traffic": task.seed, "seconds": round(outcome.seconds, 1), "cycles": outcome.cycles,
                    "failed": bool(outcome.failure)}) + "\n")
                file.flush()
                if outcome.failure:
                    failures += 1
                    report(outcome)
            if networks and number % 50 == 0:
                ERR.print(f"{(time.monotonic() - begin) / 3600:.2f} h: {networks} networks, {ips} IP regressions,"
                          f" {cycles:,} cycles of networks, {failures} failures")
    print(f"{networks} networks, {ips} IP regressions, {cycles:,} cycles of networks in"
          f" {(time.monotonic() - begin) / 3600:.2f} h on {where}, seed {seed}: {failures} failures; log {log}")
    return failures


def summary(log: Path) -> str:
    """A campaign's log as a table: how often networks and each IP ran, by simulator.

    Raises:
        FinnError: it is none.
    """
    runs: Counter[tuple[str, str]] = Counter()
    failed: Counter[str] = Counter()
    cycles, seeds = 0, set()
    try:
        for line in log.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            what = f"`{entry['ip']}`" if entry["ip"] else "networks"
            runs[what, entry["simulator"]] += 1
            failed[what] += entry["failed"]
            cycles += entry["cycles"]
            seeds.add(str(entry["seed"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FinnError(f"{log}: not the log of a campaign: {error}") from None
    lines = ["| | Icarus | Verilator | failed |", "| --- | ---: | ---: | ---: |"]
    for what in ("networks", *(f"`{ip}`" for ip in sorted(SOAKED))):
        lines.append(f"| {what} | {runs[what, 'icarus']} | {runs[what, 'verilator']} | {failed[what]} |")
    return "\n".join([*lines, "", f"Seed {', '.join(sorted(seeds))}; {cycles:,} cycles of networks."])


def report(outcome: Outcome) -> None:
    """Tell of a failure, made small."""
    task = outcome.task
    ERR.print(f"[bold red]run {task.number} failed[/]: {outcome.failure.splitlines()[0]}")
    file = FOLDER / f"failure{task.number}.json"
    if task.case is not None:
        name = f"soak/shrink{task.number}"
        case = shrink(task.case, lambda case: bool(run_case(dataclasses.replace(task, case=case), name)[0]))
        task = dataclasses.replace(task, case=case)
        write_task(task, file)
    ERR.print(f"  again: {replay_command(task, file)}")


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m finn_verif.soak", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--hours", type=float, default=1.0, help="how long to go on (1)")
    parser.add_argument("--seed", type=int, default=None, help="of the campaign; by default another each time")
    parser.add_argument("--jobs", type=int, default=None,
                        help="simulations at once (2; with --scheduler one on each worker)")
    workers.add_scheduler(parser)
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run a failure again instead")
    parser.add_argument("--summary", type=Path, metavar="LOG", help="only sum up the log of a campaign")
    arguments = parser.parse_args()
    if not arguments.hours > 0 or (arguments.jobs or 1) < 1:
        parser.error("--hours must be above 0 and --jobs at least 1")
    try:
        if arguments.summary is not None:
            print(summary(arguments.summary))
            return 0
        if arguments.replay is not None:
            failure = run_task(read_task(arguments.replay)).failure
            print(failure or "passed")
            return int(bool(failure))
    except FinnError as error:
        ERR.print(f"error: {error}")
        return 2
    seed = arguments.seed if arguments.seed is not None else int(time.time())
    jobs = arguments.jobs or (None if arguments.scheduler else 2)
    ERR.print(f"seed {seed}, {arguments.hours:g} hours, {jobs or 'as many'} jobs{'' if jobs else ' as workers'}")
    try:
        return int(campaign(arguments.hours, seed, jobs, arguments.scheduler) > 0)
    except FinnError as error:
        ERR.print(f"error: {error}")
        return 2


if __name__ == "__main__":
    # Other processes find its functions by the name of the module.
    from finn_verif import soak

    sys.exit(soak.main())
