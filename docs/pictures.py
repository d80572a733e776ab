# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Draws the pictures of folding.md: which part of a matrix works when, layers over time, and shapes of memories.

python docs/pictures.py
"""

from __future__ import annotations

from collections.abc import Sequence

from pages import DOCS, asked

INK, GREY, PAPER = "#1f3a5f", "#66717f", "#ffffff"
#: A colour for each cycle or frame, light enough for dark letters.
COLOURS = ("#cfe3f7", "#fde0b8", "#cdebd8", "#f3d3e4", "#e3defb", "#f6efb5", "#d5eef2", "#e8e2d8")


def text(x: float, y: float, words: str, size: int = 13, colour: str = INK, anchor: str = "middle") -> str:
    """Words, centred at x where not said otherwise."""
    return f"<text x='{x:g}' y='{y:g}' font-size='{size}' fill='{colour}' text-anchor='{anchor}'>{words}</text>"


def box(x: float, y: float, width: float, height: float, colour: str, line: str = INK) -> str:
    """A rectangle."""
    return f"<rect x='{x:g}' y='{y:g}' width='{width:g}' height='{height:g}' fill='{colour}' stroke='{line}'/>"


def picture(title: str, width: int, height: int, parts: Sequence[str]) -> str:
    """A whole file."""
    head = (f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' viewBox='0 0 {width} {height}'"
            " font-family='DejaVu Sans, Helvetica, Arial, sans-serif'>")
    return "\n".join([head, f"<title>{title}</title>", f"<rect width='{width}' height='{height}' fill='{PAPER}'/>",
                      *parts, "</svg>", ""])


def one_matrix(left: float, simd: int, pe: int, columns: int = 8, rows: int = 4) -> list[str]:
    """A matrix whose cells say in which cycle they work."""
    size, top = 34, 58
    folds = columns // simd
    count = folds * rows // pe
    parts = [text(left + columns * size / 2, 24, f"SIMD {simd}, PE {pe}", 15),
             text(left + columns * size / 2, 44, f"{simd * pe} multipliers, {count} cycle{'s' * (count > 1)}", 12,
                  GREY)]
    for row in range(rows):
        for column in range(columns):
            cycle = row // pe * folds + column // simd
            x, y = left + column * size, top + row * size
            parts += [box(x, y, size, size, COLOURS[cycle % len(COLOURS)], "#9aa4b1"),
                      text(x + size / 2, y + size / 2 + 5, str(cycle), 13)]
    for cycle in range(count):
        x, y = left + cycle % folds * simd * size, top + cycle // folds * pe * size
        parts.append(f"<rect x='{x:g}' y='{y:g}' width='{simd * size}' height='{pe * size}' fill='none' stroke='{INK}'"
                     " stroke-width='2'/>")
    return parts


def matrix() -> str:
    """The same matrix in three foldings."""
    parts = [part for place, (simd, pe) in enumerate(((8, 4), (4, 2), (2, 1)))
             for part in one_matrix(24 + place * 308, simd, pe)]
    parts.append(text(24, 216, "a matrix of 4 rows (units) and 8 columns (inputs); numbers: the cycle in which a weight"
                      " is used", 12, GREY, "start"))
    return picture("Foldings of a matrix", 920, 232, parts)


#: Layers of a small network: cycles a frame, and when each frame begins. One frame waits in front of layer 1.
LAYERS = ((4, (0, 4, 12)), (8, (4, 12, 20)), (2, (12, 20)))


def time() -> str:
    """Frames in three layers over time, a slow one in the middle."""
    unit, left, top = 27, 120, 40
    parts = [text(left + cycle * unit, 26, str(cycle), 11, GREY) for cycle in range(0, 30, 4)]
    for layer, (cycles, starts) in enumerate(LAYERS):
        y = top + layer * 46
        parts.append(text(10, y + 22, f"layer {layer}, {cycles} cycles", 12, INK, "start"))
        for frame, start in enumerate(starts):
            name = f"frame {frame}" if cycles > 2 else str(frame)
            parts += [box(left + start * unit, y, cycles * unit, 34, COLOURS[frame]),
                      text(left + (start + cycles / 2) * unit, y + 22, name, 12)]
    parts.append(text(10, 194, "All layers work at once, on different frames. Layer 1 is the slowest: a result comes"
                      " every 8 cycles.", 12, GREY, "start"))
    return picture("Layers over time", 920, 210, parts)


def memories() -> str:
    """Two memories of as many bits: shallow and wide, deep and narrow."""
    parts = [text(190, 24, "16 words of 12,544 bits", 14), box(20, 40, 340, 24, COLOURS[0]),
             text(190, 86, "block RAM: 175 of 36 Kib, each 3 % full", 12, GREY),
             text(190, 106, "LUT RAM: about a LUT for each bit of a word", 12, GREY),
             text(640, 24, "4,096 words of 49 bits", 14), box(625, 36, 30, 150, COLOURS[1]),
             text(675, 86, "block RAM: about 6 of 36 Kib, nearly full", 12, GREY, "start"),
             text(675, 106, "LUT RAM: 64 LUTs for each bit", 12, GREY, "start"),
             text(20, 206, "the same weights, of the first layer of SFC: folded little on the left, much on the right",
                  12, GREY, "start")]
    return picture("Shapes of weight memories", 920, 222, parts)


PICTURES = {"folding_matrix": matrix, "folding_time": time, "folding_memories": memories}


def main() -> None:
    """Write them."""
    asked(__doc__)
    for name, draw in PICTURES.items():
        (DOCS / f"{name}.svg").write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()
