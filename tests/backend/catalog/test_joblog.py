"""The job log: states, cancelling, and processes that died."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from winnow.catalog.control import Control
from winnow.catalog.joblog import JobLog, lives, process_name
from winnow.errors import Cancelled, ConflictError, SettingError


@pytest.fixture
def log(tmp_path: Path) -> JobLog:
    return JobLog(Control.create(tmp_path))


def test_a_job_from_queue_to_done(log: JobLog) -> None:
    job = log.add("score", {"names": ["shape"]})
    assert log.get(job).state == "queued"
    log.start(job)
    assert not log.progress(job, "score shape", 3, 10, "documents")
    now = log.get(job)
    assert (now.state, now.stage, now.share, now.recipe) == ("running", "score shape", 0.3, {"names": ["shape"]})
    log.finish(job, "done")
    assert log.get(job).state == "done"
    assert log.get(job).share == 1.0
    assert log.get(job).seconds >= 0


@pytest.mark.parametrize(
    ("verb", "recipe", "command", "about"),
    [
        ("score", {"names": []}, "score", ""),
        ("score", {"names": ["gopher", "c4"]}, "score", "gopher, c4"),
        ("run_recipe", {"path": "a.yaml"}, "run-recipe", ""),
        ("embed", {"model": "minilm"}, "embed", "minilm"),
        ("bring", {"what": "column", "name": "rank"}, "import-column", "rank"),
        ("bring", {"what": "vectors", "model": "mine"}, "import-vectors", "mine"),
    ],
)
def test_a_job_says_its_command_and_what_it_is_about(
    log: JobLog, verb: str, recipe: dict[str, Any], command: str, about: str
) -> None:
    job = log.get(log.add(verb, recipe))
    assert (job.command, job.about) == (command, about)


def test_cancelling(log: JobLog) -> None:
    waiting, running, ended = (log.add("embed", {}) for _ in range(3))
    log.start(running)
    log.start(ended)
    log.finish(ended, "done")
    assert [log.cancel(job) for job in (waiting, running, ended)] == ["cancelled", "running", "done"]
    assert log.progress(running, "embed", 1, 2, "documents")
    with pytest.raises(Cancelled):
        log.start(waiting, queued=True)
    with pytest.raises(SettingError, match="winnow jobs lists them"):
        log.cancel(99)


def test_a_job_may_be_done_again_but_not_twice_at_once(log: JobLog) -> None:
    job = log.add("embed", {})
    log.start(job)
    log.cancel(job)
    with pytest.raises(ConflictError, match="it is running"):
        log.start(job)
    log.finish(job, "cancelled", error="stopped")
    log.start(job)
    again = log.get(job)
    assert (again.state, again.cancel, again.error, again.finished, again.done) == ("running", False, "", None, 0)


@pytest.mark.parametrize("waited", [True, False], ids=["gone", "not waited for"])
@pytest.mark.parametrize("started", [True, False], ids=["running", "queued"])
def test_a_job_whose_process_died_is_interrupted(log: JobLog, started: bool, waited: bool) -> None:
    job = log.add("ingest", {})
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    log.hand_over(job, process.pid)
    if started:
        log._set(job, state="running")
    assert log.get(job).state == ("running" if started else "queued")
    process.kill()
    if waited:
        process.wait()
    else:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    buried = log.all()[0]
    assert buried.state == "interrupted"
    assert "run it again" in buried.error
    process.communicate()


def test_a_job_that_ended_well_is_not_buried(log: JobLog, monkeypatch: pytest.MonkeyPatch) -> None:
    job = log.add("ingest", {})
    log.start(job)

    def dies_after_its_work(name: str) -> bool:
        log.finish(job, "done")
        return False

    monkeypatch.setattr("winnow.catalog.joblog.lives", dies_after_its_work)
    assert log.get(job).state == "done"


def test_a_process_is_more_than_its_number() -> None:
    number, start, machine = process_name().split(":")
    assert lives(process_name())
    assert lives(f"{number}::{machine}")
    assert not lives(f"{number}:1{start}:{machine}")
    assert not lives("")
    assert not lives("99999999999999999999:1:" + machine)
    assert lives("1:1:elsewhere.example"), "another machine's processes cannot be seen"


def test_what_is_left_is_told_by_the_stage_and_not_by_those_before_it(log: JobLog) -> None:
    """A stage that began ten seconds ago and is a quarter done takes 10 · 0.75 / 0.25 = 30 s more."""
    job = log.add("score", {})
    log.start(job)
    log.progress(job, "slow", 100, 100, "documents")
    first = log.get(job).stage_started
    log.progress(job, "quick", 0, 100, "documents")
    began = log.get(job).stage_started
    log.progress(job, "quick", 25, 100, "documents")
    found = log.get(job)
    assert found.stage_started == began
    assert first is not None
    moved = replace(found, stage_started="2026-01-01T00:00:00+00:00", updated="2026-01-01T00:00:10+00:00")
    assert moved.left == pytest.approx(30)
    assert replace(moved, done=1).left is None
    assert replace(moved, state="done").left is None
