"""What hardware says of itself, in 32-bit words, so that a driver refuses the wrong bitstream.

Hardware gives the words as constants: the control registers of `finn_<net>_axi`, the reply to an identity request of
`finn_<net>_uart`. A driver computes them again from the network and the plan that it was opened with, and compares.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields

import numpy as np

from finn_rtl.common.text import package_version
from finn_rtl.driver.description import MAGIC
from finn_rtl.ips.arithmetic import row_excess
from finn_rtl.ips.products import Operands
from finn_rtl.meaning.integer import Network
from finn_rtl.operators.weights import Weights
from finn_rtl.plan.plan import Plan

# Version of the words and registers: major << 16 | minor.
MAP_VERSION = 1 << 16 | 2


@dataclass(frozen=True)
class Identity:
    """The words, in the order in which they stand. Each is an unsigned 32-bit number."""

    magic: int
    #: Of these words and of the registers: major << 16 | minor.
    map_version: int
    #: Of the generator: major << 16 | minor << 8 | patch.
    version: int
    #: First four bytes, little endian, of the SHA-256 of the network's name.
    network: int
    #: The same of its integers: weights and thresholds of every layer.
    parameters: int
    #: The same of its hardware: modules and parameters of every stage.
    folding: int
    #: Elements of an input frame, and bits of one (bit 31: two's complement).
    input_elements: int
    input_bits: int
    #: Values of a result, and bits of one as it is sent (bit 31: two's complement).
    result_values: int
    result_bits: int
    #: As planned, in clock cycles.
    cycles_per_frame: int
    latency_cycles: int

    @property
    def words(self) -> tuple[int, ...]:
        """All of them."""
        return astuple(self)

    @property
    def parameter(self) -> str:
        """As a SystemVerilog literal: word 0 in the least significant bits."""
        return f"{32 * len(self.words)}'h{''.join(f'{word:08x}' for word in reversed(self.words))}"


WORDS = tuple(field.name for field in fields(Identity))


def _digest(data: bytes) -> int:
    return int.from_bytes(hashlib.sha256(data).digest()[:4], "little")


def version_word(version: str) -> int:
    """A version X.Y.Z as one word; parts that are missing or no numbers count as 0."""
    parts = [int(part) if part.isdecimal() else 0 for part in [*version.split("."), "0", "0"][:3]]
    return (parts[0] & 0xFF) << 16 | (parts[1] & 0xFF) << 8 | parts[2] & 0xFF


def parameters_digest(network: Network, streamed: Mapping[str, Operands] | None = None) -> int:
    """Of the integers that the hardware computes with: shape, weights and thresholds of each layer.

    The weights of `streamed` layers, whose operands these are, are data that come from DRAM; in hardware is what
    thresholds make up for.
    """
    data = b""
    for name, layer in network.layers.items():
        operator = network.topology.layers[network.topology.place(name)]
        is_bipolar = isinstance(operator, Weights) and operator.weights.bits == 1
        weight = (layer.weight > 0).astype(np.uint8) if is_bipolar else layer.weight
        data += repr(layer.weight.shape).encode()
        kind = None if streamed is None else streamed.get(name)
        data += weight.tobytes() if kind is None else row_excess(layer.weight, kind).astype("<i8").tobytes()
        data += b"-" if layer.thresholds is None else layer.thresholds.astype("<i8").tobytes()
        data += layer.falling.tobytes() if layer.falling.any() else b""
    return _digest(data)


def shape_digest(plan: Plan) -> int:
    """Of what sets of parameters must have in common to fit the same hardware: all but their numbers and names."""
    net = plan.topology.name
    stages = [(ip.module, {name: value for name, value in ip.parameters(net).items() if not name.endswith("_FILE")})
              for ip in plan.pipeline.ips]
    return _digest(json.dumps(stages).encode())


def folding_digest(plan: Plan) -> int:
    """Of the stages with their parameters."""
    net = plan.topology.name
    stages = [(ip.module_in(net), ip.parameters(net)) for ip in plan.pipeline.ips]
    return _digest(json.dumps(stages).encode())


def identity(network: Network, plan: Plan) -> Identity:
    """The words of a network's hardware."""
    ifm, result = plan.topology.input.map, plan.pipeline.result
    return Identity(
        MAGIC, MAP_VERSION, version_word(package_version()), _digest(plan.topology.name.encode()),
        parameters_digest(network, {matrix.layer: matrix.kind for matrix in plan.pipeline.streamed}),
        folding_digest(plan), ifm.elements, ifm.bits | int(ifm.signed) << 31,
        result.elements * result.beats, result.word | int(result.signed) << 31, plan.cycles_per_frame,
        plan.latency_cycles)
