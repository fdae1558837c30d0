"""Suspect labels and the learning curve, on labels of which some were turned over."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.jobs.labelled_corpus import N, copied, label
from winnow.catalog.labels import FINAL, LabelSchema
from winnow.errors import MissingNeed, SettingError
from winnow.jobs.label_doubts import doubts, enough, of_classes, wrong_labels
from winnow.workspace import Workspace


@pytest.fixture
def workspace(labelled: Path, tmp_path: Path) -> Workspace:
    return copied(labelled, tmp_path)


def test_labels_turned_over_are_doubted_and_no_others(workspace: Workspace) -> None:
    label(workspace, range(N), wrong=(4, 17, 33))
    found = doubts(workspace.catalog, "label")
    assert {doubt.doc_id for doubt in found} == {4, 17, 33}
    assert [doubt.margin for doubt in found] == sorted((doubt.margin for doubt in found), reverse=True)
    assert {(doubt.value, doubt.looks_like) for doubt in found} == {("keep", "drop"), ("drop", "keep")}
    wrong = {(row.value, row.truly): row.labels for row in wrong_labels(workspace.catalog, "label")}
    assert wrong == {("drop", "keep"): pytest.approx(2, abs=1), ("keep", "drop"): pytest.approx(1, abs=1)}


def test_what_most_people_said_counts_and_a_deciding_answer_above_all(workspace: Workspace) -> None:
    for who, value in (("ana", "keep"), ("ben", "drop"), ("cem", "drop"), ("rater:x", "keep"), ("rater:y", "keep")):
        workspace.labels.add(0, value, who=who)
    workspace.labels.add(1, "drop", who="ana")
    workspace.labels.add(1, "keep", who="ben")
    workspace.labels.add(2, "drop", who="ana")
    workspace.labels.add(2, "unsure", who="lead", role=FINAL)
    classes = of_classes(workspace.catalog, workspace.labels.schema("label"))
    assert [classes.names[code] for code in classes.codes] == ["drop", "keep", "unsure"]
    assert classes.doc_ids.tolist() == [0, 1, 2]


def test_the_curve_says_when_more_would_hardly_help(workspace: Workspace) -> None:
    label(workspace, range(N))
    found = enough(workspace.catalog, "label")
    assert [point.labels for point in found.curve] == sorted(point.labels for point in found.curve)
    assert found.curve[-1].labels == N * 4 // 5
    assert found.curve[-1].value == 1.0
    assert found.commonest == 0.5
    assert all(point.low <= point.value <= point.high for point in (*found.curve, found.gain))
    assert "hardly help" in found.verdict


def test_labels_that_say_nothing_are_too_few(workspace: Workspace) -> None:
    rows = [{"doc_id": row, "value": "keep" if row % 4 < 2 else "drop"} for row in range(N)]
    workspace.labels.add_many(rows, who="ana", schema="label")
    assert enough(workspace.catalog, "label").verdict.startswith("Too few")


def test_what_cannot_be_doubted_says_why(workspace: Workspace, corpus: Workspace) -> None:
    with pytest.raises(MissingNeed, match="label more"):
        doubts(workspace.catalog, "label")
    label(workspace, range(0, N, 2))
    with pytest.raises(MissingNeed, match="two different answers"):
        enough(workspace.catalog, "label")
    workspace.labels.define(LabelSchema("marks", "Where?", ("ad",), kind="spans"))
    with pytest.raises(SettingError, match="no classes"):
        doubts(workspace.catalog, "marks")
    rows = [{"doc_id": row % 6, "value": "keep" if row % 2 else "drop", "who": f"p{row}"} for row in range(12)]
    corpus.labels.add_many(rows, who="x", schema="label")
    with pytest.raises(MissingNeed):
        doubts(corpus.catalog, "label")
