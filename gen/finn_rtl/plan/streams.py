"""Weights from DRAM: how often a word of each layer comes, and what all of them take of the memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from finn_rtl.ips.mvtu_stream import MvtuStream
from finn_rtl.plan.pipeline import Node, Pipeline


def bytes_a_frame(streamed: Sequence[MvtuStream]) -> Fraction:
    """Bytes of weights that come for a frame."""
    return Fraction(sum(matrix.frame_bits for matrix in streamed), 8)


def _period(matrix: MvtuStream, interval: int) -> int:
    """Cycles between words with which a layer has them all within an interval, as long as that takes."""
    return max(1, interval // (matrix.words * matrix.blocks))


def _fits(streamed: Sequence[MvtuStream], interval: int, bytes_a_cycle: Fraction) -> bool:
    """Whether the memory brings the words of every layer within an interval, each evenly."""
    return sum(Fraction(matrix.word_bits, 8 * _period(matrix, interval)) for matrix in streamed) <= bytes_a_cycle


def with_periods(pipeline: Pipeline, bytes_a_cycle: Fraction) -> Pipeline:
    """The pipeline with its words as often as a memory gives them that is shared by what each layer needs.

    Of the layers' words each come evenly, and those of a frame within the same time: the shortest in which the memory
    brings all of them.
    """
    streamed = pipeline.streamed
    if not streamed:
        return pipeline
    low, high = 0, 1  # too fast, fast enough
    while not _fits(streamed, high, bytes_a_cycle):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _fits(streamed, middle, bytes_a_cycle) else (middle, high)
    return Pipeline(tuple(
        Node(replace(node.ip, period=_period(node.ip, high)), node.sources) if isinstance(node.ip, MvtuStream) else node
        for node in pipeline.nodes))
