"""Mixtures by size: in proportion, by temperature, uniform with a cap."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.errors import SettingError
from winnow.pool import Budget, Groups, Pool
from winnow.select.random import BalancedRandom
from winnow.select.sized import Proportional, Temperature, UniMax, tempered


def sized(sizes: dict[str, int], cost: int = 1) -> Pool:
    """Return a pool with so many documents of each group, each of `cost` tokens."""
    names = [name for name, size in sizes.items() for _ in range(size)]
    return Pool(np.arange(len(names)), np.full(len(names), cost), {"source": Groups.of(names)})


def amounts(method, pool: Pool, budget: Budget) -> dict[str, float]:
    """Return what each group spends, repeats counted."""
    selection, groups = method.select(pool, budget), pool.group("source")
    spent = selection.weights * budget.costs(pool)[selection.rows]
    return dict(zip(groups.names, np.bincount(groups.codes[selection.rows], spent).tolist(), strict=True))


def test_proportional_keeps_the_shares_of_the_pool() -> None:
    # 700 + 200 + 100 = 1000; a tenth of each
    pool = sized({"a": 700, "b": 200, "c": 100})
    assert amounts(Proportional(), pool, Budget(docs=100)) == {"a": 70, "b": 20, "c": 10}


def test_proportional_counts_in_the_unit_of_the_budget() -> None:
    # a: 90 documents of 1 token, b: 10 of 9 tokens: 9 to 1 in documents, 1 to 1 in tokens
    tokens = np.array([1] * 90 + [9] * 10)
    pool = Pool(np.arange(100), tokens, {"source": Groups.of(["a"] * 90 + ["b"] * 10)})
    assert Proportional().shares(pool, Budget(docs=1)) == {"a": 0.9, "b": 0.1}
    assert Proportional().shares(pool, Budget(share=0.1)) == {"a": 0.5, "b": 0.5}
    assert amounts(Proportional(), pool, Budget(docs=10)) == {"a": 9, "b": 1}


def test_proportional_takes_the_whole_pool_for_a_larger_budget() -> None:
    assert amounts(Proportional(), sized({"a": 3, "b": 2}), Budget(docs=50)) == {"a": 3, "b": 2}


def test_temperature_by_hand() -> None:
    # sqrt(900) : sqrt(100) = 30 : 10 = .75 : .25
    pool = sized({"a": 900, "b": 100})
    assert amounts(Temperature(temperature=2), pool, Budget(docs=100)) == {"a": 75, "b": 25}
    # tau = 5: 900^.2 = 3.8981, 100^.2 = 2.5119: .6081 : .3919
    assert Temperature().shares(pool) == pytest.approx({"a": 0.6081, "b": 0.3919}, abs=5e-5)


def test_temperature_has_its_exact_limits() -> None:
    sizes = {"en": 2733.0, "it": 162.0, "zh": 39.0, "sw": 1.0}
    assert tempered(sizes, 1) == pytest.approx({"en": 0.9312, "it": 0.0552, "zh": 0.0133, "sw": 0.0003}, abs=5e-5)
    assert tempered(sizes, 5) == pytest.approx({"en": 0.4543, "it": 0.2582, "zh": 0.1942, "sw": 0.0933}, abs=5e-5)
    assert tempered(sizes, 1e9) == pytest.approx(dict.fromkeys(sizes, 0.25))
    assert tempered(sizes, 0.01) == pytest.approx({"en": 1, "it": 0, "zh": 0, "sw": 0})
    assert tempered({"a": 3.0, "empty": 0.0}, 1e9) == {"a": 1, "empty": 0}


def test_temperature_one_is_proportional() -> None:
    pool = sized({"a": 700, "b": 300})
    for budget in (Budget(docs=50), Budget(share=0.3)):
        chosen = Temperature(temperature=1).select(pool, budget, seed=4)
        assert chosen.rows.tolist() == Proportional().select(pool, budget, seed=4).rows.tolist()


def test_upweighting_weighs_what_it_does_not_draw() -> None:
    # tau = 2, 900 : 100: weights .75 / .9 = .8333 and .25 / .1 = 2.5; variance proxy .75^2 / .9 + .25^2 / .1 = 1.25
    pool, budget = sized({"a": 900, "b": 100}), Budget(docs=100)
    method = Temperature(temperature=2, upweight=True)
    assert method.loss_weights(pool, budget) == pytest.approx({"a": 0.8333, "b": 2.5}, abs=5e-5)
    assert method.variance_proxy(pool, budget) == pytest.approx(1.25)
    assert Temperature(temperature=5).variance_proxy(pool, budget) == pytest.approx(1.9466, abs=5e-5)
    chosen = method.select(pool, budget)
    assert len(chosen) == 100
    # 90 documents of a and 10 of b are drawn, and weigh 75 and 25 together: what upsampling draws
    assert amounts(method, pool, budget) == pytest.approx({"a": 75, "b": 25})


@pytest.mark.parametrize("budget", [Budget(docs=5), Budget(docs=7), Budget(tokens=33), Budget(share=0.5)], ids=str)
def test_upweighting_spends_what_is_drawn(budget: Budget) -> None:
    # 9 : 1 and 5 documents: 4.5 and .5 cannot be drawn; whatever is, its weights times its cost sum to its cost
    pool = sized({"a": 9, "b": 1, "c": 4}, cost=7)
    for seed in range(5):
        chosen = Temperature(temperature=3, upweight=True).select(pool, budget, seed=seed)
        costs = budget.costs(pool)[chosen.rows]
        assert chosen.weights @ costs == pytest.approx(costs.sum())
    # of one group alone nothing is left to weigh
    alone = Temperature(temperature=3, upweight=True).select(sized({"a": 9, "b": 1}), Budget(docs=1)).weights
    assert alone.tolist() == pytest.approx([1])


def test_upweighting_at_temperature_one_changes_nothing() -> None:
    pool = sized({"a": 90, "b": 10})
    assert (Temperature(temperature=1, upweight=True).select(pool, Budget(docs=20)).weights == 1).all()
    assert Temperature(temperature=1).variance_proxy(pool, Budget(docs=20)) == pytest.approx(1)


def test_a_large_temperature_shows_how_often_a_small_group_is_seen() -> None:
    # 100 documents, nearly half for b, which has 10: 4 epochs hold 40, so a gets the other 60
    pool, method = sized({"a": 900, "b": 10}), Temperature(temperature=1e6, max_epochs=4)
    assert amounts(method, pool, Budget(docs=100)) == {"a": 60, "b": 40}
    assert method.epochs(pool, Budget(docs=100)) == pytest.approx({"a": 60 / 900, "b": 4})


@pytest.mark.parametrize("bad", [0, -1, float("nan")])
def test_a_temperature_of_zero_or_less_is_refused(bad: float) -> None:
    with pytest.raises(SettingError, match=r"temperature is a.*; found.*; default: 5"):
        Temperature(temperature=bad)


def test_unimax_by_hand() -> None:
    # 300 among 10, 100 and 1000: 300/3 = 100 but a holds 10; 290/2 = 145 but b holds 100; c gets 190
    pool = sized({"a": 10, "b": 100, "c": 1000})
    assert amounts(UniMax(), pool, Budget(docs=300)) == {"a": 10, "b": 100, "c": 190}
    # four epochs: a holds 40; 260/2 = 130 for b and for c
    assert amounts(UniMax(max_epochs=4), pool, Budget(docs=300)) == {"a": 40, "b": 130, "c": 130}
    assert UniMax(max_epochs=4).epochs(pool, Budget(docs=300)) == pytest.approx({"a": 4, "b": 1.3, "c": 0.13})


def test_unimax_as_its_authors_reckon_it_for_any_sizes() -> None:
    chance = np.random.default_rng(3)
    for _ in range(50):
        sizes = {name: int(size) for name, size in zip("abcdef", chance.integers(1, 400, 6), strict=True)}
        budget, most = int(chance.integers(6, 3000)), int(chance.integers(1, 6))
        left, expected = float(budget), {}
        for place, (name, size) in enumerate(sorted(sizes.items(), key=lambda item: item[1])):
            expected[name] = min(most * size, left / (6 - place))
            left -= expected[name]
        plan = UniMax(max_epochs=most).plan(sized(sizes), Budget(docs=budget))
        assert plan == pytest.approx(expected)


def test_unimax_with_one_epoch_is_the_balanced_draw() -> None:
    pool = sized({"a": 10, "b": 100})
    chosen = UniMax().select(pool, Budget(docs=50), seed=2)
    assert chosen.rows.tolist() == BalancedRandom().select(pool, Budget(docs=50), seed=2).rows.tolist()
