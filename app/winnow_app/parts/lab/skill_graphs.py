"""Skill graphs: which groups of documents help which, and the mixture that follows."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from winnow.compute.local import available_cores
from winnow.jobs.skills import MOST, Search, SkillGraph, predicted, skill_graph
from winnow.prove.tiers import TIERS
from winnow_app import data, lab_charts, state
from winnow_app.parts.highlight import plain
from winnow_app.parts.lab.launch import chosen, launch, size_input, told_minutes
from winnow_app.parts.shell_command import view_words

QUIET = {"displayModeBar": False}
ABOUT = (
    "Small models are trained on each of the largest groups alone and on every two of them together. Where reading one "
    "group makes another easier, that is an edge. Two more runs then try the mixture that follows from the edges beside "
    "equal shares. The method **skill_it** selects by such a graph."
)


def skills_tab() -> None:
    """Draw the form and what was found."""
    settings, found = st.columns([4, 9], gap="large")
    with found:
        name = chosen("skills", ABOUT)
        if name:
            _found(skill_graph(data.workspace().catalog, name))
    with settings:
        _form()


def _form() -> None:
    groups = [name for name, column in data.columns().items() if column.kind == "group"]
    first = groups.index("source") if "source" in groups else 0
    by = str(st.selectbox("Groups of", groups, index=first, key="skills.by", help="Its largest groups are the skills."))
    most = int(st.slider("The largest, at most", 2, MOST, 4, key="skills.most"))
    tier = size_input("skills")
    seeds = int(st.slider("Seeds", 1, 8, 2, key="skills.seeds", help="Runs of each group, pair and mixture."))
    sure = st.toggle(
        "Only edges that are sure", key="skills.sure", disabled=seeds < 2, help="Their interval lies below zero."
    )
    view = state.current()
    search = Search(by=by, most=most, tier=tier, seeds=seeds, sure=sure and seeds > 1, filter=view)
    if view:
        words = " and ".join(words for _, words in view.pills())
        st.markdown(f"Of the **{data.count(view).documents:,}** documents in view: {plain(words)}.")
    told_minutes(_minutes(most, tier, seeds), f"{len(search.runs())} runs at most")
    flags = ["--by", by, "--most", str(most), "--tier", tier, "--seeds", str(seeds)]
    flags += ["--sure"] if search.sure else []
    flags += view_words(view)
    launch("skills", "Find the skills", {"search": search.recipe}, flags, "")


@st.cache_data(show_spinner="measuring this machine", ttl=600)
def _minutes(most: int, tier: str, seeds: int) -> float | None:
    if TIERS[tier].vocabulary:
        return None
    return predicted(Search(most=most, tier=tier, seeds=seeds), available_cores()).minutes


def _found(made: SkillGraph) -> None:
    n = f"n = {made.seeds} seed{'s' * (made.seeds != 1)}"
    left, right = st.columns(2)
    left.plotly_chart(lab_charts.edges(made), config=QUIET, key=f"skills.edges.{made.name}")
    right.plotly_chart(lab_charts.mixture(made), config=QUIET, key=f"skills.mixture.{made.name}")
    rows = [
        {"skill": skill, f"nats per byte against equal shares ({n})": f"{mean:+.3f} ± {half:.3f}"}
        for skill, (mean, half) in made.gains.items()
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True)
    if st.button("Select by it", icon=":material/filter_alt:", key=f"skills.select.{made.name}"):
        st.session_state["select.method"] = "skill_it"
        st.session_state["select.skill_it.graph"] = (made.folder / "graph.csv").read_text("utf-8")
        st.switch_page(st.session_state["pages"]["select"])
