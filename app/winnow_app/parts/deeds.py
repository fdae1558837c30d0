"""What a button did, said where it stands until the page is left.

A deed runs as `on_click`, before the page is drawn anew: whatever draws the page once more meanwhile loses neither the
deed nor its words.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from winnow_app.parts.failures import failure, noted

SAID = "deeds"


def act(place: str, deed: Callable[[], str]) -> None:
    """Do what a button says and keep what is to be said about it; pages pass this to `on_click`."""
    said = st.session_state.setdefault(SAID, {})
    try:
        said[place] = deed()
    except Exception as reason:
        said[place] = noted(reason)


def outcome(place: str) -> None:
    """Draw what the last deed of a place led to, if there was one since the page was opened."""
    said = st.session_state.get(SAID, {}).get(place)
    if isinstance(said, Exception):
        failure(said)
    elif said:
        st.success(said, icon=":material/check:")
