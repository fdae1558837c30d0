"""The clusters under the filter as groups that fold, and the hands that rename, merge, split, keep, drop and undo."""

from __future__ import annotations

from functools import partial

import streamlit as st

from winnow.jobs.cluster_parts import split_cluster
from winnow_app import data, identity, state
from winnow_app.parts.cluster_examples import cluster_examples
from winnow_app.parts.cluster_tree import cluster_tree
from winnow_app.parts.deeds import act, outcome
from winnow_app.parts.failures import failures_as_words
from winnow_app.parts.highlight import plain

NAMELESS = "somebody"
PLACE = "clusters"
PARTED = {"keep": "marked to keep", "drop": "marked to drop", "undecided": "undecided"}


def cluster_panel() -> None:
    """Draw the groups and their clusters, largest first; chosen rows are filtered by and acted on."""
    found = data.clusters(state.current())
    rows = cluster_tree(found)
    groups = [str(name) for name in rows.loc[rows["cluster"] < 0, "cluster_top"]]
    chosen = rows[rows["cluster"] >= 0]
    _show(groups, [str(name) for name in chosen["cluster_name"]])
    with failures_as_words("clusters"):
        _change([int(number) for number in chosen["cluster"]], [str(name) for name in chosen["cluster_name"]])
    if len(chosen) == 1:
        with failures_as_words("examples"):
            cluster_examples(int(chosen["cluster"].iloc[0]))


def _show(groups: list[str], names: list[str]) -> None:
    filter, nothing = state.current(), not (groups or names)
    hidden = filter.with_values("cluster_keep", "false", exclude=True)
    with st.container(horizontal=True, gap="small"):
        only = filter.with_values("cluster_name", *names) if names else filter.with_values("cluster_top", *groups)
        st.button("Show only", disabled=nothing, on_click=state.put, args=(only,), icon=":material/filter_alt:")
        hide = (
            filter.with_values("cluster_name", *names, exclude=True)
            if names
            else filter.with_values("cluster_top", *groups, exclude=True)
        )
        st.button("Hide", disabled=nothing, on_click=state.put, args=(hide,), icon=":material/visibility_off:")
        if data.workspace().catalog.clusters.dropped():
            st.button("Hide dropped", on_click=state.put, args=(hidden,), icon=":material/delete_sweep:")


def _change(numbers: list[int], names: list[str]) -> None:
    if not identity.may("curate"):
        return
    clusters, who = data.workspace().catalog.clusters, state.name() or NAMELESS
    if not numbers:
        st.caption("Unfold a group and choose a cluster to rename, split, keep or drop it, several to merge them.")
    else:
        with st.container(horizontal=True, gap="small"):
            for verdict, icon in (("keep", "check"), ("drop", "delete"), ("undecided", "remove_done")):
                st.button(
                    verdict.capitalize(), key=f"clusters.{verdict}", icon=f":material/{icon}:",
                    on_click=act, args=(PLACE, partial(_judge, numbers, names, verdict, who)),
                    help="The column cluster_keep says so; nothing is deleted",
                )  # fmt: skip
    if len(numbers) == 1:
        _one(numbers[0], names[0], who)
    elif numbers:
        st.button(
            plain(f"Merge {len(numbers)} into “{names[0]}”"), icon=":material/merge:",
            on_click=act, args=(PLACE, partial(_merge, numbers, names[0], who)),
        )  # fmt: skip
    events = clusters.events()
    if events:
        what, newest = events[-1].event["what"], events[-1].seq
        st.button(
            f"Undo the last {what}", icon=":material/undo:", type="tertiary",
            on_click=act, args=(PLACE, partial(_undo, what, newest, who)),
        )  # fmt: skip
    outcome(PLACE)


def _one(number: int, present: str, who: str) -> None:
    key = f"clusters.name.{number}"
    with (
        st.form(f"rename.{number}", border=False),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small"),
    ):
        st.text_input("Rename it", present, key=key)
        renamed = partial(_rename, number, present, key, who)
        st.form_submit_button("Rename", icon=":material/edit:", on_click=act, args=(PLACE, renamed))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.number_input("Split it into", 2, 20, 2, key="clusters.parts", width=120)
        parted = partial(_split, number, present, who)
        st.button("Split", icon=":material/call_split:", key="clusters.split", on_click=act, args=(PLACE, parted))


def _judge(numbers: list[int], names: list[str], verdict: str, who: str) -> str:
    data.workspace().catalog.clusters.judge(numbers, verdict, who=who)
    words = f"“{names[0]}” is" if len(names) == 1 else f"{len(names)} clusters are"
    return plain(f"{words} {PARTED[verdict]}.")


def _rename(number: int, present: str, key: str, who: str) -> str:
    name = str(st.session_state[key]).strip()
    if name == present:
        return ""
    data.workspace().catalog.clusters.rename(number, name, who=who)
    return plain(f"“{present}” is called “{name}” now.")


def _merge(numbers: list[int], name: str, who: str) -> str:
    data.workspace().catalog.clusters.merge(numbers, into=numbers[0], who=who)
    return plain(f"{len(numbers)} clusters are one now: “{name}”.")


def _split(number: int, present: str, who: str) -> str:
    parts = int(st.session_state["clusters.parts"])
    st.toast(plain(f"Splitting “{present}” …"), icon=":material/call_split:")
    split_cluster(data.workspace().catalog, number, parts, who=who)
    return plain(f"“{present}” is {parts} clusters now.")


def _undo(what: str, newest: int, who: str) -> str:
    data.workspace().catalog.clusters.undo(who=who, newest=newest)
    return f"The {what} is undone."
