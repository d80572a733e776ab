"""What is multiplied, or added, must be a map of integers: the steps in front of it become levels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from finn_rtl.importer.maps import Levels, Made, Moved, Pixels, Reals, Shifted, Sums, is_bipolar
from finn_rtl.importer.places import Place
from finn_rtl.importer.splitting import split
from finn_rtl.importer.tabulate import MOST_TABLE, check_moves, evaluate, last_place, levels_of, range_of
from finn_rtl.importer.values import Stream, stream_of


class Holder:
    """Makes maps of streams, each once; `made` has all in their order."""

    def __init__(self, source: Made, kind: type[np.floating[Any]]) -> None:
        self.made: list[Made] = [source]
        self.kind = kind
        self._held: dict[int, tuple[Stream, Stream]] = {}

    def held(self, place: Place, stream: Stream) -> Stream:
        """A stream without steps and moves, of a map of integers.

        Raises:
            FinnError: it has none; `place` reads it.
        """
        if id(stream) not in self._held:
            self._held[id(stream)] = stream, self._hold(place, stream)
        return self._held[id(stream)][1]

    def _hold(self, place: Place, stream: Stream) -> Stream:
        source, scale = stream.source, stream.scale
        levels: Levels | None = None
        is_input = isinstance(source, Pixels | Reals)
        if not stream.is_quantized and not (isinstance(source, Pixels) and source.is_whole):
            if is_input:
                raise place.error("reads the network's input, which is real numbers, without a quantizer between: put"
                                  " one there, or, where they are integers, say of how many bits (--input-bits)")
            raise place.error(f"reads the sums of node {source.nodes[0].name!r} without a quantizer between: put"
                              " one there")
        more = self._shift(stream) if stream.steps else None
        if stream.steps and more is None:
            parts = None if isinstance(source, Pixels) else split(stream, self.kind)
            if parts is None:
                source = levels = self._levels(stream)
                scale = levels.scale
            else:
                self.made += parts[0]
                source, scale = parts[0][-1], parts[1]
        elif stream.steps:
            scale = np.array([evaluate(stream, channel, source.low[channel:channel + 1], self.kind).scale
                              for channel in range(stream.channels)], np.float32)
            if more:
                source = Shifted(source.shape, source.low + more, source.high + more, source.step, source.nodes,
                                 source.shift - more, source.is_vector, ifm=source)
                self.made.append(source)
        for move in stream.moves:
            source = Moved(move.shape(source.shape), source.low, source.high, source.step, [move.place], source.shift,
                           source.is_vector, ifm=source, kind=move.kind, size=move.size, stride=move.stride,
                           padding=move.padding)
            self.made.append(source)
        if levels is not None and levels.turned.any():
            source = self._turned_back(source, levels)
        return replace(stream_of(source, scale), index=stream.index)

    def _turned_back(self, source: Made, levels: Levels) -> Levels:
        """What stands behind a pool whose levels were turned in some channels: the least became the greatest."""
        ends = levels.lowest * 2 + levels.reach.shape[1] + (levels.quantizer is None)
        low, high = (np.where(levels.turned, ends - one, other)
                     for one, other in ((source.high, source.low), (source.low, source.high)))
        wanted = np.array([0]) if levels.quantizer is None else levels.lowest + 1 + np.arange(levels.reach.shape[1])
        matrix = self._as_sums(source, levels.nodes) if levels.quantizer is None else source
        found = Levels(source.shape, low, high, source.step, levels.nodes, levels.shift, source.is_vector,
                       source=matrix, quantizer=levels.quantizer, reach=np.tile(wanted, (len(low), 1)),
                       falling=levels.turned, lowest=levels.lowest, scale=levels.scale,
                       is_bipolar=levels.quantizer is None)
        self.made.append(found)
        return found

    def _shift(self, stream: Stream) -> int | None:
        """What the steps add to the integers of a map, where they do nothing else to any."""
        if isinstance(stream.source, Sums | Pixels | Reals):
            return None
        found = set()
        for channel in range(stream.channels):
            span = range_of(stream, channel)
            if span.count > MOST_TABLE:
                return None
            integers = span.at(np.arange(span.count))
            numbers = evaluate(stream, channel, integers, self.kind)
            if numbers.q is None or not numbers.scale > 0:
                return None
            found |= set((numbers.q - integers).tolist())
            if len(found) > 1:
                return None
        more = int(found.pop())
        # Bits are -1 and +1, and have no other zero.
        return None if more and is_bipolar(stream.source) else more

    def _levels(self, stream: Stream) -> Levels:
        source = stream.source
        nodes = list(dict.fromkeys(step.place for step in stream.steps))
        if isinstance(source, Pixels):
            made = self._encoded(stream, source, nodes)
        else:
            table = levels_of(stream, self.kind)
            if is_bipolar(source):
                source = self._as_sums(source, nodes)
            is_real = isinstance(source, Reals)
            near, pairs = (0, 0) if is_real else (table.near, table.pairs)
            ends = table.lowest * 2 + table.reach.shape[1] + (table.quantizer is None)
            low, high = (np.where(table.turned, ends - one, other)
                         for one, other in ((table.high, table.low), (table.low, table.high)))
            made = Levels(source.shape, low, high, np.full(stream.channels, table.step), nodes, table.shift,
                          source.is_vector, source=source, quantizer=table.quantizer, reach=table.reach,
                          falling=table.falling ^ table.turned, turned=table.turned, lowest=table.lowest, near=near,
                          pairs=pairs, scale=table.scale, is_bipolar=table.quantizer is None)
        self.made.append(made)
        return made

    def _as_sums(self, source: Made, nodes: list[Place]) -> Sums:
        """Bits as the sums of a matrix that leaves each as it is: what makes levels of numbers does so of these."""
        height, width, channels = source.shape
        sums = Sums((height, width, channels), source.low, source.high, source.step, nodes[:1],
                    is_vector=source.is_vector, ifm=source, weight=np.ones((channels, 1), np.int64), weight_bits=1,
                    kernel=(1, 1), groups=channels)
        self.made.append(sums)
        return sums

    def _encoded(self, stream: Stream, source: Pixels, nodes: list[Place]) -> Levels:
        """The pixels' table."""
        place = last_place(stream)
        rows, scales, near = [], [], 0
        for channel in range(stream.channels):
            check_moves(stream, channel, self.kind)
            numbers = evaluate(stream, channel, source.of_bytes, self.kind, notes=True)
            if numbers.q is None or not numbers.is_quantized or not numbers.scale > 0:
                raise place.error("its result is no integer times a scale: a quantizer is missing behind it")
            rows.append(numbers.q)
            scales.append(numbers.scale)
            near += 0 if numbers.is_near is None else int(numbers.is_near.sum())
        table = np.stack(rows)
        is_binary = bool((np.abs(table) == 1).all())
        step = np.full(len(table), 2 if is_binary else 1)
        return Levels(source.shape, table.min(axis=1), table.max(axis=1), step, nodes, 0,
                      source.is_vector, source=source, table=table, near=near, pairs=table.size,
                       scale=np.array(scales, np.float32), is_bipolar=is_binary)

