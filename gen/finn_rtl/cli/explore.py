"""Command line: finn-rtl explore."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar, get_args

import click
from rich.progress import MofNCompleteColumn

from finn_rtl.cli.common import (
    OUT,
    busy,
    clock_option,
    emit,
    json_option,
    progress_bar,
    refuse,
    scheduler_option,
    table_of,
    text_of,
)
from finn_rtl.cli.program import cli
from finn_rtl.common.errors import FinnError
from finn_rtl.common.files import check_new_folder
from finn_rtl.common.places import shipped_names
from finn_rtl.plan.device_file import load_device
from finn_rtl.plan.devices import DEVICES, Device, Memories
from finn_rtl.plan.plan import DEFAULT_DEVICE
from finn_rtl.tools.explore import (
    USUAL_RATES,
    Design,
    Miss,
    find_designs,
    formats_of,
    jobs_of,
    judged,
    kept_designs,
    table_text,
)

Value = TypeVar("Value")
PICTURES = ("png", "svg", "pdf")


def _once(option: str, values: Sequence[Value]) -> list[Value]:
    """Values of an option that may be given for several, but each once."""
    for index, value in enumerate(values):
        if value in values[:index]:
            raise FinnError(f"{option} {value}: is given twice")
    return list(values)


def _devices(names: Sequence[str], files: Sequence[Path]) -> list[Device]:
    """All devices asked for, the usual one where there is none."""
    found = [DEVICES[name] for name in _once("--device", names)]
    for path in _once("--device-file", files):
        device = load_device(path)
        if any(device.name == other.name for other in found):
            raise FinnError(f"--device-file {path}: another file has a device {device.name!r}, too")
        found.append(device)
    return found or [DEVICES[DEFAULT_DEVICE]]


def _rates(values: Sequence[float]) -> list[float | None]:
    """Frames a second to try; None is the fastest."""
    for value in _once("--fps", values):
        if not (isfinite(value) and value > 0):
            raise FinnError(f"--fps {value:g}: must be greater than 0 and finite")
    return list(values) or [None, *USUAL_RATES]


def _pictures(devices: Sequence[Device], designs: Sequence[Design], clock_mhz: float, kind: str) -> dict[str, bytes]:
    """A picture for each device that has designs, by its file's name."""
    from finn_rtl.cli.charts import image_of  # noqa: PLC0415 - for pictures alone
    from finn_rtl.cli.explore_picture import device_figure  # noqa: PLC0415

    found: dict[str, bytes] = {}
    for number, device in enumerate(devices):
        own = [one for one in designs if one.device == device.name]
        name = re.sub(r"[^A-Za-z0-9-]", "_", device.name).lower()
        name = f"{name}_{number}" if f"{name}.{kind}" in found else name
        if own:
            found[f"{name}.{kind}"] = image_of(device_figure(device, own, clock_mhz), kind)
    return found


def _show(designs: Sequence[Design], misses: Sequence[Miss], clock_mhz: float) -> None:
    """Prints the best designs, and what cannot be met."""
    table = table_of(f"best designs at {clock_mhz:g} MHz: no other of the network and device is better in all",
                     ("device", "network", "format", "asked for", "memories", "frames a second", "latency, us", "LUT ~",
                      "BRAM36 ~", "DSP", "limited by"),
                     ("device", "network", "format", "asked for", "memories", "limited by"))
    for one in designs:
        if one.is_best:
            table.add_row(text_of(one.device), one.net, one.format, one.wish, one.memories, f"{one.fps:,.0f}",
                          f"{one.latency_us:,.2f}", str(one.estimated_lut), f"{one.estimated_bram36:g}",
                          str(one.estimated_dsp), one.limited_by)
    OUT.print(table)
    if misses:
        OUT.print(f"not met: {len(misses)} of the wishes, among them: {text_of(misses[0].why)}")


@cli.command()
@click.argument("net")
@click.option("--device", "names", type=click.Choice(sorted(DEVICES)), multiple=True, show_default=DEFAULT_DEVICE,
              help="A device that must hold the designs; may be given for several.")
@click.option("--device-file", "files", type=click.Path(path_type=Path), multiple=True, metavar="JSON",
              help="A file that describes another one (docs/devices.md); may be given for several.")
@click.option("--fps", "rates", type=float, multiple=True, metavar="N", show_default="the fastest, and 10^3 to 10^7",
              help="Frames a second to reach; may be given for several.")
@click.option("--memories", type=click.Choice(get_args(Memories)), multiple=True, show_default="all",
              help="Where weights and thresholds go, as for estimate; may be given for several.")
@click.option("--formats/--no-formats", "has_formats", default=True, show_default=True,
              help="Also the shipped networks of the same task in other number formats (NET_wXaY).")
@click.option("--dram", type=float, metavar="BYTES_PER_SECOND",
              help="Weights of layers that do not fit on chip may come from a memory that gives so much.")
@clock_option
@click.option("--workers", type=click.IntRange(min=1, max=1024), metavar="N", show_default="cores",
              help="Designs planned at once, each by a process of this machine.")
@scheduler_option
@click.option("--picture-format", "kind", type=click.Choice(PICTURES), default="png", show_default=True,
              help="Of the pictures.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="DIR",
              help="New or empty folder for tables and pictures.")
@json_option
def explore(net: str, names: tuple[str, ...], files: tuple[Path, ...], rates: tuple[float, ...],
            memories: tuple[Memories, ...], has_formats: bool, dram: float | None, clock_mhz: float,
            workers: int | None, scheduler: str | None, kind: str, output: Path, as_json: bool) -> None:
    """Plan many designs of NET: rates, devices, number formats, places of memories; tables and pictures.

    The folder gets designs.csv and designs.json with all designs, those marked that no other one beats, and a picture
    for each device. All figures are estimates and exact cycles, as those of estimate. Nothing is written before all is
    done.

    \b
      finn-rtl explore cnv --device xc7z020 --device xczu3eg -o cnv_designs
    """
    from finn_rtl.common import workers as pool  # noqa: PLC0415 - for this command alone
    from finn_rtl.common.store import shared_store  # noqa: PLC0415
    from finn_rtl.output.emit import write_files  # noqa: PLC0415
    from finn_rtl.plan import engine  # noqa: PLC0415

    check_new_folder(output)
    devices, wishes = _devices(names, files), _rates(rates)
    if scheduler is not None:
        refuse({"workers"}, "is for processes of this machine, and --scheduler names others")
        net = net if net in shipped_names() else str(Path(net).absolute())
    nets = formats_of(net) if has_formats else [net]
    jobs = jobs_of(nets, devices, _once("--memories", memories) or get_args(Memories), wishes, clock_mhz, dram)
    store = shared_store("explore")
    kept = kept_designs(store) if store else None
    with busy("preparing"):
        engine.library()  # else every process would build it
    with progress_bar(MofNCompleteColumn()) as progress, \
            pool.on(scheduler, workers, progress.console.print) as executor:
        task = progress.add_task("planning designs", total=len(jobs))
        answers = find_designs(executor, jobs, lambda count: progress.advance(task, count), kept)
    designs = judged(answer for answer in answers if isinstance(answer, Design))
    misses = [answer for answer in answers if isinstance(answer, Miss)]
    if not designs:
        raise FinnError(f"no design is possible; the first reason of {len(misses)}: {misses[0].why}")
    data: dict[str, Any] = {
        "net": net, "clock_mhz": clock_mhz, "networks": nets, "devices": [asdict(device) for device in devices],
        "designs": [asdict(design) for design in designs], "not_met": [asdict(miss) for miss in misses]}
    with busy("drawing"):
        pictures = _pictures(devices, designs, clock_mhz, kind)
    write_files({"designs.json": json.dumps(data, indent=2) + "\n", "designs.csv": table_text(designs), **pictures},
                output)

    def show() -> None:
        _show(designs, misses, clock_mhz)
        OUT.print(f"{len(designs)} designs of {len(jobs)} wishes in {text_of(str(output))}: designs.csv, designs.json,"
                  f" {', '.join(pictures)}; finn-rtl estimate prints the whole plan of one")
    emit(as_json, data, show)
