# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Vivado's commands and properties, as far as projects use them, and how a call of one is read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from finn_verif.vivado.tcl import Call

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
           "make_wrapper": f"{WRAPPER}.v", "get_property verilog_define": ""}


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
