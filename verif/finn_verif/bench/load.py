# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The chain over which parameters are loaded (rtl/common/load_port.sv)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cocotb.triggers import RisingEdge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from finn_verif.bench.bench import Bench

WORD, START, SWAP = 1 << 32, 1 << 33, 1 << 34
WORD_BITS = 32


async def send(bench: Bench, words: Iterable[int], pause: float = 0.3) -> None:
    """Sends words, with gaps."""
    signal, rng = bench.signal("s_load"), bench.rng
    items = [START, *(WORD | word for word in words)]
    while items:
        await RisingEdge(bench.clock)
        signal.value = rng.getrandbits(32) if rng.random() < pause else items.pop(0)
    await RisingEdge(bench.clock)
    signal.value = 0


async def swap(bench: Bench) -> None:
    """Exchanges the banks; ends when all words before it are where they belong."""
    await RisingEdge(bench.clock)
    bench.signal("s_load").value = SWAP
    await RisingEdge(bench.clock)
    bench.signal("s_load").value = 0
    for _ in range(10_000):
        await RisingEdge(bench.clock)
        if bench.integer("m_load") & SWAP:
            return
    raise AssertionError("the chain does not end")
