"""Functions in processes of their own, for what Python itself computes; concurrent.futures runs them.

What is asked for is an Executor, so that another one, of other machines for example, can take its place. Where the
caller is interrupted the processes are killed at once; where it is killed they end by themselves.
"""

from __future__ import annotations

import contextlib
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


def results(executor: Executor, function: Callable[[Item], Result], items: Sequence[Item],
            done: Callable[[], None] = lambda: None) -> list[Result]:
    """Results of a function of each item, in their order.

    Args:
        executor: what runs them.
        function: of a module, so that other processes find it.
        items: what it is called with.
        done: called in this thread whenever one more is there.

    Raises:
        FinnError: a process ended before its function did.
    """
    # One step of the interpreter puts or gets: a signal cannot come between, as it can in concurrent.futures.
    ended: SimpleQueue[Future[Result]] = SimpleQueue()
    try:
        with _deaf():
            futures = [executor.submit(function, item) for item in items]
            for future in futures:
                future.add_done_callback(ended.put)
        for _ in futures:
            ended.get().result()
            done()
        return [future.result() for future in futures]
    except BrokenProcessPool:
        raise FinnError("a process ended before it was done, killed perhaps for want of memory; try again with fewer"
                        " (--workers)") from None
