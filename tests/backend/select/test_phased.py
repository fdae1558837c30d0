"""Mixtures that change during training: what each phase gets, and what that makes over all."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.errors import SettingError
from winnow.pool import Budget, Groups, Pool
from winnow.select.phased import Cooldown, Phased, UpsampleLate
from winnow.select.sized import Temperature


def sized(sizes: dict[str | None, int], tokens: int = 1) -> Pool:
    names = [name for name, size in sizes.items() for _ in range(size)]
    return Pool(np.arange(len(names)), np.full(len(names), tokens), {"source": Groups.of(names)})


def by_phase(method: Phased, pool: Pool, budget: Budget) -> list[dict[str, float]]:
    """Return what each group spends in each phase."""
    chosen, groups = method.select(pool, budget), pool.group("source")
    times = method.times_by_phase(pool, chosen, budget)
    np.testing.assert_allclose(times.sum(axis=0), chosen.weights)
    assert (times >= 0).all()
    costs = budget.costs(pool)[chosen.rows]
    return [
        dict(zip(groups.names, np.bincount(groups.codes[chosen.rows], costs * phase).tolist(), strict=True))
        for phase in times
    ]


def test_upsampling_late_repeats_as_the_formula_says() -> None:
    # T = 1000, f = .2, base .02, late .10, |D| = 10: 1000 (.2 * .10 + .8 * .02) / 10 = 36 / 10 = 3.6 epochs
    pool, budget = sized({"books": 10, "web": 5000}), Budget(docs=1000)
    method = UpsampleLate(
        base={"books": 0.02, "web": 0.98}, late={"books": 0.10, "web": 0.90}, fraction=0.2, max_epochs=4
    )
    assert method.epochs(pool, budget)["books"] == pytest.approx(3.6)
    # first phase 800 documents: 16 and 784; last phase 200: 20 and 180
    assert by_phase(method, pool, budget) == [{"books": 16, "web": 784}, {"books": 20, "web": 180}]


def test_upsampling_late_starts_from_the_pool_when_no_base_is_given() -> None:
    # 800 : 200, a budget of 100: first 80 documents are 64 and 16, the last 20 are 0 and 20
    pool = sized({"web": 800, "books": 200})
    assert by_phase(UpsampleLate(late={"books": 1}), pool, Budget(docs=100)) == [
        {"web": 64, "books": 16},
        {"web": 0, "books": 20},
    ]


def test_each_phase_sums_to_one_and_no_last_phase_is_the_base() -> None:
    pool, budget = sized({"web": 80, "books": 20}), Budget(docs=50)
    late, base = {"books": 1.0}, {"books": 0.3, "web": 0.7}
    for phase in UpsampleLate(late=late, base=base).phases(pool, budget):
        assert sum(phase.shares.values()) == pytest.approx(1)
    assert UpsampleLate(late=late, base=base, fraction=0).shares(pool, budget) == base
    assert UpsampleLate(late=late, base=base, fraction=1).shares(pool, budget)["web"] == 0


def test_a_group_that_is_full_early_keeps_the_proportion_of_its_phases() -> None:
    # books: .8 * .5 + .2 * 1 = .6 of 100 = 60, two thirds of it early, but it holds 30: 20 early, 10 late
    pool = sized({"web": 800, "books": 30})
    early, late = by_phase(UpsampleLate(base={"books": 0.5, "web": 0.5}, late={"books": 1}), pool, Budget(docs=100))
    assert (early["books"], late["books"], early["web"], late["web"]) == (20, 10, 70, 0)


def test_upsampling_late_names_what_it_lacks() -> None:
    pool = sized({"web": 8, "books": 2})
    with pytest.raises(SettingError, match="needs the mixture of the last phase; the table is empty; --set late="):
        UpsampleLate().select(pool, Budget(docs=1))
    with pytest.raises(SettingError, match="late name groups of 'source'; found 'book'; did you mean 'books'"):
        UpsampleLate(late={"book": 1}).select(pool, Budget(docs=1))
    with pytest.raises(SettingError, match=r"base sum to 1; they sum to 0.7; --set base=web:1"):
        UpsampleLate(late={"books": 1}, base={"web": 0.7})
    with pytest.raises(SettingError, match="fraction is in"):
        UpsampleLate(late={"books": 1}, fraction=1.2)


def test_cooldown_by_hand() -> None:
    # 9000 : 1000, tau 5: .6081 : .3919; tau 1: .9 : .1. Of 2000: 608 + 392 in the first half, 900 + 100 in the second
    pool = sized({"a": 9000, "b": 1000})
    assert by_phase(Cooldown(), pool, Budget(docs=2000)) == [{"a": 608, "b": 392}, {"a": 900, "b": 100}]
    assert Cooldown().shares(pool) == pytest.approx({"a": (0.6081 + 0.9) / 2, "b": (0.3919 + 0.1) / 2}, abs=5e-5)


def test_cooldown_on_the_sizes_of_the_paper() -> None:
    # mC4: en 2733, it 162, zh 39, sw 1: tau 5 gives .4543 .2582 .1942 .0933, tau 1 .9312 .0552 .0133 .0003
    pool = sized({"en": 2733, "it": 162, "zh": 39, "sw": 1})
    first, last = Cooldown().phases(pool, Budget(docs=10))
    names = ("en", "it", "zh", "sw")
    assert [first.shares[name] for name in names] == pytest.approx([0.4543, 0.2582, 0.1942, 0.0933], abs=5e-5)
    assert [last.shares[name] for name in names] == pytest.approx([0.9312, 0.0552, 0.0133, 0.0003], abs=5e-5)
    assert (first.end, last.start) == (0.5, 0.5)


def test_the_temperature_falls_although_a_heading_of_the_paper_says_it_rises() -> None:
    pool = sized({"a": 900, "b": 100})
    first, last = Cooldown().phases(pool, Budget(docs=10))
    assert first.shares["b"] > last.shares["b"] == pytest.approx(0.1)


def test_cooldown_at_either_end_is_one_temperature() -> None:
    pool, budget = sized({"a": 90, "b": 10}), Budget(docs=30)
    for switch, temperature in [(1.0, 5.0), (0.0, 1.0)]:
        expected = Temperature(temperature=temperature).shares(pool, budget)
        assert Cooldown(switch=switch).shares(pool, budget) == pytest.approx(expected)


def test_cooldown_refuses_a_temperature_of_zero() -> None:
    with pytest.raises(SettingError, match=r"cooldown: first is at least 0.01; found 0; default: 5"):
        Cooldown(first=0)


def test_phases_divide_repeats_in_tokens_and_without_a_group() -> None:
    pool = sized({"a": 3, None: 4}, tokens=10)
    method = UpsampleLate(base={"a": 0.5, "(none)": 0.5}, late={"a": 1}, fraction=0.5, max_epochs=9)
    # 80 tokens: a .5 * .5 + .5 * 1 = .75 = 60 = 6 copies, 2 early and 4 late; (none) 20 = 2 copies, both early
    budget = Budget(tokens=80)
    chosen = method.select(pool, budget)
    times = method.times_by_phase(pool, chosen, budget)
    in_a = chosen.rows < 3
    assert [times[:, in_a].sum(axis=1).tolist(), times[:, ~in_a].sum(axis=1).tolist()] == [[2, 4], [2, 0]]
    assert chosen.weights[in_a].tolist() == [2, 2, 2]
    # a document is seen early once at most here, and none is seen late that could have been seen early instead
    assert sorted(times[0, in_a].tolist()) == [0, 1, 1]
