"""How the page on a design comes into its file: all of it or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from finn_rtl.cli.charts import check_file
from finn_rtl.common import processes
from finn_rtl.common.errors import FinnError

if TYPE_CHECKING:
    from finn_rtl.plan.plan import Plan
    from finn_rtl.report.page import Measured
    from finn_rtl.report.samples import Samples

ENDINGS = (".html", ".htm")


def check_page(path: Path) -> None:
    """See that a page can be written, before there is one.

    Raises:
        FinnError: its name has another ending, or it cannot be written there.
    """
    if path.suffix.lower() not in ENDINGS:
        raise FinnError(f"{path}: the page is HTML; its name must end in {' or '.join(ENDINGS)}")
    check_file(path, "page")


def save_page(path: Path, plan: Plan, by_hand: frozenset[str], samples: Samples | None, no_samples: str = "",
              measured: Measured | None = None) -> int:
    """Write the page on a design; see report.page.render_page. Returns its bytes.

    Args:
        path: of the page.
        plan: the design.
        by_hand: layers folded by hand on the command line.
        samples: pictures with their results.
        no_samples: why there are none.
        measured: what RTL did.

    Raises:
        FinnError: the file cannot be written.
    """
    from finn_rtl.report.page import render_page  # noqa: PLC0415 - for pages alone
    from finn_rtl.report.reasons import hand_folds  # noqa: PLC0415

    folded = by_hand | hand_folds(plan.topology, plan.scenario)
    content = render_page(plan, folded, samples, no_samples, measured).encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with processes.workspace(path.parent, f".{path.name[:32]}-") as work:
            fresh = work / "page.html"
            fresh.write_bytes(content)
            fresh.replace(path)
    except OSError as error:
        raise FinnError(f"{path}: the page cannot be written ({error.strerror or error})") from None
    return len(content)
