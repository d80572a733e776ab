"""The picture of a pipeline: a block for each layer with its IPs, in columns by what reads what, in rows of columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from finn_rtl.plan.costs import ENDS, layer_of
from finn_rtl.plan.pipeline import Pipeline

# Blocks in front of the first layer and behind the last.
FRONT, BEHIND = "input", "result"
# In units of the picture, which are pixels at its natural size.
BOX_WIDTH, BOX_HEIGHT, BOX_GAP = 140, 42, 12
PAD, HEAD = 8, 38
BLOCK_WIDTH = BOX_WIDTH + 2 * PAD
COLUMN, BETWEEN_BLOCKS, BETWEEN_ROWS = BLOCK_WIDTH + 36, 18, 44
MARGIN = 22
COLUMNS = 4
# Wires that share a way lie side by side.
WAYS, WAY = 4, 5
MOST_CHARACTERS = 19


@dataclass(frozen=True)
class Box:
    """An IP, by its place in the pipeline."""

    index: int
    x: int
    y: int


@dataclass(frozen=True)
class Block:
    """A layer; `name` is that of the layer, or FRONT, BEHIND."""

    name: str
    x: int
    y: int
    height: int
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class Drawing:
    """Blocks, and wires as paths of an SVG, in a picture of this size."""

    width: int
    height: int
    blocks: tuple[Block, ...]
    wires: tuple[str, ...]


def clipped(text: str, most: int = MOST_CHARACTERS) -> str:
    """Text that fits into a box."""
    return text if len(text) <= most else f"{text[:most - 1]}…"


def blocks_of(pipeline: Pipeline, layers: Sequence[str]) -> dict[str, list[int]]:
    """IPs of each block, by their places in the pipeline."""
    found: dict[str, list[int]] = {}
    has_begun = False
    for index, ip in enumerate(pipeline.ips):
        layer = layer_of(ip.name, layers)
        has_begun |= layer != ENDS
        name = layer if layer != ENDS else BEHIND if has_begun else FRONT
        found.setdefault(name, []).append(index)
    return found


def columns_of(pipeline: Pipeline, blocks: dict[str, list[int]]) -> dict[str, int]:
    """Column of each block: one behind the last of those that it reads."""
    block = {index: name for name, indices in blocks.items() for index in indices}
    column = dict.fromkeys(blocks, 0)
    for _ in blocks:
        before = dict(column)
        for source, sink in pipeline.links:
            a, b = block[source.node], block[sink.node]
            if a != b:
                column[b] = max(column[b], column[a] + 1)
        if before == column:
            break
    return column


def _placed(blocks: dict[str, list[int]], column: dict[str, int]) -> tuple[tuple[Block, ...], dict[int, int], int]:
    """The blocks in their places, the top of each row, and the height of all."""
    height = {name: HEAD + len(own) * (BOX_HEIGHT + BOX_GAP) - BOX_GAP + PAD for name, own in blocks.items()}
    stacks: dict[int, list[str]] = {}
    for name in blocks:
        stacks.setdefault(column[name], []).append(name)
    tall = {place: sum(height[name] + BETWEEN_BLOCKS for name in own) - BETWEEN_BLOCKS for place, own in stacks.items()}
    tops: dict[int, int] = {}
    y = MARGIN
    for row in range(max(column.values()) // COLUMNS + 1):
        tops[row] = y
        y += max(most for place, most in tall.items() if place // COLUMNS == row) + BETWEEN_ROWS
    placed = []
    for place, own in stacks.items():
        x, y_block = MARGIN + place % COLUMNS * COLUMN, tops[place // COLUMNS]
        for name in own:
            boxes = tuple(Box(index, x + PAD, y_block + HEAD + number * (BOX_HEIGHT + BOX_GAP))
                          for number, index in enumerate(blocks[name]))
            placed.append(Block(name, x, y_block, height[name], boxes))
            y_block += height[name] + BETWEEN_BLOCKS
    return tuple(placed), tops, y - BETWEEN_ROWS + MARGIN


def draw(pipeline: Pipeline, layers: Sequence[str]) -> Drawing:
    """The picture of a pipeline whose layers have these names."""
    blocks = blocks_of(pipeline, layers)
    column = columns_of(pipeline, blocks)
    placed, tops, height = _placed(blocks, column)
    block = {index: name for name, indices in blocks.items() for index in indices}
    box = {one.index: one for own in placed for one in own.boxes}
    wires = []
    for number, (source, sink) in enumerate(pipeline.links):
        a, b = box[source.node], box[sink.node]
        ends = column[block[source.node]], column[block[sink.node]]
        wires.append(_wire(a, b, ends, tops[ends[1] // COLUMNS], number % WAYS * WAY))
    # Behind the last column there is room for wires as between the columns.
    width = 2 * MARGIN + min(max(column.values()) + 1, COLUMNS) * COLUMN - MARGIN // 2
    return Drawing(width, height, placed, tuple(wires))


def _wire(a: Box, b: Box, columns: tuple[int, int], top: int, way: int) -> str:
    """The way from a box to another: down, beside the boxes, or above the row."""
    if columns[0] == columns[1] and b.y - a.y == BOX_HEIGHT + BOX_GAP:
        return f"M{a.x + BOX_WIDTH // 2} {a.y + BOX_HEIGHT}V{b.y - 1}"
    x, y = a.x + BOX_WIDTH, a.y + BOX_HEIGHT // 2
    to_x, to_y = b.x - 1, b.y + BOX_HEIGHT // 2
    aside = x + PAD + 9 + way
    if columns[0] == columns[1]:
        return f"M{x} {y}H{aside}V{to_y}H{to_x + BOX_WIDTH + 2}"
    if columns[1] == columns[0] + 1 and columns[0] // COLUMNS == columns[1] // COLUMNS:
        return f"M{x} {y}H{aside}V{to_y}H{to_x}"
    return f"M{x} {y}H{aside}V{top - 6 - way // 2}H{to_x - PAD - 5 - way}V{to_y}H{to_x}"
