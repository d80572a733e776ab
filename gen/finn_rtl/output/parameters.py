"""Sets of parameters for hardware with changeable ones (rtl/parameter_loader)."""

from __future__ import annotations

from finn_rtl.common.errors import FinnError
from finn_rtl.driver.sets import HEAD, UNIT, ParameterSet, make_packet
from finn_rtl.meaning.integer import Network
from finn_rtl.output.emit import fitted, loaded_words
from finn_rtl.output.identity import parameters_digest, shape_digest
from finn_rtl.plan.plan import Plan


def class_names(plan: Plan) -> tuple[str, ...]:
    """Names of the classes that a network tells, their numbers where it gives none."""
    topology, result = plan.topology, plan.pipeline.result
    count = topology.maps[-1].elements if topology.output == "label" else result.elements * result.beats
    if topology.boxes is not None:
        count = topology.class_count
    return tuple(topology.class_name(index) for index in range(count))


def load_bytes(words: int) -> int:
    """Bytes of a set in memory with so many words for the network's memories."""
    return -(-4 * (HEAD + words + 1) // UNIT) * UNIT


def parameter_set(network: Network, plan: Plan) -> ParameterSet:
    """A set of parameters for the hardware of a plan.

    Args:
        network: the parameters.
        plan: of the hardware; this may have been built with others.

    Raises:
        FinnError: its parameters are constants.
    """
    if not plan.changeable:
        raise FinnError(f"{plan.topology.name}: its parameters are constants; plan it with changeable ones"
                        " (--changeable)")
    plan = fitted(network, plan)
    words = [int(word, 16) for word in loaded_words(network, plan)]
    return ParameterSet(make_packet(shape_digest(plan), parameters_digest(network), words), class_names(plan),
                        plan.topology.input.encoding.table())
