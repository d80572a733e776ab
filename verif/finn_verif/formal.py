# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Formal proofs of the IPs: ``python -m finn_verif.formal`` (``make formal``).

A proof is a harness (``verif/formal/IP_proof.sv``: the IP, assumptions about its inputs, assertions about its outputs)
with parameters. Yosys turns it into a circuit of AND gates and registers, ABC proves that no assertion ever fails, by
property directed reachability (an inductive invariant: any number of cycles), by induction where the harness itself
has the invariant (lemmas: any number of cycles as well), or, where only a depth is named, that none fails in that many
cycles after the first reset. Then ABC looks for a run to each cover statement: assumptions that contradict each other
would leave one without.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
import zlib
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyosys

from finn_rtl.common import processes
from finn_rtl.common.integers import IntegerLayer
from finn_rtl.ips.mvtu_unfolded import MvtuUnfolded, make_group, render_unfolded
from finn_rtl.tools.eda import Sources, core_sources
from finn_verif import memory_files
from finn_verif.windows import window_parameters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
HARNESSES = ROOT / "verif" / "formal"
BUILD = ROOT / "build" / "formal"
PAGE = ROOT / "docs" / "formal.md"
ABC = Path(pyosys.__file__).parent / "yosys-abc"

#: Which file an assertion stands in tells its kind; those of a harness are about its IP's function.
KINDS = {
    "axis_properties.sv": "handshake",
    "frame_properties.sv": "order",
    "stream_properties.sv": "order",
    "response_properties.sv": "response",
    "swu_lemmas.sv": "lemma",
    "axi_lite_properties.sv": "AXI",
    "axi_read_properties.sv": "AXI",
    "axi_write_properties.sv": "AXI",
}

#: Behind this line of a harness its assertions are lemmas, about registers inside the IP.
LEMMAS = "`ifndef PROMISED"

#: From Yosys' own cells to AND gates and registers.
TO_GATES = ("opt -full", "techmap", "opt -fast", "simplemap", "dffunmap", "aigmap", "opt_clean")

#: For the replay of a run, which Yosys' simulator does in less than a second or not at all.
REPLAY_SECONDS = 30

# A run to a cover statement: a state in which an assertion of the opposite fails.
COVER = """module \\$cover (A, EN);
  input A, EN;
  \\$assert _TECHMAP_REPLACE_ (.A(!A), .EN(EN));
endmodule
"""


@dataclass(frozen=True)
class Proof:
    """A harness with parameters."""

    ip: str
    parameters: Mapping[str, int | str] = field(default_factory=dict)
    #: Cycles that are looked at; 0 proves any number.
    depth: int = 0
    #: The assertions are inductive: where all hold in a cycle all hold in the next. `depth` is for the run before it,
    #: which finds what fails.
    is_inductive: bool = False
    #: The core with the IP, if it has another name.
    core: str = ""
    #: Among the proofs that run with every change.
    is_fast: bool = True
    #: Memory files by name, and generated sources (.sv).
    files: Mapping[str, str] = field(default_factory=dict)
    #: A macro to define.
    define: str = ""
    #: Nothing is asserted but what the IP promises: no lemmas.
    is_promised: bool = False
    #: Cycles that are looked at without the lemmas, where there are any; 0: the solver does not get far without.
    promised_depth: int = 16
    #: Modules that the harness replaces by freer ones of the same name.
    stubs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """A name for folders and tests."""
        values = (str(value) for key, value in self.parameters.items() if not key.endswith("_FILE"))
        return "-".join((self.ip, *values, *filter(None, [self.define])))

    def is_of(self, ip: str) -> bool:
        """Whether it is one of an IP's, by the harness or by the core; all are of the empty name."""
        return ip in ("", self.ip, self.core)

    @property
    def generated(self) -> list[str]:
        """Its generated sources."""
        return [name for name in self.files if name.endswith(".sv")]

    @property
    def promised(self) -> Proof:
        """Without lemmas about the IP's registers; those are a means, and a change may break them."""
        if not self.promised_depth or first_lemma(self.ip) == float("inf"):
            return self
        return replace(self, is_promised=True, is_inductive=False, depth=self.promised_depth)

    @property
    def cover_depth(self) -> int:
        """Cycles in which every cover statement is reached."""
        return self.depth if self.depth and not self.is_inductive else COVER_DEPTH

    @property
    def method(self) -> str:
        """How far it holds."""
        return f"{self.depth} cycles" if self.depth and not self.is_inductive else "unbounded"


@dataclass(frozen=True)
class Mutation:
    """A fault planted in a copy of the RTL, and the proof that has to find it."""

    proof: Proof
    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Result:
    """What came of a proof."""

    proof: Proof
    #: Why it failed; empty if it holds.
    failure: str
    #: Assertions by kind, and cover statements.
    kinds: Mapping[str, int]
    covers: int
    seconds: float
    #: An assertion was found that does not hold; else the proof itself could not be done.
    is_refuted: bool = False


class ProofError(Exception):
    """The proof could not be done."""


def harness(ip: str) -> Path:
    """Its file."""
    return HARNESSES / f"{ip}_proof.sv"


@functools.cache
def sources(core: str) -> Sources:
    """Ask FuseSoC for the files of a core, once."""
    return core_sources(f"finn:ip:{core}")


def yosys(commands: Sequence[str], folder: Path, log: str, limit: float | None = None) -> None:
    """Runs Yosys in a process of its own."""
    try:
        done = processes.run([sys.executable, "-m", "finn_rtl.tools.yosys"], folder, text="\n".join(commands),
                             timeout=limit)
    except subprocess.TimeoutExpired as error:
        raise ProofError(f"Yosys: not done in {limit:.0f} s") from error
    (folder / log).write_text(done.stdout + done.stderr)
    if done.returncode:
        errors = re.findall(r".*(?:ERROR|error:).*", done.stdout + done.stderr)
        raise ProofError(f"Yosys: {errors[0] if errors else f'status {done.returncode}'}; see {folder / log}")


def abc(commands: str, folder: Path, log: str, limit: float) -> str:
    """Runs ABC; what it says."""
    try:
        done = processes.run([str(ABC), "-q", commands], folder, timeout=limit)
    except subprocess.TimeoutExpired as error:
        raise ProofError(f"ABC: nothing found in {limit:.0f} s") from error
    (folder / log).write_text(done.stdout + done.stderr)
    if done.returncode:
        raise ProofError(f"ABC: status {done.returncode}; see {folder / log}")
    return done.stdout


def build(proof: Proof, files: Sources, folder: Path) -> None:
    """Makes checks.aig, where an output is an assertion that fails, and covers.aig, where one is a cover reached."""
    parameters = [f'-G {key}="{value}"' if isinstance(value, str) else f"-G {key}={value}"
                  for key, value in proof.parameters.items()]
    defines = [f"-D{name}" for name in ("FORMAL", proof.define, "PROMISED" if proof.is_promised else "") if name]
    includes = [f"-I {path}" for path in files.include_folders]
    helpers = sorted(path for path in HARNESSES.glob("*.sv") if not path.name.endswith("_proof.sv"))
    top = f"{proof.ip}_proof"
    rtl = [path for path in files.hdl if path.stem not in proof.stubs]
    hdl = [str(path) for path in (*rtl, *proof.generated, *helpers, harness(proof.ip))]
    (folder / "cover.v").write_text(COVER)
    for name, text in proof.files.items():
        (folder / name).write_text(text)
    aiger = "write_aiger -I -B -zinit -no-startoffset"
    yosys(
        [
            " ".join(["read_slang --threads 1", *defines, "--top", top, *parameters, *includes, *hdl]),
            f"hierarchy -check -top {top}",
            "check_drivers",
            "flatten",
            "async2sync",
            # A statement in a clocked process is sampled by a register, which is of no use here.
            "chformal -early",
            "opt_clean",
            "tee -q -o statements.il dump t:$assert t:$assume t:$cover",
            "memory_collect",
            "memory_map -formal",
            "write_rtlil replay.il",
            # Nothing undefined may be taken for what suits the proof: it is free instead.
            "setundef -undriven -anyseq",
            "formalff -setundef -clk2ff -ff2anyinit",
            *TO_GATES,
            "setundef -anyseq",
            "design -save model",
            "chformal -cover -remove",
            "opt_clean",
            f"{aiger} -map checks.aim -ywmap checks.json checks.aig",
            "design -load model",
            "chformal -assert -remove",
            "techmap -map cover.v",
            "aigmap",
            "opt_clean",
            f"{aiger} -ywmap covers.json covers.aig",
        ],
        folder,
        "yosys.log",
    )


def statements(folder: Path) -> dict[str, tuple[str, str]]:
    """Kind (assert, cover, ...) and place in the source of the statements, by the name that Yosys gave them."""
    found = {}
    place = ""
    for line in (folder / "statements.il").read_text().splitlines():
        if mark := re.match(r'\s*attribute \\src "(.*)"', line):
            # Only file and first line.
            place = re.sub(r"^(?:.*/)?([^/]+?:\d+).*", r"\1", mark[1].split("|")[0])
        elif mark := re.match(r"\s*cell \$(\w+) (\S+)", line):
            found[mark[2]] = (mark[1], place)
    return found


def first_lemma(ip: str) -> float:
    """The line of a harness behind which its assertions are lemmas."""
    lines = harness(ip).read_text().splitlines()
    return lines.index(LEMMAS) + 1 if LEMMAS in lines else float("inf")


def outputs(folder: Path, model: str) -> list[str]:
    """Names of the statements that a circuit's outputs stand for."""
    return [path[-1] for path in json.loads((folder / f"{model}.json").read_text())["asserts"]]


def check(proof: Proof, folder: Path, found: Mapping[str, tuple[str, str]], limit: float, is_replayed: bool) -> str:
    """The assertion that does not hold, and where the run to it is; empty if all hold."""
    # With this solver pdr takes half the time. ABC checks the invariant that it found.
    engine = f"bmc3 -F {proof.depth}" if proof.depth else "pdr -s -f"
    said = abc(
        f"read_aiger checks.aig; fold; strash; {engine}; print_status; write_cex -a run.aiw", folder, "abc.log", limit
    )
    if mark := re.search(r'Output (\d+) of miter ".*" was asserted in frame +(\d+)', said):
        name = outputs(folder, "checks")[int(mark[1])]
        run = folder / "run.aiw"
        if is_replayed:
            # A run that Yosys cannot replay is one all the same.
            with contextlib.suppress(ProofError):
                yosys(
                    ["read_rtlil replay.il", "sim -clock aclk -r run.aiw -map checks.aim -vcd run.vcd"],
                    folder,
                    "sim.log",
                    REPLAY_SECONDS,
                )
                run = folder / "run.vcd"
        return f"{found[name][1]} fails in cycle {mark[2]}; {run}"
    if proof.is_inductive:
        # One output, the assertions together: each may lean on all of them.
        step = abc("read_aiger checks.aig; fold; strash; orpos; strash; dc2; dc2; ind -F 2", folder, "ind.log", limit)
        if not re.search("Networks are equivalent", step):
            raise ProofError(f"not inductive; see {folder / 'ind.log'}")
    if proof.depth:
        holds = re.search(rf"No output asserted in {proof.depth} frames", said)
    else:
        holds = re.search("Verification of invariant.*successful", said) and re.search(r"Status = 1\b", said)
    if not holds:
        raise ProofError(f"ABC: no verdict; see {folder / 'abc.log'}")
    return ""


def missed(folder: Path, found: Mapping[str, tuple[str, str]], depth: int, limit: float) -> list[str]:
    """Places of the cover statements that no run reaches."""
    # Without -x, which keeps the runs, this ABC may crash.
    said = abc(f"read_aiger covers.aig; fold; strash; bmc3 -a -x -F {depth}", folder, "covers.log", limit)
    reached = {int(number) for number in re.findall(r"^Output +(\d+) was asserted", said, re.MULTILINE)}
    if single := re.search(r'Output (\d+) of miter ".*" was asserted', said):
        reached.add(int(single[1]))
    return [found[name][1] for i, name in enumerate(outputs(folder, "covers")) if i not in reached]


def prove(
    proof: Proof,
    files: Sources | None = None,
    folder: Path | None = None,
    limit: float = 600,
    is_replayed: bool = True,
) -> Result:
    """Does a proof, by default of the sources that its core names; shows the run to an assertion that fails."""
    begin = time.monotonic()
    folder = folder or BUILD / re.sub(r"[^\w.-]", "_", proof.name)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    kinds: Counter[str] = Counter()
    covers = 0
    failure, is_refuted = "", False
    try:
        build(proof, files or sources(proof.core or proof.ip), folder)
        found = statements(folder)
        lemmas = first_lemma(proof.ip)
        for kind, place in found.values():
            if kind == "assert":
                file, line = place.split(":")
                kinds["lemma" if int(line) > lemmas and file not in KINDS else KINDS.get(file, "function")] += 1
            covers += kind == "cover"
        if not kinds:
            raise ProofError("no assertions")
        if not covers:
            raise ProofError("no cover statements")
        failure = check(proof, folder, found, limit, is_replayed)
        is_refuted = bool(failure)
        if not failure and (places := missed(folder, found, proof.cover_depth, limit)):
            failure = f"never reached: {', '.join(places)}"
    except ProofError as error:
        failure = str(error)
    return Result(proof, failure, dict(kinds), covers, time.monotonic() - begin, is_refuted)


def prove_mutation(mutation: Mutation, limit: float = 600) -> Result:
    """Does a proof of sources with a fault in them, that has to break what is promised."""
    files = sources(mutation.proof.core or mutation.proof.ip)
    original = next(path for path in files.hdl if path.name == mutation.file)
    text = original.read_text()
    if text.count(mutation.old) != 1:
        raise ValueError(f"{mutation.file}: not exactly one {mutation.old!r}")
    number = zlib.crc32(repr((mutation.proof.name, mutation.proof.depth, mutation.old, mutation.new)).encode())
    folder = BUILD / "mutations" / f"{Path(mutation.file).stem}-{number:08x}"
    place = folder.parent / f"{folder.name}.rtl" / mutation.file
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text.replace(mutation.old, mutation.new))
    changed = replace(files, hdl=tuple(place if path == original else path for path in files.hdl))
    return prove(mutation.proof.promised, changed, folder, limit, is_replayed=False)


# ---- What is proven ----

#: Cycles in which every cover statement of an unbounded proof is reached.
COVER_DEPTH = 60


def maxpool(
    ifm: tuple[int, int], channels: tuple[int, int], element: tuple[int, int], kernel: tuple[int, int], style: str
) -> dict[str, int | str]:
    """Parameters; `channels` are their number and PE, `element` its bits and whether it is signed."""
    return {
        "IFM_H": ifm[0],
        "IFM_W": ifm[1],
        "CHANNELS": channels[0],
        "PE": channels[1],
        "ELEMENT_W": element[0],
        "SIGNED_ELEMENTS": element[1],
        "KERNEL_H": kernel[0],
        "KERNEL_W": kernel[1],
        "RAM_STYLE": style,
    }


def threshold(
    bits: int,
    width: int,
    signed: int,
    channels: int,
    pe: int,
    style: str,
    depth: int = 64,
    falls: int = 0,
    signed_output: int = 0,
    wider: int = 0,
) -> Proof:
    """A proof with thresholds drawn at random, the least and the largest number among them."""
    total = width + wider
    values = range(-(1 << total - 1), 1 << total - 1) if signed else range(1 << total)
    count, mask = (1 << bits) - 1, (1 << total) - 1
    rng = random.Random(1)
    rows = np.array([sorted(rng.choice(values) for _ in range(count)) for _ in range(channels)])
    rows[0][0], rows[-1][-1] = values[0], values[-1]
    falling = np.arange(channels) % 2 if falls else np.zeros(channels, np.int64)
    levels, signs = [0] * (channels // pe), [0] * (channels // pe)
    for channel, row in enumerate(rows):
        signs[channel // pe] |= int(falling[channel]) << channel % pe
        for i, value in enumerate(row):
            levels[channel // pe] |= (int(value) & mask) << (channel % pe * count + i) * total
    files = memory_files.level_words("thresholds.mem", rows, falling if falls else None, pe, total)
    words = {name: words for name, words, _ in files} | {"levels.mem": levels, "falling.mem": signs}
    most = {"block": 0, "auto": depth, "distributed": 1 << 30}[style]
    return Proof(
        "threshold",
        {
            "OUT_BITS": bits,
            "INPUT_W": width,
            "THRESHOLD_W": total,
            "SIGNED_INPUT": signed,
            "SIGNED_OUTPUT": signed_output,
            "FALLING": falls,
            "CHANNELS": channels,
            "PE": pe,
            "RAM_STYLE": style,
            "LUT_DEPTH": depth,
            "REGISTERS": bits + sum((channels // pe << step) > most for step in range(1, bits)),
            "THRESHOLD_FILE": "thresholds.mem",
            "LEVELS_FILE": "levels.mem",
            "FALLING_FILE": "falling.mem",
        },
        files={name: "".join(f"{word:x}\n" for word in text) for name, text in words.items()},
    )


def requant(
    out: tuple[int, int, int, int],
    value: tuple[int, int],
    widths: tuple[int, int],
    shift: int,
    channels: tuple[int, int],
    use_dsp: str,
) -> Proof:
    """A proof with scales and offsets drawn at random, the extremes among them.

    `out` are bits, signedness, least and greatest output; `value` bits and signedness of an input; `widths` bits of a
    scale and of an offset.
    """
    rng = random.Random(1)
    rows = [[rng.getrandbits(width) for _ in range(channels[0])] for width in widths]
    rows[0][0], rows[1][0] = 1 << widths[0] - 1, 0
    rows[0][-1], rows[1][-1] = (1 << widths[0] - 1) - 1, (1 << widths[1] - 1) - 1
    pe = channels[1]
    words = [
        [sum(number << p * width for p, number in enumerate(row[low : low + pe])) for low in range(0, channels[0], pe)]
        for row, width in zip(rows, widths, strict=True)
    ]
    return Proof(
        "requant",
        {
            "OUT_BITS": out[0],
            "SIGNED_OUTPUT": out[1],
            "LOW": out[2],
            "HIGH": out[3],
            "INPUT_W": value[0],
            "SIGNED_INPUT": value[1],
            "SCALE_W": widths[0],
            "OFFSET_W": widths[1],
            "SHIFT": shift,
            "CHANNELS": channels[0],
            "PE": pe,
            "USE_DSP": use_dsp,
            "SCALE_FILE": "scales.mem",
            "OFFSET_FILE": "offsets.mem",
        },
        files={
            name: "".join(f"{word:x}\n" for word in text)
            for name, text in zip(("scales.mem", "offsets.mem"), words, strict=True)
        },
    )


#: Some rows of an unfolded layer by themselves.
GROUP = """module group (
    input wire aclk, input wire enable, input wire [{inputs}-1:0] inputs, output wire [{results}-1:0] results
);
  mvtu_unfolded_rows #({parameters}) u_rows (.*);
endmodule
"""


def plain_matrix(weights: NDArray[np.int64], levels: NDArray[np.int64]) -> dict[str, list[int]]:
    """The files of matrix_row, by parameter: a row a word, bits of weights, and thresholds of 16 bits."""
    return {
        "WEIGHTS_FILE": [sum(int(bit) << i for i, bit in enumerate(row)) for row in weights],
        "LEVELS_FILE": [sum((int(value) & 0xFFFF) << 16 * i for i, value in enumerate(row)) for row in levels],
    }


def matrix(
    columns: int, rows: int, thresholds: int, inputs: str
) -> tuple[NDArray[np.int64], NDArray[np.int64], dict[str, int]]:
    """Weights and thresholds drawn at random, and the parameters that say what input elements are."""
    rng = np.random.default_rng(1)
    weights = rng.integers(0, 2, (rows, columns))
    bits, signed = int(inputs[1:]), int(inputs[0] == "s")
    if bits == 1:
        return weights, np.sort(rng.integers(1, columns + 1, (rows, thresholds))), {}
    most = columns << bits - 1
    levels = np.sort(rng.integers(-most + 1, most, (rows, thresholds)))
    return weights, levels, {"INPUT_W": bits, "SIGNED_INPUTS": signed}


def texts(files: Mapping[str, Sequence[int]]) -> dict[str, str]:
    """Memory files, a word a line."""
    return {name: "".join(f"{word:x}\n" for word in words) for name, words in files.items()}


def mvtu(
    size: tuple[int, int],
    folding: tuple[int, int],
    thresholds: int,
    stages: int,
    inputs: str = "u1",
    style: str = "",
    weight_slice: int = 0,
) -> Proof:
    """A proof of a matrix of columns and rows, with SIMD and PE; `inputs` are s or u and the bits of an element."""
    (columns, rows), (simd, pe) = size, folding
    weights, levels, elements = matrix(columns, rows, thresholds, inputs)
    # Integer inputs: sums fall short by the number of weights -1.
    starts = levels if thresholds else np.zeros((rows, 1), np.int64)
    if elements:
        starts = starts - (1 - weights).sum(axis=1)[:, None]
    width = memory_files.sum_width(columns, int(inputs[1:]), inputs[0] == "s", thresholds)
    words = {
        "THRESHOLD_FILE": memory_files.threshold_words(starts, pe, width),
        **plain_matrix(weights, levels),
    }
    slices = memory_files.slices(memory_files.weight_words(weights, simd, pe), simd * pe, weight_slice)
    parameters: dict[str, int | str] = {
        "MW": columns, "MH": rows, "SIMD": simd, "PE": pe, "THRESHOLDS": thresholds, "STAGES": stages, **elements
    }
    parameters |= {"RAM_STYLE": style} if style else {}
    parameters |= {"WEIGHT_SLICE": weight_slice} if weight_slice else {}
    parameters |= {name: f"{name.lower()}.mem" for name in ("WEIGHT_FILE", *words)}
    files = {f"{name.lower()}.mem": file for name, file in words.items()}
    files |= {f"weight_file.mem{suffix}": file for suffix, file, _ in slices}
    return Proof("mvtu", parameters, files=texts(files))


def unfolded(columns: int, rows: int, thresholds: int, inputs: str = "u1", is_fast: bool = True) -> Proof:
    """A proof of a layer as the generator writes it."""
    weights, levels, elements = matrix(columns, rows, thresholds, inputs)
    module = MvtuUnfolded("", columns, rows, columns, rows, thresholds, 1, int(inputs[1:]), inputs[0] == "s")
    layer = IntegerLayer(weights.astype(np.uint8), levels[:, 0] if thresholds else None)
    words = plain_matrix(weights, levels)
    parameters: dict[str, int | str] = {
        "MW": columns, "MH": rows, "THRESHOLDS": thresholds, "STAGES": module.stages, **elements
    }
    parameters |= {name: f"{name.lower()}.mem" for name in words}
    files = texts({f"{name.lower()}.mem": file for name, file in words.items()})
    files["layer.sv"] = render_unfolded(layer, module, "layer", "The layer of a proof.")
    return Proof("mvtu_unfolded", parameters, files=files, is_fast=is_fast)


def unfolded_rows(columns: int, rows: int, thresholds: int, stages: int, inputs: str = "u1") -> Proof:
    """A proof of all rows as one group."""
    weights, levels, elements = matrix(columns, rows, thresholds, inputs)
    bits, signed = int(inputs[1:]), inputs[0] == "s"
    group = make_group(weights.astype(np.uint8), levels[:, 0] if thresholds else None, bits, signed)
    words = plain_matrix(weights, levels)
    width = 1 if thresholds else memory_files.sum_width(columns, bits, signed, 0)
    literals = {
        "INPUTS": columns, "THRESHOLDS": thresholds, "STAGES": stages, "RESULT_W": width, **elements, **group.literals()
    }
    parameters: dict[str, int | str] = {
        "INPUTS": columns, "ROWS": rows, "THRESHOLDS": thresholds, "STAGES": stages, **elements
    }
    parameters |= {name: f"{name.lower()}.mem" for name in words}
    files = texts({f"{name.lower()}.mem": file for name, file in words.items()})
    files["group.sv"] = GROUP.format(
        inputs=columns * bits,
        results=rows * width,
        parameters=", ".join(f".{name}({value})" for name, value in literals.items()),
    )
    return Proof("mvtu_unfolded_rows", parameters, core="mvtu_unfolded", files=files)


def bit_heap(least: int, most: int, column1: int, column2: int, width: int, levels: int, registers: int) -> Proof:
    """A proof of heaps with `least` to `most` bits in column 0."""
    return Proof(
        "bit_heap",
        {
            "LEAST": least,
            "MOST": most,
            "COLUMN1": column1,
            "COLUMN2": column2,
            "WIDTH": width,
            "MORE_LEVELS": levels,
            "REGISTERS": registers,
        },
    )


BIT_HEAPS = ((1, 12, 0, 0, 3, 0, 0), (0, 10, 9, 3, 7, 0, 0), (1, 8, 3, 8, 5, 1, 0), (1, 4, 3, 2, 5, 1, 7))

PROOFS: tuple[Proof, ...] = (
    *(Proof("axis_register", {"WIDTH": width}) for width in (1, 2)),
    *(Proof("axis_fifo", {"WIDTH": 2, "DEPTH": depth, "STYLE": "distributed"}) for depth in (1, 2, 5)),
    *(Proof("axis_fifo", {"WIDTH": 2, "DEPTH": depth, "STYLE": "block"}) for depth in (3, 5)),
    Proof("axis_fifo", {"WIDTH": 1, "DEPTH": 8, "STYLE": "distributed"}),
    *(
        Proof("axis_dwc", {"S_WIDTH": s_width, "M_WIDTH": m_width, "FRAME_BITS": frame})
        for s_width, m_width, frame in ((2, 2, 0), (2, 4, 0), (6, 2, 0), (3, 2, 0), (3, 2, 7), (2, 3, 4))
    ),
    *(
        Proof("axis_frame_guard", {"WIDTH": 1, "BEATS": beats, "FRAMES": frames, "USE_TLAST": use})
        for beats, frames, use in ((1, 2, 1), (3, 2, 1), (2, 3, 1), (3, 2, 0))
    ),
    *(Proof("axis_fork", {"OUTPUTS": outputs, "WIDTH": width}) for outputs, width in ((2, 2), (3, 1))),
    *(
        Proof("maxpool", maxpool(ifm, channels, element, kernel, style), is_fast=fast)
        for ifm, channels, element, kernel, style, fast in (
            ((2, 4), (1, 1), (1, 0), (2, 2), "distributed", True),
            ((3, 3), (2, 1), (1, 0), (2, 2), "distributed", True),
            ((2, 3), (2, 2), (2, 1), (1, 3), "distributed", True),
            ((2, 4), (1, 1), (2, 0), (2, 2), "block", True),
            ((2, 2), (2, 1), (2, 1), (2, 1), "block", False),
            ((2, 2), (2, 1), (2, 0), (2, 2), "distributed", True),
        )
    ),
    *(
        Proof("upsample", {"IFM_H": ifm[0], "IFM_W": ifm[1], "CHANNELS": channels[0], "PE": channels[1],
                           "ELEMENT_W": 1, "SCALE_H": scale[0], "SCALE_W": scale[1], "RAM_STYLE": style},
              is_fast=fast)
        for ifm, channels, scale, style, fast in (
            ((1, 2), (1, 1), (2, 2), "distributed", True),
            ((1, 2), (2, 1), (1, 2), "distributed", True),
            ((2, 1), (1, 1), (2, 1), "block", True),
            ((1, 1), (2, 2), (2, 3), "block", False),
            ((1, 3), (1, 1), (1, 1), "auto", True),
        )
    ),
    *(
        Proof("add", {"ELEMENTS": elements, "A_W": a[0], "A_SIGNED": a[1], "B_W": b[0], "B_SIGNED": b[1],
                      "BEATS": beats})
        for elements, a, b, beats in (
            (1, (1, 0), (1, 0), 2), (1, (2, 0), (1, 0), 3), (2, (2, 1), (2, 0), 1), (1, (3, 0), (2, 0), 2),
            (1, (2, 1), (2, 1), 2)
        )
    ),
    *(
        threshold(*numbers)
        for numbers in (
            (1, 3, 0, 2, 1, "distributed"),
            (2, 4, 1, 2, 2, "distributed"),
            (2, 3, 0, 3, 1, "block"),
            (3, 5, 1, 2, 1, "distributed"),
            (1, 1, 0, 1, 1, "auto", 64, 1, 0),
            (1, 2, 1, 2, 2, "block", 64, 1, 1),
            (2, 2, 0, 6, 3, "auto", 2, 1, 1),
            (3, 2, 1, 1, 1, "auto", 1, 1, 0, 1),
            (3, 4, 0, 2, 1, "auto", 4, 0, 1),
            (2, 2, 0, 2, 2, "distributed", 64, 0, 0, 1),
        )
    ),
    requant((2, 0, 0, 3), (3, 1), (3, 5), 2, (2, 1), "auto"),
    requant((2, 1, -2, 1), (3, 0), (3, 4), 1, (2, 2), "no"),
    requant((3, 1, -3, 3), (4, 1), (3, 4), 0, (1, 1), "yes"),
    requant((1, 0, 0, 1), (1, 0), (2, 4), 2, (3, 1), "no"),
    Proof("swu", window_parameters((2, 2), (2, 2), (1, 1), (0, 0, 0, 0), (1, 1), 1)),
    Proof("swu", window_parameters((2, 2), (2, 1), (1, 1), (1, 0, 0, 0), (1, 1), 1)),
    Proof("swu", {**window_parameters((1, 2), (1, 2), (1, 1), (0, 0, 0, 0), (2, 1), 1), "DEPTHWISE": 1}),
    Proof("swu", window_parameters((2, 2), (2, 2), (1, 1), (1, 0, 1, 0), (1, 1), 1), is_fast=False),
    Proof("swu", window_parameters((3, 3), (2, 2), (2, 2), (0, 0, 0, 0), (1, 1), 1), is_fast=False),
    # Buffers that are no power of two: three blocks.
    Proof("swu", {**window_parameters((2, 2), (2, 2), (1, 1), (0, 0, 0, 0), (1, 1), 1), "DEPTH": 3}),
    Proof("swu", {**window_parameters((1, 3), (1, 2), (1, 1), (0, 0, 0, 1), (1, 1), 1), "DEPTH": 6}, is_fast=False),
    *(
        Proof("swu_parallel", window_parameters(ifm, kernel, stride, padding, channels, 1), core="swu", is_fast=fast)
        for ifm, kernel, stride, padding, channels, fast in (
            ((2, 2), (2, 2), (1, 1), (0, 0, 0, 0), (1, 1), True),
            ((3, 3), (2, 2), (1, 1), (0, 0, 0, 0), (1, 1), True),
            ((2, 2), (2, 2), (1, 1), (1, 0, 1, 0), (1, 1), True),
            ((2, 2), (2, 2), (1, 1), (0, 1, 0, 1), (2, 1), False),
            ((3, 3), (3, 3), (2, 2), (1, 1, 1, 1), (1, 1), False),
        )
    ),
    *(
        Proof("label_select", {"CLASSES": classes, "PE": pe, "SCORE_W": width, "SIGNED_SCORES": signed})
        for classes, pe, width, signed in ((3, 1, 2, 0), (2, 2, 2, 1), (4, 2, 2, 0), (6, 3, 1, 0))
    ),
    *(
        Proof("replay_buffer", {"WIDTH": 1, "LENGTH": length, "REPEATS": repeats, "USE_BLOCK": block}, core="common")
        for length, repeats, block in ((1, 2, 0), (2, 2, 0), (2, 3, 0), (1, 2, 1), (2, 2, 1))
    ),
    *(
        Proof("threshold_compare", {"COUNT": count, "WIDTH": width, "SIGNED_VALUES": signed}, core="mvtu")
        for count, width, signed in ((2, 4, 0), (3, 4, 1), (7, 5, 0))
    ),
    *(
        Proof("popcount", {"LEAST": least, "WIDTH": most, "REGISTERS": registers}, core="bit_heap")
        for least, most, registers in ((1, 24, 0), (1, 12, 1), (8, 10, 7))
    ),
    *(bit_heap(*bits) for bits in BIT_HEAPS),
    # What large networks are simulated with.
    *(replace(bit_heap(*bits), define="FINN_PLAIN_SUMS") for bits in BIT_HEAPS[1::2]),
    *(
        Proof("mvtu_dot_binary", {"LEAST": least, "SIMD": most, "STAGES": stages}, core="mvtu")
        for least, most, stages in ((1, 24, 0), (2, 8, 1), (9, 13, 2))
    ),
    *(
        Proof(
            "mvtu_dot_integer",
            {"LEAST": least, "SIMD": most, "STAGES": stages, "INPUT_W": width, "SIGNED_INPUTS": signed},
            core="mvtu",
        )
        for least, most, stages, width, signed in (
            (1, 8, 0, 2, 0), (1, 8, 0, 2, 1), (2, 4, 1, 3, 1), (3, 4, 2, 2, 0), (1, 3, 0, 8, 1), (2, 3, 1, 8, 0)
        )
    ),
    mvtu((2, 2), (1, 1), 1, 0),
    mvtu((2, 2), (2, 2), 0, 1),
    mvtu((4, 1), (2, 1), 3, 0),
    mvtu((4, 2), (4, 1), 1, 1),
    mvtu((2, 2), (1, 2), 1, 0, style="block"),
    mvtu((2, 2), (2, 1), 1, 0, weight_slice=1),
    mvtu((2, 1), (2, 1), 0, 1, "s2"),
    mvtu((2, 2), (1, 1), 1, 0, "u2"),
    mvtu((2, 1), (1, 1), 3, 0, "s2"),
    mvtu((2, 1), (2, 1), 1, 1, "s2", "block", 1),
    mvtu((3, 1), (3, 1), 1, 0, "s3"),
    unfolded(3, 4, 1),
    unfolded(6, 3, 0),
    unfolded(9, 3, 1, is_fast=False),
    unfolded(3, 3, 1, "s2"),
    unfolded(3, 2, 0, "u2"),
    unfolded_rows(12, 3, 1, 0),
    unfolded_rows(16, 4, 0, 0),
    unfolded_rows(12, 5, 1, 0),
    unfolded_rows(6, 3, 1, 1),
    unfolded_rows(6, 3, 0, 2),
    unfolded_rows(5, 3, 0, 0, "s2"),
    unfolded_rows(5, 4, 1, 0, "u2"),
    *(
        Proof(
            ip,
            {"BURST": burst, "BUFFER": buffer, "BUFFER_STYLE": style},
            depth=15,
            is_inductive=True,
            promised_depth=15,
            is_fast=fast,
        )
        for ip in ("dma_mm2s", "dma_s2mm")
        for burst, buffer, style, fast in (
            (2, 4, "distributed", True),
            (2, 4, "block", False),
            (3, 5, "distributed", False),
        )
    ),
    Proof("axi_host_registers", core="axi_host"),
    Proof("axi_host", stubs=("dma_mm2s", "dma_s2mm")),
    *(
        Proof("uart_host", {"FRAME_BYTES": size, "WINDOW": 2}, core="uart", depth=24, is_inductive=True,
              promised_depth=0, stubs=("uart_rx", "uart_tx"))
        for size in (1, 2)
    ),
    *(
        Proof(ip, {"CLOCKS_PER_BIT": clocks}, core="uart", is_fast=clocks == 4, promised_depth=60)
        for ip in ("uart_rx", "uart_tx")
        for clocks in (4, 5)
    ),
    *(
        Proof("uart_frame_buffer", {"FRAME_BYTES": size, "FRAMES": frames}, core="uart")
        for size, frames in ((1, 1), (2, 2), (3, 2))
    ),
)

BY_NAME = {proof.name: proof for proof in PROOFS}

MUTATIONS: tuple[Mutation, ...] = tuple(
    Mutation(BY_NAME[name], file, old, new)
    for name, file, old, new in (
        ("axis_register-2", "axis_register.sv", "<= s_axis_tvalid || !spare_free_q;", "<= s_axis_tvalid;"),
        ("axis_register-2", "axis_register.sv", "if (spare_free_q) spare_q", "spare_q"),
        ("axis_fifo-2-2-distributed", "axis_fifo.sv", "if (push != pop) level_q", "if (push) level_q"),
        ("axis_fifo-2-3-block", "axis_fifo.sv", "'(MemoryDepth - 1);", "'(MemoryDepth - 2);"),
        ("axis_fifo-2-3-block", "axis_fifo.sv", "if (pop) output_q <=", "output_q <="),
        ("axis_dwc-2-2-0", "axis_register.sv", "spare_free_q <= 1'b0;", "spare_free_q <= 1'b1;"),
        ("axis_dwc-2-4-0", "axis_dwc_widen.sv", "!(is_last && output_valid_q)", "1'b1"),
        ("axis_dwc-6-2-0", "axis_dwc_narrow.sv", "count_q   <= CountW'(RATIO);", "count_q <= CountW'(RATIO - 1);"),
        ("axis_dwc-3-2-7", "axis_dwc_gearbox.sv", "LevelW'(Behind);", "LevelW'(Behind + 1);"),
        ("axis_dwc-3-2-7", "axis_dwc_gearbox.sv", "level_q >= give;", "level_q != '0;"),
        ("axis_frame_guard-1-3-2-1", "axis_frame_guard.sv", " && (flag_ready || !beat_is_last);", ";"),
        ("axis_frame_guard-1-3-2-1", "axis_frame_guard.sv", "is_bad = 1'b1;", "is_bad = 1'b0;"),
        ("axis_fork-3-1", "axis_fork.sv", "s_axis_tready = behind_q == '0;", "s_axis_tready = !behind_q[0];"),
        ("axis_fork-2-2", "axis_fork.sv", "waits & (behind_q | {OUTPUTS{take}})", "waits & {OUTPUTS{take}}"),
        ("axis_fork-2-2", "axis_fork.sv", "behind_q[i] ? older_q : newest_q", "behind_q[0] ? older_q : newest_q"),
        ("add-1-1-0-1-0-2", "add.sv", "!element[0]", "element[0]"),
        ("add-2-2-1-2-0-1", "add.sv", "B_W, B_SIGNED);\n  end", "B_W, A_SIGNED);\n  end"),
        ("add-1-3-0-2-0-2", "add.sv", "a_valid && b_valid && (", "a_valid && ("),
        ("add-1-2-0-1-0-3", "add.sv", "beat_q <= beat_is_last ? '0 : beat_q", "beat_q <= beat_q"),
        ("add-1-2-1-2-1-2", "add.sv", "(m_axis_tready || !output_valid_q)", "!output_valid_q"),
        ("maxpool-2-4-1-1-1-0-2-2-distributed", "maxpool.sv", "x_q == '0 && y_q == '0;", "x_q == '0;"),
        ("maxpool-2-4-1-1-2-0-2-2-block", "maxpool.sv", "is_again_q ? written_q : read_q", "read_q"),
        ("threshold-2-3-3-0-0-0-3-1-block-64-3", "threshold_group.sv", "value >= bound;", "value > bound;"),
        ("threshold-2-4-4-1-0-0-2-2-distributed-64-2", "threshold.sv", "valid_q[Registers-1] && !slice_ready", "1'b0"),
        ("threshold-3-4-4-0-1-0-2-1-auto-4-4", "threshold_stage.sv", "first_level_q  <= level_in;",
         "first_level_q  <= level_q;"),
        ("threshold-2-2-2-0-1-1-6-3-auto-2-3", "threshold_group.sv", "{address, lane}", "{address, 1'b0}"),
        ("threshold-2-2-3-0-0-0-2-2-distributed-64-2", "threshold_group.sv", "SIGNED_INPUT && values", "values"),
        ("threshold-1-1-1-0-0-1-1-1-auto-64-1", "threshold.sv", "{OUT_BITS{falls", "{OUT_BITS{!falls"),
        ("requant-2-0-0-3-3-1-3-5-2-2-1-auto", "requant_lane.sv", "result = OUT_BITS'(HIGH);", "result = '0;"),
        ("requant-2-0-0-3-3-1-3-5-2-2-1-auto", "requant.sv", ".address(fold_q)", ".address(fold_d)"),
        ("requant-2-1--2-1-3-0-3-4-1-2-2-no", "requant_lane.sv", "(sums[i-1] >>> 1) - row", "(sums[i-1] >>> 1) + row"),
        ("label_select-3-1-2-0", "label_select.sv", "beat_score > best_score_q", "beat_score >= best_score_q"),
        ("label_select-4-2-2-0", "label_select.sv", "!(is_last && output_valid_q)", "1'b1"),
        ("swu-2-2-2-2-1-1-0-0-0-0-1-1-1", "swu.sv", "if (output_free) begin", "if (1'b1) begin"),
        ("swu-2-2-2-1-1-1-1-0-0-0-1-1-1", "swu.sv", "is_pad ? '0 : memory", "memory"),
        ("swu-2-2-2-2-1-1-0-0-0-0-1-1-1-3", "swu.sv", "(32'(write_block_q) == Blocks - 1)",
         "(32'(write_block_q) == Blocks - 2)"),
        ("swu-1-3-1-2-1-1-0-0-0-1-1-1-1-6", "swu.sv", "(BlockIndexW + 1)'(carries[BlockW])", "(BlockIndexW + 1)'(0)"),
        ("swu-1-2-1-2-1-1-0-0-0-0-2-1-1-1", "swu.sv", "(is_begin_q || is_draining)", "(1'b1 || is_draining)"),
        ("swu_parallel-2-2-2-2-1-1-0-0-0-0-1-1-1", "swu_parallel.sv", "spare_free_q ? s_axis_tdata : spare_q",
         "s_axis_tdata"),
        ("swu_parallel-2-2-2-2-1-1-1-0-1-0-1-1-1", "swu_parallel.sv", "is_row_outside[y] || ", ""),
        ("replay_buffer-1-2-2-0", "replay_buffer.sv", "level_q != LevelW'(Depth)", "1'b1"),
        ("replay_buffer-1-2-2-0", "replay_buffer.sv", "^ is_last_pass", "^ is_first_pass"),
        ("replay_buffer-1-2-2-1", "replay_buffer.sv", "is_there && (m_take || !output_valid_q)", "is_there"),
        ("upsample-1-2-1-1-1-2-2-distributed", "upsample.sv", ".LENGTH(IFM_W * Groups)", ".LENGTH(Groups)"),
        ("upsample-1-2-2-1-1-1-2-distributed", "upsample.sv", ".LENGTH (Groups)", ".LENGTH (1)"),
        ("upsample-1-3-1-1-1-1-1-auto", "upsample.sv", "m_axis_tlast ? '0 : beat_q + 1'b1", "beat_q + 1'b1"),
        ("threshold_compare-3-4-1", "threshold_compare.sv", "(value ^ Flip) >= ", "(value ^ Flip) > "),
        ("popcount-1-24-0", "bit_heap_count.sv", "second[1] & (parity | second[0])", "second[1] & parity"),
        ("popcount-1-12-1", "bit_heap.sv", "if (enable) heap <= sums;", "heap <= sums;"),
        ("bit_heap-0-10-9-3-7-0-0", "bit_heap_level.sv", "if (i < Next) begin", "if (i + 1 < Next) begin"),
        ("bit_heap-1-8-3-8-5-1-0", "bit_heap_level.sv", "taken[3] = bits[BaseThird+i]", "taken[3] = 1'b0"),
        ("bit_heap-1-4-3-2-5-1-7-FINN_PLAIN_SUMS", "bit_heap.sv", "[bit_heap_pkg::offset(Heights, c)+:",
         "[bit_heap_pkg::offset(Heights, 0)+:"),
        ("mvtu_dot_binary-1-24-0", "mvtu_dot_binary.sv", ".inputs (inputs[", ".inputs (~inputs["),
        ("mvtu_dot_integer-1-8-0-2-1", "mvtu_dot_integer.sv", "wide = $signed({turned, sum_flips[i]})",
         "wide = $signed({turned, 1'b0})"),
        ("mvtu_dot_integer-3-4-2-2-0", "mvtu_dot_integer.sv", "            flips  <= sum_flips;\n", ""),
        ("mvtu-2-2-1-1-1-0", "mvtu.sv", "{first_q, segment_q == '0}", "{first_q, segment_q != '0}"),
        ("mvtu-4-2-4-1-1-1", "mvtu.sv", "result_valid && !slice_ready", "1'b0"),
        ("mvtu-2-2-1-2-1-0-block", "mvtu.sv", "        weights <= word;\n", "        if (issue) weights <= word;\n"),
        ("mvtu-2-2-2-1-1-0-1", "rom_slices.sv", "48 + s % 10", "48"),
        ("mvtu-2-1-1-1-3-0-2-1", "mvtu.sv", ".SIGNED_VALUES(INPUT_W > 1)", ".SIGNED_VALUES(0)"),
        ("mvtu-2-1-2-1-0-1-2-1", "mvtu.sv", "THRESHOLDS == 0 && INPUT_W == 1", "THRESHOLDS == 0"),
        ("mvtu_unfolded-3-4-1-0", "mvtu_unfolded_control.sv", "!valid_q[STAGES] || slice_ready", "1'b1"),
        ("mvtu_unfolded-6-3-0-1", "mvtu_unfolded_rows.sv", "RESULT_W'(total) - RESULT_W'(BASE)", "RESULT_W'(total)"),
        ("mvtu_unfolded_rows-12-5-1-0", "mvtu_unfolded_rows.sv", "twice = {sum, ROUND[r]}", "twice = {sum, 1'b0}"),
        ("mvtu_unfolded_rows-6-3-0-2", "mvtu_unfolded_rows.sv", "Registers >> (CLASS_LEVELS + Fold)", "0"),
        ("mvtu_unfolded-3-3-1-0-2-1", "mvtu_unfolded_rows.sv", "(SIGNED_INPUTS && j == INPUT_W - 1)", "SIGNED_INPUTS"),
        ("dma_mm2s-2-4-distributed", "dma_mm2s.sv", "(free_q) > Comp", "(free_q) >= Comp"),
        ("dma_mm2s-2-4-distributed", "dma_mm2s.sv", " || offset_q == '1;", ";"),
        ("dma_mm2s-2-4-distributed", "dma_mm2s.sv", "default: if (owed_q == '0) state_d", "default: state_d"),
        ("dma_mm2s-2-4-distributed", "dma_job.sv", "to_page = ~place_q[OffsetW-1:0]", "to_page = '1"),
        ("dma_s2mm-2-4-distributed", "dma_s2mm.sv", "s_axis_tkeep & wanted;", "s_axis_tkeep;"),
        ("dma_s2mm-2-4-distributed", "dma_s2mm.sv", "!abort && queue_ready &&", "!abort &&"),
        ("dma_s2mm-2-4-distributed", "dma_s2mm.sv", " && outstanding_q == '0) state_d", ") state_d"),
        ("dma_s2mm-2-4-distributed", "dma_job.sv", "left + ~(BEATS_W'(take_length));", "left - BEATS_W'(take_length);"),
        ("axi_host_registers", "axi_host_registers.sv", " && !s_axil_bvalid;", ";"),
        ("axi_host_registers", "axi_host_registers.sv", "start <= asked && !busy && !start;", "start <= asked;"),
        ("axi_host_registers", "axi_host_registers.sv", "if (start) cleared = '1;", ""),
        ("axi_host", "axi_host.sv", "(!network_aresetn) input_valid_q", "(!aresetn) input_valid_q"),
        ("axi_host", "axi_host.sv", "input_ready || !input_valid_q;", "input_ready && input_valid_q;"),
        ("axi_host", "axi_host_job.sv", "!is_bad && !too_far && !abort", "!is_bad && !abort"),
        ("axi_host", "axi_host_job.sv", "read_over_q && write_over_q", "read_over_q"),
        ("axi_host", "axi_host_job.sv", " && state_q != ABORT && !(state_q == FINISH && aborted_q);", ";"),
        ("uart_host-1-2", "uart_host.sv", "LeftW'(CrcBytes) && is_accepted_q", "LeftW'(CrcBytes)"),
        ("uart_host-1-2", "uart_host.sv", "error <= !(is_good", "error <= (is_good"),
        ("uart_host-1-2", "uart_host.sv", "request_crc != '0", "1'b0"),
        ("uart_host-1-2", "uart_host.sv", "CRC_LOW && !tells_overrun_q;", "CRC_LOW;"),
        ("uart_rx-4", "uart_rx.sv", "(left_q == Samples && line) ? '0 : ", ""),
        ("uart_rx-4", "uart_rx.sv", "error <= !line;", "error <= 1'b0;"),
        ("uart_tx-4", "uart_tx.sv", "<= {1'b1, bits_q};", "<= {1'b0, bits_q};"),
        ("uart_tx-4", "uart_tx.sv", "(left_q == 4'd1 && bit_is_over)", "left_q == 4'd1"),
        ("uart_frame_buffer-2-2", "uart_frame_buffer.sv", "if (rewind) write_q <= begin_q;", ""),
        ("uart_frame_buffer-2-2", "uart_frame_buffer.sv", "frames_q != '0 && ", ""),
    )
)


# ---- Reports ----


def header() -> tuple[str, ...]:
    """Columns of the table."""
    return ("IP", "parameters", "assertions", "covers", "holds for", "seconds", "verdict")


def row(result: Result) -> tuple[str, ...]:
    """A line of the table."""
    parameters = ", ".join(f"{key} {value}" for key, value in result.proof.parameters.items()
                           if not key.endswith("_FILE"))
    parameters += f", {result.proof.define}" if result.proof.define else ""
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(result.kinds.items()))
    verdict = "FAIL" if result.failure else "PASS"
    return (result.proof.ip, parameters, kinds, str(result.covers), result.proof.method, f"{result.seconds:.1f}",
            verdict)


def summary(results: Sequence[Result]) -> str:
    """The table as text."""
    rows = [header(), *map(row, results)]
    widths = [max(len(cells[i]) for cells in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
                     for cells in rows)


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """The table for docs/formal.md."""
    lines = [header(), ("---", "---", "---", "---:", "---", "---:", "---"), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def write_page(results: Sequence[Result]) -> None:
    """Puts the results into the table between its marks in docs/formal.md, in the place of older ones."""
    begin, end = "<!-- proofs:begin -->\n", "<!-- proofs:end -->"
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(begin)
    table, tail = rest.split(end)
    rows = [tuple(line.strip("| ").split(" | ")) for line in table.splitlines()[2:]]
    rows += [row(result) for result in results]
    by_proof = {cells[:2]: cells for cells in rows}
    order = [row(Result(proof, "", {}, 0, 0))[:2] for proof in PROOFS]
    table = markdown([by_proof[key] for key in order if key in by_proof])
    PAGE.write_text(f"{head}{begin}{table}{end}{tail}", encoding="utf-8")


def main() -> int:
    """Does the proofs; 1 if one fails."""
    parser = argparse.ArgumentParser(prog="finn_verif.formal", description="Formal proofs of the IPs")
    parser.add_argument("--fast", action="store_true", help="only the proofs that run with every change")
    parser.add_argument("--only", metavar="IP", default="", help="only the proofs of an IP, or of a part of one")
    parser.add_argument("--promised", action="store_true",
                        help="without lemmas about registers, which a change may break; bounded where there are any")
    parser.add_argument("--mutations", action="store_true", help="plant faults, and see that the proofs find them")
    parser.add_argument("--markdown", action="store_true", help="write the table into docs/formal.md")
    parser.add_argument("--limit", metavar="SECONDS", type=float, default=600, help="for each proof (%(default)s)")
    parser.add_argument("-j", "--jobs", type=int, default=min(2, os.cpu_count() or 1), help="at once (%(default)s)")
    given = parser.parse_args()
    if given.mutations:
        return mutate([m for m in MUTATIONS if m.proof.is_of(given.only)], given.limit)
    proofs = [p for p in PROOFS if p.is_of(given.only) and (p.is_fast or not given.fast)]
    if given.promised:
        proofs = [proof.promised for proof in proofs]
    if not proofs:
        parser.error(f"no proof of {given.only}")

    def run(proof: Proof) -> Result:
        result = prove(proof, limit=given.limit)
        print(f"{proof.name}: {result.failure or 'ok'} ({result.seconds:.1f} s)", flush=True)
        return result

    results = processes.parallel(run, proofs, given.jobs)
    print(f"\n{summary(results)}")
    failed = [result for result in results if result.failure]
    print(f"\n{len(results) - len(failed)} of {len(results)} proofs hold")
    if given.markdown and not failed:
        write_page(results)
    return 1 if failed else 0


def mutate(mutations: Sequence[Mutation], limit: float) -> int:
    """Does the proofs of planted faults; 1 if one is not found."""
    overlooked = 0
    for mutation in mutations:
        result = prove_mutation(mutation, limit)
        overlooked += not result.is_refuted
        found = f"found: {result.failure}" if result.is_refuted else f"OVERLOOKED {result.failure}"
        print(f"{mutation.file}: {mutation.old!r} -> {mutation.new!r}: {found}", flush=True)
    print(f"\n{len(mutations) - overlooked} of {len(mutations)} planted faults found")
    return 1 if overlooked else 0


if __name__ == "__main__":
    with processes.interruptible():
        sys.exit(main())
