"""The sliding window units: depth of their buffers, and their handshakes cycle by cycle (see finn_rtl.control)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from finn_rtl.pipeline import Swu

# Stands for the place of padding, which is always there, and for a base that stays.
_NONE = -(1 << 62)


def least_span(stage: Swu) -> int:
    """Beats that the buffer must hold so that it does not lock up: swu_pkg::window_span."""
    is_apart = stage.depthwise and stage.groups > 1
    return 1 if stage.windows == (1, 1) and not is_apart else stage.span


def least_depth(stage: Swu) -> int:
    """Beats with which a frame takes max(beats in, beats out) cycles: swu_pkg::window_depth."""
    groups, (rows, columns), (kernel_h, kernel_w) = stage.groups, stage.windows, stage.kernel
    (stride_h, stride_w), (pad_top, pad_bottom, pad_left, pad_right) = stage.stride, stage.padding
    ifm_h, ifm_w = stage.ifm.height, stage.ifm.width
    row, cycles = ifm_w * groups, kernel_h * kernel_w * groups
    start = pad_top * row + pad_left * groups
    apart = stage.depthwise and groups > 1
    span = least_span(stage)
    if apart:
        lead = (kernel_h - 1) * max(0, row - kernel_w) + (kernel_w - 1) * (groups - 1)
    else:
        lead = (kernel_h - 1) * max(0, row - kernel_w * groups)
    column_gain = stride_w * groups - cycles
    columns_gain = (columns - 1) * column_gain
    row_gain = stride_h * row - (columns - 1) * stride_w * groups - cycles
    rows_gain = (rows - 1) * (columns_gain + row_gain)
    frame_gain = (ifm_h - (rows - 1) * stride_h) * row - (columns - 1) * stride_w * groups - cycles
    least, early = -cycles, 0
    if rows * columns * cycles < ifm_h * row:
        column_gain, columns_gain, row_gain = -column_gain, -columns_gain, -row_gain
        rows_gain, frame_gain = -rows_gain, -frame_gain
        least, lead = 0, max(lead, start)
    elif not (start or pad_bottom or pad_right):
        early = kernel_h * kernel_w if apart else cycles - 1
        if columns > 1:
            early = max(0, min(early, -column_gain))
        if rows > 1:
            early = max(0, min(early, -columns_gain - row_gain))
    most = frame_gain - early + max(0, start - lead) + 2 * max(0, columns_gain) + max(0, rows_gain)
    if columns > 1:
        most = max(most, column_gain, columns_gain)
    if rows > 1:
        most = max(most, row_gain + 2 * max(0, columns_gain) + max(0, rows_gain - columns_gain - row_gain))
    return max(max(most, least) + cycles + lead + pad_left * groups + 2, span)


def ram_depth(words: int, width: int) -> int:
    """finn_pkg::ram_depth: rounded up to what memories and pointers have anyway."""
    power, multiple = 1 << (max(1, words) - 1).bit_length(), -(-words // 64) * 64
    return multiple if words > 64 and (power - multiple) * width > 512 else power


def default_depth(stage: Swu) -> int:
    """DEPTH of swu where it is not set; of swu_parallel, the beats of its line buffers."""
    if stage.parallel:
        return (stage.kernel[0] - 1) * stage.ifm.width * stage.groups
    return ram_depth(least_depth(stage), stage.s_width)


class WindowModel:
    """swu; `most` is the largest number of beats held.

    Positions are those of beats in the stream, counted from the first beat of the map's row with which the windows'
    row begins (before padding). For each beat of a row of windows a table has the position that must have come and the
    base that follows when it is next to be read; rows of windows alike share theirs.
    """

    def __init__(self, stage: Swu) -> None:
        self.depth = stage.buffer
        groups, (rows, columns), (kernel_h, kernel_w) = stage.groups, stage.windows, stage.kernel
        (stride_h, stride_w), (pad_top, _, pad_left, _) = stage.stride, stage.padding
        ifm_h, ifm_w = stage.ifm.height, stage.ifm.width
        pitch = ifm_w * groups
        apart = stage.depthwise and groups > 1
        if apart:
            places = [(y, x, g) for g in range(groups) for y in range(kernel_h) for x in range(kernel_w)]
        else:
            places = [(y, x, g) for y in range(kernel_h) for x in range(kernel_w) for g in range(groups)]

        def table(row: int) -> tuple[list[int], list[int]]:
            needs: list[int] = []
            bases: list[int] = []
            for column in range(columns):
                left = column * stride_w - pad_left
                drains = row == rows - 1 and column == columns - 1
                begins = True
                for y, x, group in places:
                    # Only the first row that is read of a window moves the base; with groups apart, of the first group.
                    begins = begins and y == 0 and (not apart or group == 0)
                    ifm_y = row * stride_h - pad_top + y
                    if (pad_top or pad_left) and row == column == y == x == group == 0:
                        # Padding that waits for the frame's first pixel.
                        needs.append(0)
                        bases.append(0)
                    elif not (0 <= ifm_y < ifm_h and 0 <= left + x < ifm_w):
                        needs.append(_NONE)
                        bases.append(_NONE)
                    else:
                        place = (y - pad_top) * pitch + (left + x) * groups + group
                        needs.append(place)
                        moves = begins or (drains and (not apart or group == groups - 1))
                        bases.append(place if moves else _NONE)
                        begins = False
            return needs, bases

        kinds: dict[tuple[int, ...], tuple[list[int], list[int]]] = {}
        self._rows: list[tuple[list[int], list[int], int]] = []
        for row in range(rows):
            top = row * stride_h - pad_top
            kind = (row == 0, row == rows - 1, max(0, -top), max(0, top + kernel_h - ifm_h))
            if kind not in kinds:
                kinds[kind] = table(row)
            shift = stride_h * pitch if row < rows - 1 else (ifm_h - row * stride_h) * pitch
            self._rows.append((*kinds[kind], shift))
        self._row = self._beat = self._level = self._base = self.most = 0
        self._needs, self._bases, self._shift = self._rows[0]
        self._last = len(self._needs) - 1
        self.ready, self.valid, self.idle = True, False, True

    def step(self, taken: bool, given: bool) -> None:
        """One clock edge."""
        beat = self._beat
        base = self._bases[beat]
        if base == _NONE:
            base = self._base
        if given or not self.valid:
            if self._needs[beat] < self._level:
                self.valid = True
                if beat != self._last:
                    beat += 1
                else:
                    beat = 0
                    base -= self._shift
                    self._level -= self._shift
                    self._row += 1
                    if self._row == len(self._rows):
                        self._row = 0
                    self._needs, self._bases, self._shift = self._rows[self._row]
                self._beat = beat
            else:
                self.valid = False
        if taken:
            self._level += 1
        self._base = base
        held = self._level - base
        if held > self.most:
            self.most = held
        self.ready = held < self.depth
        following = self._bases[beat]
        self.idle = (self.valid or self._needs[beat] >= self._level) and (following in (_NONE, base))


class ParallelWindowModel:
    """swu_parallel.

    `place` counts steps of the chain: the windows of a frame are complete behind the steps at the places that
    `is_window` marks, and the next frame's first beat comes at place `first`. Windows behind it, up to `end`, are the
    tail: while no beat of the next frame has come the chain moves without one, and then waits at `end` until `fresh`,
    the beats of the new frame, has made up for it.
    """

    def __init__(self, stage: Swu) -> None:
        groups, (kernel_h, kernel_w), (stride_h, stride_w) = stage.groups, stage.kernel, stage.stride
        pad_top, pad_bottom, pad_left, pad_right = stage.padding
        ifm_h, ifm_w = stage.ifm.height, stage.ifm.width
        taps_h, taps_w = min(kernel_h, pad_top + ifm_h), min(kernel_w, pad_left + ifm_w)
        rows = range(0, ifm_h + pad_top + pad_bottom - kernel_h + 1, stride_h)
        columns = range(0, ifm_w + pad_left + pad_right - kernel_w + 1, stride_w)
        self.frame = ifm_h * ifm_w * groups
        self.is_window = bytearray(self.frame)
        for y in rows:
            for x in columns:
                at = (y * ifm_w + x) * groups
                self.is_window[at:at + groups] = b"\1" * groups
        first = self.frame - ((taps_h - 1 - pad_top) * ifm_w + taps_w - 1 - pad_left) * groups
        end = (rows[-1] * ifm_w + columns[-1] + 1) * groups
        self.tail = max(0, end - first)
        # Without a tail the chain never waits: no place is the end.
        self.end = end % self.frame if self.tail else -1
        self.last_beat = first - 1
        self.place = self.end if self.tail else first % self.frame
        self.fresh = 0
        self.ready, self.valid, self.idle = True, False, True

    def step(self, taken: bool, given: bool) -> None:
        """One clock edge."""
        if self.valid and not given:
            if taken:
                self.ready = False
            return
        place = self.place
        if taken or not self.ready:
            self.ready = True
            if self.tail:
                if place == self.end and self.fresh != self.tail:
                    self.fresh += 1
                    self.valid, self.idle = False, True
                    return
                if place == self.last_beat:
                    self.fresh = 0
                elif self.fresh != self.tail:
                    self.fresh += 1
        elif not self.tail or self.fresh or place == self.end:
            self.valid, self.idle = False, True
            return
        self.valid = bool(self.is_window[place])
        place += 1
        if place == self.frame:
            place = 0
        self.place = place
        self.idle = self.valid or not self.tail or self.fresh != 0 or place == self.end
