"""What the commands have in common: options, plans, tables, and how they speak."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click
from click.core import ParameterSource
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from finn_rtl.common.errors import FinnError
from finn_rtl.common.schema import printable
from finn_rtl.description.networks import find_topology
from finn_rtl.description.topology import Topology, with_scores
from finn_rtl.ips.base import Products
from finn_rtl.operators.schema import Fold
from finn_rtl.plan.device_file import load_device
from finn_rtl.plan.devices import DEVICES, Device, Memories, fits
from finn_rtl.plan.plan import DEFAULT_CLOCK_MHZ, DEFAULT_DEVICE, Plan, make_plan
from finn_rtl.plan.requants import may_requant, wants_requant

if TYPE_CHECKING:
    from finn_rtl.common.integers import IntegerLayer
    from finn_rtl.meaning.integer import Network

# Results go to standard output, everything else to standard error.
OUT = Console(highlight=False, soft_wrap=True)
if not OUT.is_terminal:
    OUT.width = 10_000  # nothing to fit tables into
ERR = Console(stderr=True, highlight=False, soft_wrap=True)
# With waves, which grow by megabytes a frame, where no number is given.
WAVE_FRAMES = 10
MOST_SEED = (1 << 64) - 1


def text_of(value: str) -> str:
    """Text of others in ours: no markup, no control characters."""
    return escape(printable(value))


class FoldOption(click.ParamType[tuple[str, Fold]]):
    """LAYER=SIMDxPE, behind it a w for whole windows, @ and pixels a beat, or r and vectors for weights from DRAM."""

    name = "LAYER=SIMDxPE[w][@PIXELS|rREUSE]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Fold]:
        """One fold."""
        found = re.fullmatch(r"(\w+)=([1-9][0-9]{0,8})x([1-9][0-9]{0,8})(w?)"
                             r"(?:@([1-9][0-9]{0,8})|r([1-9][0-9]{0,8}))?", str(value), re.ASCII)
        if found is None:
            self.fail(f"{value!r}: must look like fc0=49x16 (SIMD 49, PE 16), conv1=576x8w (whole windows),"
                      " conv1=576x64w@4 (of 4 pixels a beat), or conv1=64x8r13 (weights from DRAM, each for 13"
                      " vectors)", param, ctx)
        return found[1], Fold(simd=int(found[2]), pe=int(found[3]), window=bool(found[4]), pixels=int(found[5] or 1),
                              reuse=int(found[6] or 0))


class ArithmeticOption(click.ParamType[tuple[str, Products]]):
    """LAYER=lut, LAYER=dsp or LAYER=serial."""

    name = "LAYER=lut|dsp|serial"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Products]:
        """One layer's."""
        layer, _, products = str(value).partition("=")
        known = next((known for known in get_args(Products) if layer and known == products), None)
        if known is None:
            self.fail(f"{value!r}: must look like conv1=dsp, conv1=lut or conv1=serial", param, ctx)
        return layer, known


def device_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that choose a device; see device_of."""
    for option in reversed((
        click.option("--device", type=click.Choice(sorted(DEVICES)), default=DEFAULT_DEVICE, show_default=True,
                     help="Device that must hold the design."),
        click.option("--device-file", type=click.Path(path_type=Path), metavar="JSON",
                     help="A file that describes any other device (docs/devices.md)."),
    )):
        command = option(command)
    return command


def plan_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the network and the options that choose its hardware."""
    for option in reversed((
        click.argument("net"),
        click.option("--scenario", show_default="max",
                     help="What to aim for: fit (as fast as the device allows), fix (9,000 frames a second), max (as"
                          " fast as the topology says, else as fit), or another name from the topology."),
        click.option("--fps", type=float, help="Frames a second to reach, instead of a scenario."),
        clock_option,
        device_options,
        click.option("--fold", "folds", type=FoldOption(), multiple=True,
                     metavar="LAYER=SIMDxPE[w][@PIXELS|rREUSE]",
                     help="Fold a layer by hand, w: in whole windows, @: with several pixels a beat, r: with weights"
                          " from DRAM, each word for so many vectors; may be given for several layers."),
        click.option("--arithmetic", "arithmetics", type=ArithmeticOption(), multiple=True,
                     metavar="LAYER=lut|dsp|serial",
                     help="Compute a layer's products in LUTs, in DSPs, or bit by bit in more cycles; may be given for"
                          " several layers. LUTs or DSPs by cost when not given."),
        click.option("--memories", type=click.Choice(get_args(Memories)), default="cost", show_default=True,
                     help="Where weights and thresholds go: where they cost least, to LUTs alone, or to block RAMs as"
                          " long as there are any."),
        click.option("--changeable", type=click.IntRange(0, 2), default=0, metavar="BANKS",
                     help="Weights and thresholds that can be loaded at run time, into memories of 1 bank or 2;"
                          " constants when not given."),
        click.option("--dram", type=float, metavar="BYTES_PER_SECOND",
                     help="Weights of layers that do not fit on chip may come from a memory that gives so much."),
        click.option("--from-dram", "from_dram", multiple=True, metavar="LAYER",
                     help="A layer whose weights come from there, whether they fit or not; may be given for several."
                          " Without --dram, at the rate of the board that the device is known with."),
        click.option("--input-width", type=click.IntRange(min=1), metavar="BITS",
                     help="Width of the input stream; chosen when not given."),
        json_option,
    )):
        command = option(command)
    return command


clock_option = click.option("--clock", "clock_mhz", type=float, default=DEFAULT_CLOCK_MHZ, show_default=True,
                            metavar="MHZ", help="Clock wished for: rates and microseconds are counted with it, and"
                                                " it decides how many registers layers get.")
json_option = click.option("--json", "as_json", is_flag=True,
                            help="Print one JSON object to standard output, and nothing else there.")
scheduler_option = click.option("--scheduler", metavar="tcp://HOST:PORT",
                                help="Other machines: the workers of this Dask scheduler (docs/cluster.md).")
data_option = click.option("--data", type=click.Path(path_type=Path), envvar="FINN_DATA", metavar="DIR",
                            help="Folder with the data set's files (environment: FINN_DATA).")


def topology_of(net: str, scores: bool = False) -> tuple[Topology, Path]:
    """A network's topology, with its file; with `scores` it leaves all scores."""
    topology, path = find_topology(net)
    return with_scores(topology) if scores else topology, path


def device_of(options: dict[str, Any]) -> str | Device:
    """The device that the options ask for, which are taken out."""
    name, path = options.pop("device"), options.pop("device_file")
    if path is None:
        return str(name)
    refuse({"device"}, f"cannot be given together with --device-file {path}")
    return load_device(path)


def plan_of(topology: Topology, options: dict[str, Any], layers: Mapping[str, IntegerLayer] | None = None) -> Plan:
    """The plan that the options ask for, which are taken out."""
    device = device_of(options)
    folds: dict[str, Fold] = {}
    for layer, fold in options.pop("folds"):
        if layer in folds:
            raise FinnError(f"--fold {layer}: is given twice")
        folds[layer] = fold
    arithmetic: dict[str, Products] = {}
    for layer, products in options.pop("arithmetics"):
        if layer in arithmetic:
            raise FinnError(f"--arithmetic {layer}: is given twice")
        arithmetic[layer] = products
    for layer, fold in folds.items():
        try:
            topology.check_fold(layer, fold)
        except ValueError as error:
            raise FinnError(f"{topology.name}: --fold: {error}") from None
    with busy("planning"):
        return make_plan(topology, device=device, folds=folds, arithmetic=arithmetic, layers=layers, **options)


def prepared(net: str, options: dict[str, Any]) -> tuple[Network, Plan]:
    """A network with its parameters, and its plan."""
    from finn_rtl.meaning.integer import load_network  # noqa: PLC0415 - a plan needs no parameters

    topology, path = topology_of(net)
    with busy("reading the parameters"):
        network = load_network(topology, path)
    return network, plan_of(topology, options, network.layers)


def layers_for_plan(topology: Topology, path: Path) -> Mapping[str, IntegerLayer] | None:
    """The integers of a network's layers where a plan depends on them and they are at hand; None elsewhere."""
    needs = any(map(wants_requant, topology.layers))
    if not needs and not (any(map(may_requant, topology.layers)) and (path.parent / topology.parameters).is_file()):
        return None
    from finn_rtl.meaning.integer import load_network  # noqa: PLC0415 - most plans need no parameters

    with busy("reading the parameters"):
        return load_network(topology, path).layers


def refuse(names: Collection[str], reason: str) -> None:
    """Refuse options that were given on the command line and would mean nothing."""
    context = click.get_current_context()
    for option in context.command.params:
        if option.name in names and context.get_parameter_source(option.name) is ParameterSource.COMMANDLINE:
            raise FinnError(f"{option.opts[0]}: {reason}")


def refuse_data(topology: Topology) -> None:
    """Refuse a folder of data that would not be looked at."""
    from finn_rtl.description.data import BUILT_IN  # noqa: PLC0415 - a plan needs no data

    if topology.dataset is None:
        refuse({"data"}, f"the topology of {topology.name} names no data set (key 'dataset')")
    elif topology.dataset in BUILT_IN:
        refuse({"data"}, f"data set {topology.dataset} needs no folder, it comes with scikit-learn")


def emit(as_json: bool, data: dict[str, Any], show: Callable[[], None]) -> None:
    """Prints results: as JSON, or as `show` does."""
    if as_json:
        click.echo(json.dumps(data, indent=2))
    else:
        show()


def progress_bar(*counts: ProgressColumn) -> Progress:
    """A bar on standard error, while it is a terminal."""
    return Progress(TextColumn("{task.description}"), BarColumn(), *counts, TimeElapsedColumn(), console=ERR,
                    transient=True, disable=not ERR.is_terminal)


@contextmanager
def busy(what: str) -> Iterator[None]:
    """A sign of life while something may take long."""
    with progress_bar() as progress:
        progress.add_task(what, total=None)
        yield


def table_of(title: str, columns: Sequence[str], left: Collection[str] = ()) -> Table:
    """An empty table; columns not in `left` are aligned to the right. Nothing in it is cut off."""
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, show_edge=False, pad_edge=False,
                  collapse_padding=True)
    for name in columns:
        table.add_column(name, justify="left" if name in left else "right", overflow="fold")
    return table


def show_plan(plan: Plan) -> None:
    """Prints a plan as a table."""
    report = plan.report()
    table = table_of(
        f"{report['net']}, scenario {text_of(report['scenario'])}, {plan.clock_mhz:g} MHz, {plan.device.name}",
        ("layer", "inputs", "units", "SIMD", "PE", "cycles", "busy", "weights in", "LUT ~", "BRAM36 ~", "DSP"),
        ("layer", "weights in"))
    for layer in report["layers"]:
        simd = f"{layer['simd']}{'w' if layer['whole_windows'] else ''}"
        simd += f" @{layer['pixels']}" if layer["pixels"] > 1 else ""
        table.add_row(layer["name"], str(layer["inputs"]), str(layer["units"]), simd, str(layer["pe"]),
                      str(layer["cycles"]), f"{layer['busy']:.0%}", layer["weights_in"], str(layer["estimated_lut"]),
                      f"{layer['estimated_bram36']:g}", str(layer["estimated_dsp"]))
    OUT.print(table)
    if names := ", ".join(layer["name"] for layer in report["layers"] if layer["levels_by"] == "requant"):
        OUT.print(f"levels made by requant: {names}")
    OUT.print(f"[bold]{report['cycles_per_frame']}[/] cycles a frame, {report['fps']:,.0f} frames a second, latency"
              f" {report['latency_cycles']} cycles = {report['latency_us']:g} us; limited by {report['limited_by']}")
    OUT.print(f"about {report['estimated_lut']} LUT, {report['estimated_bram36']:g} BRAM36 and"
              f" {report['estimated_dsp']} DSP (estimates; for synthesized figures: finn-rtl synth)")
    if not fits(plan.pipeline, plan.device):
        OUT.print(f"[bold]more than {plan.device.name} has[/]: {plan.device.lut} LUT, {plan.device.bram36} BRAM36 and"
                  f" {plan.device.dsp} DSP")
    if dram := report["dram"]:
        words = ", ".join(f"{layer['name']} {layer['passes_per_frame']} x {layer['words']} words of"
                          f" {layer['word_bits']} bits, each for {layer['reuse']} vector{'s' * (layer['reuse'] > 1)}"
                          for layer in dram["layers"])
        OUT.print(f"weights from DRAM: {words}; {dram['used_bytes_per_second'] / 1e6:,.1f} of"
                  f" {dram['bytes_per_second'] / 1e6:,.1f} MB/s")
    OUT.print(f"input: {report['input_beats']} beats of {report['input_width']} bits a frame; buffers (beats): "
              + ", ".join(f"{name} {depth}" for name, depth in report["fifos"].items()))
