"""The handshakes of every IP, without the data, cycle by cycle.

Each class mirrors the control of one IP: its ready and valid outputs are functions of its registers alone (no IP has
a combinational path between its sides), so a cycle is: look at all handshakes, then step every stage. The tests compare
them with the RTL.
"""

from __future__ import annotations

from math import gcd
from typing import Protocol

from finn_rtl.pipeline import Fifo, Guard, LabelSelect, Mvtu, Pool, Stage, Swu, WidthConverter
from finn_rtl.windows import ParallelWindowModel, WindowModel


class StageModel(Protocol):
    """`ready` and `valid` are read before a step; `step` is told which handshakes took place.

    While `idle` is true, a step without a handshake changes nothing and may be left out.
    """

    ready: bool
    valid: bool
    idle: bool

    def step(self, taken: bool, given: bool) -> None:
        """One clock edge."""
        ...


class RegisterModel:
    """axis_register."""

    def __init__(self) -> None:
        self.ready, self.valid, self.idle = True, False, True

    def step(self, taken: bool, given: bool) -> None:
        """One clock edge."""
        if given or not self.valid:
            self.valid = taken or not self.ready
            self.ready = True
        elif taken:
            self.ready = False


class GuardModel:
    """axis_frame_guard on well-formed frames; `flags` is the number of frames without a result."""

    def __init__(self, stage: Guard) -> None:
        self.beats, self.frames = stage.beats, stage.frames
        self.beat = self.flags = self.most_flags = 0
        self.register = RegisterModel()
        self.idle = True
        self._settle()

    def _settle(self) -> None:
        self.ready = self.register.ready and (self.beat != self.beats - 1 or self.flags < self.frames)
        self.valid = self.register.valid

    def step(self, taken: bool, given: bool) -> None:
        """One clock edge."""
        self.register.step(taken, given)
        if taken:
            self.beat += 1
            if self.beat == self.beats:
                self.beat = 0
                self.flags += 1
                self.most_flags = max(self.most_flags, self.flags)
        self._settle()

    def frame_left(self) -> None:
        """A result was taken."""
        self.flags -= 1
        self._settle()


class FifoModel:
    """axis_fifo; `most` is the largest number of beats held."""

    def __init__(self, stage: Fifo) -> None:
        self.is_block = stage.style == "block"
        self.depth = stage.depth - 1 if self.is_block else stage.depth
        self.level = self.most = 0
        self.ready, self.valid, self.idle = True, False, True

    def step(self, taken: bool, given: bool) -> None:
        """One clock edge."""
        level = self.level
        if self.is_block:
            pop = level > 0 and (given or not self.valid)
            if given or not self.valid:
                self.valid = pop
            level += taken - pop
            self.idle = self.valid or not level
        else:
            level += taken - given
            self.valid = level > 0
        self.level = level
        if level > self.most:
            self.most = level
        self.ready = level < self.depth


class WidenModel:
    """axis_dwc_widen."""

    def __init__(self, ratio: int) -> None:
        self.last = ratio - 1
        self.count = 0
        self.ready, self.valid, self.idle = True, False, True

    def step(self, taken: bool, given: bool) -> None:
        """One clock edge."""
        if given:
            self.valid = False
        if taken:
            if self.count == self.last:
                self.count, self.valid = 0, True
            else:
                self.count += 1
        self.ready = not (self.count == self.last and self.valid)


class NarrowModel:
    """axis_dwc_narrow."""

    def __init__(self, ratio: int) -> None:
        self.ratio, self.count = ratio, 0
        self.ready, self.valid, self.idle = True, False, True

    def step(self, taken: bool, given: bool) -> None:
        """One clock edge."""
        if given or not self.valid:
            self.valid = taken or self.count > 0
            if taken:
                self.count = self.ratio - 1
            elif self.count:
                self.count -= 1
        elif taken:
            self.count = self.ratio
        self.ready = self.count == 0


class GearboxModel:
    """axis_dwc_gearbox."""

    def __init__(self, stage: WidthConverter) -> None:
        unit = gcd(gcd(stage.s_width, stage.m_width), stage.frame_bits)
        self.s_units, self.m_units = stage.s_width // unit, stage.m_width // unit
        self.beats_in, self.beats_out = stage.beats_in // stage.repeats, stage.beats_out // stage.repeats
        self.last_in = stage.frame_bits // unit - (self.beats_in - 1) * self.s_units
        self.last_out = stage.frame_bits // unit - (self.beats_out - 1) * self.m_units
        self.limit = self.m_units + min(self.s_units, self.m_units) - 1
        self.level = self.in_beat = self.out_beat = 0
        self.idle = True
        self._settle()

    def _settle(self) -> None:
        self.give = self.last_out if self.out_beat == self.beats_out - 1 else self.m_units
        self.ready, self.valid = self.level <= self.limit, self.level >= self.give

    def step(self, taken: bool, given: bool) -> None:
        """One clock edge."""
        if given:
            self.level -= self.give
            self.out_beat = (self.out_beat + 1) % self.beats_out
        if taken:
            self.level += self.last_in if self.in_beat == self.beats_in - 1 else self.s_units
            self.in_beat = (self.in_beat + 1) % self.beats_in
        self._settle()


class PoolModel:
    """maxpool."""

    def __init__(self, stage: Pool) -> None:
        (self.kernel_h, self.kernel_w), self.groups = stage.kernel, stage.groups
        self.height, self.width = stage.ifm.height, stage.ifm.width
        self.group = self.x = self.y = 0
        self.register = RegisterModel() if self.groups > 1 or self.kernel_w == 1 else None
        self.done = False
        self.output_valid = False
        self.ready, self.valid, self.idle = True, False, True

    def _take(self) -> bool:
        """Move on to the next beat; whether this one completes a window."""
        done = (self.x + 1) % self.kernel_w == 0 and (self.y + 1) % self.kernel_h == 0
        self.group += 1
        if self.group == self.groups:
            self.group = 0
            self.x += 1
            if self.x == self.width:
                self.x = 0
                self.y = (self.y + 1) % self.height
        return done

    def step(self, taken: bool, given: bool) -> None:
        """One clock edge."""
        was_done, stall = self.done, not self.ready
        if not stall:
            self.done = taken and self._take()
        if self.register is not None:
            self.register.step(was_done and not stall, given)
            self.valid = self.register.valid
            stall = self.done and not self.register.ready
        else:
            if given:
                self.valid = False
            elif was_done and not stall:
                self.valid = True
            stall = self.done and self.valid
        self.ready = not stall
        self.idle = stall or not self.done


class ReplayModel:
    """replay_buffer."""

    def __init__(self, length: int, repeats: int) -> None:
        self.length, self.repeats = length, repeats
        self.level = self.fresh = self.beat = self.turn = 0
        self.ready, self.valid = True, False

    def step(self, taken: bool, given: bool) -> None:
        """One clock edge."""
        if taken:
            self.level += 1
            self.fresh += 1
        if given:
            if self.turn == 0:
                self.fresh -= 1
            if self.turn == self.repeats - 1:
                self.level -= 1
            self.beat += 1
            if self.beat == self.length:
                self.beat = 0
                self.turn = (self.turn + 1) % self.repeats
        self.ready = self.level != 2 * self.length
        self.valid = self.turn != 0 or self.fresh != 0


class MvtuModel:
    """mvtu; `issued` counts the cycles in which it worked."""

    def __init__(self, stage: Mvtu) -> None:
        self.sf = stage.sf
        self.replay = ReplayModel(stage.sf, stage.nf) if stage.nf > 1 else None
        self.register = RegisterModel() if stage.sf == 1 else None
        # Bit i: the segment i registers behind the issue is the last of its row; the top bit stands before the output.
        self.pipe, self.top = 0, 1 << stage.delay
        self.full = self.top - 1
        self.segment = self.issued = 0
        self.stall = False
        self.ready, self.valid, self.idle = True, False, True

    def step(self, taken: bool, given: bool) -> None:
        """One clock edge."""
        stall, replay, register = self.stall, self.replay, self.register
        done = self.pipe & self.top != 0
        issue = taken if replay is None else replay.valid and not stall
        if not stall:
            self.pipe = (self.pipe & self.full) << 1
            if issue:
                self.issued += 1
                self.segment += 1
                if self.segment == self.sf:
                    self.segment = 0
                    self.pipe |= 1
        if register is None:
            if given:
                self.valid = False
            elif done and not stall:
                self.valid = True
            stall = self.pipe & self.top != 0 and self.valid
        else:
            register.step(done and not stall, given)
            self.valid = register.valid
            stall = self.pipe & self.top != 0 and not register.ready
        self.stall = stall
        if replay is None:
            self.ready = not stall
            self.idle = stall or not self.pipe
        else:
            replay.step(taken, issue)
            self.ready = replay.ready
            self.idle = stall or not (self.pipe or replay.valid)


class LabelModel:
    """label_select."""

    def __init__(self, stage: LabelSelect) -> None:
        self.beats, self.rounds = stage.classes // stage.pe, (stage.pe - 1).bit_length()
        # Bit r: a beat waits behind round r of its comparisons; the last one, if any, stands before the best so far.
        self.pipe, self.last = 0, 1 << self.rounds >> 1
        self.beat = 0
        self.ready, self.valid, self.idle = True, False, True

    def step(self, taken: bool, given: bool) -> None:
        """One clock edge."""
        take = not (self.beat == self.beats - 1 and self.valid)
        comes = take and self.pipe & self.last != 0 if self.rounds else taken
        if self.rounds and self.ready:
            self.pipe = (self.pipe << 1 | taken) & (self.last << 1) - 1
        if given:
            self.valid = False
        if comes:
            self.beat += 1
            if self.beat == self.beats:
                self.beat, self.valid = 0, True
        take = not (self.beat == self.beats - 1 and self.valid)
        self.ready = take or not (self.rounds == 0 or self.pipe & self.last)
        self.idle = not (self.pipe and self.ready)


def stage_model(stage: Stage) -> StageModel:
    """The model of a stage."""
    match stage:
        case Guard():
            return GuardModel(stage)
        case WidthConverter():
            match stage.kind:
                case "same":
                    return RegisterModel()
                case "widen":
                    return WidenModel(stage.m_width // stage.s_width)
                case "narrow":
                    return NarrowModel(stage.s_width // stage.m_width)
            return GearboxModel(stage)
        case Fifo():
            return FifoModel(stage)
        case Swu():
            return ParallelWindowModel(stage) if stage.parallel else WindowModel(stage)
        case Pool():
            return PoolModel(stage)
        case Mvtu():
            return MvtuModel(stage)
        case LabelSelect():
            return LabelModel(stage)
