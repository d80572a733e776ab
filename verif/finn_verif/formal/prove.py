# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Does proofs.

A proof is a harness (``verif/formal/IP_proof.sv``: the IP, assumptions about its inputs, assertions about its outputs)
with parameters. Yosys turns it into a circuit of AND gates and registers, ABC proves that no assertion ever fails, by
property directed reachability (an inductive invariant: any number of cycles), by induction where the harness itself
has the invariant (lemmas: any number of cycles as well), or, where only a depth is named, that none fails in that many
cycles after the first reset. Then ABC looks for a run to each cover statement: assumptions that contradict each other
would leave one without.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import time
import zlib
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finn_rtl.common.store import Kept, Store, key_of
from finn_verif.common.places import ROOT
from finn_verif.formal.circuits import build, outputs, statements
from finn_verif.formal.tools import ProofError, abc, sources, yosys
from finn_verif.ips.base import Mutation, Proof, first_lemma

if TYPE_CHECKING:
    from collections.abc import Mapping

    from finn_rtl.tools.eda import Sources

BUILD = ROOT / "build" / "formal"

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

#: For the replay of a run, which Yosys' simulator does in less than a second or not at all.
REPLAY_SECONDS = 30


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


def prove_within(sent: tuple[Proof, float]) -> Result:
    """Does a proof in a process, or on a machine, of whoever asks: the proof, and seconds that it may take."""
    proof, limit = sent
    return prove(proof, limit=limit)


def kept_proofs(store: Store) -> Kept[tuple[Proof, float], Result]:
    """How proofs that hold are kept."""
    def read(sent: tuple[Proof, float], raw: dict[str, Any]) -> Result:
        return Result(sent[0], **raw)

    def write(result: Result) -> dict[str, Any]:
        return {name: value for name, value in vars(result).items() if name != "proof"}

    return Kept(store, lambda sent: key_of("prove", sent[0]), write, read, lambda result: not result.failure)


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
