# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""A proof's harness as circuits of AND gates and registers, and the statements in it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from finn_verif.common import places
from finn_verif.formal.tools import TO_GATES, yosys
from finn_verif.ips.base import harness

if TYPE_CHECKING:
    from pathlib import Path

    from finn_rtl.tools.eda import Sources
    from finn_verif.ips.base import Proof

# A run to a cover statement: a state in which an assertion of the opposite fails.
COVER = """module \\$cover (A, EN);
  input A, EN;
  \\$assert _TECHMAP_REPLACE_ (.A(!A), .EN(EN));
endmodule
"""


def build(proof: Proof, files: Sources, folder: Path) -> None:
    """Makes checks.aig, where an output is an assertion that fails, and covers.aig, where one is a cover reached."""
    parameters = [f'-G {key}="{value}"' if isinstance(value, str) else f"-G {key}={value}"
                  for key, value in proof.parameters.items()]
    defines = [f"-D{name}" for name in ("FORMAL", proof.define, "PROMISED" if proof.is_promised else "") if name]
    includes = [f"-I {path}" for path in files.include_folders]
    helpers = sorted(path for path in places.HARNESSES.glob("*.sv") if not path.name.endswith("_proof.sv"))
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


def outputs(folder: Path, model: str) -> list[str]:
    """Names of the statements that a circuit's outputs stand for."""
    return [path[-1] for path in json.loads((folder / f"{model}.json").read_text())["asserts"]]
