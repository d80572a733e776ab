"""The command line, and what FuseSoC calls."""

from __future__ import annotations


def main() -> None:
    """The program finn-rtl."""
    from finn_rtl.cli import commands  # noqa: PLC0415 - most of the program is loaded by that

    commands.main()
