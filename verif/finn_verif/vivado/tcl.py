# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Runs the Tcl scripts of another program without it: that program's commands do nothing but leave a record.

A command returns its last argument, so that `[get_bd_pins ps/IRQ_F2P]` is the pin's name; without arguments it returns
its own name; `answers` replaces the results of some. Everything else is Tcl itself, so a command that is not on the
list is an error, as are wrong braces, unknown variables and files that are not there.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

# The words of the record come out in hexadecimal digits, each behind an x: an empty word is one too. The list behind
# -dict comes out as words of its own.
RECORDER = """
namespace eval recorder {
    proc call {name arguments} {
        set frame [info frame -2]
        set place [dict get $frame line]
        if {[dict exists $frame file]} {
            set place [file tail [dict get $frame file]]:$place
        }
        set words [list $name $place {*}$arguments]
        set index [lsearch -exact $words -dict]
        if {$index >= 0} {
            set words [lreplace $words $index+1 $index+1 {*}[lindex $words $index+1]]
        }
        puts [join [lmap word $words {string cat x [binary encode hex [encoding convertto utf-8 $word]]}]]
        foreach question [list "$name [lindex $arguments 0]" $name] {
            if {[dict exists $::recorder::answers $question]} {
                return [dict get $::recorder::answers $question]
            }
        }
        return [expr {[llength $arguments] ? [lindex $arguments end] : $name}]
    }
    foreach name $commands {
        namespace eval ::[namespace qualifiers $name] {}
        proc ::$name args [format {return [recorder::call %s $args]} $name]
    }
}
if {[catch {source $script}]} {
    puts stderr $errorInfo
} else {
    puts done
}
"""
# Python's own Tcl.
EMBEDDED = "import sys, tkinter; tkinter.Tcl().eval(sys.stdin.read())"


class ScriptError(Exception):
    """What Tcl said about a script that failed, with file and line."""


@dataclass(frozen=True)
class Call:
    """A command of the other program with its arguments, and the file and line it stands in."""

    command: str
    arguments: tuple[str, ...]
    place: str


def interpreter() -> list[str]:
    """A Tcl to feed by standard input; skips the present test where there is none."""
    if importlib.util.find_spec("_tkinter"):
        return [sys.executable, "-c", EMBEDDED]
    program = shutil.which("tclsh")
    if program is None:
        pytest.skip("no Tcl: neither Python's tkinter nor tclsh (Debian, Ubuntu: apt-get install tcl)")
    return [program]


def quote(words: Iterable[str]) -> str:
    """A Tcl list of words in braces; none of them has braces that do not match."""
    return "{" + " ".join(f"{{{word}}}" for word in words) + "}"


def run(script: Path, folder: Path, commands: Iterable[str], answers: Mapping[str, str]) -> list[Call]:
    """Runs a script in a folder; returns the calls of the given commands in their order.

    Args:
        script: the Tcl file.
        folder: the present folder while it runs.
        commands: what the other program adds to Tcl.
        answers: results by command, or by command and first argument ("get_property CONFIG.FREQ_HZ").

    Raises:
        ScriptError: Tcl or the script itself raised an error.
    """
    values = quote(word for item in answers.items() for word in item)
    text = (f"namespace eval recorder {{}}\nset recorder::commands {quote(commands)}\nset recorder::answers {values}\n"
            f"set script {{{script}}}\n{RECORDER}")
    done = subprocess.run(interpreter(), input=text, cwd=folder, capture_output=True, text=True, check=False,
                          timeout=60)
    lines = done.stdout.splitlines()
    if not lines or lines.pop() != "done":
        raise ScriptError(done.stderr.strip())
    calls = []
    for line in lines:
        command, place, *arguments = (bytes.fromhex(word[1:]).decode() for word in line.split())
        calls.append(Call(command, tuple(arguments), place))
    return calls
