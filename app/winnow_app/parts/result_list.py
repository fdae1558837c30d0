"""Results: one card a document, with its hits marked, twelve to a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from winnow_app import data, state
from winnow_app.parts.document_facts import badges, title_of
from winnow_app.parts.highlight import plain, snippet

PAGE = 12
SHOWN = ("source", "date", "quality", "toxicity", "language", "tokens", "pii", "cluster_name", "label")
BEST = "best match first, or as taken in"


def result_list(sort: str = "", descending: bool = True) -> None:
    """Draw one page of the filter's documents and the way to the others."""
    filter = state.current()
    total = data.count(filter).documents
    if total == 0:
        st.info("No document is left. Take a condition away above.", icon=":material/filter_alt_off:")
        return
    pages = -(-total // PAGE)
    asked = state.get("page", "1")
    present = min(max(int(asked) if asked.isdigit() else 1, 1), pages)
    names = [name for name in ("url", "id", *SHOWN) if name in data.columns()]
    offset = (present - 1) * PAGE
    rows = data.page(filter, names, sort=sort, descending=descending, offset=offset, limit=PAGE)
    ids = [int(doc_id) for doc_id in rows["doc_id"]]
    st.session_state["listed"] = ids
    sought, has_vectors = data.sought(filter), bool(data.workspace().catalog.vectors.models())
    with st.container(key="results"):
        for row, text in zip(rows.to_dict("records"), data.texts(tuple(ids)), strict=True):
            _result({str(name): value for name, value in row.items()}, text, sought, has_vectors)
    chosen = st.pagination(pages, default=present, key=f"pages.{filter.key}.{sort}.{present}") if pages > 1 else present
    if chosen != present:
        state.keep("page", chosen)
        st.rerun()


def result_order() -> tuple[str, bool]:
    """Ask for the column to sort by, empty for the best match, and whether the highest come first."""
    kinds = ("number", "date")
    columns = [name for name, column in data.columns().items() if column.kind in kinds and name != "doc_id"]
    sort = st.selectbox(
        "Sort by", ["", *columns], format_func=lambda name: f"by {name.replace('_', ' ')}" if name else BEST,
        label_visibility="collapsed", width=300, **state.tied("sort", "sort", columns),
    )  # fmt: skip
    if not sort:
        return "", True
    return sort, bool(st.toggle("highest first", **state.tied("descending", "descending", (True, False), True)))


def _result(row: Mapping[str, object], text: str, sought: tuple[Sequence[str], str], has_vectors: bool) -> None:
    doc_id = int(str(row["doc_id"]))
    opened = state.get("doc") == str(doc_id)
    with st.container(border=True, key=f"result.{doc_id}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.button(
                plain(title_of(row)), key=f"open.{doc_id}", type="tertiary", on_click=state.keep, args=("doc", doc_id),
                icon=":material/visibility:" if opened else ":material/article:", help=f"Open document {doc_id}",
            )  # fmt: skip
            if has_vectors:
                pick_buttons(doc_id)
        terms, pattern = sought
        body = f'<div class="winnow-snippet" dir="auto">{snippet(text, terms, pattern=pattern)}</div>'
        st.html(body + badges(row, SHOWN))


def pick_buttons(doc_id: int, key: str = "pick") -> None:
    """Draw the two thumbs with which a document becomes an example of what is sought, or against it."""
    filter = state.current()
    for example, picked, icon, words in (
        (True, filter.examples, "thumb_up", "More of this kind"),
        (False, filter.against, "thumb_down", "Less of this kind"),
    ):
        chosen = doc_id in picked
        st.button(
            "", key=f"{key}.{'for' if example else 'against'}.{doc_id}", icon=f":material/{icon}:",
            type="primary" if chosen else "tertiary", on_click=state.pick, args=(doc_id,), kwargs={"example": example},
            help=f"{words}: everything is ranked by what you pick" if not chosen else "Take it back",
        )  # fmt: skip
