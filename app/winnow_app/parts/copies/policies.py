"""Which document of a group is kept: what each policy would do, the way to apply one, and what is left after all."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from winnow.catalog.filters import Filter
from winnow.jobs.copies import Members, kept_condition
from winnow.score.twins import POLICIES
from winnow_app import data, identity
from winnow_app.parts.save_selection import save_selection

WORDS = {
    "longest": "the longest",
    "best": "the best by quality",
    "newest": "the newest",
    "source": "by preferred source",
    "first": "the first taken in",
}


def policies(found: Members) -> None:
    """Draw what each policy drops, and apply one."""
    sources = _sources(found)
    effects = [found.effect(policy, sources) for policy in POLICIES if policy != "source" or sources]
    rows = [
        {"keep": WORDS[effect.policy], "documents dropped": effect.documents, "tokens dropped": effect.tokens,
         "quality of the kept": None if math.isnan(effect.rating) else effect.rating,
         "groups that keep another": effect.changed}
        for effect in effects
    ]  # fmt: skip
    number = st.column_config.NumberColumn
    event = st.dataframe(
        pd.DataFrame(rows), hide_index=True, key=f"copies.policies.{len(effects)}", on_select="rerun", selection_mode="single-row",
        column_config={
            "quality of the kept": number(format="%.3f", help="The mean over all groups."),
            **{name: number(format="localized") for name in ("documents dropped", "tokens dropped", "groups that keep another")},
        },
    )  # fmt: skip
    if not identity.may("curate"):
        st.caption("A curator can apply a policy. A hand label keep or drop outranks every policy.")
    elif event.selection.rows:
        _apply(found, effects[event.selection.rows[0]].policy, sources)
    else:
        st.caption("Choose a row to apply a policy. A hand label keep or drop outranks every policy.")
    _left(found)


def _sources(found: Members) -> tuple[str, ...]:
    names, counts = pd.Series(found.sources).value_counts().index.tolist(), set(found.sources.tolist()) - {""}
    if len(counts) < 2:
        return ()
    return tuple(
        st.multiselect(
            "Preferred sources, the best first", [name for name in names if name], key="copies.sources",
            placeholder="name sources to compare the policy by source",
        )
    )  # fmt: skip


def _apply(found: Members, policy: str, sources: tuple[str, ...]) -> None:
    scorer = found.kind.scorer
    run = data.workspace().catalog.manifest.run("columns", scorer)
    settings: dict[str, Any] = {key: value for key, value in (run.recipe if run else {}).items() if key != "method"}
    settings |= {"policy": policy} | ({"sources": list(sources)} if sources else {})
    running = "score" in data.running_verbs()
    st.button(
        "Running …" if running else f"Keep {WORDS[policy]}", type="primary", icon=":material/play_arrow:",
        key="copies.apply", disabled=running, on_click=data.start, args=("score",),
        kwargs={"names": [scorer], "settings": {scorer: settings}},
    )  # fmt: skip


def _left(found: Members) -> None:
    """Draw what is left with the hands' decisions in it, and the ways on."""
    left = Filter(where=kept_condition(found.kind.name))
    count, everything = data.count(left), data.count(Filter())
    share = count.documents / max(everything.documents, 1)
    tokens = f", {count.tokens:,} of {everything.tokens:,} tokens" if everything.tokens else ""
    st.markdown(f"**Left: {count.documents:,} of {everything.documents:,} documents** ({share:.1%}){tokens}")
    if st.button("Look at them", icon=":material/search:", key="copies.look"):
        st.switch_page(st.session_state["pages"]["explore"], query_params=left.to_query())
    if not identity.may("curate"):
        return
    with st.container(width=480):
        keep = partial(data.workspace().select, "random", share=1.0, filter=left)
        save_selection(f"copies.{found.kind.name}", keep, name=f"without-{found.kind.name}-copies")
