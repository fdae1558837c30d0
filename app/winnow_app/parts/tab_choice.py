"""Which part of a page is shown: asked above it and kept in the address, so that a link opens it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from winnow_app import state


def tab_choice(label: str, tabs: Mapping[str, str], key: str) -> str:
    """Draw the names of the parts and return which one is shown: the first, where the address names none."""
    chosen = st.segmented_control(
        label, list(tabs), required=True, format_func=lambda tab: tabs[tab], label_visibility="collapsed",
        **state.tied("tab", key, tabs, next(iter(tabs))),
    )  # fmt: skip
    return str(chosen)
