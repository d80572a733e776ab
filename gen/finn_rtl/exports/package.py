"""Packaging for people outside FuseSoC: an IP or a network as one folder, with a file list and a script for Vivado.

The FuseSoC cores tell which files belong to a module; ports and widths come from elaboration.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from finn_rtl import api
from finn_rtl.common import processes
from finn_rtl.common.errors import FinnError
from finn_rtl.common.extras import require
from finn_rtl.common.names import IDENTIFIER, keyword_fault
from finn_rtl.common.places import library, licence
from finn_rtl.common.schema import clipped, shown
from finn_rtl.common.text import environment, module_name, package_version
from finn_rtl.exports.interfaces import Port, apart, interfaces
from finn_rtl.exports.memories import check_memories, memories_given, memories_read
from finn_rtl.meaning.integer import Network
from finn_rtl.output.emit import joined, one_line, write_files
from finn_rtl.plan.plan import Plan
from finn_rtl.tools.eda import READ_SLANG, Sources, core_sources

# Parameters of a network's top level, by host, and their types; --data-width is the other one of host "axi".
NETWORK_PARAMETERS: dict[str | None, dict[str, str]] = {
    None: {"USE_TLAST": "bit"}, "axi": {"ADDR_W": "int"}, "uart": {"CLOCKS_PER_BIT": "int"}}
STRING = "string"
#: The extra, and what of it is needed.
NEEDS = ("synth", "fusesoc", "pyosys")


@dataclass(frozen=True)
class Ip:
    """A module of rtl/: its core, the description there, and its own name."""

    core: str
    description: str
    module: str


def ip_names() -> list[str]:
    """Names of the IPs, which are those of their folders."""
    return sorted(file.parent.name for file in (library() / "rtl").glob("*/*.core"))


def find_ip(name: str) -> Ip | None:
    """An IP by its own name or by that of one of its modules; None where there is none."""
    for file in sorted((library() / "rtl").glob("*/*.core")):
        core = yaml.safe_load(file.read_text(encoding="utf-8"))
        if name == file.parent.name:
            return Ip(core["name"], core["description"], core["targets"]["default"]["toplevel"])
        if name in {source.stem for source in file.parent.glob("*.sv")}:
            return Ip(core["name"], core["description"], name)
    return None


def _slang(folder: Path, what: str, command: str, report: str = "") -> str:
    """What slang (pyosys) says about the files in a folder, after an optional second command.

    Args:
        folder: with all files.
        what: the top module, and its parameters behind it.
        command: that reads the files.
        report: the second command.

    Raises:
        FinnError: slang refuses them, with the check that failed, or its first error.
    """
    done = processes.run([sys.executable, "-m", "finn_rtl.tools.yosys"], folder, text=f"{command}\n{report}\n")
    if done.returncode:
        said = done.stdout + done.stderr
        # A check of a module names what is wrong; slang's own words say what came of it.
        checks = re.findall(r"ERROR: \$error encountered: (.*)", said)
        errors = [f"{what}: {error}" for error in re.findall(r"ERROR: (.*)", said)]
        of_top = [check for check in checks if check.startswith(f"{what.split()[0]}: ")]
        raise FinnError(next(iter((*of_top, *checks, *errors)), f"{what}: slang failed with status {done.returncode}"))
    return done.stdout


def _elaborated(folder: Path, read: str, module: str) -> Any:
    """The top level as slang sees it."""
    text = _slang(folder, module, f"{read} --ast-compilation-only --dump-ast")
    tree = json.JSONDecoder().raw_decode(text, text.index("\n{\n") + 1)[0]
    [top] = [member for member in tree["members"] if member["kind"] == "Instance"]
    return top


def _parameters(folder: Path, read: str, module: str) -> dict[str, str]:
    """Parameters of the top level and their types; that of a parameter which is a string by default is STRING."""
    top = _elaborated(folder, read, module)
    found = {}
    for member in top["body"]["members"]:
        if member["kind"] == "Parameter" and member["isPort"] and not member["isLocal"]:
            value = member["initializer"]
            # A string stands in a conversion to bits.
            is_string = "StringLiteral" in (value["kind"], value.get("operand", {}).get("kind"))
            found[member["name"]] = STRING if is_string else member["type"]
    return found


def _ports(folder: Path, read: str, top: str, settings: Mapping[str, str]) -> list[Port]:
    """Ports of the top level."""
    what = f"{top} with {', '.join(f'{name}={value}' for name, value in settings.items())}" if settings else top
    _slang(folder, what, read, f"tee -q -o ports.txt portlist {top}")
    lines = re.findall(r"(input|output) \[(\d+):0\] (\w+)", (folder / "ports.txt").read_text(encoding="utf-8"))
    return [Port(name, direction == "input", int(left) + 1) for direction, left, name in lines]


def _literal(module: str, name: str, kind: str, value: str) -> str:
    """A parameter's value in Verilog.

    Raises:
        FinnError: it is none of that type.
    """
    if kind == STRING:
        if not re.fullmatch(r"[\w.+-]*", value, re.ASCII):
            raise FinnError(f"{module}: {name}={shown(value)} must be a word of letters, digits and . + - _")
        return f'"{value}"'
    said = f"{module}: {name}={clipped(value)}"
    low, high = -(1 << 31), (1 << 31) - 1
    vector = re.fullmatch(r"(?:bit|logic)(?:\[(\d+):0\])?", kind)
    if vector:
        low, high = 0, (1 << int(vector[1] or 0) + 1) - 1
    try:
        number = int(value, 0)
    except ValueError:
        raise FinnError(f"{said} must be a whole number") from None
    if not low <= number <= high:
        raise FinnError(f"{said} does not fit its type, {kind}")
    return f"{high.bit_length()}'h{number:x}" if vector else str(number)


def _literals(module: str, known: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Values of parameters in Verilog.

    Raises:
        FinnError: one that the module does not have, or of another type.
    """
    for name in given:
        if name not in known:
            raise FinnError(f"{module}: has no parameter {shown(name)}; there are {', '.join(known) or 'none'}")
    return {name: _literal(module, name, known[name], value) for name, value in given.items()}


def _flat(sources: Sources) -> dict[str, str]:
    """Sources by their names alone, include files and waivers among them."""
    headers = [path for folder in sources.include_folders for path in sorted(folder.glob("*.svh"))]
    waivers = "\n".join(path.read_text(encoding="utf-8") for path in sources.waivers)
    return joined({"lint.vlt": waivers},
                  *({path.name: path.read_text(encoding="utf-8")} for path in (*headers, *sources.hdl)))


def _comment(text: str, module: str) -> str:
    """The documentation of a module in its source."""
    found = re.search(rf"((?:^///.*\n)+)module {module}\b", text, re.MULTILINE)
    return re.sub("^/// ?", "", found[1], flags=re.MULTILINE).strip() if found else ""


def _write(files: Mapping[str, str], folder: Path) -> None:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def _package(folder: Path, files: Mapping[str, str], order: Sequence[str], top: str, name: str, ports: Sequence[Port],
             settings: Mapping[str, str], description: str, comments: Sequence[str],
             weights: Mapping[str, bytes] | None = None) -> list[Path]:
    """Write files with all that goes around them, all or none; returns them.

    Args:
        folder: where to; new or empty.
        files: sources and memory contents.
        order: names of the sources in order of compilation.
        top: module to wrap.
        name: of the wrapper, which is the name of the Vivado IP.
        ports: of the top level.
        settings: its parameters, as literals.
        description: one line.
        comments: paragraphs of the README.
        weights: files with weights that the hardware reads from memory.

    Raises:
        FinnError: the name is none or is taken, the folder is not empty or cannot be written.
    """
    if not IDENTIFIER.fullmatch(name):
        raise FinnError(f"name {name!r}: must begin with a letter and have letters, digits and _ only")
    if rule := keyword_fault(name):
        raise FinnError(f"name {name!r}: {rule}")
    if name.lower() in {Path(file).stem.lower() for file in files}:
        raise FinnError(f"name {name!r}: is one of the files already")
    groups = apart(ports)
    ports = [port for group in groups.values() for port in group]
    found = interfaces(ports)
    buses = [item for item in found if item.is_bus]
    roles = {port.name: (item, signal) for item in found for signal, port in item.ports.items()}
    attributes: dict[str, list[str]] = {port.name: [] for port in ports}
    for port, (item, signal) in roles.items():
        attributes[port].append(f'X_INTERFACE_INFO = "xilinx.com:{item.kind}:1.0 {item.name} {signal}"')
    has_reset = "aresetn" in attributes
    for item in found:
        if words := item.settings([bus.name for bus in buses], has_reset):
            first = next(iter(item.ports.values())).name
            text = ", ".join((f"XIL_INTERFACENAME {item.name}", *words))
            attributes[first].append(f'X_INTERFACE_PARAMETER = "{text}"')
    sources = [*order, f"{name}.v"]
    values = {
        "version": package_version(), "vivado_version": ".".join(package_version().split(".")[:2]), "name": name,
        "top": top, "ports": ports, "apart": groups, "attributes": attributes, "settings": settings,
        "buses": buses,
        "has_reset": has_reset, "comments": comments,
        "column": max(len(word) for word in (*(port.name for port in ports), f"{name}.v", "accelerator.json")) + 2,
        # Braces, backslashes and the like mean something in Tcl.
        "description": re.sub(r"[^\w\s.,:;()/+-]", "", description), "files": sources,
        "headers": sorted(file for file in files if file.endswith(".svh")),
        "memories": sorted(file for file in files if file.endswith(".mem")),
        "others": files.keys() & {"accelerator.json", "plan.json", "vectors.json"}, "weights": sorted(weights or {})}
    rendered = {target: environment().get_template(template).render(values) for target, template in (
        (f"{name}.v", "wrapper.v.j2"), ("package.tcl", "package.tcl.j2"), ("README.txt", "export.txt.j2"))}
    # The wrapper has the names of the module in it. No file has a folder before it any more, and tools other than
    # Verilator see nothing of these lines.
    waivers = f'{files["lint.vlt"]}\n`verilator_config\nlint_off -rule SYMRSVDWORD -file "*/{name}.v"\n'
    rendered["lint.vlt"] = "`ifdef VERILATOR\n" + waivers.replace('"*/', '"*') + "`endif\n"
    others = {file: text for file, text in files.items() if file != "lint.vlt"}
    lists = {"files.f": "\n".join(("+incdir+.", "lint.vlt", *sources, "")), "LICENSE": licence()}
    whole: dict[str, str | bytes] = {**joined(others, rendered, lists), **(weights or {})}
    write_files(whole, folder)
    return [folder / file for file in sorted(whole)]


def export_ip(ip_name: str, folder: Path | str, parameters: Mapping[str, str] | None = None,
              name: str | None = None) -> list[Path]:
    """Write an IP of rtl/ to a new or empty folder, all files or none; returns them.

    Args:
        ip_name: an IP, or one of its modules.
        folder: where to.
        parameters: values by name; those whose name ends in FILE are paths of memory contents, which are copied.
        name: of the wrapper; MODULE_ip where none is given.

    Raises:
        FinnError: no such IP, an unknown parameter, a value that the IP refuses, memory contents that do not fit it, or
            the folder cannot be written.
    """
    require(*NEEDS)
    ip = find_ip(ip_name)
    if ip is None:
        raise FinnError(f"{ip_name}: no IP; there are {', '.join(ip_names())}")
    sources = core_sources(ip.core)
    files, order = _flat(sources), [path.name for path in sources.hdl]
    read = f"{READ_SLANG} --top {ip.module} -I . {' '.join(order)}"
    with processes.workspace() as work:
        _write(files, work)
        known = _parameters(work, read, ip.module) if parameters else {}
        given = dict(parameters or {})
        memories: dict[str, tuple[str, str]] = {}
        for parameter, value in given.items():
            if parameter in known and parameter.endswith("FILE") and value:
                is_sliced = given.get(f"{parameter.removesuffix('FILE')}SLICE", "0") != "0"
                given[parameter] = Path(value).name
                for file, text in memories_given(ip.module, parameter, value, is_sliced).items():
                    if files.setdefault(file, text) != text:
                        raise FinnError(f"{ip.module}: {parameter}={value}: two files of that name")
                    memories[file] = f"{parameter}={value}", text
        _write(files, work)
        settings = _literals(ip.module, known, given)
        read = f"{read} {_overrides(settings)}"
        if memories:
            check_memories(ip.module, memories, list(memories_read(_elaborated(work, read, ip.module))))
        ports = _ports(work, read, ip.module, settings)
    return _package(Path(folder), files, order, ip.module, name or f"{ip.module}_ip", ports, settings, ip.description,
                    [_comment(files[f"{ip.module}.sv"], ip.module)])


def export_network(network: Network, plan: Plan, folder: Path | str, host: str | None = None,
                   data_width: int | None = None, parameters: Mapping[str, str] | None = None,
                   name: str | None = None) -> list[Path]:
    """Write a network's hardware to a new or empty folder, all files or none; returns them.

    Args:
        network: weights and thresholds.
        plan: its folding.
        folder: where to.
        host: what to put around it, as for api.files_of.
        data_width: bits of a beat in memory, for host "axi".
        parameters: values by name, of those in NETWORK_PARAMETERS.
        name: of the wrapper; TOP_ip where none is given.

    Raises:
        FinnError: see api.files_of; an unknown parameter, a value that the IPs refuse, or the folder cannot be written.
    """
    require(*NEEDS)
    generated = api.files_of(network, plan, host, data_width)
    bare = module_name(plan.topology.name)
    top = bare if host is None else f"{bare}_{host}"
    known = NETWORK_PARAMETERS[host] | ({"WEIGHTS_DATA_W": "int"} if host == "axi" and plan.pipeline.streamed else {})
    settings = _literals(top, known, parameters or {})
    with processes.workspace() as work:
        design, flat = work / "design", work / "flat"
        write_files(generated, design)
        sources = core_sources(f"finn:built:{plan.topology.name}", [design])
        order = [path.name for path in sources.hdl]
        flattened = _flat(sources)
        weights = {file: data for file, data in generated.items() if isinstance(data, bytes)}
        files = joined({file: text for file, text in generated.items() if isinstance(text, str)
                        and not file.endswith(".core") and flattened.get(file) != text}, flattened)
        flat.mkdir()
        _write(files, flat)
        # Only the top level's ports are asked for: the modules in it are checked, but not synthesized.
        boxes = " ".join(f"--blackboxed-module {Path(file).stem}" for file in order if file != f"{top}.sv")
        ports = _ports(flat, f"{READ_SLANG} --top {top} -I . {boxes} {_overrides(settings)}"
                             f" {' '.join(order)}", top, settings)
    comments = [_comment(files[f"{module}.sv"], module) for module in dict.fromkeys((top, bare))]
    return _package(Path(folder), files, order, top, name or f"{top}_ip", ports, settings, one_line(plan.topology),
                    comments, weights)


def _overrides(settings: Mapping[str, str]) -> str:
    return " ".join(f"-G {name}={value}" for name, value in settings.items())


def parse_parameters(words: Collection[str]) -> dict[str, str]:
    """NAME=VALUE, several times.

    Raises:
        FinnError: a word of another form, or a name given twice.
    """
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not IDENTIFIER.fullmatch(name):
            raise FinnError(f"-p {clipped(word)}: must look like WIDTH=16")
        if name in found:
            raise FinnError(f"-p {name}: is given twice")
        found[name] = value
    return found
