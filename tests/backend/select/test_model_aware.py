from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chisquare

from winnow.pool import Budget, Pool
from winnow.select.model_aware import ColorFilter, MiniPlm, RhoLoss, Salt


def pool(**columns: list[float]) -> Pool:
    size = len(next(iter(columns.values())))
    arrays = {name: np.array(values, dtype=np.float64) for name, values in columns.items()}
    return Pool(np.arange(size), np.ones(size, dtype=np.int64), arrays)


def chosen(selector: object, made: Pool, docs: int, seed: int = 0) -> list[int]:
    return selector.select(made, Budget(docs=docs), seed=seed).rows.tolist()


def test_color_filter_on_unigrams() -> None:
    # The prior says p(a) = p(b) = .5, the conditional p(a) = .9. Per token of aaaa, aabb, bbbb:
    # ln(.9/.5) = .588; (.588 + ln(.1/.5)) / 2 = (.588 - 1.609) / 2 = -.511; -1.609.
    half, likely, rare = -math.log(0.5), -math.log(0.9), -math.log(0.1)
    made = pool(loss_prior=[half] * 3, loss_conditional=[likely, (likely + rare) / 2, rare])
    scores = ColorFilter().rank(made, None)
    assert scores == pytest.approx([0.588, -0.511, -1.609], abs=1e-3)
    assert chosen(ColorFilter(), made, 2) == [0, 1]


def test_color_filter_needs_a_difference_and_not_a_level() -> None:
    rng = np.random.default_rng(0)
    prior, conditional = rng.random(50), rng.random(50)
    first = chosen(ColorFilter(), pool(loss_prior=prior, loss_conditional=conditional), 10)
    both = chosen(ColorFilter(), pool(loss_prior=prior + 3, loss_conditional=conditional + 3), 10)
    assert first == both
    assert ColorFilter().rank(pool(loss_prior=prior, loss_conditional=prior), None).tolist() == [0.0] * 50


def test_color_filter_never_takes_everything_for_a_tiny_budget() -> None:
    # The published slice sorted[-k:] takes the whole pool for k = 0.
    made = pool(loss_prior=[3.0, 2.0, 1.0], loss_conditional=[1.0, 1.0, 1.0])
    assert ColorFilter().select(made, Budget(share=0.01)).rows.tolist() == [0]


@pytest.mark.parametrize(("only", "first"), [("difference", 2), ("conditional", 1), ("prior", 0)])
def test_color_filter_by_one_loss(only: str, first: int) -> None:
    made = pool(loss_prior=[1.0, 2.0, 6.0], loss_conditional=[1.0, 0.5, 2.0])
    assert chosen(ColorFilter(only=only), made, 1) == [first]


def test_documents_without_a_loss_are_never_chosen() -> None:
    made = pool(loss_prior=[3.0, math.nan, math.inf, 1.0], loss_conditional=[1.0, 1.0, 1.0, 1.0])
    assert chosen(ColorFilter(), made, 4) == [0, 3]


def test_miniplm_takes_what_is_hard_but_learnable() -> None:
    # Easy for both: .5 - .5 = 0; hard but learnable: 3 - 2 = 1; noise: 8 - 8 = 0.
    made = pool(loss_small=[0.5, 3.0, 8.0], loss_large=[0.5, 2.0, 8.0])
    assert MiniPlm().rank(made, None).tolist() == [0.0, 1.0, 0.0]
    assert chosen(MiniPlm(), made, 1) == [1]


def test_miniplm_is_a_difference_and_not_a_ratio_of_logarithms() -> None:
    # Differences 1 and .6: the first. Ratios 4/3 and 1.2/.6 = 2 would take the second.
    assert chosen(MiniPlm(), pool(loss_small=[4.0, 1.2], loss_large=[3.0, 0.6]), 1) == [0]


def test_a_smaller_part_of_miniplm_lies_inside_a_larger_one() -> None:
    rng = np.random.default_rng(1)
    made = pool(loss_small=rng.random(40), loss_large=rng.random(40))
    assert set(chosen(MiniPlm(), made, 10)) < set(chosen(MiniPlm(), made, 20))


def test_salt_takes_the_highest_masked_median() -> None:
    # .3 is the median of (.1, .5, 2, 0) with the fourth token masked: it stands above the trivial .1 and the hopeless 0.
    assert chosen(Salt(), pool(loss_early_learnable=[0.1, 0.3, 0.0, math.nan]), 3) == [1, 0, 2]


def test_rho_loss_takes_what_can_be_reduced() -> None:
    made = pool(loss_learner=[3.0, 3.0, 1.0], loss_reference=[2.9, 1.0, 0.9])
    assert chosen(RhoLoss(), made, 1) == [1]


def test_rho_loss_draws_as_softmax_has_it() -> None:
    # Scores 1 and 0: e / (e + 1) = .731 of the first picks.
    made = pool(loss_learner=[1.0, 0.0], loss_reference=[0.0, 0.0])
    firsts = sum(chosen(RhoLoss(temperature=1.0), made, 1, seed) == [0] for seed in range(600))
    assert chisquare([firsts, 600 - firsts], [600 * 0.7311, 600 * 0.2689]).pvalue > 1e-3
