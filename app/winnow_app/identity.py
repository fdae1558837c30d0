"""Who looks at a page: whose session the cookie is, who came in through st.login, or a name that somebody typed."""

from __future__ import annotations

import html
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from winnow.api.visitors import Door, Visitors
from winnow.catalog import access
from winnow.catalog.access import NOBODY, RIGHTS, Actor
from winnow.errors import AccessError
from winnow_app.opened import workspace
from winnow_app.parts.highlight import plain

_made: dict[Path, Visitors] = {}

NEEDS = {"label": "label", "learn": "curate", "select": "curate", "export": "curate"}
"""Pages that are for annotators or curators; the others only show, and are for everybody."""


def visitors() -> Visitors:
    """Return who may come in to the corpus that this server shows."""
    opened = workspace()
    if opened.folder not in _made:
        with access.acting(access.SERVER):
            _made[opened.folder] = Visitors(opened.catalog.people, Door.of_environment(opened.folder))
    return _made[opened.folder]


def actor() -> Actor:
    """Return who looks at the page: asked anew at every run, so that a changed role holds at once."""
    known = visitors().of_cookie(st.context.cookies)
    if known is not None:
        return known
    if visitors().door.oidc and getattr(st.user, "is_logged_in", False):
        # People choose their display name, and some providers let them claim any address: neither opens a door.
        vouched = str(st.user.get("email_verified", True)).lower() == "true"
        return visitors().of_login(str((vouched and st.user.get("email")) or st.user.get("sub") or ""))
    return visitors().unknown


def may(right: str) -> bool:
    """Return whether who looks at the page may do something: what would be refused is not offered."""
    return actor().may(right)


def of_script() -> Actor | None:
    """Return who acts in a thread that Streamlit runs a page in; None elsewhere."""
    return actor() if get_script_run_ctx(suppress_warning=True) is not None else None


access.ask_first(of_script)


def name(typed: str) -> str:
    """Return the name that somebody labels under: their own, or the typed one when it is nobody's on the list."""
    known = actor().name
    if known or not typed:
        return known
    try:
        visitors().check_free(typed)
    except AccessError as reason:
        st.session_state.pop("who", None)
        st.warning(plain(str(reason)), icon=":material/badge:")
        return ""
    return typed


def admitted(page: str) -> bool:
    """Return whether somebody may use a page, having said what is lacking when not."""
    who, right = actor(), NEEDS.get(page, "read")
    if who.role == NOBODY:
        st.header("Winnow")
        st.markdown("This corpus is shown to people it knows.")
        if visitors().door.oidc:
            st.button("Log in", type="primary", icon=":material/login:", on_click=st.login)
        else:
            st.html('<a href="/login" target="_self">Log in</a>')
        return False
    if who.may(right):
        return True
    st.info(f"This page is for the role **{RIGHTS[right]}**; you are {who.as_words}.", icon=":material/lock:")
    st.caption(f"What helps: a curator runs  winnow users role {plain(who.name or 'others')} {RIGHTS[right]}")
    return False


def stay() -> None:
    """Draw the whole page anew when who looks has logged out elsewhere: parts that run by themselves begin with it."""
    if not may("read"):
        st.rerun()


def who_line() -> None:
    """Say at the foot of a page who is logged in, with the way out; or the way in, where people are on the list."""
    who, typed = actor(), str(st.session_state.get("who", ""))
    if who.role == NOBODY or not (who.name or typed or visitors().people.all()):
        return
    vouched = visitors().door.oidc and visitors().of_cookie(st.context.cookies) is None
    way = ""
    if who.name and not vouched:
        way = ' · <a href="/logout" target="_self">Log out</a>'
    elif not who.name and visitors().people.all():
        way = ' · <a href="/login" target="_self">Log in</a>'
    said = f"{html.escape(who.name or typed) or 'without a name'} · {who.role}"
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", key="who"):
        st.html(f'<div class="winnow-who">{said}{way}</div>', width="content")
        if vouched:
            st.button("Log out", type="tertiary", icon=":material/logout:", on_click=st.logout, key="who.out")
        elif typed and not who.name:
            st.button("Another name", type="tertiary", on_click=st.session_state.pop, args=("who",), key="who.other")
