# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What there is to say of an IP for those that check it: proofs, planted faults, corner shapes, lint, campaigns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from finn_verif.common import places

Parameters = Mapping[str, int | str]
#: Corner shapes by name: whether a parameter set has one.
Shapes = Mapping[str, Callable[[Mapping[str, Any]], bool]]
ModuleShapes = Mapping[str, Shapes]
ModuleParameters = Mapping[str, tuple[Parameters, ...]]

#: Behind this line of a harness its assertions are lemmas, about registers inside the IP.
LEMMAS = "`ifndef PROMISED"
#: Cycles in which every cover statement of an unbounded proof is reached.
COVER_DEPTH = 60


def harness(ip: str) -> Path:
    """The file of a proof."""
    return places.HARNESSES / f"{ip}_proof.sv"


def first_lemma(ip: str) -> float:
    """The line of a harness behind which its assertions are lemmas."""
    lines = harness(ip).read_text().splitlines()
    return lines.index(LEMMAS) + 1 if LEMMAS in lines else float("inf")


@dataclass(frozen=True)
class Proof:
    """A harness with parameters."""

    ip: str
    parameters: Parameters = field(default_factory=dict)
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


def plain(proof: Proof) -> Proof:
    """The proof of the plain form of a sum, which `finn-rtl simulate` takes in place of the one that is synthesized."""
    return replace(proof, define="FINN_PLAIN_SUMS")


@dataclass(frozen=True)
class Mutation:
    """A fault planted in a copy of the RTL, and the proof that has to find it."""

    proof: Proof
    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Checks:
    """What checks an IP, beside its cocotb tests."""

    name: str
    proofs: tuple[Proof, ...] = ()
    #: Faults that its proofs must find: name of the proof, file, text there, text instead.
    mutations: tuple[tuple[str, str, str, str], ...] = ()
    #: By module: corners that the parameter sets of the regression must reach.
    shapes: ModuleShapes = field(default_factory=dict)
    #: By module: further parameters for lint, that change its structure, and the smallest of everything.
    lint: ModuleParameters = field(default_factory=dict)
    #: Below rtl/, with the IP's core; that of its name if empty.
    folder: str = ""
    #: Files that `finn_verif.mutate` plants faults in: names as for Path.glob, between spaces.
    files: str = "*.sv"
    #: verif/test_NAME.py, the quick ones first; that of its name if empty.
    tests: tuple[str, ...] = ()
    #: Proofs that are to find planted faults: harnesses, or a core with all of them; its name if it has proofs.
    proven_by: tuple[str, ...] = ()
    #: The module that is linted for a file that is none by itself: a package, a module that instantiates itself.
    top: str = ""
    #: Campaigns (`finn_verif.soak`) run verif/test_NAME.py with other seeds.
    is_soaked: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", self.folder or self.name)
        object.__setattr__(self, "tests", self.tests or (self.name,))
        object.__setattr__(self, "proven_by", self.proven_by or ((self.name,) if self.proofs else ()))

    def sources(self, root: Path = places.ROOT) -> dict[str, str]:
        """The files that get faults, and their texts; in the repository or a copy of it."""
        folder = root / "rtl" / self.folder
        return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
                for path in sorted(found for name in self.files.split() for found in folder.glob(name))}

    def lint_top(self, path: str) -> str:
        """The module that Verilator lints for a fault in a file."""
        stem = Path(path).stem
        return self.top if self.top and (stem.endswith("_pkg") or stem == self.folder) else stem
