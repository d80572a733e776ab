"""What the FuseSoC generator does, as a function."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, StrictStr, ValidationError

from finn_rtl import api
from finn_rtl.common.errors import FinnError
from finn_rtl.common.schema import Count, FileName, Model, Number, complaint, shown
from finn_rtl.operators.schema import Fold
from finn_rtl.output.emit import working_place, write_files
from finn_rtl.plan.device_file import load_device
from finn_rtl.plan.devices import Device
from finn_rtl.plan.plan import DEFAULT_CLOCK_MHZ, DEFAULT_DEVICE


class Config(Model):
    """Parameters of the generator, as documented in cores/generator/generator.core."""

    topology: FileName
    scenario: StrictStr | None = None
    fps: Number | None = None
    clock_mhz: Number = DEFAULT_CLOCK_MHZ
    device: StrictStr = DEFAULT_DEVICE
    device_file: FileName | None = None
    input_width: Count | None = None
    folding: dict[StrictStr, Fold] = Field(default_factory=dict)
    arithmetic: dict[StrictStr, Literal["lut", "dsp", "serial"]] = Field(default_factory=dict)
    memories: Literal["cost", "lut", "block"] = "cost"
    changeable: Literal[0, 1, 2] = 0
    dram: Number | None = None
    from_dram: tuple[StrictStr, ...] = ()
    host: StrictStr | None = None
    data_width: Count | None = None


def parse_config(config: Any) -> Config:
    """Validate the parameters as FuseSoC decoded them.

    Raises:
        FinnError: one line that names parameter, value and rule.
    """
    try:
        return Config.model_validate(config)
    except ValidationError as error:
        location, value, rule = complaint(error)
        name = shown(".".join(map(str, location)))
        rule += f"; there are {', '.join(Config.model_fields)}" if rule == "unknown key" else ""
        place = f"generator parameter {name}" if location else "the generator's parameters"
        raise FinnError(": ".join(part for part in (place, f"value {value}" if value else "", rule) if part)) from None


def generate(config: Any, root: Path, folder: Path) -> dict[str, str]:
    """Write top level, memory contents, test vectors and plan into `folder`, all files or none.

    Returns their names, each with its place in the working folder of tools.

    Args:
        config: parameters of the generator, as FuseSoC decoded them.
        root: folder that `topology` is relative to.
        folder: where the files go; new or empty.

    Raises:
        FinnError: an unknown or wrong parameter, or anything that api.prepare and write_files raise.
    """
    given = parse_config(config)
    device: str | Device = given.device
    if given.device_file is not None:
        if "device" in given.model_fields_set:
            raise FinnError(f"generator parameter 'device_file': value {shown(given.device_file)}: only one of it and"
                            " 'device' can be given")
        device = load_device(root / given.device_file)
    network, plan = api.prepare(str(root / given.topology), given.scenario, fps=given.fps, clock_mhz=given.clock_mhz,
                                device=device, folds=given.folding, input_width=given.input_width,
                                arithmetic=given.arithmetic, memories=given.memories,
                                changeable=given.changeable, dram=given.dram, from_dram=given.from_dram)
    files = {name: content for name, content in api.files_of(network, plan, given.host, given.data_width).items()
             if not name.endswith(".core")}
    write_files(files, folder)
    return {name: working_place(name, plan.topology.name) for name in sorted(files)}
