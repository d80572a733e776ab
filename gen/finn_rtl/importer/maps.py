"""What the network is made of, before it is written: maps of integers, and what makes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finn_rtl.importer.numbers import Whole
from finn_rtl.importer.places import Place
from finn_rtl.operators.schema import Quantizer


@dataclass(eq=False)
class Made:
    """A map: integers (height, width, channels) from `low` to `high` in steps of `step`, each (channels,).

    These are the integers that are multiplied: zero points are taken off. The hardware's own are more by `shift`.
    `is_vector`: the graph has no rows and columns here. `nodes`: of the graph, that it was made of.
    """

    shape: tuple[int, int, int]
    low: Whole
    high: Whole
    step: Whole
    nodes: list[Place] = field(default_factory=list)
    shift: int = 0
    is_vector: bool = False
    name: str = ""

    @property
    def inputs(self) -> tuple[Made, ...]:
        """What it is made of."""
        return ()


@dataclass(eq=False)
class Pixels(Made):
    """The input, as bytes; its integers are these, or two's complement numbers of `bits` bits where they are `signed`.

    `worth`: the graph has for an integer the float32 that is nearest to it times this. `is_whole`: they are integers to
    the graph, too, and may be multiplied as they come.
    """

    worth: Fraction = Fraction(1)
    is_whole: bool = False

    def numbers(self, integers: Whole) -> NDArray[np.float32]:
        """What the graph has for integers."""
        first = int(integers.min())
        table = [float(value * self.worth) for value in range(first, int(integers.max()) + 1)]
        return np.array(table, np.float32)[integers - first]

    @property
    def of_bytes(self) -> Whole:
        """The integer of every byte."""
        values = np.arange(256)
        low, high = int(self.low[0]), int(self.high[0])
        return np.clip(values - (values > 127) * 256 if low < 0 else values, low, high)


@dataclass(eq=False)
class Reals(Made):
    """The input, as float32: its integers stand for these in their order."""

    @staticmethod
    def numbers(integers: Whole) -> NDArray[np.float32]:
        """The number that each integer stands for: its bits if it is positive, else they are counted backwards."""
        bits = np.where(integers >= 0, integers, -(1 << 31) - integers - 1)
        return bits.astype(np.int32).view(np.float32)


@dataclass(eq=False)
class Sums(Made):
    """Accumulators: a matrix (units, inputs) applied to a map, or its windows; inputs by row, column, channel.

    `kernel` None: to the whole map. `padding` is top, bottom, left, right.
    """

    ifm: Made | None = None
    weight: Whole = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    weight_bits: int = 1
    is_narrow: bool = False
    kernel: tuple[int, int] | None = None
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    #: Of the last layer: what is added to the sums that leave.
    bias: Whole | None = None
    #: Units in so many groups, which see the channels of their own alone: their weights are those, (units, own inputs).
    groups: int = 1

    @property
    def inputs(self) -> tuple[Made, ...]:
        """What it is made of."""
        assert self.ifm is not None
        return (self.ifm,)


@dataclass(eq=False)
class Levels(Made):
    """Levels of a map or of sums: how many `reach` (channels, levels) of a channel are reached, or not, if `falling`.

    `is_bipolar`: -1 and +1, without a `quantizer`. `scale` (channels,): what a level is worth. `table`, of pixels:
    integers (channels, 256). `near` of `pairs` integers are near a boundary.
    """

    source: Made | None = None
    is_bipolar: bool = False
    scale: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    quantizer: Quantizer | None = None
    reach: Whole = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    falling: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    table: Whole | None = None
    lowest: int = 0
    near: int = 0
    pairs: int = 0
    #: Channels that hold the highest level less theirs, so that a max pool behind them finds the least.
    turned: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))

    @property
    def inputs(self) -> tuple[Made, ...]:
        """What it is made of."""
        assert self.source is not None
        return (self.source,)


@dataclass(eq=False)
class Moved(Made):
    """A map pooled or repeated, or its pixels spread, in an `order` as topologies have it."""

    ifm: Made | None = None
    kind: str = "maxpool"
    order: str = ""
    size: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)

    @property
    def inputs(self) -> tuple[Made, ...]:
        """What it is made of."""
        assert self.ifm is not None
        return (self.ifm,)


@dataclass(eq=False)
class Summed(Made):
    """Sums over windows of a map, of each channel; 0 is in the padding."""

    ifm: Made | None = None
    size: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)

    @property
    def inputs(self) -> tuple[Made, ...]:
        """What it is made of."""
        assert self.ifm is not None
        return (self.ifm,)


@dataclass(frozen=True, eq=False)
class Reach:
    """The sums that a channel can have, rising, and what each is in the graph.

    `others`: what it is there, too, where pairs of integers have the same sum, and rounding tells them apart.
    """

    sums: Whole
    reals: NDArray[Any]
    others: NDArray[Any]

    def numbers(self, integers: Whole) -> NDArray[Any]:
        """What sums are in the graph; between two that there are, the next one."""
        found: NDArray[Any] = self.reals[np.minimum(np.searchsorted(self.sums, integers), len(self.sums) - 1)]
        return found


@dataclass(eq=False)
class Added(Made):
    """The sum of two maps, whose integers count `factors` times.

    `reach` by channels: what sums are in the graph, where that is not just so many steps; `is_even`: whether it is,
    but for rounding.
    """

    terms: tuple[Made, ...] = ()
    factors: tuple[int, int] = (1, 1)
    reach: tuple[Reach, ...] = ()
    is_even: bool = True

    @property
    def is_quantized(self) -> bool:
        """Whether its integers stand for numbers as those of a quantizer do."""
        return self.is_even and not any(isinstance(term, Sums) for term in self.terms)

    @property
    def inputs(self) -> tuple[Made, ...]:
        """What it is made of."""
        return self.terms


@dataclass(eq=False)
class Joined(Made):
    """The channels of two maps."""

    terms: tuple[Made, ...] = ()

    @property
    def inputs(self) -> tuple[Made, ...]:
        """What it is made of."""
        return self.terms


@dataclass(eq=False)
class Shifted(Made):
    """The same map, with integers that are more by a number: another zero point. It is no layer."""

    ifm: Made | None = None

    @property
    def inputs(self) -> tuple[Made, ...]:
        """What it is made of."""
        assert self.ifm is not None
        return (self.ifm,)


def is_bipolar(made: Made) -> bool:
    """Whether a map is of -1 and +1."""
    while isinstance(made, Moved):
        assert made.ifm is not None
        made = made.ifm
    if isinstance(made, Joined):
        return all(is_bipolar(term) for term in made.terms)
    return isinstance(made, Levels) and made.is_bipolar


def extremes(weight: Whole, low: Whole, high: Whole, step: Whole) -> dict[str, Any]:
    """Least and greatest sum of each row, and the steps in which it goes, for inputs in such ranges (inputs,)."""
    products = np.stack([weight * low, weight * high])
    steps = np.gcd.reduce(np.abs(weight) * step, axis=1)
    return {"low": products.min(axis=0).sum(axis=1), "high": products.max(axis=0).sum(axis=1),
            "step": np.maximum(steps, 1)}
