"""Labels go out in other tools' formats and come back the same, for every kind of question; and from files by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import DOCUMENTS, one_process, write_lines
from winnow.catalog.labels import FINAL, GOLD, SKIP, LabelSchema
from winnow.errors import InputError, SettingError
from winnow.jobs.labels import export_labels, import_labels
from winnow.rate.pair_files import read_pairs
from winnow.workspace import Workspace

EMOJI = [{"id": "z", "text": "a 🌱 grows 🌱 here", "source": "wiki"}]
"""Two letters that take two UTF-16 units each."""

ANSWERS: dict[str, list[object]] = {
    "choice": ["keep", "drop"], "keep": ["keep", "drop"], "scale": ["1", "5"], "choices": [["news", "code"], []],
    "tags": [["river", "old mill"], []], "pair": ["first", "tie", "second"],
    "spans": [[{"start": 2, "end": 3, "tag": "news"}, {"start": 10, "end": 11, "tag": "code"}], []],
}  # fmt: skip
VALUES = {"choice": ("keep", "drop", "unsure"), "choices": ("news", "code"), "spans": ("news", "code")}


def corpus_of(folder: Path) -> Workspace:
    workspace = one_process(folder / "corpus")
    workspace.ingest([write_lines(folder / "pages.jsonl", [*EMOJI, *DOCUMENTS])])
    return workspace


def answered(folder: Path, kind: str) -> Workspace:
    """Documents 0 and 1 answered by ana, 0 by ben otherwise, 2 passed over."""
    workspace = corpus_of(folder)
    schema = LabelSchema("q", "What?", VALUES.get(kind, ()), kind=kind)
    workspace.labels.define(schema)
    other = {"other": 5} if kind == "pair" else {}
    answers = ANSWERS[kind]
    for doc_id, answer in enumerate(answers):
        workspace.labels.add(doc_id, answer, who="ana", schema="q", seconds=2.5, **other)
    workspace.labels.add(0, answers[1], who="ben", schema="q", **other)
    workspace.labels.add(3, SKIP, who="ana", schema="q", **other)
    return workspace


def standing(workspace: Workspace, *, skips: bool) -> set[tuple[object, ...]]:
    return {
        (label.who, label.doc_id, label.other, label.value)
        for label in workspace.labels.standing("q") if skips or label.value != SKIP
    }  # fmt: skip


@pytest.mark.parametrize("format", ["jsonl", "argilla", "label-studio"])
@pytest.mark.parametrize("kind", ANSWERS)
def test_what_goes_out_comes_back(kind: str, format: str, tmp_path: Path) -> None:
    skips = format != "argilla"
    workspace = answered(tmp_path / "here", kind)
    count = export_labels(workspace.catalog, tmp_path / "labels", "q", format=format)
    assert count == len(standing(workspace, skips=skips))
    there = corpus_of(tmp_path / "there")
    there.labels.define(workspace.labels.schema("q"))
    made = import_labels(there.catalog, tmp_path / "labels", "q", "nobody", format=format)
    assert (made.new, made.known, made.unmatched) == (count, 0, [])
    assert standing(there, skips=True) == standing(workspace, skips=skips)
    again = import_labels(there.catalog, tmp_path / "labels", "q", "nobody", format=format)
    assert (again.new, again.known) == (0, count)


@pytest.mark.parametrize("format", ["argilla", "label-studio"])
def test_what_was_changed_elsewhere_is_new_and_the_rest_is_known(format: str, tmp_path: Path) -> None:
    workspace = answered(tmp_path, "choice")
    export_labels(workspace.catalog, tmp_path / "labels", "q", format=format)
    written = (tmp_path / "labels").read_text()
    (tmp_path / "same").write_text(written)
    again = import_labels(workspace.catalog, tmp_path / "same", "q", "nobody", format=format)
    assert again.new == 0
    place = written.rindex("drop")
    (tmp_path / "changed").write_text(written[:place] + "unsure" + written[place + len("drop") :])
    changed = import_labels(workspace.catalog, tmp_path / "changed", "q", "nobody", format=format)
    assert changed.new == 1
    assert "unsure" in {label.value for label in workspace.labels.standing("q")}


def test_deciding_answers_go_along_and_known_ones_on_request(tmp_path: Path) -> None:
    workspace = answered(tmp_path / "here", "choice")
    workspace.labels.add(0, "unsure", who="lead", schema="q", role=FINAL)
    workspace.labels.add(4, "drop", who="lead", schema="q", role=GOLD)
    assert export_labels(workspace.catalog, tmp_path / "plain", "q") == 5
    assert export_labels(workspace.catalog, tmp_path / "labels", "q", gold=True) == 6
    there = corpus_of(tmp_path / "there")
    there.labels.define(workspace.labels.schema("q"))
    import_labels(there.catalog, tmp_path / "labels", "q", "nobody")
    for role in (FINAL, GOLD):
        found = [(label.doc_id, label.who, label.value) for label in there.labels.standing("q", role=role)]
        assert found == [(label.doc_id, label.who, label.value) for label in workspace.labels.standing("q", role=role)]


def test_label_studio_counts_passages_as_a_browser_does(tmp_path: Path) -> None:
    """In "a 🌱 grows 🌱 here" the second plant is code point 10 and begins at unit 11, for the first takes two."""
    workspace = answered(tmp_path, "spans")
    export_labels(workspace.catalog, tmp_path / "labels", "q", format="label-studio")
    task = next(task for task in json.loads((tmp_path / "labels").read_text()) if task["data"]["doc_id"] == 0)
    results = [result for annotation in task["annotations"] for result in annotation["result"]]
    assert [(part["value"]["start"], part["value"]["end"], part["value"]["text"]) for part in results] == [
        (2, 4, "🌱"), (11, 13, "🌱"),
    ]  # fmt: skip


def test_a_file_of_argilla_written_by_hand(tmp_path: Path) -> None:
    """As the SDK's records.to_json writes it, as its flattened form, and as the server answers, with a status."""
    workspace = corpus_of(tmp_path)
    records = [
        {"id": "a", "fields": {"text": "…"}, "metadata": {}, "suggestions": {}, "vectors": {}, "_server_id": "5",
         "responses": {"label": [{"value": "keep", "user_id": "u1"}, {"value": "drop", "user_id": "u2"}], "other": []}},
        {"id": "b", "text": "…", "label.responses": ["drop"], "label.responses.users": ["u1"], "label.responses.status": ["submitted"]},
        {"id": "c", "responses": {"label": [{"value": "keep", "user_id": "u1", "status": "draft"}]}},
        {"id": "nowhere", "responses": {"label": [{"value": "keep", "user_id": "u1"}]}},
    ]  # fmt: skip
    (tmp_path / "records.json").write_text(json.dumps(records))
    made = import_labels(workspace.catalog, tmp_path / "records.json", "label", "x", format="argilla")
    assert (made.new, made.unmatched) == (3, ["nowhere"])
    found = {(label.who, label.doc_id, label.value) for label in workspace.labels.standing("label")}
    assert found == {("u1", 1, "keep"), ("u2", 1, "drop"), ("u1", 2, "drop")}


def test_a_file_of_label_studio_written_by_hand(tmp_path: Path) -> None:
    workspace = corpus_of(tmp_path)
    choice = {"from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": ["drop"]}}
    tasks = [
        {"id": 1, "data": {"text": "…", "id": "a"}, "predictions": [],
         "annotations": [{"id": 11, "completed_by": 3, "result": [choice], "was_cancelled": False, "lead_time": 4.2},
                         {"id": 12, "completed_by": {"id": 4, "email": "ben@lab"}, "result": [], "was_cancelled": True}]},
        {"id": 2, "data": {"text": "…", "doc_id": 3}, "annotations": [{"completed_by": None, "result": [{**choice, "from_name": "else"}]}]},
    ]  # fmt: skip
    (tmp_path / "tasks.json").write_text(json.dumps(tasks))
    made = import_labels(workspace.catalog, tmp_path / "tasks.json", "label", "x", format="label-studio")
    assert made.new == 2
    found = {(label.who, label.doc_id, label.value, label.seconds) for label in workspace.labels.standing("label")}
    assert found == {("3", 1, "drop", 4.2), ("ben@lab", 1, SKIP, None)}


@pytest.mark.parametrize("format", ["argilla", "label-studio"])
@pytest.mark.parametrize("text", ["{", "{}", "[1]", '[{"id": 1, "metadata": 3}]', '[{"data": {}}]', ""])
def test_a_file_of_another_kind_is_refused(format: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "file.json").write_text(text)
    with pytest.raises(InputError, match=r"file\.json"):
        import_labels(corpus_of(tmp_path).catalog, tmp_path / "file.json", "label", "x", format=format)


def test_an_answer_that_the_question_lacks_is_named(tmp_path: Path) -> None:
    records = [{"id": "a", "responses": {"label": [{"value": "great", "user_id": "u1"}]}}]
    (tmp_path / "records.json").write_text(json.dumps(records))
    workspace = corpus_of(tmp_path)
    with pytest.raises(InputError, match=r"records.json:1 says 'great'"):
        import_labels(workspace.catalog, tmp_path / "records.json", "label", "x", format="argilla")
    with pytest.raises(SettingError, match="did you mean 'argilla'"):
        export_labels(workspace.catalog, tmp_path / "out", "label", format="argila")


def test_judged_pairs_are_what_a_rater_reads(tmp_path: Path) -> None:
    workspace = answered(tmp_path, "pair")
    assert export_labels(workspace.catalog, tmp_path / "pairs.jsonl", "q", format="pairs") == 4
    found = {(pair.first, pair.second, pair.share) for pair in read_pairs(tmp_path / "pairs.jsonl")}
    assert found == {("0", "5", 0.0), ("1", "5", 0.5), ("2", "5", 1.0), ("0", "5", 0.5)}
    with pytest.raises(SettingError, match="holds pairs"):
        export_labels(workspace.catalog, tmp_path / "pairs.jsonl", "label", format="pairs")
