# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What the scripts of this folder share: the page with a script's table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def write_page(script: str, title: str, what: str, lines: Sequence[str], is_saved: bool) -> None:
    """Print a table, and write it to SCRIPT.md.

    Args:
        script: name of the script, without .py.
        title: of the page.
        what: the table shows; may be empty.
        lines: of the table and of what stands below it.
        is_saved: whether to write.
    """
    text = "\n".join(lines) + "\n"
    print(text)
    if is_saved:
        head = f"Printed by `bench/{script}.py`{f': {what}' if what else ''}."
        (FOLDER / f"{script}.md").write_text(f"# {title}\n\n{head}\n\n{text}", encoding="utf-8")
