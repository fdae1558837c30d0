"""What a method still lacks, with the button that makes it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from winnow.method import methods
from winnow.score.base import Scorer
from winnow.score.causal import CausalScorer
from winnow.select.base import Selector
from winnow_app import data, identity
from winnow_app.parts.highlight import plain


@dataclass(frozen=True)
class Step:
    """Something to run before a method can choose: the words for people, the verb and its recipe.

    Without a verb it cannot be run by a button, since only a person knows its settings: `command` says how.
    """

    words: str
    verb: str
    recipe: dict[str, Any] = field(default_factory=dict)
    command: str = ""


def missing_steps(needs: Collection[str], columns: Collection[str], models: Collection[str]) -> list[Step]:
    """Return the steps that make what is missing and can be made; a target is asked for in the form instead."""
    makers = {column: name for name, kind in methods(Scorer).items() for column in kind().columns()}
    steps = []
    for need in sorted(needs):
        model = need.removeprefix("vectors:")
        if model != need:
            if model not in models:
                steps.append(Step(f"vectors of {model}", "embed", {"model": model}))
        elif need in columns or need in ("target", "text"):
            continue
        elif need in makers:
            steps.append(_scoring(need, makers[need]))
        elif need.startswith(("cluster", "map_")):
            steps.append(Step("clusters", "cluster"))
    return steps


def _scoring(column: str, scorer: str) -> Step:
    """Return the step that makes a column; a scorer that must be told a model, or a target too, is not run without."""
    kind = methods(Scorer)[scorer]
    told = [setting.name for setting in kind.settings() if setting.name in ("model", "target")]
    if not issubclass(kind, CausalScorer):
        return Step(f"column {column}", "score", {"names": [scorer]})
    settings = " ".join(f"--set {name}={name.upper()}" for name in told)
    return Step(f"column {column}", "", command=f"winnow score {scorer} {settings}")


def selection_needed() -> None:
    """Say that no selection is kept, and lead to where one is chosen."""
    if not identity.may("curate"):
        st.info("No selection is kept yet; a curator can choose one.", icon=":material/filter_alt:")
        return
    st.info("No selection is kept yet: choose one and save it under a name.", icon=":material/filter_alt:")
    st.page_link(st.session_state["pages"]["select"], label="Choose documents", icon=":material/filter_alt:")


def tell_missing(asked: Iterable[str], kept: Collection[str]) -> None:
    """Say which of the selections that were asked for are not there: somebody else may have forgotten them."""
    missing = ", ".join(f"“{plain(name)}”" for name in asked if name and name not in kept)
    if missing:
        st.info(f"There is no selection {missing} any more.", icon=":material/filter_alt_off:")


def still(asked: Iterable[str], kept: Sequence[str]) -> list[str]:
    """Return the kept selections and those asked for: one that is gone stays chosen, and what it is chosen for says so."""
    return [*kept, *(name for name in asked if name and name not in kept)]


def offer_missing(selector: Selector) -> bool:
    """Draw a button per missing step and return whether there is one."""
    steps = missing_steps(selector.needs(), data.columns(), data.workspace().catalog.vectors.models())
    offer(selector.name, steps)
    return bool(steps)


def offer(who: str, steps: Sequence[Step]) -> None:
    """Draw a button per step that somebody waits for."""
    running = data.running_verbs()
    for step in steps:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{who}** needs {step.words}")
            if not identity.may("curate"):
                st.caption("A curator can make it.")
                continue
            if not step.verb:
                st.code(step.command, language=None)
                continue
            st.button(
                "Running …" if step.verb in running else f"Run {step.verb}", key=f"offer.{step.words}", type="primary",
                icon=":material/play_arrow:", on_click=data.start, args=(step.verb,), kwargs=step.recipe,
                disabled=step.verb in running,
            )  # fmt: skip
