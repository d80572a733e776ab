"""Devices, and where the memories of a network go in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from finn_rtl.common.errors import FinnError
from finn_rtl.ips.base import Ip, Memory, Ram
from finn_rtl.plan.pipeline import Node, Pipeline


@dataclass(frozen=True)
class Device:
    """What a device holds."""

    name: str
    lut: int
    bram36: int


# Xilinx DS190, table 5 (7 series Zynq).
DEVICES = {
    "xc7z045": Device("xc7z045", 218_600, 545),
    "xc7z020": Device("xc7z020", 53_200, 140),
    "xck26": Device("xck26", 117_120, 144),
}
# LUTs that a block RAM must save to be taken, as long as there are enough of them: two thirds of the 72 bits of its
# word, each of which takes a LUT up to 64 words.
BLOCK_RAM_PRICE = 49.0


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
    return pipeline.cost.lut <= device.lut and pipeline.cost.bram36 <= device.bram36


def put_memories(ip: Ip, memories: Sequence[Memory], rams: Sequence[Ram]) -> Ip:
    """An IP with memories of it in these kinds of RAM."""
    fields = {memory.field: ram for memory, ram in zip(memories, rams, strict=True)}
    return replace(ip, **fields) if fields else ip  # type: ignore[type-var]


def ram_for(memory: Memory, price: float) -> Ram:
    """Where a memory costs least, a block RAM being worth `price` LUTs."""
    return "block" if price * memory.bram36 < memory.lut else "distributed"


def placed(ip: Ip, price: float) -> Ip:
    """An IP with its memories where they cost least, a block RAM being worth `price` LUTs."""
    memories = ip.memories
    return put_memories(ip, memories, [ram_for(memory, price) for memory in memories])


def place(pipeline: Pipeline, device: Device) -> Pipeline:
    """Put every memory where it is cheapest within the block RAMs that the device has.

    A memory goes to block RAM if that saves BLOCK_RAM_PRICE LUTs for each; where the device has too few, those that
    save least come back.
    """
    ips = [placed(ip, BLOCK_RAM_PRICE) for ip in pipeline.ips]
    excess = sum(ip.cost.bram36 for ip in ips) - device.bram36
    choices = sorted(((memory.lut / memory.bram36, index, memory) for index, ip in enumerate(ips)
                      for memory in ip.memories), key=lambda choice: choice[:2])
    for _, index, memory in choices:
        if excess > 0 and getattr(ips[index], memory.field) == "block":
            ips[index] = put_memories(ips[index], (memory,), ("distributed",))
            excess -= memory.bram36
    return Pipeline(tuple(Node(ip, node.sources) for ip, node in zip(ips, pipeline.nodes, strict=True)))
