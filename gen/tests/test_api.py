# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The public functions as people call them, first of all as the README does."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from driver_model import Model
from PIL import Image

import finn_rtl
from finn_rtl import driver
from finn_rtl.common.places import CHECKOUT
from finn_rtl.description.encoding import encode_images
from finn_rtl.meaning import reference
from finn_rtl.output.accelerator import describe


@pytest.mark.parametrize("module", [finn_rtl, driver])
def test_paths_may_be_plain_text(module: ModuleType) -> None:
    found = 0
    for name in module.__all__:
        function = getattr(module, name)
        if inspect.isfunction(function):
            for parameter in inspect.signature(function).parameters.values():
                kinds = set(re.findall(r"\w+", str(parameter.annotation)))
                found += "Path" in kinds
                assert "Path" not in kinds or "str" in kinds, f"{name}: {parameter}"
    assert found > 4


def test_the_driver_does_what_the_readme_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                              capsys: pytest.CaptureFixture[str]) -> None:
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    [code] = [block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "open_pynq" in block]
    pixels = np.random.default_rng(3).integers(0, 256, (80, 90, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "cat.png")
    network, plan = finn_rtl.prepare("cnv", fps=3000)
    model = Model(network, describe(network, plan, "axi"))
    monkeypatch.setattr(driver, "open_pynq", lambda _: driver.open_device(model.form, model))
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    image = driver.read_image("cat.png", model.form.shape)
    scores = reference.infer(network, encode_images(network.topology.input, image[None]))
    name = network.topology.classes[int(reference.labels(scores)[0])]
    assert capsys.readouterr().out == f"{(name,)}\n"
