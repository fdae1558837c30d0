"""Agreement, disputes, decisions, known answers and pace, on six documents."""

from __future__ import annotations

import math

import numpy as np
import pytest

from winnow.catalog.filters import Filter
from winnow.catalog.labels import SKIP, LabelSchema
from winnow.errors import ConflictError, SettingError
from winnow.jobs.label_review import decide, disputes, gold_results, pace, set_gold, team_agreement
from winnow.jobs.labels import answer, answer_all, progress, to_answer, undo
from winnow.workspace import Workspace


def answers(workspace: Workspace, **people: str) -> None:
    """Each letter of a person's word is the answer to a document: k, d, u, or s for skip."""
    value = {"k": "keep", "d": "drop", "u": "unsure", "s": SKIP}
    for who, word in people.items():
        for doc_id, letter in enumerate(word):
            if letter in value:
                answer(workspace.catalog, "label", doc_id, value[letter], who, seconds=1.0 + doc_id)


def test_agreement_of_three_people(corpus: Workspace) -> None:
    """Documents kkk, kkd, kdd, ddd and two of one person each: Fleiss 1/3 as worked out in the tests of agreement."""
    answers(corpus, ana="kkkdk", ben="kkdds", cem="kdddsk")
    found = team_agreement(corpus.catalog, "label")
    assert found.fleiss.value == pytest.approx(1 / 3)
    assert found.fleiss.documents == found.alpha.documents == 4
    assert found.metric == "nominal"
    assert [(pair.first, pair.second, pair.documents) for pair in found.pairs] == [
        ("ana", "ben", 4), ("ana", "cem", 4), ("ben", "cem", 4),
    ]  # fmt: skip
    assert set(found.per_answer) == {"keep", "drop"}
    assert found.per_answer["keep"].value == pytest.approx(found.alpha.value), "two answers: one says the other"


def test_agreement_of_a_scale_is_ordinal_and_of_several_answers_by_what_is_shared(corpus: Workspace) -> None:
    corpus.labels.define(LabelSchema("stars", "How good?", kind="scale"))
    corpus.labels.define(LabelSchema("about", "What?", ("n", "s"), kind="choices"))
    for who, points in (("ana", "1132"), ("ben", "1332")):
        for doc_id, point in enumerate(points):
            answer(corpus.catalog, "stars", doc_id, point, who)
    for who, first in (("ana", ["n"]), ("ben", ["n", "s"])):
        answer(corpus.catalog, "about", 0, first, who)
        answer(corpus.catalog, "about", 1, ["s"], who)
    stars, about = team_agreement(corpus.catalog, "stars"), team_agreement(corpus.catalog, "about")
    assert (stars.metric, about.metric) == ("ordinal", "Jaccard")
    assert stars.alpha.value == pytest.approx(1 - 6.25 / (600 / 56))
    assert about.alpha.value == pytest.approx(4 / 7)
    assert about.per_answer["s"].documents == 2


def test_nobody_s_agreement_is_undefined(corpus: Workspace) -> None:
    found = team_agreement(corpus.catalog, "label")
    assert math.isnan(found.alpha.value)
    assert found.pairs == []


def test_disputes_are_listed_until_somebody_decides(corpus: Workspace) -> None:
    answers(corpus, ana="kkks", ben="kdkd", cem="..d")
    found = disputes(corpus.catalog, "label")
    assert {(dispute.doc_id, frozenset(dispute.answers.items())) for dispute in found} == {
        (1, frozenset({("ana", "keep"), ("ben", "drop")})),
        (2, frozenset({("ana", "keep"), ("ben", "keep"), ("cem", "drop")})),
    }
    decide(corpus.catalog, "label", 1, "unsure", "lead")
    assert [dispute.doc_id for dispute in disputes(corpus.catalog, "label")] == [2, 1]
    assert [dispute.doc_id for dispute in disputes(corpus.catalog, "label", open_only=True)] == [2]
    decided = disputes(corpus.catalog, "label")[1].decided
    assert decided is not None
    assert (decided.who, decided.value) == ("lead", "unsure")
    assert corpus.sql("SELECT label FROM docs WHERE doc_id = 1").to_pylist() == [{"label": "unsure"}]
    undo(corpus.catalog, "label", "lead")
    assert len(disputes(corpus.catalog, "label", open_only=True)) == 2
    with pytest.raises(SettingError):
        decide(corpus.catalog, "label", 1, "kep", "lead")


def test_known_answers_measure_each_person(corpus: Workspace) -> None:
    for doc_id, value in enumerate(["keep", "drop", "keep"]):
        set_gold(corpus.catalog, "label", doc_id, value, "lead")
    answers(corpus, ana="kdkk", ben="kks")
    found = {result.who: (result.right, result.of) for result in gold_results(corpus.catalog, "label")}
    assert found == {"ana": (3, 3), "ben": (1, 2)}
    assert all(result.low <= result.accuracy <= result.high for result in gold_results(corpus.catalog, "label"))


def test_pace_is_the_median_of_seconds(corpus: Workspace) -> None:
    answers(corpus, ana="kkk")
    [found] = pace(corpus.catalog, "label")
    assert (found.who, found.answers, found.median, found.per_hour) == ("ana", 3, 2.0, 1800.0)
    assert found.slow == pytest.approx(2.8)


def test_progress_counts_own_and_everybody_s(corpus: Workspace) -> None:
    answers(corpus, ana="kkds", ben="k")
    found = progress(corpus.catalog, "label", "ana")
    assert (found.answered, found.skipped, found.team, found.people) == (3, 1, 4, {"ana": 3, "ben": 1})


def test_a_whole_filter_is_labelled_after_its_count_is_confirmed(corpus: Workspace) -> None:
    wiki = Filter().with_values("source", "wiki", "forum")
    answers(corpus, ana="d")
    assert to_answer(corpus.catalog, "label", "ana", filter=wiki).tolist() == [1, 2, 3]
    with pytest.raises(ConflictError, match="there are 3 now"):
        answer_all(corpus.catalog, "label", "keep", "ana", filter=wiki, expected=4)
    assert answer_all(corpus.catalog, "label", "keep", "ana", filter=wiki, expected=3) == 3
    column = corpus.browse.arrow(Filter(), ["label"]).column(0).to_pylist()
    assert column == ["drop", "keep", "keep", "keep", None, None]
    assert undo(corpus.catalog, "label", "ana").documents == 3
    assert progress(corpus.catalog, "label", "ana").answered == 1
    assert answer_all(corpus.catalog, "label", "keep", "ana", filter=wiki, expected=4, again=True) == 4
    assert undo(corpus.catalog, "label", "ana").documents == 4
    assert np.array_equal(to_answer(corpus.catalog, "label", "ana", filter=wiki), [1, 2, 3])


def test_a_passage_lies_within_its_text(corpus: Workspace) -> None:
    corpus.labels.define(LabelSchema("marks", "Where?", ("ad",), kind="spans"))
    length = len("Buy now, buy cheap, buy more!")
    answer(corpus.catalog, "marks", 4, [{"start": 0, "end": length, "tag": "ad"}], "ana")
    for doc_id, end in ((4, length + 1), (99, 1)):
        with pytest.raises(SettingError):
            answer(corpus.catalog, "marks", doc_id, [{"start": 0, "end": end, "tag": "ad"}], "ana")
    answer(corpus.catalog, "marks", 4, SKIP, "ben")
