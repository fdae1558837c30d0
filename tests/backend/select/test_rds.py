"""RDS: the card's picks, which tell the three released versions apart."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from winnow.pool import Budget, Groups, Pool, Target
from winnow.select import rds as module
from winnow.select.rds import Rds


def pool_with(cosines: list[list[float]], parts: list[str] | None = None) -> Pool:
    """Return a pool whose document d has cosine cosines[v][d] to query v: queries stand along the first axes.

    Cosines are scaled by 1/2, which keeps their order, so that .9 and .85 fit into one unit vector.
    """
    wanted = np.array(cosines, dtype=float).T / 2
    vectors = np.hstack([wanted, np.sqrt(1 - (wanted**2).sum(axis=1, keepdims=True))])
    target = np.eye(wanted.shape[1], wanted.shape[1] + 1).astype(np.float32)
    aim = Target("aim", ("text",) * len(target), {"static": target}, Groups.of(parts) if parts else None)
    return Pool(np.arange(len(vectors)), np.ones(len(vectors)), vectors={"static": vectors}, target=aim)


def rows(method: Rds, pool: Pool, docs: int) -> list[int]:
    return method.select(pool, Budget(docs=docs)).rows.tolist()


FIRST = [[0.9, 0.8, 0.75, 0.0], [0.1, 0.2, 0.3, 0.6]]
SECOND = [[0.9, 0.8, 0.1, 0.0], [0.85, 0.2, 0.7, 0.1]]


def test_queries_take_turns() -> None:
    # query 0 takes its best, 0 (.9); query 1 its best, 3 (.6); by the maximum alone 0 (.9) and 1 (.8)
    assert rows(Rds(), pool_with(FIRST), 2) == [0, 3]
    assert rows(Rds(variant="max"), pool_with(FIRST), 2) == [0, 1]


def test_a_query_whose_best_is_taken_goes_on_to_its_next() -> None:
    # trap: query 1's best is 0 (.85), which query 0 has; in one released version it loses the turn and 1 (.8) comes
    # in; here it takes 2 (.7)
    assert rows(Rds(), pool_with(SECOND), 2) == [0, 2]
    assert rows(Rds(variant="max"), pool_with(SECOND), 2) == [0, 1]


def test_asking_for_everything_gives_everything_once() -> None:
    for method in (Rds(), Rds(variant="max")):
        assert sorted(rows(method, pool_with(SECOND), 4)) == [0, 1, 2, 3]
        assert sorted(rows(method, pool_with(SECOND), 400)) == [0, 1, 2, 3]


def test_scaling_one_query_changes_the_maximum_and_not_the_turns() -> None:
    # query 0 at a tenth: (.09, .08, .075, 0); by the maximum 3 (.6) and then 2 (.3)
    scaled = [[c / 10 for c in FIRST[0]], FIRST[1]]
    assert rows(Rds(), pool_with(scaled), 2) == [0, 3]
    assert rows(Rds(variant="max"), pool_with(scaled), 2) == [3, 2]


def test_tasks_take_turns_however_many_queries_each_has() -> None:
    # task a has queries 0 and 1, task b query 2: a takes 0 (.9), b 3 (.6), a 1 (max(.8, .2) = .8), b 2 (.2)
    cosines = [[0.9, 0.8, 0.1, 0.0], [0.85, 0.2, 0.7, 0.1], [0.1, 0.0, 0.2, 0.6]]
    pool = pool_with(cosines, ["a", "a", "b"])
    assert rows(Rds(), pool, 4) == [0, 3, 1, 2]
    # single texts: 0 takes 0, 1 its next best 2 (.7), 2 takes 3
    assert rows(Rds(by_task=False), pool, 3) == [0, 2, 3]


def plain_turns(cosines: np.ndarray, picks: int) -> list[int]:
    order: list[int] = []
    for turn in range(picks):
        scores = cosines[turn % len(cosines)].copy()
        scores[order] = -np.inf
        order.append(int(np.argmax(scores)))
    return order


@pytest.mark.parametrize("docs", [1, 50, 300])
def test_short_lists_that_are_renewed_pick_what_whole_lists_pick(monkeypatch: pytest.MonkeyPatch, docs: int) -> None:
    # queries almost alike want the same documents, so that their lists run out at once
    chance = np.random.default_rng(0)
    vectors = chance.normal(size=(300, 8)).astype(np.float32)
    target = (chance.normal(size=8) + 0.1 * chance.normal(size=(4, 8))).astype(np.float32)
    aim = Target("aim", ("text",) * 4, {"static": target})
    pool = Pool(np.arange(300), np.ones(300), vectors={"static": vectors}, target=aim)
    unit = [part / np.linalg.norm(part, axis=1, keepdims=True) for part in (target, vectors)]
    monkeypatch.setattr(module, "LISTED", 20)
    assert rows(Rds(), pool, docs) == plain_turns(unit[0] @ unit[1].T, docs)


def test_budgets_nest_and_tokens_are_met() -> None:
    chance = np.random.default_rng(1)
    aim = Target("aim", ("text",) * 3, {"static": chance.normal(size=(3, 8)).astype(np.float32)})
    pool = Pool(
        np.arange(200), chance.integers(1, 50, 200), vectors={"static": chance.normal(size=(200, 8))}, target=aim
    )
    fewer = Rds().select(pool, Budget(tokens=500)).rows.tolist()
    more = Rds().select(pool, Budget(tokens=3000)).rows.tolist()
    assert fewer == more[: len(fewer)]
    assert pool.tokens[fewer[:-1]].sum() < 500 <= pool.tokens[fewer].sum()


def test_a_query_without_words_takes_no_turn() -> None:
    pool = pool_with(FIRST)
    assert pool.target is not None
    vectors = np.vstack([np.zeros((1, 3), np.float32), pool.target.vectors["static"]])
    aim = Target("aim", ("", "text", "text"), {"static": vectors}, Groups.of(["x", "x", "y"]))
    assert rows(Rds(), dataclasses.replace(pool, target=aim), 2) == [0, 3]
