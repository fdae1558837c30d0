"""The walk of related documents: the published star, isolated documents, windows shuffled, doubles apart."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.arrange import in_context
from winnow.arrange.base import Entries
from winnow.arrange.in_context import Graph, InContext
from winnow.errors import SettingError
from winnow.pool import Pool

STAR = Graph.of(np.array([[0, 1], [0, 2], [0, 3]]), np.array([0.9, 0.8, 0.7], np.float32), 4)


def entries(vectors: np.ndarray, tokens: int = 1) -> Entries:
    pool = Pool(np.arange(len(vectors)), np.full(len(vectors), tokens), {}, {"static": vectors})
    return Entries.of(pool, np.ones(len(vectors)), 0)


def topics(n: int, of: int, seed: int = 0) -> np.ndarray:
    """Return n unit vectors around `of` directions, in turn."""
    chance = np.random.default_rng(seed)
    raw = chance.standard_normal((of, 32))[np.arange(n) % of] + 0.3 * chance.standard_normal((n, 32))
    return (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32)


def test_the_star_is_walked_from_a_leaf() -> None:
    """Leaves have the fewest edges: 1 - 0 - 2 | 3 weighs .9 + .8 = 1.7. From the centre only .9 would be had."""
    ties = np.array([9, 0, 1, 2], dtype=np.uint64)
    path, cosines = STAR.walk(np.arange(4), ties)
    assert path.tolist() == [1, 0, 2, 3]
    assert cosines.sum() == pytest.approx(1.7)
    from_second, _ = STAR.walk(np.arange(4), ties[::-1].copy())
    assert from_second.tolist() == [2, 0, 1, 3]


def test_isolated_documents_come_first() -> None:
    graph = Graph.of(np.array([[0, 1]]), np.array([0.9], np.float32), 3)
    path, cosines = graph.walk(np.arange(3), np.array([0, 1, 2], dtype=np.uint64))
    assert path.tolist() == [2, 0, 1]
    assert cosines.tolist() == pytest.approx([0, 0, 0.9])


def test_an_edge_either_way_joins_both() -> None:
    """Only 1 names 0 as a neighbour; both have it."""
    assert Graph.of(np.array([[1, 0], [1, 0]]), np.array([0.5, 0.5], np.float32), 2).degrees.tolist() == [1, 1]


def test_related_documents_come_side_by_side() -> None:
    arranged = InContext(window=0).order(entries(topics(300, 10)))
    assert sorted(arranged.places.tolist()) == list(range(300))
    same = (arranged.places[1:] % 10 == arranged.places[:-1] % 10).mean()
    assert same > 0.8, "documents in turn of ten topics are alike one time in ten by chance"
    assert arranged.figures["mean cosine of neighbours"] > arranged.figures["mean cosine at random"] + 0.3


def test_windows_are_cut_by_tokens_and_shuffled_whole() -> None:
    """300 documents of 10 tokens in windows of 100: 30 contexts of ten, each a stretch of the path."""
    given = entries(topics(300, 10), tokens=10)
    path = InContext(window=0).order(given).places
    arranged = InContext(window=100).order(given)
    np.testing.assert_array_equal(arranged.marks["context"], np.repeat(np.arange(30), 10))
    stretches = {tuple(stretch) for stretch in path.reshape(30, 10).tolist()}
    assert {tuple(stretch) for stretch in arranged.places.reshape(30, 10).tolist()} == stretches
    assert arranged.places.tolist() != path.tolist()


def test_near_duplicates_are_not_put_side_by_side() -> None:
    """Two equal vectors and one at 60 degrees: with doubles joined the equal ones meet, without them they do not."""
    vectors = np.array([[1, 0], [1, 0], [0.5, 0.75**0.5]], dtype=np.float32)
    joined = InContext(window=0, double=1.0, neighbours=1).graph(entries(vectors))
    apart = InContext(window=0, neighbours=2).graph(entries(vectors))
    assert 1 in joined.others[joined.starts[0] : joined.starts[1]]
    assert apart.others[apart.starts[0] : apart.starts[1]].tolist() == [2]


def test_many_documents_find_nearly_the_same_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    given = entries(topics(3000, 60))
    exact = InContext(window=0).order(given).figures["mean cosine of neighbours"]
    monkeypatch.setattr(in_context, "EXACT", 100)
    assert InContext(window=0).order(given).figures["mean cosine of neighbours"] == pytest.approx(exact, abs=0.03)


def test_vectors_that_are_not_finite_are_refused() -> None:
    vectors = topics(5, 2)
    vectors[3, 0] = np.nan
    with pytest.raises(SettingError, match="not finite"):
        InContext().order(entries(vectors))
