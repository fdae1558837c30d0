"""The bivariate law: coefficients found again, the best mixture by hand, and runs that cannot be fitted."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from winnow.errors import SettingError
from winnow.pool import Budget, Groups, Pool
from winnow.select.bimix import BiMixLaw, GroupLaw, best_shares

HEADING = "group,share,tokens,loss\n"
SHARES, TOKENS = (0.1, 0.25, 0.5, 0.75), (1e9, 3e9, 1e10)


def runs(group: str, alpha: float, beta: float, b: float, c: float, noise: float = 0.0) -> str:
    """Return the runs of a law; b is the part of the loss at share 1 that 1e9 tokens leave over c."""
    chance = np.random.default_rng(1)
    return (
        "".join(
            f"{group},{r},{s},{(b * (s / 1e9) ** -beta + c) * r**-alpha * np.exp(noise * chance.normal())!r}\n"
            for r, s in itertools.product(SHARES, TOKENS)
        )
        .replace("np.float64(", "")
        .replace(")", "")
    )


def at_once(group: str, alpha: float, level: float) -> str:
    return "".join(f"{group},{r},1e9,{level * r**-alpha!r}\n" for r in SHARES)


def pool() -> Pool:
    return Pool(np.arange(200), np.ones(200), {"source": Groups.of(["a"] * 100 + ["b"] * 100)})


def test_the_law_finds_known_coefficients_again() -> None:
    laws = BiMixLaw(runs=HEADING + runs("a", 0.07, 0.3, 2.0, 1.5) + runs("b", 0.2, 0.8, 1.0, 2.5)).laws()
    # written for the longest run, 1e10 tokens: b there is 2 · 10^-.3 = 1.002374, and 1 · 10^-.8 = .158489
    for name, wanted in {"a": (0.07, 0.3, 2 * 10**-0.3, 1.5), "b": (0.2, 0.8, 10**-0.8, 2.5)}.items():
        found = laws[name]
        assert (found.alpha, found.beta, found.b, found.c) == pytest.approx(wanted, rel=1e-6)


def test_the_best_mixture_by_hand() -> None:
    # minimise 1/r + 4/(1 - r): 1/r² = 4/(1 - r)², so 1 - r = 2 r: 1/3 and 2/3
    method = BiMixLaw(runs=HEADING + at_once("a", 1, 1) + at_once("b", 1, 4))
    assert method.shares(pool()) == pytest.approx({"a": 1 / 3, "b": 2 / 3})
    chosen = method.select(pool(), Budget(docs=60))
    assert [(chosen.rows < 100).sum(), (chosen.rows >= 100).sum()] == [20, 40]


def test_the_best_mixture_has_the_least_loss_of_a_fine_grid() -> None:
    laws = {"a": GroupLaw(0.3, 0.5, 1.0, 2.0, 1e9), "b": GroupLaw(0.05, 0.2, 2.0, 1.0, 1e9)}
    grid = np.linspace(0.0005, 0.9995, 1999)
    total = laws["a"].loss(grid, np.full(1999, 4e9)) + laws["b"].loss(1 - grid, np.full(1999, 4e9))
    assert best_shares(laws, 4e9)["a"] == pytest.approx(grid[total.argmin()], abs=0.0005)


def test_no_share_is_nothing_even_beside_a_loss_a_million_times_as_large() -> None:
    laws = {"a": GroupLaw(0.1, 0, 0, 1e-6, 1), "b": GroupLaw(0.1, 0, 0, 1, 1), "c": GroupLaw(2.0, 0, 0, 1, 1)}
    shares = best_shares(laws, 1)
    assert min(shares.values()) > 0
    assert sum(shares.values()) == pytest.approx(1)
    assert best_shares({"only": GroupLaw(0.1, 0, 0, 1, 1)}, 1) == {"only": 1.0}


def test_the_scale_of_a_loss_has_one_coefficient_only() -> None:
    # A, B and C of the law cannot all be told apart: A = 2, B = 1, C = .5 is A = 1, B = 2, C = 1, and so it is found
    law = BiMixLaw(runs=HEADING + runs("a", 0.1, 0.5, 2 * 1.0, 2 * 0.5)).laws()["a"]
    assert (law.b * 10**0.5, law.c) == pytest.approx((2.0, 1.0), rel=1e-5)


def test_the_mixture_is_for_the_tokens_asked() -> None:
    # b falls fast with tokens and is nearly done at 1e15; a is not
    text = HEADING + runs("a", 0.2, 0.01, 1.0, 1.0) + runs("b", 0.2, 0.9, 5.0, 0.5)
    short, long = BiMixLaw(runs=text, tokens=1e9).shares(pool()), BiMixLaw(runs=text, tokens=1e15).shares(pool())
    assert long["b"] < short["b"]
    # at 1e15: K_a = 10^-.06 + 1 = 1.870964, K_b = .5 (to 1e-5): equal alpha, so r is as K^(1/1.2)
    weights = np.array([1.870964, 0.5]) ** (1 / 1.2)
    assert long["a"] == pytest.approx(weights[0] / weights.sum(), abs=1e-4)


def test_an_estimate_is_exact_without_noise_and_wider_with_more() -> None:
    errors = []
    for noise in (0.0, 0.002, 0.02):
        text = HEADING + runs("a", 0.1, 0.3, 2.0, 1.5, noise) + runs("b", 0.2, 0.5, 1.0, 2.5, noise)
        found = BiMixLaw(runs=text).estimates()
        truth = best_shares({"a": GroupLaw(0.1, 0.3, 2, 1.5, 1e9), "b": GroupLaw(0.2, 0.5, 1, 2.5, 1e9)}, 1e10)
        assert abs(found["a"].value - truth["a"]) <= 4 * found["a"].error + 1e-6
        errors.append(found["a"].error)
    assert errors[0] < 1e-6 < errors[1] < errors[2]


def test_an_estimate_warns_outside_its_runs() -> None:
    text = HEADING + at_once("a", 1, 1) + at_once("b", 1, 400)
    found = BiMixLaw(runs=text, tokens=1e12).estimates()
    # r is as sqrt(K): 1/21 and 20/21, and the runs went from .1 to .75
    assert found["a"].value == pytest.approx(1 / 21)
    assert "outside the runs' 0.1 to 0.75" in found["a"].warnings[0]
    assert "more than the longest run" in found["b"].warnings[1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "needs the results of small runs; the table is empty; runs begin with group,share,tokens,loss"),
        ("group,share,loss\na,.5,3", "runs need column 'tokens'"),
        ("group,share,tokens,los\na,.5,1,3", "found 'los'; did you mean 'loss'"),
        (HEADING + "a,0.5,1e9", "every run has 4 values; line 2 has 3"),
        (HEADING + "a,0.5,1e9,low", "loss is a number; line 2 has 'low'"),
        (HEADING + "a,25,1e9,3", "a share is above 0, at most 1; found 25; write shares as 0.25"),
        (HEADING + "a,0,1e9,3", "a share is above 0, at most 1; found 0"),
        (HEADING + "a,0.5,1e9,-3", "loss are above 0; found -3"),
        (HEADING + "a,0.5,1e9,3;a,0.5,1e9,3;a,.5,1e9,3", "different shares; 'a' has 3 with 1 different"),
        (HEADING + "a,.2,1e9,3\na,.5,1e9,3.5\na,.8,1e9,4", "losses that fall as a share grows; those of 'a' do not"),
    ],
)
def test_runs_that_cannot_be_used_are_refused(text: str, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        BiMixLaw(runs=text).estimates()
    with pytest.raises(SettingError, match=message):
        BiMixLaw(runs=text).select(pool(), Budget(docs=1))


def test_runs_of_an_unknown_group_are_refused() -> None:
    with pytest.raises(SettingError, match="runs name groups of 'source'; found 'c'"):
        BiMixLaw(runs=HEADING + at_once("c", 1, 1)).select(pool(), Budget(docs=1))
