"""The tools below: FuseSoC for lists of files, Verilator for compiled simulation."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from finn_rtl.common import processes
from finn_rtl.common.errors import FinnError
from finn_rtl.common.places import FOLDERS, library

# Yosys' slang front end. Its default limit on the steps of generate loops is too low for the rows of unfolded layers.
READ_SLANG = "read_slang --threads 1 --max-generate-steps 100000000"

CONFIGURATION = "fusesoc.conf"


@dataclass(frozen=True)
class Sources:
    """The files of a core and of all that it depends on, in order of compilation."""

    hdl: tuple[Path, ...]
    include_folders: tuple[Path, ...]
    waivers: tuple[Path, ...]


def is_plain(path: Path) -> bool:
    """Whether make, Perl and shells take a path as one word that means itself."""
    return re.search(r"""[\s!"#$%&'()*:;<>?`|\\\[\]{}]""", str(path)) is None


def core_sources(vlnv: str, extra_roots: Sequence[Path] = ()) -> Sources:
    """Ask FuseSoC for the files of a core.

    Raises:
        FinnError: FuseSoC refuses, with the last line of what it said.
    """
    with processes.workspace() as work:
        # A configuration of its own: no libraries of the user's, nothing written beside the cores.
        (work / CONFIGURATION).write_text("[main]\ncache_root = cache\n", encoding="utf-8")
        roots = [f"--cores-root={root.resolve()}" for root in (*map(library().joinpath, FOLDERS), *extra_roots)]
        program = "import sys; from fusesoc.main import main; sys.exit(main())"
        done = processes.run([sys.executable, "-c", program, f"--config={CONFIGURATION}", *roots, "run", "--no-export",
                              "--setup", "--target=lint", f"--work-root={work}", vlnv], work)
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines() or ["nothing was said"]
            raise FinnError(f"{vlnv}: FuseSoC cannot set it up: {said[-1]}")
        edam = yaml.safe_load(next(work.glob("*.eda.yml")).read_text(encoding="utf-8"))
        files = [(Path(work, file["name"]).resolve(), file) for file in edam["files"]]
    folders = tuple(dict.fromkeys(p.parent for p, f in files if f.get("is_include_file")))
    hdl = tuple(p for p, f in files
                if f["file_type"].startswith("systemVerilogSource") and not f.get("is_include_file"))
    return Sources(hdl, folders, tuple(p for p, f in files if f["file_type"] == "vlt"))
