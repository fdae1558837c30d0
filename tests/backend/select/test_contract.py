"""What every selector promises; members are found by themselves, in their default and their other settings."""

from __future__ import annotations

import dataclasses
import json
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from winnow.errors import MissingNeed, SettingError, WinnowError
from winnow.method import methods
from winnow.pool import Budget, Groups, Pool, Stored, Target
from winnow.select.base import Mixer, Picker, Ranker, Selector

KINDS = methods(Selector)


def variants() -> list[Selector]:
    """Return every selector as it comes, and once more for each other choice or switch it has."""
    found = []
    for kind in KINDS.values():
        default = kind(**kind.example)
        found.append(default)
        for setting in kind.settings():
            others = setting.choices or ((not setting.default,) if setting.kind is bool else ())
            changed = [other for other in others if other != setting.default]
            found += [dataclasses.replace(default, **{setting.name: other}) for other in changed]
    return found


every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())


def every_one(promises: Callable[[Selector], bool]) -> pytest.MarkDecorator:
    """Run a test with each selector that makes a promise."""
    return pytest.mark.parametrize("method", [method for method in variants() if promises(method)], ids=repr)


every = every_one(lambda method: True)
BUDGETS = [
    Budget(docs=1),
    Budget(docs=30),
    Budget(docs=10_000),
    Budget(tokens=1),
    Budget(tokens=5000),
    Budget(share=0.2),
]
every_budget = pytest.mark.parametrize("budget", BUDGETS, ids=str)


def ids(pool: Pool, method: Selector, budget: Budget, seed: int = 0) -> list[int]:
    return pool.doc_ids[method.select(pool, budget, seed=seed).rows].tolist()


def arrays(pool: Pool) -> list[np.ndarray]:
    columns = [values.codes if isinstance(values, Groups) else values for values in pool.columns.values()]
    return [pool.doc_ids, pool.tokens, *columns, *pool.vectors.values()]


def test_the_first_selectors_exist() -> None:
    assert {"random", "balanced_random", "rules", "top", "gumbel"} <= set(KINDS)


@every_kind
def test_describes_itself(kind: type[Selector]) -> None:
    documentation = vars(kind)["__doc__"]
    assert not documentation.startswith(kind.__name__ + "("), "a docstring was not written"
    assert kind.summary().endswith(".")
    assert kind.paper is not None or "No paper" in documentation or "arXiv" in documentation
    for setting in kind.settings():
        assert setting.help.endswith("."), f"{setting.name} needs a sentence"


@every_kind
def test_what_reads_vectors_or_texts_says_its_pace(kind: type[Selector]) -> None:
    needs = kind(**kind.example).needs()
    if "text" in needs or any(need.startswith("vectors:") for need in needs):
        assert kind.pace > 0, "measure it with `winnow bench select`"


@every
@every_budget
def test_rows_are_unique_in_range_and_within_the_budget(make_pool, method: Selector, budget: Budget) -> None:
    pool = make_pool(method)
    chosen = method.select(pool, budget)
    assert len(np.unique(chosen.rows)) == len(chosen.rows)
    assert len(chosen.weights) == len(chosen.rows)
    assert (chosen.weights > 0).all()
    assert ((chosen.rows >= 0) & (chosen.rows < len(pool))).all()
    everything = method.select(pool, Budget(docs=len(pool)))
    if budget.docs is not None:
        assert len(chosen) == min(budget.docs, len(everything))
    else:
        tokens, amount = pool.tokens[chosen.rows], budget.amount(pool)
        assert tokens[:-1].sum() < amount, "the document that reaches the budget is the last"
        assert tokens.sum() >= amount or len(chosen) == len(everything)


@every
def test_same_seed_same_answer(make_pool, method: Selector) -> None:
    pool = make_pool(method)
    assert ids(pool, method, Budget(docs=40), seed=7) == ids(pool, method, Budget(docs=40), seed=7)


@every
@every_budget
def test_a_shuffled_pool_gives_the_same_documents(make_pool, method: Selector, budget: Budget) -> None:
    pool = make_pool(method)
    shuffled = pool.take(np.random.default_rng(1).permutation(len(pool)))
    assert ids(pool, method, budget, seed=3) == ids(shuffled, method, budget, seed=3)


@every_one(lambda method: isinstance(method, (Ranker, Picker, Mixer)))
def test_nested_budgets_nest(make_pool, method: Selector) -> None:
    # Only methods that name documents in one order promise this.
    pool = make_pool(method)
    for small, large in [(Budget(docs=10), Budget(docs=90)), (Budget(tokens=900), Budget(tokens=9000))]:
        fewer, more = ids(pool, method, small), ids(pool, method, large)
        assert fewer == more[: len(fewer)]


@every
@pytest.mark.parametrize("n", [0, 1])
def test_tiny_pools(make_pool, method: Selector, n: int) -> None:
    for seed in range(5):
        pool = make_pool(method, n=n, seed=seed)
        for budget in BUDGETS:
            assert len(method.select(pool, budget)) <= n


@every
def test_a_missing_need_is_named_with_its_method_and_command(make_pool, method: Selector) -> None:
    pool = make_pool(method)
    for need in method.needs():
        model = need.partition(":")[2]
        lacking = dataclasses.replace(
            pool,
            columns={name: values for name, values in pool.columns.items() if name != need},
            vectors={name: values for name, values in pool.vectors.items() if name != model},
            target=None if need == "target" else pool.target,
            texts=None if need == "text" else pool.texts,
        )
        with pytest.raises(MissingNeed) as raised:
            method.select(lacking, Budget(docs=1))
        message = str(raised.value)
        assert type(method).name in message
        assert (model or need) in message
        assert "winnow " in raised.value.fix or "--" in raised.value.fix


@every
def test_the_pool_is_not_written_to(make_pool, method: Selector) -> None:
    pool = make_pool(method)
    before = [array.copy() for array in arrays(pool)]
    method.select(pool, Budget(share=0.5))
    for array, copy in zip(arrays(pool), before, strict=True):
        assert not array.flags.writeable
        np.testing.assert_array_equal(array, copy)


@every
def test_recipe_and_pickle_round_trips(method: Selector) -> None:
    recipe = json.loads(json.dumps(method.recipe, allow_nan=False))
    assert type(method).from_recipe(recipe) == method
    assert recipe["method"] == type(method).name
    assert pickle.loads(pickle.dumps(method)) == method


def is_refused(message: WinnowError, *parts: str) -> bool:
    """Whether an error names what it is about and says what to do."""
    return all(part in str(message) for part in parts) and bool(message.fix)


@every_one(lambda method: any(need.startswith("vectors:") for need in method.needs()))
def test_vectors_that_are_not_finite_are_refused_with_their_number(make_pool, method: Selector) -> None:
    pool = make_pool(method, n=40)
    vectors = {name: values.copy() for name, values in pool.vectors.items()}
    for values in vectors.values():
        values[3, 0], values[7, 1] = np.nan, np.inf
    with pytest.raises(SettingError) as raised:
        method.select(dataclasses.replace(pool, vectors=vectors), Budget(docs=5))
    assert is_refused(raised.value, type(method).name, "2 of 40 documents", "not finite")
    assert "winnow embed" in raised.value.fix


@every_one(lambda method: any(need.startswith("vectors:") for need in method.needs()))
def test_vectors_left_where_they_are_stored_choose_the_same(make_pool, method: Selector) -> None:
    pool = make_pool(method)
    backwards = np.arange(len(pool))[::-1]
    stored = {name: Stored(values[::-1].copy(), backwards) for name, values in pool.vectors.items()}
    rows = np.flatnonzero(np.arange(len(pool)) % 3)
    left = dataclasses.replace(pool, vectors=stored).take(rows)
    assert ids(left, method, Budget(docs=40)) == ids(pool.take(rows), method, Budget(docs=40))


@every_one(lambda method: "target" in method.needs())
def test_a_target_without_text_is_refused(make_pool, method: Selector) -> None:
    pool = make_pool(method, n=40)
    for texts in (("", "  "), ()):
        vectors = {name: np.zeros((len(texts), 8), np.float32) for name in pool.target.vectors}
        with pytest.raises(SettingError) as raised:
            method.select(dataclasses.replace(pool, target=Target("aim", texts, vectors)), Budget(docs=5))
        assert is_refused(raised.value, type(method).name, "target")
        assert "--target" in raised.value.fix


@every
def test_a_budget_beyond_the_pool_takes_what_there_is(make_pool, method: Selector) -> None:
    # the documented outcome: no error, and what was spent is counted beside what was asked
    pool = make_pool(method, n=40)
    everything = method.select(pool, Budget(docs=40))
    for budget in (Budget(docs=10**9), Budget(tokens=10**15), Budget(share=1.0)):
        chosen = method.select(pool, budget)
        assert set(everything.rows.tolist()) <= set(chosen.rows.tolist())
        assert chosen.spent(pool)["docs"] == len(chosen) <= 40


@every
def test_columns_without_a_single_value_are_refused_or_leave_nothing_undefined(make_pool, method: Selector) -> None:
    pool = make_pool(method, n=30)
    empty = {
        name: Groups(np.full(30, -1, np.int32), ()) if isinstance(values, Groups) else np.full(30, np.nan)
        for name, values in pool.columns.items()
    }
    chosen, refusal = tried(lambda: method.select(dataclasses.replace(pool, columns=empty), Budget(docs=5)))
    if refusal is not None:
        assert is_refused(refusal, type(method).name)
    else:
        assert len(chosen) <= 5
        assert np.isfinite(chosen.weights).all()


def tried(work: Callable[[], Any]) -> tuple[Any, SettingError | None]:
    """Return what came of work, or how it was refused."""
    try:
        return work(), None
    except SettingError as refusal:
        return None, refusal


def numbers_like(*words: str) -> list[tuple[type[Selector], str]]:
    found = [(kind, one.name) for kind in KINDS.values() for one in kind.settings() if one.kind is float]
    return [(kind, name) for kind, name in found if any(word in name for word in words)]


@pytest.mark.parametrize(("kind", "name"), numbers_like("temperature"), ids=str)
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_a_temperature_that_is_none_is_refused(kind: type[Selector], name: str, value: float) -> None:
    with pytest.raises(SettingError) as raised:
        kind(**{**kind.example, name: value})
    assert is_refused(raised.value, kind.name, name)


@pytest.mark.parametrize(("kind", "name"), numbers_like("temperature", "first", "last"), ids=str)
def test_temperature_zero_is_refused_or_means_the_highest_first(make_pool, kind: type[Selector], name: str) -> None:
    setting = next(setting for setting in kind.settings() if setting.name == name)
    method, refusal = tried(lambda: kind(**{**kind.example, name: 0.0}))
    if refusal is not None:
        assert is_refused(refusal, kind.name, name)
        return
    assert "0" in setting.help, "a setting that takes 0 says what it means"
    pool = make_pool(method, n=60)
    first, second = (ids(pool, method, Budget(docs=20), seed=seed) for seed in (1, 2))
    assert len(first) == len(second) == 20


TABLES = [(kind, s.name) for kind in KINDS.values() for s in kind.settings() if s.kind is dict]


@pytest.mark.parametrize(("kind", "name"), TABLES, ids=str)
@pytest.mark.parametrize(
    "table", [{"books": -1.0, "news": 2.0}, {"books": float("nan")}, {"books": "much"}, {"no such group": 1.0}], ids=str
)
def test_tables_with_impossible_shares_or_unknown_groups_are_refused(
    make_pool, kind: type[Selector], name: str, table: dict
) -> None:
    with pytest.raises(SettingError) as raised:  # noqa: PT012, made or used, whichever can know
        method = kind(**{**kind.example, name: table})
        method.select(aimed(make_pool(method)), Budget(docs=5))
    assert is_refused(raised.value, kind.name)
    assert name in str(raised.value) or next(iter(table)) in str(raised.value)


def aimed(pool: Pool) -> Pool:
    """Return a pool whose target, if it has one, comes in two files."""
    if pool.target is None:
        return pool
    groups = Groups.of(["books", "news"] + ["news"] * (len(pool.target.texts) - 2))
    return dataclasses.replace(pool, target=dataclasses.replace(pool.target, groups=groups))
