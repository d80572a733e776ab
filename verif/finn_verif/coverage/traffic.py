# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What the streams of the testbenches have shown, by parameter set and by corner shape."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

from finn_verif.ips.catalog import SHAPES
from finn_verif.testbench.notes import SHOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def shown(lines: Iterable[str]) -> dict[str, dict[str, dict[str, int]]]:
    """What was shown: by module, parameter set and stream, as bits."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for line in lines:
        entry = json.loads(line)
        values = {name: value for name, value in entry["parameters"].items() if not name.endswith("_FILE")}
        parameters = ", ".join(f"{name} {value}" for name, value in values.items())
        streams = found.setdefault(entry["module"], {}).setdefault(parameters, {})
        for stream, bits in entry["streams"].items():
            streams[stream] = streams.get(stream, 0) | bits
    return found


def stream_rows(found: Mapping[str, Mapping[str, Mapping[str, int]]]) -> list[dict[str, object]]:
    """A row a module: parameter sets, their streams, and how many of these have shown each kind of traffic."""
    rows = []
    for module, sets in sorted(found.items()):
        bits = [(parameters, stream, value) for parameters, streams in sets.items()
                for stream, value in streams.items()]
        holes = [f"{parameters}: {stream}: no {SHOWN[i]}" for parameters, stream, value in bits
                 for i in range(len(SHOWN)) if not value >> i & 1]
        rows.append({"module": module, "sets": len(sets), "streams": len(bits), "holes": holes,
                     "shown": [sum(value >> i & 1 for _, _, value in bits) for i in range(len(SHOWN))]})
    return rows


def stream_totals(found: Mapping[str, Mapping[str, Mapping[str, int]]]) -> str:
    """How many streams there are, and how many have shown each kind of traffic."""
    streams = [bits for sets in found.values() for streams in sets.values() for bits in streams.values()]
    counts = ", ".join(f"{sum(bits >> i & 1 for bits in streams)} {what}" for i, what in enumerate(SHOWN))
    return f"{len(streams)} streams of {sum(map(len, found.values()))} parameter sets: {counts}"


def shape_rows(lines: Iterable[str]) -> list[dict[str, object]]:
    """A row a corner shape: parameter sets that have it, and how many of their streams have shown each kind."""
    sets: dict[str, dict[str, tuple[dict[str, int | str], dict[str, int]]]] = defaultdict(dict)
    for line in lines:
        entry = json.loads(line)
        values = {name: value for name, value in entry["parameters"].items() if not name.endswith("_FILE")}
        _, streams = sets[entry["module"]].setdefault(json.dumps(values), (values, {}))
        for stream, bits in entry["streams"].items():
            streams[stream] = streams.get(stream, 0) | bits
    rows: list[dict[str, object]] = []
    for module, shapes in SHAPES.items():
        for name, has in shapes.items():
            streams_of = [streams for values, streams in sets[module].values() if has(values)]
            counts = [sum(bits >> i & 1 for streams in streams_of for bits in streams.values())
                      for i in range(len(SHOWN))]
            holes = [f"{name}: no {what}" for what, count in zip(SHOWN, counts, strict=True) if not count]
            rows.append({"module": module, "name": name, "sets": len(streams_of), "shown": counts,
                         "holes": holes if streams_of else [f"{name}: no parameter set"]})
    return rows
