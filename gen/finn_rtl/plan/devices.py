"""Devices, and where the memories and the products of a network go in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from finn_rtl.common.errors import FinnError
from finn_rtl.ips.base import Arithmetic, Ip, Memory, Ram
from finn_rtl.plan.clock import USUAL_MHZ, Family, at_clock
from finn_rtl.plan.pipeline import Node, Pipeline


@dataclass(frozen=True)
class Device:
    """What a device holds, in the units of the estimate.

    `lut`: LUTs of 6 inputs, or what LUTs of 4 inputs amount to (`LUT4_PER_LUT`); `bram36`: block RAMs of 36 Kib; `dsp`:
    DSPs that multiply 25 by 18 bits at least. `ff` flip-flops and `uram` ultra RAMs of 288 Kib are told and limit
    nothing: the cost model has no flip-flops, and no IP uses ultra RAM. `source`: of the counts. `dram`: bytes a second
    of the memory on the board named in `board`, at most; 0 where there is none. `family` says how fast its logic is,
    `clock_mhz` what is asked of it.
    """

    name: str
    lut: int
    bram36: int
    dsp: int = 0
    ff: int = 0
    uram: int = 0
    source: str = ""
    dram: float = 0.0
    board: str = ""
    family: Family = "xilinx"
    clock_mhz: float = USUAL_MHZ


# LUTs of 4 inputs that are taken for one of 6, the most that was measured: bench/ecp5.md.
LUT4_PER_LUT = 3.5
_ECP5 = "Lattice FPGA-DS-02012, table 1.1"
_ULX3S = "ULX3S, SDRAM of 16 bits at 166 MHz"


def lattice(name: str, lut4: int, ebr: int) -> Device:
    """A Lattice ECP5: LUTs of 4 inputs, block RAMs (EBR) of 18 Kib.

    Its multipliers, of 18 by 18 bits, are too small for several products of the packing, and so count as none.
    """
    return Device(name, int(lut4 / LUT4_PER_LUT), ebr // 2, 0, lut4, 0, _ECP5, 0.332e9, _ULX3S, "ecp5")


#: Devices by name; the tables of the data sheets are those of the families' overviews.
DEVICES = {device.name: device for device in (
    Device("xcku115", 663_360, 2160, 5520, 1_326_720, 0, "AMD DS890, Kintex UltraScale", 38.4e9,
           "ADM-PCIE-8K5, two DDR4-2400 of 64 bits"),
    Device("xcvu9p", 1_182_240, 2160, 6840, 2_364_480, 960, "AMD DS890, Virtex UltraScale+", 68.3e9,
           "AWS F1, four DDR4-2133 of 64 bits"),
    Device("xc7a100t", 63_400, 135, 240, 126_800, 0, "AMD DS180, Artix-7", 1.33e9,
           "Arty A7-100T, DDR3L-667 of 16 bits"),
    Device("xc7z020", 53_200, 140, 220, 106_400, 0, "AMD DS190, table 1", 2.1e9, "PYNQ-Z1, DDR3-1050 of 16 bits"),
    Device("xc7z045", 218_600, 545, 900, 437_200, 0, "AMD DS190, table 1", 4.26e9, "ZC706, DDR3-1066 of 32 bits"),
    Device("xck26", 117_120, 144, 1248, 234_240, 64, "AMD DS987, table 1", 19.2e9, "KV260, DDR4-2400 of 64 bits"),
    Device("xczu3eg", 70_560, 216, 360, 141_120, 0, "AMD DS891, EG devices", 8.53e9, "Ultra96, LPDDR4-2133 of 32 bits"),
    Device("xczu9eg", 274_080, 912, 2520, 548_160, 0, "AMD DS891, EG devices", 17.1e9, "ZCU102, DDR4-2133 of 64 bits"),
    lattice("lfe5u-25", 24_288, 56), lattice("lfe5u-45", 43_848, 108), lattice("lfe5u-85", 83_640, 208),
)}
#: Where memories go: where they cost least, to LUTs alone, or to block RAMs as long as there are any.
Memories = Literal["cost", "lut", "block"]
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


def device_named(name: str | Device) -> Device:
    """A device by its name, or itself.

    Raises:
        FinnError: an unknown name.
    """
    if isinstance(name, Device):
        return name
    if name not in DEVICES:
        raise FinnError(f"device {name!r} is not known: one of {', '.join(sorted(DEVICES))}; or name a device"
                        " file")
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
    ips = [at_clock(placed(ip, usual_prices(device)), device.family, device.clock_mhz) for ip in pipeline.ips]
    excess = sum(ip.cost.bram36 for ip in ips) - device.bram36
    choices = sorted(((memory.lut / memory.bram36, index, memory) for index, ip in enumerate(ips)
                      for memory in ip.memories), key=lambda choice: choice[:2])
    for _, index, memory in choices:
        if excess > 0 and getattr(ips[index], memory.field) == "block":
            ips[index] = put_memories(ips[index], (memory,), ("distributed",))
            excess -= memory.bram36
    _move_products(ips, device)
    return Pipeline(tuple(Node(ip, node.sources) for ip, node in zip(ips, pipeline.nodes, strict=True)))


def room_for(device: Device, memories: Memories) -> Device:
    """The device as a design with its memories in some places may use it."""
    return replace(device, bram36=0) if memories == "lut" else device


def with_blocks(pipeline: Pipeline, device: Device) -> Pipeline:
    """Memories in block RAMs, those first that save most LUTs for each, as long as the device has any."""
    ips, free = list(pipeline.ips), device.bram36 - pipeline.cost.bram36
    choices = sorted(((-memory.lut / memory.bram36, index, memory.field) for index, ip in enumerate(ips)
                      for memory in ip.memories))
    for _, index, field in choices:
        now = ips[index]
        for memory in now.memories:
            if memory.field == field:
                moved = put_memories(now, (memory,), ("block",))
                more = moved.cost.bram36 - now.cost.bram36
                if 0 < more <= free:
                    ips[index], free = moved, free - more
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
