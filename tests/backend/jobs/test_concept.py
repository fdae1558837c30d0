"""A concept learnt from a few documents: what it ranks first, what it leaves out, what it needs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from conftest import one_process, write_lines
from winnow.catalog.filters import Filter
from winnow.errors import ConflictError, MissingNeed, QueryError, SettingError
from winnow.jobs.concept import learn_concept
from winnow.workspace import Workspace

KITCHEN = "stir the soup and salt the onions in the pot"
HARBOUR = "the ferry leaves the harbour and passes the lighthouse"


@pytest.fixture
def two_topics(tmp_path: Path) -> Workspace:
    """Documents 0 … 29 speak of a kitchen where even, of a harbour where odd."""
    corpus = one_process(tmp_path / "corpus")
    rows = [{"text": f"{(KITCHEN, HARBOUR)[number % 2]} number {number}"} for number in range(30)]
    corpus.ingest([write_lines(tmp_path / "pages.jsonl", rows)])
    corpus.embed("hashed")
    return corpus


def ranked(corpus: Workspace, filter: Filter) -> list[int]:
    return list(corpus.browse.page(filter, columns=[], limit=40)["doc_id"])


def test_examples_find_their_like(two_topics: Workspace) -> None:
    found = ranked(two_topics, Filter(examples=(0, 2)))
    assert {0, 2} <= set(found[:6])
    assert all(doc_id % 2 == 0 for doc_id in found)
    assert len(found) == 15


def test_what_was_picked_against_it_is_left_out_with_its_like(two_topics: Workspace) -> None:
    found = ranked(two_topics, Filter(examples=(1, 3, 5), against=(0, 2)))
    assert found
    assert all(doc_id % 2 == 1 for doc_id in found)
    assert 4 not in ranked(two_topics, Filter(examples=(0, 2), against=(4,)))
    only_against = ranked(two_topics, Filter(against=(1, 3)))
    assert {0, 2, 4} <= set(only_against)
    assert not {1, 3} & set(only_against)


def test_scores_are_probabilities_and_order_the_page(two_topics: Workspace) -> None:
    page = two_topics.browse.page(Filter(examples=(0, 2), against=(1,)), columns=[], limit=40)
    scores = page["score"].to_numpy()
    assert ((scores > 0) & (scores <= 1)).all()
    assert (np.diff(scores) <= 0).all()


def test_both_sides_weigh_the_same() -> None:
    """One vector at +1 against ninety-nine at -1, mirrored: the border lies in the middle, so the bias is nothing."""
    one, many = np.array([[1.0, 0.0]], np.float32), np.tile(np.array([[-1.0, 0.0]], np.float32), (99, 1))
    weights, bias = learn_concept(one, many, np.empty((0, 2), np.float32))
    assert weights[0] > 1
    assert abs(weights[1]) < 1e-6
    assert abs(bias) < 1e-3


def test_a_concept_needs_vectors_and_documents(corpus: Workspace) -> None:
    with pytest.raises(MissingNeed, match="winnow embed"):
        corpus.browse.count(Filter(examples=(0,)))
    corpus.embed("hashed")
    with pytest.raises(QueryError, match="no document 99"):
        corpus.browse.count(Filter(examples=(0, 99)))
    assert corpus.browse.count(Filter(examples=(0,))).documents >= 1


def test_a_concept_is_kept_as_labels_and_a_rater(two_topics: Workspace) -> None:
    card = two_topics.keep_concept("kitchens", [0, 2, 4, 6, 8, 10], [1, 3, 5, 7, 9], who="ana")
    assert card.columns == ["kitchens"]
    assert {label.value for label in two_topics.labels.standing("kitchens", "ana")} == {"yes", "no"}
    column = two_topics.browse.arrow(Filter(), ["kitchens"]).column(0).to_pylist()
    assert min(column[0::2]) > max(column[1::2])
    with pytest.raises(ConflictError, match="a name of its own"):
        two_topics.keep_concept("kitchens", range(10), [11], who="ana")
    with pytest.raises(MissingNeed, match="10 documents"):
        two_topics.keep_concept("few", [0], [1], who="ana")
    assert "few" not in two_topics.labels.schemas()
    with pytest.raises(SettingError, match="letters, digits"):
        two_topics.keep_concept("my kitchens", range(10), [11], who="ana")
