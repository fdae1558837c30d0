"""Jobs: what is running, what ended and how, with its log; for curators, who exported and deleted what."""

from __future__ import annotations

from functools import partial

import streamlit as st

from winnow.catalog.joblog import OPEN, Job
from winnow_app import data, identity
from winnow_app.parts.job_bar import job_bar, recipe_and_log, run_again, running_jobs

PAGE = 20


def page() -> None:
    st.header("Jobs")
    log = data.workspace().catalog.jobs
    everything = log.all()
    if any(job.state in OPEN for job in everything):
        st.caption("They run on the server and go on when you close this page.")
        running_jobs(logs=True)
    _ended([job for job in everything if job.state not in OPEN])
    if identity.actor().may("curate"):
        _trail()


def _ended(jobs: list[Job]) -> None:
    if not jobs:
        st.caption("No job has ended yet.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kinds = ["every kind", *sorted({job.command for job in jobs})]
        states = ["every outcome", *sorted({job.state for job in jobs})]
        kind = st.selectbox("Kind of job", kinds, key="jobs.kind", width=200)
        state = st.selectbox("How it ended", states, key="jobs.state", width=200)
    shown = [job for job in jobs if kind in (kinds[0], job.command) and state in (states[0], job.state)]
    pages = max(-(-len(shown) // PAGE), 1)
    present = st.pagination(pages, key=f"jobs.page.{kind}.{state}") if pages > 1 else 1
    for job in shown[(present - 1) * PAGE : present * PAGE]:
        job_bar(job, partial(_more, job))


def _more(job: Job) -> None:
    if job.state in ("interrupted", "failed", "cancelled"):
        run_again(job)
    recipe_and_log(job)


def _trail() -> None:
    """List the audit trail: nothing in it can be changed."""
    with st.expander("Exports, deletions and roles", icon=":material/policy:"):
        deeds = data.workspace().catalog.audit.all(500)
        if not deeds:
            st.caption("Nobody has exported or deleted anything, or changed a role.")
            return
        rows = [
            {"when (UTC)": deed.at[:19].replace("T", " "), "who": deed.who, "what": deed.what, "subject": deed.subject,
             "detail": ", ".join(f"{key}={value}" for key, value in deed.detail.items())}
            for deed in deeds
        ]  # fmt: skip
        st.dataframe(rows, hide_index=True, width="stretch")
