# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What scripts write in the pages: blocks between `<!-- NAME:begin -->` and `<!-- NAME:end -->`, and sessions.

A session is a page whose blocks of `sh` are run one behind the other; a block of `text` right behind one of them is
what that printed.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Collection, Sequence
from pathlib import Path

DOCS = Path(__file__).resolve().parent
COMMANDS = re.compile(r"(?<=^```sh\n)(?P<commands>.*?\n)(?P<end>```\n)(?P<text>\n```text\n.*?(?<=\n)```\n)?",
                      re.DOTALL | re.MULTILINE)


def asked(about: str | None, names: Collection[str] = (), what: str = "") -> list[str]:
    """What the command line of a script names, all where it names none; it ends with --help or a name there is not.

    Args:
        about: docstring of the script, of which the first paragraph is told.
        names: what it writes, where only some can be asked for.
        what: one of them is.
    """
    parser = argparse.ArgumentParser(description=(about or "").split("\n\n")[0])
    if names:
        parser.add_argument("names", nargs="*", metavar=what.upper(),
                            help=f"only some: {', '.join(names)}")
    given = parser.parse_args()
    for name in getattr(given, "names", ()):
        if name not in names:
            parser.error(f"no {what} {name!r}; there are {', '.join(names)}")
    return getattr(given, "names", []) or list(names)


def replace_block(page: Path, name: str, text: str) -> None:
    """Put `text` between the markers of block `name`.

    Raises:
        ValueError: the page does not have exactly one such block.
    """
    begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->"
    old = page.read_text(encoding="utf-8")
    if old.count(begin) != 1 or old.count(end) != 1 or old.index(begin) > old.index(end):
        raise ValueError(f"{page}: needs one block {name!r} between its begin and end markers")
    head, rest = old.split(begin)
    tail = rest.split(end)[1]
    page.write_text(f"{head}{begin}{text.rstrip()}\n{end}{tail}", encoding="utf-8")


def prose(text: str) -> str:
    """A paragraph, wrapped."""
    return textwrap.fill(text, 118, break_long_words=False, break_on_hyphens=False) + "\n"


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]], text_columns: int = 1) -> str:
    """A Markdown table; columns after the first `text_columns` are aligned to the right."""
    rule = ["---" if i < text_columns else "---:" for i in range(len(header))]
    return "".join(f"| {' | '.join(row)} |\n" for row in (header, tuple(rule), *rows))


def _run(commands: str, place: Path) -> str:
    """What a shell prints for some commands, which must all succeed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(["sh", "-e", "-c", commands], cwd=place, capture_output=True, text=True, check=False,
                          env={**os.environ, "PATH": path, "COLUMNS": "200"})
    if done.returncode:
        raise ValueError(f"{commands}ended with status {done.returncode}:\n{done.stdout}{done.stderr}")
    return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())


def replay_session(page: Path, root: Path) -> None:
    """Run the commands of a page, and put what they print below them.

    They see a checkout in which nothing was built: the files of `root`, and an empty folder `build`.

    Raises:
        ValueError: a command failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "build").mkdir()
        for entry in root.iterdir():
            if entry.name not in ("build", ".git", ".venv"):
                (place / entry.name).symlink_to(entry)

        def replayed(found: re.Match[str]) -> str:
            printed = _run(found["commands"], place)
            text = f"\n```text\n{printed}```\n" if found["text"] else ""
            return f"{found['commands']}{found['end']}{text}"

        page.write_text(COMMANDS.sub(replayed, page.read_text(encoding="utf-8")), encoding="utf-8")
