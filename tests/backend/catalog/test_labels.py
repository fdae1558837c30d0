"""The label log: append-only, undone by events, told apart by person."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from conftest import one_process
from winnow.catalog.access import Actor, acting
from winnow.catalog.labels import DEFAULT, FINAL, GOLD, SKIP, LabelSchema, Undone
from winnow.errors import AccessError, ConflictError, SettingError
from winnow.workspace import Workspace


def standing(corpus: Workspace, schema: str = "label") -> list[tuple[str, int, str | None]]:
    return [(label.who, label.doc_id, label.value) for label in corpus.labels.standing(schema)]


def test_the_newest_label_of_each_person_stands(corpus: Workspace) -> None:
    labels = corpus.labels
    assert [labels.add(0, "keep", who="ana"), labels.add(0, "drop", who="ben"), labels.add(0, "unsure", who="ana")] == [
        1,
        2,
        3,
    ]
    assert standing(corpus) == [("ana", 0, "unsure"), ("ben", 0, "drop")]
    assert [label.value for label in labels.history(0)] == ["keep", "drop", "unsure"]
    assert labels.counts("label") == [
        {"who": "ana", "value": "unsure", "documents": 1},
        {"who": "ben", "value": "drop", "documents": 1},
    ]


def test_undo_takes_back_one_s_own_newest_and_the_one_before_stands_again(corpus: Workspace) -> None:
    labels = corpus.labels
    labels.add(0, "keep", who="ana")
    labels.add(0, "drop", who="ana")
    labels.add(1, SKIP, who="ben")
    undone = labels.undo(who="ana")
    assert undone is not None
    assert undone.value == "drop"
    assert standing(corpus) == [("ben", 1, SKIP), ("ana", 0, "keep")]
    assert labels.undo(who="ana") is not None
    assert labels.undo(who="ana") is None
    assert standing(corpus) == [("ben", 1, SKIP)]
    assert len(labels.history(0)) == 4, "nothing is ever taken out of the log"


def test_a_retry_is_harmless_and_says_the_same_number(corpus: Workspace) -> None:
    first = corpus.labels.add(0, "keep", who="ana", uuid="u1")
    corpus.labels.add(1, "keep", who="ana")
    assert corpus.labels.add(0, "keep", who="ana", uuid="u1") == first
    assert len(corpus.labels.history(0)) == 1


def test_what_is_no_label_is_refused(corpus: Workspace) -> None:
    for wrong in (
        {"doc_id": 6, "value": "keep", "who": "ana"},
        {"doc_id": -1, "value": "keep", "who": "ana"},
        {"doc_id": 0, "value": "kep", "who": "ana"},
        {"doc_id": 0, "value": "keep", "who": " "},
        {"doc_id": 0, "value": "keep", "who": "ana", "schema": "nope"},
    ):
        with pytest.raises(SettingError):
            corpus.labels.add(**wrong)
    assert corpus.labels.last == 0


def test_many_at_once_are_whole_or_nothing(corpus: Workspace) -> None:
    rows = [{"doc_id": doc, "value": "keep", "uuid": f"u{doc}"} for doc in range(4)]
    assert corpus.labels.add_many(rows, who="ana", schema="label") == 4
    assert corpus.labels.add_many([*rows, {"doc_id": 4, "value": "keep"}], who="ana", schema="label") == 1
    with pytest.raises(SettingError):
        corpus.labels.add_many(
            [{"doc_id": 5, "value": "keep"}, {"doc_id": 6, "value": "keep"}], who="ana", schema="label"
        )
    assert len(standing(corpus)) == 5


def test_schemas_keep_their_values_in_use_and_their_order(corpus: Workspace) -> None:
    labels = corpus.labels
    assert labels.schemas() == {"label": DEFAULT}
    labels.define(LabelSchema("topic", "What?", ("river", "bread")))
    labels.define(LabelSchema("tone", "How?", ("calm",)))
    labels.add(0, "bread", who="ana", schema="topic")
    labels.define(LabelSchema("topic", "About what?", ("bread", "train")))
    assert list(labels.schemas()) == ["label", "topic", "tone"]
    assert labels.schema("topic").values == ("bread", "train")
    with pytest.raises(ConflictError, match="bread would vanish"):
        labels.define(LabelSchema("topic", "What?", ("river",)))
    with pytest.raises(ConflictError, match="'topic' exists"):
        labels.define(LabelSchema("Topic", "What?", ("river",)))
    with pytest.raises(SettingError, match="did you mean 'topic'"):
        labels.schema("topics")


@pytest.mark.parametrize(
    ("name", "values"),
    [("a b", ("x",)), ("a", ()), ("a", ("x", "x")), ("a", tuple("0123456789")), ("a", (" ",)), ("a", (SKIP,))],
)
def test_a_schema_that_cannot_be_asked_is_refused(name: str, values: tuple[str, ...]) -> None:
    with pytest.raises(SettingError):
        LabelSchema(name, "?", values)


def test_changes_are_told_once_each(corpus: Workspace) -> None:
    labels = corpus.labels
    labels.add(0, "keep", who="ana")
    labels.add(0, "drop", who="ben")
    labels.add(1, "keep", who="ana")
    assert [(row["doc_id"], row["value"]) for row in labels.changed_since(-1)] == [(0, "drop"), (1, "keep")]
    labels.undo(who="ben")
    assert [(row["doc_id"], row["value"]) for row in labels.changed_since(3)] == [(0, "keep")]
    labels.undo(who="ana")
    assert [(row["doc_id"], row["value"]) for row in labels.changed_since(4)] == [(1, None)]
    labels.add(0, SKIP, who="ben")
    assert [row["value"] for row in labels.changed_since(5)] == ["keep"], "who passes over says nothing"
    labels.add(0, SKIP, who="ana")
    assert [row["value"] for row in labels.changed_since(6)] == [None]
    assert list(labels.changed_since(-1)) == [], "nobody says anything any more"


def test_threads_and_workspaces_append_side_by_side(corpus: Workspace) -> None:
    def label(who: str) -> None:
        mine = one_process(corpus.folder)
        for doc in range(6):
            mine.labels.add(doc, "keep", who=who)

    threads = [threading.Thread(target=label, args=(f"p{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert corpus.labels.last == 36
    assert len(standing(corpus)) == 36


def test_a_step_over_many_documents_is_undone_as_one(corpus: Workspace) -> None:
    labels = corpus.labels
    labels.add(0, "drop", who="ana")
    labels.add_many([{"doc_id": doc, "value": "keep"} for doc in range(4)], who="ana", schema="label", batch="b1")
    labels.add(5, "unsure", who="ana")
    labels.add_many([{"doc_id": 4, "value": "keep"}], who="ben", schema="label", batch="b2")
    assert [label.doc_id for label in labels.undo_step(who="ana").labels] == [5]
    taken = labels.undo_step(who="ana")
    assert (taken.documents, [label.doc_id for label in taken.labels]) == (4, [3, 2, 1, 0])
    assert standing(corpus) == [("ben", 4, "keep"), ("ana", 0, "drop")]
    assert [label.doc_id for label in labels.undo_step(who="ana").labels] == [0]
    assert labels.undo_step(who="ana") == Undone()


def test_one_answer_for_many_documents_is_one_step(corpus: Workspace) -> None:
    labels = corpus.labels
    ids = np.arange(5)
    assert labels.add_to_all(ids, "keep", who="ana", schema="label", batch="b") == 5
    assert labels.add_to_all(ids, "keep", who="ana", schema="label", batch="b") == 0
    assert len(standing(corpus)) == 5
    assert labels.undo_step(who="ana").documents == 5
    assert standing(corpus) == []
    with pytest.raises(SettingError):
        labels.add_to_all(np.arange(7), "keep", who="ana", schema="label")
    labels.define(LabelSchema("better", "Which is better?", kind="pair"))
    with pytest.raises(SettingError, match="one by one"):
        labels.add_to_all(ids, "first", who="ana", schema="better")


def test_an_undo_asked_for_twice_takes_back_once(corpus: Workspace) -> None:
    labels = corpus.labels
    labels.add(0, "keep", who="ana")
    labels.add(1, "keep", who="ana")
    assert labels.undo(who="ana", uuid="u1") is not None
    assert labels.undo(who="ana", uuid="u1") is None
    assert standing(corpus) == [("ana", 0, "keep")]


def test_a_deciding_answer_outranks_newer_ones_until_it_is_taken_back(corpus: Workspace) -> None:
    labels = corpus.labels
    labels.add(0, "keep", who="ana")
    labels.add(0, "drop", who="cem", role=FINAL)
    labels.add(0, "unsure", who="ben")
    assert [row["value"] for row in labels.changed_since(-1)] == ["drop"]
    assert [(label.who, label.value) for label in labels.settled("label")] == [("cem", "drop")]
    assert {label.who for label in labels.standing("label")} == {"ana", "ben"}
    assert labels.undo(who="cem") is not None
    assert [row["value"] for row in labels.changed_since(-1)] == ["unsure"]
    assert {label.who for label in labels.settled("label")} == {"ana", "ben"}


def test_a_known_answer_is_seen_by_nobody(corpus: Workspace) -> None:
    labels = corpus.labels
    labels.add(0, "drop", who="ana", role=GOLD)
    assert list(labels.changed_since(-1)) == []
    assert labels.standing("label") == labels.settled("label") == labels.history(0) == labels.counts("label") == []
    assert [label.value for label in labels.standing("label", role=GOLD)] == ["drop"]
    with pytest.raises(SettingError, match="no role 'silver'"):
        labels.add(0, "drop", who="ana", role="silver")


def test_a_pair_is_one_answer_and_another_pair_another(corpus: Workspace) -> None:
    labels = corpus.labels
    labels.define(LabelSchema("better", "Which is better?", kind="pair"))
    labels.add(0, "first", who="ana", schema="better", other=1)
    labels.add(0, "tie", who="ana", schema="better", other=2)
    labels.add(0, "second", who="ana", schema="better", other=1)
    assert [(label.other, label.value) for label in labels.standing("better")] == [(1, "second"), (2, "tie")]
    assert labels.answered("better")[0].tolist() == [0, 0]
    assert [label.value for label in labels.history(1)] == ["first", "second"], "a pair is about both of its documents"
    assert {row["value"] for row in labels.changed_since(-1)} == {None}
    for wrong in ({"doc_id": 0}, {"doc_id": 0, "other": 0}, {"doc_id": 0, "other": 99}):
        with pytest.raises(SettingError):
            labels.add(value="first", who="ana", schema="better", **wrong)
    with pytest.raises(SettingError, match="asks for one document"):
        labels.add(0, "keep", who="ana", other=1)


def test_a_question_keeps_its_kind_once_it_has_answers(corpus: Workspace) -> None:
    labels = corpus.labels
    labels.define(LabelSchema("topic", "What?", ("river", "bread"), kind="choices"))
    labels.define(LabelSchema("topic", "What?", ("river", "bread"), kind="spans"))
    labels.define(LabelSchema("topic", "What?", ("river", "bread"), kind="choices"))
    labels.add(0, ["bread", "river"], who="ana", schema="topic")
    with pytest.raises(ConflictError, match="stays a question of the kind 'choices'"):
        labels.define(LabelSchema("topic", "What?", ("river", "bread")))
    with pytest.raises(ConflictError, match="bread would vanish"):
        labels.define(LabelSchema("topic", "What?", ("river", "mill"), kind="choices"))


def test_the_column_of_passages_shows_their_tags(corpus: Workspace) -> None:
    labels = corpus.labels
    labels.define(LabelSchema("marks", "Where?", ("ad", "name"), kind="spans"))
    labels.add(
        4, [{"start": 0, "end": 7, "tag": "ad"}, {"start": 9, "end": 12, "tag": "ad"}], who="ana", schema="marks"
    )
    assert corpus.sql("SELECT label_marks FROM docs WHERE doc_id = 4").to_pylist() == [{"label_marks": "ad"}]
    assert labels.counts("marks") == [{"who": "ana", "value": "ad", "documents": 1}]


def test_time_per_answer_is_kept(corpus: Workspace) -> None:
    for doc, seconds in enumerate((3.0, 5.5, None)):
        corpus.labels.add(doc, "keep", who="ana", seconds=seconds)
    corpus.labels.add(3, "keep", who="ana", seconds=9.0)
    corpus.labels.undo(who="ana")
    assert corpus.labels.seconds("label") == {"ana": [3.0, 5.5]}


def test_an_annotator_answers_and_a_curator_decides(corpus: Workspace) -> None:
    labels = corpus.labels
    with acting(Actor("ana", "annotator")):
        labels.add(0, "keep", who="ana")
        for refused in (
            lambda: labels.add(0, "drop", who="ana", role=FINAL),
            lambda: labels.add(0, "drop", who="ana", role=GOLD),
            lambda: labels.add_to_all(np.arange(3), "drop", who="ana", schema="label"),
        ):
            with pytest.raises(AccessError, match="needs the role curator"):
                refused()
        assert labels.undo(who="ana") is not None
    with acting(Actor("lead", "curator")):
        labels.add(0, "drop", who="lead", role=FINAL)
    assert [label.value for label in labels.settled("label")] == ["drop"]


@pytest.fixture
def plans(corpus: Workspace, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that hears how SQLite looks for the rows of each query."""
    heard: list[str] = []
    control = corpus.catalog.labels._control
    rows = control.rows

    def listening(query: str, *told: object) -> object:
        heard.extend(row["detail"] for row in rows(f"EXPLAIN QUERY PLAN {query}", *told))
        return rows(query, *told)

    monkeypatch.setattr(control, "rows", listening)
    return heard


def test_the_history_of_a_document_never_reads_the_whole_log(corpus: Workspace, plans: list[str]) -> None:
    corpus.labels.history(3)
    events = [step for step in plans if "label_events" in step]
    assert len(events) >= 2
    assert all(step.startswith("SEARCH") for step in events), events


def test_what_stands_is_found_document_by_document(corpus: Workspace, plans: list[str]) -> None:
    """A search among all answers of a person for each of theirs takes time with their square."""
    corpus.labels.answered("label")
    corpus.labels.standing("label", "ana", limit=3)
    newer = [step for step in plans if step.startswith("SEARCH n ")]
    assert len(newer) == 2
    assert all("label_events_doc (schema=? AND doc_id=?" in step for step in newer), newer


def test_of_too_many_labelled_documents_those_answered_one_by_one_are_taken_first(corpus: Workspace) -> None:
    """The others by chance: n * 2654435761 mod 2^32 orders documents 1 to 5 as 5, 2, 4, 1, 3."""
    labels = corpus.labels
    labels.add(0, "keep", who="ana")
    labels.add(1, SKIP, who="ana")
    labels.add_to_all(np.arange(6), "drop", who="ben", schema="label")
    labels.add_to_all(np.arange(6), "keep", who="rater:useful", schema="label")
    assert labels.labelled("label") == 6
    taken = {most: {label.doc_id for label in labels.settled("label", most)} for most in (1, 3, 6, 9)}
    assert taken == {1: {0}, 3: {0, 5, 2}, 6: set(range(6)), 9: set(range(6))}
    assert [(label.who, label.value) for label in labels.settled("label", 1)] == [("ben", "drop"), ("ana", "keep")]
    labels.undo_step(who="ben")
    assert labels.labelled("label") == 1


def test_of_a_few_documents_a_deciding_answer_counts_alone(corpus: Workspace) -> None:
    labels = corpus.labels
    labels.add(2, "keep", who="ana")
    labels.add(2, "drop", who="cem", role=FINAL)
    labels.add(3, "keep", who="dana", role=GOLD)
    assert [(label.doc_id, label.who) for label in labels.settled("label", 1)] == [(2, "cem")]
    assert labels.settled("label") == labels.settled("label", 6)


def test_what_was_touched_since_is_counted_by_question(corpus: Workspace) -> None:
    labels = corpus.labels
    seen = labels.add(0, "keep", who="ana")
    labels.add(1, "keep", who="ana")
    labels.add(1, "drop", who="ana")
    labels.undo(who="ana")
    labels.add(2, "keep", who="ben")
    assert labels.touched_since(seen, "label") == 2, "documents 1 and 2"
    assert labels.touched_since(seen, "other") == 0
