"""Failures as words: the cause and what helps, never a traceback."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.runtime.scriptrunner import RerunException, StopException

from winnow.errors import WinnowError
from winnow_app import state
from winnow_app.parts.highlight import plain


@contextmanager
def failures_as_words(part: str = "page") -> Iterator[None]:
    """Show an expected failure as cause and fix, and an unexpected one as a plain line whose traceback is in the log."""
    try:
        yield
    except (RerunException, StopException):
        raise
    except WinnowError as reason:
        found = f"  \n{plain(reason.found)}" if reason.found else ""
        st.error(f"**{plain(reason.needs)}**{found}", icon=":material/error:")
        if reason.fix:
            st.caption(f"What helps: {plain(reason.fix)}")
        _way_out(part)
    except Exception as reason:
        logging.getLogger("winnow").exception("a page failed")
        st.error(
            f"Something unexpected happened: {type(reason).__name__}. The log of the server tells more.",
            icon=":material/error:",
        )
        _way_out(part)


def _way_out(part: str) -> None:
    if state.current() or st.query_params:
        st.button("Clear the filter", key=f"clear.{part}", on_click=state.clear, icon=":material/filter_alt_off:")
