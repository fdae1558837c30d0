"""Jobs as people see them: a bar, how long it still takes, and the way to stop it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Literal

import streamlit as st

from winnow.catalog.joblog import OPEN, Job
from winnow.jobs.foretold import in_words
from winnow_app import data, identity
from winnow_app.parts.highlight import plain

STATES: dict[str, tuple[Literal["gray", "blue", "green", "red", "orange"], str]] = {
    "queued": ("gray", ":material/schedule:"),
    "running": ("blue", ":material/progress_activity:"),
    "done": ("green", ":material/check:"),
    "failed": ("red", ":material/error:"),
    "cancelled": ("orange", ":material/cancel:"),
    "interrupted": ("orange", ":material/power_off:"),
}


def remaining(job: Job) -> str:
    """Say how long the present stage still takes at its speed so far."""
    if job.left is None or job.share >= 1:
        return ""
    return f"about {in_words(job.left)} left"


def amount(job: Job) -> str:
    """Say how much of the present stage is done."""
    if job.unit == "bytes":
        return f"{job.done / 1e6:,.1f} of {job.total / 1e6:,.1f} MB"
    return f"{job.done:,.0f} of {job.total:,.0f} {job.unit}" if job.unit else f"{job.share:.0%}"


def present(job: Job) -> str:
    """Say what a job is at, how much of it is done and what is left; a job that begins has no stage yet."""
    return f"{plain(job.stage)}: {amount(job)}  {remaining(job)}" if job.stage else "It begins …"


def job_bar(job: Job, beside: Callable[[], object] | None = None) -> None:
    """Draw one job; `beside` draws what belongs at the end of its line."""
    colour, icon = STATES[job.state]
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(job.state, icon=icon, color=colour)
            when = job.created[:19].replace("T", " ")
            about = f"**{job.command}** {plain(job.about)}".strip()
            st.markdown(f"{about} · job {job.job} · {when} UTC · {job.seconds:,.0f} s", width="stretch")
            if job.state in OPEN and identity.may("curate"):
                st.button(
                    "Cancel",
                    key=f"cancel.{job.job}",
                    on_click=data.cancel,
                    args=(job.job,),
                    icon=":material/stop:",
                )
            if beside is not None:
                beside()
        if job.state == "running":
            st.progress(job.share, text=present(job))
        if job.error:
            st.caption(plain(job.error))


def run_again(job: Job) -> None:
    """Offer to do once more what a job that did not end well says; what it had published is not made twice."""
    if not identity.may("curate"):
        return
    words = "Go on" if job.state in ("interrupted", "cancelled") else "Run again"
    st.button(
        words, key=f"again.{job.job}", icon=":material/replay:", on_click=data.start, args=(job.verb,),
        kwargs=dict(job.recipe), help="It goes on from what was finished.",
    )  # fmt: skip


def recipe_and_log(job: Job) -> None:
    """Offer what a job was told and what it has said so far."""
    with st.popover("Recipe and log", type="tertiary", key=f"log.{job.job}"):
        st.code(json.dumps(dict(job.recipe), indent=2, ensure_ascii=False), language="json")
        path = data.workspace().catalog.jobs.log_path(job.job)
        unlogged = "It ran in a command of its own: the log went to its terminal."
        st.code(path.read_text("utf-8", "replace")[-8000:] if path.exists() else unlogged, language=None)


def running_jobs(*, logs: bool = False) -> None:
    """Draw the open jobs, refreshed every second, and run the page again when one ends.

    Without one nothing is refreshed: a refresh that is asked for while another page opens empties that page. A page that
    is being drawn is left to its end, whatever ended: it may have been asked for by a click that must not be lost.
    """
    watched = st.session_state["watched_jobs"] = st.session_state.get("watched_jobs", set()) | _numbers(_open_jobs())
    drawing = iter([True])
    st.fragment(_running_jobs, run_every=1.0 if watched else None)(logs, drawing)


def _open_jobs() -> list[Job]:
    return [job for job in data.workspace().catalog.jobs.all(20) if job.state in OPEN]


def _numbers(jobs: Sequence[Job]) -> set[int]:
    return {job.job for job in jobs}


def _running_jobs(logs: bool, drawing: Iterator[bool]) -> None:
    """Draw them; `drawing` says of the first time alone that it is part of the whole page."""
    identity.stay()
    open_jobs = _open_jobs()
    for job in open_jobs:
        job_bar(job, partial(recipe_and_log, job) if logs else None)
    if next(drawing, False):
        return
    ended = st.session_state["watched_jobs"] - _numbers(open_jobs)
    st.session_state["watched_jobs"] = _numbers(open_jobs)
    if ended:
        st.rerun()
