"""Synthesis by an executor whose processes see no file of this one: jobs travel with all that Yosys reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace

from finn_rtl.common import processes
from finn_rtl.common.store import Kept
from finn_rtl.common.workers import results
from finn_rtl.tools.synth import Job, cells_of, kept_cells

#: A job, the texts of its folder by their names, and whether to use the cache there.
Sent = tuple[Job, dict[str, str], bool]


def cells_elsewhere(sent: Sent) -> Counter[str]:
    """In another process: the cells of a job.

    Raises:
        FinnError: Yosys failed.
    """
    job, texts, use_cache = sent
    with processes.workspace() as folder:
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        return cells_of(replace(job, folder=folder), use_cache)


def cells_of_all(executor: Executor, jobs: Sequence[Job], use_cache: bool, done: Callable[[Job], None]
                 ) -> list[Counter[str]]:
    """The cells of jobs, in their order; what is kept on this machine is asked of nobody.

    Args:
        executor: what runs Yosys.
        jobs: with different keys.
        use_cache: take what was found before, and keep what is found.
        done: called with each job whose cells are there.

    Raises:
        FinnError: Yosys failed.
    """
    here = kept_cells() if use_cache else None
    kept = None if here is None else Kept[Sent, Counter[str]](
        here.store, key=lambda sent: sent[0].key, write=here.write, read=lambda sent, raw: here.read(sent[0].key, raw))
    sent = [(job, {path.name: path.read_text(encoding="utf-8") for path in job.folder.iterdir()}, use_cache)
            for job in jobs]
    return results(executor, cells_elsewhere, sent, lambda place, _: done(jobs[place]), kept)
