# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What testbenches note where coverage is measured: what their streams have shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from finn_verif.testbench.instances import Instance

#: What the testbenches note, in the folder of a simulation.
STREAMS = "streams.jsonl"
#: What a stream can show, by bit of `shown` in verif/formal/axis_properties.sv.
SHOWN = ("beats in a row", "beat after a gap", "beat that waited", "reset while one waits")


def stream_line(instance: Instance, streams: Mapping[str, int]) -> str:
    """What the streams of an instance have shown, for STREAMS."""
    return json.dumps({"module": instance.module, "parameters": dict(instance.parameters), "streams": streams}) + "\n"
