"""python -m finn_rtl.cli is finn-rtl."""

from __future__ import annotations

from finn_rtl.cli import main

main()
