"""Labels in and out: a file of labels means the same documents in a corpus put together otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import DOCUMENTS, one_process, write_lines
from winnow.errors import InputError, SettingError
from winnow.workspace import Workspace


def labels(workspace: Workspace) -> set[tuple[str, str, str | None]]:
    standing = workspace.labels.standing("label")
    ids = workspace.catalog.texts.fetch([label.doc_id for label in standing], ["id"]).column("id").to_pylist()
    return {(label.who, id, label.value) for label, id in zip(standing, ids, strict=True)}


def test_labels_find_their_documents_by_their_own_ids(corpus: Workspace, tmp_path: Path) -> None:
    corpus.labels.add(0, "keep", who="ana")
    corpus.labels.add(4, "drop", who="ben")
    assert corpus.export_labels(tmp_path / "labels.jsonl") == 2
    other = one_process(tmp_path / "other")
    other.ingest([write_lines(tmp_path / "turned.jsonl", reversed(DOCUMENTS))])
    made = other.import_labels(tmp_path / "labels.jsonl")
    assert (made.new, made.known, made.unmatched) == (2, 0, [])
    assert labels(other) == labels(corpus) == {("ana", "a", "keep"), ("ben", "e", "drop")}
    again = other.import_labels(tmp_path / "labels.jsonl")
    assert (again.new, again.known) == (0, 2)


def test_a_label_of_an_unknown_document_is_told(corpus: Workspace, tmp_path: Path) -> None:
    rows = [
        {"id": "zzz", "value": "keep"},
        {"doc_id": 99, "value": "keep"},
        {"id": "zzz", "doc_id": 0, "value": "keep"},
        {"doc_id": 1, "value": "keep"},
        {"id": "c", "doc_id": 99, "value": "drop"},
    ]
    made = corpus.import_labels(write_lines(tmp_path / "labels.jsonl", rows), who="ana")
    assert (made.new, made.unmatched) == (2, ["zzz", "99", "zzz"])
    assert labels(corpus) == {("ana", "b", "keep"), ("ana", "c", "drop")}


def test_a_value_that_the_schema_lacks_is_refused(corpus: Workspace, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "labels.jsonl", [{"id": "a", "value": "keep"}, {"id": "b", "value": "great"}])
    with pytest.raises(InputError, match=r"labels\.jsonl:2 says 'great'"):
        corpus.import_labels(path)
    with pytest.raises(SettingError):
        corpus.import_labels(path, schema="nope")
    assert corpus.labels.last == 0


def test_labels_in_numbers(corpus: Workspace) -> None:
    for doc, (ana, ben) in enumerate([("keep", "keep"), ("drop", "drop"), ("keep", "drop"), ("drop", "drop")]):
        corpus.labels.add(doc, ana, who="ana")
        corpus.labels.add(doc, ben, who="ben")
    (stats,) = corpus.label_stats()
    assert {(row["who"], row["value"], row["documents"]) for row in stats.counts} == {
        ("ana", "keep", 2), ("ana", "drop", 2), ("ben", "keep", 1), ("ben", "drop", 3),
    }  # fmt: skip
    # p_o = 3/4; p_e = 2/4 · 1/4 + 2/4 · 3/4 = 1/2; kappa = (3/4 − 1/2) / (1 − 1/2) = 1/2.
    assert [(pair.share, pair.kappa) for pair in stats.agreement] == [(0.75, 0.5)]
