"""semdedup and d4: chains, the meaning of eps and what clustering twice takes."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.errors import SettingError
from winnow.pool import Budget, Groups, Pool
from winnow.select.base import Draw
from winnow.select.semantic import D4, Semdedup


def circle(*degrees: float) -> np.ndarray:
    angle = np.radians(degrees)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)


def pool_of(vectors: np.ndarray, clusters: list[str | None] | None = None) -> Pool:
    n = len(vectors)
    columns = {"cluster_name": Groups.of(clusters or ["one"] * n)}
    return Pool(np.arange(n), np.ones(n), columns, {"static": vectors})


def kept(pool: Pool, **settings) -> list[int]:
    return sorted(Semdedup(**settings).select(pool, Budget(docs=len(pool))).rows.tolist())


# Four vectors lie at 0, 10, 20 and 130 degrees. Their sum is (1 + .9848 + .9397 - .6428, 0 + .1736 + .3420 + .7660) =
# (2.2817, 1.2817), at 29.3 degrees. From there 130 is 100.7 away, 0 is 29.3, 10 is 19.3, 20 is 9.3: the hard order.
FOUR = circle(0, 10, 20, 130)


def test_a_chain_does_not_drop_what_nothing_kept_resembles() -> None:
    # cos 10 = .98481, cos 20 = .93969; eps .02 cuts at .98. With all earlier: 10 and 20 both have .98481, both go,
    # although 20 is only .940 like 0. With those kept: 10 goes, and 20 is compared with 0 alone and stays.
    assert kept(pool_of(FOUR), eps=0.02, compare="earlier") == [0, 3]
    assert kept(pool_of(FOUR), eps=0.02) == [0, 2, 3]
    # .01 cuts at .99: nobody goes
    assert kept(pool_of(FOUR), eps=0.01) == [0, 1, 2, 3]


def test_easy_keeps_the_one_nearest_to_the_centre() -> None:
    # easy order 20, 10, 0, 130: 10 is a double of 20 and goes, 0 is .940 like 20 and stays
    assert kept(pool_of(FOUR), eps=0.02, keep="easy") == [0, 2, 3]
    # 0, 10 and 130 have their centre at 35 degrees: 0 is farther from it than 10, so hard keeps 0 and easy keeps 10
    three = pool_of(circle(0, 10, 130))
    assert (kept(three, eps=0.02), kept(three, eps=0.02, keep="easy")) == ([0, 2], [1, 2])


@pytest.mark.parametrize("compare", ["earlier", "kept"])
def test_a_larger_eps_drops_more(compare: str) -> None:
    raw = np.random.default_rng(0).normal(size=(300, 4)).astype(np.float32)
    pool = pool_of(raw / np.linalg.norm(raw, axis=1, keepdims=True))
    counts = [len(kept(pool, eps=eps, compare=compare)) for eps in (0, 0.01, 0.05, 0.2, 1)]
    assert counts[0] == 300
    assert counts == sorted(counts, reverse=True)
    assert counts[1] > counts[3]
    if compare == "earlier":  # the same similarities for every eps: nothing dropped ever comes back
        assert set(kept(pool, eps=0.05, compare=compare)) <= set(kept(pool, eps=0.01, compare=compare))


def test_doubles_are_looked_for_inside_clusters_alone() -> None:
    same = circle(0, 0, 0)
    assert len(kept(pool_of(same))) == 1
    assert len(kept(pool_of(same, ["a", "a", "b"]))) == 2
    assert len(kept(pool_of(same, ["a", None, None]))) == 2


def test_redundancy_is_what_any_eps_cuts() -> None:
    pool = pool_of(FOUR)
    found = Semdedup().redundancy(pool, Draw(pool, 0))
    assert found == pytest.approx([0, 0.98481, 0.98481, 0], abs=1e-5)  # cos 110 is negative, and counts as 0


def test_vectors_that_are_not_finite_are_refused() -> None:
    broken = pool_of(np.array([[1, 0], [np.nan, 1]], dtype=np.float32))
    for method in (Semdedup(), D4()):
        with pytest.raises(SettingError, match=r"1 of 2 documents.*winnow embed --model static"):
            method.select(broken, Budget(docs=1))


def test_d4_drops_doubles_and_then_prefers_what_is_least_typical() -> None:
    # 0 twice, 10, 20, 130: a share of .8 keeps four of five, without one of the doubles (cosine 1, the highest).
    # The centre of the rest lies at 29.3 degrees as above, and so 130 is farthest from it, then 0, 10, 20.
    pool = pool_of(circle(0, 0, 10, 20, 130))
    rows = D4(dedup_share=0.8).select(pool, Budget(docs=5)).rows.tolist()
    assert len(rows) == 4
    assert len({0, 1} & set(rows)) == 1
    assert [rows[0], *rows[2:]] == [4, 2, 3]


def test_d4_with_the_whole_share_is_order_by_distance_alone() -> None:
    pool = pool_of(FOUR)
    assert D4(dedup_share=1).select(pool, Budget(docs=2)).rows.tolist() == [3, 0]


def test_clusters_that_are_cut_are_told() -> None:
    pool = pool_of(circle(*range(0, 180, 10)), ["big"] * 12 + ["small"] * 6)
    assert Semdedup().remarks(pool) == ()
    [remark] = Semdedup(largest=10).remarks(pool)
    assert remark.startswith("1 of 2 clusters hold more than 10 documents (12 together, the largest 12)")
