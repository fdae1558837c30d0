"""The present choice beside kept selections and both random baselines, before it is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from winnow.jobs.select import Preview
from winnow.jobs.splitting import Chosen
from winnow_app import data
from winnow_app.parts.comparison import comparison

PRESENT = "this choice"


def beside_others(preview: Preview, choice: Mapping[str, Any]) -> None:
    """Draw the comparison when somebody asks for it."""
    if not len(preview.selection) or not st.toggle("Compare it with random and kept selections", key="select.beside"):
        return
    kept = [selection.name for selection in data.workspace().catalog.selections.all() if selection.name != PRESENT]
    names = tuple(st.multiselect("Kept selections", kept, key="select.beside.names", placeholder="random ones alone"))
    within = str(choice["within"])
    recipe: dict[str, Any] = {"filter": choice["filter"].to_query(), "target": choice["target"]}
    if within:
        recipe |= {"within": within, "parents": {within: data.workspace().catalog.selections.get(within).recipe}}
    ids, weights = preview.doc_ids, preview.selection.weights
    present = Chosen(PRESENT, Path(PRESENT), recipe, preview.summary, "", ids, weights)
    key = hashlib.sha256(ids.tobytes() + weights.tobytes() + repr(recipe).encode()).hexdigest()
    comparison(data.beside(present, key, names))
