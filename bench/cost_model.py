# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Measures the cost model of the folding search against synthesis; writes cost_model.md.

The sweep draws parameters of every stage of a network from a fixed seed and synthesizes each alone, an unfolded layer
in its parts; weights and thresholds are random. The networks are those of results.json, as bench/run.py found them.
Relative errors are of LUTs, estimate over synthesis; block RAMs are to be the same. What is smaller than SMALL LUTs
counts by its difference from synthesis over SMALL, as no search turns on it.

usage: bench/cost_model.py [--check] [--only KIND] [--list]
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "docs"))

from cost import random_bits, random_layer, words  # noqa: E402
from page import write_page  # noqa: E402

from finn_rtl.common.maps import Map  # noqa: E402
from finn_rtl.common.numbers import divisors  # noqa: E402
from finn_rtl.ips.axis_dwc import WidthConverter  # noqa: E402
from finn_rtl.ips.axis_fifo import Fifo  # noqa: E402
from finn_rtl.ips.axis_frame_guard import Guard  # noqa: E402
from finn_rtl.ips.base import Ip  # noqa: E402
from finn_rtl.ips.label_select import LabelSelect  # noqa: E402
from finn_rtl.ips.maxpool import Pool  # noqa: E402
from finn_rtl.ips.memory_text import slice_files  # noqa: E402
from finn_rtl.ips.mvtu import Mvtu  # noqa: E402
from finn_rtl.ips.mvtu_parameters import memory_names  # noqa: E402
from finn_rtl.ips.mvtu_unfolded import MvtuUnfolded  # noqa: E402
from finn_rtl.ips.swu import Swu, SwuParallel  # noqa: E402
from finn_rtl.output.emit import literals  # noqa: E402
from finn_rtl.plan.devices import placed  # noqa: E402
from finn_rtl.tools.eda import Sources, core_sources  # noqa: E402
from finn_rtl.tools.synth import Part, Usage, cells_of, make_job, unfolded_parts, usage  # noqa: E402

SEED = 20
SMALL = 50
# What is asked for: the worst and the median error.
WORST, MEDIAN = 0.10, 0.05
IPS = ("axis_frame_guard", "axis_dwc", "axis_fifo", "swu", "maxpool", "mvtu", "mvtu_unfolded", "label_select")


def guards(rng: random.Random) -> Iterator[Ip]:
    """axis_frame_guard."""
    for _ in range(6):
        yield Guard(rng.choice((8, 16, 24, 49, 64)), rng.randint(2, 4000), rng.randint(2, 40))


def converters(rng: random.Random) -> Iterator[Ip]:
    """axis_dwc: wider, narrower and neither."""
    for _ in range(5):
        narrow, ratio = rng.choice((1, 8, 16, 32, 64)), rng.choice((2, 3, 4, 8, 16))
        yield WidthConverter("x", narrow, narrow * ratio, narrow * ratio * rng.randint(1, 50))
        yield WidthConverter("x", narrow * ratio, narrow, narrow * ratio * rng.randint(1, 50))
    for _ in range(5):
        one, other = sorted(rng.sample((12, 16, 24, 32, 49, 56, 64, 98), 2), key=lambda _: rng.random())
        yield WidthConverter("x", one, other, one * other // 2 * rng.randint(1, 8))


def fifos(rng: random.Random) -> Iterator[Ip]:
    """axis_fifo, from a few beats to what goes to block RAM."""
    for depth in (2, 9, 32, 64, 100, 300, 512, 2000):
        yield Fifo("x", rng.choice((8, 16, 32, 64, 128)), depth, 8)


def convolutions(rng: random.Random) -> Iterator[Ip]:
    """Swu and swu_parallel."""
    for number in range(18):
        size, channels, bits = rng.choice(((32, 3, 8), (30, 64, 1), (14, 64, 1), (12, 128, 1), (10, 32, 2),
                                           (5, 128, 1)))
        simd, padding = rng.choice([d for d in divisors(channels) if d * bits >= 8]), rng.choice((0, 0, 1))
        kind = SwuParallel if number % 3 == 0 else Swu
        yield kind("x", Map(size, size, channels, bits), simd, (3, 3), (1, 1), (padding,) * 4)


def pools(rng: random.Random) -> Iterator[Ip]:
    """Maxpool."""
    for _ in range(10):
        size, channels, bits = rng.choice((28, 10, 16)), rng.choice((16, 64, 128)), rng.choice((1, 1, 2, 4))
        yield Pool("x", Map(size, size, channels, bits), rng.choice(divisors(channels)[1:]), (2, 2))


def matrices(rng: random.Random) -> Iterator[Ip]:
    """mvtu: of bits and of numbers, its memories where they cost least."""
    for number in range(32):
        bits, signed = rng.choice(((2, False), (4, False), (8, True))) if number % 4 == 3 else (1, False)
        mw, mh = rng.choice((27, 64, 147, 256, 576, 784, 1024)), rng.choice((10, 64, 128, 256, 1024))
        simd = rng.choice([d for d in divisors(mw) if d <= (32 if bits > 1 else 256)])
        pe = rng.choice([d for d in divisors(mh) if d * simd <= 2048])
        if mw // simd * (mh // pe) < 2:
            pe = 1
        yield placed(Mvtu("x", mw, mh, simd, pe, rng.choice((1, 1, 1, 0)), input_bits=bits, signed=signed))


def unfolded(rng: random.Random) -> Iterator[Ip]:
    """mvtu_unfolded."""
    for _ in range(10):
        bits = rng.choice((1, 1, 1, 4))
        mw, mh = rng.choice((27, 64, 100) if bits > 1 else (27, 64, 256, 576, 784)), rng.choice((3, 10, 16, 32))
        yield MvtuUnfolded("x", mw, mh, mw, mh, 1, input_bits=bits)


def labels(rng: random.Random) -> Iterator[Ip]:
    """label_select."""
    for _ in range(6):
        classes = rng.choice((10, 16, 43, 100))
        yield LabelSelect(classes, rng.choice(divisors(classes)), rng.randint(6, 16), rng.random() < 0.5)


SWEEP = {"axis_frame_guard": guards, "axis_dwc": converters, "axis_fifo": fifos, "swu": convolutions, "maxpool": pools,
         "mvtu": matrices, "mvtu_unfolded": unfolded, "label_select": labels}


def sweep() -> list[tuple[str, Ip]]:
    """Every stage of the sweep with its kind."""
    return [(kind, stage) for kind, draw in SWEEP.items() for stage in draw(random.Random(f"{SEED} {kind}"))]


def parts(stage: Ip) -> list[Part]:
    """What Yosys is to map."""
    if isinstance(stage, MvtuUnfolded):
        return unfolded_parts(random_layer(stage.mh, stage.mw, stage.input_bits), stage)
    module, values = stage.module, stage.parameters("x")
    if isinstance(stage, Fifo):
        # Alone it holds tlast too; in a network that is a constant.
        values = {**values, "WIDTH": stage.width - 1}
    return [Part(module, module, literals(values))]


def contents(stage: Ip) -> dict[str, str]:
    """Random memory files of a stage, by name."""
    if not isinstance(stage, Mvtu):
        return {}
    weights, thresholds = memory_names("x", stage.layer)
    return {**slice_files(weights, random_bits(stage.cycles, stage.pe * stage.simd), stage.weight_slice),
            thresholds: words(stage.nf, stage.pe * stage.sum_width)}


def measure(stage: Ip, sources: Sources) -> Usage:
    """Synthesize a stage alone; what was found before is kept like the parts of a network.

    Raises:
        FinnError: Yosys failed.
    """
    found: Counter[str] = Counter()
    for part in parts(stage):
        with tempfile.TemporaryDirectory(prefix="finn-rtl-") as work:
            job = make_job(part, sources, contents(stage), Path(work) / "part")
            found += cells_of(job)
    return usage(found)


def error(estimated: float, found: float) -> float:
    """Relative error of an estimate."""
    return (estimated - found) / max(found, SMALL)


def all_sources() -> dict[str, Sources]:
    """The sources of each IP."""
    return {ip: core_sources(f"finn:ip:{ip}") for ip in IPS}


def row(name: str, errors: list[float], luts: list[int]) -> str:
    """A row of the table."""
    sizes = [abs(value) for value in errors]
    return (f"| {name} | {len(errors)} | {min(luts):,} to {max(luts):,} | {statistics.median(sizes):.1%} |"
            f" {max(sizes):.1%} |")


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--check", action="store_true", help="print only; fail where a figure got worse (golden.py)")
    parser.add_argument("--only", choices=IPS, help="one kind of stage; prints only")
    parser.add_argument("--list", action="store_true", help="print every stage")
    arguments = parser.parse_args()
    stages = [(kind, stage) for kind, stage in sweep() if arguments.only in (None, kind)]
    sources = all_sources()
    with ThreadPoolExecutor(2) as pool:
        used = list(pool.map(lambda entry: measure(entry[1], sources[entry[0]]), stages))
    by_kind: dict[str, list[tuple[float, int]]] = {}
    everything, rams = [], 0
    for (kind, stage), found in zip(stages, used, strict=True):
        cost = stage.cost
        relative = error(cost.lut, found.lut)
        by_kind.setdefault(kind, []).append((relative, found.lut))
        everything.append(relative)
        rams += cost.bram36 != found.bram36
        if arguments.list or abs(relative) > WORST:
            print(f"{relative:+7.1%} {cost.lut:9.1f} {found.lut:7} LUT {cost.bram36:5g} {found.bram36:5g} BRAM36"
                  f" {stage}")
    lines = ["| | number | LUT | median error | worst error |", "|---|--:|--:|--:|--:|"]
    for kind, pairs in by_kind.items():
        lines.append(row(f"`{kind}`", [e for e, _ in pairs], [lut for _, lut in pairs]))
    saved = json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))["networks"]
    syntheses = [figures["synthesis"] for figures in saved if "synthesis" in figures]
    networks = [error(found["estimated_lut"], found["lut"]) for found in syntheses]
    lines.append(row("networks", networks, [found["lut"] for found in syntheses]))
    apart = [abs(found["estimated_bram36"] - found["bram36"]) for found in syntheses
             if found["estimated_bram36"] != found["bram36"]]
    lines += ["", f"Of the sweep, {rams} of {len(stages)} have another number of block RAMs than estimated;"
              f" of the networks {len(apart)} of {len(syntheses)}, by {max(apart, default=0):g} at most. What has fewer"
              f" than {SMALL} LUTs counts by its difference over {SMALL}, as no search turns on it. The formula was"
              " fitted to syntheses of these kinds, these networks among them. Estimates by `finn_rtl.ips`;"
              f" synthesis by Yosys (pyosys {version('pyosys')}, `synth_xilinx -family xc7`)."]
    is_saved = not arguments.check and arguments.only is None
    is_good = write_page("cost_model", "Cost model", "the LUTs that the folding search estimates against synthesis",
                         lines, is_saved)
    is_met = max(map(abs, (*everything, *networks))) <= WORST and \
        statistics.median(map(abs, everything)) <= MEDIAN and statistics.median(map(abs, networks)) <= MEDIAN
    if not is_met:
        print(f"an estimate is off by more than {WORST:.0%}, or half of them by more than {MEDIAN:.0%}",
              file=sys.stderr)
    return int(not is_met or not is_good)


if __name__ == "__main__":
    sys.exit(main())
