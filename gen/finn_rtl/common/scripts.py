"""Functions of a checkout's scripts, which are no modules, for processes that run them elsewhere."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from typing import Any

from finn_rtl.common.errors import FinnError
from finn_rtl.common.places import CHECKOUT


def _module(script: str) -> ModuleType:
    """A script as a module, loaded once; it may import its neighbours."""
    path = CHECKOUT / script
    name = path.with_suffix("").relative_to(CHECKOUT).as_posix().replace("/", "_")
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None or not path.is_file():
            raise FinnError(f"{path}: is not there; this needs a checkout of finn-rtl")
        module = importlib.util.module_from_spec(spec)
        sys.path.insert(0, str(path.parent))
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


def call(script: str, function: str, arguments: tuple[Any, ...]) -> Any:
    """Call a function of a script.

    Args:
        script: its path in the checkout, as bench/run.py.
        function: its name.
        arguments: of it.

    Raises:
        FinnError: there is no such script here, or what the function raises.
    """
    return getattr(_module(script), function)(*arguments)
