"""Compiled simulation: Verilator turns a network's RTL into a program that frames are streamed through."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common import processes
from finn_rtl.common.cache import cache_folder, is_sound, keep
from finn_rtl.common.errors import FinnError
from finn_rtl.common.extras import require
from finn_rtl.common.numbers import whole_bytes
from finn_rtl.common.text import module_name
from finn_rtl.driver.stream import pack_frames, unpack_results
from finn_rtl.ips.mvtu_stream import stream_name, stream_words
from finn_rtl.meaning import reference
from finn_rtl.meaning.integer import Network
from finn_rtl.output.emit import render, write_files
from finn_rtl.plan.activity import Activity, time_bins
from finn_rtl.plan.plan import Plan
from finn_rtl.tools import verilator
from finn_rtl.tools.eda import Sources, core_sources
from finn_rtl.tools.verilator import Tools, compile_design, find_tools

HARNESS = Path(__file__).parent / "harness" / "harness.cpp"
# The harness reads in which cycles a layer works.
WATCH = """`verilator_config
public_flat_rd -module "mvtu" -var "issue"
public_flat_rd -module "mvtu_stream" -var "issue"
public_flat_rd -module "mvtu_unfolded_control" -var "issue"
"""
# Defined, sums are in plain arithmetic instead of the adders that synthesis needs: bit_heap, mvtu_dot_binary,
# mvtu_dot_planes and mvtu_unfolded_rows, with the same results in the same cycles.
PLAIN_SUMS = "FINN_PLAIN_SUMS"
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Simulation:
    """What RTL did, beside what the plan and the reference say.

    `outputs` int64 (frames, labels) where `is_label`, or (frames, elements) vectors, `expected` the same by the
    reference; `bad` (frames,) the TUSER of each result;
    `cycles_per_frame` and `busy` (of the slowest layer) in steady state, None where too few frames were given;
    `as_synthesized`: with the sums of the synthesized hardware, not plain ones; `work`: what the layers with a matrix
    did over time, None where that was not asked for.
    """

    outputs: NDArray[np.int64]
    expected: NDArray[np.int64]
    bad: NDArray[np.bool_]
    mismatches: int
    latency_cycles: int
    cycles_per_frame: float | None
    busy: float | None
    as_synthesized: bool = False
    is_label: bool = True
    work: Activity | None = None

    @property
    def labels(self) -> NDArray[np.int64]:
        """Class of each frame."""
        return self._classes(self.outputs)

    @property
    def expected_labels(self) -> NDArray[np.int64]:
        """Class of each frame by the reference."""
        return self._classes(self.expected)

    def _classes(self, outputs: NDArray[np.int64]) -> NDArray[np.int64]:
        return outputs[:, 0] if self.is_label else outputs.argmax(axis=1)


def _key(files: dict[str, str], sources: Sources, tools: Tools, variant: Sequence[str]) -> str:
    digest = hashlib.sha256("\0".join((tools.key, WATCH, *variant)).encode())
    for name in sorted(files):
        # Memory contents are read when the program starts, not when it is built.
        if not name.endswith((".mem", ".core", ".json")):
            digest.update(f"{name}\0{files[name]}\0".encode())
    headers = [path for folder in sources.include_folders for path in sorted(folder.glob("*.svh"))]
    for path in (*sources.hdl, *headers, *sources.waivers, HARNESS, Path(verilator.__file__)):
        if path.parent.name != "design":
            digest.update(path.read_bytes())
    return digest.hexdigest()[:20]


def build_model(network: Network, plan: Plan, folder: Path, has_waves: bool = False,
                as_synthesized: bool = False) -> Path:
    """Write the network's files to folder/design and compile them; returns the harness program.

    A program once built is kept in the user's cache folder (XDG_CACHE_HOME) under a hash of everything it was built
    from, weights excepted; one that is no longer what was kept is built again.

    Args:
        network: weights and thresholds.
        plan: its folding.
        folder: for all files.
        has_waves: a program that writes waves.
        as_synthesized: see simulate.

    Raises:
        FinnError: a tool is missing or fails.
    """
    require("sim", "fusesoc")
    tools = find_tools()
    files = render(network, plan)
    design = folder / "design"
    write_files(files, design)
    sources = core_sources(f"finn:built:{plan.topology.name}", [design])
    options = () if as_synthesized else (f"-D{PLAIN_SUMS}",)
    cached = cache_folder() / "models" / _key(files, sources, tools, (*options, f"waves {has_waves}"))
    if is_sound(cached):
        return cached
    program = compile_design(tools, module_name(plan.topology.name), sources, _main(plan, folder), WATCH, folder,
                             options, has_waves)
    try:
        keep(program, cached)
    except OSError:
        return program  # a cache that cannot be written only costs time
    return cached


def _main(plan: Plan, folder: Path) -> Path:
    """The harness, told which streams of weights there are; the file is in `folder` where there are some."""
    streams = [stream_name(matrix) for matrix in plan.pipeline.streamed]
    if not streams:
        return HARNESS
    main = folder / "main.cpp"
    uses = " ".join(f"X({name})" for name in streams)
    main.write_text(f'#define FINN_WEIGHTS(X) {uses}\n#include "{HARNESS}"\n', encoding="utf-8")
    return main


def _write_words(network: Network, plan: Plan, folder: Path) -> None:
    """Write what the harness sends over each stream of weights."""
    for matrix in plan.pipeline.streamed:
        words = np.packbits(stream_words(network.layers[matrix.layer], matrix), axis=1, bitorder="little")
        head = np.array([matrix.period, words.shape[1]], "<u8").tobytes()
        (folder / f"{stream_name(matrix)}.words").write_bytes(head + words.tobytes())


@dataclass(frozen=True)
class _Run:
    cycles: NDArray[np.uint64]
    bad: NDArray[np.bool_]
    data: NDArray[np.uint8]
    busy_cycles: int
    work: NDArray[np.int64] | None = None


def _run_part(program: Path, folder: Path, plan: Plan, part: int, beats: NDArray[np.uint8], progress: Progress,
              waves: Path | None, has_work: bool) -> _Run:
    """Stream (frames, beats, bytes) through one copy of the program; with `has_work` see what the layers do in it."""
    frames = len(beats)
    pipeline = plan.pipeline
    out_bytes = whole_bytes(pipeline.result.width) // 8
    source, sink = folder / f"input{part}.bin", folder / f"output{part}.bin"
    beats.tofile(source)
    watched = pipeline.bottleneck()
    top = f"TOP.{module_name(plan.topology.name)}"
    work = folder / f"work{part}.bin"
    seen = [] if not has_work else [str(work), *map(str, time_bins(plan)),
                                    *(f"{top}.{matrix.busy_scope}" for matrix in pipeline.matrices)]
    limit = 10 * (plan.latency_cycles + plan.cycles_per_frame) + 1000
    command = [str(program), str(source), str(sink), str(frames), str(pipeline.guard.beats),
               str(pipeline.result.beats), str(beats.shape[2]), str(out_bytes), f"{top}.{watched.busy_scope}",
               str(limit), str(waves or "-"), *seen]
    with processes.start(command, folder / "design") as process:
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
                int.from_bytes(raw[-8:], "little"),
                np.fromfile(work, "<u4").astype(np.int64).reshape(-1, len(pipeline.matrices)) if has_work else None)


@contextmanager
def _folder(keep: Path | str | None) -> Iterator[Path]:
    """The folder to work in: that which is kept, or one that is gone afterwards.

    Raises:
        FinnError: that which is kept is not empty or cannot be made.
    """
    if keep is None:
        with processes.workspace() as folder:
            yield folder
        return
    write_files({}, Path(keep))
    yield Path(keep).resolve()


@contextmanager
def _writing(waves: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FinnError(f"{waves}: the waves cannot be written ({error.strerror or error})") from None


@contextmanager
def _waves_in(folder: Path, waves: Path | str | None) -> Iterator[Path | None]:
    """Where the program writes waves, which come to their place whatever happens to the simulation.

    Raises:
        FinnError: they cannot be written.
    """
    if waves is None:
        yield None
        return
    waves, written = Path(waves), folder / "waves.vcd"
    with _writing(waves):
        if waves.is_dir():
            raise FinnError(f"{waves}: is a folder; name a file for the waves")
        waves.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield written
    finally:
        if written.exists():
            with _writing(waves):
                shutil.move(written, waves)


def simulate(network: Network, plan: Plan, values: NDArray[np.int32], progress: Progress = lambda _: None,
             on_built: Callable[[], None] = lambda: None, *, keep: Path | str | None = None,
             waves: Path | str | None = None, as_synthesized: bool = False, has_work: bool = False) -> Simulation:
    """Stream frames of input elements (n, elements) through the RTL, in as many processes as there are cores.

    Args:
        network: weights and thresholds.
        plan: its folding.
        values: the frames, at least one.
        progress: called with the number of frames just finished.
        on_built: called when the program is built.
        keep: a new or empty folder for all that is written meanwhile: sources, memory contents, program, frames and
            results. It stays when the simulation fails.
        waves: a VCD file for all signals in all cycles; the frames go through one process then.
        as_synthesized: with the sums of the synthesized hardware, adder by adder, instead of plain ones of the same
            results and cycles. It takes many times as long.
        has_work: see what the layers do over time, from the first beat to about the fourth result.

    Raises:
        FinnError: a tool is missing or fails, the simulation gets stuck, or a folder or file cannot be written.
    """
    lock = threading.Lock()

    def report(count: int) -> None:
        with lock:
            progress(count)

    with _folder(keep) as folder, _waves_in(folder, waves) as written:
        expected = reference.infer(network, values)
        beats = pack_frames(values, plan.topology.input.map.bits, plan.pipeline.guard.width)
        program = build_model(network, plan, folder, waves is not None, as_synthesized)
        if keep is not None and program.parent != folder / "model":
            program = Path(shutil.copy2(program, folder / "harness"))
        _write_words(network, plan, folder / "design")
        on_built()
        workers = 1 if waves is not None else min(os.cpu_count() or 1, max(1, len(values) // 16))
        parts = np.array_split(beats, workers)
        runs = processes.parallel(
            lambda item: _run_part(program, folder, plan, item[0], item[1], report, written,
                                   has_work and item[0] == 0), enumerate(parts), workers)
    form = plan.pipeline.result
    outputs = np.concatenate([unpack_results(run.data, form.elements, form.word, form.signed) for run in runs])
    truth = reference.told(plan.topology, expected)
    bad = np.concatenate([run.bad for run in runs])
    return Simulation(outputs, truth, bad, int(((outputs != truth).any(axis=1) | bad).sum()), int(runs[0].cycles[0]),
                      *_steady(runs[0], plan.schedule.settled), as_synthesized, plan.topology.output == "label",
                      None if runs[0].work is None else Activity(
                          tuple(matrix.name for matrix in plan.pipeline.matrices), time_bins(plan)[0], runs[0].work))


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
        "sums": "as synthesized" if simulation.as_synthesized else "plain",
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
