"""Sets of parameters that hardware loads: their files, what is planned for them, and what the driver refuses."""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from driver_model import Model, digits_network

from finn_rtl import FinnError, driver, load, prepare
from finn_rtl.cli.program import cli
from finn_rtl.driver.sets import HEAD, read_set, set_file
from finn_rtl.ips.mvtu import Mvtu
from finn_rtl.operators.schema import Fold
from finn_rtl.output.accelerator import describe
from finn_rtl.output.emit import fitted, ip_files, render
from finn_rtl.output.parameters import load_bytes, parameter_set
from finn_rtl.plan.plan import make_plan

pytestmark = pytest.mark.steady


def test_a_set_is_its_memories_in_order(tmp_path: Path) -> None:
    """Head, words of the memory files, checksum, zeros; the file brings back what was written."""
    network, plan = prepare("digits", fps=1e6, changeable=1)
    found = parameter_set(network, plan)
    words = found.packet.view("<u4")
    plan = fitted(network, plan)
    own = [int(word, 16) for ip in plan.pipeline.ips if ip.banks for text in ip_files(network, plan, ip).values()
           for word in text.split()]
    assert words[:4].tolist() == [int.from_bytes(b"SETP", "little"), found.signature, len(own), found.number]
    assert words[HEAD:HEAD + len(own)].tolist() == own
    assert int(words[HEAD + len(own)]) == zlib.crc32(words[:HEAD + len(own)].tobytes())
    assert not words[HEAD + len(own) + 1:].any() and len(found.packet) == load_bytes(len(own))
    (tmp_path / "set.npz").write_bytes(set_file(found))
    again = read_set(tmp_path / "set.npz")
    assert again.packet.tolist() == found.packet.tolist() and again.classes == found.classes
    assert (again.table == found.table).all()


def test_signatures_tell_hardware_apart() -> None:
    """Numbers and names are no part of them; foldings and banks are."""
    network, plan = prepare("digits", fps=1e6, changeable=1)
    first = parameter_set(network, plan)
    layer = network.layers["fc0"]
    other = replace(network, layers={**network.layers, "fc0": replace(layer, weight=-layer.weight)})
    assert parameter_set(other, plan).signature == first.signature
    assert parameter_set(other, plan).number != first.number
    topology = network.topology.model_copy(update={"name": "renamed"})
    renamed = replace(network, topology=topology)
    assert parameter_set(renamed, make_plan(topology, fps=1e6, changeable=1)).signature == first.signature
    for rate, banks in ((1e5, 1), (1e6, 2)):
        assert parameter_set(*prepare("digits", fps=rate, changeable=banks)).signature != first.signature


def test_plans_know_what_cannot_change() -> None:
    """Nothing is unfolded to constants, every row may fall, words have an end; without it plans are as they were."""
    network, plan = prepare("digits", "max", changeable=2)
    assert all(isinstance(matrix, Mvtu) and matrix.banks == 2 for matrix in plan.pipeline.matrices)
    text = render(network, plan)["finn_digits.sv"]
    assert text.count(".FALLING(1)") == 2 and text.count('.WEIGHTS("ram")') == 3 and "parameter_loader #(" in text
    text = render(*prepare("digits", "max"))["finn_digits.sv"]
    assert "parameter_loader" not in text and "WEIGHTS" not in text
    with pytest.raises(FinnError, match="3 banks of changeable parameters: there are 1 or 2"):
        prepare("digits", changeable=3)
    with pytest.raises(FinnError, match="layer 'fc0': simd 784, pe 256: words of changeable weights have at most"):
        make_plan(load("sfc").topology, folds={"fc0": Fold(simd=784, pe=256)}, changeable=1)
    with pytest.raises(FinnError, match="its parameters are constants"):
        parameter_set(*prepare("digits"))
    with pytest.raises(FinnError, match="host 'uart' cannot load parameters"):
        describe(*prepare("digits", changeable=1), "uart")


@pytest.mark.parametrize(("change", "message"), [
    (lambda path: path.unlink(), "cannot be read"),
    (lambda path: path.write_bytes(path.read_bytes()[:3000]), "no set of parameters, or was cut off"),
    (lambda path: path.write_text("weights"), "no set of parameters"),
    (lambda path: np.savez(path, packet=np.zeros(128, np.uint8)), "no set of parameters that was made for hardware"),
    (lambda path: np.savez(path, packet=np.zeros(100, np.uint8), classes=np.array(["a"]),
                           table=np.zeros((256, 1), np.int32)), "incomplete or was changed"),
    (lambda path: np.savez(path, packet=np.zeros(128, np.uint8), classes=np.array(["a"]),
                           table=np.zeros((256, 1), np.int32)), "its packet is incomplete"),
])
def test_wrong_files(tmp_path: Path, change: object, message: str) -> None:
    path = tmp_path / "set.npz"
    path.write_bytes(set_file(parameter_set(*prepare("digits", fps=1e6, changeable=1))))
    change(path)  # type: ignore[operator]
    with pytest.raises(driver.DriverError, match=message) as found:
        read_set(path)
    assert str(path) in str(found.value)


def test_changed_words_are_found(tmp_path: Path) -> None:
    found = parameter_set(*prepare("digits", fps=1e6, changeable=1))
    packet = found.packet.copy()
    packet[100] ^= 4
    (tmp_path / "set.npz").write_bytes(set_file(replace(found, packet=packet)))
    with pytest.raises(driver.DriverError, match="checksum is wrong"):
        read_set(tmp_path / "set.npz")


def test_constants_are_not_loaded() -> None:
    """Hardware without changeable parameters says so; a set of another network is refused before."""
    network, plan = digits_network(scores=False)
    model = Model(network, describe(network, plan, "axi"))
    found = parameter_set(*prepare("digits", fps=1e6, changeable=1))
    with driver.open_device(model.form, model) as opened:
        with pytest.raises(driver.WrongHardwareError, match="its parameters are constants"):
            opened.load(found)
        with pytest.raises(driver.WrongHardwareError, match="the set has 2 classes"):
            opened.load(replace(found, classes=("cat", "dog")))


def test_pack(tmp_path: Path) -> None:
    """The command writes the set, and refuses what it cannot."""
    path = tmp_path / "set.npz"
    done = CliRunner().invoke(cli, ["pack", "digits", "--fps", "1e6", "--changeable", "1", "-o", str(path)])
    assert done.exit_code == 0, done.output
    assert read_set(path).packet.tolist() == parameter_set(*prepare("digits", fps=1e6, changeable=1)).packet.tolist()
    done = CliRunner().invoke(cli, ["pack", "digits", "-o", str(path)])
    assert isinstance(done.exception, FinnError) and "constants" in str(done.exception)
    done = CliRunner().invoke(cli, ["pack", "digits", "--changeable", "1", "--from", "none.npz", "-o", str(path)])
    assert isinstance(done.exception, FinnError) and "there is no such file" in str(done.exception)
