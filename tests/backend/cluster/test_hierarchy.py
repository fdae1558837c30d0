"""Weighted Ward, by hand and against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage

from winnow.cluster.hierarchy import default_groups, group


@pytest.mark.parametrize(("k", "groups"), [(0, 0), (1, 1), (2, 2), (3, 3), (4, 2), (25, 5), (155, 12), (500, 12)])
def test_default_groups(k: int, groups: int) -> None:
    assert default_groups(k) == groups


def test_by_hand() -> None:
    # On a line at 0, 1, 3, 7 with equal weights: 0+1 cost 1/2; then {0.5 of weight 2}+3: 2/3 · 6.25 = 4.2 against
    # 3+7: 1/2 · 16 = 8. So 7 stays alone.
    centres = np.array([[0], [1], [3], [7]], dtype=np.float32)
    assert group(centres, np.ones(4, dtype=np.int64), 2).tolist() == [0, 0, 0, 1]


def test_weight_counts() -> None:
    # Equal weights would join 0 and 1 (1/2 · 1) before 1 and 2.5 (1/2 · 2.25). With weights 100, 100, 1 the costs are
    # 100·100/200 · 1 = 50 and 100·1/101 · 2.25 = 2.2, so the light one joins first.
    centres = np.array([[0], [1], [2.5]], dtype=np.float32)
    assert group(centres, np.array([1, 1, 1]), 2).tolist() == [0, 0, 1]
    assert group(centres, np.array([100, 100, 1]), 2).tolist() == [1, 0, 0]


@pytest.mark.parametrize("groups", [1, 2, 7, 30])
def test_agrees_with_scipy_at_equal_weights(groups: int) -> None:
    centres = np.random.default_rng(3).normal(size=(30, 5)).astype(np.float32)
    ours = group(centres, np.ones(30, dtype=np.int64), groups)
    theirs = fcluster(linkage(centres.astype(np.float64), "ward"), groups, "maxclust")
    assert len(np.unique(ours)) == groups
    assert len(set(zip(ours.tolist(), theirs.tolist(), strict=True))) == groups


def test_groups_are_numbered_by_documents() -> None:
    rng = np.random.default_rng(0)
    centres, sizes = rng.normal(size=(40, 6)).astype(np.float32), rng.integers(1, 1000, size=40)
    found = group(centres, sizes)
    assert (np.diff(np.bincount(found, weights=sizes)) <= 0).all()
    assert found.dtype == np.int32


def test_nothing_to_group() -> None:
    assert group(np.empty((0, 4), dtype=np.float32), np.empty(0, dtype=np.int64)).tolist() == []
    assert group(np.ones((1, 4), dtype=np.float32), np.array([9])).tolist() == [0]
