"""Concept coverage: gains by hand, the turn to rare concepts, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from winnow.errors import SettingError
from winnow.pool import Budget, Pool, Target
from winnow.select.concept_coverage import ConceptCoverage


def pool_of(texts: list[str], target: tuple[str, ...] = (), tokens: list[int] | None = None) -> Pool:
    def read(ids: np.ndarray) -> pa.Array:
        return pa.array([texts[i] for i in ids], pa.large_string())

    aim = Target("aim", target) if target else None
    return Pool(np.arange(len(texts)), np.array(tokens or [1] * len(texts)), target=aim, texts=read)


def rows(method: ConceptCoverage, pool: Pool, budget: Budget) -> list[int]:
    return method.select(pool, budget).rows.tolist()


CATS = ConceptCoverage(concepts="cat\nowl\nyak")


def test_rare_concepts_get_their_turn() -> None:
    # weights 1/3. First both, "cat owl": 2/3 log10 2 = .2007, before any with one (.1003). Then n = (1, 1, 0): yak gains
    # 1/3 log10 2 = .1003, a cat 1/3 log10(3/2) = .0587. Then a cat or an owl: the one cat left
    pool = pool_of(["a cat", "cat and owl", "yak"])
    assert rows(CATS, pool, Budget(docs=3)) == [1, 2, 0]


def test_ten_times_the_documents_are_one_step() -> None:
    # log-linear: log10(1 + n) rises by as much from 9 to 99 as from 99 to 999, so that a cat beside 99 cats gains a tenth
    # of what it gains beside 9
    gains = [math.log10((n + 2) / (n + 1)) for n in (9, 99)]
    assert sum(math.log10((n + 2) / (n + 1)) for n in range(9, 99)) == pytest.approx(1)
    assert gains[0] / gains[1] == pytest.approx(9.6, abs=0.1)


def test_gain_counts_for_each_unit_of_the_budget() -> None:
    # both gain 1/3 log10 2 with one concept; for 10 tokens that is twice as much as for 20; by documents they are equal
    pool = pool_of(["cat " * 20, "owl " * 10], tokens=[20, 10])
    assert rows(CATS, pool, Budget(tokens=30)) == [1, 0]
    # a text of both concepts at 25 tokens gains .2007 / 25 = .0080 a token, less than the owl's .1003 / 10 = .0100
    pool = pool_of(["cat " * 20, "owl " * 10, "cat owl " * 12], tokens=[20, 10, 25])
    assert rows(CATS, pool, Budget(tokens=55))[0] == 1
    assert rows(CATS, pool, Budget(docs=3))[0] == 2


def test_concepts_weigh_what_the_benchmark_asks_of_them() -> None:
    # cat in 3 of the texts, owl in 2: weights .6 and .4; the same for all: alphabet plays no part, chance does
    target = ("where is the cat", "cat or owl?", "the owl and the cat")
    pool = pool_of(["owl", "cat", "no concept at all"], target)
    assert rows(ConceptCoverage(), pool, Budget(docs=3)) == [1, 0]
    firsts = {ConceptCoverage(weight="equal").select(pool, Budget(docs=1), seed=seed).rows[0] for seed in range(20)}
    assert firsts == {0, 1}


def test_frequencies_are_counts_of_documents() -> None:
    pool = pool_of(["cat cat", "cats", "an owl", "concatenate"])
    assert CATS.frequencies(pool) == {"cat": 2, "owl": 1, "yak": 0}


def test_documents_that_are_target_texts_and_documents_without_concepts_are_never_chosen() -> None:
    target = ("where is the cat", "the cat is here")
    pool = pool_of(["where is the cat", "a cat", "nothing"], target)
    assert rows(ConceptCoverage(), pool, Budget(docs=3)) == [1]


def test_steps_do_not_depend_on_the_budget() -> None:
    chance = np.random.default_rng(0)
    names = ["cat", "owl", "yak", "emu", "elk"]
    texts = [" ".join(chance.choice(names, size=chance.integers(1, 4))) for _ in range(300)]
    pool = pool_of(texts, tokens=chance.integers(1, 30, 300).tolist())
    method = ConceptCoverage(concepts="\n".join(names))
    whole = rows(method, pool, Budget(docs=300))
    assert sorted(whole) == list(range(300))
    for docs in (1, 17, 40, 123):
        assert rows(method, pool, Budget(docs=docs)) == whole[:docs]


def test_the_choice_is_near_plain_greedy_choice() -> None:
    chance = np.random.default_rng(1)
    names = [f"word{chr(97 + k)}" for k in range(12)]
    held = chance.random((200, 12)) < np.linspace(0.5, 0.02, 12)
    held[~held.any(axis=1), 0] = True
    pool = pool_of([" ".join(n for n, h in zip(names, row, strict=True) if h) for row in held])

    def value(chosen: list[int]) -> float:
        return float(np.log10(1 + held[chosen].sum(axis=0)).mean())

    greedy: list[int] = []
    while len(greedy) < 60:
        greedy.append(max((i for i in range(200) if i not in greedy), key=lambda i: value([*greedy, i])))
    chosen = rows(ConceptCoverage(concepts="\n".join(names)), pool, Budget(docs=60))
    assert value(chosen[:16]) == pytest.approx(value(greedy[:16]))
    assert value(chosen) >= 0.995 * value(greedy)
    assert value(chosen) > value(list(range(60)))


def test_a_target_without_concepts_is_refused() -> None:
    pool = pool_of(["a cat"], ("the of and", "is 7"))
    with pytest.raises(SettingError, match=r"needs a target with concepts; no word stands in 2 of its 2 texts"):
        ConceptCoverage().select(pool, Budget(docs=1))
    assert CATS.needs() == {"text"}
    assert ConceptCoverage().needs() == {"text", "target"}
