"""Failures as words: the cause and what helps, never a traceback."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.runtime.scriptrunner import RerunException, StopException

from winnow.errors import WinnowError
from winnow_app import state


@contextmanager
def failures_as_words() -> Iterator[None]:
    """Show an expected failure as cause and fix, and an unexpected one as a plain line whose traceback is in the log."""
    try:
        yield
    except (RerunException, StopException):
        raise
    except WinnowError as reason:
        st.error(f"**{reason.needs}**  \n{reason.found}", icon=":material/error:")
        if reason.fix:
            st.caption(f"What helps: {reason.fix}")
        if state.current():
            st.button("Clear the filter", on_click=state.clear, icon=":material/filter_alt_off:")
    except Exception as reason:
        logging.getLogger("winnow").exception("a page failed")
        st.error(
            f"Something unexpected happened: {type(reason).__name__}. The log of the server tells more.",
            icon=":material/error:",
        )
