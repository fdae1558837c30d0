"""What a kept selection is, beside what it was chosen from."""

from __future__ import annotations

import streamlit as st

from winnow.catalog.selections import NamedSelection
from winnow_app import data
from winnow_app.parts.recipe_view import recipe_view


def selection_facts(chosen: NamedSelection) -> None:
    """Draw counts, method and date, with the recipe on request."""
    summary, recipe = chosen.summary, chosen.recipe
    cells = st.columns(2)
    cells[0].metric(
        "Documents",
        f"{summary['documents']:,}",
        f"of {summary['pool']['documents']:,}",
        delta_color="off",
        delta_arrow="off",
    )
    cells[1].metric(
        "Tokens", f"{summary['tokens']:,}", f"of {summary['pool']['tokens']:,}", delta_color="off", delta_arrow="off"
    )
    st.markdown(f"Chosen by **{recipe['method']['method']}**, kept {chosen.created[:19].replace('T', ' ')} UTC")
    with st.expander("Recipe"):
        recipe_view(chosen)
    st.button(
        "Forget this selection", icon=":material/delete:", type="tertiary", help="Exports already written stay.",
        on_click=data.forget, args=(chosen.name,),
    )  # fmt: skip
