# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Checks a Vivado project without Vivado: its script and the block design in it.

A script that uses anything but what `ips` and `commands` write down fails, right or not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from finn_verif.vivado import tcl
from finn_verif.vivado.commands import ANSWERS, COMMANDS, PROPERTIES, WRAPPER, allowed, properties, split
from finn_verif.vivado.ips import AXI_SETTINGS, AXIMM, DEFAULTS, IPS, PORT_SETTINGS, PS7_PINS, Interface, Ip, Pin
from finn_verif.vivado.modules import axi_ports, empty_module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path


@dataclass
class Cell:
    """A cell of the block design."""

    ip: Ip
    settings: dict[str, str]

    def has(self, part: Pin | Interface) -> bool:
        """Whether the settings bring a pin or an interface along."""
        return all(self.settings.get(name) == "1" for name in part.when)


@dataclass
class Port:
    """A port of the block design: direction (or mode), kind (or VLNV) and settings."""

    direction: str
    kind: str
    settings: dict[str, str] = field(default_factory=dict)


class Project:
    """What a project's script makes; `findings` tells what is wrong with it, by file and line."""

    def __init__(self, script: Path, answers: Mapping[str, str] | None = None) -> None:
        """Runs the script in its folder and checks it.

        Args:
            script: the Tcl file of the project.
            answers: results of Vivado's commands, beside ANSWERS.

        Raises:
            ScriptError: the script itself failed.
        """
        self.folder = script.resolve().parent
        self.findings: list[str] = []
        self.sources: list[Path] = []
        self.constraints: list[Path] = []
        self.memories: list[Path] = []
        self.settings: dict[str, str] = {}
        self.cells: dict[str, Cell] = {}
        self.ports: dict[str, Port] = {}
        self.interfaces: dict[str, Port] = {}
        # Pins, ports and interfaces by the net they are on.
        self.nets: list[set[str]] = []
        self.links: list[tuple[str, str]] = []
        self.spaces: dict[str, list[tuple[str, int, int]]] = {}
        self.design = ""
        self.done: set[str] = set()
        for call in tcl.run(script.resolve(), self.folder, COMMANDS, {**ANSWERS, **(answers or {})}):
            try:
                if call.command == "set_property":
                    self.set_property(*properties(call, COMMANDS))
                    continue
                options, words = split(call, COMMANDS)
                handler: Callable[[dict[str, str], list[str]], None] | None = getattr(self, f"do_{call.command}", None)
                if handler:
                    handler(options, words)
            except (ValueError, KeyError, IndexError) as error:
                self.findings.append(f"{call.place}: {call.command}: {error.args[0]}")
        self.finish()

    def need(self, condition: object, text: str) -> None:
        """Raises ValueError with the text unless the condition holds."""
        if not condition:
            raise ValueError(text)

    def set_property(self, name: str, pairs: Iterable[tuple[str, str]]) -> None:
        """Settings of a cell, a port or something of the project."""
        table: Mapping[str, str]
        prefix = "CONFIG."
        if name in self.cells:
            table, values = self.cells[name].ip.settings, self.cells[name].settings
        elif name in self.ports:
            table, values = PORT_SETTINGS[self.ports[name].kind], self.ports[name].settings
        elif name in self.interfaces:
            table, values = AXI_SETTINGS, self.interfaces[name].settings
        else:
            self.need(name in PROPERTIES, f"no object {name!r} to set properties of")
            prefix, table, values = "", PROPERTIES[name], self.settings
        for key, value in pairs:
            self.need(key.startswith(prefix) and allowed(table, key.removeprefix(prefix), value),
                      f"{name} has no property {key} that may be {value!r}")
            values[key.removeprefix(prefix)] = value

    def do_read_verilog(self, _: dict[str, str], words: list[str]) -> None:
        """Sources."""
        self.sources += self.files(words)

    def do_read_xdc(self, _: dict[str, str], words: list[str]) -> None:
        """Constraints."""
        self.constraints += self.files(words)

    def do_read_mem(self, _: dict[str, str], words: list[str]) -> None:
        """Contents of memories."""
        self.memories += self.files(words)

    def files(self, names: Sequence[str]) -> list[Path]:
        """Files that must be there."""
        for name in names:
            self.need((self.folder / name).is_file(), f"no file {name}")
        return [self.folder / name for name in names]

    def do_create_bd_design(self, _: dict[str, str], words: list[str]) -> None:
        """The block design; one a project."""
        self.need(not self.design and words == ["finn_ps"], f"block design {words} besides {self.design!r}")
        self.design = words[0]

    def do_create_bd_cell(self, options: dict[str, str], words: list[str]) -> None:
        """A cell of an IP."""
        found = re.fullmatch(r"xilinx\.com:ip:(\w+):\*", options.get("-vlnv", ""))
        self.need(self.design and options.get("-type") == "ip" and found and found[1] in IPS,
                  f"no IP {options.get('-vlnv')}")
        assert found
        self.new(words[0])
        self.cells[words[0]] = Cell(IPS[found[1]], dict(DEFAULTS[found[1]]))

    def do_create_bd_port(self, options: dict[str, str], words: list[str]) -> None:
        """A port of one bit."""
        self.need(options.get("-dir") in ("I", "O") and options.get("-type") in PORT_SETTINGS,
                  f"port {words}: {options}")
        self.new(words[0])
        self.ports[words[0]] = Port(options["-dir"], options["-type"])

    def do_create_bd_intf_port(self, options: dict[str, str], words: list[str]) -> None:
        """An interface as a port."""
        self.need(options.get("-mode") in ("Master", "Slave") and options.get("-vlnv") in (AXIMM, *PS7_PINS),
                  f"interface {words}: {options}")
        self.new(words[0])
        self.interfaces[words[0]] = Port(options["-mode"], options["-vlnv"])

    def new(self, name: str) -> None:
        """A name that nothing has yet."""
        self.need(re.fullmatch(r"[a-z]\w*", name) and name not in {**self.cells, **self.ports, **self.interfaces},
                  f"{name!r} is no name or has been given")

    def do_get_bd_cells(self, _: dict[str, str], words: list[str]) -> None:
        """A cell."""
        self.need(words[0] in self.cells, f"no cell {words[0]!r}")

    def do_get_bd_ports(self, _: dict[str, str], words: list[str]) -> None:
        """A port."""
        self.need(words[0] in self.ports, f"no port {words[0]!r}")

    def do_get_bd_intf_ports(self, _: dict[str, str], words: list[str]) -> None:
        """An interface that is a port."""
        self.need(words[0] in self.interfaces, f"no interface {words[0]!r}")

    def do_get_bd_pins(self, _: dict[str, str], words: list[str]) -> None:
        """A pin of a cell."""
        self.pin(words[0])

    def do_get_bd_intf_pins(self, _: dict[str, str], words: list[str]) -> None:
        """An interface of a cell."""
        self.interface(words[0])

    def do_get_bd_addr_spaces(self, _: dict[str, str], words: list[str]) -> None:
        """What an AXI master sees: the processor, or an interface from outside."""
        self.need(words[0] == "ps/Data" or self.interfaces[words[0]].direction == "Slave",
                  f"no address space {words[0]!r}")

    def do_get_bd_addr_segs(self, _: dict[str, str], words: list[str]) -> None:
        """What stands behind an AXI slave: an interface to outside, or the processor's memory."""
        cell, _slash, rest = words[0].partition("/")
        outside = rest == "Reg" and cell in self.interfaces and self.interfaces[cell].direction == "Master"
        inside = cell in self.cells and any(i.segment == rest and self.cells[cell].has(i)
                                            for i in self.cells[cell].ip.interfaces.values())
        self.need(outside or inside, f"no address segment {words[0]!r}")

    def pin(self, name: str) -> Pin:
        """A pin, with the settings made so far."""
        cell, _, rest = name.partition("/")
        found = self.cells[cell].ip.pins.get(rest) if cell in self.cells else None
        self.need(found and self.cells[cell].has(found), f"no pin {name!r}")
        assert found
        return found

    def interface(self, name: str) -> Interface:
        """An interface, with the settings made so far."""
        cell, _, rest = name.partition("/")
        found = self.cells[cell].ip.interfaces.get(rest) if cell in self.cells else None
        self.need(found and self.cells[cell].has(found), f"no interface {name!r}")
        assert found
        return found

    def end(self, name: str) -> tuple[bool, str]:
        """Whether an end of a net drives it, and its kind."""
        if "/" in name:
            pin = self.pin(name)
            return pin.direction == "O", pin.kind
        self.need(name in self.ports, f"no port {name!r}")
        return self.ports[name].direction == "I", self.ports[name].kind

    def do_connect_bd_net(self, _: dict[str, str], words: list[str]) -> None:
        """Pins and ports of one kind on a net, one of them its driver."""
        self.need(len(words) >= 2, "a net has two ends at least")
        merged = set(words).union(*(net for net in self.nets if net & set(words)))
        self.need(not any(set(words) <= net for net in self.nets), f"{words} are connected already")
        ends = [self.end(name) for name in merged]
        self.need(len({kind for _, kind in ends}) == 1, f"different kinds on a net: {sorted(merged)}")
        self.need(sum(drives for drives, _ in ends) == 1, f"not one driver on a net: {sorted(merged)}")
        self.nets = [net for net in self.nets if not net & merged] + [merged]

    def do_connect_bd_intf_net(self, _: dict[str, str], words: list[str]) -> None:
        """Two interfaces of one kind, a master's end and a slave's."""
        self.need(len(words) == 2, f"an interface has two ends, not {words}")
        kinds = []
        for name in words:
            self.need(not any(name in link for link in self.links), f"{name} is connected already")
            if "/" in name:
                kinds.append((self.interface(name).vlnv, self.interface(name).mode))
            else:
                self.need(name in self.interfaces, f"no interface {name!r}")
                port = self.interfaces[name]
                # Inside the design, what leaves it as a master takes a master's signals.
                kinds.append((port.kind, "Slave" if port.direction == "Master" else "Master"))
        self.need(kinds[0][0] == kinds[1][0] and kinds[0][1] != kinds[1][1], f"{words} do not fit: {kinds}")
        self.links.append((words[0], words[1]))

    def do_assign_bd_address(self, options: dict[str, str], words: list[str]) -> None:
        """A segment in an address space."""
        space = options.get("-target_address_space", "")
        offset, size = (int(options.get(name, "-1"), 0) for name in ("-offset", "-range"))
        self.need(size >= 4096 and size & (size - 1) == 0 and offset >= 0 and offset % size == 0,
                  f"{words[0]}: offset {offset:#x} and range {size:#x}: not a power of two, 4096 at least, and aligned")
        if space == "ps/Data":
            masters = [i for i in self.cells["ps"].ip.interfaces.values() if i.top and self.cells["ps"].has(i)]
            self.need(any(m.base <= offset and offset + size <= m.top for m in masters),
                      f"{words[0]}: {offset:#x} is nothing that the processor can reach")
        else:
            self.need(offset + size <= 1 << int(self.interfaces[space].settings.get("ADDR_WIDTH", "0")),
                      f"{words[0]}: more than the addresses of {space}")
        self.spaces.setdefault(space, []).append((words[0], offset, size))

    def do_apply_bd_automation(self, options: dict[str, str], words: list[str]) -> None:
        """Only the settings of the MPSoC from the board files."""
        self.need(options == {"-rule": "xilinx.com:bd_rule:zynq_ultra_ps_e", "-config": "apply_board_preset 1"}
                  and "board_part" in self.settings, f"automation {options} of {words}")

    def do_validate_bd_design(self, _: dict[str, str], __: list[str]) -> None:
        """All pins and interfaces connected, clocks the right ones, everything addressed."""
        self.done.add("validated")
        self.findings += self.unconnected()
        for link in self.links:
            clocks = [self.clock_of(name) for name in link]
            if clocks != [None, None] and clocks[0] is not clocks[1]:
                self.findings.append(f"{link}: not on one clock")
        for name, port in self.interfaces.items():
            if port.kind == AXIMM:
                for key in ("PROTOCOL", "ADDR_WIDTH", "DATA_WIDTH", "FREQ_HZ"):
                    if key not in port.settings:
                        self.findings.append(f"{name}: no {key}")
        wanted = {"ps/Data": {f"{name}/Reg" for name, port in self.interfaces.items()
                              if port.kind == AXIMM and port.direction == "Master"}}
        wanted |= {name: self.behind(name)
                   for name, port in self.interfaces.items() if port.kind == AXIMM and port.direction == "Slave"}
        for space, segments in wanted.items():
            given = sorted(segment for segment, _, _ in self.spaces.get(space, []))
            if given != sorted(segments):
                self.findings.append(f"address space {space}: has {given}, not {sorted(segments)}")

    def behind(self, name: str) -> set[str]:
        """Segments of memory behind an interface of the block design, through the interconnect that it leads to."""
        links = {end for link in self.links if name in link for end in link if end != name}
        cells = {end.partition("/")[0] for end in links}
        ends = {end for link in self.links for end in link
                if any(other.partition("/")[0] in cells for other in link) and end.startswith("ps/")}
        return {f"ps/{self.interface(end).segment}" for end in ends if self.interface(end).segment}

    def unconnected(self) -> Iterator[str]:
        """What must be connected and is not."""
        on_nets = set().union(*self.nets)
        linked = {name for link in self.links for name in link}
        for name, cell in self.cells.items():
            for pin_name, pin in cell.ip.pins.items():
                if pin.required and cell.has(pin) and f"{name}/{pin_name}" not in on_nets:
                    yield f"{name}/{pin_name}: not connected"
            for interface_name, interface in cell.ip.interfaces.items():
                # A processor's master or slave that is on may stay open, if it has a clock.
                if (not interface.clock or name != "ps") and f"{name}/{interface_name}" not in linked:
                    yield f"{name}/{interface_name}: not connected"
        yield from (f"port {name}: not connected" for name in self.ports if name not in on_nets)
        yield from (f"port {name}: not connected" for name in self.interfaces if name not in linked)

    def clock_of(self, name: str) -> set[str] | None:
        """The net of an AXI interface's clock; None for other interfaces."""
        if "/" in name:
            clock = self.interface(name).clock
            pin = f"{name.partition('/')[0]}/{clock}"
            if not clock:
                return None
        elif self.interfaces[name].kind != AXIMM:
            return None
        else:
            pin = next((n for n, port in self.ports.items()
                        if name in port.settings.get("ASSOCIATED_BUSIF", "").split(":")), "")
        return next((net for net in self.nets if pin in net), set())

    def do_generate_target(self, _: dict[str, str], words: list[str]) -> None:
        """Files of the block design."""
        self.need("validated" in self.done and words == ["all", "finn_ps.bd"],
                  f"generate_target {words}, not validated")
        self.done.add("generated")

    def do_make_wrapper(self, options: dict[str, str], _: list[str]) -> None:
        """The wrapper's file."""
        self.need("generated" in self.done and options == {"-files": "finn_ps.bd", "-top": ""},
                  f"make_wrapper {options}, not generated")

    def do_add_files(self, _: dict[str, str], words: list[str]) -> None:
        """Only the wrapper."""
        self.need(words == [f"{WRAPPER}.v"], f"add_files {words}")
        self.done.add("wrapped")

    def finish(self) -> None:
        """What a project must have at its end."""
        if self.design and not self.done >= {"validated", "generated", "wrapped"}:
            self.findings.append(f"the block design is only {sorted(self.done)}")

    @property
    def defines(self) -> list[str]:
        """Macros, as NAME=VALUE."""
        return self.settings.get("verilog_define", "").split()

    @property
    def includes(self) -> list[Path]:
        """Folders for `include."""
        return [self.folder / name for name in self.settings.get("include_dirs", "").split()]

    def wrapper_ports(self) -> Iterator[tuple[str, int, str]]:
        """Direction, bits and name of the ports that the wrapper of the block design has."""
        for name, port in self.ports.items():
            yield {"I": "input", "O": "output"}[port.direction], 1, name
        for name, port in self.interfaces.items():
            if port.kind == AXIMM:
                yield from axi_ports(name, port.direction, port.settings)
            else:
                for signal, bits in PS7_PINS[port.kind].items():
                    yield "inout", bits, f"{name}_{signal}"

    def wrapper(self) -> str:
        """The wrapper as an empty module, its ports named as Vivado would."""
        return empty_module(WRAPPER, self.wrapper_ports())
