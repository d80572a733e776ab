"""Rules on parameters that the RTL checks (FINN_CHECK), so that nothing is planned or written which it would refuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from finn_rtl.common.errors import FinnError

# Values of a module's parameters.
Values = Mapping[str, Any]
Rule = Callable[[Values], bool]
# By the names of the checks in rtl/, with the module where that is one inside.
Rules = Mapping[str, Rule]

STYLES = ("auto", "distributed", "block")
MOST_INT = (1 << 31) - 1


def divides(part: str, whole: str) -> Rule:
    """A parameter divides another."""
    return lambda p: p[part] >= 1 and p[whole] >= 1 and p[whole] % p[part] == 0


def within(name: str, low: int, high: int = MOST_INT) -> Rule:
    """A parameter lies between two numbers."""
    return lambda p: low <= int(p[name]) <= high


def styled(name: str, styles: tuple[str, ...] = STYLES) -> Rule:
    """A parameter says where a memory goes."""
    return lambda p: p[name] in styles


def broken(rules: Rules, values: Values) -> str | None:
    """The first rule that values of all parameters break."""
    return next((name for name, rule in rules.items() if not rule(values)), None)


def check(module: str, rules: Rules, defaults: Values, parameters: Values, where: str) -> None:
    """Raise FinnError, which begins with `where`, if a module would refuse its parameters."""
    rule = broken(rules, {**defaults, **parameters})
    if rule is not None:
        shown = ", ".join(f"{name}={value}" for name, value in parameters.items() if not isinstance(value, tuple))
        rule = rule if "." in rule else f"{module}.{rule}"
        raise FinnError(f"{where}: no hardware is there for {shown} (rule {rule}); choose another folding, or fewer or"
                        " smaller elements")
