# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Writes requirements.lock: the exact versions that `make setup` installs, of everything, down to the last package.

    python scripts/lock.py             # what pyproject.toml asks for now; versions that are locked stay
    python scripts/lock.py --upgrade   # the newest of everything

Run it with the oldest Python that finn-rtl supports: there are versions for it that newer ones can use, too. pip finds
the versions, and installs nothing. Packages that set-up does not install (PyTorch, other executors of ONNX files) are
locked without what they depend on.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
#: Extras that set-up does not install.
OTHERS = ("training", "executors")
HEADER = """\
# Written by scripts/lock.py: what make setup installs (pip install -c requirements.lock -e '.[dev]').
"""
OTHERS_HEADER = """\
# Not installed by make setup.
"""


def normalized(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked() -> dict[str, str]:
    """Versions in the lock, by name."""
    lines = LOCK.read_text(encoding="utf-8").splitlines() if LOCK.is_file() else []
    return dict(line.split("==") for line in lines if "==" in line)


def resolve(requirement: str, constraints: dict[str, str]) -> dict[str, str]:
    """Versions of all that pip would install for a requirement, by name."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "constraints.txt"
        file.write_text("".join(f"{name}=={version}\n" for name, version in constraints.items()), encoding="utf-8")
        done = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed",
                               "--report", "-", "-c", file, requirement], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    found = (item["metadata"] for item in json.loads(done.stdout)["install"])
    return {normalized(item["name"]): item["version"] for item in found}


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description="Write requirements.lock.")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions of everything")
    upgrade = parser.parse_args().upgrade
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    old = locked()
    pins = resolve(".[dev]", {} if upgrade else old)
    pins.pop(project["name"])
    others = {}
    for requirement in (line for extra in OTHERS for line in extras[extra]):
        name = normalized(re.split(r"[\[<>=!~ ;]", requirement)[0])
        if name not in pins:
            others[name] = old[name] if name in old and not upgrade else resolve(requirement, {})[name]
    lines = [HEADER, *(f"{name}=={version}\n" for name, version in sorted(pins.items())),
             OTHERS_HEADER, *(f"{name}=={version}\n" for name, version in sorted(others.items()))]
    LOCK.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
