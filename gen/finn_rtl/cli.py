"""Command line: finn-rtl build | export | simulate | synth | estimate | infer | accuracy."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Collection
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import click
import numpy as np
from click.core import ParameterSource
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from finn_rtl import api, reference
from finn_rtl.accelerator import DATA_WIDTHS, DEFAULT_DATA_WIDTH, HOSTS
from finn_rtl.cost import DEVICES
from finn_rtl.data import BUILT_IN, pixel_max
from finn_rtl.driver.images import read_image
from finn_rtl.emit import package_version
from finn_rtl.errors import LOAD_ERRORS, FinnError
from finn_rtl.export import export_ip, export_network, find_ip, ip_names, parse_parameters
from finn_rtl.integer import Network, load_network
from finn_rtl.networks import find_topology, shipped_names
from finn_rtl.plan import DEFAULT_CLOCK_MHZ, DEFAULT_DEVICE, Plan, make_plan
from finn_rtl.schema import printable
from finn_rtl.topology import Fold, Topology, check_fold, encode_images, with_scores

# Results go to standard output, everything else to standard error.
OUT = Console(highlight=False, soft_wrap=True)
ERR = Console(stderr=True, highlight=False, soft_wrap=True)
BAD_INPUT = 2
MOST_SEED = (1 << 64) - 1


def _text(value: str) -> str:
    """Text of others in ours: no markup, no control characters."""
    return escape(printable(value))


class _FoldOption(click.ParamType[tuple[str, Fold]]):
    """LAYER=SIMDxPE, with a w behind it for whole windows."""

    name = "LAYER=SIMDxPE[w]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Fold]:
        """One fold."""
        found = re.fullmatch(r"(\w+)=([1-9][0-9]{0,8})x([1-9][0-9]{0,8})(w?)", str(value), re.ASCII)
        if found is None:
            self.fail(f"{value!r}: must look like fc0=49x16 (SIMD 49, PE 16), or conv1=576x8w (whole windows)", param,
                      ctx)
        return found[1], Fold(simd=int(found[2]), pe=int(found[3]), window=bool(found[4]))


def _plan_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed((
        click.argument("net"),
        click.option("--scenario", show_default="max",
                     help="What to aim for: fit (as fast as the device allows), fix (9,000 frames a second), max (as"
                          " fast as the topology says, else as fit), or another name from the topology."),
        click.option("--fps", type=float, help="Frames a second to reach, instead of a scenario."),
        click.option("--clock", "clock_mhz", type=float, default=DEFAULT_CLOCK_MHZ, show_default=True,
                     metavar="MHZ", help="Clock that rates and microseconds are counted with."),
        click.option("--device", type=click.Choice(sorted(DEVICES)), default=DEFAULT_DEVICE, show_default=True,
                     help="Device that must hold the design."),
        click.option("--fold", "folds", type=_FoldOption(), multiple=True,
                     metavar="LAYER=SIMDxPE[w]",
                     help="Fold a layer by hand, w: in whole windows; may be given for several layers."),
        click.option("--input-width", type=click.IntRange(min=1), metavar="BITS",
                     help="Width of the input stream; chosen when not given."),
        _json_option,
    )):
        command = option(command)
    return command


_json_option = click.option("--json", "as_json", is_flag=True,
                            help="Print one JSON object to standard output, and nothing else there.")
_data_option = click.option("--data", type=click.Path(path_type=Path), envvar="FINN_DATA", metavar="DIR",
                            help="Folder with the data set's files (environment: FINN_DATA).")


def _topology(net: str, scores: bool = False) -> tuple[Topology, Path]:
    topology, path = find_topology(net)
    return with_scores(topology) if scores else topology, path


def _plan(topology: Topology, options: dict[str, Any]) -> Plan:
    folds: dict[str, Fold] = {}
    for layer, fold in options.pop("folds"):
        if layer in folds:
            raise FinnError(f"--fold {layer}: is given twice")
        folds[layer] = fold
    for layer, fold in folds.items():
        try:
            check_fold(topology, layer, fold)
        except ValueError as error:
            raise FinnError(f"{topology.name}: --fold: {error}") from None
    return make_plan(topology, folds=folds, **options)


def _prepare(net: str, options: dict[str, Any]) -> tuple[Network, Plan]:
    topology, path = _topology(net)
    return load_network(topology, path), _plan(topology, options)


def _refuse(names: Collection[str], reason: str) -> None:
    """Refuse options that were given on the command line and would mean nothing."""
    context = click.get_current_context()
    for option in context.command.params:
        if option.name in names and context.get_parameter_source(option.name) is ParameterSource.COMMANDLINE:
            raise FinnError(f"{option.opts[0]}: {reason}")


def _refuse_data(topology: Topology) -> None:
    """Refuse a folder of data that would not be looked at."""
    if topology.dataset is None:
        _refuse({"data"}, f"the topology of {topology.name} names no data set (key 'dataset')")
    elif topology.dataset in BUILT_IN:
        _refuse({"data"}, f"data set {topology.dataset} needs no folder, it comes with scikit-learn")


def _emit(as_json: bool, data: dict[str, Any], show: Callable[[], None]) -> None:
    if as_json:
        click.echo(json.dumps(data, indent=2))
    else:
        show()


def _progress() -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                    console=ERR, transient=True, disable=not ERR.is_terminal)


def _show_plan(plan: Plan) -> None:
    report = plan.report()
    table = Table(title=f"{report['net']},"
                        f" scenario {_text(report['scenario'])}, {plan.clock_mhz:g} MHz, {plan.device.name}",
                  title_justify="left")
    for name in ("layer", "inputs", "units", "SIMD", "PE", "cycles", "busy", "weights in", "LUT ~", "BRAM36 ~"):
        table.add_column(name, justify="left" if name in ("layer", "weights in") else "right")
    for layer in report["layers"]:
        simd = f"{layer['simd']}{'w' if layer['whole_windows'] else ''}"
        table.add_row(layer["name"], str(layer["inputs"]), str(layer["units"]), simd, str(layer["pe"]),
                      str(layer["cycles"]), f"{layer['busy']:.0%}", layer["weights_in"], str(layer["estimated_lut"]),
                      f"{layer['estimated_bram36']:g}")
    OUT.print(table)
    OUT.print(f"[bold]{report['cycles_per_frame']}[/] cycles a frame, {report['fps']:,.0f} frames a second, latency"
              f" {report['latency_cycles']} cycles = {report['latency_us']:g} us; limited by {report['limited_by']}")
    OUT.print(f"about {report['estimated_lut']} LUT and {report['estimated_bram36']:g} BRAM36 (estimates; for"
              " synthesized figures: finn-rtl synth)")
    OUT.print(f"input: {report['input_beats']} beats of {report['input_width']} bits a frame; buffers (beats): "
              + ", ".join(f"{name} {depth}" for name, depth in report["fifos"].items()))


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_version(), prog_name="finn-rtl")
def cli() -> None:
    """Hardware for binarized neural networks, from a trained network and a frame rate.

    NET is a shipped network (digits, sfc, lfc, cnv) or a topology file; docs/topology.md describes that format.

    \b
    First steps, none of which needs more than this package:
      finn-rtl estimate sfc --scenario fix       what would it take?
      finn-rtl simulate digits                   stream real digits through the RTL
      finn-rtl build sfc --fps 100000 -o sfc_hw  write the hardware
      finn-rtl synth sfc --scenario fix          LUTs, flip-flops, block RAMs by Yosys
    """


@cli.command()
@_plan_options
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="DIR",
              help="New or empty folder for the files.")
@click.option("--host", type=click.Choice(HOSTS),
              help="What to put around the network: DMA and control registers (axi), a serial line (uart).")
@click.option("--data-width", type=click.Choice(DATA_WIDTHS), show_default=str(DEFAULT_DATA_WIDTH),
              help="Bits of a beat in memory, for --host axi.")
def build(net: str, output: Path, host: str | None, data_width: int | None, as_json: bool, **options: Any) -> None:
    """Write the hardware of NET: SystemVerilog top level, memory contents, FuseSoC core, plan.

    With --host an accelerator around it as well, and accelerator.json, which finn_rtl.driver opens.

    The core is named finn:built:NAME and depends on the IPs of this repository:

    \b
      finn-rtl build sfc --fps 100000 -o sfc_hw
      fusesoc --cores-root=sfc_hw run --target=lint finn:built:sfc
    """
    network, plan = _prepare(net, options)
    files = api.build(network, plan, output, host, data_width)
    data = {**plan.report(), "files": [str(path) for path in files]}

    def show() -> None:
        _show_plan(plan)
        OUT.print(f"{len(files)} files in {_text(str(output))}")
    _emit(as_json, data, show)


@cli.command()
@_plan_options
@click.option("-p", "parameters", multiple=True, metavar="NAME=VALUE",
              help="A parameter of the top level; may be given for several. One that ends in FILE is a path.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="DIR",
              help="New or empty folder for the files.")
@click.option("--name", help="Of the wrapper and of the Vivado IP; by default that of the top level, and _ip.")
@click.option("--host", type=click.Choice(HOSTS), help="What to put around a network, as for build.")
@click.option("--data-width", type=click.Choice(DATA_WIDTHS), show_default=str(DEFAULT_DATA_WIDTH),
              help="Bits of a beat in memory, for --host axi.")
def export(net: str, parameters: tuple[str, ...], output: Path, name: str | None, host: str | None,
           data_width: int | None, as_json: bool, **options: Any) -> None:
    """Write an IP or a network as one folder, for people outside FuseSoC.

    NET is an IP of rtl/, one of its modules, or a network. The folder has all sources and memory contents, files.f,
    a wrapper in plain Verilog with fixed parameters, and package.tcl, which makes a Vivado IP of it:

    \b
      finn-rtl export axis_fifo -p WIDTH=16 -p DEPTH=64 -o fifo_ip
      finn-rtl export cnv --host axi -o cnv_ip
      cd cnv_ip && vivado -mode batch -source package.tcl
    """
    given = parse_parameters(parameters)
    if find_ip(net) is not None:
        _refuse({*options, "host", "data_width"}, f"is for networks, and {net} is an IP")
        files = export_ip(net, output, given, name)
    else:
        if re.fullmatch(r"\w+", net) and net not in shipped_names() and not Path(net).exists():
            raise FinnError(f"{net}: neither an IP ({', '.join(ip_names())}), nor a shipped network"
                            f" ({', '.join(shipped_names())}), nor a topology file")
        files = export_network(*_prepare(net, options), output, host, data_width, given, name)
    data = {"files": [str(path) for path in files]}
    _emit(as_json, data, lambda: OUT.print(f"{len(files)} files in {_text(str(output))}; begin with README.txt"))


@cli.command()
@_plan_options
def estimate(net: str, as_json: bool, **options: Any) -> None:
    """Plan the hardware of NET: folding, exact cycles, estimated LUTs. Needs no trained parameters, writes nothing."""
    plan = _plan(_topology(net)[0], options)
    _emit(as_json, plan.report(), lambda: _show_plan(plan))


@cli.command()
@_plan_options
@click.option("--frames", type=click.IntRange(min=1), metavar="N",
              help="Frames to stream; default: all test images, or 1,000 random frames.")
@_data_option
@click.option("--seed", type=click.IntRange(min=0, max=MOST_SEED), default=api.DEFAULT_SEED, show_default=True,
              help="Of the random frames that are used where there is no data set.")
@click.option("--picture", type=click.Path(path_type=Path), metavar="PNG",
              help="Draw images with the labels that the RTL gave them.")
@click.option("--scores", is_flag=True, help="Let the RTL give all scores, not only the label, and compare each.")
def simulate(net: str, frames: int | None, data: Path | None, seed: int, picture: Path | None, scores: bool,
             as_json: bool, **options: Any) -> None:
    """Compile the RTL of NET with Verilator, stream frames through it, compare every result with the reference.

    Frames are the data set's test images (digits come with scikit-learn; MNIST, CIFAR-10: --data DIR), else random.
    Measured cycles must equal the plan's, and no result may differ: otherwise the exit status is 1.
    """
    from finn_rtl.picture import check_picture, draw_labels
    from finn_rtl.simulation import result_summary
    from finn_rtl.simulation import simulate as run

    if picture is not None:
        check_picture(picture)
    topology, path = _topology(net, scores)
    _refuse_data(topology)
    network = load_network(topology, path)
    chosen = api.choose_frames(network, frames, data, seed)
    if chosen.dataset is not None:
        _refuse({"seed"}, f"is for random frames, and {topology.dataset} has test images")
    classes = topology.maps[-1].elements
    if picture is not None and chosen.dataset is not None and classes < len(chosen.dataset.classes):
        raise FinnError(f"{topology.name}: --picture needs one of {len(chosen.dataset.classes)} classes, the"
                        f" network tells {classes}")
    if picture is not None and chosen.dataset is None:
        raise FinnError(f"{topology.name}: --picture needs images: name the data set's folder by --data")
    plan = _plan(topology, options)
    with _progress() as progress:
        building = progress.add_task("compiling the RTL", total=None)
        streaming = progress.add_task("streaming frames", total=len(chosen.values), visible=False)

        def built() -> None:
            progress.remove_task(building)
            progress.update(streaming, visible=True)
        result = run(network, plan, chosen.values, lambda count: progress.advance(streaming, count), built)
    labels = None if chosen.dataset is None else chosen.dataset.labels
    summary = result_summary(plan, result, labels)
    if picture is not None:
        summary["picture"] = str(picture)
    is_exact = (result.latency_cycles == plan.latency_cycles
                and result.cycles_per_frame in (None, plan.cycles_per_frame))

    def show() -> None:
        table = Table(title=f"{summary['net']}, scenario {_text(summary['scenario'])}: {summary['frames']} frames"
                            f" {'of ' + str(plan.topology.dataset) if labels is not None else '(random)'} through"
                            " the RTL", title_justify="left", show_header=True)
        for name in ("", "RTL", "predicted"):
            table.add_column(name, justify="left" if not name else "right")
        if labels is not None:
            table.add_row("accuracy", f"{summary['accuracy_rtl']:.2%}",
                          f"{summary['accuracy_reference']:.2%} (reference)")
        cycles = result.cycles_per_frame
        table.add_row("cycles a frame", "too few frames" if cycles is None else f"{cycles:g}",
                      str(plan.cycles_per_frame))
        table.add_row("latency, cycles", str(result.latency_cycles), str(plan.latency_cycles))
        table.add_row("slowest layer busy", "" if result.busy is None else f"{result.busy:.2%}",
                      f"{plan.schedule.busy[plan.pipeline.bottleneck().layer]:.2%}")
        table.add_row(f"frames a second at {plan.clock_mhz:g} MHz", f"{summary['fps']:,.0f}", f"{plan.fps:,.0f}")
        table.add_row(f"latency at {plan.clock_mhz:g} MHz, us", f"{summary['latency_us']:g}", f"{plan.latency_us:g}")
        OUT.print(table)
        colour = "green" if not result.mismatches else "bold red"
        OUT.print(f"[{colour}]{result.mismatches} mismatches[/] between RTL and reference")
        if not is_exact:
            OUT.print("[bold red]the RTL does not keep the plan's cycles[/]")
    _emit(as_json, summary, show)
    if picture is not None and chosen.dataset is not None:
        names = tuple(plan.topology.class_name(i) for i in range(classes))
        draw_labels(picture, chosen.dataset, result.labels, names,
                    f"{plan.topology.name}: {summary['accuracy_rtl']:.2%} of {summary['frames']} test images right"
                    " (labels by the RTL; red: wrong, with the true label)")
        if not as_json:
            OUT.print(f"picture: {_text(str(picture))}")
    if result.mismatches or not is_exact:
        sys.exit(1)


@cli.command()
@_plan_options
@click.option("--no-cache", is_flag=True, help="Synthesize all parts again, and keep none of what is found.")
def synth(net: str, no_cache: bool, as_json: bool, **options: Any) -> None:
    """Synthesize NET with Yosys for 7 series: LUTs, flip-flops, block RAMs.

    These are Yosys' figures (synth_xilinx), not Vivado's: no placement, no routing, no clock rate. Parts that did not
    change since they were synthesized last are taken from the user's cache folder.
    """
    from finn_rtl.synth import network_parts, synthesis_summary, synthesize

    network, plan = _prepare(net, options)
    with _progress() as progress:
        task = progress.add_task("synthesizing", total=len(network_parts(network, plan)))
        total, parts = synthesize(network, plan, lambda _: progress.advance(task), use_cache=not no_cache)
    summary = synthesis_summary(plan, total, parts)

    def show() -> None:
        table = Table(title=f"{summary['net']}, scenario {_text(summary['scenario'])}, {summary['tool']}",
                      title_justify="left")
        for name in ("part", "LUT", "FF", "BRAM36"):
            table.add_column(name, justify="left" if name == "part" else "right")
        for name, part in parts.items():
            table.add_row(name, str(part.lut), str(part.ff), f"{part.bram36:g}")
        table.add_section()
        table.add_row("all", str(total.lut), str(total.ff), f"{total.bram36:g}", style="bold")
        OUT.print(table)
        OUT.print(f"estimate was {summary['estimated_lut']} LUT, {summary['estimated_bram36']:g} BRAM36")
    _emit(as_json, summary, show)


@cli.command()
@click.argument("net")
@click.argument("images", nargs=-1, type=click.Path(path_type=Path))
@_data_option
@click.option("--frames", type=click.IntRange(min=1), metavar="N", help="How many test images, when no file is named.")
@click.option("--invert", is_flag=True, help="Pictures are dark on light, where the network expects light on dark.")
@_json_option
def infer(net: str, images: tuple[Path, ...], data: Path | None, frames: int | None, invert: bool,
          as_json: bool) -> None:
    """Classify with the integer-exact reference: IMAGES (pictures, or NPY files of uint8 images), or test images.

    Pictures are cut to the network's proportions and resized. An NPY file holds one image of the network's input shape,
    or several along a first axis.
    """
    network = api.load(net)
    topology = network.topology
    if images:
        _refuse({"data", "frames"}, "is for test images, and files are named")
        values = np.concatenate([encode_images(topology.input, _read_images(path, topology, invert), str(path))
                                 for path in images])
    else:
        _refuse({"invert"}, "is for pictures, and no file is named")
        _refuse_data(topology)
        values = api.dataset_frames(network, frames, data).values[:frames or 10]
    scores = reference.infer(network, values)
    found = reference.labels(scores)
    result = {"net": topology.name, "labels": found.tolist(),
              "classes": [topology.class_name(int(label)) for label in found], "scores": scores.tolist()}

    def show() -> None:
        for index, label in enumerate(found):
            OUT.print(f"{index:6d}  {_text(topology.class_name(int(label)))}  (score {scores[index, label]})")
    _emit(as_json, result, show)


def _read_images(path: Path, topology: Topology, invert: bool) -> np.ndarray[Any, np.dtype[np.uint8]]:
    shape = topology.input.shape
    if not path.is_file():
        raise FinnError(f"{path}: cannot be read ({'not a file' if path.exists() else 'No such file or directory'})")
    if path.suffix != ".npy":
        return read_image(path, shape, pixel_max(topology.dataset), invert=invert)[None]
    if invert:
        raise FinnError(f"{path}: --invert is for pictures, and this is an NPY file")
    try:
        array = np.load(path, allow_pickle=False)
    except OSError as error:
        raise FinnError(f"{path}: cannot be read ({error.strerror or error})") from None
    except LOAD_ERRORS as error:
        raise FinnError(f"{path}: not an NPY file of numbers ({' '.join(str(error).split())})") from None
    if not isinstance(array, np.ndarray):
        raise FinnError(f"{path}: an NPZ archive; an NPY file with one array is needed")
    if array.shape == shape:
        return array[None]
    if array.shape[1:] != shape or not len(array):
        raise FinnError(f"{path}: has shape {array.shape}, the network takes {shape}, or several such along a first"
                        " axis")
    return array


@cli.command()
@click.argument("net")
@_data_option
@_json_option
def accuracy(net: str, data: Path | None, as_json: bool) -> None:
    """Recompute the accuracy of NET on all test images, with the integer-exact reference."""
    network = api.load(net)
    _refuse_data(network.topology)
    found = api.accuracy(network, data)
    result = {"net": found.net, "dataset": found.dataset, "images": found.images, "correct": found.correct,
              "accuracy": found.accuracy}
    _emit(as_json, result, lambda: OUT.print(
        f"{found.net}: {found.accuracy:.2%} ({found.correct} of {found.images} test images of {found.dataset})"))


def _end_output() -> None:
    """Drop what standard output does not take: Python would try again when it ends, and complain."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main() -> None:
    """Entry point: bad input ends with one line on standard error and status 2."""
    for stream in (sys.stdout, sys.stderr):
        # A character that the terminal does not know is written as its number.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        cli(standalone_mode=False)
        sys.stdout.flush()
    except FinnError as error:
        ERR.print(f"[bold red]error:[/] {_text(str(error))}")
        sys.exit(BAD_INPUT)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(BAD_INPUT)
    except click.ClickException as error:
        where = f" (see {error.ctx.command_path} --help)" if isinstance(error, click.UsageError) and error.ctx else ""
        ERR.print(f"[bold red]error:[/] {_text(error.format_message())}{_text(where)}")
        sys.exit(BAD_INPUT)
    except BrokenPipeError:
        # Who read the output has seen enough.
        _end_output()
        sys.exit(1)
    except OSError as error:
        _end_output()
        where = f"{error.filename}: " if error.filename else ""
        ERR.print(f"[bold red]error:[/] {_text(f'{where}{error.strerror or error}')}")
        sys.exit(BAD_INPUT)
    except (click.Abort, KeyboardInterrupt):
        ERR.print("interrupted")
        sys.exit(130)


if __name__ == "__main__":
    main()
