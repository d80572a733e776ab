# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The quick formal proofs hold, and proofs fail where they have to."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from finn_verif import formal
from finn_verif.common import places
from finn_verif.formal.page import key, rows_of_page
from finn_verif.formal.prove import prove, prove_mutation
from finn_verif.formal.tools import sources
from finn_verif.ips import base
from finn_verif.ips.base import Mutation
from finn_verif.ips.catalog import MUTATIONS, PROOF_OF, PROOFS
from finn_verif.run import kept

if TYPE_CHECKING:
    from finn_verif.ips.base import Proof

pytestmark = pytest.mark.steady


def key_of(wanted: Proof | Mutation) -> str:
    """Name of a verdict: all that it depends on."""
    proof = wanted.proof if isinstance(wanted, Mutation) else wanted
    files = sources(proof.core or proof.ip)
    engine = (*sorted(Path(formal.__path__[0]).glob("*.py")), Path(base.__file__))
    return kept.key_of((*files.hdl, *engine), (*files.include_folders, places.HARNESSES), [repr(wanted)])


@pytest.mark.parametrize("proof", [p for p in PROOFS if p.is_fast], ids=lambda p: p.name)
def test_proof(proof: Proof) -> None:
    if not kept.is_known(key_of(proof)):
        result = prove(proof)
        assert not result.failure
        kept.remember(key_of(proof))


@pytest.mark.parametrize("mutation", [m for m in MUTATIONS if m.proof.is_fast],
                         ids=lambda m: f"{m.file}-{MUTATIONS.index(m)}")
def test_planted_fault_is_found(mutation: Mutation) -> None:
    if not kept.is_known(key_of(mutation)):
        result = prove_mutation(mutation)
        assert result.is_refuted, result.failure
        kept.remember(key_of(mutation))


def test_every_ip_has_a_planted_fault() -> None:
    assert {m.proof.ip for m in MUTATIONS} == {p.ip for p in PROOFS}


def test_the_page_has_every_proof() -> None:
    """In their order, and none that there is no longer."""
    rows = rows_of_page()
    assert [cells[:2] for cells in rows] == [key(proof) for proof in PROOFS]
    assert all(cells[-1] == "PASS" for cells in rows)


def test_the_proofs_of_an_ip_are_those_of_its_parts() -> None:
    """`make formal IP=uart`, whose harnesses have the names of its modules."""
    assert {proof.ip for proof in PROOFS if proof.is_of("uart")} == {
        "uart_host", "uart_rx", "uart_tx", "uart_frame_buffer"}
    assert {proof.ip for proof in PROOFS if proof.is_of("popcount")} == {"popcount"}
    assert all(proof.is_of("") for proof in PROOFS)


def test_a_bounded_proof_ends_at_its_depth() -> None:
    """axis_fifo that loses count shows in cycle 3: not in the first 3 cycles, but in the first 4."""
    fault = next(m for m in MUTATIONS if m.old.startswith("if (push != pop)"))
    assert not prove_mutation(replace(fault, proof=replace(fault.proof, depth=3))).is_refuted
    assert prove_mutation(replace(fault, proof=replace(fault.proof, depth=4))).is_refuted


def test_a_fault_that_breaks_no_promise_is_none() -> None:
    """Behind a reset swu releases its first beat anyway: that it is a window's first one is only a lemma."""
    proof = replace(PROOF_OF["swu-1-3-1-2-1-1-0-0-0-1-1-1-1-6"], promised_depth=12)
    fault = Mutation(proof, "swu.sv", "is_begin_q <= 1'b1;", "is_begin_q <= 1'b0;")
    result = prove_mutation(fault)
    assert not result.failure
    assert result.kinds["function"] and "lemma" not in result.kinds


def test_an_induction_needs_its_lemmas() -> None:
    """What is told of axis_fifo at its ports holds, but not in every state that its registers could have."""
    fifo = PROOF_OF["axis_fifo-2-2-distributed"]
    assert "not inductive" in prove(replace(fifo, depth=4, is_inductive=True)).failure


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ("cover (m_axis_tvalid);", "no assertions"),
        ("assert (m_axis_tvalid || 1'b1);", "no cover statements"),
        ("assume (!aresetn); assert (!aresetn || !m_axis_tvalid); cover (aresetn);", "never reached"),
    ],
)
def test_an_empty_proof_fails(
    statements: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    harnesses = tmp_path / "formal"
    shutil.copytree(places.HARNESSES, harnesses)
    text = (harnesses / "axis_register_proof.sv").read_text()
    begin = text.index("  stream_properties #(")
    (harnesses / "axis_register_proof.sv").write_text(
        f"{text[:begin]}  always_ff @(posedge aclk) begin {statements} end\nendmodule\n"
    )
    monkeypatch.setattr(places, "HARNESSES", harnesses)
    result = prove(PROOF_OF["axis_register-1-0"], folder=tmp_path / "build")
    assert expected in result.failure
