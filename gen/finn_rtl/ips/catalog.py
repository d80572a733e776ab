"""Rules of all modules that the generator gives parameters; a test compares them with every FINN_CHECK of rtl/."""

from __future__ import annotations

from collections.abc import Mapping

from finn_rtl.ips import (
    add,
    axis_dwc,
    axis_fifo,
    axis_fork,
    axis_frame_guard,
    classes,
    concat,
    hosts,
    label_select,
    maxpool,
    mvtu_rules,
    mvtu_stream,
    mvtu_unfolded,
    parameter_loader,
    requant,
    rules,
    sumpool,
    swu,
    terms,
    threshold,
    upsample,
)
from finn_rtl.ips.rules import Rules, Values

RULES: Mapping[str, Rules] = {
    "axis_frame_guard": axis_frame_guard.RULES, "axis_dwc": axis_dwc.RULES, "axis_fifo": axis_fifo.RULES,
    "axis_fork": axis_fork.RULES, "add": add.RULES, "concat": concat.RULES,
    "threshold": threshold.RULES, "swu": swu.SWU_RULES, "swu_parallel": swu.PARALLEL_RULES,
    "maxpool": maxpool.RULES, "sumpool": sumpool.RULES, "mvtu": mvtu_rules.RULES,
    "mvtu_stream": mvtu_stream.RULES,
    # Its parameters come from the weights, and are checked with them.
    "mvtu_unfolded": {}, "mvtu_unfolded_control": mvtu_unfolded.CONTROL_RULES,
    "mvtu_unfolded_rows": classes.ROWS_RULES, "mvtu_unfolded_terms": terms.RULES,
    "label_select": label_select.RULES, "upsample": upsample.RULES, "axi_host": hosts.AXI_RULES,
    "uart_host": hosts.UART_RULES, "requant": requant.RULES,
    "parameter_loader": parameter_loader.RULES,
}
# Parameters that may be left out: their values in rtl/.
DEFAULTS: Mapping[str, Values] = {
    "mvtu": mvtu_rules.DEFAULTS, "mvtu_stream": mvtu_stream.DEFAULTS,
    "swu": swu.SWU_DEFAULTS, "swu_parallel": swu.PARALLEL_DEFAULTS,
    "maxpool": maxpool.DEFAULTS, "add": add.DEFAULTS,
    "axi_host": hosts.AXI_DEFAULTS, "uart_host": hosts.UART_DEFAULTS, "threshold": threshold.DEFAULTS,
    "requant": requant.DEFAULTS, "label_select": label_select.DEFAULTS, "upsample": upsample.DEFAULTS,
}


def broken(module: str, parameters: Values) -> str | None:
    """The first rule that a module would find broken, as MODULE.CHECK; None where there is none."""
    rule = rules.broken(RULES[module], {**DEFAULTS.get(module, {}), **parameters})
    return rule if rule is None or "." in rule else f"{module}.{rule}"


def check(module: str, parameters: Values, where: str) -> None:
    """Raise FinnError, which begins with `where`, if a module would refuse its parameters."""
    rules.check(module, RULES[module], DEFAULTS.get(module, {}), parameters, where)
