"""Jobs: what is running, what ended and how, with its log."""

from __future__ import annotations

import json
from functools import partial

import streamlit as st

from winnow.catalog.joblog import OPEN, Job
from winnow_app import data
from winnow_app.parts.job_bar import job_bar, running_jobs


def page() -> None:
    st.header("Jobs")
    log = data.workspace().catalog.jobs
    everything = log.all()
    if any(job.state in OPEN for job in everything):
        running_jobs()
    ended = [job for job in everything if job.state not in OPEN]
    if not ended:
        st.caption("No job has ended yet.")
    for job in ended[:30]:
        job_bar(job, partial(_more, job))


def _more(job: Job) -> None:
    if job.state in ("interrupted", "failed", "cancelled"):
        st.button(
            "Run again", key=f"again.{job.job}", icon=":material/replay:",
            on_click=data.start, args=(job.verb,), kwargs=dict(job.recipe),
        )  # fmt: skip
    with st.popover("Recipe and log", type="tertiary"):
        st.code(json.dumps(dict(job.recipe), indent=2, ensure_ascii=False), language="json")
        path = data.workspace().catalog.jobs.log_path(job.job)
        unlogged = "It ran in a command of its own: the log went to its terminal."
        st.code(path.read_text("utf-8", "replace")[-8000:] if path.exists() else unlogged, language=None)
