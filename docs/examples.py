# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Rewrites the worked examples of the pages.

Memory words (ip/mvtu.md), classes of inputs (ip/mvtu_unfolded.md), depths (ip/swu.md), plans (plan.md), devices
(devices.md), and all that is printed in brevitas.md, whose commands are run.

python docs/examples.py
"""

from __future__ import annotations

import numpy as np
from pages import DOCS, asked, prose, replace_block, replay_session, table

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.maps import Map
from finn_rtl.common.places import CHECKOUT
from finn_rtl.description.networks import find_topology
from finn_rtl.ips.classes import make_group
from finn_rtl.ips.mvtu import Mvtu, threshold_memory, weight_memory
from finn_rtl.ips.swu import Swu
from finn_rtl.meaning.kernels import layer_output, pack, popcounts
from finn_rtl.plan.devices import DEVICES
from finn_rtl.plan.plan import make_plan

# Row r, column c of W; 1 stands for +1.
WEIGHT = np.array([[1, 0, 1, 1, 0, 0, 1, 0],
                   [0, 1, 1, 0, 1, 0, 0, 1],
                   [1, 1, 1, 1, 0, 0, 0, 0],
                   [0, 0, 1, 0, 1, 1, 0, 1]], np.uint8)
THRESHOLD = np.array([4, 3, 5, 6], np.int64)
LAYER = IntegerLayer(WEIGHT.astype(np.int8) * 2 - 1, THRESHOLD[:, None])
MVTU = Mvtu("example", mw=8, mh=4, simd=4, pe=2, thresholds=1)
# The vectors that timing/mvtu.sv sends, element 0 first.
VECTORS = np.array([[0, 1, 0, 0, 1, 0, 1, 1],
                    [0, 0, 0, 0, 1, 1, 1, 1],
                    [1, 1, 0, 1, 0, 1, 1, 0]], np.uint8)

# Three rows that share their sums.
GROUP_WEIGHT = np.array([[1, 1, 0, 1, 0, 1],
                         [1, 0, 0, 1, 1, 1],
                         [0, 0, 0, 1, 0, 0]], np.uint8)
GROUP_THRESHOLD = np.array([3, 4, 2], np.int64)
GROUP_VECTOR = np.array([1, 0, 1, 1, 0, 0], np.uint8)

PLANS = (("digits", "fix"), ("digits", "max"), ("sfc", "fix"), ("sfc", "max"), ("cnv", "fix"), ("cnv", "max"))


def _window(size: int, channels: int, simd: int, kernel: int, stride: int = 1, pad: int = 0, bits: int = 1,
            depthwise: bool = False) -> Swu:
    """A square window on a square map."""
    return Swu("", Map(size, size, channels, bits), simd, (kernel, kernel), (stride, stride), (pad,) * 4,
               depthwise=depthwise)


WINDOWS = (
    (_window(32, 3, 3, 3, bits=8), "3 x 3"), (_window(30, 64, 32, 3), "3 x 3"), (_window(14, 64, 32, 3), "3 x 3"),
    (_window(12, 128, 32, 3), "3 x 3"), (_window(5, 128, 32, 3), "3 x 3"), (_window(3, 256, 32, 3), "3 x 3"),
    (_window(28, 64, 64, 2, 2), "2 x 2, stride 2"), (_window(14, 64, 32, 3, pad=1), "3 x 3, padding 1"),
    (_window(56, 64, 32, 3, 2, 1), "3 x 3, stride 2, padding 1"),
    (_window(28, 64, 16, 2, 2, depthwise=True), "2 x 2, stride 2, `DEPTHWISE`"))


def outputs() -> list[int]:
    """Beats that the MVTU of the example gives for VECTORS, as numbers."""
    bits = layer_output(LAYER, VECTORS.astype(np.int32)).reshape(-1, MVTU.pe)
    return [int(value) for value in bits @ (1 << np.arange(MVTU.pe))]


def _binary(text: str, width: int, field: int) -> list[str]:
    """Words of a memory file as binary digits, fields apart."""
    words = [f"{int(word, 16):0{width}b}" for word in text.split()]
    return ["_".join(word[i:i + field] for i in range(0, width, field)) for word in words]


def memory_example() -> str:
    """The two memory files of the example, word by word, and what the first vector gives."""
    weights, thresholds = weight_memory(LAYER, MVTU), threshold_memory(LAYER, MVTU)
    rows = []
    for word, (line, bits) in enumerate(zip(weights.split(), _binary(weights, 8, 4), strict=True)):
        fold, segment = divmod(word, MVTU.sf)
        low, column = fold * MVTU.pe, segment * MVTU.simd
        rows.append((str(word), f"`{line}`", f"`{bits}`",
                     f"row {low + 1}, columns {column + 3} to {column}; row {low}, the same columns"))
    text = "`weights.mem`:\n\n" + table(("word", "line", "bits 7 to 0", "contents"), rows, 4)
    width = MVTU.pe * MVTU.sum_width
    rows = []
    for fold, (line, bits) in enumerate(zip(thresholds.split(), _binary(thresholds, width, MVTU.sum_width),
                                            strict=True)):
        low = fold * MVTU.pe
        rows.append((str(fold), f"`{line}`", f"`{bits}`",
                     f"row {low + 1}: -{THRESHOLD[low + 1]}; row {low}: -{THRESHOLD[low]}"))
    text += (f"\n`thresholds.mem` (`SUM_W` = {MVTU.sum_width}):\n\n"
             + table(("word", "line", f"bits {width - 1} to 0", "contents"), rows, 4))
    counts = popcounts(pack(VECTORS[:1]), pack(WEIGHT), MVTU.mw)[0]
    shown = ", ".join(f"{count} {'>=' if count >= t else '<'} {t}" for count, t in zip(counts, THRESHOLD, strict=True))
    elements = ", ".join(str(bit) for bit in VECTORS[0])
    first, second = outputs()[:MVTU.nf]
    return text + "\n" + prose(
        f"The vector x = ({elements}), element 0 first, agrees with rows 0 to 3 in {', '.join(str(c) for c in counts)}"
        f" places. Against the thresholds: {shown}. It leaves as the beats `{first:02b}` (rows 1, 0) and"
        f" `{second:02b}` (rows 3, 2). It is the first vector of the timing diagram above.")


def group_example() -> str:
    """A group of three rows: its classes, and what a vector gives."""
    group = make_group(GROUP_WEIGHT, GROUP_THRESHOLD, 1, False)
    order, flips = list(group.order), list(group.flips)
    rows, sums, first = [], [], 0
    for index, (size, more) in enumerate(zip(group.sizes, group.offsets, strict=True)):
        disagree = [str(row) for row in range(1, group.rows) if index >> row - 1 & 1]
        members = sorted(zip(order[first:first + size], flips[first:first + size], strict=True))
        bits = [int(GROUP_VECTOR[member]) ^ flip for member, flip in members]
        sums.append(sum(bits) + more)
        rows.append((str(index), " and ".join(disagree) or "none",
                     ", ".join(f"{'~' if flip else ''}x{member}" for member, flip in members), str(more),
                     f"{' + '.join(map(str, [*bits, more]))} = {sums[-1]}"))
        first += size
    elements = ", ".join(str(bit) for bit in GROUP_VECTOR)
    total = sum(sums)
    text = table(("class", "rows that disagree with row 0", "inputs", "`OFFSETS`", f"for x = ({elements})"), rows, 5)
    text += f"\nT = {' + '.join(map(str, sums))} = {total}.\n\n"
    accumulators = popcounts(pack(GROUP_VECTOR[None]), pack(GROUP_WEIGHT), len(GROUP_VECTOR))[0]
    lines: list[tuple[str, ...]] = []
    for row, (accumulator, threshold) in enumerate(zip(accumulators, GROUP_THRESHOLD, strict=True)):
        weights = " ".join("+" if weight else "-" for weight in GROUP_WEIGHT[row])
        if row == 0:
            wanted, right = f"T >= `BASE` = {group.base}", group.base
        else:
            found = [value for index, value in enumerate(sums) if index >> row - 1 & 1]
            right = 2 * sum(found) + group.round[row]
            wanted = f"T >= 2 U + `ROUND` = 2 ({' + '.join(map(str, found))}) + {group.round[row]}"
        assert (total >= right) == (accumulator >= threshold)
        lines.append((str(row), f"`{weights}`", str(accumulator), str(threshold), wanted, f"{total} >= {right}",
                     str(int(total >= right))))
    return text + table(("row", "weights", "agreeing places", "threshold", "computed", "", "out"), lines, 7)


def plan_example() -> str:
    """Folding and schedule of the shipped networks that are quick to plan."""
    text = ""
    for net, scenario in PLANS:
        topology, _ = find_topology(net)
        report = make_plan(topology, scenario).report()
        rows = [(layer["name"], f"{layer['units']} x {layer['inputs']}",
                 f"{layer['simd']}{' w' if layer['whole_windows'] else ''}"
                 f"{f' @{pixels}' if (pixels := layer['pixels']) > 1 else ''}", str(layer["pe"]), str(layer["vectors"]),
                 str(layer["cycles"]), f"{layer['busy']:.0%}", layer["weights_in"]) for layer in report["layers"]]
        fifos = ", ".join(f"{name} {depth}" for name, depth in report["fifos"].items())
        text += (prose(f"`finn-rtl estimate {net} --scenario {scenario}`: initiation interval"
                 f" {report['cycles_per_frame']} cycles, latency {report['latency_cycles']} cycles,"
                 f" {report['fps']:,.0f} frames a second at {report['clock_mhz']:g} MHz, limited by"
                 f" {report['limited_by']}; input {report['input_beats']} beats of {report['input_width']} bits;"
                 f" buffers in beats: {fifos}.") + "\n"
                 + table(("layer", "matrix", "SIMD", "PE", "windows", "cycles", "busy", "weights in"), rows, 2) + "\n")
    return text


def depth_example() -> str:
    """Depths of a window's buffer."""
    rows = []
    for stage, text in WINDOWS:
        rows.append((f"{stage.ifm.height} x {stage.ifm.width}, {stage.groups}", text, str(stage.least_span),
                     str(stage.least_depth), str(stage.buffer)))
    return table(("map, beats a pixel", "window", "least legal", "never slow", "default"), rows, 2)


def device_example() -> str:
    """The devices that are known."""
    rows = [(f"`{name}`", f"{device.lut:,}", f"{device.ff:,}", str(device.bram36), str(device.uram), f"{device.dsp:,}",
             device.source, f"{device.dram / 1e9:g}", device.board) for name, device in sorted(DEVICES.items())]
    return table(("device", "LUT", "FF", "BRAM36", "ultra RAM", "DSP", "data sheet", "memory, GB/s", "board"), rows)


def main() -> None:
    """Rewrite the blocks."""
    asked(__doc__)
    replace_block(DOCS / "devices.md", "devices", device_example())
    replace_block(DOCS / "ip" / "mvtu.md", "memory", memory_example())
    replace_block(DOCS / "ip" / "mvtu_unfolded.md", "group", group_example())
    replace_block(DOCS / "ip" / "swu.md", "depths", depth_example())
    replace_block(DOCS / "plan.md", "plans", plan_example())
    replay_session(DOCS / "brevitas.md", CHECKOUT)


if __name__ == "__main__":
    main()
