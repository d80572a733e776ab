# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The wheel, installed into a folder of its own and used from an empty one: nothing of it needs the checkout."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import numpy as np
import pytest
from driver_model import digits_network
from PIL import Image

from finn_rtl.common.places import CHECKOUT, FOLDERS, licence, shipped_names
from finn_rtl.common.programs import tool_environment
from finn_rtl.driver.description import render
from finn_rtl.output.accelerator import describe

MISSING = [name for name in ("build", "hatchling") if importlib.util.find_spec(name) is None]
pytestmark = [pytest.mark.steady,
              pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}; make setup brings them")]

PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# Modules that need an extra which set-up does not install, or a board.
ABSENT = ("torch", "pynq", "serial", "onnx")
IMPORT_ALL = """
import importlib, pkgutil, finn_rtl, finn_verif
for package in (finn_rtl, finn_verif):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__") and "library" not in module.name:
            try:
                print(importlib.import_module(module.name).__file__)
            except ModuleNotFoundError as error:
                assert str(error.name).split(".")[0] in ABSENT, (module.name, error)
"""


DRIVER = """
import sys
sys.path[:0] = {paths}
from pathlib import Path
from finn_rtl import driver
import finn_rtl.driver.__main__, finn_rtl.driver.linux, finn_rtl.driver.pynq, finn_rtl.driver.uart
assert "PIL" not in sys.modules
form = driver.read_description(Path("accelerator.json"))
print(driver.read_image(Path("picture.png"), form.shape, form.pixel_max).sum())
print(*{{Path(module.__file__).parent for name, module in sys.modules.items()
        if name.startswith("finn_rtl.") and module.__file__}}, sep="\\n")
files = [Path(module.__file__) for module in sys.modules.values() if getattr(module, "__file__", None)]
print(*{{file.relative_to({paths}[1]).parts[0] for file in files if file.is_relative_to({paths}[1])}}, sep="\\n")
"""


def run(site: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs a command as one who has only what is installed, with the cache that the user has."""
    environment = tool_environment()
    environment["PATH"] = os.pathsep.join((str(site / "bin"), str(Path(sys.executable).parent), environment["PATH"]))
    environment["PYTHONPATH"] = str(site)
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def succeed(site: Path, folder: Path, *words: str) -> str:
    """What a command prints, which must succeed."""
    done = run(site, folder, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build_wheel(source: Path, folder: Path) -> Path:
    """The wheel that python -m build makes, of the sources that it packs before."""
    done = subprocess.run([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, source], cwd=folder,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout
    [wheel] = folder.glob("*.whl")
    return wheel


def install(wheel: Path, site: Path) -> Path:
    """Installs a wheel into a folder, and nothing else."""
    done = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                           "--no-deps", "--no-index", "--target", site, wheel], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
    return site


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    return build_wheel(CHECKOUT, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, installed."""
    return install(wheel, tmp_path_factory.mktemp("user") / "site")


def test_the_wheel_has_the_library(wheel: Path) -> None:
    """Every file of it, byte for byte, and nothing of the checkout's own."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
        for folder in FOLDERS:
            files = {path for path in (CHECKOUT / folder).rglob("*")
                     if path.is_file() and "__pycache__" not in path.parts}
            found = {name for name in names if name.startswith(f"finn_rtl/library/{folder}/")}
            assert found == {f"finn_rtl/library/{path.relative_to(CHECKOUT)}" for path in files}
            for path in files:
                assert archive.read(f"finn_rtl/library/{path.relative_to(CHECKOUT)}") == path.read_bytes(), path
    folders = {name.split("/")[0] for name in names}
    assert folders == {"edalize", "finn_rtl", "finn_verif", f"{wheel.name.removesuffix('-py3-none-any.whl')}.dist-info"}
    assert not [name for name in names if "test_" in name or name.endswith((".pyc", ".onnx"))]


def test_every_module_can_be_imported(site: Path, tmp_path: Path) -> None:
    files = succeed(site, tmp_path, sys.executable, "-c", f"ABSENT = {ABSENT}{IMPORT_ALL}").split("\n")[:-1]
    assert len(files) > 100 and [file for file in files if not file.startswith(str(site))] == []


def test_paths(site: Path, tmp_path: Path) -> None:
    """All, or one for other programs, are in the package."""
    library = site / "finn_rtl" / "library"
    expected = {"library": str(library), **{folder: str(library / folder) for folder in FOLDERS}}
    assert json.loads(succeed(site, tmp_path, "finn-rtl", "paths", "--json")) == expected
    assert [line.split()[:2] for line in succeed(site, tmp_path, "finn-rtl", "paths").splitlines()] \
        == [[*item] for item in expected.items()]
    assert succeed(site, tmp_path, "finn-rtl", "paths", "rtl") == f"{library}/rtl\n"


def test_commands(site: Path, tmp_path: Path) -> None:
    """Those that need the library; each finds the wheel's own."""
    text = succeed(site, tmp_path, "finn-rtl", "--help")
    assert all(name in text for name in shipped_names())
    assert json.loads(succeed(site, tmp_path, "finn-rtl", "estimate", "digits", "--json"))["cycles_per_frame"] == 16
    succeed(site, tmp_path, "finn-rtl", "export", "axis_register", "-p", "WIDTH=8", "-o", "ip")
    assert (tmp_path / "ip" / "LICENSE").read_text() == licence()
    done = succeed(site, tmp_path, "finn-rtl", "build", "digits", "-o", "hw")
    assert f"--cores-root={site}/finn_rtl/library/rtl " in done


def test_demo(site: Path, tmp_path: Path) -> None:
    """Real digits through the RTL, in an empty folder: what make demo does."""
    before = {path for path in site.rglob("*") if "__pycache__" not in path.parts}
    done = succeed(site, tmp_path, "finn-rtl", "demo")
    assert "359 frames of digits through the RTL" in done and "0 mismatches" in done
    assert [path.relative_to(tmp_path) for path in tmp_path.rglob("*.*")] == [Path("finn-rtl-demo/digits.png")]
    assert {path for path in site.rglob("*") if "__pycache__" not in path.parts} == before


@pytest.mark.parametrize(("target", "file"), [("lint", "finn_digits.sv"), ("ulx3s", "ulx3s.lpf")])
def test_fusesoc(site: Path, tmp_path: Path, target: str, file: str) -> None:
    """The library is one of FuseSoC; a network's core is generated and set up, by a flow of ours too."""
    library = succeed(site, tmp_path, "finn-rtl", "paths", "library").strip()
    succeed(site, tmp_path, "fusesoc", "library", "add", "finn", library)
    succeed(site, tmp_path, "fusesoc", "run", "--setup", f"--target={target}", "--flag=fix", "finn:net:digits")
    assert list(tmp_path.rglob(file))


@pytest.fixture(scope="module")
def driver_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel for boards."""
    return build_wheel(CHECKOUT / "gen", tmp_path_factory.mktemp("driver"))


def test_the_driver_alone(driver_wheel: Path, tmp_path: Path) -> None:
    """It has its own files and the errors, byte for byte; with numpy and Pillow it works, and loads nothing else."""
    with zipfile.ZipFile(driver_wheel) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if ".dist-info/" not in name}
        [metadata] = [archive.read(name).decode() for name in archive.namelist() if name.endswith("/METADATA")]
        assert [name for name in archive.namelist() if name.endswith("/licenses/LICENSE")]
    source = CHECKOUT / "gen"
    own = {str(path.relative_to(source)) for path in (source / "finn_rtl" / "driver").glob("*.py")}
    assert set(files) == own | {f"finn_rtl/{name}" for name in ("common/__init__.py", "common/errors.py", "py.typed")}
    assert all((source / name).read_bytes() == text for name, text in files.items())
    assert f"\nVersion: {PROJECT['version']}\n" in metadata and "\nRequires-Python: >=3.10\n" in metadata

    site = install(driver_wheel, tmp_path / "site")
    (tmp_path / "accelerator.json").write_text(render(describe(*digits_network(False), "uart")))
    Image.new("L", (16, 16), 255).save(tmp_path / "picture.png")
    # Beside numpy and Pillow, without the environment's own paths: it has all of finn_rtl.
    installed, packages = Path(np.__file__).parents[1], tmp_path / "packages"
    packages.mkdir()
    for name in ("numpy", "numpy.libs", "PIL", "pillow.libs"):
        if (installed / name).exists():
            (packages / name).symlink_to(installed / name)
    program = DRIVER.format(paths=[str(site), str(packages)])
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], cwd=tmp_path, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    white, *said = done.stdout.split("\n")[:-1]
    assert white == str(16 * 64)
    assert {word for word in said if "/" in word} == {f"{site}/finn_rtl/{name}" for name in ("common", "driver")}
    assert {word for word in said if "/" not in word} == {"PIL", "numpy"}
    help_text = subprocess.run([site / "bin" / "finn-rtl-driver", "--help"], capture_output=True, text=True, check=True,
                               env={**os.environ, "PYTHONPATH": str(site)}).stdout
    assert "--bitstream" in help_text


def test_the_driver_is_written_in_python_3_10() -> None:
    """That of PYNQ's images; make lint has mypy look at what it calls."""
    package = CHECKOUT / "gen" / "finn_rtl"
    for path in (*(package / "driver").glob("*.py"), package / "common" / "errors.py"):
        ast.parse(path.read_text(encoding="utf-8"), path, feature_version=(3, 10))
