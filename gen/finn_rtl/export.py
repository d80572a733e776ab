"""Packaging for people outside FuseSoC: an IP or a network as one folder, with a file list and a script for Vivado.

The FuseSoC cores tell which files belong to a module; ports and widths come from elaboration.
"""

from __future__ import annotations

import glob
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from finn_rtl import api
from finn_rtl.accelerator import DEFAULT_DATA_WIDTH
from finn_rtl.eda import READ_SLANG, Sources, core_sources, repository
from finn_rtl.emit import environment, module_name, one_line, package_version, whole_bytes, write_files
from finn_rtl.errors import FinnError
from finn_rtl.integer import Network
from finn_rtl.plan import Plan

IDENTIFIER = re.compile(r"[A-Za-z]\w*", re.ASCII)
# Parameters of a network's top level, by host, and their types; --data-width is the other one of host "axi".
NETWORK_PARAMETERS: dict[str | None, dict[str, str]] = {
    None: {"USE_TLAST": "bit"}, "axi": {"ADDR_W": "int"}, "uart": {"CLOCKS_PER_BIT": "int"}}
STRING = "string"

AXIS, AXI = "interface:axis", "interface:aximm"
CLOCK, RESET, INTERRUPT = "signal:clock", "signal:reset", "signal:interrupt"
# Ports by name: the kind of interface they belong to; groups are the interface's name and the signal in it.
ROLES = {
    AXIS: re.compile("(.+)_(tdata|tkeep|tlast|tuser|tvalid|tready)"),
    AXI: re.compile("(.+)_((?:aw|ar)(?:addr|len|size|burst|cache|prot|valid|ready)|w(?:data|strb|last|valid|ready)"
                    "|b(?:resp|valid|ready)|r(?:data|resp|last|valid|ready))"),
    CLOCK: re.compile("(aclk)"),
    RESET: re.compile(r"(aresetn|\w+_aresetn)"),
    INTERRUPT: re.compile("(irq)"),
}
# Vivado's name for the one signal of a clock, a reset or an interrupt.
SIGNALS = {CLOCK: "CLK", RESET: "RST", INTERRUPT: "INTERRUPT"}


@dataclass(frozen=True)
class Ip:
    """A module of rtl/: its core, the description there, and its own name."""

    core: str
    description: str
    module: str


@dataclass(frozen=True)
class Port:
    """A port of a module, with its elaborated width."""

    name: str
    is_input: bool
    width: int

    @property
    def bits(self) -> int:
        """Bits at the wrapper: the data of an AXI4-Stream are whole bytes."""
        return whole_bytes(self.width) if self.name.endswith("_tdata") else self.width


@dataclass(frozen=True)
class Interface:
    """Ports that Vivado takes as one: kind, name, and ports by signal."""

    kind: str
    name: str
    ports: Mapping[str, Port]

    @property
    def is_bus(self) -> bool:
        """Whether it is more than a single signal."""
        return self.kind in (AXIS, AXI)

    @property
    def is_master(self) -> bool:
        """Whether it drives the bus."""
        return any(not self.ports[name].is_input for name in ("TVALID", "AWADDR", "ARADDR") if name in self.ports)

    @property
    def protocol(self) -> str:
        """AXI4, AXI4LITE or AXI4-Stream."""
        if self.kind == AXIS:
            return "AXI4-Stream"
        return "AXI4" if {"AWLEN", "ARLEN"} & self.ports.keys() else "AXI4LITE"

    def settings(self, buses: Sequence[str], has_reset: bool) -> list[str]:
        """What Vivado is to know of it beside its ports.

        Args:
            buses: names of the interfaces on the module's clock.
            has_reset: whether the module has a reset.
        """
        if self.kind == CLOCK:
            return [f"ASSOCIATED_BUSIF {':'.join(buses)}"] * bool(buses) + ["ASSOCIATED_RESET aresetn"] * has_reset
        if self.kind == RESET:
            return ["POLARITY ACTIVE_LOW"]
        if self.kind == INTERRUPT:
            return ["SENSITIVITY LEVEL_HIGH"]
        if self.kind == AXI:
            address, data = (self.ports.get(write) or self.ports[read]
                             for write, read in (("AWADDR", "ARADDR"), ("WDATA", "RDATA")))
            settings = [f"PROTOCOL {self.protocol}", f"ADDR_WIDTH {address.width}", f"DATA_WIDTH {data.width}"]
            if {"AWADDR", "ARADDR"} <= self.ports.keys():
                return settings
            return [*settings, f"READ_WRITE_MODE {'WRITE_ONLY' if 'AWADDR' in self.ports else 'READ_ONLY'}"]
        return []


def interfaces(ports: Sequence[Port]) -> list[Interface]:
    """The interfaces that ports make up, in their order."""
    found: dict[tuple[str, str], dict[str, Port]] = {}
    for port in ports:
        for kind, pattern in ROLES.items():
            if match := pattern.fullmatch(port.name):
                signal = SIGNALS.get(kind) or match[2].upper()
                found.setdefault((kind, match[1]), {})[signal] = port
    return [Interface(kind, name, signals) for (kind, name), signals in found.items()]


def _apart(ports: Sequence[Port]) -> dict[str, list[Port]]:
    """Ports of the wrapper by port of the module: streams side by side, whose tvalid has several bits, come apart."""
    counts = {match[1]: port.width for port in ports if (match := re.fullmatch("(.+)_tvalid", port.name))}
    found = {}
    for port in ports:
        match = ROLES[AXIS].fullmatch(port.name)
        count = counts.get(match[1], 1) if match else 1
        found[port.name] = [port] if match is None or count == 1 else [
            Port(f"{match[1]}_{i}_{match[2]}", port.is_input, port.width // count) for i in range(count)]
    return found


def ip_names() -> list[str]:
    """Names of the IPs, which are those of their folders."""
    return sorted(file.parent.name for file in (repository() / "rtl").glob("*/*.core"))


def find_ip(name: str) -> Ip | None:
    """An IP by its own name or by that of one of its modules; None where there is none."""
    for file in sorted((repository() / "rtl").glob("*/*.core")):
        core = yaml.safe_load(file.read_text(encoding="utf-8"))
        if name == file.parent.name:
            return Ip(core["name"], core["description"], core["targets"]["default"]["toplevel"])
        if name in {source.stem for source in file.parent.glob("*.sv")}:
            return Ip(core["name"], core["description"], name)
    return None


def _slang(folder: Path, command: str, report: str = "") -> str:
    """What slang (pyosys) says about the files in a folder, after an optional second command.

    Raises:
        FinnError: slang refuses them, with its first error.
    """
    done = subprocess.run([sys.executable, "-m", "finn_rtl.yosys"], cwd=folder, input=f"{command}\n{report}\n",
                          capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        errors = re.findall(r"ERROR: (?:\$error encountered: )?(.*)", done.stdout + done.stderr)
        raise FinnError(errors[0] if errors else f"slang failed with status {done.returncode}")
    return done.stdout


def _parameters(folder: Path, read: str) -> dict[str, str]:
    """Parameters of the top level and their types; that of a parameter which is a string by default is STRING."""
    text = _slang(folder, f"{read} --ast-compilation-only --dump-ast")
    tree = json.JSONDecoder().raw_decode(text, text.index("\n{\n") + 1)[0]
    [top] = [member for member in tree["members"] if member["kind"] == "Instance"]
    found = {}
    for member in top["body"]["members"]:
        if member["kind"] == "Parameter" and member["isPort"] and not member["isLocal"]:
            value = member["initializer"]
            # A string stands in a conversion to bits.
            is_string = "StringLiteral" in (value["kind"], value.get("operand", {}).get("kind"))
            found[member["name"]] = STRING if is_string else member["type"]
    return found


def _ports(folder: Path, read: str, top: str) -> list[Port]:
    """Ports of the top level."""
    _slang(folder, read, f"tee -q -o ports.txt portlist {top}")
    lines = re.findall(r"(input|output) \[(\d+):0\] (\w+)", (folder / "ports.txt").read_text(encoding="utf-8"))
    return [Port(name, direction == "input", int(left) + 1) for direction, left, name in lines]


def _literal(module: str, name: str, kind: str, value: str) -> str:
    """A parameter's value in Verilog.

    Raises:
        FinnError: it is none of that type.
    """
    if kind == STRING:
        if not re.fullmatch(r"[\w.+-]*", value, re.ASCII):
            raise FinnError(f"{module}: {name}={value!r} must be a word of letters, digits and . + - _")
        return f'"{value}"'
    low, high = -(1 << 31), (1 << 31) - 1
    vector = re.fullmatch(r"(?:bit|logic)(?:\[(\d+):0\])?", kind)
    if vector:
        low, high = 0, (1 << int(vector[1] or 0) + 1) - 1
    try:
        number = int(value, 0)
    except ValueError:
        raise FinnError(f"{module}: {name}={value} must be a whole number") from None
    if not low <= number <= high:
        raise FinnError(f"{module}: {name}={value} does not fit its type, {kind}")
    return f"{high.bit_length()}'h{number:x}" if vector else str(number)


def _literals(module: str, known: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Values of parameters in Verilog.

    Raises:
        FinnError: one that the module does not have, or of another type.
    """
    for name in given:
        if name not in known:
            raise FinnError(f"{module}: has no parameter {name!r}; there are {', '.join(known) or 'none'}")
    return {name: _literal(module, name, known[name], value) for name, value in given.items()}


def _memories(module: str, name: str, value: str, is_sliced: bool) -> dict[str, str]:
    """Names and texts of the memory files that a parameter names by their path: one, or those of its slices.

    Raises:
        FinnError: it cannot be read, or Vivado would not take it.
    """
    path = Path(value)
    if path.suffix != ".mem":
        raise FinnError(f"{module}: {name}={value} must end in .mem, by which Vivado knows files for $readmemh")
    paths = sorted(path.parent.glob(f"{glob.escape(path.name)}.[0-9][0-9][0-9].mem")) if is_sliced else [path]
    if not paths:
        raise FinnError(f"{module}: {name}={value}: the slices must be in {path.name}.000.mem and so on; none is there")
    try:
        return {path.name: path.read_text(encoding="utf-8") for path in paths}
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no text"
        raise FinnError(f"{module}: {name}={value} cannot be read ({reason})") from None


def _flat(sources: Sources) -> dict[str, str]:
    """Sources by their names alone, include files and waivers among them."""
    headers = [path for folder in sources.include_folders for path in sorted(folder.glob("*.svh"))]
    files = {path.name: path.read_text(encoding="utf-8") for path in (*headers, *sources.hdl)}
    files["lint.vlt"] = "\n".join(path.read_text(encoding="utf-8") for path in sources.waivers)
    return files


def _comment(text: str, module: str) -> str:
    """The documentation of a module in its source."""
    found = re.search(rf"((?:^///.*\n)+)module {module}\b", text, re.MULTILINE)
    return re.sub("^/// ?", "", found[1], flags=re.MULTILINE).strip() if found else ""


def _write(files: Mapping[str, str], folder: Path) -> None:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def _package(folder: Path, files: Mapping[str, str], order: Sequence[str], top: str, name: str, ports: Sequence[Port],
             settings: Mapping[str, str], description: str, comments: Sequence[str]) -> list[Path]:
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

    Raises:
        FinnError: the name is none or is taken, the folder is not empty or cannot be written.
    """
    if not IDENTIFIER.fullmatch(name):
        raise FinnError(f"name {name!r}: must begin with a letter and have letters, digits and _ only")
    if name in {Path(file).stem for file in files}:
        raise FinnError(f"name {name!r}: is one of the files already")
    apart = _apart(ports)
    ports = [port for group in apart.values() for port in group]
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
        "top": top, "ports": ports, "apart": apart, "attributes": attributes, "settings": settings,
        "buses": buses,
        "has_reset": has_reset, "comments": comments,
        "column": max(len(word) for word in (*(port.name for port in ports), f"{name}.v", "accelerator.json")) + 2,
        # Braces, backslashes and the like mean something in Tcl.
        "description": re.sub(r"[^\w\s.,:;()/+-]", "", description), "files": sources,
        "headers": sorted(file for file in files if file.endswith(".svh")),
        "memories": sorted(file for file in files if file.endswith(".mem")),
        "others": files.keys() & {"accelerator.json", "plan.json", "vectors.json"}}
    rendered = {target: environment().get_template(template).render(values) for target, template in (
        (f"{name}.v", "wrapper.v.j2"), ("package.tcl", "package.tcl.j2"), ("README.txt", "export.txt.j2"))}
    # The wrapper has the names of the module in it. No file has a folder before it any more, and tools other than
    # Verilator see nothing of these lines.
    waivers = f'{files["lint.vlt"]}\n`verilator_config\nlint_off -rule SYMRSVDWORD -file "*/{name}.v"\n'
    rendered["lint.vlt"] = "`ifdef VERILATOR\n" + waivers.replace('"*/', '"*') + "`endif\n"
    whole = {**files, **rendered, "files.f": "\n".join(("+incdir+.", "lint.vlt", *sources, "")),
             "LICENSE": (repository() / "LICENSE").read_text(encoding="utf-8")}
    write_files(whole, folder)
    return [folder / file for file in sorted(whole)]


def export_ip(ip_name: str, folder: Path, parameters: Mapping[str, str] | None = None,
              name: str | None = None) -> list[Path]:
    """Write an IP of rtl/ to a new or empty folder, all files or none; returns them.

    Args:
        ip_name: an IP, or one of its modules.
        folder: where to.
        parameters: values by name; those whose name ends in FILE are paths of memory contents, which are copied.
        name: of the wrapper; MODULE_ip where none is given.

    Raises:
        FinnError: no such IP, an unknown parameter, a value that the IP refuses, or the folder cannot be written.
    """
    ip = find_ip(ip_name)
    if ip is None:
        raise FinnError(f"{ip_name}: no IP; there are {', '.join(ip_names())}")
    sources = core_sources(ip.core)
    files, order = _flat(sources), [path.name for path in sources.hdl]
    read = f"{READ_SLANG} --top {ip.module} -I . {' '.join(order)}"
    with tempfile.TemporaryDirectory(prefix="finn-rtl-") as work:
        _write(files, Path(work))
        known = _parameters(Path(work), read) if parameters else {}
        given = dict(parameters or {})
        for parameter, value in given.items():
            if parameter in known and parameter.endswith("FILE") and value:
                is_sliced = given.get(f"{parameter.removesuffix('FILE')}SLICE", "0") != "0"
                given[parameter] = Path(value).name
                for file, text in _memories(ip.module, parameter, value, is_sliced).items():
                    if files.setdefault(file, text) != text:
                        raise FinnError(f"{ip.module}: {parameter}={value}: two files of that name")
        _write(files, Path(work))
        settings = _literals(ip.module, known, given)
        ports = _ports(Path(work), f"{read} {_overrides(settings)}", ip.module)
    return _package(folder, files, order, ip.module, name or f"{ip.module}_ip", ports, settings, ip.description,
                    [_comment(files[f"{ip.module}.sv"], ip.module)])


def export_network(network: Network, plan: Plan, folder: Path, host: str | None = None,
                   data_width: int = DEFAULT_DATA_WIDTH, parameters: Mapping[str, str] | None = None,
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
    generated = api.files_of(network, plan, host, data_width)
    bare = module_name(plan.topology.name)
    top = bare if host is None else f"{bare}_{host}"
    settings = _literals(top, NETWORK_PARAMETERS[host], parameters or {})
    with tempfile.TemporaryDirectory(prefix="finn-rtl-") as work:
        design, flat = Path(work) / "design", Path(work) / "flat"
        write_files(generated, design)
        sources = core_sources(f"finn:built:{plan.topology.name}", [design])
        order = [path.name for path in sources.hdl]
        files = {file: text for file, text in generated.items() if not file.endswith(".core")} | _flat(sources)
        flat.mkdir()
        _write(files, flat)
        # Only the top level's ports are asked for: the modules in it are checked, but not synthesized.
        boxes = " ".join(f"--blackboxed-module {Path(file).stem}" for file in order if file != f"{top}.sv")
        ports = _ports(flat, f"{READ_SLANG} --top {top} -I . {boxes} {_overrides(settings)}"
                             f" {' '.join(order)}", top)
    comments = [_comment(files[f"{module}.sv"], module) for module in dict.fromkeys((top, bare))]
    return _package(folder, files, order, top, name or f"{top}_ip", ports, settings, one_line(plan.topology), comments)


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
            raise FinnError(f"-p {word}: must look like WIDTH=16")
        if name in found:
            raise FinnError(f"-p {name}: is given twice")
        found[name] = value
    return found
