# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Checks a Vivado project without Vivado: its script, the block design in it, and constraints.

What Vivado's IPs look like is written down here: pins, interfaces and settings, as far as the boards use them. A
script that uses anything else fails, right or not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from finn_verif import tcl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from finn_verif.tcl import Call

AXIMM = "xilinx.com:interface:aximm_rtl:1.0"
DDRX = "xilinx.com:interface:ddrx_rtl:1.0"
FIXED_IO = "xilinx.com:display_processing_system7:fixedio_rtl:1.0"

# Signals of AXI4 as (name, bits, driven by the master); bits as text are for the port's settings.
AXI4 = (
    *((f"{channel}{name}", bits, from_master) for channel in ("aw", "ar") for name, bits, from_master in (
        ("addr", "ADDR_WIDTH", True), ("len", 8, True), ("size", 3, True), ("burst", 2, True), ("lock", 1, True),
        ("cache", 4, True), ("prot", 3, True), ("qos", 4, True), ("region", 4, True), ("valid", 1, True),
        ("ready", 1, False))),
    ("wdata", "DATA_WIDTH", True), ("wstrb", "DATA_WIDTH/8", True), ("wlast", 1, True), ("wvalid", 1, True),
    ("wready", 1, False),
    ("bresp", 2, False), ("bvalid", 1, False), ("bready", 1, True),
    ("rdata", "DATA_WIDTH", False), ("rresp", 2, False), ("rlast", 1, False), ("rvalid", 1, False), ("rready", 1, True))
NOT_IN_AXI4LITE = {"len", "size", "burst", "lock", "cache", "qos", "region", "last"}
# Pins of the processing system, all of them inout.
PS7_PINS = {
    DDRX: {"addr": 15, "ba": 3, "cas_n": 1, "ck_n": 1, "ck_p": 1, "cke": 1, "cs_n": 1, "dm": 4, "dq": 32, "dqs_n": 4,
           "dqs_p": 4, "odt": 1, "ras_n": 1, "reset_n": 1, "we_n": 1},
    FIXED_IO: {"ddr_vrn": 1, "ddr_vrp": 1, "mio": 54, "ps_clk": 1, "ps_porb": 1, "ps_srstb": 1},
}


@dataclass(frozen=True)
class Pin:
    """A pin of an IP, of one bit; `when` are the settings that it needs."""

    direction: str
    kind: str
    when: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True)
class Interface:
    """An interface of an IP.

    Args:
        mode: Master or Slave.
        vlnv: kind of interface.
        clock: pin with its clock.
        when: settings that it needs, all of them 1.
        base: first address that a processor's master reaches.
        top: the address behind the last one.
        segment: name of the memory behind a slave.
    """

    mode: str
    vlnv: str = AXIMM
    clock: str = ""
    when: tuple[str, ...] = ()
    base: int = 0
    top: int = 0
    segment: str = ""


@dataclass(frozen=True)
class Ip:
    """An IP: pins, interfaces, and settings as pairs of regular expressions for name and value."""

    pins: Mapping[str, Pin]
    interfaces: Mapping[str, Interface]
    settings: Mapping[str, str] = field(default_factory=dict)


MHZ = r"[1-9]\d*(\.\d+)?"
NS = r"-?0\.\d+"
MIO = r"MIO \d+( \.\. \d+)?"

IPS = {
    "processing_system7": Ip(
        {"FCLK_CLK0": Pin("O", "clk"), "FCLK_RESET0_N": Pin("O", "rst"),
         "IRQ_F2P": Pin("I", "intr", ("PCW_USE_FABRIC_INTERRUPT", "PCW_IRQ_F2P_INTR")),
         "M_AXI_GP0_ACLK": Pin("I", "clk", ("PCW_USE_M_AXI_GP0",), True),
         "S_AXI_HP0_ACLK": Pin("I", "clk", ("PCW_USE_S_AXI_HP0",), True)},
        {"DDR": Interface("Master", DDRX), "FIXED_IO": Interface("Master", FIXED_IO),
         "M_AXI_GP0": Interface("Master", AXIMM, "M_AXI_GP0_ACLK", ("PCW_USE_M_AXI_GP0",), 0x4000_0000, 0x8000_0000),
         "S_AXI_HP0": Interface("Slave", AXIMM, "S_AXI_HP0_ACLK", ("PCW_USE_S_AXI_HP0",),
                                segment="S_AXI_HP0/HP0_DDR_LOWOCM")},
        {"preset": "ZC706", r"PCW_(CRYSTAL|APU|FPGA0|SDIO)_PERIPHERAL_FREQMHZ": MHZ,
         "PCW_USE_(M_AXI_GP0|S_AXI_HP0|FABRIC_INTERRUPT)": "[01]", "PCW_IRQ_F2P_INTR": "[01]",
         "PCW_S_AXI_HP0_DATA_WIDTH": "32|64", "PCW_PRESET_BANK[01]_VOLTAGE": r"LVCMOS (1\.8|2\.5|3\.3)V",
         "PCW_UIPARAM_DDR_PARTNO": "MT41J256M16 RE-125", "PCW_UIPARAM_DDR_BUS_WIDTH": "(16|32) Bit",
         "PCW_UIPARAM_DDR_FREQ_MHZ": MHZ, "PCW_UIPARAM_DDR_TRAIN_(WRITE_LEVEL|READ_GATE|DATA_EYE)": "[01]",
         "PCW_UIPARAM_DDR_DQS_TO_CLK_DELAY_[0-3]": NS, "PCW_UIPARAM_DDR_BOARD_DELAY[0-3]": NS,
         "PCW_(QSPI|ENET0|SD0|UART0|USB0)_PERIPHERAL_ENABLE": "[01]", "PCW_QSPI_GRP_(SINGLE_SS|FBCLK)_ENABLE": "[01]",
         "PCW_(ENET0_GRP_MDIO|SD0_GRP_CD)_ENABLE": "[01]", "PCW_(ENET0|USB0)_RESET_ENABLE": "[01]",
         "PCW_GPIO_MIO_GPIO_ENABLE": "[01]",
         "PCW_(ENET0_ENET0|ENET0_GRP_MDIO|ENET0_RESET|SD0_SD0|SD0_GRP_CD|UART0_UART0|USB0_RESET)_IO": MIO}),
    "zynq_ultra_ps_e": Ip(
        {"pl_clk0": Pin("O", "clk", ("PSU__FPGA_PL0_ENABLE",)), "pl_resetn0": Pin("O", "rst"),
         "pl_ps_irq0": Pin("I", "intr", ("PSU__USE__IRQ0",)),
         "maxihpm0_fpd_aclk": Pin("I", "clk", ("PSU__USE__M_AXI_GP0",), True),
         "maxihpm1_fpd_aclk": Pin("I", "clk", ("PSU__USE__M_AXI_GP1",), True),
         "maxihpm0_lpd_aclk": Pin("I", "clk", ("PSU__USE__M_AXI_GP2",), True),
         "saxihp0_fpd_aclk": Pin("I", "clk", ("PSU__USE__S_AXI_GP2",), True)},
        {"M_AXI_HPM0_FPD": Interface("Master", AXIMM, "maxihpm0_fpd_aclk", ("PSU__USE__M_AXI_GP0",), 0xA000_0000,
                                     0xB000_0000),
         "S_AXI_HP0_FPD": Interface("Slave", AXIMM, "saxihp0_fpd_aclk", ("PSU__USE__S_AXI_GP2",),
                                    segment="SAXIGP2/HP0_DDR_LOW")},
        {"PSU__FPGA_PL0_ENABLE": "[01]", "PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ": MHZ,
         "PSU__USE__(M_AXI_GP[0-2]|S_AXI_GP2|IRQ0)": "[01]", "PSU__(MAXIGP0|SAXIGP2)__DATA_WIDTH": "32|64|128"}),
    "proc_sys_reset": Ip(
        {"slowest_sync_clk": Pin("I", "clk", (), True), "ext_reset_in": Pin("I", "rst", (), True),
         "peripheral_aresetn": Pin("O", "rst")}, {}),
    "smartconnect": Ip(
        {"aclk": Pin("I", "clk", (), True), "aresetn": Pin("I", "rst", (), True)},
        {"S00_AXI": Interface("Slave", AXIMM, "aclk"), "M00_AXI": Interface("Master", AXIMM, "aclk")},
        {"NUM_SI": "1", "NUM_MI": "1"}),
}
# What is on without a setting: an IP's defaults, and what the KV260's board files may have set.
DEFAULTS = {
    "processing_system7": {"PCW_USE_M_AXI_GP0": "1"},
    "zynq_ultra_ps_e": {f"PSU__USE__M_AXI_GP{n}": "1" for n in range(3)},
    "proc_sys_reset": {},
    "smartconnect": {},
}
AXI_SETTINGS = {"PROTOCOL": "AXI4|AXI4LITE", "ADDR_WIDTH": r"\d+", "DATA_WIDTH": "32|64|128|256|512|1024",
                "ID_WIDTH": r"\d+", "HAS_(LOCK|QOS|REGION)": "[01]", "NUM_(READ|WRITE)_OUTSTANDING": r"\d+",
                "FREQ_HZ": r"\d+"}
PORT_SETTINGS: dict[str, dict[str, str]] = {
    "clk": {"ASSOCIATED_BUSIF": r"\w+(:\w+)*", "ASSOCIATED_RESET": r"\w+"},
    "intr": {"SENSITIVITY": "LEVEL_HIGH"}, "rst": {}}
# Properties outside the block design, by object.
PROPERTIES = {
    "current_project": {"part": r"xc\w+-\S+", "board_part": r"[\w.-]+:\w+:part0:[\d.]+", "source_mgmt_mode": "None"},
    "sources_1": {"verilog_define": r"\s*(\w+=\w+\s*)*", "include_dirs": ".*"},
    "current_fileset": {"top": r"\w+"},
    "finn_ps.bd": {"synth_checkpoint_mode": "None"},
}

# Options of the commands, True where a value follows.
COMMANDS: dict[str, dict[str, bool]] = {
    "create_project": {"-force": False}, "current_project": {}, "current_fileset": {}, "get_filesets": {},
    "get_files": {}, "read_verilog": {"-sv": False}, "read_xdc": {}, "read_mem": {}, "add_files": {"-norecurse": False},
    "set_property": {"-dict": False}, "get_property": {}, "get_ipdefs": {},
    "get_board_parts": {"-quiet": False, "-latest_file_version": False},
    "create_bd_design": {}, "create_bd_cell": {"-type": True, "-vlnv": True},
    "create_bd_port": {"-dir": True, "-type": True}, "create_bd_intf_port": {"-mode": True, "-vlnv": True},
    "get_bd_cells": {}, "get_bd_pins": {}, "get_bd_ports": {}, "get_bd_intf_pins": {}, "get_bd_intf_ports": {},
    "get_bd_addr_spaces": {}, "get_bd_addr_segs": {}, "connect_bd_net": {}, "connect_bd_intf_net": {},
    "apply_bd_automation": {"-rule": True, "-config": True},
    "assign_bd_address": {"-offset": True, "-range": True, "-target_address_space": True, "-force": False},
    "validate_bd_design": {}, "save_bd_design": {}, "generate_target": {},
    "make_wrapper": {"-files": True, "-top": False},
}
WRAPPER = "finn_ps_wrapper"
ANSWERS = {"get_property CONFIG.FREQ_HZ": "199998001", "get_board_parts": "xilinx.com:kv260_som:part0:1.4",
           "make_wrapper": f"{WRAPPER}.v"}

XDC_COMMANDS: dict[str, dict[str, bool]] = {
    "set_property": {"-dict": False}, "set_false_path": {"-to": True}, "get_ports": {}, "current_design": {}}
XDC_PROPERTIES = {"PACKAGE_PIN": r"[A-Z]{1,2}\d{1,2}", "IOSTANDARD": "LVCMOS(15|18|25|33)"}
XDC_DESIGN_PROPERTIES = {"BITSTREAM.GENERAL.COMPRESS": "TRUE"}


def allowed(settings: Mapping[str, str], name: str, value: str) -> bool:
    """Whether a table of settings has one, with that value."""
    return any(re.fullmatch(n, name) and re.fullmatch(v, value) for n, v in settings.items())


def split(call: Call, table: Mapping[str, Mapping[str, bool]]) -> tuple[dict[str, str], list[str]]:
    """Options and other arguments of a call.

    Raises:
        ValueError: an option that the command does not have.
    """
    options: dict[str, str] = {}
    others: list[str] = []
    words = iter(call.arguments)
    for word in words:
        if word in table[call.command]:
            options[word] = next(words, "") if table[call.command][word] else ""
        elif re.match("-[a-z]", word):
            raise ValueError(f"{call.command} has no option {word}")
        else:
            others.append(word)
    return options, others


def properties(call: Call, table: Mapping[str, Mapping[str, bool]]) -> tuple[str, list[tuple[str, str]]]:
    """Object and pairs of a set_property.

    Raises:
        ValueError: it is malformed.
    """
    _, words = split(call, table)
    if len(words) % 2 == 0 or (call.arguments[0] != "-dict" and len(words) != 3):
        raise ValueError(f"set_property takes pairs and an object, not {words}")
    return words[-1], list(zip(words[:-1:2], words[1::2], strict=True))


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
        wanted |= {name: {f"ps/{i.segment}" for i in self.cells["ps"].ip.interfaces.values() if i.segment}
                   for name, port in self.interfaces.items() if port.kind == AXIMM and port.direction == "Slave"}
        for space, segments in wanted.items():
            given = sorted(segment for segment, _, _ in self.spaces.get(space, []))
            if given != sorted(segments):
                self.findings.append(f"address space {space}: has {given}, not {sorted(segments)}")

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


def empty_module(name: str, ports: Iterable[tuple[str, int, str]], parameters: str = "") -> str:
    """A module without contents: direction, bits and name of its ports, and its list of parameters."""
    text = ",\n".join(f"    {direction} wire [{bits - 1}:0] {port}" for direction, bits, port in ports)
    return f"(* blackbox *)\nmodule {name} {parameters} (\n{text}\n);\nendmodule\n"


def axi_ports(name: str, mode: str, settings: Mapping[str, str]) -> Iterator[tuple[str, int, str]]:
    """Direction, bits and name of a module's ports that make up an AXI interface, a Master or a Slave."""
    for signal, bits, from_master in axi_signals(settings):
        yield "output" if from_master == (mode == "Master") else "input", bits, f"{name}_{signal}"


def axi_signals(settings: Mapping[str, str]) -> Iterator[tuple[str, int, bool]]:
    """Signals of an AXI interface: name, bits, driven by the master. IDs are not among them."""
    is_lite = settings.get("PROTOCOL") == "AXI4LITE"
    if int(settings.get("ID_WIDTH", "0")):
        raise ValueError("an interface with IDs")
    for signal, bits, from_master in AXI4:
        name = re.sub("^(aw|ar|w|b|r)", "", signal)
        if (is_lite and name in NOT_IN_AXI4LITE) or settings.get(f"HAS_{name.upper()}") == "0":
            continue
        if isinstance(bits, str):
            key, _, divisor = bits.partition("/")
            bits = int(settings.get(key, "0")) // int(divisor or 1)
        yield signal, bits, from_master


def check_constraints(file: Path, ports: Mapping[str, int], own: Sequence[str]) -> list[str]:
    """Findings in an XDC file.

    Args:
        file: the constraints.
        ports: bits of the top level's ports.
        own: beginnings of the names of ports that the processing system places itself.
    """
    bits = {f"{name}[{index}]" if width > 1 else name
            for name, width in ports.items() if not name.startswith(tuple(own)) for index in range(width)}
    findings: list[str] = []
    given: dict[str, dict[str, str]] = {bit: {} for bit in bits}
    pins: dict[str, str] = {}
    for call in tcl.run(file.resolve(), file.parent, XDC_COMMANDS, {}):
        try:
            if call.command == "get_ports":
                name = call.arguments[-1]
                if name not in bits and name.removesuffix("[*]") not in {bit.partition("[")[0] for bit in bits}:
                    raise ValueError(f"no port {name} that is to be constrained")
            if call.command != "set_property":
                split(call, XDC_COMMANDS)
                continue
            name, pairs = properties(call, XDC_COMMANDS)
            table = XDC_DESIGN_PROPERTIES if name == "current_design" else XDC_PROPERTIES
            for key, value in pairs:
                if not allowed(table, key, value):
                    raise ValueError(f"{name} has no property {key} that may be {value!r}")
                if key == "PACKAGE_PIN" and pins.setdefault(value, name) != name:
                    raise ValueError(f"pin {value} is {pins[value]} and {name}")
                if key in given.get(name, {}):
                    raise ValueError(f"{name}: {key} is given twice")
                given.setdefault(name, {})[key] = value
        except ValueError as error:
            findings.append(f"{call.place}: {error}")
    findings += [f"{bit}: no {key}" for bit in sorted(bits) for key in XDC_PROPERTIES if key not in given[bit]]
    return findings
