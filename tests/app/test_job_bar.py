from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from winnow.catalog.joblog import Job
from winnow_app.parts.job_bar import STATES, amount, remaining


def job(state: str = "running", done: float = 0, total: float = 100, ago: float = 10) -> Job:
    now = datetime.now(UTC)
    started = (now - timedelta(seconds=ago)).isoformat()
    return Job(
        job=1, verb="score", recipe={}, state=state, stage="shape", done=done, total=total, unit="documents",
        process="", cancel=False, created=started, started=started, updated=now.isoformat(), finished=None, result="",
        error="", stage_started=started,
    )  # fmt: skip


def test_a_quarter_in_ten_seconds_leaves_thirty() -> None:
    # 10 s × (1 − 0.25) / 0.25 = 30 s
    assert remaining(job(done=25, ago=10)) == "about 30 s left"


def test_long_waits_are_told_in_minutes() -> None:
    # 60 s × 0.9 / 0.1 = 540 s = 9 min
    assert remaining(job(done=10, ago=60)) == "about 9 min left"


@pytest.mark.parametrize(
    "silent", [job(done=1), job(done=9, ago=1), job(done=100), job(total=0), job("queued"), job("done", done=50)]
)
def test_nothing_is_promised_at_the_start_or_when_it_does_not_run(silent: Job) -> None:
    assert remaining(silent) == ""


def test_bytes_are_told_in_megabytes() -> None:
    assert amount(replace(job(done=2_500_000, total=10_000_000), unit="bytes")) == "2.5 of 10.0 MB"
    assert amount(job(done=25)) == "25 of 100 documents"
    assert amount(replace(job(done=25), unit="")) == "25%"


def test_every_state_has_a_colour_and_an_icon() -> None:
    assert set(STATES) == {"queued", "running", "done", "failed", "cancelled", "interrupted"}
