"""The recipe of a kept selection as YAML, to read and to take away."""

from __future__ import annotations

import streamlit as st

from winnow.catalog.selections import NamedSelection
from winnow.jobs.recipe import is_replayable
from winnow_app import data


def recipe_view(chosen: NamedSelection) -> None:
    """Draw the recipe with a button that downloads it; a selection that was named by hand has none."""
    if not is_replayable(chosen.recipe):
        st.caption("Its documents were named by hand, so it has no recipe.")
        return
    text = data.workspace().recipe(chosen.name)
    st.code(text, language="yaml")
    st.download_button(
        "Download recipe", text, f"{chosen.name}.yaml", "application/yaml", icon=":material/download:", type="tertiary",
        help="winnow run-recipe FILE --out FOLDER makes this selection again, byte for byte.",
    )  # fmt: skip
