"""Functions in processes of their own, on this machine or on others; concurrent.futures runs them.

What is asked for is an Executor: processes of this machine (`local`) or the workers of a scheduler (cluster.py); `on`
gives the one that is asked for. Where the caller is interrupted the processes here are killed at once; where it is
killed they end by themselves.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from queue import SimpleQueue
from typing import TypeVar

from finn_rtl.common import processes
from finn_rtl.common.errors import FinnError
from finn_rtl.common.store import Kept

Item = TypeVar("Item")
Result = TypeVar("Result")


def _begin() -> None:
    """In a new process: it does not outlive its parent."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=end, daemon=True).start()


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Processes that are started in the block never hear of Ctrl-C; their parent does, at the end of the block."""
    with processes.uninterrupted():
        old = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, old)


@contextlib.contextmanager
def local(workers: int | None = None) -> Iterator[Executor]:
    """Processes on this machine, which end with the block.

    Args:
        workers: how many; None for as many as there are cores.
    """
    others = set(multiprocessing.active_children())
    # Forked ones would inherit the locks of threads.
    pool = ProcessPoolExecutor(workers or os.cpu_count() or 1, multiprocessing.get_context("spawn"), _begin)
    try:
        yield pool
    except BaseException:
        with processes.uninterrupted():
            for child in set(multiprocessing.active_children()) - others:
                child.kill()
        raise
    finally:
        with processes.uninterrupted():
            pool.shutdown(cancel_futures=True)


def add_scheduler(parser: argparse.ArgumentParser) -> None:
    """Adds the option that names other machines."""
    parser.add_argument("--scheduler", metavar="tcp://HOST:PORT",
                        help="other machines: the workers of this Dask scheduler (docs/cluster.md)")


@contextlib.contextmanager
def on(scheduler: str | None, workers: int | None = None, say: Callable[[str], None] = lambda _: None
       ) -> Iterator[Executor]:
    """The workers of a scheduler, or processes on this machine where none is named.

    Args:
        scheduler: its address, tcp://HOST:PORT.
        workers: how many processes on this machine; None for as many as there are cores.
        say: hears in a line how many workers a scheduler has.

    Raises:
        FinnError: Dask is missing, or no scheduler answers.
    """
    if scheduler is None:
        with local(workers) as pool:
            yield pool
    else:
        from finn_rtl.common.cluster import remote  # noqa: PLC0415 - needed for other machines alone

        with remote(scheduler, say) as cluster:
            yield cluster


def width(executor: Executor) -> int:
    """How many functions it runs at once now, at least 1."""
    return max(1, getattr(executor, "width", lambda: os.cpu_count() or 1)())


def results(executor: Executor, function: Callable[[Item], Result], items: Sequence[Item],
            done: Callable[[int, Result], None] = lambda *_: None,
            kept: Kept[Item, Result] | None = None) -> list[Result]:
    """Results of a function of each item, in their order.

    Args:
        executor: what runs them.
        function: of a module, so that other processes find it.
        items: what it is called with.
        done: called in this thread with each result that is there now, behind the place of its item.
        kept: where results are that were found before, and go that are found now.

    Raises:
        FinnError: a process ended before its function did.
    """
    found: dict[int, Result] = {}
    for index, item in enumerate(items if kept else ()):
        if kept and (known := kept.get(item)) is not None:
            found[index] = known
            done(index, known)
    # One step of the interpreter puts or gets: a signal cannot come between, as it can in concurrent.futures.
    ended: SimpleQueue[tuple[int, Future[Result]]] = SimpleQueue()
    try:
        with _deaf():
            for index, item in enumerate(items):
                if index not in found:
                    future = executor.submit(function, item)
                    future.add_done_callback(functools.partial(_note, ended, index))
        while len(found) < len(items):
            index, future = ended.get()
            found[index] = future.result()
            if kept:
                kept.put(items[index], found[index])
            done(index, found[index])
        return [found[index] for index in range(len(items))]
    except BrokenProcessPool:
        raise FinnError("a process ended before it was done, killed perhaps for want of memory; try again with fewer"
                        " (--workers)") from None


def _note(ended: SimpleQueue[tuple[int, Future[Result]]], index: int, future: Future[Result]) -> None:
    ended.put((index, future))
