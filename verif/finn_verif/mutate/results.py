# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What came of planted faults, kept in verif/mutation/results.json, and its table in docs/mutation.md."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from finn_rtl.common.errors import FinnError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

#: What kills a fault, in the order in which it is tried.
KILLERS = ("build", "simulation", "time out", "proof")
SURVIVES = "survives"
HEADER = ("IP", "seed", "possible", "planted", "equivalent", *KILLERS, "surviving", "score")
BEGIN, END = "<!-- mutation:begin -->\n", "<!-- mutation:end -->"


@dataclass(frozen=True)
class Outcome:
    """Of the faults planted in an IP."""

    seed: int
    #: Faults that there are, planted or not.
    possible: int
    #: How many each of KILLERS killed.
    killed: Mapping[str, int]
    #: And what is known of the difference that each makes.
    survivors: Mapping[str, str]
    #: Faults that change nothing, which are not planted, and why.
    equivalent: Mapping[str, str]

    @property
    def counts(self) -> tuple[int, ...]:
        """Planted, equivalent, killed by each of KILLERS, surviving."""
        killed = [self.killed.get(killer, 0) for killer in KILLERS]
        return (sum(killed) + len(self.survivors), len(self.equivalent), *killed, len(self.survivors))

    def settled(self, reasons: Mapping[str, str]) -> Outcome:
        """The same where some of the survivors turned out to change nothing."""
        found = {name: reasons[name] for name in self.survivors if reasons.get(name)}
        left = {name: note for name, note in self.survivors.items() if name not in found}
        return dataclasses.replace(self, survivors=left, equivalent={**self.equivalent, **found})

    def retried(self, verdicts: Mapping[str, tuple[str, str]]) -> Outcome:
        """The same where survivors were planted again: their verdicts, and what was said."""
        killed = Counter(self.killed) + Counter(verdict for verdict, _ in verdicts.values() if verdict != SURVIVES)
        left = {name: said for name, (verdict, said) in verdicts.items() if verdict == SURVIVES}
        unplanted = {name: note for name, note in self.survivors.items() if name not in verdicts}
        return dataclasses.replace(self, killed={killer: killed[killer] for killer in KILLERS},
                                   survivors={**unplanted, **left})


def outcome(seed: int, possible: int, verdicts: Mapping[str, tuple[str, str]], equivalent: Mapping[str, str]
            ) -> Outcome:
    """From verdicts, and what was said, by the names of faults."""
    killed = Counter(verdict for verdict, _ in verdicts.values() if verdict != SURVIVES)
    survivors = {name: said for name, (verdict, said) in verdicts.items() if verdict == SURVIVES}
    return Outcome(seed, possible, {killer: killed[killer] for killer in KILLERS}, survivors, equivalent)


def load(path: Path) -> dict[str, Outcome]:
    """Outcomes by IP; none where there is no file.

    Raises:
        FinnError: the file is not what `save` writes.
    """
    if not path.is_file():
        return {}
    try:
        return {ip: Outcome(**values) for ip, values in json.loads(path.read_text(encoding="utf-8")).items()}
    except (json.JSONDecodeError, AttributeError, TypeError) as error:
        raise FinnError(f"{path}: no results of planted faults: {error}") from error


def save(path: Path, outcomes: Mapping[str, Outcome]) -> None:
    """Writes them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values = {ip: dataclasses.asdict(outcome) for ip, outcome in outcomes.items()}
    path.write_text(json.dumps(values, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def score(counts: Sequence[int]) -> str:
    """Killed of those planted."""
    planted, surviving = counts[0], counts[-1]
    return f"{(planted - surviving) / planted:.0%}" if planted else "-"


def rows(outcomes: Mapping[str, Outcome]) -> list[tuple[str, ...]]:
    """A row an IP, and their sum."""
    found = [(ip, str(o.seed), str(o.possible), *map(str, o.counts), score(o.counts)) for ip, o in outcomes.items()]
    sums = [sum(column) for column in zip(*(o.counts for o in outcomes.values()), strict=True)]
    if len(found) > 1:
        possible = sum(o.possible for o in outcomes.values())
        found.append(("all", "", str(possible), *map(str, sums), score(sums)))
    return found


def text(outcomes: Mapping[str, Outcome]) -> str:
    """For a terminal."""
    cells = [HEADER, *rows(outcomes)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADER))]
    lines = ["  ".join(cell.ljust(width) if not column else cell.rjust(width)
                       for column, (cell, width) in enumerate(zip(row, widths, strict=True))) for row in cells]
    survivors = [noted(name, note) for found in outcomes.values() for name, note in found.survivors.items()]
    return "\n".join([*lines, *(["", "Surviving:", *survivors] if survivors else [])])


def markdown(outcomes: Mapping[str, Outcome]) -> str:
    """For the page: the table, the survivors, those that change nothing and why."""
    cells = [HEADER, ("---", *["---:"] * (len(HEADER) - 1)), *rows(outcomes)]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    survivors = [f"- {noted(code(name), note)}"
                 for found in outcomes.values() for name, note in found.survivors.items()]
    same = [f"- {noted(code(name), why)}" for found in outcomes.values() for name, why in found.equivalent.items()]
    lines += ["", "### Surviving", "", *(survivors or ["None."]), "", "### Equivalent", "", *(same or ["None."])]
    return "\n".join(lines) + "\n"


def noted(name: str, note: str) -> str:
    """A name with a note, if there is one."""
    return f"{name}: {note}" if note else name


def code(name: str) -> str:
    """A name as code; one with backticks in it needs longer marks."""
    return f"`` {name} ``" if "`" in name else f"`{name}`"


def write_page(page: Path, outcomes: Mapping[str, Outcome]) -> None:
    """Puts what came of the faults between the page's marks.

    Raises:
        FinnError: it has none.
    """
    whole = page.read_text(encoding="utf-8")
    if whole.count(BEGIN) != 1 or whole.count(END) != 1:
        raise FinnError(f"{page}: must have {BEGIN.strip()} and {END} once")
    head, rest = whole.split(BEGIN)
    page.write_text(f"{head}{BEGIN}{markdown(outcomes)}{END}{rest.split(END)[1]}", encoding="utf-8")


def update(path: Path, page: Path, fresh: Mapping[str, Outcome], reasons: Callable[[str], Mapping[str, str]],
           order: Sequence[str]) -> None:
    """Replaces the rows of some IPs.

    Args:
        path: the kept results.
        page: the document.
        fresh: the new outcomes.
        reasons: of an IP: why a fault changes nothing, by its name; also those kept may have been found out since.
        order: of the IPs.
    """
    kept = {**load(path), **fresh}
    outcomes = {ip: kept[ip].settled(reasons(ip)) for ip in order if ip in kept}
    save(path, outcomes)
    write_page(page, outcomes)
