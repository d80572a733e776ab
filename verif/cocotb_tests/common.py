# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""rom and memory_slices: contents, latency and enable, in every style; slices with numbers of one to three digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cocotb.triggers import RisingEdge

from finn_verif.bench.bench import Bench, each
from finn_verif.common import memory_files, seeds
from finn_verif.testbench.instances import Instance, Port, Value, load_chain

if TYPE_CHECKING:
    from pathlib import Path


def make(width: int, depth: int, style: str, slice_width: int | None = None) -> Instance:
    """An instance of one size, of memory_slices with a slice's width; its files lie beside the simulator's folder."""
    name = f"rom{width}_{depth}_{style}" + ("" if slice_width is None else f"_{slice_width}")
    ports = (
        Port("aclk", 1, True),
        Port("enable", 1, True),
        Port("address", max(1, (depth - 1).bit_length()), True),
        Port("data", width, False),
    )
    parameters: dict[str, Value] = {"WIDTH": width, "DEPTH": depth, "FILE": f"../memories/{name}.mem", "STYLE": style}
    if slice_width is None:
        return Instance(name, "rom", parameters, ports)
    return Instance(name, "memory_slices", {**parameters, "SLICE": slice_width}, (*ports, *load_chain()))


INSTANCES = [
    make(8, 16, "auto"),
    make(1, 1, "distributed"),
    make(33, 13, "distributed"),
    make(12, 5, "block"),
    # One piece; slices of one bit; of the same width; more than 10 and more than 200, the last one narrower; one
    # that is wider than the word.
    make(9, 6, "auto", 0),
    make(3, 6, "distributed", 1),
    make(12, 5, "block", 4),
    make(34, 7, "distributed", 3),
    make(423, 5, "auto", 2),
    make(5, 1, "block", 8),
]


def words_of(instance: Instance) -> list[int]:
    """The contents, the same in pytest and in the simulator."""
    rng = seeds.generator("rom", instance.name)
    return [rng.getrandbits(instance.int_of("WIDTH")) for _ in range(instance.int_of("DEPTH"))]


def write_memories(instance: Instance, place: Path) -> None:
    """The files that the parameters name."""
    memory_files.write_slices(place / "memories" / f"{instance.name}.mem", words_of(instance),
                              instance.int_of("WIDTH"), int(instance.parameters.get("SLICE", 0)))


@each(INSTANCES)
async def reads_every_word(bench: Bench) -> None:
    """The word of the address of the last edge with enable; it stays while enable is low."""
    words = words_of(bench.instance)
    enable, address = bench.signal("enable"), bench.signal("address")
    edge = RisingEdge(bench.clock)
    shown: int | None = None
    for step in range(20 * len(words) + 40):
        is_enabled = bench.rng.random() < 0.7
        place = step % len(words) if step < len(words) else bench.rng.randrange(len(words))
        enable.value, address.value = int(is_enabled), place
        await edge
        if shown is not None:
            assert bench.integer("data") == shown
        if is_enabled:
            shown = words[place]
