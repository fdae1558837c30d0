from __future__ import annotations

import math

import numpy as np
import pytest

from winnow.pool import Budget, Pool
from winnow.select.orca_icl import OrcaIcl


def pool() -> Pool:
    nan = math.nan
    cosines = np.array([0.9, 0.2, -0.5, 0.8, nan, -0.9])
    rounds = np.array([nan, 1.0, 1.0, 2.0, nan, nan])
    return Pool(np.arange(6), np.ones(6, dtype=np.int64), {"icl_support": cosines, "icl_support_round": rounds})


@pytest.mark.parametrize(("docs", "expected"), [(1, [1]), (3, [1, 2, 3]), (6, [1, 2, 3, 0, 5])])
def test_rounds_come_in_order_then_what_none_picked(docs: int, expected: list[int]) -> None:
    # The first round's -.5 stands before the second round's .8; document 0 has the highest cosine and no round.
    assert OrcaIcl().select(pool(), Budget(docs=docs)).rows.tolist() == expected


def test_only_what_a_round_picked() -> None:
    assert OrcaIcl(only_picked=True).select(pool(), Budget(docs=6)).rows.tolist() == [1, 2, 3]


def test_scores_are_a_cosine_less_four_a_round() -> None:
    assert OrcaIcl().rank(pool(), None)[1:4] == pytest.approx([0.2 - 4, -0.5 - 4, 0.8 - 8])
