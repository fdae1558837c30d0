"""The frame around every page: navigation, the corpus, and errors as words."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from winnow.errors import WinnowError
from winnow_app import data, identity, state
from winnow_app.pages import compare, duplicates, explore, export, home, jobs, label, learn, map, prove, select
from winnow_app.parts.failures import failures_as_words

HERE = Path(__file__).parent
ICON, LOGO = HERE / "launch" / "icon.png", HERE / "launch" / "logo.svg"

ROOT = "start"
"""What the page at the root is called where every page needs a name; no address shows it."""

PAGES: dict[str, tuple[str, str, Callable[[], None]]] = {
    "home": ("Home", ":material/home:", home.page),
    "explore": ("Explore", ":material/search:", explore.page),
    "map": ("Map", ":material/scatter_plot:", map.page),
    "duplicates": ("Duplicates", ":material/content_copy:", duplicates.page),
    "label": ("Label", ":material/sell:", label.page),
    "learn": ("Learn", ":material/model_training:", learn.page),
    "select": ("Select", ":material/filter_alt:", select.page),
    "compare": ("Compare", ":material/compare_arrows:", compare.page),
    "prove": ("Prove", ":material/science:", prove.page),
    "export": ("Export", ":material/download:", export.page),
    "jobs": ("Jobs", ":material/pending_actions:", jobs.page),
}


def open_workbench(first: str = "home") -> None:
    """Draw the page that the address names, or the first."""
    st.set_page_config(page_title="Winnow", page_icon=str(ICON), layout="wide", initial_sidebar_state="expanded")
    # A style alone goes to a container that a fragment's rerun empties: hence the element before it.
    st.html(f'<span class="winnow-style"></span><style>{_style()}</style>')
    st.logo(str(LOGO), size="large")
    pages = {
        name: st.Page(_guarded(name, body), title=title, icon=icon, visibility=_visibility(name), **_place(name, first))
        for name, (title, icon, body) in PAGES.items()
    }
    st.session_state["pages"] = pages
    # The first page lives at the root alone, and its own name would be "Page not found".
    named = st.Page(
        lambda: st.switch_page(pages[first], query_params=dict(st.query_params)),
        title=PAGES[first][0], url_path=first, visibility="hidden",
    )  # fmt: skip
    st.navigation([*pages.values(), named], position="top").run()


def _place(name: str, first: str) -> dict[str, Any]:
    return {"url_path": ROOT, "default": True} if name == first else {"url_path": name}


def _visibility(name: str) -> Literal["visible", "hidden"]:
    """Hide the pages that who looks may not use from the navigation; the page itself says why when it is opened."""
    try:
        return "visible" if identity.may(identity.NEEDS.get(name, "read")) else "hidden"
    except WinnowError:
        return "visible"


@functools.cache
def _style() -> str:
    return (HERE / "style.css").read_text("utf-8")


def _guarded(name: str, body: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        with failures_as_words():
            data.workspace()
            state.begin(name)
            if identity.admitted(name):
                body()
            identity.who_line()
        state.end()

    run.__name__ = name
    return run
