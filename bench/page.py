# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What the scripts of this folder share: the page with a script's table, and its comparison with the committed one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import golden
from rich.console import Console

FOLDER = Path(__file__).resolve().parent
ERR = Console(stderr=True, highlight=False)


def compare_page(script: str, text: str) -> bool:
    """Whether no figure is worse than on the committed page; tells which moved.

    Args:
        script: name of the script, without .py.
        text: of the page as it is now.
    """
    old = (FOLDER / f"{script}.md").read_text(encoding="utf-8")
    lines, is_good = golden.told(golden.page_changes(old, text, golden.load()),
                                 f"run bench/{script}.py without --check")
    for line in lines:
        ERR.print(line, markup=False, soft_wrap=True)
    return is_good


def write_page(script: str, title: str, what: str, lines: Sequence[str], is_saved: bool) -> bool:
    """Print a table, and write it to SCRIPT.md, or compare it; whether no figure is worse than the committed one.

    Args:
        script: name of the script, without .py.
        title: of the page.
        what: the table shows; may be empty.
        lines: of the table and of what stands below it.
        is_saved: whether to write; else the figures are compared with the committed ones (golden.py).
    """
    text = "\n".join(lines) + "\n"
    print(text)
    if not is_saved:
        return compare_page(script, text)
    head = f"Printed by `bench/{script}.py`{f': {what}' if what else ''}."
    (FOLDER / f"{script}.md").write_text(f"# {title}\n\n{head}\n\n{text}", encoding="utf-8")
    return True
