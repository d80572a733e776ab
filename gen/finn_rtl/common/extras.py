"""Packages that some commands need and others do not: the extras of pyproject.toml."""

from __future__ import annotations

import importlib.util

from finn_rtl.common.errors import FinnError

#: Packages whose modules have other names.
PACKAGES = {"sklearn": "scikit-learn"}


def require(extra: str, *modules: str) -> None:
    """See that packages are installed, without loading them.

    Args:
        extra: of finn-rtl, which brings them.
        modules: their modules.

    Raises:
        FinnError: one is missing.
    """
    for module in modules:
        if importlib.util.find_spec(module) is None:
            raise FinnError(f"the package {PACKAGES.get(module, module)!r} is not installed, which this needs;"
                            f" pip install 'finn-rtl[{extra}]'")
