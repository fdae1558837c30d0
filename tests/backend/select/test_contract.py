"""What every selector promises; members are found by themselves, in their default and their other settings."""

from __future__ import annotations

import dataclasses
import json
import pickle

import numpy as np
import pytest

from winnow.errors import MissingNeed
from winnow.method import methods
from winnow.pool import Budget, Groups, Pool
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
every = pytest.mark.parametrize("method", variants(), ids=repr)
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


@every
def test_nested_budgets_nest(make_pool, method: Selector) -> None:
    if not isinstance(method, (Ranker, Picker, Mixer)):
        pytest.skip("only methods that name documents in one order promise this")
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
