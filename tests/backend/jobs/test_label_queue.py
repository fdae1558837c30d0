"""The queue on a corpus: every order, several people, known answers, pairs, and what is asked again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.jobs.labelled_corpus import N, copied, label, truth
from winnow.catalog.filters import Filter
from winnow.catalog.labels import GOLD, SKIP, LabelSchema
from winnow.errors import MissingNeed, SettingError
from winnow.jobs.label_queue import AGAIN, BY_COLUMN, ORDERS, Item, next_items
from winnow.workspace import Workspace

ODD = Filter(where="doc_id % 2 = 1")


@pytest.fixture
def workspace(labelled: Path, tmp_path: Path) -> Workspace:
    return copied(labelled, tmp_path)


def ids(workspace: Workspace, who: str = "ana", question: str = "label", **told: object) -> list[int]:
    return [item.doc_id for item in next_items(workspace.catalog, question, who, **told).items]


@pytest.mark.parametrize("order", [order for order in ORDERS if order not in AGAIN])
def test_every_order_gives_each_waiting_document_of_the_filter_once(order: str, workspace: Workspace) -> None:
    label(workspace, range(10))
    column = "stars" if order in BY_COLUMN else ""
    queue = next_items(workspace.catalog, "label", "ana", order=order, column=column, filter=ODD, limit=99)
    assert sorted(item.doc_id for item in queue.items) == list(range(11, N, 2))
    assert queue.waiting == 25
    left = ids(workspace, order=order, column=column, filter=ODD, limit=4, leave_out=[11, 13])
    assert len(left) == 4
    assert not {11, 13} & set(left)


def test_columns_order_the_queue(workspace: Workspace) -> None:
    stars = [doc_id % 5 for doc_id in ids(workspace, order="highest", column="stars", limit=N)]
    assert stars == sorted(stars, reverse=True)
    assert [doc_id % 5 for doc_id in ids(workspace, order="uncertain", column="stars", limit=12)] == [2] * 12


def test_clusters_take_turns(workspace: Workspace) -> None:
    clusters = workspace.browse.arrow(Filter(), ["cluster"]).column(0).to_pylist()
    found = [clusters[doc_id] for doc_id in ids(workspace, order="clusters", limit=6)]
    assert sorted(found[:3]) == sorted(set(clusters))
    assert sorted(found[3:]) == sorted(set(clusters))


def test_balance_asks_for_the_rarest_answer(workspace: Workspace) -> None:
    """Ten labels say drop and two keep: the next eight are documents that look like keep."""
    label(workspace, range(0, 20, 2))
    label(workspace, range(1, 5, 2))
    assert {truth(doc_id) for doc_id in ids(workspace, order="balanced", limit=8)} == {"keep"}


def test_diverse_begins_with_another_kind_than_was_seen(workspace: Workspace) -> None:
    label(workspace, range(0, 12, 2))
    assert truth(ids(workspace, order="diverse", limit=1)[0]) == "keep"


def test_people_share_a_share_and_split_the_rest(workspace: Workspace) -> None:
    workspace.labels.define(LabelSchema("label", "Keep?", ("keep", "drop", "unsure"), overlap=0.4, annotators=2))
    seen: dict[str, set[int]] = {"ana": set(), "ben": set(), "cem": set()}
    for _ in range(N):
        for who, mine in seen.items():
            for doc_id in ids(workspace, who, limit=1):
                workspace.labels.add(doc_id, truth(doc_id), who=who)
                mine.add(doc_id)
    people = np.array([sum(doc_id in mine for mine in seen.values()) for doc_id in range(N)])
    assert set(people.tolist()) == {1, 2}, "each document by one person or by two, and none by nobody"
    assert 0.25 < (people == 2).mean() < 0.55
    assert not any(ids(workspace, who) for who in seen)


def test_known_answers_are_mixed_in_and_come_no_other_way(workspace: Workspace) -> None:
    workspace.labels.define(LabelSchema("label", "Keep?", ("keep", "drop", "unsure"), gold=0.5))
    for doc_id in range(10):
        workspace.labels.add(doc_id, truth(doc_id), who="lead", role=GOLD)
    first = ids(workspace, limit=16)
    assert 3 <= sum(doc_id < 10 for doc_id in first) <= 10
    for doc_id in first:
        workspace.labels.add(doc_id, "keep", who="ana")
    rest = ids(workspace, limit=99)
    assert sorted([*first, *rest]) == list(range(N))
    workspace.labels.define(LabelSchema("label", "Keep?", ("keep", "drop", "unsure")))
    assert {doc_id for doc_id in range(10) if doc_id not in first} <= set(ids(workspace, limit=99))


def test_pairs_are_the_same_for_all_and_come_once(workspace: Workspace) -> None:
    workspace.labels.define(LabelSchema("better", "Which is better?", kind="pair"))
    queue = next_items(workspace.catalog, "better", "ana", limit=99)
    assert queue.waiting == N // 2
    assert sorted(doc_id for item in queue.items for doc_id in (item.doc_id, item.other)) == list(range(N))
    first = queue.items[0]
    workspace.labels.add(first.doc_id, "tie", who="ana", schema="better", other=first.other)
    assert next_items(workspace.catalog, "better", "ana").items[0] == queue.items[1]
    assert next_items(workspace.catalog, "better", "ben").items[0] == first
    close = next_items(workspace.catalog, "better", "ana", order="highest", column="stars", limit=3).items
    assert all(abs(item.doc_id % 5 - (item.other or 0) % 5) <= 1 for item in close)
    with pytest.raises(SettingError, match="neighbours"):
        next_items(workspace.catalog, "better", "ana", order="diverse")


def test_where_label_and_column_disagree_is_asked_again(workspace: Workspace) -> None:
    for doc_id, value in ((4, "drop"), (9, "keep"), (10, "keep"), (11, "keep"), (2, "unsure"), (3, "drop")):
        workspace.labels.add(doc_id, value, who="ben")
    # stars / 4: document 4 has 1 (drop: gap 1), 9 has 1 (keep: 0), 10 has 0 (keep: 1), 11 has ¼ (keep: ¾), 3 has ¾ (¾).
    found = ids(workspace, order="disagreement", column="stars")
    assert [set(found[:2]), set(found[2:])] == [{4, 10}, {3, 11}]
    assert set(ids(workspace, order="disagreement", column="stars", filter=ODD)) == {3, 11}
    workspace.labels.define(LabelSchema("genre", "What?", ("news", "code")))
    with pytest.raises(SettingError, match="compared with a column"):
        next_items(workspace.catalog, "genre", "ana", order="disagreement", column="stars")


def test_suspects_and_what_was_skipped_come_again(workspace: Workspace) -> None:
    label(workspace, range(40), wrong=(8, 21))
    workspace.labels.add(50, SKIP, who="ana")
    workspace.labels.add(51, SKIP, who="ben")
    assert set(ids(workspace, order="suspects")) == {8, 21}
    assert ids(workspace, order="suspects", filter=ODD) == [21]
    assert ids(workspace, order="suspects", leave_out=[21]) == [8]
    assert ids(workspace, order="skipped") == [50]


def test_what_cannot_be_queued_says_why(workspace: Workspace, corpus: Workspace) -> None:
    with pytest.raises(SettingError, match="did you mean 'random'"):
        next_items(workspace.catalog, "label", "ana", order="randon")
    with pytest.raises(SettingError, match="--column"):
        next_items(workspace.catalog, "label", "ana", order="uncertain")
    with pytest.raises(SettingError, match="holds no numbers"):
        next_items(workspace.catalog, "label", "ana", order="highest", column="source")
    for order in ("diverse", "clusters", "balanced"):
        with pytest.raises(MissingNeed):
            next_items(corpus.catalog, "label", "ana", order=order)
    assert next_items(corpus.catalog, "label", "ana", limit=1).items[0] in [Item(doc_id) for doc_id in range(6)]
