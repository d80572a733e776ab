"""An executor of other machines: workers of a Dask scheduler, which have the same finn-rtl as this one.

A task goes to a worker whole: a function of a module, and what it is called with. A worker compares first which
finn-rtl it has, then runs one task at a time, whatever its number of threads. Where a worker ends in mid-run, Dask
gives its tasks to others.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import pickle
import re
import socket
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from typing import Any

from finn_rtl.common.errors import FinnError
from finn_rtl.common.extras import require
from finn_rtl.common.installation import Installation, installation
from finn_rtl.common.store import SHARED

#: What a worker takes over of the environment here.
ENVIRONMENT = ("FINN_DATA", SHARED)
#: Seconds in which a scheduler must answer.
PATIENCE = 5.0
_ADDRESS = re.compile(r"(tcp|tls)://[^/:]+:[0-9]+|(tcp|tls)://\[[^]]+\]:[0-9]+")
_alone = threading.Lock()


def work(expected: Installation, environment: Mapping[str, str | None], task: bytes) -> Any:
    """On a worker: run a task.

    Args:
        expected: which finn-rtl the worker must have.
        environment: variables to set; None: to remove.
        task: a function and its arguments, pickled.

    Raises:
        FinnError: it has another one.
    """
    if other := expected.difference(installation()):
        raise FinnError(f"the worker on {socket.gethostname()} has {other}; install the same there, and start it again")
    function, arguments = pickle.loads(task)
    with _alone:
        for name, value in environment.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        return function(*arguments)


class Cluster(Executor):
    """The workers of a scheduler as an executor."""

    def __init__(self, address: str, client: Any) -> None:
        self._address, self._client = address, client
        self._inner: Executor = client.get_executor(pure=False)
        self._installation = installation()

    def width(self) -> int:
        """How many workers there are now."""
        return len(self._client.scheduler_info(n_workers=-1)["workers"])

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Hand in a function of a module with its arguments; keywords are not taken."""
        assert not kwargs
        environment = {name: os.environ.get(name) for name in ENVIRONMENT}
        outer: Future[Any] = Future()

        def pass_on(inner: Future[Any]) -> None:
            if inner.cancelled():
                outer.set_exception(FinnError(f"--scheduler {self._address}: it is not there any more"))
            elif error := inner.exception():
                outer.set_exception(self._translated(error))
            else:
                outer.set_result(inner.result())

        self._inner.submit(work, self._installation, environment, pickle.dumps((fn, args))).add_done_callback(pass_on)
        return outer

    def _translated(self, error: BaseException) -> BaseException:
        """What Dask says, in our words."""
        if type(error).__name__ == "KilledWorker":
            return FinnError(f"--scheduler {self._address}: one worker after the other ended in the same task, killed"
                             " perhaps for want of memory")
        if isinstance(error, ModuleNotFoundError):
            return FinnError(f"--scheduler {self._address}: a worker has no module {error.name!r}; install the same"
                             " finn-rtl there, or start it in the same checkout")
        return error


@contextlib.contextmanager
def remote(address: str, say: Callable[[str], None] = lambda _: None) -> Iterator[Cluster]:
    """The workers of a scheduler. What was handed in and did not begin is taken back at the end of the block.

    Args:
        address: tcp://HOST:PORT.
        say: hears in a line how many workers there are.

    Raises:
        FinnError: Dask is missing, or no scheduler answers.
    """
    if not _ADDRESS.fullmatch(address):
        raise FinnError(f"--scheduler {address}: must look like tcp://HOST:PORT")
    require("cluster", "distributed")
    client_of: Any = importlib.import_module("distributed").Client

    # It tells of lost connections, at length; what matters comes as an exception.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="distributed")
        try:
            client = client_of(address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:
            reason = str(error).partition("\n")[0] if isinstance(error, ValueError) else "no Dask scheduler answers"
            raise FinnError(f"--scheduler {address}: {reason}; dask scheduler starts one, dask worker {address} its"
                            " workers") from None
        cluster = Cluster(address, client)
        try:
            count = cluster.width()
            say(f"{address}: {count} worker{'s' * (count != 1)}" if count else f"{address}: waits for its first worker")
            yield cluster
        finally:
            cluster._inner.shutdown(wait=False)
            client.close(timeout=PATIENCE)
