"""The documents of one group: the kept one whole, the others by what differs, each kept or dropped by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from winnow.catalog.filters import Filter
from winnow.jobs.copies import Kind, Members
from winnow_app import data, identity, state
from winnow_app.parts.copies.word_difference import REACH, difference, share_changed, steps
from winnow_app.parts.document_facts import badges, known, title_of
from winnow_app.parts.highlight import RIGHT_TO_LEFT, plain, snippet

SHOWN = 8
FACTS = ("source", "date", "tokens", "quality", "label")


def members_list(found: Members, group: int) -> None:
    """Draw the members of a group, a page of them at a time."""
    ids = [int(doc_id) for doc_id in found.of(group)]
    st.markdown(f"**{len(ids):,} documents** of group {group}, the kept one first")
    who = _name() if identity.may("label") else ""
    pages = -(-len(ids) // SHOWN)
    page = st.pagination(pages, key=f"copies.pages.{group}") if pages > 1 else 1
    chosen = list(dict.fromkeys([ids[0], *ids[(page - 1) * SHOWN : page * SHOWN]]))
    columns = [name for name in ("url", "id", *_facts(found.kind), found.kind.keep) if name in data.columns()]
    listed = Filter(where=f"doc_id IN ({', '.join(map(str, chosen))})")
    rows = {int(row["doc_id"]): row for row in data.page(listed, columns, limit=len(chosen)).to_dict("records")}
    texts = dict(zip(chosen, data.texts(tuple(chosen)), strict=True))
    for doc_id in chosen:
        row = {str(name): value for name, value in rows[doc_id].items()}
        with st.container(border=True, key=f"member.{doc_id}", gap="xsmall"):
            _heading(found.kind, row, group, who)
            st.html(badges(row, _facts(found.kind)))
            _difference(texts[doc_id], texts[ids[0]] if doc_id != ids[0] else None)


def _facts(kind: Kind) -> tuple[str, ...]:
    return (*FACTS, "semantic_similarity") if kind.name == "semantic" else FACTS


def _name() -> str:
    if state.name():
        return state.name()
    typed = st.text_input(
        "Your name", placeholder="your name, to keep or drop by hand", key="copies.who", label_visibility="collapsed"
    ).strip()
    if typed:
        st.session_state["who"] = typed
    return state.name()


def _heading(kind: Kind, row: Mapping[str, Any], group: int, who: str) -> None:
    """Say what becomes of a document and why, and offer what can be done with it."""
    doc_id, said = int(row["doc_id"]), row.get("label")
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        by_hand = known(said) and said in ("keep", "drop")
        stays = said == "keep" if by_hand else bool(row[kind.keep])
        words = ("keep" if stays else "drop") + (" by hand" if by_hand else "")
        st.badge(words, color="green" if stays else "gray", icon=":material/check:" if stays else ":material/delete:")
        st.markdown(f"**{plain(title_of(row))}**", width="stretch")
        if identity.may("label"):
            _hands(doc_id, said, who)
        if st.button("Open", key=f"copies.open.{doc_id}", type="tertiary", help="Open it in Explore, beside its group"):
            view = {**Filter(where=f"{kind.group} = {group}").to_query(), "doc": str(doc_id)}
            st.switch_page(st.session_state["pages"]["explore"], query_params=view)


def _hands(doc_id: int, said: object, who: str) -> None:
    for value, icon in (("keep", ":material/check:"), ("drop", ":material/delete:")):
        st.button(
            value.capitalize(), key=f"copies.{value}.{doc_id}", type="tertiary", icon=icon, disabled=not who or said == value,
            on_click=_say, args=(doc_id, value, who), help=f"Label document {doc_id} {value}; this outranks the policy",
        )  # fmt: skip


def _say(doc_id: int, value: str, who: str) -> None:
    data.workspace().labels.add(doc_id, value, who=who)


def _difference(text: str, kept: str | None) -> None:
    direction = "rtl" if len(RIGHT_TO_LEFT.findall(text[:2000])) * 3 > len(text[:2000].strip()) else "auto"
    if kept is None:
        st.html(f'<div class="winnow-snippet" dir="{direction}">{snippet(text, (), 600)}</div>')
        return
    found = steps(kept, text)
    changed = share_changed(found)
    st.caption("the same words" if not changed else f"{changed:.1%} of the words differ from the kept document")
    if changed:
        st.html(f'<div class="winnow-difference" dir="{direction}" {REACH}>{difference(found)}</div>')
