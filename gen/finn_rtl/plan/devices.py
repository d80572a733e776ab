"""Devices, and where the memories and the products of a network go in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from finn_rtl.common.errors import FinnError
from finn_rtl.ips.base import Arithmetic, Ip, Memory, Ram
from finn_rtl.plan.pipeline import Node, Pipeline


@dataclass(frozen=True)
class Device:
    """What a device holds; its DSPs multiply 25 by 18 bits at least."""

    name: str
    lut: int
    bram36: int
    dsp: int = 0


# XC7Z045 and XC7Z020: Xilinx DS190 (7 series Zynq), table 1, DSP slices included. XCK26: DS987 (Kria K26), table 1.
DEVICES = {
    "xc7z045": Device("xc7z045", 218_600, 545, 900),
    "xc7z020": Device("xc7z020", 53_200, 140, 220),
    "xck26": Device("xck26", 117_120, 144, 1248),
}
# LUTs that a block RAM must save to be taken, as long as there are enough of them: two thirds of the 72 bits of its
# word, each of which takes a LUT up to 64 words.
BLOCK_RAM_PRICE = 49.0
# LUTs that a DSP must save, likewise: two thirds of the 72 that it saves where it is used best, for two products of
# 8 bits by 8.
DSP_PRICE = 48.0
# Where there are no DSPs.
NO_DSP = 1e9


class Prices(NamedTuple):
    """LUTs that a block RAM and a DSP are worth."""

    bram36: float = BLOCK_RAM_PRICE
    dsp: float = DSP_PRICE


USUAL = Prices()


def device_named(name: str) -> Device:
    """A device by its name.

    Raises:
        FinnError: an unknown name.
    """
    if name not in DEVICES:
        raise FinnError(f"device {name!r} is not known: one of {', '.join(sorted(DEVICES))}")
    return DEVICES[name]


def fits(pipeline: Pipeline, device: Device) -> bool:
    """Whether the estimate stays within the device."""
    cost = pipeline.cost
    return cost.lut <= device.lut and cost.bram36 <= device.bram36 and cost.dsp <= device.dsp


def put_memories(ip: Ip, memories: Sequence[Memory], rams: Sequence[Ram]) -> Ip:
    """An IP with memories of it in these kinds of RAM."""
    fields = {memory.field: ram for memory, ram in zip(memories, rams, strict=True)}
    return replace(ip, **fields) if fields else ip  # type: ignore[type-var]


def ram_for(memory: Memory, price: float) -> Ram:
    """Where a memory costs least, a block RAM being worth `price` LUTs."""
    return "block" if price * memory.bram36 < memory.lut else "distributed"


def with_arithmetic(ip: Ip, arithmetic: Arithmetic) -> Ip:
    """An IP that computes its products in one of its ways."""
    return replace(ip, **arithmetic.fields)  # type: ignore[type-var]


def arithmetic_for(arithmetics: Sequence[Arithmetic], price: float) -> Arithmetic:
    """The way to compute products that costs least, a DSP being worth `price` LUTs."""
    return min(arithmetics, key=lambda way: way.lut + price * way.dsp)


def placed(ip: Ip, prices: Prices = USUAL) -> Ip:
    """An IP with its products and memories where they cost least."""
    if arithmetics := ip.arithmetics:
        ip = with_arithmetic(ip, arithmetic_for(arithmetics, prices.dsp))
    memories = ip.memories
    return put_memories(ip, memories, [ram_for(memory, prices.bram36) for memory in memories])


def usual_prices(device: Device) -> Prices:
    """What a block RAM and a DSP are worth as long as there are enough."""
    return Prices(BLOCK_RAM_PRICE, DSP_PRICE if device.dsp else NO_DSP)


def place(pipeline: Pipeline, device: Device) -> Pipeline:
    """Put every memory and every product where it is cheapest within what the device has.

    A memory goes to block RAM if that saves BLOCK_RAM_PRICE LUTs for each; where the device has too few, those that
    save least come back. So do products in DSPs, at DSP_PRICE; where LUTs are short, as many as it takes go to the
    DSPs that are left, first those that save most.
    """
    ips = [placed(ip, usual_prices(device)) for ip in pipeline.ips]
    excess = sum(ip.cost.bram36 for ip in ips) - device.bram36
    choices = sorted(((memory.lut / memory.bram36, index, memory) for index, ip in enumerate(ips)
                      for memory in ip.memories), key=lambda choice: choice[:2])
    for _, index, memory in choices:
        if excess > 0 and getattr(ips[index], memory.field) == "block":
            ips[index] = put_memories(ips[index], (memory,), ("distributed",))
            excess -= memory.bram36
    _move_products(ips, device)
    return Pipeline(tuple(Node(ip, node.sources) for ip, node in zip(ips, pipeline.nodes, strict=True)))


def _move_products(ips: list[Ip], device: Device) -> None:
    """Move products to LUTs as long as there are too few DSPs, or to DSPs as long as there are too few LUTs."""
    ways = {index: found for index, ip in enumerate(ips) if (found := ip.arithmetics)}
    lut, free = sum(ip.cost.lut for ip in ips), device.dsp - sum(ip.cost.dsp for ip in ips)
    while free < 0 or lut > device.lut:
        moves = []
        for index, arithmetics in ways.items():
            now = ips[index].cost
            for way in arithmetics:
                more = way.dsp - now.dsp
                if more < 0 if free < 0 else 0 < more <= free and way.lut < now.lut:
                    # LUTs for each DSP: more of them where DSPs are given back, fewer where they are taken.
                    moves.append(((way.lut - now.lut) / abs(more), index, more, way))
        if not moves:
            return
        _, index, more, way = min(moves, key=lambda move: move[:3])
        lut += way.lut - ips[index].cost.lut
        free -= more
        ips[index] = with_arithmetic(ips[index], way)
