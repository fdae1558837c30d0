"""What a button did, said where it stands until the page is left.

A deed runs as `on_click`, before the page is drawn anew: whatever draws the page once more meanwhile loses neither the
deed nor its words. What a deed is given there is what the page showed when it was last drawn to its end; a deed of what a
form says now is asked for by `ask` and done by `do_asked` below the form.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from winnow_app.parts.failures import failure, noted

SAID, ASKED = "deeds", "asked"


def act(place: str, deed: Callable[[], str]) -> None:
    """Do what a button says and keep what is to be said about it; pages pass this to `on_click`."""
    said = st.session_state.setdefault(SAID, {})
    try:
        said[place] = deed()
    except Exception as reason:
        said[place] = noted(reason)


def ask(place: str) -> None:
    """Note that a button was pressed; pages pass this to `on_click`."""
    st.session_state.setdefault(ASKED, set()).add(place)


def do_asked(place: str, deed: Callable[[], str], words: str) -> bool:
    """Do what a button asked for, once, and draw what came of it; return whether it was done now and went well."""
    done = place in st.session_state.get(ASKED, ())
    if done:
        with st.spinner(words):
            st.session_state[ASKED].discard(place)
            act(place, deed)
    outcome(place)
    return done and not isinstance(st.session_state[SAID][place], Exception)


def unsaid(place: str) -> None:
    """Forget what a place last led to: a dialog opens without the trouble it was closed with."""
    st.session_state.get(SAID, {}).pop(place, None)


def outcome(place: str) -> None:
    """Draw what the last deed of a place led to, if there was one since the page was opened."""
    said = st.session_state.get(SAID, {}).get(place)
    if isinstance(said, Exception):
        failure(said)
    elif said:
        st.success(said, icon=":material/check:")
