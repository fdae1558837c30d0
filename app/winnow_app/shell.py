"""The frame around every page: navigation, the corpus, and errors as words."""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from winnow.errors import WinnowError
from winnow_app import data, identity, state
from winnow_app.parts.failures import failures_as_words

HERE = Path(__file__).parent
ICON, LOGO = HERE / "launch" / "icon.png", HERE / "launch" / "logo.svg"

ROOT = "start"
"""What the page at the root is called where every page needs a name; no address shows it."""

PAGES: dict[str, tuple[str, str]] = {
    "home": ("Home", ":material/home:"),
    "explore": ("Explore", ":material/search:"),
    "map": ("Map", ":material/scatter_plot:"),
    "duplicates": ("Duplicates", ":material/content_copy:"),
    "label": ("Label", ":material/sell:"),
    "learn": ("Learn", ":material/model_training:"),
    "select": ("Select", ":material/filter_alt:"),
    "compare": ("Compare", ":material/compare_arrows:"),
    "prove": ("Prove", ":material/science:"),
    "export": ("Export", ":material/download:"),
    "jobs": ("Jobs", ":material/pending_actions:"),
}
"""Title and icon by the name of a page's module, which is imported when it is first opened: Prove's brings torch, for
two seconds that the first page would wait."""


def open_workbench(first: str = "home") -> None:
    """Draw the page that the address names, or the first."""
    st.set_page_config(page_title="Winnow", page_icon=str(ICON), layout="wide", initial_sidebar_state="expanded")
    # A style alone goes to a container that a fragment's rerun empties: hence the element before it.
    st.html(f'<span class="winnow-style"></span><style>{_style()}</style>')
    st.logo(str(LOGO), size="large")
    pages = {
        name: st.Page(_guarded(name), title=title, icon=icon, visibility=_visibility(name), **_place(name, first))
        for name, (title, icon) in PAGES.items()
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


def _guarded(name: str) -> Callable[[], None]:
    def run() -> None:
        with failures_as_words():
            data.workspace()
            state.begin(name)
            if identity.admitted(name):
                import_module(f"winnow_app.pages.{name}").page()
            identity.who_line()
        state.end()

    run.__name__ = name
    return run
