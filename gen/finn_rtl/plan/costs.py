"""What a design takes, by layer and module."""

from __future__ import annotations

from collections.abc import Sequence

from finn_rtl.ips.base import Cost, Ip

# Around the layers: what is in front of the first, and behind the last.
ENDS = "input, result"


def layer_of(name: str, layers: Sequence[str]) -> str:
    """The layer that an IP belongs to by its name; ENDS for those of none."""
    found = [layer for layer in layers if name == layer or name.startswith(f"{layer}_")]
    return max(found, key=len, default=ENDS)


def costs_by_layer(ips: Sequence[Ip], layers: Sequence[str]) -> dict[str, dict[str, Cost]]:
    """What the modules of every layer take together."""
    found: dict[str, dict[str, Cost]] = {layer: {} for layer in (*layers, ENDS)}
    for ip in ips:
        own = found[layer_of(ip.name, layers)]
        own[ip.module] = own.get(ip.module, Cost(0.0)) + ip.cost
    return {layer: own for layer, own in found.items() if own}


def modules_of(costs: dict[str, dict[str, Cost]]) -> list[str]:
    """All modules, those that take most first."""
    total: dict[str, float] = {}
    for own in costs.values():
        for module, cost in own.items():
            total[module] = total.get(module, 0.0) + cost.lut
    return sorted(total, key=lambda module: -total[module])
