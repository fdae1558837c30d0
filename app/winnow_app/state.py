"""The view: one filter and one open document for all pages, kept in the session and written to the URL."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import streamlit as st

from winnow.catalog.filters import Filter
from winnow_app import identity

OWN = (
    "doc", "page", "color", "points", "schema", "copies", "group", "names", "name", "tab", "sort", "descending", "by", "across", "mean",
    "queue", "column", "unfolded",
)  # fmt: skip
"""URL parameters beside the filter's: a page that is come back to by the navigation has its own as they were left."""

OF_A_LIST = ("page", "doc")
"""Those that belong to one list of documents, and end with it."""

OF_A_PAGE = ("deeds", "asked", "watched_jobs")
"""What is forgotten when a page is left: what its buttons did and were asked for, which jobs it shows."""

STEPS = 50
"""How many views undo goes back."""


def begin(page: str) -> None:
    """Take over what the URL says: a shared address, or the browser's back button; else the page as it was left."""
    session = st.session_state
    found = dict(st.query_params)
    moved = session.get("at_page") != page
    left = session.setdefault("left", {})
    if moved:
        left[session.get("at_page")] = session.get("open", {})
    if "filter" not in session or (found != session.get("url") and not (moved and not found)):
        session["filter"] = Filter.from_query(found)
        session["open"] = {name: found[name] for name in OWN if name in found}
    elif moved:
        session["open"] = {name: value for name, value in left.get(page, {}).items() if name not in OF_A_LIST}
    for name in OF_A_PAGE if moved else ():
        session.pop(name, None)
    session["at_page"] = page


def end() -> None:
    """Write the view to the URL, so that the address can be shared.

    Every change does so at once: a rerun takes the address of the moment it was asked for, and an older one would be
    read as the browser's back button.
    """
    session = st.session_state
    wanted = {**current().to_query(), **session.get("open", {})}
    if dict(st.query_params) != wanted:
        st.query_params.from_dict(wanted)
    session["url"] = wanted


def current() -> Filter:
    found: Filter = st.session_state.get("filter", Filter())
    return found


def put(filter: Filter) -> None:
    """Show other documents; the page list goes back to its start and `undo` can return."""
    session = st.session_state
    if filter != current():
        session["past"] = [*session.get("past", []), current()][-STEPS:]
        session["future"] = []
        session["filter"] = filter
        session["open"] = {name: value for name, value in session.get("open", {}).items() if name not in OF_A_LIST}
        end()


def clear() -> None:
    """Show every document and close the open one."""
    put(Filter())
    keep("doc")


def undo() -> None:
    """Return to the filter before the last change."""
    _step("past", "future")


def redo() -> None:
    """Take the last undo back."""
    _step("future", "past")


def _step(where: str, back: str) -> None:
    session = st.session_state
    if session.get(where):
        session[back] = [*session.get(back, []), current()][-STEPS:]
        session["filter"] = session[where].pop()
        end()


def can_undo() -> bool:
    return bool(st.session_state.get("past"))


def can_redo() -> bool:
    return bool(st.session_state.get("future"))


def alternate() -> None:
    """Set the conditions aside as an alternative; those that follow describe another one."""
    filter = current()
    put(Filter(also=(*filter.also, filter.own)))


def pick(doc_id: int, *, example: bool) -> None:
    """Take a document as an example of what is sought, or against it; a second time takes it back."""
    filter = current()
    picked = filter.examples if example else filter.against
    now = () if doc_id in picked else (doc_id,)
    examples, against = (tuple(one for one in ids if one != doc_id) for ids in (filter.examples, filter.against))
    if example:
        examples += now
    else:
        against += now
    put(replace(filter, examples=examples, against=against))


def get(name: str, default: str = "") -> str:
    """Return one of the page's own URL parameters."""
    return str(st.session_state.get("open", {}).get(name, default))


def keep(name: str, value: object = None) -> None:
    """Set one of the page's own URL parameters; None removes it."""
    opened = dict(st.session_state.get("open", {}))
    opened.pop(name, None)
    if value is not None:
        opened[name] = str(value)
    st.session_state["open"] = opened
    end()


def tied(parameter: str, key: str, offered: Collection[Any], first: Any = "") -> dict[str, Any]:
    """Return what ties a widget to one of the page's own URL parameters; `first` goes unsaid.

    The address has the last word, for the browser's back button changes nothing else.
    """
    asked = get(parameter)
    st.session_state[key] = next((value for value in offered if _word(value) == asked), first)
    return {"key": key, "on_change": _write, "args": (parameter, key, first)}


def _write(parameter: str, key: str, first: Any) -> None:
    """Write what was chosen to the address; a list goes back to its start."""
    chosen = st.session_state[key]
    keep("page")
    keep(parameter, None if chosen == first else _word(chosen))


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def name() -> str:
    """Return the name a person labels and renames under."""
    return identity.name(str(st.session_state.get("who", "")))
