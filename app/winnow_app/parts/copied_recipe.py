"""A kept selection's recipe put back into the form, to be changed and kept under another name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from winnow.catalog.filters import Filter
from winnow.catalog.selections import NamedSelection
from winnow.method import Setting, methods
from winnow.select.base import Selector
from winnow_app import data, state
from winnow_app.parts.chain_cards import BEFORE

PICK = "select.copy"


def copy_input() -> None:
    """Draw the choice of a kept selection whose recipe the form takes over."""
    kept = [one.name for one in data.workspace().catalog.selections.all() if _method(one) in methods(Selector)]
    if kept:
        st.selectbox(
            "Change a copy of", kept, index=None, key=PICK, on_change=_take_over, placeholder="a new selection",
            help="Puts filter, steps, settings and budget of a kept selection into this form; it stays as it is.",
        )  # fmt: skip


def _method(selection: NamedSelection) -> str:
    return str(selection.recipe.get("method", {}).get("method", ""))


def _take_over() -> None:
    """Write what a recipe says into the inputs; runs before they are drawn."""
    session = st.session_state
    name = session.get(PICK)
    if not name:
        return
    selection = data.workspace().catalog.selections.get(name)
    recipe = selection.recipe
    state.put(Filter.from_query(recipe.get("filter", {})))
    session[BEFORE] = [dict(step) for step in recipe.get("before", ())]
    session["select.within"] = recipe.get("within") or None
    session["select.seed"] = int(recipe.get("seed") or 0)
    session["select.target"] = recipe.get("target")
    session["select.force"] = bool(recipe.get("force_target"))
    method = _method(selection)
    session["select.method"] = method
    for setting in methods(Selector)[method].settings():
        if setting.name in recipe["method"]:
            session[f"select.{method}.{setting.name}"] = _in_form(setting, recipe["method"][setting.name])
    _budget(recipe.get("budget") or {"share": 1.0}, selection.summary)


def _budget(budget: Mapping[str, Any], summary: Mapping[str, Any]) -> None:
    [(unit, amount)] = budget.items()
    percent = 100 * float(amount)
    if unit == "share" and abs(percent - round(percent)) > 1e-9:
        # The slider has whole percents; the same budget in tokens loses nothing.
        unit, amount = "tokens", round(amount * summary["pool"]["tokens"])
    st.session_state["select.unit"] = unit
    st.session_state[f"select.{unit}"] = round(percent) if unit == "share" else int(amount)


def _in_form(setting: Setting, value: Any) -> Any:
    """Return a setting's value as its input holds it."""
    if setting.kind is tuple:
        return ", ".join(map(str, value))
    if setting.kind is dict:
        return json.dumps(dict(value), ensure_ascii=False) if value else ""
    return setting.kind(value) if value is not None else None
