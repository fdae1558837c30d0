"""How a verb becomes a job: its row in the log from the start to whichever end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any

from winnow.catalog.catalog import Catalog
from winnow.errors import Cancelled, WinnowError
from winnow.jobs.progress import Progress, Recorded, Silent

READING = {"export"}
"""Verbs that change nothing in the corpus, and so run on a read-only one, which has no log to write to."""


class Recording:
    """Writes what a workspace does into the log of jobs."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._job: int | None = None

    @contextmanager
    def __call__(self, verb: str, recipe: Mapping[str, Any], progress: Progress | None) -> Iterator[Progress]:
        """Record a verb while it runs: under a new number, or under the one that `run` has begun and will end."""
        log = self._catalog.jobs
        if self._catalog.control.read_only and verb in READING:
            yield progress or Silent()
            return
        job = self._job
        ended: AbstractContextManager[None] = nullcontext()
        if job is None:
            job = log.add(verb, recipe)
            log.start(job)
            ended = self._ended(job)
        with ended, self._kept(Recorded(log, job, progress or Silent())) as watch:
            yield watch

    def run(self, job: int, work: Callable[[str, dict[str, Any]], object], *, queued: bool = False) -> None:
        """Call `work(verb, recipe)` of a job that is in the log; with `queued` only when nobody cancelled or began it.

        Raises ConflictError when it is running, SettingError when there is no such job.
        """
        log = self._catalog.jobs
        found = log.get(job)
        log.start(job, queued=queued)
        self._job = job
        try:
            with self._ended(job):
                work(found.verb, dict(found.recipe))
        finally:
            self._job = None

    @contextmanager
    def _kept(self, watch: Progress) -> Iterator[Progress]:
        """Have the wide table on disk follow what a verb changed: it waits for it here, and no page does.

        Whoever stops that stops nothing that the verb did: the next process makes the table itself.
        """
        table = self._catalog.table
        before = table.version
        yield watch
        if table.version != before:
            with suppress(WinnowError, KeyboardInterrupt):
                table.keep(lambda: watch.stage("put the table together", 0, ""))

    @contextmanager
    def _ended(self, job: int) -> Iterator[None]:
        """Write down how a job ends, whichever way it does."""
        log = self._catalog.jobs
        try:
            yield
        except (Cancelled, KeyboardInterrupt) as reason:
            log.finish(job, "cancelled", error=str(reason) or "stopped at the keyboard")
            raise
        except WinnowError as reason:
            log.finish(job, "failed", error=str(reason))
            raise
        except BaseException as reason:
            log.finish(job, "failed", error=f"{type(reason).__name__}: {reason}")
            raise
        log.finish(job, "done")
