"""What must hold when an input is refused."""

from __future__ import annotations

from pathlib import Path

# Words of pydantic, click, numpy and Python that no user should have to read.
FOREIGN = ("pydantic", "Input should", "Value error", "Traceback", "valid integer, unable", "tuple", "Errno", "errno",
           "int_max_str_digits", "keyword argument", "NoneType", "np.")


def files_below(folder: Path) -> dict[str, int]:
    """Everything in a folder, files with their time of change."""
    return {str(path.relative_to(folder)): path.is_file() and path.stat().st_mtime_ns for path in folder.rglob("*")}


def check_line(text: str, parts: list[str]) -> None:
    """One line in our words, safe on a terminal, with these parts."""
    assert "\n" not in text and text.isprintable(), ascii(text)
    assert not [word for word in FOREIGN if word in text], ascii(text)
    assert len(text) < 1000 or "x" * 300 in text, ascii(text)
    for part in parts:
        assert part in text, ascii(text)
