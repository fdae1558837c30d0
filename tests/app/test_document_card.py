"""The document card: what a document is called, its facts as words, the way to its copies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.conftest import Opener
from winnow.catalog.labels import LabelSchema
from winnow.jobs.document import Document
from winnow.workspace import Workspace
from winnow_app.parts.document_facts import badges, title_of
from winnow_app.parts.relatives import duplicates_filter


def document(**values: Any) -> Document:
    return Document(3, "text", values, {}, {}, [])


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"duplicate_group": 1, "near_group": 0}, "duplicate_group = 1 OR near_group = 0"),
        ({"duplicate_group": None, "near_group": 0}, "near_group = 0"),
        ({"duplicate_group": float("nan"), "near_group": 2.0}, "near_group = 2"),
    ],
)
def test_copies_are_those_of_either_group(values: dict[str, Any], where: str) -> None:
    found = duplicates_filter(document(**values))
    assert found is not None
    assert found.where == where


def test_a_document_of_its_own_has_no_copies() -> None:
    assert duplicates_filter(document(duplicate_group=None)) is None


def test_a_title_is_the_address_else_the_id_else_the_number() -> None:
    assert "example" in title_of({"url": "https://example.org/a", "id": "x", "doc_id": 3})
    assert title_of({"url": None, "id": "x", "doc_id": 3}) == "x"
    assert title_of({"url": float("nan"), "id": " ", "doc_id": 3}) == "document 3"


def test_badges_leave_out_what_is_missing_and_escape_what_is_there() -> None:
    shown = badges({"quality": 0.25, "toxicity": float("nan"), "language": "<b>"}, ("quality", "toxicity", "language"))
    assert "<b>0.25</b>" in shown
    assert "toxicity" not in shown
    assert "&lt;b&gt;" in shown


def test_the_history_of_labels_quotes_passages_and_names_the_other_of_a_pair(
    own_corpus: Path, open_page: Opener
) -> None:
    labels = Workspace(own_corpus).labels
    labels.define(LabelSchema("marks", "What is *dishonest* here?", ("ad", "spam"), kind="spans"))
    labels.define(LabelSchema("better", "Which is better?", kind="pair"))
    text = Workspace(own_corpus).document(2).text
    labels.add(2, [{"start": 0, "end": 4, "tag": "ad"}], who="ana", schema="marks")
    labels.add(1, "second", who="ben", schema="better", other=2)
    labels.undo(who="ben", schema="better")
    app = open_page("explore", own_corpus, {"doc": "2"})
    app.session_state["doc.view"] = "Labels"
    app.run()
    assert not app.exception
    rows = app.table[0].value.to_dict("records")
    assert [row["answer"] for row in rows] == [f"“{text[:4]}” ad", "preferred to document 1"]
    assert [row["question"] for row in rows] == ["What is \\*dishonest\\* here?", "Which is better?"]
    assert [row[""] for row in rows] == ["", "undone"]


def test_a_review_tells_apart_passages_with_one_tag(own_corpus: Path, open_page: Opener) -> None:
    labels = Workspace(own_corpus).labels
    labels.define(LabelSchema("marks", "What is dishonest here?", ("ad",), kind="spans"))
    text = Workspace(own_corpus).document(2).text
    for who, end in (("ana", 4), ("ben", 8)):
        labels.add(2, [{"start": 0, "end": end, "tag": "ad"}], who=who, schema="marks")
    app = open_page("label", own_corpus, {"schema": "marks"})
    app.session_state["who"] = "cem"
    app.run()
    app.segmented_control(key="label.view").set_value("review").run()
    assert not app.exception
    offered = {button.label for button in app.button if str(button.key).startswith("review.value")}
    assert offered == {f"“{text[:4]}” ad", f"“{text[:8]}” ad"}
