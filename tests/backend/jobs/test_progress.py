"""Progress: written to the log now and then, passed on, stopped by a person."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from conftest import one_process, write_lines
from winnow.catalog import joblog, writing
from winnow.catalog.control import Control
from winnow.catalog.joblog import JobLog
from winnow.compute.base import Item, Result
from winnow.errors import Cancelled
from winnow.jobs.progress import Recorded, Silent
from winnow.workspace import Workspace


def test_progress_is_written_and_a_cancel_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("winnow.jobs.progress.time.monotonic", lambda: clock[0])
    log = JobLog(Control.create(tmp_path))
    job = log.add("score", {})
    log.start(job)
    progress = Recorded(log, job, Silent())
    progress.stage("score shape", 10, "documents")
    progress.advance(3)
    assert log.get(job).done == 0, "at most twice a second"
    clock[0] = 1.0
    progress.advance(2)
    assert (log.get(job).done, log.get(job).stage) == (5, "score shape")
    progress.note("kept")
    log.cancel(job)
    progress.advance(1)
    clock[0] = 2.0
    with pytest.raises(Cancelled, match="during score shape"):
        progress.advance(1)


class Timed:
    """Work that takes a second for every thousand characters, on a clock of its own."""

    workers, remote, seconds = 1, True, 0.0

    def map(self, work: Callable[[Item], Result], items: Iterable[Item], *, gpu: bool = False) -> Generator[Result]:
        for item in items:
            task: Any = item
            texts = pq.read_table(task.part.path, columns=["text"]).column("text")
            self.seconds += pc.sum(pc.utf8_length(texts)).as_py() / 1e3
            yield work(item)


class Foretold(Silent):
    """Notes when each stage began, and each prediction of its end: (share done, seconds)."""

    def __init__(self, log: JobLog, timed: Timed) -> None:
        self.log, self.timed = log, timed
        self.stages: dict[str, list[tuple[float, float]]] = {}
        self.began: dict[str, float] = {}
        self.ended: dict[str, float] = {}
        self.name = ""

    def stage(self, name: str, total: float, unit: str) -> None:
        self.name, self.began[name], self.stages[name] = name, self.timed.seconds, []

    def advance(self, amount: float) -> None:
        job = self.log.all(1)[0]
        self.ended[self.name] = self.timed.seconds
        if job.left is not None and job.stage == self.name and job.updated:
            self.stages[self.name].append((job.share, seconds_of(job.updated) + job.left))


START = datetime(2026, 1, 1)


def seconds_of(moment: str) -> float:
    return (datetime.fromisoformat(moment) - START).total_seconds()


@pytest.mark.parametrize("long_first", [False, True])
@pytest.mark.parametrize("verb", ["score", "embed"])
def test_the_end_is_foretold_within_a_fifth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str, long_first: bool
) -> None:
    monkeypatch.setattr(writing, "PART_DOCUMENTS", 40)
    monkeypatch.setattr(writing, "ROW_GROUP", 40)
    draw, words = np.random.default_rng(0), [f"w{n}" for n in range(2_000)]
    # Comments of 20 words and books of 2,000: by documents, the first half would seem to be half of the work.
    sizes = sorted([20] * 800 + [2_000] * 800, reverse=long_first)
    path = write_lines(tmp_path / "a.jsonl", ({"text": " ".join(draw.choice(words, size))} for size in sizes))
    one_process(tmp_path / "corpus").ingest([path])
    timed = Timed()
    workspace = Workspace(tmp_path / "corpus", executor=timed)
    watch = Foretold(workspace.catalog.jobs, timed)
    monkeypatch.setattr(joblog, "now", lambda: (START + timedelta(seconds=timed.seconds)).isoformat())
    monkeypatch.setattr("winnow.jobs.progress.time.monotonic", lambda: timed.seconds)
    if verb == "score":
        workspace.score(["shape", "duplicates"], progress=watch)
    else:
        workspace.embed("hashed", progress=watch)
    assert len(watch.stages) == (2 if verb == "score" else 1)
    for stage, foretold in watch.stages.items():
        began, took = watch.began[stage], watch.ended[stage] - watch.began[stage]
        told = [(end - began) / took for share, end in foretold if 0.2 <= share <= 0.8]
        assert len(told) > 5
        assert 0.8 < min(told) <= max(told) < 1.2
