from __future__ import annotations

import numpy as np
import pytest

from winnow.online.loss_reweight import LossReweight

LOSSES = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
"""h = -1, -.5, 0, .5, 1."""


@pytest.mark.parametrize(
    ("strategy", "r", "expected"),
    [
        # By hand: f is 0, .5, 1, 1, 1 and exp(f - 1) .3679, .6065, 1, 1, 1, whose sum is 3.9744.
        ("linupper", 1.0, [0.0926, 0.1526, 0.2516, 0.2516, 0.2516]),
        ("linupper", 0.4, [0.0244, 0.0851, 0.2969, 0.2969, 0.2969]),
        # Here f is 0, .75, 1, .75 and 0.
        ("quadratic", 1.0, [0.1117, 0.2365, 0.3036, 0.2365, 0.1117]),
        # Here f is 1, .5, 0, .5 and 1.
        ("extremes", 1.0, [0.2793, 0.1694, 0.1027, 0.1694, 0.2793]),
        # Here f is 0, .25, .5, .75 and 1; exp(f - 1) is .3679, .4724, .6065, .7788 and 1, whose sum is 3.2256.
        ("upper", 1.0, [0.1141, 0.1464, 0.1880, 0.2414, 0.3100]),
    ],
)
def test_the_weights_are_those_of_the_formula(strategy: str, r: float, expected: list[float]) -> None:
    weights = LossReweight(strategy=strategy, r=r).weights(LOSSES, 0.5)
    assert weights == pytest.approx(expected, abs=6e-5)


def test_shift_and_scale_of_the_losses_change_nothing() -> None:
    method = LossReweight(r=0.4)
    assert method.weights(7 * LOSSES + 3, 0.5) == pytest.approx(method.weights(LOSSES, 0.5))


def test_losses_that_are_all_alike_weigh_alike_and_not_by_rounding() -> None:
    # The released code divides by at least 1e-6 and lets float32 noise of order .5 through.
    losses = np.float64(np.float32(3.3) + np.array([0, 1e-7, -1e-7, 2e-7], dtype=np.float32))
    assert LossReweight().weights(losses, 0.5).tolist() == [0.25] * 4


def test_all_weigh_alike_until_the_burn_in_is_over() -> None:
    method = LossReweight(burn_in=0.1)
    assert method.weights(LOSSES, 0.09).tolist() == [0.2] * 5
    assert method.weights(LOSSES, 0.1)[0] < 0.1


def test_a_large_r_is_even_and_no_weight_passes_its_bound() -> None:
    assert LossReweight(r=1e6).weights(LOSSES, 0.5) == pytest.approx([0.2] * 5, abs=1e-6)
    drawn = np.random.default_rng(0).normal(size=64)
    for strategy in ("linupper", "quadratic", "extremes", "upper"):
        assert LossReweight(strategy=strategy).weights(drawn, 1.0).max() <= np.e**2 / 64
