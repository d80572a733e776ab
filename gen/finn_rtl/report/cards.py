"""What the page tells of an IP: shapes, bits, folding, cycles, memories, cost, and why."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from finn_rtl.ips.base import Ip, Stream
from finn_rtl.ips.matrix import Matrix
from finn_rtl.plan.costs import ENDS, layer_of
from finn_rtl.plan.plan import Plan
from finn_rtl.report.reasons import fold_of, fold_text, memory_name, plural, reasons


@dataclass(frozen=True)
class Card:
    """What is told of an IP: facts by their names, reasons as sentences, parameters of the module.

    `busy` is the share of cycles in steady state in which it works, 0 to 1.
    """

    name: str
    module: str
    what: str
    layer: str
    busy: float
    sets_pace: bool
    facts: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]
    lut: float
    bram36: float
    dsp: int
    cycles: int


def what_is(ip: Ip) -> str:
    """What an IP is, as the head of its file says."""
    text = (sys.modules[type(ip).__module__].__doc__ or "").splitlines()[0]
    told = text.partition(": ")[2]
    return f"{told[:1].upper()}{told[1:]}"


def streams(found: Sequence[Stream]) -> str:
    """Beats a frame."""
    return ", ".join(f"{plural(one.beats, 'beat')} of {plural(one.width, 'bit')}" for one in found)


def layer_shape(plan: Plan, name: str) -> str:
    """Operator, and maps that enter and leave."""
    topology = plan.topology
    place = topology.place(name)
    enter = " and ".join(f"{ifm} ({plural(ifm.bits, 'bit')})" for ifm in topology.ifms(place))
    leave = topology.map_behind(place)
    return f"{topology.layers[place].kind}, {enter} to {leave} ({plural(leave.bits, 'bit')})"


def _matrix_facts(matrix: Matrix) -> list[tuple[str, str]]:
    weights = matrix.mw * matrix.mh
    threshold = f"{plural(matrix.thresholds, 'threshold')} a row" if matrix.thresholds else "none, sums leave"
    return [
        ("Matrix", f"{plural(matrix.mh, 'row')} of {plural(matrix.mw, 'input')}, {plural(matrix.vectors, 'vector')} a"
                   " frame"),
        ("Weights", f"{weights:,} of {plural(matrix.weight_bits, 'bit')}, {weights * matrix.weight_bits:,} bits;"
                    f" inputs of {plural(matrix.input_bits, 'bit')}, sums of {plural(matrix.sum_width, 'bit')}"),
        ("Folding", fold_text(fold_of(matrix))),
        ("Levels", threshold),
        ("Registers in the sum", f"{matrix.stages}"),
    ]


def _memories(ip: Ip) -> str:
    told = []
    for memory in ip.memories:
        is_block = getattr(ip, memory.field) == "block"
        place = plural(memory.bram36, "block RAM") if is_block else f"about {memory.lut:,.0f} LUTs"
        told.append(f"{memory_name(memory)} in {place}")
    return "; ".join(told)


def card(plan: Plan, ip: Ip, by_hand: frozenset[str]) -> Card:
    """What is told of one IP of a plan; `by_hand` are the layers that were folded by hand."""
    layer = layer_of(ip.name, [one.name for one in plan.topology.layers])
    busy = min(1.0, ip.frame_cycles / plan.cycles_per_frame)
    facts = [("Layer", f"{layer}: {layer_shape(plan, layer)}")] if layer != ENDS else []
    if isinstance(ip, Matrix):
        facts += _matrix_facts(ip)
    facts += [("Takes", f"{streams(ip.inputs)} a frame"), ("Gives", f"{streams(ip.outputs)} a frame"),
              ("Cycles a frame", f"{ip.frame_cycles:,}, busy {busy:.1%}")]
    if ip.memories:
        facts.append(("Memories", _memories(ip)))
    if ip.buffers:
        facts.append(("Buffers", ", ".join(f"{name}: {plural(depth, 'place')}" for name, depth in ip.buffers.items())))
    cost = ip.cost
    facts.append(("Estimated cost", f"{cost.lut:,.0f} LUT, {cost.bram36:g} BRAM36, {cost.dsp} DSP"))
    parameters = tuple((key, str(value)) for key, value in ip.parameters(plan.topology.name).items())
    return Card(ip.name, ip.module, what_is(ip), layer, busy, ip.limit == plan.limited_by(), tuple(facts),
                reasons(plan, ip, by_hand), parameters, cost.lut, cost.bram36, cost.dsp, ip.frame_cycles)


def cards(plan: Plan, by_hand: frozenset[str]) -> tuple[Card, ...]:
    """All IPs of a plan, in its order."""
    return tuple(card(plan, ip, by_hand) for ip in plan.pipeline.ips)
