"""Reference raters: the density ratio, n-gram shares, the strength of losses."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import expit
from scipy.stats import norm

from winnow.errors import MissingNeed, SettingError
from winnow.rate.base import Documents
from winnow.rate.evidence import Values
from winnow.rate.reference import BUCKETS, SHARE_SCALE, Cqf, PreSelect, predictive_strength, shares


def strength(*losses: float) -> float:
    return float(predictive_strength(np.array(losses)[:, None])[0])


def test_strength_by_hand() -> None:
    assert strength(6, 5, 4, 3, 2, 1) == 1
    assert strength(1, 2, 3, 4, 5, 6) == 0
    assert strength(5, 6, 4, 3, 2, 1) == pytest.approx(14 / 15)
    assert strength(2, 2, 2, 2) == 0
    assert np.isnan(strength(3, np.nan, 1))


def test_strength_knows_only_the_order_of_a_documents_own_losses() -> None:
    losses = np.random.default_rng(0).random((5, 50))
    assert predictive_strength(np.exp(3 * losses) + 7) == pytest.approx(predictive_strength(losses))


def test_strength_under_chance() -> None:
    # Six models in all 720 orders: discordant pairs 0, 1, 2 … occur 1, 5, 14, 29, 49, 71, 90, 101 times, mean S = 1/2.
    found = predictive_strength(np.array(list(itertools.permutations(range(6)))).T.astype(float))
    counts = np.bincount(np.round((1 - found) * 15).astype(int))
    assert counts.tolist() == [1, 5, 14, 29, 49, 71, 90, 101, 101, 90, 71, 49, 29, 14, 5, 1]
    assert found.mean() == pytest.approx(0.5)


def test_preselect_takes_the_strongest_and_as_many_of_the_weakest() -> None:
    losses = {
        "a": np.array([3.0, 3, 1, 1, 2, np.nan]),
        "b": np.array([2.0, 2, 2, 2, 3, 1]),
        "c": np.array([1.0, 1, 3, 3, 1, 1]),
    }
    rater = PreSelect(losses=("a", "b", "c"))
    found = rater.weigh(losses, 0)
    assert isinstance(found, Values)
    # S = 1, 1, 0, 0, 2/3, missing.
    np.testing.assert_array_equal(found.values, [1, 1, 0, 0, np.nan, np.nan])
    with pytest.raises(MissingNeed, match="weakest model to the strongest"):
        rater.weigh({name: np.ones(9) for name in "abc"}, 0)
    with pytest.raises(SettingError, match="three models"):
        PreSelect(losses=("a", "b")).reads()


def test_cqf_finds_the_ratio_of_two_gaussians() -> None:
    # p_HQ = N(1, 1), p_LQ = N(0, 1): ln r = x - 1/2, and the score is r / (1 + r) whatever the numbers of either kind.
    rng = np.random.default_rng(0)
    x = np.r_[rng.normal(1, 1, 6000), rng.normal(0, 1, 2000)].astype(np.float32)[:, None]
    values = Values(np.r_[np.ones(6000), np.zeros(2000)])
    fitted = Cqf().fit(Documents([""] * 8000, x), {"": values}, seed=0)
    at = np.array([[-1.0], [0.0], [0.5], [2.0]], dtype=np.float32)
    found = fitted.head.rate(at, None, "cqf")["cqf"]
    assert np.asarray(found) == pytest.approx(expit(at[:, 0] - 0.5), abs=0.02)
    # AUROC of two unit normals one apart is Phi(1 / sqrt 2) = .7602.
    assert fitted.outputs[0]["quality"]["value"] == pytest.approx(norm.cdf(1 / np.sqrt(2)), abs=0.01)


def test_a_cut_overshoots_the_reference() -> None:
    # Keeping the top tenth of N(0, 1): threshold 1.2816, mean 1.7550, above the reference's own mean of 1.
    kept = np.linspace(0.9, 1, 200_001)[:-1]
    assert norm.ppf(0.9) == pytest.approx(1.2816, abs=1e-4)
    assert norm.ppf(kept + 2.5e-7).mean() == pytest.approx(1.7550, abs=1e-3)


def test_swapping_the_kinds_turns_the_score_round() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 3)).astype(np.float32)
    y = (x[:, 0] > 0).astype(float)
    one = Cqf().fit(Documents([""] * 200, x), {"": Values(y)}, seed=0).head.rate(x, None, "c")["c"]
    other = Cqf().fit(Documents([""] * 200, x), {"": Values(1 - y)}, seed=0).head.rate(x, None, "c")["c"]
    assert np.asarray(one) == pytest.approx(1 - np.asarray(other), abs=5e-3)


def test_shares_do_not_grow_with_length() -> None:
    found = shares(pa.array(["red fish", "red fish red fish", "", "blue"]), 1)
    assert found.shape == (4, BUCKETS)
    dense = found.toarray()
    np.testing.assert_allclose(dense[0], dense[1])
    assert dense.sum(axis=1) == pytest.approx([SHARE_SCALE, SHARE_SCALE, 0, SHARE_SCALE])
    # Two words and one pair: each a third.
    assert sorted(shares(pa.array(["red fish"]), 2).data) == pytest.approx([SHARE_SCALE / 3] * 3)


def test_preselect_reads_columns_or_a_ladder_and_not_both() -> None:
    assert PreSelect(ladder="steps").reads() == ()
    with pytest.raises(SettingError, match="found both"):
        PreSelect(ladder="steps", losses=("a", "b", "c")).reads()
    with pytest.raises(SettingError, match="--set ladder=NAME"):
        PreSelect().reads()


def test_a_ladders_losses_come_with_the_weakest_model_first() -> None:
    losses = {"weak": [3.0, 1.0, 3.0, 1.0], "middle": [2.0, 2.0, 2.0, 2.0], "strong": [1.0, 3.0, 1.0, 3.0]}
    found = PreSelect(ladder="steps").weigh({name: np.array(values) for name, values in losses.items()}, 0)
    assert found.values.tolist() == [1.0, 0.0, 1.0, 0.0]
