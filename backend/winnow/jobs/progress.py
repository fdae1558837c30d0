"""Progress: what long work tells whoever watches, and how they stop it."""

from __future__ import annotations

import time
from typing import Protocol

from winnow.catalog.joblog import JobLog
from winnow.errors import Cancelled


class Progress(Protocol):
    """Receives the stages of a job."""

    def stage(self, name: str, total: float, unit: str) -> None:
        """Begin a stage of `total` units; a total of 0 means unknown."""

    def advance(self, amount: float) -> None:
        """Report that so much more is done; raises Cancelled when a person stopped the job."""

    def note(self, text: str) -> None:
        """Say something worth keeping in the log."""


class Silent:
    """Progress that nobody watches."""

    def stage(self, name: str, total: float, unit: str) -> None: ...

    def advance(self, amount: float) -> None: ...

    def note(self, text: str) -> None: ...


class Recorded:
    """Progress written to the job log at most twice a second, and passed on."""

    def __init__(self, log: JobLog, job: int, onward: Progress) -> None:
        self._log, self._job, self._onward = log, job, onward
        self._stage, self._done, self._total, self._unit, self._written = "", 0.0, 0.0, "", 0.0

    def stage(self, name: str, total: float, unit: str) -> None:
        self._stage, self._done, self._total, self._unit = name, 0.0, total, unit
        self._onward.stage(name, total, unit)
        self._write()

    def advance(self, amount: float) -> None:
        self._done += amount
        self._onward.advance(amount)
        if time.monotonic() - self._written > 0.5:
            self._write()

    def note(self, text: str) -> None:
        self._onward.note(text)

    def _write(self) -> None:
        self._written = time.monotonic()
        if self._log.progress(self._job, self._stage, self._done, self._total, self._unit):
            raise Cancelled(
                f"job {self._job} was cancelled", f"during {self._stage}", "run it again: finished shards are kept"
            )
