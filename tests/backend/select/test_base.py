"""The templates: how scores, orders and shares become a selection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from winnow.pool import Budget, Floats, Groups, Pool, Rows
from winnow.select.base import IN_TOKENS, Draw, Mixer, Picker, Ranker, ordered, spread

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass(frozen=True, kw_only=True)
class Given(Ranker):
    name: ClassVar[str] = "given"

    def rank(self, pool: Pool, draw: Draw) -> Floats:
        return pool.number("score")


@dataclass(frozen=True, kw_only=True)
class Reversed(Picker):
    name: ClassVar[str] = "reversed"

    def pick(self, pool: Pool, draw: Draw) -> Rows:
        return np.arange(len(pool))[::-1]


@dataclass(frozen=True, kw_only=True)
class Shares(Mixer):
    name: ClassVar[str] = "shares"
    table: ClassVar[Mapping[str, float]] = {}

    def shares(self, pool: Pool, budget: Budget = IN_TOKENS) -> Mapping[str, float]:
        return self.table


def mixer(**shares: float) -> Shares:
    return type("Some", (Shares,), {"table": shares})()


def ranked(scores: list[float], tokens: list[int]) -> Pool:
    return Pool(np.arange(len(scores)), np.array(tokens), {"score": np.array(scores)})


def sourced(sources: list[str | None], tokens: list[int] | None = None) -> Pool:
    n = len(sources)
    return Pool(np.arange(n), np.array(tokens or [1] * n), {"source": Groups.of(sources)})


def chosen(method: Ranker | Picker | Mixer, pool: Pool, budget: Budget, seed: int = 0) -> list[int]:
    return method.select(pool, budget, seed=seed).rows.tolist()


def test_ranker_includes_the_document_that_reaches_the_budget() -> None:
    # highest first: 100 tokens, then 100 + 200 = 300 >= 250: stop there
    assert chosen(Given(), ranked([3, 2, 1], [100, 200, 300]), Budget(tokens=250)) == [0, 1]


def test_ranker_stops_where_the_budget_is_met_exactly() -> None:
    assert chosen(Given(), ranked([3, 2, 1], [100, 200, 300]), Budget(tokens=300)) == [0, 1]
    assert chosen(Given(), ranked([3, 2, 1], [100, 200, 300]), Budget(tokens=301)) == [0, 1, 2]


def test_ranker_never_takes_minus_infinity_or_a_missing_score() -> None:
    assert chosen(Given(), ranked([-np.inf, 1, np.nan, np.inf, -5], [1] * 5), Budget(docs=5)) == [3, 1, 4]


def test_ranker_breaks_ties_by_document_and_seed_not_by_place() -> None:
    pool = ranked([1.0] * 50, [1] * 50)
    first, second = chosen(Given(), pool, Budget(docs=10), seed=0), chosen(Given(), pool, Budget(docs=10), seed=1)
    assert first != second
    assert first != list(range(10))


def test_picker_takes_its_own_order() -> None:
    pool = Pool(np.arange(4), np.array([10, 20, 30, 40]))
    assert chosen(Reversed(), pool, Budget(tokens=41)) == [3, 2]  # 40 < 41 <= 40 + 30


def test_mixer_divides_documents_by_share() -> None:
    pool = sourced(["a"] * 100 + ["b"] * 100 + ["c"] * 100)
    rows = np.array(chosen(mixer(a=0.6, b=0.3, c=0.1), pool, Budget(docs=10)))
    # Sainte-Lague: levels (k - 1/2) / share; a .83 2.5 4.2 5.8 7.5 9.2, b 1.7 5 8.3, c 5: the ten lowest
    assert np.bincount(rows // 100).tolist() == [6, 3, 1]


def test_mixer_with_shares_of_tokens_is_stratified() -> None:
    # sources hold 600 and 400 of 1000 tokens; of 100 tokens 60 and 40 are theirs, one token a document
    pool = sourced(["a"] * 600 + ["b"] * 400)
    rows = np.array(chosen(mixer(a=600, b=400), pool, Budget(tokens=100)))
    assert ((rows < 600).sum(), (rows >= 600).sum()) == (60, 40)


def test_mixer_gives_what_a_small_group_cannot_take_to_the_others() -> None:
    pool = sourced(["a"] + ["b"] * 10 + ["c"] * 10)
    rows = np.array(chosen(mixer(a=1, b=1, c=1), pool, Budget(docs=9)))
    assert ((rows < 1).sum(), ((rows >= 1) & (rows < 11)).sum(), (rows >= 11).sum()) == (1, 4, 4)


def test_mixer_leaves_out_groups_without_a_share_and_takes_missing_names_by_theirs() -> None:
    pool = sourced(["a", "b", None, "a", None])
    assert sorted(chosen(mixer(a=1), pool, Budget(docs=5))) == [0, 3]
    assert sorted(chosen(mixer(**{"(none)": 1}), pool, Budget(docs=5))) == [2, 4]
    assert chosen(mixer(), pool, Budget(docs=5)) == []


def test_mixer_plan_says_what_each_group_is_to_get() -> None:
    pool = sourced(["a", "b", "b", "b", None], tokens=[10, 100, 100, 100, 100])
    # 70 tokens by 1 : 1 : 0, but a holds 10 only, so b gets the other 60
    assert mixer(a=1, b=1).plan(pool, Budget(tokens=70)) == {"a": 10.0, "b": 60.0, "(none)": 0.0}


@unhurried
@given(
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=6),
    shares=st.lists(st.integers(1, 9), min_size=6, max_size=6),
    part=st.floats(0.01, 1.0),
)
def test_mixer_meets_its_plan_within_one_document_a_group(sizes: list[int], shares: list[int], part: float) -> None:
    names = "abcdef"[: len(sizes)]
    pool = sourced([name for name, size in zip(names, sizes, strict=True) for _ in range(size)])
    method = mixer(**dict(zip(names, shares, strict=False)))
    budget = Budget(docs=max(1, int(part * len(pool))))
    rows = method.select(pool, budget).rows
    assert len(rows) == budget.docs
    plan, start = method.plan(pool, budget), 0
    for name, size in zip(names, sizes, strict=True):
        taken = int(((rows >= start) & (rows < start + size)).sum())
        # no quota rule holds for divisor methods, but each extra document costs another group half of one
        assert abs(taken - plan[name]) <= 1 + 0.5 * len(sizes)
        start += size


@unhurried
@given(
    st.lists(
        st.tuples(st.sampled_from([-1.0, 0.0, 0.5, np.inf]), st.integers(0, 2**64 - 1)), unique_by=lambda pair: pair[1]
    )
)
def test_ordered_is_the_sort_by_both_keys(pairs: list[tuple[float, int]]) -> None:
    keys = np.array([key for key, _ in pairs], dtype=float)
    ties = np.array([tie for _, tie in pairs], dtype=np.uint64)
    assert ordered(keys, ties).tolist() == np.lexsort((ties, keys)).tolist()


def test_spread_by_hand() -> None:
    # 12 by 1 : 2 : 3 is 2, 4, 6; the last holds 3, so its other 3 go 1 : 2 to the first two: 3, 6, 3
    assert spread(12.0, np.array([1.0, 2.0, 3.0]), np.array([100.0, 100.0, 3.0])).tolist() == pytest.approx([3, 6, 3])


@unhurried
@given(
    amount=st.floats(0, 1e12),
    groups=st.lists(st.tuples(st.floats(0, 1e3), st.floats(0, 1e12)), min_size=1, max_size=20),
)
def test_spread_gives_all_there_is_room_for(amount: float, groups: list[tuple[float, float]]) -> None:
    wanted, sizes = np.array(groups).T
    given_out = spread(amount, wanted, sizes)
    room = sizes[wanted > 0].sum()
    assert given_out.sum() == pytest.approx(min(amount, room), rel=1e-6, abs=1e-6)
    assert (given_out <= sizes * (1 + 1e-9)).all()
    assert (given_out[wanted == 0] == 0).all()


def repeated(method: Mixer, pool: Pool, budget: Budget, seed: int = 0) -> list[int]:
    """Return how often each row of the pool is seen."""
    selection = method.select(pool, budget, seed=seed)
    return np.bincount(selection.rows, weights=selection.weights, minlength=len(pool)).astype(int).tolist()


def epochs_of(most: int, **shares: float) -> Shares:
    return type("Some", (Shares,), {"table": shares})(max_epochs=most)


def test_mixer_repeats_a_small_group_up_to_the_limit_and_counts_every_copy() -> None:
    pool = sourced(["a"] * 2 + ["b"] * 10)
    # 10 documents, half for a: its two documents stand at .5 1.5, again at 2.5 3.5, again at 4.5 5.5; b at .5, 1.5 ...
    # the ten lowest levels are five of each: a is seen 3 + 2 times, five of b once
    times = repeated(epochs_of(3, a=1, b=1), pool, Budget(docs=10))
    assert sorted(times[:2]) == [2, 3]
    assert sorted(times[2:]) == [0] * 5 + [1] * 5
    # two epochs hold only 4 of a, so b gets 6; one epoch is what it was before: 2 and 8
    assert [sum(repeated(epochs_of(2, a=1, b=1), pool, Budget(docs=10))[:2])] == [4]
    assert [sum(repeated(epochs_of(1, a=1, b=1), pool, Budget(docs=10))[:2])] == [2]


def test_mixer_repeats_within_the_budget_in_tokens() -> None:
    pool = sourced(["a", "b", "b", "b"], tokens=[10, 30, 30, 30])
    # 60 tokens, half each: a (10 tokens) at 5 15 25 ..., b at 15 45 75: levels up to 25 cost 10 + 10 + 30 + 10 = 60
    assert sorted(repeated(epochs_of(9, a=1, b=1), pool, Budget(tokens=60))) == [0, 0, 1, 3]


def test_mixer_stops_when_every_epoch_is_used_up() -> None:
    assert repeated(epochs_of(2, a=1, b=1), sourced(["a", "b", None]), Budget(docs=99)) == [2, 2, 0]


def test_mixer_never_repeats_a_document_that_costs_nothing() -> None:
    pool = sourced(["a", "b"], tokens=[0, 5])
    assert repeated(epochs_of(4, a=1, b=1), Pool(pool.doc_ids, np.array([0, 5]), pool.columns), Budget(tokens=10)) == [
        1,
        2,
    ]


def test_mixer_plans_and_counts_epochs() -> None:
    pool, method = sourced(["a"] * 2 + ["b"] * 10), epochs_of(4, a=1, b=1)
    assert method.plan(pool, Budget(docs=10)) == {"a": 5.0, "b": 5.0}
    assert method.epochs(pool, Budget(docs=10)) == {"a": 2.5, "b": 0.5}
    assert method.plan(pool, Budget(docs=99)) == {"a": 8.0, "b": 40.0}


@unhurried
@given(
    groups=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 50)), min_size=1, max_size=30),
    shares=st.tuples(*[st.sampled_from([0.0, 0.1, 1 / 3, 2.0])] * 3),
    most=st.integers(2, 5),
    amount=st.integers(1, 4000),
    at_once=st.sampled_from([0, 3, 1000]),
)
def test_mixer_takes_the_lowest_copies(groups, shares, most: int, amount: int, at_once: int) -> None:
    names, tokens = zip(*groups, strict=True)
    pool = Pool(np.arange(len(names)), np.array(tokens), {"source": Groups.of(names)})
    method, budget = epochs_of(most, **dict(zip("abc", shares, strict=True))), Budget(tokens=amount)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("winnow.select.base.SORTED_AT_ONCE", at_once)
        times = repeated(method, pool, budget)
        fewer = repeated(method, pool, Budget(tokens=max(1, amount // 2)))
    assert (np.array(fewer) <= times).all(), "a smaller budget takes a part"
    noise, levels = pool.hashes(0, "mix"), []
    for name, share in zip("abc", shares, strict=True):
        rows = sorted((row for row in range(len(names)) if names[row] == name), key=lambda row: noise[row])
        whole, before = sum(tokens[row] for row in rows), 0
        for row in rows if share else []:
            for copy in range(most if whole else 1):
                level = (before + tokens[row] / 2) / share + copy * (whole / share)
                levels.append((level, noise[row], row))
            before += tokens[row]
    wanted, spent = [0] * len(names), 0
    for _, _, row in sorted(levels):
        if spent >= amount:
            break
        wanted[row] += 1
        spent += tokens[row]
    assert times == wanted
