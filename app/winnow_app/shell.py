"""The frame around every page: navigation, the corpus, and errors as words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from winnow_app import data, state
from winnow_app.pages import explore, export, home, jobs, label, map, select
from winnow_app.parts.failures import failures_as_words

ICON = Path(__file__).parent / "launch" / "icon.png"

PAGES: dict[str, tuple[str, str, Callable[[], None]]] = {
    "home": ("Home", ":material/home:", home.page),
    "explore": ("Explore", ":material/search:", explore.page),
    "map": ("Map", ":material/scatter_plot:", map.page),
    "label": ("Label", ":material/sell:", label.page),
    "select": ("Select", ":material/filter_alt:", select.page),
    "export": ("Export", ":material/download:", export.page),
    "jobs": ("Jobs", ":material/pending_actions:", jobs.page),
}


def open_workbench() -> None:
    """Draw the page that the address names."""
    st.set_page_config(page_title="Winnow", page_icon=str(ICON), layout="wide", initial_sidebar_state="expanded")
    st.html(STYLE)
    pages = {
        name: st.Page(_guarded(name, body), title=title, icon=icon, url_path=name, default=name == "home")
        for name, (title, icon, body) in PAGES.items()
    }
    st.session_state["pages"] = pages
    st.navigation(list(pages.values()), position="top").run()


def _guarded(name: str, body: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        try:
            with failures_as_words():
                data.workspace()
                state.begin(name)
                body()
        finally:
            state.end()

    run.__name__ = name
    return run


STYLE = """
<span class="winnow-style"></span>
<style>
  .stElementContainer:has(.winnow-style) { display: none; }
  .stMainBlockContainer { padding-top: 4.2rem; padding-bottom: 3rem; max-width: 1760px; }
  section[data-testid="stSidebar"] .stSidebarContent { padding-top: 0.5rem; }
  section[data-testid="stSidebar"] { min-width: 300px; }
  [data-testid="stMetricValue"] { font-variant-numeric: tabular-nums; }
  .winnow-text { white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.55; font-size: 0.97rem; }
  .winnow-text mark, .winnow-snippet mark { border-radius: 3px; padding: 0 1px; color: inherit; }
  .winnow-snippet { overflow-wrap: anywhere; line-height: 1.45; font-size: 0.93rem; }
  mark.term { background: rgba(240, 190, 60, .42); }
  mark.pii { background: rgba(95, 168, 201, .34); border-bottom: 2px solid #2b6f8f; }
  mark.toxicity { background: rgba(213, 94, 80, .26); border-bottom: 2px solid #b5495b; }
  .winnow-badges { display: flex; flex-wrap: wrap; gap: .3rem .4rem; font-size: .8rem; margin: .1rem 0 .35rem; }
  .winnow-badges span { border: 1px solid rgba(128,128,128,.35); border-radius: 999px; padding: 0 .5rem; white-space: nowrap; }
  .winnow-badges b { font-weight: 600; font-variant-numeric: tabular-nums; }
</style>
"""
