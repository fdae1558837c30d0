from __future__ import annotations

import math

import numpy as np
import pytest

from winnow.prove.statistics import compare, half_width, hierarchical, holm, paired, tokens_to_reach


def test_the_t_interval_of_four_pairs() -> None:
    mean, half, deviation, p = paired(np.array([-0.1, -0.2, -0.3, -0.2]))
    # Squares of deviations from -0.2: .01 + 0 + .01 + 0 = .02; s = sqrt(.02 / 3) = .08165.
    # half = t(.975, 3) · s / 2 = 3.1824 · .08165 / 2 = .12992; t = -.2 / .04082 = -4.899, p = .0163.
    assert mean == pytest.approx(-0.2)
    assert deviation == pytest.approx(0.08165, abs=1e-5)
    assert half == pytest.approx(0.12992, abs=1e-5)
    assert p == pytest.approx(0.0163, abs=1e-4)


@pytest.mark.parametrize(("seeds", "factor"), [(3, 2.48), (4, 1.59), (5, 1.24), (8, 0.84)])
def test_half_widths_in_standard_deviations(seeds: int, factor: float) -> None:
    assert half_width(1.0, seeds) == pytest.approx(factor, abs=0.005)


def test_one_seed_shows_nothing() -> None:
    assert paired(np.array([-5.0]))[1:] == (math.inf, pytest.approx(math.nan, nan_ok=True), 1.0)


def test_holm_multiplies_the_smallest_most_and_never_falls() -> None:
    # Sorted .01, .02, .03: 3 · .01 = .03, 2 · .02 = .04, max(.04, .03) = .04.
    assert holm([0.03, 0.01, 0.02]) == [0.04, 0.03, 0.04]
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []


def test_the_same_losses_do_not_differ() -> None:
    losses = np.random.default_rng(0).random((4, 30))
    found = compare({"twin": losses}, losses, np.full(30, 10))["twin"]
    assert (found.mean, found.half, found.adjusted, found.low, found.high) == (0.0, 0.0, 1.0, 0.0, 0.0)
    assert found.verdict == "not distinguishable"


def test_a_constant_gain_is_better_and_a_loss_worse() -> None:
    rng = np.random.default_rng(1)
    control = 20 + rng.random((4, 50))
    noise = 0.01 * rng.standard_normal((4, 50))
    found = compare({"gain": control - 2 + noise, "loss": control + 2 + noise}, control, np.full(50, 10))
    # 2 nats less on each text of 10 bytes: -0.2 nats per byte.
    assert found["gain"].mean == pytest.approx(-0.2, abs=0.01)
    assert found["gain"].verdict == "better"
    assert found["loss"].verdict == "worse"
    assert found["gain"].low < -0.19
    assert found["gain"].high < 0


def test_drawing_seeds_again_shows_what_one_seed_decided() -> None:
    arm, control = np.zeros((2, 10)), np.zeros((2, 10))
    arm[0] = -1.0
    low, high = hierarchical(arm, control, np.ones(10, dtype=np.int64), draws=400)
    # Both draws the first seed: -1; both the second: 0.
    assert (low, high) == (pytest.approx(-1.0), pytest.approx(0.0))


def test_tokens_to_reach_a_level() -> None:
    assert tokens_to_reach([100, 200, 400], [3.0, 2.0, 1.0], 1.5) == 300.0
    assert tokens_to_reach([100, 200], [3.0, 2.0], 3.5) == 100.0
    assert tokens_to_reach([100, 200], [3.0, 2.0], 1.0) == math.inf
