"""Failures as words: the cause and what helps, never a traceback."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from winnow.errors import WinnowError
from winnow_app import state
from winnow_app.parts.highlight import plain


@contextmanager
def failures_as_words(part: str = "page") -> Iterator[None]:
    """Show an expected failure as cause and fix, and an unexpected one as a plain line whose traceback is in the log."""
    try:
        yield
    except Exception as reason:
        failure(noted(reason))
        _way_out(part)


def noted(reason: Exception) -> Exception:
    """Return a failure, an unexpected one having been written to the log with its traceback."""
    if not isinstance(reason, WinnowError):
        logging.getLogger("winnow").error("a page failed", exc_info=reason)
    return reason


def failure(reason: Exception) -> None:
    """Draw the cause of a failure and what helps."""
    if not isinstance(reason, WinnowError):
        words = f"Something unexpected happened: {type(reason).__name__}. The log of the server tells more."
        st.error(words, icon=":material/error:")
        return
    found = f"  \n{plain(reason.found)}" if reason.found else ""
    st.error(f"**{plain(reason.needs)}**{found}", icon=":material/error:")
    if reason.fix:
        st.caption(f"What helps: {plain(reason.fix)}")


def _way_out(part: str) -> None:
    if state.current() or st.query_params:
        st.button("Clear the filter", key=f"clear.{part}", on_click=state.clear, icon=":material/filter_alt_off:")
