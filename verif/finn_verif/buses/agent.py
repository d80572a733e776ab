# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What runs beside the test of an instance, and what it needs of the bench around that."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Protocol

import cocotb
from cocotb.triggers import RisingEdge

if TYPE_CHECKING:
    import random

    from cocotb.handle import LogicObject

    from finn_verif.testbench.instances import Instance


class Bench(Protocol):
    """What the ends of buses need of `finn_verif.bench.bench.Bench`."""

    rng: random.Random
    instance: Instance

    @property
    def clock(self) -> LogicObject:
        """The clock."""
        ...

    def signal(self, name: str) -> LogicObject:
        """A signal of the instance."""
        ...

    def integer(self, name: str) -> int:
        """The present value of a signal."""
        ...


class Agent(ABC):
    """Something that runs beside the test of an instance until it is stopped."""

    def __init__(self, bench: Bench, prefix: str = "m_axi") -> None:
        self.bench = bench
        self.prefix = prefix
        self.edge = RisingEdge(bench.clock)
        # A port m_axi_NAME has beats of NAME_DATA_W bits.
        self.lanes = bench.instance.int_of(f"{prefix[6:].upper()}_DATA_W" if prefix != "m_axi" else "DATA_W") // 8
        self._driven: dict[str, int] = {}
        self._task = cocotb.start_soon(self._run())

    @abstractmethod
    async def _run(self) -> None:
        """Runs until it is cancelled."""

    def get(self, name: str) -> int:
        """A signal of the master's AXI port."""
        return self.bench.integer(f"{self.prefix}_{name}")

    def set(self, name: str, value: int) -> None:
        """Drives a signal of the master's AXI port, as nobody else does. A write that changes nothing costs time."""
        if self._driven.get(name) != value:
            self._driven[name] = value
            self.bench.signal(f"{self.prefix}_{name}").value = value

    def stop(self) -> None:
        """Ends for good."""
        self._task.cancel()
