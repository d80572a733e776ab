"""Pictures through an accelerator, on a board or on its host: python -m finn_rtl.driver --help."""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from pathlib import Path

import numpy as np

from finn_rtl import driver
from finn_rtl.common.errors import FinnError
from finn_rtl.driver.description import FILE


def arguments() -> argparse.Namespace:
    """What the user asks for."""
    parser = argparse.ArgumentParser(prog="python -m finn_rtl.driver", description="Classify pictures in hardware.")
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help="PNG, JPEG ... files")
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--bitstream", type=Path, metavar="BIT", help="load it through PYNQ; its .hwh lies beside it")
    place.add_argument("--uio", metavar="NAME", help="UIO device of an accelerator that is loaded already")
    place.add_argument("--port", metavar="PORT", help="serial port of a board, as /dev/ttyUSB0")
    parser.add_argument("--hardware", type=Path, metavar="DIR",
                        help=f"folder with {FILE}; default: that of the bitstream, or the present one")
    parser.add_argument("--memory", default="udmabuf0", metavar="NAME", help="u-dma-buf device, for --uio")
    parser.add_argument("--baud", type=int, default=1_000_000, help="of the serial port (default: %(default)s)")
    parser.add_argument("--invert", action="store_true",
                        help="pictures are dark on light, the network wants light on dark")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


def opened(wanted: argparse.Namespace) -> driver.Accelerator:
    """The accelerator."""
    hardware = wanted.hardware or (wanted.bitstream.parent if wanted.bitstream else Path())
    if wanted.bitstream:
        return driver.open_pynq(wanted.bitstream, hardware)
    if wanted.uio:
        return driver.open_linux(hardware, wanted.uio, wanted.memory)
    return driver.open_uart(hardware, wanted.port, wanted.baud)


def shown(text: object) -> str:
    """A line for the terminal: what it would not print stands escaped."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in str(text))


def main() -> int:
    """0, or 2 with one line of what is wrong, 130 when interrupted."""
    for stream in (sys.stdout, sys.stderr):
        # Names have letters that the terminal may lack.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    wanted = arguments()
    try:
        with opened(wanted) as accelerator:
            form = accelerator.description
            images = np.stack([driver.read_image(path, form.shape, form.pixel_max, invert=wanted.invert)
                               for path in wanted.images])
            begin = time.monotonic()
            found = accelerator.classify(images)
            seconds = time.monotonic() - begin
    except FinnError as error:
        print(f"error: {shown(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    if wanted.json:
        print(json.dumps({"labels": found.labels.tolist(), "names": found.names, "seconds": seconds,
                          "scores": None if found.scores is None else found.scores.tolist(),
                          "ranking": None if found.ranking is None else found.ranking.tolist(),
                          "timings": [vars(timing) for timing in found.timings]}))
        return 0
    for path, name in zip(wanted.images, found.names, strict=True):
        print(shown(f"{path}: {name}"))
    for timing in found.timings:
        interval = "" if timing.interval is None else f", one in {timing.interval:g}"
        print(f"{timing.frames} frames in {timing.cycles} cycles{interval}, latency {timing.latency}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
