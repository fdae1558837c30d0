"""Progress: written to the log now and then, passed on, stopped by a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from winnow.catalog.control import Control
from winnow.catalog.joblog import JobLog
from winnow.errors import Cancelled
from winnow.jobs.progress import Recorded, Silent


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
