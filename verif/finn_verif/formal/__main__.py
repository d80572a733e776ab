# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Formal proofs of the IPs: ``python -m finn_verif.formal`` (``make formal``)."""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from typing import TYPE_CHECKING

from finn_rtl.common import processes, workers
from finn_rtl.common.errors import FinnError
from finn_rtl.common.store import shared_store
from finn_verif.formal.page import is_on_page, summary, write_page
from finn_verif.formal.prove import Result, kept_proofs, prove, prove_mutation, prove_within
from finn_verif.ips.catalog import MUTATIONS, PROOFS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finn_verif.ips.base import Mutation, Proof


def main() -> int:
    """Does the proofs; 1 if one fails."""
    parser = argparse.ArgumentParser(prog="finn_verif.formal", description="Formal proofs of the IPs")
    parser.add_argument("--fast", action="store_true", help="only the proofs that run with every change")
    parser.add_argument("--only", metavar="IP", default="", help="only the proofs of an IP, or of a part of one")
    parser.add_argument("--promised", action="store_true",
                        help="without lemmas about registers, which a change may break; bounded where there are any")
    parser.add_argument("--mutations", action="store_true", help="plant faults, and see that the proofs find them")
    parser.add_argument("--missing", action="store_true", help="only the proofs that docs/formal.md has no line for")
    parser.add_argument("--markdown", action="store_true", help="write the table into docs/formal.md")
    parser.add_argument("--limit", metavar="SECONDS", type=float, default=600, help="for each proof (%(default)s)")
    parser.add_argument("-j", "--jobs", type=int, default=min(2, os.cpu_count() or 1), help="at once (%(default)s)")
    workers.add_scheduler(parser)
    given = parser.parse_args()
    if given.mutations:
        return mutate([m for m in MUTATIONS if m.proof.is_of(given.only)], given.limit)
    proofs = [p for p in PROOFS if p.is_of(given.only) and (p.is_fast or not given.fast)]
    if given.missing:
        proofs = [proof for proof in proofs if not is_on_page(proof)]
    if given.promised:
        proofs = [proof.promised for proof in proofs]
    if not proofs:
        parser.error(f"no proof of {given.only}")

    try:
        results = prove_all(proofs, given.limit, given.jobs, given.scheduler)
    except FinnError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"\n{summary(results)}")
    failed = [result for result in results if result.failure]
    print(f"\n{len(results) - len(failed)} of {len(results)} proofs hold")
    if given.markdown and not failed:
        write_page(results)
    return 1 if failed else 0


def prove_all(proofs: Sequence[Proof], limit: float, jobs: int, scheduler: str | None) -> list[Result]:
    """Does proofs, so many at once on this machine or all that a scheduler's workers can, and tells of each.

    Raises:
        FinnError: no such scheduler answers.
    """
    def told(_: int, result: Result) -> None:
        print(f"{result.proof.name}: {result.failure or 'ok'} ({result.seconds:.1f} s)", flush=True)

    def run(proof: Proof) -> Result:
        result = prove(proof, limit=limit)
        told(0, result)
        return result

    if scheduler is None:
        return processes.parallel(run, proofs, jobs)
    store = shared_store("formal")
    with workers.on(scheduler, say=partial(print, flush=True)) as executor:
        return workers.results(executor, prove_within, [(proof, limit) for proof in proofs], told,
                               kept_proofs(store) if store else None)


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
