"""The last exports of a selection: their files, or the way to go on."""

from __future__ import annotations

from functools import partial

import streamlit as st

from winnow.catalog.joblog import OPEN, Job
from winnow_app.parts.export_folder import exports_with, written_folder
from winnow_app.parts.job_bar import job_bar, run_again

SHOWN = 3


def past_exports(name: str) -> None:
    """Draw the last exports of a selection that ended, newest first."""
    for job in [job for job in exports_with("name", name) if job.state not in OPEN][:SHOWN]:
        job_bar(job, partial(_ended, job))


def _ended(job: Job) -> None:
    """Draw what belongs to an export that ended: its files, or the way to go on."""
    folder = str(job.recipe.get("folder", ""))
    if job.state != "done":
        run_again(job)
        return
    with st.popover("Files", icon=":material/folder:", type="tertiary"):
        written_folder(folder, f"open.{job.job}")
