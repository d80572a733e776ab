"""What the generator knows of an IP, whichever it is: its streams, parameters, files, cost, and control."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from finn_rtl.common.integers import IntegerLayer

# Kib of a block RAM of AMD devices.
BLOCK_KIB = 36
Ram = Literal["distributed", "block"]
#: How products are computed: in LUTs, in multipliers, or bit by bit in several passes.
Products = Literal["lut", "dsp", "serial"]
Parameters = dict[str, int | str]


@dataclass(frozen=True)
class Stream:
    """An AXI4-Stream of an IP: its ports begin with `prefix`; a frame has `beats` beats of `width` bits."""

    width: int
    beats: int
    prefix: str


@dataclass(frozen=True)
class Cost:
    """Estimated LUTs (LUT RAM included), block RAMs of 36 Kib, and DSPs, the multipliers of a device."""

    lut: float
    bram36: float = 0.0
    dsp: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.lut + other.lut, self.bram36 + other.bram36, self.dsp + other.dsp)


class Kind(IntEnum):
    """Kinds of control elements; their numbers and meanings are those of plan/cpp."""

    SOURCE = 0
    GUARD = 1
    SINK = 2
    REGISTER = 3
    FIFO = 4
    WIDEN = 5
    NARROW = 6
    GEARBOX = 7
    PIPE = 8
    REPLAY = 9
    LABEL = 10
    WINDOW = 11
    PARALLEL_WINDOW = 12
    FORK = 13
    JOIN = 14
    REPEAT = 15
    STREAMED = 16
    REORDER = 17


@dataclass(frozen=True)
class Control:
    """The control of an IP: an element of the schedule, and the numbers that describe it."""

    kind: Kind
    numbers: tuple[int, ...] = ()

    @property
    def least_room(self) -> Control:
        """The control with which no more beats are held than there may be at any time, whatever the timing.

        A pipeline that stalls as a whole may have gaps; windows at the end of a frame may have to wait for the next.
        """
        match self.kind:
            case Kind.PIPE | Kind.REPLAY:
                _, is_skid, late, *others = self.numbers
                return Control(self.kind, (0, is_skid, min(late, 1), *others))
            case Kind.PARALLEL_WINDOW | Kind.STREAMED:
                return Control(self.kind, (0, *self.numbers[1:]))
        return self


@dataclass(frozen=True)
class Element:
    """An element of what an IP computes: its bits, the bits it has in a result, and whether it is two's complement."""

    bits: int
    word: int
    signed: bool


@dataclass(frozen=True)
class Memory:
    """A memory of an IP that can go to LUTs or to block RAM, and what it costs there.

    `field` is the field of the IP's dataclass that says where it goes.
    """

    field: str
    lut: float
    bram36: float


@dataclass(frozen=True)
class Arithmetic:
    """A way in which an IP can compute its products, and what the IP costs then.

    `fields` are those of the IP's dataclass that say so.
    """

    fields: Mapping[str, int]
    lut: float
    dsp: int


class Ip(ABC):
    """An instance of an IP in a network; the classes are frozen dataclasses, one file for each folder of rtl/."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Instance, without its prefix u_."""

    @property
    @abstractmethod
    def module(self) -> str:
        """SystemVerilog module."""

    @property
    def core(self) -> str:
        """Name of the FuseSoC core, finn:ip:..., and of the folder in rtl/."""
        return self.module

    @property
    @abstractmethod
    def inputs(self) -> tuple[Stream, ...]:
        """Streams in."""

    @property
    @abstractmethod
    def outputs(self) -> tuple[Stream, ...]:
        """Streams out."""

    @property
    def external(self) -> tuple[Stream, ...]:
        """Streams in that come from outside of the network."""
        return ()

    @property
    def frame_cycles(self) -> int:
        """Cycles that a frame takes."""
        return max(stream.beats for stream in (*self.inputs, *self.outputs))

    @property
    def lanes(self) -> int:
        """Neighbouring pixels of a row in a beat that leaves; with several, rows begin with beats of their own."""
        return 1

    @property
    @abstractmethod
    def frames_held(self) -> int:
        """Upper bound of the frames of which it can hold a part."""

    @property
    @abstractmethod
    def control(self) -> tuple[Control, ...]:
        """Its handshakes: elements of the schedule, each behind the one before."""

    @property
    @abstractmethod
    def cost(self) -> Cost:
        """Estimate, as placed."""

    @abstractmethod
    def parameters(self, net: str) -> Parameters:
        """Parameters of the module in network `net`."""

    @property
    def comment(self) -> str:
        """What stands above the instance."""
        return ""

    @property
    def memories(self) -> tuple[Memory, ...]:
        """Memories that can go to either kind of RAM."""
        return ()

    @property
    def arithmetics(self) -> tuple[Arithmetic, ...]:
        """Ways to compute its products, fewer LUTs and more DSPs from one to the next; none where nothing is open."""
        return ()

    @property
    def buffers(self) -> Mapping[str, int]:
        """Depth in beats of what holds data between layers, by the name in the plan."""
        return {}

    @property
    def element(self) -> Element | None:
        """What its elements are; None for IPs that only pass on, or arrange, what came."""
        return None

    @property
    def link(self) -> str:
        """Name of the stream behind it in the top level."""
        return f"{self.name}_out"

    @property
    def marks_last(self) -> bool:
        """Whether it has m_axis_tlast."""
        return True

    @property
    def takes_last(self) -> bool:
        """Whether it has s_axis_tlast, which networks do not use inside."""
        return False

    @property
    def limit(self) -> str:
        """What it is called where it sets the pace of a network."""
        return f"layer {self.name}"

    @property
    def banks(self) -> int:
        """Banks of memories that are loaded at run time: its files, in their order; 0 where none is."""
        return 0

    @property
    def is_chained(self) -> bool:
        """Whether the chain of loads goes through it: it has s_load and m_load."""
        return False

    def module_in(self, net: str) -> str:
        """Module of this instance in network `net`."""
        return self.module

    @property
    def integers(self) -> str:
        """The layer whose integers it needs, if it needs any."""
        return self.name

    def clocked(self, levels: int, block_kib: int = BLOCK_KIB) -> Ip:
        """This instance with at most so many levels of logic between two registers, where its plan can choose.

        Deep memories are cut for block RAMs of `block_kib` Kib.
        """
        return self

    def fitted(self, layer: IntegerLayer | None) -> Ip:
        """This instance as the integers of its layer want it, for what no plan knows."""
        return self

    def files(self, net: str, layer: IntegerLayer | None) -> dict[str, str]:
        """Files that this instance needs, by name: memory contents, generated modules.

        Args:
            net: the network.
            layer: integers of the layer that it computes.
        """
        return {}
