# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The SystemVerilog top level that holds the instances of a testbench, and the checkers of their streams.

One top level holds every parameter set of an IP, because building a simulation costs far more than running one. Each
instance has signals of its own (``fifo_deep_s_axis_tdata``), its clock among them, so that those not under test stand
still.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.testbench.instances import streams

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from finn_verif.testbench.instances import Instance, Value

BROKEN, SHOWN = "is_broken", "shown"
STREAM_SIGNALS = ("tdata", "tlast", "tvalid", "tready")


def literal(value: Value) -> str:
    """A parameter value in SystemVerilog."""
    return f'"{value}"' if isinstance(value, str) else str(value)


def checkers(instance: Instance) -> Iterator[str]:
    """A checker of the rules of AXI4-Stream for every stream of an instance: of the IP, and of the test itself."""
    widths = {port.signal: port.width for port in instance.ports}
    for prefix in streams(instance):
        names = {"aclk": "aclk", "aresetn": "aresetn", **{end: f"{prefix}_{end}" for end in STREAM_SIGNALS}}
        signals = {key: f"{instance.name}_{name}" for key, name in names.items() if name in widths}
        found = {name: f"{instance.name}_{prefix}_{name}" for name in (BROKEN, SHOWN)}
        signals = {"tlast": "1'b1", **signals, **found}
        connections = ", ".join(f".{key}({value})" for key, value in signals.items())
        yield f"  logic {found[BROKEN]};"
        yield f"  logic [3:0] {found[SHOWN]};"
        yield (f"  axis_properties #(.WIDTH({widths[f'{prefix}_tdata']})) {instance.name}_{prefix}_rules"
               f" ({connections});")


def emit(name: str, instances: Iterable[Instance]) -> str:
    """The top level ``name`` with all instances, and the checkers of their streams."""
    lines = ["`default_nettype none", "", f"module {name};"]
    for instance in instances:
        lines.append("")
        for port in instance.ports:
            bits = f" [{port.width - 1}:0]" if port.width > 1 else ""
            lines.append(f"  logic{bits} {instance.name}_{port.signal};")
        parameters = ", ".join(f".{key}({literal(value)})" for key, value in instance.parameters.items())
        lines.append(f"  {instance.module} #({parameters}) {instance.name} (")
        connections = []
        for port in instance.ports:
            if not port.name:
                continue
            expression = (port.expression or f"{{u}}_{port.signal}").format(u=instance.name)
            connections.append(f"    .{port.name}({expression})")
        lines.append(",\n".join(connections))
        lines.append("  );")
        lines += checkers(instance)
    lines += ["", "endmodule", "", "`default_nettype wire", ""]
    return "\n".join(lines)
