"""Methods that take too long to choose anew at each change: how long, and the choice as a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from winnow.jobs.chain import Step
from winnow.jobs.foretold import MOMENT, foretold, in_words
from winnow.select.base import Selector
from winnow_app import data
from winnow_app.parts.deeds import act, outcome
from winnow_app.parts.highlight import plain
from winnow_app.parts.job_bar import running_jobs


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
    with st.form("select.save", border=True):
        st.text_input("Keep it under a name", placeholder="best-tenth", key="select.title")
        st.checkbox("replace one of the same name", key="select.again")
        st.form_submit_button(
            "Choose as a job", type="primary", icon=":material/play_arrow:", on_click=act,
            args=("select.save", lambda: _started(method, choice)),
        )  # fmt: skip
    outcome("select.save")


def _started(method: str, choice: Mapping[str, Any]) -> str:
    title, again = st.session_state["select.title"].strip(), st.session_state["select.again"]
    workspace = data.workspace()
    workspace.catalog.selections.check_name(title, again)
    recipe = {
        **choice,
        "filter": choice["filter"].to_query(),
        "name_of_method": method,
        "name": title,
        "replace": again,
    }
    return f"Job {workspace.start('select', **recipe)} chooses {plain(title)}. It goes on when this page is left."
