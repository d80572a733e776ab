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
from finn_rtl.importer.tabulate import MOST_TABLE, evaluate, is_even, last_place, range_of
from finn_rtl.importer.values import Stream


@dataclass(frozen=True)
class End:
    """The last map; what its numbers are worth (channels,), None where the graph's end is no product with that.

    `shift`: what its numbers have more than the graph's integers. `notes`: what a user must know.
    """

    made: Made
    scale: NDArray[np.float32] | None
    is_label: bool
    shift: int
    notes: tuple[str, ...]


def ended(stream: Stream, holder: Holder, kind: type[np.floating[Any]]) -> End:
    """What leaves the network.

    Raises:
        FinnError: the graph's end is something that the scores do not tell.
    """
    notes = []
    if stream.closed is not None:
        notes.append(f"{stream.closed.op} at the end is left out: it keeps the order of the scores")
    source = stream.source
    made: Made = source
    if isinstance(source, Sums) and not stream.is_quantized:
        scale = _scores(stream, kind, notes)
        if stream.moves:
            raise later(stream.moves[0].place, "moves scores that no quantizer has seen")
    else:
        place = last_place(stream) if stream.steps else source.nodes[-1]
        found = holder.held(place, stream)
        made, scale = found.source, found.scale
    is_single = made.shape[:2] == (1, 1) and made.shape[2] > 1
    is_label = isinstance(made, Sums) and is_single and (scale is None or is_even(scale))
    if stream.is_label and not is_label:
        assert stream.closed is not None
        raise stream.closed.error("the label cannot be told: the scores in front of it are levels, or are not all"
                                  " worth the same; end the network with its scores")
    if isinstance(made, Sums) and is_single and not is_label:
        assert scale is not None
        notes.append(f"a step of the scores is worth {scale.min():g} to {scale.max():g}, by unit: the label is the"
                     " first maximum of score times scale, and the hardware gives the scores")
    if made.shape[:2] != (1, 1) and not made.is_vector:
        notes.append("the results come by row, column and channel, those of the graph by channel, row and column")
    return End(made, scale, is_label, 0 if isinstance(made, Sums) else made.shift, tuple(notes))


def _scores(stream: Stream, kind: type[np.floating[Any]], notes: list[str]) -> NDArray[np.float32] | None:
    """What the scores are worth; a bias is given to the sums."""
    sums = stream.source
    assert isinstance(sums, Sums)
    bias, scales = np.zeros(stream.channels, np.int64), np.ones(stream.channels, np.float32)
    for channel in range(stream.channels):
        found = _line(stream, channel, kind)
        if found is None:
            _check_order(stream, kind)
            nodes = ", ".join(dict.fromkeys(step.place.op for step in stream.steps))
            notes.append(f"{nodes} at the end left out: the same rising function of every score")
            return None
        bias[channel], scales[channel] = found
    if bias.any():
        sums.bias = bias
    return scales


def _some(stream: Stream, channel: int) -> Whole:
    span = range_of(stream, channel)
    some = np.array([0, 1, span.count - 2, span.count - 1])
    return span.at(np.arange(span.count) if span.count <= MOST_TABLE else some)


def _line(stream: Stream, channel: int, kind: type[np.floating[Any]]) -> tuple[int, float] | None:
    """Bias and scale, where the steps make sum + bias, times a scale, of every sum."""
    integers = _some(stream, channel)
    numbers: Numbers = evaluate(stream, channel, integers, kind)
    if numbers.q is None or not numbers.scale > 0:
        return None
    bias = numbers.q - integers
    return (int(bias[0]), numbers.scale) if (bias == bias[0]).all() else None


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
