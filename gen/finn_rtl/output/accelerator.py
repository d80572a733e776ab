"""A network with what it needs to work for a host: DMA and registers, or a serial line."""

from __future__ import annotations

import hashlib
from typing import Any, Literal, get_args

from finn_rtl.common.errors import FinnError
from finn_rtl.common.numbers import whole_bytes
from finn_rtl.common.text import environment, module_name, package_version
from finn_rtl.description.data import pixel_max
from finn_rtl.driver.description import FILE, MOST_STRIDES, MOST_WEIGHTS, Description, WeightStream
from finn_rtl.driver.description import render as render_description
from finn_rtl.ips.axis_frame_guard import Guard
from finn_rtl.ips.catalog import check
from finn_rtl.ips.mvtu_stream import MvtuStream
from finn_rtl.meaning.integer import Network
from finn_rtl.output.emit import (
    cores,
    external_streams,
    fitted,
    joined,
    loaded_words,
    loader_parameters,
    render_core,
    render_parts,
)
from finn_rtl.output.identity import WORDS, identity
from finn_rtl.output.parameters import class_names, load_bytes
from finn_rtl.output.weights import weight_files
from finn_rtl.plan.pipeline import Result
from finn_rtl.plan.plan import Plan

Host = Literal["axi", "uart"]
HOSTS: tuple[Host, ...] = get_args(Host)
# Cores of the modules around the network.
HOST_IPS = {"axi": ("axi_host",), "uart": ("axis_dwc", "uart")}
DATA_WIDTHS = (32, 64, 128, 256, 512, 1024)
DEFAULT_DATA_WIDTH = 64
# Of a weight_reader: beats of its longest burst and of its buffer, which covers a latency of some 400 cycles.
READ_BURST = 64
READ_BUFFER = 512
# Layers that an axi_read_arbiter lets read from memory.
MOST_READERS = 16


def check_host(value: str) -> Host:
    """A host by its name.

    Raises:
        FinnError: there is none of that name.
    """
    for host in HOSTS:
        if value == host:
            return host
    raise FinnError(f"host {value!r} does not exist: one of {', '.join(HOSTS)}")


def check_data_width(value: int) -> int:
    """A width of beats in memory.

    Raises:
        FinnError: not a width that AXI and the DMAs know.
    """
    if value not in DATA_WIDTHS:
        raise FinnError(f"data width {value}: must be one of {', '.join(map(str, DATA_WIDTHS))}")
    return value


def describe(network: Network, plan: Plan, host: Host, data_width: int = DEFAULT_DATA_WIDTH) -> Description:
    """What a driver must know of the hardware.

    Raises:
        FinnError: a frame or a result is larger than axi_host takes.
    """
    return _describe(network, plan, host, data_width)[0]


def _describe(network: Network, plan: Plan, host: Host, data_width: int) -> tuple[Description, dict[str, bytes]]:
    """The same, and the files with weights that it tells of."""
    topology, result = plan.topology, plan.pipeline.result
    if plan.changeable and host != "axi":
        raise FinnError(f"{topology.name}: host {host!r} cannot load parameters; choose host 'axi', or none, for"
                        " changeable ones")
    if plan.pipeline.streamed and host != "axi":
        raise FinnError(f"{topology.name}: host {host!r} has no memory from which the weights of layer"
                        f" {plan.pipeline.streamed[0].layer!r} come; choose host 'axi', or none")
    words = identity(network, plan)
    contents = weight_files(network, plan, data_width // 8)
    description = Description(
        net=topology.name, host=host, identity=dict(zip(WORDS, words.words, strict=True)), shape=topology.input.shape,
        pixel_max=pixel_max(topology.dataset), element_bits=topology.input.map.bits,
        table=topology.input.encoding.table(), result_beats=result.beats, result_width=whole_bytes(result.width),
        values_per_beat=result.elements, value_bits=result.word, signed_values=result.signed,
        is_label=topology.output == "label", classes=class_names(plan),
        clock_mhz=plan.clock_mhz, data_width=8 if host == "uart" else check_data_width(data_width),
        boxes=None if topology.boxes is None else topology.boxes.form(topology.maps[-1]),
        weights=tuple(_weights(matrix, *item) for matrix, item in zip(plan.pipeline.streamed, contents.items(),
                                                                      strict=True)))
    for what, stride in (("frame", description.input_stride), ("result", description.output_stride)):
        if stride > MOST_STRIDES[host]:
            raise FinnError(f"{topology.name}: a {what} of {stride} bytes is too large for host {host!r}, which takes"
                            f" {MOST_STRIDES[host]}")
    _check_weights(description)
    return description, contents


def _weights(matrix: MvtuStream, file: str, data: bytes) -> WeightStream:
    """What a driver must know of a layer whose weights come from DRAM, and of the file that has them."""
    return WeightStream(matrix.layer, file, matrix.word_bits, matrix.words, matrix.reuse, len(data),
                        hashlib.sha256(data).hexdigest())


def _check_weights(description: Description) -> None:
    """Raise FinnError unless the host can read the weights of all layers that have them in DRAM."""
    if len(description.weights) > MOST_READERS:
        raise FinnError(f"{description.net}: the weights of {len(description.weights)} layers come from DRAM, and a"
                        f" port of its memory serves {MOST_READERS} at most; leave those of some on chip")
    if description.weights_size > MOST_WEIGHTS:
        raise FinnError(f"{description.net}: weights of {description.weights_size} bytes come from DRAM, and host"
                        f" 'axi' takes {MOST_WEIGHTS} at most; leave those of some layers on chip")


def _readers(description: Description) -> list[dict[str, Any]]:
    """What the template says of each layer whose weights come from DRAM."""
    return [{"name": stream.layer, "word_bits": stream.word_bits, "words": stream.words, "offset": offset}
            for stream, offset in zip(description.weights, description.weights_offsets, strict=True)]


def host_modules(host: Host, form: Description, guard: Guard, result: Result,
                 loaded: int = 0) -> dict[str, dict[str, int]]:
    """What the templates put around a network: modules and their parameters; `loaded` bytes has a set of parameters."""
    out_bits = whole_bytes(result.width)
    if host == "axi":
        more = {"LOAD_BYTES": loaded} if loaded else {}
        if form.weights:
            more["WEIGHTS_BYTES"] = form.weights_size
        return {"axi_host": {"DATA_W": form.data_width, "INPUT_W": guard.width, "INPUT_FRAME_BITS": form.frame_bits,
                             "RESULT_W": out_bits, "RESULT_BEATS": result.beats, **more}}
    return {"uart_host": {"FRAME_BYTES": form.input_stride},
            "axis_dwc": {"S_WIDTH": 8, "M_WIDTH": guard.width, "FRAME_BITS": form.frame_bits}}


def _unused(host: Host, plan: Plan) -> tuple[str, ...]:
    """Signals around a network that nothing looks at."""
    if host != "axi":
        return "out_tuser", "out_tlast", "unused_frame_tlast"
    names = () if plan.changeable else ("unused_load_tdata", "unused_load_tlast", "unused_load_tvalid")
    streamed = [f"unused_weights_{matrix.layer}" for matrix in plan.pipeline.streamed]
    if not streamed:
        return *names, "unused_weights_address", "unused_weights_run"
    # Several readers share a port, whose arbiter says these of all.
    shared = ("arsize", "arburst", "arcache", "arprot") if len(streamed) > 1 else ()
    return *names, *(f"{name}_{signal}" for name in streamed for signal in ("tlast", *shared))


def host_cores(host: Host, streamed: int) -> set[str]:
    """Names of the cores around a network of which so many layers take their weights from DRAM."""
    return {*HOST_IPS[host], *["weight_reader"] * (streamed > 0), *["axi_read_arbiter"] * (streamed > 1)}


def render_accelerator(network: Network, plan: Plan, host: Host,
                       data_width: int = DEFAULT_DATA_WIDTH) -> dict[str, str | bytes]:
    """All files of a network (emit.render) with its host: a top level around it, accelerator.json, weights for memory.

    Args:
        network: weights and thresholds.
        plan: its folding.
        host: "axi": finn_NET_axi with axi_host; "uart": finn_NET_uart with uart_host.
        data_width: bits of a beat in memory.

    Raises:
        FinnError: see describe.
    """
    description, contents = _describe(network, plan, host, data_width)
    module, guard, result = module_name(plan.topology.name), plan.pipeline.guard, plan.pipeline.result
    words = len(loaded_words(network, fitted(network, plan)))
    values: dict[str, Any] = {
        "version": package_version(), "topology": plan.topology, "module": module, "guard": guard, "result": result,
        "in_bits": whole_bytes(guard.width), "out_bits": whole_bytes(result.width),
        "frame_bits": description.frame_bits, "identity": identity(network, plan).parameter,
        "data_width": description.data_width, "frame_bytes": description.input_stride,
        "loader": loader_parameters(network, fitted(network, plan)) if plan.changeable else None,
        "load_bytes": load_bytes(words) if words else 0,
        "network_reset": "network_aresetn" if host == "axi" else "aresetn",
        "unused": _unused(host, plan), "streams": external_streams(plan),
        "weights": _readers(description), "weights_bytes": description.weights_size, "burst": READ_BURST,
        "buffer": READ_BUFFER, "outstanding": max(16, READ_BUFFER // READ_BURST * len(description.weights))}
    for part, parameters in host_modules(host, description, guard, result,
                                         load_bytes(words) if words else 0).items():
        check(part, parameters, f"{plan.topology.name}: host {host!r}")
    top = f"{module}_{host}"
    files = joined(render_parts(network, plan),
                   {f"{top}.sv": environment().get_template(f"network_{host}.sv.j2").render(**values)})
    core = render_core(plan, files, top, cores(plan) | host_cores(host, len(description.weights)))
    return joined(files, {f"{module}.core": core, FILE: render_description(description)}, contents)
