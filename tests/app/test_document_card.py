"""The document card: what a document is called, its facts as words, the way to its copies."""

from __future__ import annotations

from typing import Any

import pytest

from winnow.jobs.document import Document
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
