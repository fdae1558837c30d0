"""BETR: the card's ranks, and what ranks promise."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.pool import Budget, Pool, Target
from winnow.select import nearness
from winnow.select.base import Draw
from winnow.select.betr import Betr


def pool_with(cosines: list[list[float]]) -> Pool:
    """Return a pool whose document j has cosine cosines[i][j] to example i, by vectors in as many more dimensions."""
    wanted = np.array(cosines, dtype=float).T
    rest = np.sqrt(1 - (wanted**2).sum(axis=1, keepdims=True))
    vectors, n = np.hstack([wanted, rest]), len(wanted)
    target = np.eye(wanted.shape[1], wanted.shape[1] + 1)
    aim = Target("aim", ("text",) * len(target), {"static": target.astype(np.float32)})
    return Pool(np.arange(n), np.ones(n), vectors={"static": vectors}, target=aim)


def scores(method: Betr, pool: Pool) -> np.ndarray:
    return method.rank(pool, Draw(pool, 0))


# cosines to two examples (.9, .5, .1) and (.2, .3, .8): ranks (1, 2, 3) and (3, 2, 1)
CARD = [[0.9, 0.5, 0.1], [0.2, 0.3, 0.8]]


def test_best_ranks_of_the_card() -> None:
    # best ranks (1, 2, 1): 0 and 2 tie and 0 goes first, whose cosine at rank 1 is .9 against .8; 1 comes last
    pool = pool_with(CARD)
    assert Betr().select(pool, Budget(docs=3)).rows.tolist() == [0, 2, 1]
    assert np.rint(-scores(Betr(), pool)).tolist() == [1, 2, 1]


def test_mean_values_of_the_card() -> None:
    # mean log2(1/r): ((0 - log2 3) / 2, -1, (0 - log2 3) / 2) = (-.792, -1, -.792); mean 1/r: (2/3, 1/2, 2/3)
    pool = pool_with(CARD)
    assert scores(Betr(combine="mean"), pool) == pytest.approx([-0.7925, -1, -0.7925], abs=1e-4)
    assert scores(Betr(combine="mean", value="inverse"), pool) == pytest.approx([2 / 3, 0.5, 2 / 3])


def test_ranks_do_not_feel_how_far_an_example_is() -> None:
    # example 1's cosines shrink to a third, in the same order: the mean cosine would now prefer 1 to 2
    far = [CARD[0], [c / 3 for c in CARD[1]]]
    for method in (Betr(combine="mean"), Betr(combine="mean", value="inverse")):
        assert scores(method, pool_with(far)).tolist() == scores(method, pool_with(CARD)).tolist()
    assert np.mean(far, axis=0)[1] > np.mean(far, axis=0)[2]


def random_pool(n: int = 400, m: int = 5) -> Pool:
    chance = np.random.default_rng(0)
    aim = Target("aim", ("text",) * m, {"static": chance.normal(size=(m, 6)).astype(np.float32)})
    return Pool(np.arange(n), chance.integers(1, 9, n), vectors={"static": chance.normal(size=(n, 6))}, target=aim)


def test_one_example_orders_by_cosine_whatever_the_setting() -> None:
    pool = random_pool(m=1)
    cosines = pool.vectors["static"] @ pool.target.vectors["static"][0] / np.linalg.norm(pool.vectors["static"], axis=1)
    for method in (Betr(), Betr(combine="mean")):
        assert method.select(pool, Budget(docs=400)).rows.tolist() == np.argsort(-cosines).tolist()


def test_an_example_given_twice_changes_the_mean_and_not_the_max() -> None:
    pool = random_pool()
    vectors = pool.target.vectors["static"]
    twice = Target("aim", ("text",) * 7, {"static": np.vstack([vectors, vectors[:1], vectors[:1]])})
    other = Pool(pool.doc_ids, pool.tokens, vectors=pool.vectors, target=twice)
    assert scores(Betr(), pool).tolist() == scores(Betr(), other).tolist()
    assert scores(Betr(combine="mean"), pool).tolist() != scores(Betr(combine="mean"), other).tolist()


def test_at_most_m_times_r_documents_have_rank_r_or_better() -> None:
    best = np.rint(-scores(Betr(), random_pool()))
    for r in (1, 3, 20):
        assert (best <= r).sum() <= 5 * r


@pytest.mark.parametrize("listed", [nearness.LISTED, 0], ids=["in one pass", "row by row"])
@pytest.mark.parametrize("budget", [Budget(docs=7), Budget(docs=399), Budget(tokens=900), Budget(share=1.0)])
def test_reading_only_first_ranks_chooses_what_all_ranks_choose(
    monkeypatch: pytest.MonkeyPatch, budget: Budget, listed: int
) -> None:
    monkeypatch.setattr(nearness, "LISTED", listed)
    pool = random_pool(n=3000, m=2)
    all_ranks = super(Betr, Betr()).choose
    expected = all_ranks(pool, budget, Draw(pool, 0)).rows
    assert Betr().select(pool, budget).rows.tolist() == expected.tolist()
