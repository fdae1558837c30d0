from __future__ import annotations

import numpy as np
import pytest

from winnow.online.dga import Dga

EVEN = np.full(4, 0.25)
ALIGNED = np.array([1.0, 0.0, 0.0, -1.0])


@pytest.mark.parametrize(
    ("eta", "ema", "expected"),
    [
        # e = 2.718, 1, 1, .368; their sum is 5.086.
        (1.0, 1.0, [0.5344, 0.1966, 0.1966, 0.0723]),
        # e² = 7.389, 1, 1, .135; their sum is 9.524.
        (2.0, 1.0, [0.7758, 0.1050, 0.1050, 0.0142]),
        # .9 · .25 + .1 · the first row.
        (1.0, 0.1, [0.2784, 0.2447, 0.2447, 0.2322]),
        (0.0, 1.0, [0.25, 0.25, 0.25, 0.25]),
    ],
)
def test_one_update_is_that_of_the_formula(eta: float, ema: float, expected: list[float]) -> None:
    found = Dga(eta=eta, ema=ema, floor=0.0).update(EVEN, ALIGNED)
    assert found == pytest.approx(expected, abs=6e-5)
    assert found.sum() == pytest.approx(1.0)


def test_a_constant_added_to_every_alignment_changes_nothing() -> None:
    method = Dga(eta=3.0)
    assert method.update(EVEN, ALIGNED + 1000.0) == pytest.approx(method.update(EVEN, ALIGNED))


def test_groups_that_are_alike_keep_like_shares() -> None:
    shares = Dga(ema=1.0).update(EVEN, np.array([0.3, 0.3, -2.0, 0.3]))
    assert shares[0] == shares[1] == shares[3]


def test_with_a_floor_a_starved_group_comes_back() -> None:
    shares = np.array([1.0, 0.0])
    without, with_floor = Dga(floor=0.0, ema=1.0), Dga(floor=0.1, ema=1.0)
    assert without.update(shares, np.array([0.0, 5.0])).tolist() == [1.0, 0.0]
    # .9 · (1, 0) + .1 / 2.
    assert with_floor.update(shares, np.array([0.0, 5.0])) == pytest.approx([0.95, 0.05])


def test_alignments_of_any_size_stay_finite() -> None:
    assert Dga(ema=1.0, floor=0.0).update(EVEN, np.array([1e6, 0.0, 0.0, 0.0])).tolist() == [1.0, 0.0, 0.0, 0.0]
