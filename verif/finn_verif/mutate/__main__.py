# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""How many faults in an IP do its tests and proofs find? ``python -m finn_verif.mutate`` (``make mutate``).

Faults are planted one by one in a copy of the repository, and what checks the IP is run on it, cheapest first, until
something fails: Verilator's lint and the build, the cocotb tests on Icarus, the fast proofs. See docs/mutation.md.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from finn_rtl.common import processes, workers
from finn_rtl.common.errors import FinnError
from finn_rtl.common.programs import find_tool
from finn_verif.common.places import ROOT
from finn_verif.formal.tools import sources
from finn_verif.ips.catalog import IPS
from finn_verif.mutate import results
from finn_verif.mutate.equivalents import reason, reasons
from finn_verif.mutate.finder import possible
from finn_verif.mutate.mutants import choose
from finn_verif.mutate.results import SURVIVES
from finn_verif.mutate.worker import BUILD, Worker, verdicts, verdicts_elsewhere

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from finn_verif.mutate.mutants import Mutant
    from finn_verif.mutate.results import Outcome

PAGE = ROOT / "docs" / "mutation.md"
RESULTS = ROOT / "verif" / "mutation" / "results.json"


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
    found = next((mutant for mutant in possible(IPS[ip], root) if mutant.name == name), None)
    if found is None:
        raise FinnError(f"{name}: no such fault; --list --ip {ip} shows those that there are")
    return found


@dataclass(frozen=True)
class Place:
    """Where faults are looked for: copies of the repository here, or other machines, too."""

    workers: Sequence[Worker]
    executor: Executor | None = None

    @property
    def root(self) -> Path:
        """A copy, whose files are those of the beginning."""
        return self.workers[0].folder

    def verdicts(self, name: str, chosen: Sequence[Mutant], seen: Callable[[Mutant, str, str], None]
                 ) -> dict[str, tuple[str, str]]:
        """Verdicts on faults of an IP."""
        if self.executor is None:
            return verdicts(self.workers, name, chosen, seen)
        return verdicts_elsewhere(self.executor, name, chosen, seen)


def test(name: str, chosen: Sequence[Mutant], place: Place) -> dict[str, tuple[str, str]]:
    """Verdicts on faults of an IP, with progress."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(name, total=len(chosen))

        def seen(mutant: Mutant, found: str, said: str) -> None:
            style, more = ("bold red", f" ({said})" if said else "") if found == SURVIVES else ("dim", "")
            progress.console.print(Text(f"{found:10} {mutant.name}{more}", style), soft_wrap=True)
            progress.advance(task)

        return place.verdicts(name, chosen, seen)


def outcome(name: str, given: argparse.Namespace, place: Place) -> Outcome:
    """Chooses faults of an IP, and looks who finds them."""
    found = possible(IPS[name], place.root)
    chosen = choose(found, given.per_ip, given.seed, name)
    planted = [mutant for mutant in chosen if not reason(mutant)]
    judged = test(name, planted, place) if planted else {}
    same = {mutant.name: reason(mutant) for mutant in chosen if reason(mutant)}
    return results.outcome(given.seed, len(found), judged, same)


def outcome_again(name: str, kept: Mapping[str, Outcome], place: Place) -> Outcome | None:
    """Plants again what survived the last time and may change something; None where that is nothing."""
    survivors = kept[name].survivors if name in kept else {}
    known = [by_name(survivor, name, place.root) for survivor in survivors]
    chosen = [mutant for mutant in known if not reason(mutant)]
    return kept[name].retried(test(name, chosen, place)) if chosen else None


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
    workers.add_scheduler(parser)
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--update", action="store_true", help="put the results into docs/mutation.md")
    other.add_argument("--survivors", action="store_true", help="plant again what survived, and put the results there")
    other.add_argument("--page", action="store_true", help="only write that page anew, with the equivalents of now")
    other.add_argument("--list", action="store_true", help="only list all faults of the IPs")
    other.add_argument("--only", metavar="NAME", help="plant this fault, as it is listed")
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def run(given: argparse.Namespace) -> None:
    """Does what the command line says."""
    names = list(dict.fromkeys(given.ip or IPS))
    if given.only:
        names = [ip_of(given.only)]
    if given.list:
        print("\n".join(mutant.name for name in names for mutant in possible(IPS[name])))
        return
    if given.page:
        results.update(RESULTS, PAGE, {}, reasons, list(IPS))
        return
    find_tool("iverilog")
    # The lists of files as they are when the copies are made: the repository may change during hours of work.
    for name in names:
        sources(IPS[name].folder)
    BUILD.mkdir(parents=True, exist_ok=True)
    with processes.workspace(BUILD) as folder, contextlib.ExitStack() as stack:
        executor = stack.enter_context(workers.on(given.scheduler, say=_say)) if given.scheduler else None
        copies = 1 if given.only or executor else given.jobs
        place = Place([Worker(folder / str(number)) for number in range(copies)], executor)
        if given.only:
            mutant = by_name(given.only, names[0], place.root)
            found, said = test(names[0], [mutant], place)[mutant.name]
            print(f"{said.rstrip()}\n{found}".lstrip())
            return
        outcomes: dict[str, Outcome] = {}
        kept = results.load(RESULTS) if given.survivors else {}
        for name in names:
            result = outcome_again(name, kept, place) if given.survivors else outcome(name, given, place)
            if result is None:
                continue
            outcomes[name] = result
            if given.update or given.survivors:
                results.update(RESULTS, PAGE, {name: outcomes[name]}, reasons, list(IPS))
    print(results.text(outcomes) if outcomes else "nothing survived")


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
