"""From a topology and the folding of its layers to a pipeline."""

from __future__ import annotations

from collections.abc import Mapping

from finn_rtl.common.numbers import ceil_div, divisors
from finn_rtl.description.topology import Topology
from finn_rtl.ips.axis_dwc import WidthConverter
from finn_rtl.ips.axis_fork import Fork
from finn_rtl.ips.axis_frame_guard import Guard
from finn_rtl.ips.base import Ip
from finn_rtl.ips.label_select import LabelSelect
from finn_rtl.ips.matrix import Matrix
from finn_rtl.operators.base import converter
from finn_rtl.operators.schema import Fold
from finn_rtl.plan.pipeline import Builder, Pipeline, Port

# Widest input stream chosen by itself.
STREAM_WIDTH_LIMIT = 64


def ending(topology: Topology, last: Ip) -> list[Ip]:
    """What stands behind the last layer: the choice of the label, or what marks the last beat of a result."""
    (stream,) = last.outputs
    if last.lanes > 1:
        # Results leave pixel by pixel, without what stands behind a row's end.
        ofm, pixel = topology.maps[-1], stream.width // last.lanes
        rows = WidthConverter("result__rows", stream.width, pixel, ofm.width * pixel, ofm.height)
        return [rows, WidthConverter("result", pixel, pixel, ofm.pixels * pixel)]
    if topology.output == "label":
        assert isinstance(last, Matrix) and last.element is not None
        scores = last.mh, last.element_bits, last.element.signed
        if topology.labels == 1:
            return [LabelSelect(scores[0], last.pe, *scores[1:])]
        single = converter("label", stream.width, last.element_bits, stream.width, stream.beats)
        return [*([single] if single else []), LabelSelect(scores[0], 1, *scores[1:], topology.labels)]
    # A layer with a matrix marks its vectors; what takes a mark only passes it on, and inside there are none.
    if last.marks_last and not last.takes_last and not (isinstance(last, Matrix) and last.vectors > 1):
        return []
    return [WidthConverter("result", stream.width, stream.width, stream.beats * stream.width)]


def fork(topology: Topology, producer: int, width: int) -> Fork | None:
    """What gives the map behind a layer (-1: the input) to all that read it; None for a single reader."""
    readers = topology.readers(producer)
    ofm = topology.map_behind(producer)
    beats = ceil_div(ofm.frame_bits, width)
    if producer >= 0 and width > ofm.pixel_bits:
        beats = ofm.height * ceil_div(ofm.width * ofm.pixel_bits, width)
    return Fork(topology.layers[producer].name if producer >= 0 else "input", width, beats, readers) \
        if readers > 1 else None


def folded_stages(topology: Topology, index: int, fold: Fold) -> tuple[Ip, ...]:
    """The IPs of a layer that is folded, whatever stream comes."""
    layer, ifms = topology.layers[index], topology.ifms(index)
    return layer.stages(ifms, layer.widths(ifms, [ifm.pixel_bits for ifm in ifms], fold), fold)


def input_widths(topology: Topology, first: Fold | None, width: int | None) -> list[int]:
    """Bits of the input stream: as asked for, as the topology says, or those fit for the first layer, folded."""
    if width is None:
        width = topology.input.stream_width
    if width is not None:
        return [width]
    layer, ifm = topology.layers[0], topology.input.map
    if first is None:
        return stream_widths(ifm.frame_bits, ifm.pixel_bits, None)
    (natural,) = layer.widths((ifm,), (ifm.pixel_bits,), first)
    pace = max(ip.frame_cycles for ip in folded_stages(topology, 0, first))
    return stream_widths(ifm.frame_bits, natural, pace)


def stream_widths(frame_bits: int, natural: int, pace: int | None) -> list[int]:
    """Widths of the input stream to choose from where the user leaves it open, ascending.

    Divisors of the width `natural` that the first layer takes: the largest within STREAM_WIDTH_LIMIT; where that does
    not bring a frame in `pace` cycles, also the smallest that does, or else `natural`; all, where the pace is open.
    """
    found = divisors(natural)
    narrow = max(width for width in found if width <= STREAM_WIDTH_LIMIT)
    wide = [width for width in found if width > narrow]
    if pace is None:
        return [narrow, *wide]
    if ceil_div(frame_bits, narrow) <= pace:
        return [narrow]
    return [narrow, next((width for width in wide if ceil_div(frame_bits, width) <= pace), natural)]


def build_pipeline(topology: Topology, folds: Mapping[str, Fold], width: int | None = None) -> Pipeline:
    """Connect the IPs of a folded network.

    Args:
        topology: the network.
        folds: of every layer that has foldings, legal.
        width: bits of the input stream; None for the topology's, or the narrowest that holds up no matrix.
    """
    frame_bits = topology.input.map.frame_bits
    if width is None:
        slowest = max(ip.frame_cycles for index, layer in enumerate(topology.layers) if layer.is_folded
                      for ip in folded_stages(topology, index, folds[layer.name]) if isinstance(ip, Matrix))
        choices = input_widths(topology, folds.get(topology.layers[0].name), None)
        width = next((choice for choice in choices if ceil_div(frame_bits, choice) <= slowest), choices[-1])
    builder = Builder(Guard(width, ceil_div(frame_bits, width), 2))
    waiting: dict[int, list[Port]] = {}

    def publish(producer: int, port: Port) -> None:
        split = fork(topology, producer, builder.width(port))
        if split is not None:
            node = builder.add(split, [port]).node
            waiting[producer] = [Port(node, number) for number in range(split.readers)]
        else:
            waiting[producer] = [port]

    publish(-1, Port(0))
    for index, layer in enumerate(topology.layers):
        fold = folds.get(layer.name)
        ports = [waiting[source].pop(0) for source in topology.sources[index]]
        ifms, offered = topology.ifms(index), [builder.width(port) for port in ports]
        widths = layer.widths(ifms, offered, fold)
        leads = layer.converters(ifms, offered, widths, topology.dense(index))
        ports = [builder.chain(lead, port) for lead, port in zip(leads, ports, strict=True)]
        first, *others = layer.stages(ifms, widths, fold)
        last = builder.chain(others, builder.add(first, ports))
        if index == len(topology.layers) - 1:
            last = builder.chain(ending(topology, builder.nodes[last.node].ip), last)
        publish(index, last)
    return builder.finish()
