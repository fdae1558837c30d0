"""Chance: every document alike, and every group alike."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.errors import MissingNeed
from winnow.pool import Budget, Groups, Pool
from winnow.select.random import BalancedRandom, Random


def test_every_document_has_the_same_chance() -> None:
    pool = Pool(np.arange(20), np.ones(20))
    times = np.zeros(20)
    for seed in range(2000):
        times[Random().select(pool, Budget(docs=5), seed=seed).rows] += 1
    # 2000 draws with chance 1/4: mean 500, deviation sqrt(2000 * .25 * .75) = 19.4; five deviations either side
    assert times.min() > 403
    assert times.max() < 597


def test_groups_get_equal_shares() -> None:
    pool = Pool(np.arange(90), np.ones(90), {"source": Groups.of(["a"] * 80 + ["b"] * 7 + ["c"] * 3)})
    rows = BalancedRandom().select(pool, Budget(docs=15)).rows
    # 5 each; c holds 3, so a and b get 6 each
    assert [int((rows < 80).sum()), int(((rows >= 80) & (rows < 87)).sum()), int((rows >= 87).sum())] == [6, 6, 3]


def test_groups_get_equal_tokens_whatever_their_documents_cost() -> None:
    tokens = np.array([1] * 1000 + [10] * 1000)
    pool = Pool(np.arange(2000), tokens, {"source": Groups.of(["short"] * 1000 + ["long"] * 1000)})
    rows = BalancedRandom().select(pool, Budget(tokens=1000)).rows
    assert tokens[rows[rows < 1000]].sum() == pytest.approx(500, abs=10)
    assert tokens[rows[rows >= 1000]].sum() == pytest.approx(500, abs=10)


def test_documents_without_a_group_are_one_group() -> None:
    pool = Pool(np.arange(20), np.ones(20), {"source": Groups.of([None] * 10 + ["a"] * 10)})
    rows = BalancedRandom().select(pool, Budget(docs=8)).rows
    assert (rows < 10).sum() == 4


def test_numbers_can_be_groups() -> None:
    pool = Pool(np.arange(20), np.ones(20), {"cluster": np.array([0.0] * 15 + [1.0] * 5)})
    rows = BalancedRandom(by="cluster").select(pool, Budget(docs=6)).rows
    assert (rows < 15).sum() == 3


def test_an_unknown_group_column_names_the_nearest() -> None:
    pool = Pool(np.arange(2), np.ones(2), {"source": Groups.of(["a", "b"])})
    with pytest.raises(MissingNeed, match="did you mean 'source'"):
        BalancedRandom(by="sorce").select(pool, Budget(docs=1))
