"""Losses and figures by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import check_grad
from sklearn.metrics import roc_auc_score

from winnow.rate.evidence import Pairs, Values
from winnow.rate.fitting import fit
from winnow.rate.objectives import Names, Numbers, Objective, Preference, YesNo, whole

LN3 = math.log(3)


def pairs(*told: tuple[int, int, float], documents: int = 3) -> Pairs:
    first, second, share = (np.array(side) for side in zip(*told, strict=True))
    return Pairs(first, second, share.astype(np.float64), documents)


def test_three_to_one_is_a_gap_of_ln_3() -> None:
    found = fit(np.eye(2), pairs((0, 1, 0.75), documents=2), Preference(), 1e-9)
    assert found(np.eye(2))[1, 0] - found(np.eye(2))[0, 0] == pytest.approx(LN3, abs=1e-3)


def test_a_consistent_triple_fits_without_a_remainder() -> None:
    # .75 and .75 are gaps of ln 3; .9 is ln 9 = 2 ln 3.
    z = fit(np.eye(3), pairs((0, 1, 0.75), (1, 2, 0.75), (0, 2, 0.9)), Preference(), 1e-9)(np.eye(3))[:, 0]
    assert z[1] - z[0] == pytest.approx(LN3, abs=1e-3)
    assert z[2] - z[0] == pytest.approx(2 * LN3, abs=1e-3)


def test_the_loss_of_a_pair_that_should_be_equal() -> None:
    # ln 2 at gap 0; at gap 1: ln(1 + e) - 1/2 = .813262.
    tie = pairs((0, 1, 0.5), documents=2)
    assert Preference().loss(np.array([[0.0], [0.0]]), tie)[0] == pytest.approx(0.693147, abs=1e-6)
    assert Preference().loss(np.array([[0.0], [1.0]]), tie)[0] == pytest.approx(0.813262, abs=1e-6)


def test_a_constant_added_to_every_score_changes_no_pair() -> None:
    told = pairs((0, 1, 1.0), (1, 2, 0.2))
    z = np.array([[0.3], [1.0], [-2.0]])
    assert Preference().loss(z, told)[0] == pytest.approx(Preference().loss(z + 7, told)[0])
    assert fit(np.eye(3), told, Preference(), 1.0).bias[0] == 0


def test_pairs_told_right_pass_over_ties_and_halve_equal_scores() -> None:
    # (0,1) right, (1,2) wrong, (0,2) has equal scores: (1 + 0 + 1/2) / 3; the tie does not count.
    told = pairs((0, 1, 0.9), (1, 2, 1.0), (0, 2, 1.0), (1, 0, 0.5))
    assert Preference().measure(np.array([[0.0], [1.0], [0.0]]), told, whole(told))[0] == pytest.approx(0.5)
    # A document that a resample holds twice counts twice in each of its pairs: (2*1 + 0 + 2*.5) / (2 + 1 + 2).
    weights = np.array([[2.0, 1.0, 1.0]])
    assert Preference().measure(np.array([[0.0], [1.0], [0.0]]), told, weights)[0] == pytest.approx(3 / 5)


def test_area_under_the_curve_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    y, z = (rng.random(200) < 0.3).astype(float), rng.integers(0, 20, 200).astype(float)
    evidence = Values(y)
    assert YesNo().measure(z[:, None], evidence, whole(evidence))[0] == pytest.approx(roc_auc_score(y, z))
    weights = rng.integers(0, 4, size=(3, 200)).astype(float)
    expected = [roc_auc_score(y, z, sample_weight=w) for w in weights]
    assert YesNo().measure(z[:, None], evidence, weights) == pytest.approx(expected)


def test_rank_correlation_by_hand() -> None:
    # Ranks 1 2 3 4 against 1 3 2 4: 1 - 6 * 2 / (4 * 15) = .8.
    evidence = Values(np.array([10.0, 30.0, 20.0, 40.0]))
    assert Numbers().measure(np.arange(4.0)[:, None], evidence, whole(evidence))[0] == pytest.approx(0.8)


def test_balanced_kinds_count_half_each() -> None:
    # One yes against three no at z = 0 with a = 4/2/1 and 4/2/3: slopes 2 (.5 - 1) = -1 and 2/3 * .5 = 1/3 each.
    evidence = Values(np.array([1.0, 0.0, 0.0, 0.0, np.nan]))
    loss, slope = YesNo(balanced=True).loss(np.zeros((5, 1)), evidence)
    assert loss == pytest.approx(4 * math.log(2))
    assert slope[:, 0] == pytest.approx([-1, 1 / 3, 1 / 3, 1 / 3, 0])


@pytest.mark.parametrize(
    "objective", [YesNo(), YesNo(balanced=True), Numbers(), Names(("a", "b", "c")), Preference()], ids=repr
)
def test_slopes_are_those_of_the_loss(objective: Objective) -> None:
    rng = np.random.default_rng(1)
    values = {YesNo: rng.integers(0, 2, 6), Numbers: rng.normal(size=6), Names: rng.integers(0, 3, 6)}
    told = (
        pairs((0, 1, 0.9), (4, 2, 0.3), (5, 1, 0.5), documents=6)
        if isinstance(objective, Preference)
        else Values(values[type(objective)].astype(float))
    )
    shape = (6, objective.width)
    at = rng.normal(size=6 * shape[1])
    error = check_grad(
        lambda z: objective.loss(z.reshape(shape), told)[0],
        lambda z: objective.loss(z.reshape(shape), told)[1].ravel(),
        at,
    )
    assert error < 1e-5


def test_the_trivial_rater_takes_the_side_that_flatters_it() -> None:
    evidence = Values(np.array([1.0, 1.0, 0.0, 0.0]))
    scores, says = YesNo().trivial(np.array([1.0, 2.0, 3.0, 4.0]), evidence)
    assert says == "the shorter one wins"
    assert YesNo().measure(scores, evidence, whole(evidence))[0] == 1
    scores, says = Names(("a", "b")).trivial(np.zeros(4), Values(np.array([1.0, 1.0, 0.0, 1.0])))
    assert (says, scores.argmax(axis=1).tolist()) == ("always b", [1, 1, 1, 1])
