# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Rewrites the table of status.md from what is committed: results of proofs, planted faults, clocks, and costs.

python docs/status.py
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pages import DOCS, asked, replace_block, table

ROOT = DOCS.parent


@dataclass(frozen=True)
class Ip:
    """Where the results of an IP are.

    Args:
        page: its page in docs/ip.
        modules: those of its proofs; the page's name where there are none.
        tests: files of its cocotb tests, likewise.
        faults: its name in the results of planted faults, likewise.
    """

    page: str
    modules: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    faults: str = ""


IPS = (
    Ip("mvtu", modules=("mvtu", "mvtu_dot_binary", "mvtu_places"), tests=("mvtu", "mvtu_parts")),
    Ip("mvtu_products", modules=("mvtu_dot_planes", "mvtu_dot_parities", "mvtu_dot_dsp")),
    Ip("mvtu_precision"), Ip("mvtu_stream", modules=("mvtu_reorder",)),
    Ip("mvtu_unfolded", modules=("mvtu_unfolded", "mvtu_unfolded_rows", "mvtu_unfolded_terms"),
       tests=("mvtu_unfolded", "mvtu_unfolded_terms")),
    Ip("threshold"), Ip("requant"), Ip("bit_heap", modules=("bit_heap", "popcount")), Ip("label_select"), Ip("swu"),
    Ip("swu_parallel"), Ip("maxpool"), Ip("sumpool"), Ip("upsample"), Ip("add"), Ip("concat"), Ip("axis_register"),
    Ip("axis_fifo"), Ip("axis_fork"), Ip("axis_dwc"), Ip("axis_frame_guard"),
    Ip("parameter_loader", tests=("accelerator_load",)),
    Ip("axi_host", modules=("axi_host", "axi_host_registers"), tests=("axi_host", "axi_host_registers")),
    Ip("dma_mm2s"), Ip("dma_s2mm"), Ip("axi_read_arbiter"), Ip("weight_reader"),
    Ip("uart", modules=("uart_host", "uart_rx", "uart_tx", "uart_frame_buffer"), tests=("uart_host", "uart_line")),
)
NONE = "-"


def rows(text: str) -> list[list[str]]:
    """Cells of all Markdown tables in a text, without heads and rules."""
    found, lines = [], text.splitlines()
    for i, line in enumerate(lines):
        if line.startswith("|") and not re.match(r"\|\s*:?-", line) and not (
                i + 1 < len(lines) and re.match(r"\|\s*:?-", lines[i + 1])):
            found.append([cell.strip().strip("`*") for cell in line.strip("|").split("|")])
    return found


def block(page: Path, name: str) -> str:
    """What stands between the markers of a block; empty where there is none."""
    found = re.search(rf"<!-- {name}:begin -->\n(.*?)<!-- {name}:end -->", page.read_text(encoding="utf-8"), re.DOTALL)
    return found[1] if found else ""


def span(values: Iterable[float]) -> str:
    """The least and the largest."""
    found = sorted(values)
    if not found:
        return NONE
    return f"{found[0]:,.0f}" if found[0] == found[-1] else f"{found[0]:,.0f} - {found[-1]:,.0f}"


def number(cell: str) -> float:
    """Of a cell of a table."""
    return float(cell.replace(",", ""))


def proofs(ip: Ip) -> str:
    """How many there are, and whether they hold for any number of cycles."""
    names = ip.modules or (ip.page,)
    found = [row for row in rows(block(DOCS / "formal.md", "proofs")) if row[0] in names]
    if not found:
        return NONE
    passed = [row for row in found if row[6] == "PASS"]
    unbounded = sum(row[4] == "unbounded" for row in passed)
    failed = f", {len(found) - len(passed)} fail" if len(passed) < len(found) else ""
    return f"{len(passed)}{'' if unbounded == len(passed) else f' ({unbounded} unbounded)'}{failed}"


def tests(ip: Ip) -> str:
    """Cocotb tests of its own."""
    count = 0
    for name in ip.tests or (ip.page,):
        text = (ROOT / "verif" / "cocotb_tests" / f"{name}.py").read_text(encoding="utf-8")
        count += len(re.findall(r"^@(?:each|cocotb\.test)\(", text, re.MULTILINE))
    return str(count) if count else NONE


def simulators(ip: Ip) -> str:
    """Those on which its tests run."""
    names = [ip.page, *(ip.tests or ())]
    files = [ROOT / "verif" / f"test_{name}.py" for name in dict.fromkeys(names)]
    both = any("runner.simulators()" in file.read_text(encoding="utf-8") for file in files if file.exists())
    return "Icarus, Verilator" if both else NONE


def faults(ip: Ip) -> str:
    """Share of the planted faults that was found, of how many."""
    results = json.loads((ROOT / "verif" / "mutation" / "results.json").read_text(encoding="utf-8"))
    found = results.get(ip.faults or ip.page)
    if found is None:
        return NONE
    killed = sum(found["killed"].values())
    planted = killed + len(found["survivors"])
    return f"{killed / planted:.0%} of {planted}"


def luts(ip: Ip) -> str:
    """Of 6 inputs, least and largest row of the page."""
    cost = rows(block(DOCS / "ip" / f"{ip.page}.md", "cost"))
    return span(number(row[-3]) for row in cost)


def clocks(ip: Ip) -> str:
    """MHz, least and largest row of bench/fmax.md."""
    names = {ip.page, *ip.modules}
    return span(number(row[5]) for row in rows((ROOT / "bench" / "fmax.md").read_text(encoding="utf-8"))
                if row[0] in names)


def coverage() -> str:
    """What verification.md says of all IPs together."""
    text = (DOCS / "verification.md").read_text(encoding="utf-8").split("## Coverage")[1].split("\n## ")[0]
    found = {row[0].split()[0]: row[1] for row in rows(text)}
    return (f"Coverage is measured for all IPs together: lines {found['lines']}, branches {found['branches']}, toggles"
            f" of single bits {found['toggles']} ([how](verification.md#coverage)).")


def status() -> str:
    """The block of status.md."""
    lines = [(f"[{ip.page}](ip/{ip.page}.md)", simulators(ip), tests(ip), proofs(ip), faults(ip), luts(ip), clocks(ip))
             for ip in IPS]
    head = ("IP", "simulators", "tests", "proofs", "planted faults found", "LUT", "Fmax, MHz")
    return f"{table(head, lines, 2)}\n{coverage()}\n"


def main() -> None:
    """Rewrite it."""
    asked(__doc__)
    replace_block(DOCS / "status.md", "status", status())


if __name__ == "__main__":
    main()
