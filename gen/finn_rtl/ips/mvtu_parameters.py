"""What mvtu is told: names of its memories, and what its numbers are."""

from __future__ import annotations

from finn_rtl.ips.base import Parameters
from finn_rtl.ips.products import Operands


def memory_names(net: str, layer: str) -> tuple[str, str]:
    """Files with the weights and with the thresholds of a layer; names have no double underscore."""
    return f"{net}__{layer}_weights.mem", f"{net}__{layer}_thresholds.mem"


def start_name(net: str, layer: str) -> str:
    """File with the start values of a layer of several thresholds."""
    return f"{net}__{layer}_starts.mem"


def kind_parameters(kind: Operands) -> Parameters:
    """Parameters that say what inputs and weights are, where they are not -1/+1."""
    parameters: Parameters = {}
    if kind.input_bits > 1:
        parameters |= {"INPUT_W": kind.input_bits, "SIGNED_INPUTS": int(kind.signed)}
    elif not kind.bipolar:
        parameters["BIPOLAR"] = 0
    if kind.weight_bits > 1:
        parameters |= {"WEIGHT_W": kind.weight_bits, "NARROW_WEIGHTS": int(kind.narrow)}
    if kind.serial:
        parameters["SERIAL"] = 1
    return parameters
