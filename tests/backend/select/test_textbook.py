"""textbook: reviewers outrank the score, thresholds nest, audits repeat."""

from __future__ import annotations

import numpy as np

from winnow.pool import Budget, Groups, Pool
from winnow.select.textbook import Textbook


def reviewed(decisions: list[str | None]) -> Pool:
    n = len(decisions)
    return Pool(np.arange(n), np.ones(n), {"quality": np.linspace(0, 1, n), "review": Groups.of(decisions)})


def test_a_reviewer_always_outranks_the_score() -> None:
    # the lowest is accepted, the highest rejected; the others follow by likeness: .75, .5, .25
    pool = reviewed(["accept", None, "unsure", None, "Reject "])
    assert Textbook(review="review").select(pool, Budget(docs=9)).rows.tolist() == [0, 3, 2, 1]
    # accepted beats the threshold too
    assert Textbook(review="review", threshold=0.6).select(pool, Budget(docs=9)).rows.tolist() == [0, 3]
    assert Textbook().select(pool, Budget(docs=2)).rows.tolist() == [4, 3]


def test_decisions_in_numbers() -> None:
    pool = Pool(np.arange(3), np.ones(3), {"quality": np.array([0.1, np.nan, 0.9]), "review": np.array([1, 1, 0.0])})
    assert sorted(Textbook(review="review").select(pool, Budget(docs=3)).rows.tolist()) == [0, 1]


def test_a_higher_threshold_takes_a_part() -> None:
    pool = reviewed([None] * 50)
    taken = [set(Textbook(threshold=t).select(pool, Budget(docs=50)).rows.tolist()) for t in (0, 0.3, 0.7, 1)]
    assert taken[0] > taken[1] > taken[2] > taken[3] == {49}


def test_an_audit_repeats_and_covers_every_tenth() -> None:
    pool = reviewed(["accept"] * 10 + [None] * 100)
    rows = Textbook(review="review").audit(pool, 20, seed=4)
    assert rows.tolist() == Textbook(review="review").audit(pool, 20, seed=4).tolist()
    assert rows.tolist() != Textbook(review="review").audit(pool, 20, seed=5).tolist()
    # two of each ten undecided documents, none decided
    assert np.bincount((rows - 10) // 10).tolist() == [2] * 10
    assert len(Textbook().audit(pool, 999)) == 110
