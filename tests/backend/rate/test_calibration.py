"""Calibration by hand, and thresholds that hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit

from winnow.rate.calibration import bins, platt, safe_threshold, wilson
from winnow.rate.evidence import Pairs, Values
from winnow.rate.objectives import Names, Numbers, Preference, YesNo


def test_wilson_by_hand() -> None:
    # 8 of 10, z = 1.96: middle (.8 + .19207) / 1.38415 = .71674, half .22674.
    assert wilson(0.8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0.0, 0) == (0.0, 1.0)


def test_timid_scores_are_stretched() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=20_000) * 2
    y = (rng.random(20_000) < expit(truth)).astype(float)
    slope, shift = platt(truth[:, None] / 4 + 1, Values(y), YesNo())
    assert slope == pytest.approx(4, abs=0.15)
    assert shift == pytest.approx(-4, abs=0.15)


def test_scores_that_point_the_wrong_way_are_left_alone() -> None:
    z = np.linspace(-1, 1, 50)[:, None]
    assert platt(z, Values((z[:, 0] < 0).astype(float)), YesNo()) == (1.0, 0.0)
    assert platt(np.zeros((5, 3)), Values(np.zeros(5)), Names(("a", "b", "c"))) == (1.0, 0.0)


def test_bins_hold_what_they_say() -> None:
    probability = np.repeat([0.2, 0.8], 50)
    y = np.r_[np.ones(10), np.zeros(40), np.ones(40), np.zeros(10)]
    found = bins(logit(probability)[:, None], Values(y), YesNo())
    assert len(found) == 10
    assert sum(part.labels for part in found) == 100
    low, high = found[:5], found[5:]
    assert np.mean([part.observed for part in low]) == pytest.approx(0.2)
    assert np.mean([part.observed for part in high]) == pytest.approx(0.8)
    assert {round(part.predicted, 6) for part in found} == {0.2, 0.8}
    assert all(part.low - 1e-9 <= part.observed <= part.high + 1e-9 for part in found)


def test_pairs_are_binned_both_ways_round() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(100, 1))
    first, second = rng.integers(100, size=(2, 500))
    found = bins(z, Pairs(first, second, (z[second, 0] > z[first, 0]).astype(float), 100), Preference())
    assert np.mean([part.predicted for part in found]) == pytest.approx(0.5)
    assert sum(part.labels for part in found) == 500


def test_few_labels_make_no_bins() -> None:
    assert bins(np.zeros((20, 1)), Values(np.ones(20)), Numbers()) == []


def test_a_threshold_is_safe_by_the_lower_end_of_its_interval() -> None:
    # Of the 60 highest all are a yes: Wilson's lower end is 60 / (60 + 3.84) = .94; of the 100 highest 60 are.
    y = np.r_[np.ones(60), np.zeros(40)]
    z = np.linspace(3, -3, 100)[:, None]
    found = safe_threshold(z, Values(y), 0.9)
    assert found is not None
    assert found.low >= 0.9
    assert found.labels in (62, 61, 63)
    assert found.threshold == pytest.approx(float(expit(z[found.labels - 1, 0])))
    assert safe_threshold(z, Values(y), 0.99) is None


def test_equal_scores_are_not_cut_apart() -> None:
    y = np.r_[np.ones(80), np.zeros(20)]
    assert safe_threshold(np.zeros((100, 1)), Values(y), 0.9) is None
