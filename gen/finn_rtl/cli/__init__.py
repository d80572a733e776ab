"""The command line, and what FuseSoC calls."""

from __future__ import annotations


def main() -> None:
    """The program finn-rtl."""
    from finn_rtl.cli import program  # noqa: PLC0415 - FuseSoC needs none of it

    program.main()
