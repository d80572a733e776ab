"""Child processes and temporary folders that do not outlive this process, and not the call that needs them.

Every child leads a process group of its own. When the block that waits for it is left by an exception, by Ctrl-C for
example, the whole group is killed: compilers below `make`, and whatever else a tool started. `parallel` does so for the
children of all its threads. What a child leaves among temporary files goes with it. Where this process is ended in a
way that leaves it no time, even by SIGKILL, a guard (guard.py), which notices by the end of a pipe, kills and
removes what is left.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from types import FrameType
from typing import TypeVar

from finn_rtl.common.guard import remove

Item = TypeVar("Item")
Result = TypeVar("Result")

PREFIX = "finn-rtl-"
# Seconds until a signal comes again whose exception was dropped.
AGAIN = 0.01
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(SystemExit):
    """A signal asked this process to end; it does with status 128 + its number, as a shell says it."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.signal = signal.Signals(number)


class _Signals:
    """Turns signals into Interrupted, once, and never between the start of a child and the note of it."""

    def __init__(self) -> None:
        self.holds = 0
        self.pending = 0
        self.is_over = False

    def take(self, number: int, _: FrameType | None) -> None:
        if self.is_over:
            return  # the first one is being obeyed
        if self.holds:
            self.pending = number
            return
        self.is_over = True
        raise Interrupted(number)

    def dropped(self, other: Callable[[sys.UnraisableHookArgs], object], what: sys.UnraisableHookArgs) -> None:
        """Python dropped an exception, in a destructor for example; if it was a signal's, that comes again soon."""
        if not isinstance(what.exc_value, Interrupted):
            other(what)
            return
        self.is_over = False
        again = threading.Timer(AGAIN, os.kill, (os.getpid(), what.exc_value.signal))
        again.daemon = True
        again.start()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        # Handlers run in the main thread only.
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self.holds += 1
        try:
            yield
        finally:
            self.holds -= 1
            if self.pending and not self.holds:
                number, self.pending = self.pending, 0
                self.take(number, None)


_signals = _Signals()


def uninterrupted() -> contextlib.AbstractContextManager[None]:
    """In the block no signal raises Interrupted; one that came does at its end."""
    return _signals.held()


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """The first SIGINT, SIGTERM or SIGHUP in the block raises Interrupted; for the main thread of a program."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # Those that are ignored stay so: nohup, jobs in the background.
    old = {number: signal.getsignal(number) for number in SIGNALS}
    hook = sys.unraisablehook
    taken = [number for number, handler in old.items() if handler is not signal.SIG_IGN]
    _signals.is_over = False
    try:
        sys.unraisablehook = partial(_signals.dropped, hook)
        for number in taken:
            signal.signal(number, _signals.take)
        yield
    finally:
        for number in taken:
            signal.signal(number, old[number])
        sys.unraisablehook = hook


class _Guard:
    """This end of the guard, which is started with the first thing to guard."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None

    def tell(self, line: str) -> None:
        with self.lock:
            if self.process is None:
                self.process = subprocess.Popen(
                    [sys.executable, "-I", "-S", str(Path(__file__).with_name("guard.py"))], stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", start_new_session=True)
            assert self.process.stdin is not None
            # It may have been killed itself: then only this process cleans up.
            with contextlib.suppress(OSError):
                os.write(self.process.stdin.fileno(), f"{line}\n".encode())

    def end(self) -> None:
        """Let it clean up what is left, and wait for that."""
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
            self.process.wait()

    def forget(self) -> None:
        """In a process that was forked off: this guard is its parent's."""
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
            self.process.returncode = 0
        self.lock, self.process = threading.Lock(), None


_guard = _Guard()
atexit.register(_guard.end)
os.register_at_fork(after_in_child=_guard.forget)


class _Scope:
    """The children of several threads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.groups: set[int] = set()
        self.is_over = False

    def add(self, group: int) -> None:
        with self.lock:
            self.groups.add(group)
            if self.is_over:
                _kill(group)

    def remove(self, group: int) -> None:
        with self.lock:
            self.groups.discard(group)

    def stop(self) -> None:
        """Kill all that live, and all that start later."""
        with self.lock:
            self.is_over = True
            for group in self.groups:
                _kill(group)


_local = threading.local()


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


@contextlib.contextmanager
def workspace(parent: Path | None = None, prefix: str = PREFIX) -> Iterator[Path]:
    """A temporary folder, removed at the end of the block or of this process, whichever comes first.

    Args:
        parent: where to make it; the system's place for temporary files when not given.
        prefix: of its name.
    """
    with contextlib.ExitStack() as stack:
        with _signals.held():
            # The guard knows it before it is there: this process may be killed between any two steps.
            folder = Path(tempfile.gettempdir() if parent is None else parent).resolve() / f"{prefix}{uuid.uuid4().hex}"
            line = f"folder {os.fsencode(folder).hex()}"

            def finish() -> None:
                with _signals.held():
                    remove(str(folder))
                    if not os.path.lexists(folder):
                        _guard.tell(f"-{line}")

            stack.callback(finish)
            _guard.tell(f"+{line}")
            folder.mkdir(0o700)
        yield folder


@contextlib.contextmanager
def start(command: Sequence[str], folder: Path | None = None, environment: Mapping[str, str] | None = None, *,
          stdin: int = subprocess.DEVNULL, stdout: int = subprocess.PIPE,
          stderr: int = subprocess.PIPE) -> Iterator[subprocess.Popen[str]]:
    """Start a child; the block's end waits for it, an exception in the block kills it and all that it started.

    It has a folder of its own for temporary files (TMPDIR), by which the guard knows it, too.

    Args:
        command: program and arguments.
        folder: where to run it.
        environment: instead of this process' own.
        stdin: as for subprocess.Popen. All streams are text, undecodable bytes replaced.
        stdout: the same.
        stderr: the same.
    """
    scope: _Scope | None = getattr(_local, "scope", None)
    with contextlib.ExitStack() as stack:
        temporary = stack.enter_context(workspace())
        variables = {**(os.environ if environment is None else environment), "TMPDIR": str(temporary)}
        with _signals.held():
            process = subprocess.Popen(command, cwd=folder, env=variables, stdin=stdin, stdout=stdout, stderr=stderr,
                                       text=True, errors="replace", process_group=0)

            def finish(kind: type[BaseException] | None, *_: object) -> None:
                with _signals.held():
                    if kind is not None:
                        _kill(process.pid)
                    process.__exit__(None, None, None)
                    if scope is not None:
                        scope.remove(process.pid)
                    _guard.tell(f"-group {process.pid}")

            stack.push(finish)
            _guard.tell(f"+group {process.pid}")
            if scope is not None:
                scope.add(process.pid)
        yield process
        process.wait()


def run(command: Sequence[str], folder: Path | None = None, environment: Mapping[str, str] | None = None, *,
        text: str | None = None, timeout: float | None = None, stdout: int = subprocess.PIPE,
        stderr: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    """Run a child to its end, as subprocess.run does; see start.

    Args:
        command: program and arguments.
        folder: where to run it.
        environment: instead of this process' own.
        text: for its standard input, which is empty without.
        timeout: seconds after which it is killed with all that it started.
        stdout: as for subprocess.run; captured when not given.
        stderr: the same.

    Raises:
        subprocess.TimeoutExpired: it was killed for its time.
    """
    stdin = subprocess.DEVNULL if text is None else subprocess.PIPE
    with start(command, folder, environment, stdin=stdin, stdout=stdout, stderr=stderr) as process:
        said, complaints = process.communicate(text, timeout)
    return subprocess.CompletedProcess(command, process.returncode, said, complaints)


def parallel(function: Callable[[Item], Result], items: Iterable[Item], workers: int) -> list[Result]:
    """Results of a function of each item, in threads.

    Where one raises or this thread is interrupted, the others' children are killed and no item is begun any more.
    """
    scope, waiting = _Scope(), deque(enumerate(items))
    results: dict[int, Result] = {}
    # One step of the interpreter puts or gets: a signal cannot come between, as it can in concurrent.futures.
    done: SimpleQueue[tuple[int, Result] | BaseException] = SimpleQueue()

    def work() -> None:
        _local.scope = scope
        with contextlib.suppress(IndexError):
            while not scope.is_over:
                index, item = waiting.popleft()
                try:
                    done.put((index, function(item)))
                except BaseException as error:
                    done.put(error)

    count = len(waiting)
    threads = [threading.Thread(target=work) for _ in range(min(workers, count))]
    try:
        for thread in threads:
            thread.start()
        while len(results) < count:
            found = done.get()
            if isinstance(found, BaseException):
                raise found
            results[found[0]] = found[1]
    except BaseException:
        scope.stop()
        raise
    finally:
        for thread in threads:
            if thread.ident is not None:
                thread.join()
    return [results[index] for index in range(count)]
