from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from winnow.score.influence_card import card
from winnow.score.influence_fit import Fit, earlier_cosines, fitted, standardised


def unit(count: int, width: int, seed: int = 0) -> np.ndarray:
    raw = np.random.default_rng(seed).normal(size=(count, width))
    return (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32)


def alone(count: int) -> np.ndarray:
    return np.full(count, np.nan)


def test_deviations() -> None:
    # mean 2, deviation sqrt((1 + 0 + 1) / 3) = .8165
    assert standardised(np.array([1.0, 2.0, 3.0])).tolist() == pytest.approx([-1.2247, 0, 1.2247], abs=1e-4)
    assert standardised(np.array([4.0, 4.0])).tolist() == [0, 0]


def test_cosines_are_to_the_earlier_of_the_same_row() -> None:
    # Rows of 3: b to a 0; c to a and b (.6 + .8) / 2 = .7; the next row begins anew.
    vectors = np.array([[1, 0], [0, 1], [0.6, 0.8], [1, 0], [1, 0], [0, 1]], dtype=np.float32)
    found = earlier_cosines(vectors, 3)
    assert np.isnan(found[[0, 3]]).all()
    assert found[[1, 2, 4, 5]].tolist() == pytest.approx([0, 0.7, 1, 0])
    assert np.isnan(earlier_cosines(vectors, 1)).all()


@pytest.mark.parametrize("robust", [False, True])
def test_a_line_is_found_and_ranks_what_it_was_not_fitted_to(robust: bool) -> None:
    vectors, rng = unit(400, 12), np.random.default_rng(1)
    truth = vectors @ rng.normal(size=12)
    z = standardised(truth + 0.3 * truth.std() * rng.normal(size=400))
    fit = fitted(vectors, z, alone(400), robust=robust)
    assert spearmanr(fit.held_out, truth).statistic > 0.9
    assert (fit.alpha, fit.tau) == (1.0, 1.0)
    new = unit(100, 12, seed=2)
    assert np.corrcoef(fit.predict(new), new @ np.linalg.lstsq(vectors, truth, rcond=None)[0])[0, 1] > 0.95


def test_noise_is_not_predicted() -> None:
    # Held-out predictions of chance are worth nothing, however many weights there are: what the card must not hide.
    fit = fitted(unit(300, 100), np.random.default_rng(0).normal(size=300), alone(300), robust=False)
    z = np.random.default_rng(0).normal(size=300)
    assert abs(spearmanr(fit.held_out, z).statistic) < 0.2
    assert np.abs(fit.weights).max() < 0.5


def test_outliers_pull_a_robust_fit_less() -> None:
    vectors = unit(300, 6)
    truth = vectors @ np.array([2.0, -1, 0.5, 0, 0, 1])
    z = truth.copy()
    z[::15] += 40 * vectors[::15, 4]
    plain, robust = (fitted(vectors, z, alone(300), robust=how) for how in (False, True))
    errors = [float(np.abs(fit.predict(vectors) - truth).mean()) for fit in (plain, robust)]
    assert errors[1] < errors[0] / 3


def test_the_dampening_of_groups_is_found() -> None:
    # z_1 = I, z_t = alpha I (1 - mean cosine / tau) with alpha .8 and tau 1.5.
    vectors = np.abs(unit(1200, 6))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    influence = 1 + vectors @ np.array([1.0, -1, 0.5, 0.3, -0.2, 0])
    cosines = earlier_cosines(vectors, 4)
    later = np.isfinite(cosines)
    z = np.where(later, 0.8 * influence * (1 - np.nan_to_num(cosines) / 1.5), influence)
    z = z + 0.01 * np.random.default_rng(0).normal(size=1200)
    fit = fitted(vectors, z, cosines, robust=False)
    assert fit.alpha == pytest.approx(0.8, abs=0.05)
    assert fit.tau == pytest.approx(1.5, abs=0.1)
    assert np.corrcoef(fit.predict(vectors), influence)[0, 1] > 0.99


def test_too_few_probes_or_equal_ones_predict_nothing() -> None:
    for z in (np.arange(5.0), np.zeros(50)):
        fit = fitted(unit(len(z), 8), z, alone(len(z)), robust=False)
        assert fit.predict(unit(3, 8)).tolist() == [0, 0, 0]


def test_the_card_says_how_far_to_trust_it() -> None:
    # Halves that agree perfectly: 2 · 1 / (1 + 1) = 1; halves with r = .5: 1 / 1.5 = .667.
    base = np.arange(100.0)
    rng = np.random.default_rng(3)
    fit = Fit(np.zeros(1), 0.0, 1.0, 0.8, 1.5, base[::-1].copy())
    gains = np.stack([base, base, 2 * base + 1, base], axis=1)
    rows = {row["what"]: row for row in card(gains, fit, lengths=rng.permutation(100), rollout=1).to_pylist()}
    assert rows["reliability of a gain"]["value"] == pytest.approx(1)
    assert rows["rank correlation of first-order estimate and measure"]["value"] == pytest.approx(1)
    told = rows["rank correlation of prediction and measure"]
    assert (told["value"], told["n"]) == (pytest.approx(-1), 100)
    assert abs(rows["rank correlation of length and measure"]["value"]) < 0.4
    assert (
        rows["rank correlation of length and measure"]["low"] < rows["rank correlation of length and measure"]["high"]
    )
    assert "alpha" not in rows
    told = {row["what"]: row["value"] for row in card(gains, fit, lengths=np.arange(100), rollout=4).to_pylist()}
    assert (told["alpha"], told["tau"]) == (0.8, 1.5)
    even = np.array([0.0, 1, 2, 3, 4])
    odd = np.array([2.0, 0, 1, 4, 3])  # r = .5 + .1: sum of products of deviations 6 over 10 = .6, 1.2 / 1.6 = .75
    small = np.stack([even + odd, even, odd, even], axis=1)
    told = {
        row["what"]: row["value"]
        for row in card(small, Fit(np.zeros(1), 0, 1, 1, 1, even), lengths=even, rollout=1).to_pylist()
    }
    assert told["reliability of a gain"] == pytest.approx(0.75)
