"""Cycle-exact schedule of a pipeline: the handshakes of every IP, without the data.

Each class mirrors the control of one IP: its ready and valid outputs are functions of its registers alone (no IP has
a combinational path between its sides), so a cycle is: look at all handshakes, then step every stage. What this
predicts is compared with RTL simulation in the tests, cycle by cycle.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import Protocol

from finn_rtl.pipeline import Guard, LabelSelect, Mvtu, Pipeline, Stage, WidthConverter

# Frames before, and frames over which the steady state is measured.
WARM_UP_FRAMES = 3
STEADY_FRAMES = 3


class _StageModel(Protocol):
    """`ready` and `valid` are read before a step; `step` is told which handshakes took place."""

    @property
    def ready(self) -> bool: ...

    @property
    def valid(self) -> bool: ...

    def step(self, taken: bool, given: bool) -> None: ...


class _Register:
    """axis_register."""

    def __init__(self) -> None:
        self.ready, self.valid = True, False

    def step(self, taken: bool, given: bool) -> None:
        if given or not self.valid:
            self.valid = taken or not self.ready
            self.ready = True
        elif taken:
            self.ready = False


class _Guard:
    """axis_frame_guard on well-formed frames; `flags` is the number of frames without a result."""

    def __init__(self, stage: Guard) -> None:
        self.beats, self.frames = stage.beats, stage.frames
        self.beat = self.flags = self.most_flags = 0
        self.register = _Register()

    @property
    def ready(self) -> bool:
        return self.register.ready and (self.beat != self.beats - 1 or self.flags < self.frames)

    @property
    def valid(self) -> bool:
        return self.register.valid

    def step(self, taken: bool, given: bool) -> None:
        self.register.step(taken, given)
        if taken:
            self.beat += 1
            if self.beat == self.beats:
                self.beat = 0
                self.flags += 1
                self.most_flags = max(self.most_flags, self.flags)

    def frame_left(self) -> None:
        """A result was taken."""
        self.flags -= 1


class _Widen:
    """axis_dwc_widen."""

    def __init__(self, ratio: int) -> None:
        self.last = ratio - 1
        self.count = 0
        self.ready, self.valid = True, False

    def step(self, taken: bool, given: bool) -> None:
        if given:
            self.valid = False
        if taken:
            if self.count == self.last:
                self.count, self.valid = 0, True
            else:
                self.count += 1
        self.ready = not (self.count == self.last and self.valid)


class _Narrow:
    """axis_dwc_narrow."""

    def __init__(self, ratio: int) -> None:
        self.ratio, self.count = ratio, 0
        self.ready, self.valid = True, False

    def step(self, taken: bool, given: bool) -> None:
        if given or not self.valid:
            self.valid = taken or self.count > 0
            if taken:
                self.count = self.ratio - 1
            elif self.count:
                self.count -= 1
        elif taken:
            self.count = self.ratio
        self.ready = self.count == 0


class _Gearbox:
    """axis_dwc_gearbox."""

    def __init__(self, stage: WidthConverter) -> None:
        unit = gcd(gcd(stage.s_width, stage.m_width), stage.frame_bits)
        self.s_units, self.m_units = stage.s_width // unit, stage.m_width // unit
        self.beats_in, self.beats_out = stage.beats_in, stage.beats_out
        self.last_in = stage.frame_bits // unit - (self.beats_in - 1) * self.s_units
        self.last_out = stage.frame_bits // unit - (self.beats_out - 1) * self.m_units
        self.limit = self.m_units + max(self.s_units, self.m_units) - 1
        self.level = self.in_beat = self.out_beat = 0
        self._settle()

    def _settle(self) -> None:
        self.give = self.last_out if self.out_beat == self.beats_out - 1 else self.m_units
        self.ready, self.valid = self.level <= self.limit, self.level >= self.give

    def step(self, taken: bool, given: bool) -> None:
        if given:
            self.level -= self.give
            self.out_beat = (self.out_beat + 1) % self.beats_out
        if taken:
            self.level += self.last_in if self.in_beat == self.beats_in - 1 else self.s_units
            self.in_beat = (self.in_beat + 1) % self.beats_in
        self._settle()


class _Replay:
    """replay_buffer."""

    def __init__(self, length: int, repeats: int) -> None:
        self.length, self.repeats = length, repeats
        self.level = self.fresh = self.beat = self.turn = 0
        self.ready, self.valid = True, False

    def step(self, taken: bool, given: bool) -> None:
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


class _Mvtu:
    """mvtu; `issued` counts the cycles in which it worked."""

    def __init__(self, stage: Mvtu) -> None:
        self.sf, self.direct = stage.sf, stage.nf == 1
        self.replay = None if self.direct else _Replay(stage.sf, stage.nf)
        self.register = _Register() if stage.sf == 1 else None
        # Bit i: the segment i registers behind the issue is the last of its row; the top bit stands before the output.
        self.pipe, self.top = 0, 1 << stage.stages
        self.full = self.top - 1
        self.segment = self.issued = 0
        self.output_valid = False

    @property
    def _stall(self) -> bool:
        if not self.pipe & self.top:
            return False
        return self.output_valid if self.register is None else not self.register.ready

    @property
    def ready(self) -> bool:
        return not self._stall if self.replay is None else self.replay.ready

    @property
    def valid(self) -> bool:
        return self.output_valid if self.register is None else self.register.valid

    def step(self, taken: bool, given: bool) -> None:
        stall = self._stall
        done = bool(self.pipe & self.top)
        issue = taken if self.replay is None else self.replay.valid and not stall
        if not stall:
            last = issue and self.segment == self.sf - 1
            self.pipe = (self.pipe & self.full) << 1 | last
        if issue:
            self.issued += 1
            self.segment = (self.segment + 1) % self.sf
        if self.replay is not None:
            self.replay.step(taken, issue)
        if self.register is not None:
            self.register.step(done and not stall, given)
        else:
            was_valid = self.output_valid
            if given:
                self.output_valid = False
            if done and not was_valid:
                self.output_valid = True


class _Label:
    """label_select."""

    def __init__(self, stage: LabelSelect) -> None:
        self.beats, self.single = stage.classes // stage.pe, stage.pe == 1
        self.beat, self.waiting, self.valid = 0, False, False

    @property
    def _take(self) -> bool:
        return not (self.beat == self.beats - 1 and self.valid)

    @property
    def ready(self) -> bool:
        return self._take or not (self.single or self.waiting)

    def step(self, taken: bool, given: bool) -> None:
        take, ready = self._take, self.ready
        comes = taken if self.single else self.waiting and take
        if not self.single and ready:
            self.waiting = taken
        if given:
            self.valid = False
        if comes:
            self.beat += 1
            if self.beat == self.beats:
                self.beat, self.valid = 0, True


def _model(stage: Stage) -> _StageModel:
    match stage:
        case Guard():
            return _Guard(stage)
        case WidthConverter():
            match stage.kind:
                case "widen":
                    return _Widen(stage.m_width // stage.s_width)
                case "narrow":
                    return _Narrow(stage.s_width // stage.m_width)
            return _Gearbox(stage)
        case Mvtu():
            return _Mvtu(stage)
        case LabelSelect():
            return _Label(stage)


@dataclass(frozen=True)
class Schedule:
    """What a pipeline does when frames come without a gap and results are taken at once.

    Cycle 0 is the one in which the first input beat is taken. `results[i]` is the cycle in which the last beat of
    result i is taken. `busy[name]` is the share of cycles in steady state in which a layer works.
    `frames_inside` is the largest number of frames seen whose last beat was taken but whose result was not.
    """

    results: tuple[int, ...]
    interval: int
    busy: dict[str, float]
    frames_inside: int

    @property
    def latency(self) -> int:
        """Cycles from the first frame's first input beat to its result."""
        return self.results[0]


def simulate_schedule(pipeline: Pipeline, frames: int | None = None) -> Schedule:
    """Run the control of every stage, cycle by cycle, over enough frames to reach the steady state (or `frames`)."""
    models = [_model(stage) for stage in pipeline.stages]
    guard = models[0]
    assert isinstance(guard, _Guard)
    layers = [(stage.layer, model) for stage, model in zip(pipeline.stages, models, strict=True)
              if isinstance(stage, Mvtu) and isinstance(model, _Mvtu)]
    total = frames if frames is not None else WARM_UP_FRAMES + STEADY_FRAMES
    mark = max(0, total - 1 - STEADY_FRAMES)
    results: list[int] = []
    begin: dict[str, int] = {}
    end: dict[str, int] = {}
    beats, cycle = 0, 0
    limit = (total + 2 * len(models)) * (2 * sum(m.cycles + m.sf + m.nf for m in pipeline.mvtus)
                                         + pipeline.guard.beats + 100)
    count = len(models)
    fires = [False] * (count + 1)
    while len(results) < total:
        fires[0] = guard.ready
        for i in range(1, count):
            fires[i] = models[i - 1].valid and models[i].ready
        fires[count] = models[-1].valid
        for i in range(count):
            models[i].step(fires[i], fires[i + 1])
        if fires[count]:
            beats += 1
            if beats == pipeline.output_beats:
                beats = 0
                results.append(cycle)
                guard.frame_left()
                if len(results) == mark + 1:
                    begin = {name: model.issued for name, model in layers}
                if len(results) == total:
                    end = {name: model.issued for name, model in layers}
        cycle += 1
        assert cycle < limit, "the schedule deadlocks"
    span = results[-1] - results[mark]
    steps = total - 1 - mark
    interval = span // steps if steps else 0
    busy = {name: (end[name] - begin[name]) / span if span else 0.0 for name, _ in layers}
    return Schedule(tuple(results), interval, busy, guard.most_flags)
