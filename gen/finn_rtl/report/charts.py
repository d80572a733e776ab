"""What the page draws, in shares of the room that it has there: strips over time, bars, the roofline."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from math import ceil, floor, isinf, log10

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.numbers import short
from finn_rtl.ips.base import Cost
from finn_rtl.plan.costs import costs_by_layer, modules_of
from finn_rtl.plan.plan import Plan
from finn_rtl.plan.roofline import Roofline

#: Colours of modules; those that take least share the last one.
MOST_COLOURS = 8
REST = "others"
# Of strips, seen on white and on black alike.
STRIP_RGB = (47, 128, 214)
# Pixels of the roofline.
ROOF_HEIGHT, LINE_HEIGHT = 400, 15


def data_uri(pixels: NDArray[np.uint8]) -> str:
    """A PNG inside an address: pixels (rows, columns), or with 3 or 4 channels behind."""
    from PIL import Image  # noqa: PLC0415 - for pages alone

    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "png")
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"


def strip(shares: NDArray[np.float64]) -> str:
    """A picture one pixel high, the less transparent the larger a share (bins,), 0 to 1."""
    pixels = np.empty((1, len(shares), 4), np.uint8)
    pixels[..., :3] = STRIP_RGB
    pixels[..., 3] = np.rint(np.clip(shares, 0, 1) * 255)
    return data_uri(pixels)


@dataclass(frozen=True)
class Part:
    """A part of a bar: the number of its colour, what it is, where it begins and how long it is, in percent."""

    colour: int
    name: str
    begin: float
    width: float
    value: str


@dataclass(frozen=True)
class Bars:
    """A kind of resources: what is used of what there is, and a bar for each layer."""

    name: str
    used: str
    most: str
    share: float
    rows: tuple[tuple[str, str, tuple[Part, ...]], ...]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) or value >= 100 else f"{value:,.1f}"


def resources(plan: Plan) -> tuple[tuple[Bars, ...], tuple[str, ...]]:
    """Bars for each kind of resources that the design uses or the device has, and the modules by their colours."""
    costs = costs_by_layer(plan.pipeline.ips, [layer.name for layer in plan.topology.layers])
    order = modules_of(costs)
    names = order if len(order) <= MOST_COLOURS else [*order[:MOST_COLOURS - 1], REST]
    found = []
    for field, name, most in (("lut", "LUT", plan.device.lut), ("bram36", "BRAM36", plan.device.bram36),
                              ("dsp", "DSP", plan.device.dsp)):
        used = float(getattr(plan.cost, field))
        if not used and not most:
            continue
        totals = {layer: sum(float(getattr(cost, field)) for cost in own.values()) for layer, own in costs.items()}
        longest = max(totals.values())
        rows = tuple((layer, _number(totals[layer]), _parts(costs[layer], names, order, field, longest))
                     for layer in costs if totals[layer])
        found.append(Bars(name, _number(used), _number(most), used / most if most else 0.0, rows))
    return tuple(found), tuple(names)


def _parts(own: dict[str, Cost], names: list[str], order: list[str], field: str, longest: float) -> tuple[Part, ...]:
    """The parts of a layer's bar."""
    values: dict[str, float] = {}
    for module in order:
        if module in own:
            name = module if module in names else REST
            values[name] = values.get(name, 0.0) + float(getattr(own[module], field))
    parts, begin = [], 0.0
    for name, value in values.items():
        if value:
            width = 100 * value / longest
            parts.append(Part(names.index(name), name, begin, width, _number(value)))
            begin += width
    return tuple(parts)


@dataclass(frozen=True)
class Line:
    """A line of the roofline, x in percent and y in pixels; `kind` is its class. `text` stands at its right end."""

    kind: str
    x1: float
    y1: float
    x2: float
    y2: float
    text: str = ""


@dataclass(frozen=True)
class Spot:
    """A design in the roofline."""

    kind: str
    x: float
    y: float
    text: str


@dataclass(frozen=True)
class RoofChart:
    """The roofline as lines and spots; ticks are (place, text)."""

    height: int
    lines: tuple[Line, ...]
    spots: tuple[Spot, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]


def roof_chart(line: Roofline) -> RoofChart:
    """Where everything is, on logarithmic axes of whole decades."""
    point = line.points[0]
    across = [point.per_port_byte, *([] if isinf(point.per_block_byte) else [point.per_block_byte]), line.streamed]
    heights = [*(roof.folded for roof in line.roofs), line.own.folded, line.own.constant or line.own.folded]
    left, right = floor(log10(min(across)) - 0.5), ceil(log10(max(across)) + 0.5)
    bottom, top = floor(log10(min(point.rate, *heights)) - 0.5), ceil(log10(max(point.rate, *heights)))

    def x(value: float) -> float:
        return round(100 * (log10(value) - left) / (right - left), 2)

    def y(value: float) -> float:
        return round(ROOF_HEIGHT * (top - log10(value)) / (top - bottom), 1)

    lines = [Line("roof", 0, y(roof.folded), 100, y(roof.folded), f"{roof.name} {short(roof.folded)}op/s")
             for roof in line.roofs]
    lines.append(Line("own", 0, y(line.own.folded), 100, y(line.own.folded)))
    if line.own.constant:
        lines.append(Line("constant", 0, y(line.own.constant), 100, y(line.own.constant)))
    for kind, rate in (("port", line.port), ("blocks", line.blocks)):
        if rate:
            begin, end = max(left, bottom - log10(rate)), min(right, top - log10(rate))
            if begin < end:
                lines.append(Line(kind, x(10**begin), y(rate * 10**begin), x(10**end), y(rate * 10**end)))
    spots = [Spot("port", x(point.per_port_byte), y(point.rate), f"{short(point.rate)}op/s")]
    if not isinf(point.per_block_byte):
        spots.append(Spot("blocks", x(point.per_block_byte), y(point.rate), ""))
    return RoofChart(ROOF_HEIGHT, tuple(_labelled(lines)), tuple(spots),
                     tuple((x(10.0**at), short(10.0**at).strip()) for at in range(left + 1, right)),
                     tuple((y(10.0**at), f"{short(10.0**at)}op/s") for at in range(bottom + 1, top)))


def _labelled(lines: list[Line]) -> list[Line]:
    """The lines, without labels that would lie on those of higher ones."""
    last = -1e9
    kept = []
    for line in sorted(lines, key=lambda one: one.y2):
        fits = bool(line.text) and line.y2 - last >= LINE_HEIGHT
        last = line.y2 if fits else last
        kept.append(line if fits else Line(line.kind, line.x1, line.y1, line.x2, line.y2))
    return kept
