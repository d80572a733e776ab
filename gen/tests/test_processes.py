"""Children end with their parent, temporary folders with what needs them, whatever ends it. Needs Linux' /proc."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from finn_rtl.common import processes
from finn_rtl.common.programs import tool_environment

pytestmark = pytest.mark.steady

MARK = "FINN_TEST_MARK"
PATIENCE = 120.0
TRIES = 10
# A child with a child of its own, both of which go on until they are killed.
NESTED = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(1000)'])"


def wait_for(what: str, condition: Callable[[], Any]) -> Any:
    """Waits until a condition holds; what it gave."""
    end = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < end, f"{what} did not come"
        time.sleep(0.005)
    return found


class Marked:
    """All processes below one, found by a variable that they inherit, wherever they were moved."""

    def __init__(self) -> None:
        self.mark = f"{MARK}={uuid.uuid4().hex}".encode()

    def commands(self) -> list[str]:
        """What those that live were started as."""
        found = []
        for place in Path("/proc").iterdir():
            try:
                if place.name.isdigit() and self.mark in (place / "environ").read_bytes().split(b"\0"):
                    # Empty in a process that has ended and waits to be noticed.
                    command = (place / "cmdline").read_bytes()
                    found += [command.replace(b"\0", b" ").decode(errors="replace")] * bool(command)
            except OSError:
                pass
        return found

    def environment(self, **variables: str) -> dict[str, str]:
        """This process' with the mark."""
        name, value = self.mark.decode().split("=")
        return {**os.environ, name: value, **variables}


@pytest.fixture
def marked() -> Iterator[Marked]:
    yield (found := Marked())
    for place in Path("/proc").iterdir():  # what a failed test left
        try:
            if place.name.isdigit() and found.mark in (place / "environ").read_bytes().split(b"\0"):
                os.kill(int(place.name), signal.SIGKILL)
        except OSError:
            pass


@pytest.fixture
def slow_net(document: dict[str, Any], arrays: dict[str, np.ndarray], write_net: Callable[..., Path]) -> Path:
    return write_net(document, arrays)


# What runs when the signal comes, and the command that gets there.
MOMENTS = {
    "fusesoc": ["simulate"],
    "cc1plus": ["simulate"],
    "/models/": ["simulate", "--frames", "1000000", "--fold", "fc0=1x1"],
    "finn_rtl.tools.yosys": ["synth", "--no-cache"],
}


def heed(number: signal.Signals) -> None:
    if number is not signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)


def interrupt(marked: Marked, tmp_path: Path, net: Path, moment: str, number: signal.Signals,
              cache: Path) -> tuple[int, str]:
    """Runs the command up to a moment, sends the signal to that process alone; its status and errors."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    name, *options = MOMENTS[moment]
    environment = marked.environment(TMPDIR=str(temporary), XDG_CACHE_HOME=str(cache))
    # Those that are ignored stay so, as this process may be told to by nohup.
    process = subprocess.Popen([sys.executable, "-m", "finn_rtl.cli", name, str(net), *options], env=environment,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               preexec_fn=lambda: heed(number))
    wait_for(moment, lambda: process.poll() is not None or any(moment in command for command in marked.commands()))
    assert process.poll() is None, process.communicate()[1]
    process.send_signal(number)
    _, complaints = process.communicate(timeout=PATIENCE)
    wait_for("the end of all children", lambda: not marked.commands())
    return process.returncode, complaints


@pytest.mark.parametrize(("moment", "number"), [
    *((moment, number) for moment in MOMENTS for number in (signal.SIGINT, signal.SIGTERM)),
    ("cc1plus", signal.SIGKILL), ("finn_rtl.tools.yosys", signal.SIGKILL), ("fusesoc", signal.SIGHUP)])
def test_nothing_outlives_the_command(moment: str, number: signal.Signals, marked: Marked, tmp_path: Path,
                                      slow_net: Path, model_cache: Path) -> None:
    cache = model_cache if moment == "/models/" else tmp_path / "cache"
    status, complaints = interrupt(marked, tmp_path, slow_net, moment, number, cache)
    if number is signal.SIGKILL:
        assert status == -number
        # The guard is the last one to go.
        wait_for("the end of all folders", lambda: not list((tmp_path / "tmp").iterdir()))
    else:
        assert status == 128 + number
        assert complaints.count("\n") == 1, complaints
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize("step", ["os.mkdir", "subprocess.Popen"])
def test_killed_behind_a_step(step: str, marked: Marked, tmp_path: Path) -> None:
    """Killed before it could say that the folder or the child is there now."""
    module, name = step.split(".")
    program = (f"import os, signal, subprocess; from finn_rtl.common import processes; do = {step}\n"
               f"def kill(*a, **k):\n"
               f"    done = do(*a, **k)\n"
               f"    if {name!r} == 'mkdir' or 'sleep' in a[0]:\n        os.kill(os.getpid(), signal.SIGKILL)\n"
               f"    return done\n"
               f"{module}.{name} = kill\nprocesses.run(['sleep', '1000'])")
    done = subprocess.run([sys.executable, "-c", program], check=False, stdout=subprocess.DEVNULL,
                          env=marked.environment(TMPDIR=str(tmp_path)))
    assert done.returncode == -signal.SIGKILL
    wait_for("the end of all children", lambda: not marked.commands())
    wait_for("the end of all folders", lambda: not list(tmp_path.iterdir()))


def test_output_folders_are_whole_or_not_there(marked: Marked, tmp_path: Path, slow_net: Path) -> None:
    """A build that is interrupted while it writes leaves nothing beside its output either."""
    program = ("import os, signal, sys; from pathlib import Path; from finn_rtl import cli; write = Path.write_text\n"
               "def hang(*a, **k):\n    write(*a, **k); os.kill(os.getpid(), signal.SIGTERM)\n"
               "Path.write_text = hang; sys.argv = ['finn-rtl', 'build', sys.argv[1], '-o', sys.argv[2]]; cli.main()")
    (tmp_path / "out").mkdir()
    done = subprocess.run([sys.executable, "-c", program, str(slow_net), str(tmp_path / "out" / "hw")], check=False,
                          env=marked.environment(), capture_output=True, text=True)
    assert done.returncode == 128 + signal.SIGTERM, done.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_a_signal_at_any_time(marked: Marked, tmp_path: Path) -> None:
    """Children and folders in a quick row, with signals at random: between any two steps of what starts them."""
    program = "\n".join([
        "from finn_rtl.common import processes",
        "with processes.interruptible():",
        "    print('go', flush=True)",
        "    while True:",
        "        try:",
        "            with processes.workspace() as folder, processes.start(['sleep', '1000'], folder):",
        "                processes.parallel(lambda _: processes.run(['true'], folder), range(4), 2)",
        "                raise KeyError",
        "        except KeyError:",
        "            pass"])
    (tmp_path / "tmp").mkdir()
    rng = np.random.default_rng(5)
    for number in (signal.SIGINT, signal.SIGTERM) * TRIES:
        environment = marked.environment(TMPDIR=str(tmp_path / "tmp"))
        process = subprocess.Popen([sys.executable, "-c", program], env=environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout is not None and process.stdout.readline() == "go\n"
        time.sleep(rng.uniform(0, 0.05))
        process.send_signal(number)
        process.send_signal(number)  # whoever is impatient changes nothing
        assert process.wait(PATIENCE) == 128 + number, process.communicate()
        process.communicate()
        # No waiting: all is clean when the process is gone.
        assert marked.commands() == []
        assert list((tmp_path / "tmp").iterdir()) == []


def test_a_signal_where_nothing_can_be_raised() -> None:
    """In a destructor Python drops exceptions: the signal comes again."""
    program = "\n".join([
        "import time",
        "from finn_rtl.common import processes",
        "class Slow:",
        "    def __del__(self):",
        "        print('go', flush=True)",
        "        time.sleep(1000)",
        "with processes.interruptible():",
        "    slow = Slow()",
        "    del slow",
        "    time.sleep(1000)"])
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True)
    assert process.stdout is not None and process.stdout.readline() == "go\n"
    process.send_signal(signal.SIGTERM)
    try:
        assert process.wait(PATIENCE) == 128 + signal.SIGTERM
        assert process.communicate()[1] == ""
    finally:
        process.kill()


def test_a_child_that_takes_too_long_is_killed_with_its_own(marked: Marked) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        processes.run([sys.executable, "-c", NESTED], environment=marked.environment(), timeout=0.5)
    wait_for("the end of both", lambda: not marked.commands())


def test_so_are_those_that_a_child_starts_in_the_same_way(marked: Marked, tmp_path: Path) -> None:
    program = f"import sys; from finn_rtl.common import processes; processes.run([sys.executable, '-c', {NESTED!r}])"
    environment = marked.environment(TMPDIR=str(tmp_path))
    with pytest.raises(KeyError), processes.start([sys.executable, "-c", program], environment=environment):
        # The child, its guard, its child and that one's.
        wait_for("all of them", lambda: len(marked.commands()) == 4)
        raise KeyError
    wait_for("the end of all", lambda: not marked.commands())
    assert list(tmp_path.iterdir()) == []


def test_one_failure_ends_the_others(marked: Marked) -> None:
    begun = threading.Event()

    def work(item: int) -> None:
        if item == 1:
            wait_for("the other", lambda: len(marked.commands()) == 2)
            raise KeyError("first")
        begun.set()
        processes.run([sys.executable, "-c", NESTED], environment=marked.environment())
        if item > 1:
            pytest.fail("begun after the failure")

    with pytest.raises(KeyError, match="first"):
        processes.parallel(work, range(4), 2)
    assert begun.is_set()
    wait_for("the end of the others", lambda: not marked.commands())


def test_results_come_in_order() -> None:
    assert processes.parallel(lambda item: item * item, range(20), 4) == [item * item for item in range(20)]
    assert processes.parallel(lambda item: item, [], 4) == []


def test_a_folder_goes_with_the_block(tmp_path: Path) -> None:
    with pytest.raises(KeyError), processes.workspace(tmp_path, "mine-") as folder:
        (folder / "sub").mkdir()
        (folder / "sub" / "file").write_text("text")
        assert folder.name.startswith("mine-")
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_ignored_signals_stay_ignored() -> None:
    old, other = signal.signal(signal.SIGHUP, signal.SIG_IGN), signal.getsignal(signal.SIGTERM)
    try:
        with processes.interruptible():
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGTERM) is not other
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is other
    finally:
        signal.signal(signal.SIGHUP, old)


def test_tools_find_python_where_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Verilator's makefiles call `python`; Debian has `python3` alone."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("python") is None
    assert shutil.which("python", path=tool_environment()["PATH"]) is not None
    monkeypatch.delenv("PATH")
    assert shutil.which("python", path=tool_environment()["PATH"]) is not None
