# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Does a planted fault change anything at all? Yosys puts both circuits side by side, ABC compares their outputs.

Asked of faults that survive, at the parameters of the IP's proofs. Both circuits start with all registers and memories
at zero, which they need not in hardware. So "no difference" holds for these parameters and that start, and a
difference may be one that does not matter, as in the data of a beat that is not valid.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from finn_rtl.tools.eda import READ_SLANG
from finn_verif.common.places import ROOT
from finn_verif.formal.tools import TO_GATES, ProofError, abc, sources, yosys
from finn_verif.ips.catalog import PROOFS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finn_rtl.tools.eda import Sources
    from finn_verif.ips.base import Proof
    from finn_verif.mutate.mutants import Mutant

#: Seconds for a comparison.
LIMIT = 60


def circuit(name: str, proof: Proof, files: Sources, hdl: Sequence[Path]) -> list[str]:
    """Commands that make a circuit of a proof's IP from these sources."""
    if proof.generated:
        # The IP's instance has its parameters.
        top, own = Path(proof.generated[0]).stem, {}
    else:
        top = proof.ip
        text = next(path for path in files.hdl if path.stem == top).read_text(encoding="utf-8")
        # A harness has parameters of its own.
        own = {key: value for key, value in proof.parameters.items()
               if re.search(rf"\bparameter\b[^=]*\b{key} =", text)}
    values = [f'-G {key}="{value}"' if isinstance(value, str) else f"-G {key}={value}" for key, value in own.items()]
    includes = [f"-I {path}" for path in files.include_folders]
    return [
        " ".join([READ_SLANG, "--top", top, *values, *includes, *map(str, hdl), *proof.generated]),
        f"hierarchy -check -top {top}",
        "flatten",
        "memory_collect",
        "memory_map",
        f"rename {top} {name}",
        f"design -stash {name}",
    ]


def is_same(proof: Proof, files: Sources, original: Path, faulty: Path, folder: Path) -> bool:
    """Whether no run tells the circuits apart.

    Raises:
        ProofError: no answer was found.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in proof.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    changed = [faulty if path == original else path for path in files.hdl]
    yosys(
        [
            *circuit("sound", proof, files, files.hdl),
            *circuit("faulty", proof, files, changed),
            "design -copy-from sound sound",
            "design -copy-from faulty faulty",
            "miter -equiv -flatten sound faulty miter",
            "hierarchy -top miter",
            "setundef -undriven -zero",
            "setundef -init -zero",
            "formalff -clk2ff",
            *TO_GATES,
            "write_aiger -zinit miter.aig",
        ],
        folder,
        "yosys.log",
    )
    said = abc("read_aiger miter.aig; strash; pdr; print_status", folder, "abc.log", LIMIT)
    status = re.search(r"Status = (-?\d)", said)
    if not status or status[1] not in ("0", "1"):
        raise ProofError(f"ABC: no verdict; see {folder / 'abc.log'}")
    return status[1] == "1"


def copied(files: Sources, root: Path) -> Sources:
    """The same files in a copy of the repository."""
    hdl, folders = (tuple(root / path.relative_to(ROOT) for path in paths)
                    for paths in (files.hdl, files.include_folders))
    return replace(files, hdl=hdl, include_folders=folders)


def parameters(proof: Proof) -> str:
    """Those of a proof, in words."""
    values = [f"{key} {value}" for key, value in proof.parameters.items() if not key.endswith("_FILE")]
    return f"{proof.ip} {', '.join(values)}"


def difference(mutant: Mutant, proofs: Sequence[str], root: Path, folder: Path) -> str:
    """What is known of a fault's effect.

    Args:
        mutant: the fault.
        proofs: of its IP: harnesses, or a core with all of them.
        root: the repository, or a copy, without the fault.
        folder: for what is built.

    Returns:
        Where it makes a difference, or that it makes none at the parameters of the IP's proofs; empty where there are
        none, or no answer.
    """
    original = root / mutant.path
    faulty = folder / original.name
    folder.mkdir(parents=True, exist_ok=True)
    faulty.write_text(mutant.plant(original.read_text(encoding="utf-8")), encoding="utf-8")
    same = 0
    for proof in (proof for proof in PROOFS if any(map(proof.is_of, proofs)) and proof.is_fast):
        files = copied(sources(proof.core or proof.ip), root)
        try:
            if not is_same(proof, files, original, faulty, folder / proof.name):
                return f"a difference with {parameters(proof)}"
            same += 1
        except ProofError:
            continue
    return f"no difference at the parameters of {same} proofs" if same else ""
