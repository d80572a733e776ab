"""Cycle-exact schedule of a pipeline: when every result leaves, and how busy the layers are.

The control of every IP (finn_rtl.control) is stepped cycle by cycle. What this predicts is compared with RTL simulation
in the tests, cycle by cycle.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from finn_rtl.control import FifoModel, GuardModel, MvtuModel, stage_model
from finn_rtl.pipeline import Mvtu, Pipeline, instance_name
from finn_rtl.windows import WindowModel

# The state is steady when so many results in a row found the input stream equally far, after as many cycles each.
STEADY_FRAMES = 3
# Fewest frames, and frames after which it is given up.
LEAST_FRAMES = 6
MOST_FRAMES = 400


@dataclass(frozen=True)
class Schedule:
    """What a pipeline does when frames come without a gap and results are taken at once.

    Cycle 0 is the one in which the first input beat is taken. `results[i]` is the cycle in which the last beat of
    result i is taken; from the one before `settled` on, they are `interval` cycles apart. `busy[name]` is the share of
    cycles in steady state in which a layer works. `frames_inside` is the largest number of frames seen whose last beat
    was taken but whose result was not, `held[name]` the largest number of beats seen in a FIFO or a window.
    """

    results: tuple[int, ...]
    interval: int
    busy: dict[str, float]
    frames_inside: int
    held: dict[str, int]

    @property
    def settled(self) -> int:
        """The first result from which on all come `interval` cycles apart."""
        steps = [b - a for a, b in pairwise(self.results)]
        return max((i + 1 for i, step in enumerate(steps) if step != self.interval), default=0)

    @property
    def latency(self) -> int:
        """Cycles from the first frame's first input beat to its result."""
        return self.results[0]


def simulate_schedule(pipeline: Pipeline, frames: int | None = None, paced: bool = False) -> Schedule:
    """Run the control of every stage, cycle by cycle, until the state is steady.

    Args:
        pipeline: what to run.
        frames: how many frames, instead.
        paced: input beats come evenly, a frame every `ideal_interval` cycles, instead of as fast as they are taken.
    """
    models = [stage_model(stage) for stage in pipeline.stages]
    guard = models[0]
    assert isinstance(guard, GuardModel)
    layers = [(stage.layer, model) for stage, model in zip(pipeline.stages, models, strict=True)
              if isinstance(stage, Mvtu) and isinstance(model, MvtuModel)]
    results: list[int] = []
    # What is known at each result: how far the input is, and how often each layer has worked.
    states: list[tuple[int, int]] = []
    worked: list[list[int]] = []
    result_beats = pipeline.result.beats
    beats, cycle = 0, 0
    most = frames or MOST_FRAMES
    limit = (most + 2 * len(models)) * (2 * sum(stage.frame_cycles for stage in pipeline.stages) + 100)
    last = models[-1]
    interval, sent = pipeline.ideal_interval, 0
    # Each model with what stands behind it; the last one's result is always taken.
    links = list(zip(models, models[1:], strict=False))
    while len(results) < most:
        # Handshakes first, then steps: `taken` is the handshake in front of the model at hand.
        taken = guard.ready and (not paced or sent * interval <= cycle * guard.beats)
        sent += taken
        fires = [model.valid and behind.ready for model, behind in links]
        # The last beat of a result waits for its frame's flag.
        fires.append(left := last.valid and (beats < result_beats - 1 or guard.flags > 0))
        for model, given in zip(models, fires, strict=True):
            if taken or given or not model.idle:
                model.step(taken, given)
            taken = given
        if left:
            beats += 1
            if beats == result_beats:
                beats = 0
                results.append(cycle)
                guard.frame_left()
                states.append((guard.flags, guard.beat))
                worked.append([model.issued for _, model in layers])
                if frames is None and _is_steady(results, states):
                    break
        cycle += 1
        assert cycle < limit, "the schedule deadlocks"
    mark = max(0, len(results) - 1 - STEADY_FRAMES)
    span, steps = results[-1] - results[mark], len(results) - 1 - mark
    held = {instance_name(stage): model.most for stage, model in zip(pipeline.stages, models, strict=True)
            if isinstance(model, FifoModel | WindowModel)}
    busy = {name: (worked[-1][i] - worked[mark][i]) / span if span else 0.0 for i, (name, _) in enumerate(layers)}
    return Schedule(tuple(results), span // steps if steps else 0, busy, guard.most_flags, held)


def _is_steady(results: list[int], states: list[tuple[int, int]]) -> bool:
    if len(results) < LEAST_FRAMES or len(set(states[-STEADY_FRAMES - 1:])) != 1:
        return False
    recent = results[-STEADY_FRAMES - 1:]
    return len({b - a for a, b in pairwise(recent)}) == 1
