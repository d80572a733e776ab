"""Text of generated files."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import jinja2


def package_version() -> str:
    """Version of this package."""
    try:
        return version("finn-rtl")
    except PackageNotFoundError:
        return "0"


def environment() -> jinja2.Environment:
    """Where the templates are."""
    import jinja2  # noqa: PLC0415 - takes longer to load than most commands run

    return jinja2.Environment(loader=jinja2.PackageLoader("finn_rtl"), undefined=jinja2.StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=False)


def module_name(name: str) -> str:
    """Module of a network's top level."""
    return f"finn_{name}"
