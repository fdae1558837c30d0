"""Texts on entities: how many there are, that each pair comes once, and answers that make no sense."""

from __future__ import annotations

import pyarrow as pa
import pytest

from winnow.arrange.base import Tools
from winnow.arrange.entigraph import EntiGraph, entities_of
from winnow.judge.base import Answer


def batch(*texts: str) -> pa.RecordBatch:
    n = len(texts)
    return pa.RecordBatch.from_pydict({
        "doc_id": pa.array(range(n), pa.int64()), "text": pa.array(texts, pa.large_string()),
        "generated": pa.array([False] * n),
    })  # fmt: skip


@pytest.mark.parametrize(("n", "pairs", "triples"), [(10, 45, 120), (30, 435, 4060), (2, 1, 0), (1, 0, 0)])
def test_pairs_and_triples_are_counted_as_published(n: int, pairs: int, triples: int) -> None:
    """n(n - 1)/2 pairs and n(n - 1)(n - 2)/6 triples."""
    names = [f"e{number}" for number in range(n)]
    found = EntiGraph(entities=100, pairs=10_000, triples=10_000).groups(names, 0, 0)
    assert [sum(len(group) == size for group in found) for size in (2, 3)] == [pairs, triples]
    assert len({frozenset(group) for group in found}) == len(found), "no order of the same names twice"
    assert all(len(set(group)) == len(group) for group in found), "no entity with itself"


def test_bounds_are_drawn_by_seed_and_document() -> None:
    names, method = [f"e{number}" for number in range(20)], EntiGraph(pairs=5)
    assert len(method.groups(names, 0, 0)) == 5
    assert method.groups(names, 0, 0) == method.groups(names, 0, 0)
    assert method.groups(names, 0, 0) != method.groups(names, 0, 1)


def answer(prompts):
    for prompt in prompts:
        if "JSON" in prompt.text:
            yield Answer(
                'Here: {"summary": "s", "entities": ["mill", "river", "miller"]}' if "good" in prompt.text else "none"
            )
        else:
            yield Answer(" & ".join(line[2:] for line in prompt.text.splitlines() if line.startswith("- ")))


def test_a_text_for_each_pair_and_none_without_entities() -> None:
    made = EntiGraph().transform(batch("good", "bad"), Tools(ask=answer), None)
    assert made.column("text").to_pylist() == ["good", "mill & river", "mill & miller", "river & miller", "bad"]
    assert made.column("doc_id").to_pylist() == [0, 0, 0, 0, 1]


def test_the_cost_is_the_most_there_can_be() -> None:
    """One document: one question for entities, then 45 pairs and 7 of 120 triples of ten entities."""
    prompts = list(EntiGraph(pairs=100, triples=7).prompts(batch("good"), Tools()))
    assert len(prompts) == 1 + 45 + 7


@pytest.mark.parametrize(
    "told",
    ["", "{", "[]", '{"entities": "mill"}', '{"entities": [1, null, {}]}', '{"x": 1}', "[" * 100_000, '{"a":' * 9999],
)
def test_an_answer_that_makes_no_sense_names_nothing(told: str) -> None:
    assert entities_of(told) == []
