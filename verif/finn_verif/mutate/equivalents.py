# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Faults that change nothing, as verif/mutation/equivalent.toml tells them."""

from __future__ import annotations

import functools
import tomllib
from typing import TYPE_CHECKING

from finn_rtl.common.errors import FinnError
from finn_verif.common.places import ROOT
from finn_verif.ips.catalog import IPS
from finn_verif.mutate.finder import possible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from finn_verif.mutate.mutants import Mutant

EQUIVALENT = ROOT / "verif" / "mutation" / "equivalent.toml"


@functools.cache
def equivalents() -> Mapping[tuple[str, str, str], str]:
    """Why a fault changes nothing, by its file, the text of its line and its change."""
    if not EQUIVALENT.is_file():
        return {}
    try:
        entries = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8")).get("equivalent", [])
        return {(e["file"], e["line"], e["change"]): e["reason"] for e in entries}
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise FinnError(f"{EQUIVALENT}: not entries of file, line, change and reason: {error}") from error


def reason(mutant: Mutant) -> str:
    """Why a fault changes nothing; empty where it may."""
    return equivalents().get((mutant.path, mutant.text, mutant.change), "")


def reasons(name: str) -> dict[str, str]:
    """Faults of an IP that change nothing, and why."""
    return {mutant.name: why for mutant in possible(IPS[name]) if (why := reason(mutant))}
