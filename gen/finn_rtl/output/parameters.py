"""Sets of parameters as packets, which hardware with changeable parameters loads (rtl/parameter_loader)."""

from __future__ import annotations

import zlib

import numpy as np

from finn_rtl.common.errors import FinnError
from finn_rtl.meaning.integer import Network
from finn_rtl.output.emit import fitted, loaded_words
from finn_rtl.output.identity import parameters_digest, shape_digest
from finn_rtl.plan.plan import Plan

# First word: "SETP" in the order of bytes in memory.
MAGIC = int.from_bytes(b"SETP", "little")
# Packets are whole beats of every memory (1,024 bits), so that each width of DMA takes them.
UNIT = 128


def packet(network: Network, plan: Plan) -> bytes:
    """A set of parameters for the hardware of a plan.

    Words of 32 bits, the least significant byte first: MAGIC, the shape, the number of words for the memories, which
    set it is, the words, the CRC-32 of all bytes before it, and zeros that fill it up.

    Args:
        network: the parameters.
        plan: of the hardware, whose parameters were others, perhaps.

    Raises:
        FinnError: its parameters are constants.
    """
    if not plan.changeable:
        raise FinnError(f"{plan.topology.name}: its parameters are constants; plan it with changeable ones"
                        " (--changeable)")
    plan = fitted(network, plan)
    words = [int(word, 16) for word in loaded_words(network, plan)]
    head = [MAGIC, shape_digest(plan), len(words), parameters_digest(network)]
    body = np.array([*head, *words], "<u4").tobytes()
    body += zlib.crc32(body).to_bytes(4, "little")
    return body + bytes(-len(body) % UNIT)
