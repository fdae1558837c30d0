"""rs2: how much of the pool several epochs reach."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.pool import Budget, Pool
from winnow.select.repeated import Rs2


def pool_of(n: int, tokens: list[int] | None = None) -> Pool:
    return Pool(np.arange(n), np.array(tokens or [1] * n))


def reached(pool: Pool, epochs: int, budget: Budget, **settings) -> float:
    drawn = [Rs2(epoch=epoch, **settings).select(pool, budget, seed=3).rows for epoch in range(epochs)]
    assert all(len(set(rows.tolist())) == len(rows) for rows in drawn)
    return len(np.unique(np.concatenate(drawn))) / len(pool)


@pytest.mark.parametrize(("epochs", "share"), [(1, 0.1), (5, 0.4095), (10, 0.6513), (20, 0.8784)])
def test_with_replacement(epochs: int, share: float) -> None:
    # a tenth per epoch: 1 - .9^5 = .4095, 1 - .9^10 = .6513, 1 - .9^20 = .8784
    assert reached(pool_of(20_000), epochs, Budget(docs=2000)) == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize(("epochs", "share"), [(1, 0.1), (5, 0.5), (10, 1.0), (20, 1.0)])
def test_without_replacement(epochs: int, share: float) -> None:
    assert reached(pool_of(1000), epochs, Budget(docs=100), replacement=False) == share


def test_without_replacement_leaves_no_gap_in_tokens() -> None:
    tokens = np.random.default_rng(0).integers(1, 90, 500).tolist()
    assert reached(pool_of(500, tokens), 11, Budget(share=0.1), replacement=False) == 1.0


@pytest.mark.parametrize("replacement", [True, False])
def test_a_whole_epoch_is_the_whole_pool_and_epochs_differ(replacement: bool) -> None:
    pool = pool_of(50)
    assert len(Rs2(epoch=7, replacement=replacement).select(pool, Budget(docs=50))) == 50
    one, two = (set(Rs2(epoch=e, replacement=replacement).select(pool, Budget(docs=10)).rows.tolist()) for e in (0, 1))
    assert one != two
