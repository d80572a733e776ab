"""Why an IP of a plan is as it is, in sentences that its figures bear out."""

from __future__ import annotations

from finn_rtl.description.topology import Topology
from finn_rtl.ips.axis_dwc import WidthConverter
from finn_rtl.ips.axis_fifo import Fifo
from finn_rtl.ips.axis_fork import Fork
from finn_rtl.ips.axis_frame_guard import Guard
from finn_rtl.ips.base import Arithmetic, Ip, Memory
from finn_rtl.ips.matrix import Matrix
from finn_rtl.ips.mvtu_stream import MvtuStream
from finn_rtl.ips.requant import Requant
from finn_rtl.ips.swu import SwuParallel, Window
from finn_rtl.operators.schema import Fold
from finn_rtl.operators.weights import Weights
from finn_rtl.plan.devices import BLOCK_RAM_PRICE, DSP_PRICE
from finn_rtl.plan.plan import Plan
from finn_rtl.plan.roofline import products


def plural(count: float, what: str) -> str:
    """1 beat, 2 beats."""
    number = f"{count:,.0f}" if count == int(count) else f"{count:,g}"
    return f"{number} {what}{'' if count == 1 else 's'}"


def fold_text(fold: Fold) -> str:
    """A folding in words."""
    pixels = f", {fold.pixels} pixels a beat" if fold.pixels > 1 else ""
    return f"SIMD {fold.simd:,}{' (whole windows)' if fold.window else ''}, PE {fold.pe:,}{pixels}"


def fold_of(matrix: Matrix) -> Fold:
    """The folding of a layer."""
    return Fold(simd=matrix.simd, pe=matrix.pe, window=matrix.window > 1, pixels=matrix.pixels,
                reuse=matrix.reuse)


def hand_folds(topology: Topology, scenario: str) -> frozenset[str]:
    """Layers that the topology folds by hand in a scenario."""
    own = topology.scenarios[scenario].folding if scenario in topology.scenarios else {}
    return frozenset({*topology.folding, *own})


def memory_name(memory: Memory) -> str:
    """What a memory is called: weights, starts of sums, steps of a search."""
    name = memory.field.removesuffix("_style").replace("_", " ")
    return {"vector": "vectors of two blocks", "word": "words of two folds", "result": "results of two blocks",
            "weight": "weights", "start": "thresholds and starts", "replay": "replay buffer", "scale": "scales",
            "offset": "offsets"}.get(name, f"thresholds of {name}")


def _pace(plan: Plan, ip: Ip) -> str:
    interval, cycles = plan.cycles_per_frame, ip.frame_cycles
    if ip.limit == plan.limited_by():
        return f"Sets the pace: a frame takes it {cycles:,} cycles, so none can follow sooner."
    if cycles >= interval:
        return f"Works all the time, like what sets the pace: {cycles:,} cycles a frame."
    return f"Works {cycles / interval:.1%} of the time: {cycles:,} of {interval:,} cycles a frame."


def _folding(plan: Plan, matrix: Matrix, by_hand: frozenset[str]) -> str:
    """Why no other folding."""
    mine = fold_text(fold_of(matrix))
    if matrix.layer in by_hand:
        return f"Folded by hand: {mine}."
    topology = plan.topology
    place = topology.place(matrix.layer)
    operator = topology.layers[place]
    # Of a row; an unfolded matrix of groups has those of the others, too.
    inputs = products(matrix) // (matrix.mh * matrix.vectors)

    def cycles_of(fold: Fold) -> int:
        turns = matrix.turns_of(operator.lanes(fold) if isinstance(operator, Weights) else 1)
        return inputs // fold.simd * (matrix.mh // fold.pe) * turns * matrix.kind.passes

    slower = sorted({cycles for fold in operator.foldings(*topology.ifms(place))
                     if (cycles := cycles_of(fold)) > matrix.frame_cycles})
    if not slower:
        return f"{mine}: there is no slower folding."
    if slower[0] > plan.cycles_per_frame:
        return (f"{mine}: the next slower folding takes {slower[0]:,} cycles a frame, and frames come every"
                f" {plan.cycles_per_frame:,}.")
    return (f"{mine}: slower foldings would keep the pace too, from {slower[0]:,} cycles a frame on; they cost no less,"
            " with their memories and the streams that they ask for, or were left for a shorter latency.")


def _saved(memory: Memory) -> float:
    """LUTs that a block RAM saves."""
    return memory.lut / memory.bram36 if memory.bram36 else 0.0


def _memories(ip: Ip) -> list[str]:
    """Why memories are where they are, by the price of a block RAM."""
    told, small = [], []
    for memory in ip.memories:
        name, saved = memory_name(memory).capitalize(), _saved(memory)
        if getattr(ip, memory.field) == "block":
            why = (f"a block is taken where it saves {BLOCK_RAM_PRICE:g}" if saved > BLOCK_RAM_PRICE
                   else "less than its price, but blocks were asked for")
            told.append(f"{name} in {plural(memory.bram36, 'block RAM')}, which saves {saved:,.1f} LUTs each: {why}.")
        elif saved > BLOCK_RAM_PRICE:
            told.append(f"{name} in about {memory.lut:,.0f} LUTs, though a block RAM would save {saved:,.1f} of them:"
                        " the device has too few, or none were asked for.")
        else:
            small.append(memory)
    if small:
        names = ", ".join(map(memory_name, small)).capitalize()
        told.append(f"{names} in about {sum(memory.lut for memory in small):,.0f} LUTs: a block RAM would save"
                    f" {max(map(_saved, small)):,.1f} at most, and is taken where it saves more than"
                    f" {BLOCK_RAM_PRICE:g}.")
    return told


def _is_used(ip: Ip, way: Arithmetic) -> bool:
    return all(getattr(ip, field) == value for field, value in way.fields.items())


def _products(plan: Plan, ip: Ip) -> str | None:
    """Why products are where they are, by the price of a DSP; None where nothing is open."""
    asked = {layer.name: layer.arithmetic for layer in plan.topology.matrices}.get(ip.name)
    if asked is not None:
        return f"Products as asked for: {asked}."
    ways = ip.arithmetics
    now = next((way for way in ways if _is_used(ip, way)), None)
    if now is None or (len(ways) == 1 and not now.dsp):
        return None
    if now.dsp:
        none = next((way for way in ways if not way.dsp), None)
        saves = f", which saves {(none.lut - now.lut) / now.dsp:,.0f} LUTs each" if none else ""
        return f"Products in {now.dsp:,} DSPs{saves}: a DSP is taken where it saves {DSP_PRICE:g}."
    if not plan.device.dsp:
        return f"Products in LUTs: {plan.device.name} has no DSPs for them."
    most = max((now.lut - way.lut) / way.dsp for way in ways if way.dsp)
    return f"Products in LUTs: a DSP would save {most:,.0f} of them at most, and is taken from {DSP_PRICE:g} on."


def _from_dram(plan: Plan, matrix: MvtuStream) -> str:
    """What weights from DRAM take of it."""
    rate = matrix.frame_bits / 8 * plan.fps / 1e6
    return (f"Its weights come from DRAM, {plural(matrix.blocks, 'time')} a frame: {rate:,.1f} MB/s. Each word is used"
            f" for {plural(matrix.reuse, 'vector')}, and comes {plural(matrix.period, 'cycle')} behind the one before.")


def _buffer(plan: Plan, fifo: Fifo) -> str:
    """Why a FIFO is as deep as it is."""
    nodes = plan.pipeline.nodes
    index = plan.pipeline.ips.index(fifo)
    reader = next(node for node in nodes if any(source.node == index for source in node.sources))
    if len(reader.sources) > 1:
        return (f"In front of a join: it holds what the other way is still busy with, {fifo.depth:,} beats and no"
                " more than the pace asks for.")
    return f"Takes bursts that would hold up what is in front of it: {fifo.depth:,} beats keep the pace."


def reasons(plan: Plan, ip: Ip, by_hand: frozenset[str]) -> tuple[str, ...]:
    """What there is to say.

    Args:
        plan: the design.
        ip: one of its IPs.
        by_hand: layers that were folded by hand.
    """
    found: list[str | None] = [_pace(plan, ip)]
    match ip:
        case Matrix():
            found.append(_folding(plan, ip, by_hand))
            if ip.cycles == 1 and not ip.memories:
                found.append("The whole matrix works in every cycle, so its weights are constants in the logic.")
            if isinstance(ip, MvtuStream):
                found.append(_from_dram(plan, ip))
        case Fifo():
            found.append(_buffer(plan, ip))
        case WidthConverter():
            found.append(f"The foldings around it want other widths: {ip.inputs[0].width:,} bits come,"
                         f" {ip.outputs[0].width:,} leave.")
        case Guard():
            why = "as asked for" if plan.has_given_width else "chosen to feed the first layer at its pace"
            found.append(f"The input comes {plural(ip.width, 'bit')} wide, {why}.")
        case Window():
            way = "whole windows" if isinstance(ip, SwuParallel) else "windows element by element"
            rows, columns = ip.windows
            found.append(f"The folding of its layer takes {way}: {rows:,} x {columns:,} a frame, of"
                         f" {'x'.join(map(str, ip.kernel))} pixels.")
        case Fork():
            found.append(f"{plural(len(ip.outputs), 'layer')} read the stream, each at its own pace.")
        case Requant():
            found.append("Makes the levels for fewer LUTs than thresholds would take, and gives the same ones.")
    found.append(_products(plan, ip))
    found += _memories(ip)
    return tuple(text for text in found if text)
