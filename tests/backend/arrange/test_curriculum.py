"""Order by a column: either way, in bins of equal tokens, missing values last."""

from __future__ import annotations

import numpy as np

from winnow.arrange.base import Entries
from winnow.arrange.curriculum import Curriculum
from winnow.pool import Pool


def entries(values: list[float], tokens: list[int]) -> Entries:
    pool = Pool(np.arange(len(values)), np.array(tokens), {"quality": np.array(values)})
    return Entries.of(pool, np.ones(len(values)), 0)


def test_exact_order_either_way_with_missing_values_last() -> None:
    given = entries([0.5, np.nan, 0.1, 0.9], [1, 1, 1, 1])
    assert Curriculum(bins=0).order(given).places.tolist() == [2, 0, 3, 1]
    assert Curriculum(bins=0, falling=True).order(given).places.tolist() == [3, 0, 2, 1]


def test_bins_hold_equal_tokens() -> None:
    """Tokens 60, 20, 20 in order of value, two bins of 50: middles 30, 70 and 90 of 100, so bins 0, 1, 1."""
    arranged = Curriculum(bins=2).order(entries([0.1, 0.2, 0.3], [60, 20, 20]))
    assert arranged.marks["bin"].tolist() == [0, 1, 1]
    assert arranged.places[0] == 0


def test_inside_a_bin_the_order_is_random() -> None:
    """1,000 equal documents in one order of value: ten bins of 100, each holding its own hundred, none sorted."""
    arranged = Curriculum(bins=10).order(entries(np.linspace(0, 1, 1000).tolist(), [1] * 1000))
    for number in range(10):
        inside = arranged.places[arranged.marks["bin"] == number]
        assert sorted(inside.tolist()) == list(range(100 * number, 100 * number + 100))
        assert inside.tolist() != sorted(inside.tolist())


def test_a_temperature_mixes_chance_in() -> None:
    """Two values 0 and ln 3 at temperature 1: sigmoid(ln 3) = 0.75 of pairs come in their order (difference of Gumbels)."""
    values = [0.0, float(np.log(3))] * 4000
    places = Curriculum(bins=0, temperature=1.0).order(entries(values, [1] * 8000)).places
    rank = np.argsort(places)
    assert abs((rank[0::2] < rank[1::2]).mean() - 0.75) < 0.02
