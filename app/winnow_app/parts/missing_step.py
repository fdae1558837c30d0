"""What a method still lacks, with the button that makes it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from winnow.method import methods
from winnow.score.base import Scorer
from winnow.select.base import Selector
from winnow_app import data


@dataclass(frozen=True)
class Step:
    """Something to run before a method can choose: the words for people, the verb and its recipe."""

    words: str
    verb: str
    recipe: dict[str, Any] = field(default_factory=dict)


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
            steps.append(Step(f"column {need}", "score", {"names": [makers[need]]}))
        elif need.startswith(("cluster", "map_")):
            steps.append(Step("clusters", "cluster"))
    return steps


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
            st.button(
                "Running …" if step.verb in running else f"Run {step.verb}", key=f"offer.{step.words}", type="primary",
                icon=":material/play_arrow:", on_click=data.start, args=(step.verb,), kwargs=step.recipe,
                disabled=step.verb in running,
            )  # fmt: skip
