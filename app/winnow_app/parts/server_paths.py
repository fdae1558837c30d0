"""Files of the server that people name in forms: behind a password only those in the folders that are meant for it."""

from __future__ import annotations

import os

import streamlit as st

from winnow.api.scope import allowed
from winnow.errors import AccessError, SettingError
from winnow_app import data, identity
from winnow_app.parts.highlight import plain


def within_reach(told: str) -> str:
    """Return a path that people may name, or the name of a selection; "" for any other path, having said why."""
    named = told.strip()
    folders = identity.visitors().door.folders
    if not named or folders is None or named in {one.name for one in data.workspace().catalog.selections.all()}:
        return named
    if os.sep not in named and not os.path.exists(named):
        return named
    try:
        return allowed(named, folders)
    except (AccessError, SettingError) as reason:
        st.warning(plain(str(reason)), icon=":material/folder_off:")
        return ""


def target_input() -> str:
    """Ask for the texts that a method aims at: a file, or a kept selection."""
    kept = [selection.name for selection in data.workspace().catalog.selections.all()]
    chosen = st.selectbox(
        "target", kept, index=None, key="select.target", accept_new_options=True, placeholder="a file, or a kept selection",
        help="The texts to match: a file on this machine in any format Winnow reads, or a selection kept before.",
    )  # fmt: skip
    return within_reach(str(chosen or ""))
