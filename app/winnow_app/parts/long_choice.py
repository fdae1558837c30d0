"""Methods that take too long to choose anew at each change: how long, and the choice as a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from winnow.jobs.chain import Step
from winnow.jobs.foretold import MOMENT, foretold, in_words
from winnow.select.base import Selector
from winnow_app import data
from winnow_app.parts.highlight import plain
from winnow_app.parts.job_bar import running_jobs
from winnow_app.parts.save_selection import name_form


def told_to_wait(selector: Selector, choice: Mapping[str, Any]) -> bool:
    """Say how long a chain takes and return True when that is more than a moment."""
    count = data.count(choice["filter"])
    steps = [*(Step.of(told).selector for told in choice["before"]), selector]
    seconds = sum(foretold(step, count.documents, count.tokens) for step in steps)
    if seconds < MOMENT:
        return False
    st.info(
        f"This takes about {in_words(seconds)} of a processor for {count.documents:,} documents, so it is not chosen anew at "
        "each change. Give it a name: it is chosen as a job, and Compare shows what came of it.",
        icon=":material/hourglass_top:",
    )
    running_jobs()
    return True


def choose_as_job(method: str, choice: Mapping[str, Any]) -> None:
    """Draw the form that starts the job."""

    def started(title: str, again: bool) -> str:
        workspace = data.workspace()
        workspace.catalog.selections.check_name(title, again)
        told = {**choice, "filter": choice["filter"].to_query(), "name_of_method": method}
        job = workspace.start("select", **told, name=title, replace=again)
        return f"Job {job} chooses {plain(title)}. It goes on when this page is left."

    name_form("select", "Choose as a job", ":material/play_arrow:", started)
