"""What the FuseSoC generator does, as a function."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from finn_rtl import api
from finn_rtl.accelerator import DEFAULT_DATA_WIDTH
from finn_rtl.emit import working_place
from finn_rtl.errors import FinnError
from finn_rtl.networks import find_topology
from finn_rtl.plan import DEFAULT_CLOCK_MHZ, DEFAULT_DEVICE
from finn_rtl.topology import Fold, check_fold

KEYS = {"topology", "scenario", "fps", "clock_mhz", "device", "input_width", "folding", "host", "data_width"}


def _folds(value: Any) -> dict[str, Fold]:
    try:
        return TypeAdapter(dict[str, Fold]).validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise FinnError(f"generator parameter 'folding': {place}: {first['msg']}") from None


def _data_width(config: Mapping[str, Any]) -> int:
    value = config.get("data_width", DEFAULT_DATA_WIDTH)
    if not isinstance(value, int):
        raise FinnError(f"generator parameter 'data_width': {value!r} is not a whole number")
    return value


def generate(config: Mapping[str, Any], root: Path, folder: Path) -> dict[str, str]:
    """Write top level, memory contents, test vectors and plan into `folder`.

    Returns their names, each with its place in the working folder of tools.

    Args:
        config: parameters of the generator, as documented in cores/generator/generator.core.
        root: folder that `topology` is relative to.
        folder: where the files go; it exists.

    Raises:
        FinnError: an unknown or wrong parameter, or anything that api.prepare raises.
    """
    unknown = sorted(set(config) - KEYS)
    if unknown:
        raise FinnError(f"generator parameter {unknown[0]!r}: unknown; there are {', '.join(sorted(KEYS))}")
    if "topology" not in config:
        raise FinnError("generator parameter 'topology': is missing")
    path = root / str(config["topology"])
    folds = _folds(config.get("folding", {}))
    topology, _ = find_topology(str(path))
    for layer, fold in folds.items():
        try:
            check_fold(topology, layer, fold)
        except ValueError as error:
            raise FinnError(f"{path}: {error}") from None
    network, plan = api.prepare(
        str(path), str(config.get("scenario", "max")), fps=config.get("fps"),
        clock_mhz=float(config.get("clock_mhz", DEFAULT_CLOCK_MHZ)), device=str(config.get("device", DEFAULT_DEVICE)),
        folds=folds, input_width=config.get("input_width"))
    host = None if "host" not in config else str(config["host"])
    files = {name: text for name, text in api.files_of(network, plan, host, _data_width(config)).items()
             if not name.endswith(".core")}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return {name: working_place(name, topology.name) for name in sorted(files)}
