"""accelerator.json, from which the driver knows what hardware there is: what it holds, and what is refused."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest
from driver_model import Model, digits_network

from finn_rtl import driver
from finn_rtl.common.errors import FinnError
from finn_rtl.driver.description import render
from finn_rtl.output.accelerator import describe

pytestmark = pytest.mark.steady


def test_description_survives_its_file(accelerator: Model, tmp_path: Path) -> None:
    (tmp_path / "accelerator.json").write_text(render(accelerator.form))
    found = driver.read_description(tmp_path)
    assert (found.table == accelerator.form.table).all()
    assert render(found) == render(accelerator.form)


@pytest.mark.parametrize(("change", "message"), [
    (lambda d: d.pop("classes"), "classes.*incomplete"), (lambda d: d.update(format=2), "format 1"),
    (lambda d: d.update(table=[[1]]), "256 pixel values"), (lambda d: d.update(shape="x"), "incomplete"),
    (lambda d: d.update(identity=3), "incomplete"), (lambda d: d["identity"].pop("latency_cycles"), "latency_cycles"),
    (lambda d: d["identity"].update(magic=1 << 32), "32-bit"), (lambda d: d["identity"].update(magic=-1), "32-bit"),
    (lambda d: d["identity"].update(magic=True), "32-bit"), (lambda d: d["identity"].update(magic=inf), "32-bit"),
    (lambda d: d.update(clock_mhz=inf), "'clock_mhz': value inf: must be a finite number"),
    (lambda d: d.update(clock_mhz=nan), "value nan"), (lambda d: d.update(clock_mhz=0), "value 0"),
    (lambda d: d.update(clock_mhz=10**400), "value 1000.*finite"), (lambda d: d.update(clock_mhz="fast"), "'fast'"),
    (lambda d: d.update(pixel_max=inf), "'pixel_max': value inf"), (lambda d: d.update(pixel_max=256), "from 1 to 255"),
    (lambda d: d.update(element_bits=-inf), "'element_bits'"),
    (lambda d: d.update(element_bits=2), "by 'identity' it has"),
    (lambda d: d.update(shape=[8, inf]), "'shape'"), (lambda d: d.update(shape=[8, 9]), "216 elements of 1 bits"),
    (lambda d: d.update(shape=[8, -8]), "'shape'"), (lambda d: d.update(shape=[]), "'shape'"),
    (lambda d: d.update(table=[[0, 1]] * 255 + [[0]]), "'table'"),
    (lambda d: d.update(table=[[0, 1, 2]] * 256), "0 to 1"),
    (lambda d: d.update(table=[[0, 1, inf]] * 256), "'table'"), (lambda d: d.update(table=[[]] * 256), "'table'"),
    (lambda d: d.update(result_beats=0), "'result_beats'"),
    (lambda d: d.update(result_beats=1 << 31), "must be at most (65535|134217728)"),
    (lambda d: d.update(result_width=12), "whole bytes"), (lambda d: d.update(data_width=63), "whole bytes"),
    (lambda d: d.update(values_per_beat=1000), "do not fit"), (lambda d: d.update(value_bits=64), "'value_bits'"),
    (lambda d: d.update(is_label=1), "true or false"), (lambda d: d.update(classes=[1]), "'classes'"),
    (lambda d: d.update(classes="ab"), "'classes'"), (lambda d: d.update(net=3), "'net'"),
    (lambda d: d.update(net="a\x1b[2J"), "'net'"), (lambda d: d.update(host="usb"), "'axi' or 'uart'")])
def test_changed_description(accelerator: Model, tmp_path: Path, change: Callable[[dict[str, Any]], None],
                             message: str) -> None:
    document = json.loads(render(accelerator.form))
    change(document)
    path = tmp_path / "accelerator.json"
    path.write_text(json.dumps(document))
    with pytest.raises(FinnError, match=message) as caught:
        driver.read_description(path)
    assert "\n" not in str(caught.value)


def test_description_that_is_missing_or_no_json(tmp_path: Path) -> None:
    with pytest.raises(FinnError, match="cannot be read"):
        driver.read_description(tmp_path)
    for data in (b"{", b"\xff", b"[" * 100_000, b"1" * 5000):
        (tmp_path / "accelerator.json").write_bytes(data)
        with pytest.raises(FinnError, match="not JSON"):
            driver.read_description(tmp_path)


def test_description_of_another_host(accelerator: Model, tmp_path: Path) -> None:
    (tmp_path / "accelerator.json").write_text(render(accelerator.form))
    with pytest.raises(driver.DriverError, match="host 'axi', not 'uart': open it by open_pynq or open_linux"):
        driver.open_uart(tmp_path, "/dev/ttyUSB0", 115200)
    form = dataclasses.replace(accelerator.form, host="uart")
    (tmp_path / "accelerator.json").write_text(render(form))
    for opener in (lambda: driver.open_linux(tmp_path), lambda: driver.open_device(form, accelerator),
                   lambda: driver.open_pynq(tmp_path / "a.bit")):
        with pytest.raises(driver.DriverError, match="host 'uart', not 'axi': open it by open_uart"):
            opener()


def test_scores_and_labels_differ_in_identity() -> None:
    label, scores = (describe(*digits_network(scores), "axi").identity for scores in (False, True))
    assert label["folding"] != scores["folding"]
    assert label["parameters"] == scores["parameters"]
