"""The job log: every piece of long work, with its progress, its end and the wish to cancel it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from winnow.catalog.control import Control, dump, load, now
from winnow.errors import SettingError

OPEN = ("queued", "running")


@dataclass(frozen=True)
class Job:
    """One job. `state` is queued, running, done, failed, cancelled or interrupted (its process died)."""

    job: int
    verb: str
    recipe: Mapping[str, Any]
    state: str
    stage: str
    done: float
    total: float
    unit: str
    process: str
    cancel: bool
    created: str
    started: str | None
    updated: str | None
    finished: str | None
    result: str
    error: str

    @property
    def share(self) -> float:
        """Return how much of the present stage is done, in [0, 1]."""
        return min(self.done / self.total, 1.0) if self.total > 0 else 0.0

    @property
    def seconds(self) -> float:
        """Return how long it has run, or ran."""
        if not self.started:
            return 0.0
        return (datetime.fromisoformat(self.finished or now()) - datetime.fromisoformat(self.started)).total_seconds()


class JobLog:
    """Reads and writes jobs."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def add(self, verb: str, recipe: Mapping[str, Any]) -> int:
        with self._control.write() as connection:
            cursor = connection.execute(
                "INSERT INTO jobs (verb, recipe, state, created) VALUES (?, ?, 'queued', ?)",
                (verb, dump(recipe), now()),
            )
            return int(cursor.lastrowid or 0)

    def start(self, job: int) -> None:
        self._set(job, state="running", started=now(), updated=now(), process=process_name())

    def progress(self, job: int, stage: str, done: float, total: float, unit: str) -> bool:
        """Record progress and return whether somebody asked to cancel."""
        self._set(job, stage=stage, done=done, total=total, unit=unit, updated=now())
        row = self._control.one("SELECT cancel FROM jobs WHERE job = ?", job)
        return bool(row and row["cancel"])

    def finish(self, job: int, state: str, *, result: str = "", error: str = "") -> None:
        self._set(job, state=state, finished=now(), result=result, error=error)

    def cancel(self, job: int) -> None:
        """Ask a running job to stop at its next step; a queued one never starts."""
        if self.get(job).state == "queued":
            self.finish(job, "cancelled")
        self._set(job, cancel=1)

    def all(self, limit: int = 200) -> list[Job]:
        """Return the newest jobs; one whose process has died is no longer running."""
        self._bury_dead()
        return [_job(row) for row in self._control.rows("SELECT * FROM jobs ORDER BY job DESC LIMIT ?", limit)]

    def get(self, job: int) -> Job:
        self._bury_dead()
        row = self._control.one("SELECT * FROM jobs WHERE job = ?", job)
        if row is None:
            raise SettingError(f"there is no job {job}", "", "winnow jobs lists them")
        return _job(row)

    def log_path(self, job: int) -> Path:
        """Return where the output of a job's own process goes."""
        return self._control.folder / "logs" / f"job-{job:05d}.log"

    def _bury_dead(self) -> None:
        for row in self._control.rows("SELECT job, process FROM jobs WHERE state = 'running'"):
            if not _lives(row["process"]):
                self.finish(
                    row["job"], "interrupted", error="its process ended; run it again and it goes on from there"
                )

    def _set(self, job: int, **values: Any) -> None:
        names = ", ".join(f"{name} = ?" for name in values)
        with self._control.write() as connection:
            connection.execute(f"UPDATE jobs SET {names} WHERE job = ?", (*values.values(), job))


def _job(row: Any) -> Job:
    return Job(**{**dict(row), "recipe": load(row["recipe"]), "cancel": bool(row["cancel"])})


def process_name(process: int | None = None) -> str:
    """Name a process so that a later one with the same number is not taken for it: "pid:start time"."""
    number = process or os.getpid()
    return f"{number}:{_start_time(number)}"


def _start_time(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _lives(name: str) -> bool:
    number, _, start = name.partition(":")
    if not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not start or _start_time(int(number)) == start
