"""The end of a network: scores that leave, what they are worth, and what of the graph's end is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finn_rtl.importer.holding import Holder
from finn_rtl.importer.maps import Made, Sums
from finn_rtl.importer.numbers import Numbers, Whole
from finn_rtl.importer.places import later
from finn_rtl.importer.products import bits_of
from finn_rtl.importer.tabulate import MOST_TABLE, evaluate, is_even, last_place, range_of
from finn_rtl.importer.values import Stream


@dataclass(frozen=True)
class End:
    """The last map; what its numbers are worth (channels,), None where the graph's end is no product with that.

    `labels` are told where `is_label`.
    `offset` (channels,): the real number that the graph adds to that. `shift`: what the numbers have more than the
    graph's integers. `notes`: what a user must know.
    """

    made: Made
    scale: NDArray[np.float32] | None
    offset: NDArray[np.float32] | None
    is_label: bool
    labels: int
    shift: int
    notes: tuple[str, ...]


def ended(stream: Stream, holder: Holder, kind: type[np.floating[Any]]) -> End:
    """What leaves the network.

    Raises:
        FinnError: the graph's end is something that the scores do not tell.
    """
    notes: list[str] = []
    offset = None
    if stream.closed is not None:
        what = "is left out: it keeps the order of the scores"
        notes.append(f"{stream.closed.op} at the end {what if stream.labels == 1 else f'tells {stream.labels} labels'}")
    source = stream.source
    made: Made = source
    if isinstance(source, Sums) and not stream.is_quantized:
        scale, offset = _scores(stream, holder.made, kind, notes)
        if stream.moves:
            raise later(stream.moves[0].place, "moves scores that no quantizer has seen")
    else:
        place = last_place(stream) if stream.steps else source.nodes[-1]
        found = holder.held(place, stream)
        made, scale = found.source, found.scale
    is_single = made.shape[:2] == (1, 1) and made.shape[2] > 1
    is_label = isinstance(made, Sums) and is_single and (scale is None or is_even(scale)) and (
        offset is None or bool((offset == offset[0]).all()))
    if stream.is_label and not is_label:
        assert stream.closed is not None
        raise stream.closed.error("the label cannot be told: the scores in front of it are levels, are not all worth"
                                  " the same, or have biases that are no whole number of steps: end the network with"
                                  " its scores")
    if offset is not None:
        label = "" if is_label else "; the label is that of the largest of these"
        notes.append("the graph adds a bias that is no whole number of steps to its scores: it has score * scale +"
                     f" offset, and --json tells the offsets{label}")
    elif isinstance(made, Sums) and is_single and not is_label:
        assert scale is not None
        notes.append(f"a step of the scores is worth {scale.min():g} to {scale.max():g}, by unit: the label is the"
                     " first maximum of score times scale, and the hardware gives the scores")
    if made.shape[:2] != (1, 1) and not made.is_vector:
        notes.append("the results come by row, column and channel, those of the graph by channel, row and column")
    return End(made, scale, offset, is_label, stream.labels, 0 if isinstance(made, Sums) else made.shift, tuple(notes))


def _scores(stream: Stream, made: list[Made], kind: type[np.floating[Any]], notes: list[str]
            ) -> tuple[NDArray[np.float32] | None, NDArray[np.float32] | None]:
    """What the scores are worth, and the graph's own offset; a whole bias is given to the sums."""
    sums = stream.source
    assert isinstance(sums, Sums)
    lines = [_line(stream, channel, kind) for channel in range(stream.channels)]
    found = [line for line in lines if line is not None]
    if len(found) < len(lines):
        _check_order(stream, kind)
        nodes = ", ".join(dict.fromkeys(step.place.op for step in stream.steps))
        notes.append(f"{nodes} at the end left out: the same rising function of every score")
        return None, None
    falls = np.array([line.falls for line in found])
    if falls.any():
        _negate(stream, sums, made, falls)
    bias = np.array([line.bias for line in found])
    if bias.any():
        sums.bias = bias
    offset = np.array([line.offset for line in found], np.float32)
    return np.array([line.scale for line in found], np.float32), offset if offset.any() else None


def _some(stream: Stream, channel: int) -> Whole:
    span = range_of(stream, channel)
    some = np.array([0, 1, span.count - 2, span.count - 1])
    return span.at(np.arange(span.count) if span.count <= MOST_TABLE else some)


def _negate(stream: Stream, sums: Sums, made: list[Made], rows: NDArray[np.bool_]) -> None:
    """Turn rows of the last matrix, for the graph turns its scores."""
    place = last_place(stream)
    if any(sums in other.inputs for other in made):
        raise place.error("turns scores that are read elsewhere, too: leave the negative factor out")
    sums.weight = np.where(rows[:, None], -sums.weight, sums.weight)
    sums.low, sums.high = np.where(rows, -sums.high, sums.low), np.where(rows, -sums.low, sums.high)
    sums.weight_bits, sums.is_narrow = bits_of(place, sums.weight)


@dataclass(frozen=True)
class _Line:
    """(sum + bias) * scale + offset; where it falls, of the negated sum."""

    bias: int
    scale: float
    offset: float = 0.0
    falls: bool = False


def _line(stream: Stream, channel: int, kind: type[np.floating[Any]]) -> _Line | None:
    """What the steps make of every sum, where it is a line."""
    integers = _some(stream, channel)
    numbers: Numbers = evaluate(stream, channel, integers, kind)
    if numbers.q is not None and numbers.scale > 0:
        for falls, sums in ((False, integers), (True, -integers)):
            bias = numbers.q - sums
            if (bias == bias[0]).all():
                return _Line(int(bias[0]), numbers.scale, falls=falls)
        return None
    scale = float(stream.scale[channel])
    offset = evaluate(stream, channel, np.zeros(1, np.int64), kind).real[0]
    if (integers.astype(kind) * kind(scale) + offset != numbers.real).any():
        return None
    whole = round(float(offset) / scale)
    # As a whole number of steps, if it is one exactly.
    return _Line(whole, scale) if whole * scale == float(offset) else _Line(0, scale, float(offset))


def _check_order(stream: Stream, kind: type[np.floating[Any]]) -> None:
    """See that the steps are the same rising function for all channels."""
    place = last_place(stream)
    spans = [range_of(stream, channel) for channel in range(stream.channels)]
    if max(span.count for span in spans) > MOST_TABLE or stream.shape[:2] != (1, 1) or not is_even(stream.scale):
        raise place.error("what stands behind the last product is no integer times a scale: end the network with a"
                          " quantizer, or with its scores")
    integers = np.unique(np.concatenate([span.at(np.arange(span.count)) for span in spans]))
    first = evaluate(stream, 0, integers, kind).real
    for channel in range(stream.channels):
        if (evaluate(stream, channel, integers, kind).real != first).any():
            raise place.error(f"what stands behind the last product differs from unit to unit ({channel} from 0),"
                              " which can change the label: end the network with its scores")
    if not (np.diff(first) > 0).all():
        raise place.error("what stands behind the last product does not always rise, which can change the label: end"
                          " the network with its scores")
