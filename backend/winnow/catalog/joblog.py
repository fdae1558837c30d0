"""The job log: every piece of long work, with its progress, its end and the wish to cancel it."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from winnow.catalog.audit import record
from winnow.catalog.control import Control, dump, load, now
from winnow.catalog.publish import alive
from winnow.errors import Cancelled, ConflictError, SettingError

INTERRUPTED = "its process ended; run it again and it goes on from there"
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
    stage_started: str | None = None

    @property
    def command(self) -> str:
        """Return the command that does the same."""
        return f"import-{self.recipe.get('what', 'column')}" if self.verb == "bring" else self.verb.replace("_", "-")

    @property
    def about(self) -> str:
        """Return the name of what it makes, writes or runs, "" where it is about the whole corpus."""
        names = self.recipe.get("name") or self.recipe.get("names") or self.recipe.get("model") or ""
        return names if isinstance(names, str) else ", ".join(names)

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

    @property
    def left(self) -> float | None:
        """Return how many seconds the present stage still takes at its speed so far, None while that cannot be told.

        s = (time in the stage) · (1 - share) / share, from a fiftieth of the stage and two seconds on.
        """
        if self.state != "running" or not self.stage_started or self.share < 0.02:
            return None
        spent = (
            datetime.fromisoformat(self.updated or now()) - datetime.fromisoformat(self.stage_started)
        ).total_seconds()
        return spent * (1 - self.share) / self.share if spent >= 2 else None


class JobLog:
    """Reads and writes jobs."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def add(self, verb: str, recipe: Mapping[str, Any]) -> int:
        """Queue a job in the name of this process, and return its number."""
        with self._control.write() as connection:
            cursor = connection.execute(
                "INSERT INTO jobs (verb, recipe, state, process, created) VALUES (?, ?, 'queued', ?, ?)",
                (verb, dump(recipe), process_name(), now()),
            )
            job = int(cursor.lastrowid or 0)
            folder = recipe.get({"export": "folder", "run_recipe": "out"}.get(verb, ""))
            if folder:
                record(connection, "export", str(recipe.get("name") or recipe.get("path")), folder=folder, job=job)
            return job

    def hand_over(self, job: int, process: int) -> None:
        """Name the process that a queued job waits in: when it dies, the job waits no longer."""
        with self._control.write() as connection:
            connection.execute(
                "UPDATE jobs SET process = ? WHERE job = ? AND state = 'queued'", (process_name(process), job)
            )

    def start(self, job: int, *, queued: bool = False) -> None:
        """Begin a job, or begin it again; raises ConflictError when it runs already, Cancelled when `queued` only and it is not."""
        state = self.get(job).state
        if state == "running":
            raise ConflictError(f"job {job} needs to stand still", "it is running", f"winnow jobs cancel {job}")
        if queued and state != "queued":
            raise Cancelled(f"job {job} was to wait for its start", f"it is {state}", "start it again")
        self._set(
            job, state="running", started=now(), updated=now(), process=process_name(), finished=None, cancel=0,
            stage="", done=0, total=0, unit="", result="", error="", stage_started=None,
        )  # fmt: skip

    def progress(self, job: int, stage: str, done: float, total: float, unit: str) -> bool:
        """Record progress and return whether somebody asked to cancel."""
        with self._control.write() as connection:
            connection.execute(
                "UPDATE jobs SET stage_started = CASE WHEN stage = ? THEN stage_started ELSE ? END, "
                "stage = ?, done = ?, total = ?, unit = ?, updated = ? WHERE job = ?",
                (stage, now(), stage, done, total, unit, now(), job),
            )
        row = self._control.one("SELECT cancel FROM jobs WHERE job = ?", job)
        return bool(row and row["cancel"])

    def finish(self, job: int, state: str, *, result: str = "", error: str = "") -> None:
        """Write down how a job ended; one that is done has done all of its last stage."""
        whole = ", done = total" if state == "done" else ""
        with self._control.write() as connection:
            connection.execute(
                f"UPDATE jobs SET state = ?, finished = ?, result = ?, error = ?{whole} WHERE job = ?",
                (state, now(), result, error, job),
            )

    def cancel(self, job: int) -> str:
        """Ask a running job to stop at its next step; a queued one never starts. Returns the state it is in now."""
        self.get(job)
        with self._control.write() as connection:
            connection.execute(
                "UPDATE jobs SET cancel = 1, finished = CASE state WHEN 'queued' THEN ? END, "
                "state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END "
                "WHERE job = ? AND state IN ('queued', 'running')",
                (now(), job),
            )
        return self.get(job).state

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
        for row in self._control.rows("SELECT job, process FROM jobs WHERE state IN ('queued', 'running')"):
            if not lives(row["process"]) and not self._control.read_only:
                with self._control.write("read") as connection:
                    # It may have ended well since it was read, so only what still stands as read is changed.
                    connection.execute(
                        "UPDATE jobs SET state = 'interrupted', finished = ?, error = ? "
                        "WHERE job = ? AND process = ? AND state IN ('queued', 'running')",
                        (now(), INTERRUPTED, row["job"], row["process"]),
                    )

    def _set(self, job: int, **values: Any) -> None:
        names = ", ".join(f"{name} = ?" for name in values)
        with self._control.write() as connection:
            connection.execute(f"UPDATE jobs SET {names} WHERE job = ?", (*values.values(), job))


def _job(row: Any) -> Job:
    return Job(**{**dict(row), "recipe": load(row["recipe"]), "cancel": bool(row["cancel"])})


def process_name(process: int | None = None) -> str:
    """Name a process so that no other is taken for it: "pid:start time:machine"."""
    number = process or os.getpid()
    return f"{number}:{_status(number)[1]}:{socket.gethostname()}"


def _status(process: int) -> tuple[str, str]:
    """Return a process's state letter and start time, both empty where the system does not tell."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return fields[0], fields[19]
    except (OSError, IndexError):
        return "", ""


def lives(name: str) -> bool:
    """Return whether a named process still runs: one that ended but was not waited for does not.

    A process of another machine or container cannot be seen from here and is believed to run.
    """
    number, _, rest = name.partition(":")
    start, _, machine = rest.partition(":")
    if machine and machine != socket.gethostname():
        return True
    if not number.isdigit() or not alive(int(number)):
        return False
    state, began = _status(int(number))
    return state not in ("Z", "X") and (not start or began == start)
