from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.conftest import Opener
from app.test_select import press
from winnow.catalog.joblog import Job
from winnow.workspace import Workspace
from winnow_app.parts.job_bar import STATES, amount, present, remaining


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


def test_a_job_that_begins_says_so() -> None:
    assert present(replace(job(total=0), stage="", unit="")) == "It begins …"
    assert present(job(done=25, ago=10)) == "shape: 25 of 100 documents  about 30 s left"


def test_every_state_has_a_colour_and_an_icon() -> None:
    assert set(STATES) == {"queued", "running", "done", "failed", "cancelled", "interrupted"}


def _page() -> None:
    import streamlit as st

    from winnow_app.parts.job_bar import running_jobs

    running_jobs()
    st.write("pressed" if st.button("Press") else "not yet")


def test_a_click_in_the_moment_a_job_ends_is_not_lost(own_corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = Workspace(own_corpus).catalog.jobs
    number = log.add("score", {})
    log.start(number)
    monkeypatch.setenv("WINNOW_WORKSPACE", str(own_corpus))
    app = AppTest.from_function(_page).run()
    assert app.markdown[0].value.endswith("running]")
    log.finish(number, "done")
    press(app, "Press")
    assert [said.value for said in app.markdown] == ["pressed"]


def test_what_a_button_did_stays_said_until_the_page_is_left(open_page: Opener, own_corpus: Path) -> None:
    app = open_page("duplicates", own_corpus, {"copies": "exact"})
    said = "without\\-exact\\-copies is kept: 38 documents. Compare, Prove and Export know it now."
    press(app, "Save selection")
    assert [line.value for line in app.success] == [said]
    app.run()
    assert [line.value for line in app.success] == [said]
    press(app, "Save selection")
    assert not app.success
    assert [line.value for line in app.error] == ["**selection 'without\\-exact\\-copies' exists**"]
    app.session_state["at_page"] = "home"
    assert not app.run().error
