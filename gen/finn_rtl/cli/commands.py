"""Command line: finn-rtl build | export | simulate | demo | synth | infer | accuracy."""

from __future__ import annotations

import re
import shlex
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
from rich.progress import MofNCompleteColumn

from finn_rtl import api
from finn_rtl.cli.common import (
    MOST_SEED,
    OUT,
    WAVE_FRAMES,
    busy,
    data_option,
    emit,
    plan_of,
    plan_options,
    prepared,
    progress_bar,
    refuse,
    refuse_data,
    scheduler_option,
    show_plan,
    table_of,
    text_of,
    topology_of,
)
from finn_rtl.cli.program import cli
from finn_rtl.common.errors import FinnError
from finn_rtl.common.places import library, shipped_names
from finn_rtl.exports.package import export_ip, export_network, find_ip, ip_names, parse_parameters
from finn_rtl.meaning.integer import load_network
from finn_rtl.output.accelerator import DATA_WIDTHS, DEFAULT_DATA_WIDTH, HOSTS
from finn_rtl.plan.activity import Activity, differences, planned_activity


@cli.command()
@plan_options
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="DIR",
              help="New or empty folder for the files.")
@click.option("--host", type=click.Choice(HOSTS),
              help="What to put around the network: DMA and control registers (axi), a serial line (uart).")
@click.option("--data-width", type=click.Choice(DATA_WIDTHS), show_default=str(DEFAULT_DATA_WIDTH),
              help="Bits of a beat in memory, for --host axi.")
def build(net: str, output: Path, host: str | None, data_width: int | None, as_json: bool, **options: Any) -> None:
    """Write the hardware of NET: SystemVerilog top level, memory contents, FuseSoC core, plan.

    With --host an accelerator around it as well, and accelerator.json, which finn_rtl.driver opens.

    The core is named finn:built:NAME and depends on the IPs of finn-rtl's library:

    \b
      finn-rtl build sfc --fps 100000 -o sfc_hw
      fusesoc --cores-root="$(finn-rtl paths rtl)" --cores-root=sfc_hw run --target=lint finn:built:sfc
    """
    network, plan = prepared(net, options)
    with busy("writing the hardware"):
        files = api.build(network, plan, output, host, data_width)
    data = {**plan.report(), "files": [str(path) for path in files]}

    def show() -> None:
        show_plan(plan)
        OUT.print(f"{len(files)} files in {text_of(str(output))}; to check them with FuseSoC:")
        roots = " ".join(f"--cores-root={shlex.quote(str(root))}" for root in (library() / "rtl", output))
        OUT.print(text_of(f"fusesoc {roots} run --target=lint finn:built:{plan.topology.name}"))
    emit(as_json, data, show)


@cli.command()
@plan_options
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
        refuse({*options, "host", "data_width"}, f"is for networks, and {net} is an IP")
        with busy("reading the IP"):
            files = export_ip(net, output, given, name)
    else:
        if re.fullmatch(r"\w+", net) and net not in shipped_names() and not Path(net).exists():
            raise FinnError(f"{net}: neither an IP ({', '.join(ip_names())}), nor a shipped network"
                            f" ({', '.join(shipped_names())}), nor a topology file")
        network, plan = prepared(net, options)
        with busy("writing the hardware"):
            files = export_network(network, plan, output, host, data_width, given, name)
    data = {"files": [str(path) for path in files]}
    emit(as_json, data, lambda: OUT.print(f"{len(files)} files in {text_of(str(output))}; begin with README.txt"))


@cli.command()
@plan_options
@click.option("--frames", type=click.IntRange(min=1), metavar="N",
              help="Frames to stream; default: all test images, or 1,000 random frames.")
@data_option
@click.option("--seed", type=click.IntRange(min=0, max=MOST_SEED), default=api.DEFAULT_SEED, show_default=True,
              help="Of the random frames that are used where there is no data set.")
@click.option("--picture", type=click.Path(path_type=Path), metavar="PNG",
              help="Draw images with the labels that the RTL gave them.")
@click.option("--busy-picture", type=click.Path(path_type=Path), metavar="FILE",
              help="Draw how busy the layers are over time, planned and in RTL, and what they take.")
@click.option("--report", "page", type=click.Path(path_type=Path), metavar="HTML",
              help="Write the page on the design (finn-rtl report) with what the RTL did.")
@click.option("--keep", type=click.Path(path_type=Path), metavar="DIR",
              help="New or empty folder for all that is written meanwhile: RTL, memory contents, program, results.")
@click.option("--waves", type=click.Path(path_type=Path), metavar="VCD",
              help=f"Write all signals in all cycles to a file, of {WAVE_FRAMES} frames where --frames is not given.")
@click.option("--scores", is_flag=True, help="Let the RTL give all scores, not only the label, and compare each.")
@click.option("--as-synthesized", is_flag=True,
              help="Simulate the sums adder by adder, as they are synthesized: many times slower, the same results.")
def simulate(net: str, frames: int | None, data: Path | None, seed: int, picture: Path | None,
             busy_picture: Path | None, page: Path | None, keep: Path | None, waves: Path | None, scores: bool,
             as_synthesized: bool, as_json: bool, **options: Any) -> None:
    """Compile the RTL of NET with Verilator, stream frames through it, compare every result with the reference.

    Frames are the data set's test images (digits come with scikit-learn; MNIST, CIFAR-10: --data DIR), else random.
    Measured cycles must equal the plan's, and no result may differ: otherwise the exit status is 1. Sums are in plain
    arithmetic, proven equal to the adders that are synthesized; --as-synthesized takes these.
    """
    from finn_rtl.cli.charts import check_picture
    from finn_rtl.cli.pages import check_page
    from finn_rtl.cli.picture import draw_labels
    from finn_rtl.tools.simulation import result_summary
    from finn_rtl.tools.simulation import simulate as run

    for drawn in (picture, busy_picture):
        if drawn is not None:
            check_picture(drawn)
    if page is not None:
        check_page(page)
    topology, path = topology_of(net, scores)
    refuse_data(topology)
    if waves is not None and frames is None:
        frames = WAVE_FRAMES
    network = load_network(topology, path)
    chosen = api.choose_frames(network, frames, data, seed)
    if chosen.dataset is not None:
        refuse({"seed"}, f"is for random frames, and {topology.dataset} has test images")
    classes = topology.class_count
    if picture is not None and chosen.dataset is not None and classes < len(chosen.dataset.classes):
        raise FinnError(f"{topology.name}: --picture needs one of {len(chosen.dataset.classes)} classes, the"
                        f" network tells {classes}")
    if picture is not None and chosen.dataset is None:
        raise FinnError(f"{topology.name}: --picture needs images: name the data set's folder by --data")
    by_hand = frozenset(layer for layer, _ in options["folds"])
    plan = plan_of(topology, options, network.layers)
    with progress_bar(MofNCompleteColumn()) as progress:
        building = progress.add_task("compiling the RTL", total=None)
        streaming = progress.add_task("streaming frames", total=len(chosen.values), visible=False)

        def built() -> None:
            progress.remove_task(building)
            progress.update(streaming, visible=True)
        result = run(network, plan, chosen.values, lambda count: progress.advance(streaming, count), built, keep=keep,
                     waves=waves, as_synthesized=as_synthesized, has_work=busy_picture is not None or page is not None)
    is_detector = chosen.dataset is not None and chosen.dataset.boxes is not None
    labels = None if chosen.dataset is None or is_detector else chosen.dataset.labels
    summary = result_summary(plan, result, labels)
    if is_detector:
        assert chosen.dataset is not None
        summary |= {f"mean_precision_{who}": api.precision_of(topology, values, chosen.dataset).mean_precision
                    for who, values in (("rtl", result.outputs), ("reference", result.expected))}
    for what, place in (("picture", picture), ("page", page)):
        if place is not None:
            summary[what] = str(place)
    planned: Activity | None = None
    if busy_picture is not None and result.work is not None:
        planned = planned_activity(plan)
        summary |= {"busy_picture": str(busy_picture), "busy_values": result.work.worked.size,
                    "busy_values_that_differ": differences(planned, result.work)}
    is_exact = (result.latency_cycles == plan.latency_cycles
                and result.cycles_per_frame in (None, plan.cycles_per_frame))

    def show() -> None:
        table = table_of(f"{summary['net']}, scenario {text_of(summary['scenario'])}: {summary['frames']} frames"
                       f" {'(random)' if chosen.dataset is None else 'of ' + str(topology.dataset)} through the RTL",
                       ("", "RTL", "predicted"), ("",))
        if is_detector:
            table.add_row("mean average precision", f"{summary['mean_precision_rtl']:.4f}",
                          f"{summary['mean_precision_reference']:.4f} (reference)")
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
        OUT.print(f"[{colour}]{result.mismatches} mismatches[/] between RTL and reference; sums: {summary['sums']}")
        if planned is not None:
            OUT.print(f"busy over time: {summary['busy_values_that_differ']} of {summary['busy_values']} values differ"
                      " from the plan")
        for what, place in (("waves", waves), ("kept", keep)):
            if place is not None:
                OUT.print(f"{what}: {text_of(str(place))}")
        if not is_exact:
            OUT.print("[bold red]the RTL does not keep the plan's cycles[/]")
    emit(as_json, summary, show)
    if picture is not None and chosen.dataset is not None:
        names = tuple(plan.topology.class_name(i) for i in range(classes))
        if is_detector:
            from finn_rtl.cli.boxes_picture import draw_boxes

            draw_boxes(picture, chosen.dataset, api.boxes_found(topology, result.outputs), names,
                       f"{plan.topology.name}: mean average precision {summary['mean_precision_rtl']:.3f} in"
                       f" {summary['frames']} test scenes, by the RTL")
        else:
            draw_labels(picture, chosen.dataset, result.labels, names,
                        f"{plan.topology.name}: {summary['accuracy_rtl']:.2%} of {summary['frames']} test images right"
                        " (labels by the RTL; red: wrong, with the true label)")
        if not as_json:
            OUT.print(f"picture: {text_of(str(picture))}")
    if busy_picture is not None and planned is not None:
        from finn_rtl.cli.activity_picture import draw_activity

        draw_activity(busy_picture, plan, planned, result.work)
        if not as_json:
            OUT.print(f"picture: {text_of(str(busy_picture))}")
    if page is not None:
        from finn_rtl.cli.pages import save_page
        from finn_rtl.cli.report import measured_of, samples_of_rtl

        save_page(page, plan, by_hand, *samples_of_rtl(topology, chosen.dataset, result), measured_of(result))
        if not as_json:
            OUT.print(f"page: {text_of(str(page))}; open it in a browser")
    if result.mismatches or not is_exact:
        sys.exit(1)


@cli.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("finn-rtl-demo"), show_default=True,
              metavar="DIR", help="Folder for what is written, digits.png and digits.html.")
@click.pass_context
def demo(ctx: click.Context, output: Path) -> None:
    """Stream real handwritten digits through the RTL of a network: accuracy, cycles, a picture, a page on the design.

    The same as finn-rtl simulate digits --picture DIR/digits.png --report DIR/digits.html.
    """
    ctx.invoke(simulate, net="digits", picture=output / "digits.png", page=output / "digits.html")


@cli.command()
@plan_options
@click.option("--no-cache", is_flag=True, help="Synthesize all parts again, and keep none of what is found.")
@scheduler_option
def synth(net: str, no_cache: bool, scheduler: str | None, as_json: bool, **options: Any) -> None:
    """Synthesize NET with Yosys for 7 series: LUTs, flip-flops, block RAMs, DSPs.

    These are Yosys' figures (synth_xilinx), not Vivado's: no placement, no routing, no clock rate. Parts that did not
    change since they were synthesized last are taken from the user's cache folder.
    """
    from finn_rtl.common import workers
    from finn_rtl.tools.synth import network_parts, synthesis_summary, synthesize

    network, plan = prepared(net, options)
    with progress_bar(MofNCompleteColumn()) as progress, ExitStack() as stack:
        executor = None if scheduler is None else stack.enter_context(
            workers.on(scheduler, say=progress.console.print))
        task = progress.add_task("synthesizing", total=len(network_parts(network, plan)))
        total, parts = synthesize(network, plan, lambda _: progress.advance(task), use_cache=not no_cache,
                                  executor=executor)
    summary = synthesis_summary(plan, total, parts)

    def show() -> None:
        table = table_of(f"{summary['net']}, scenario {text_of(summary['scenario'])}, {summary['tool']}",
                       ("part", "LUT", "FF", "BRAM36", "DSP"), ("part",))
        for name, part in parts.items():
            table.add_row(name, str(part.lut), str(part.ff), f"{part.bram36:g}", str(part.dsp))
        table.add_section()
        table.add_row("all", str(total.lut), str(total.ff), f"{total.bram36:g}", str(total.dsp), style="bold")
        OUT.print(table)
        OUT.print(f"estimate was {summary['estimated_lut']} LUT, {summary['estimated_bram36']:g} BRAM36,"
                  f" {summary['estimated_dsp']} DSP")
    emit(as_json, summary, show)
