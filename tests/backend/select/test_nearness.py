"""Cosines to a target: what is refused, and that the order of the pool plays no part."""

from __future__ import annotations

import dataclasses
import doctest

import numpy as np
import pytest

from winnow.errors import MissingNeed, SettingError
from winnow.pool import Pool, Target
from winnow.select import geometry
from winnow.select import nearness as module
from winnow.select.nearness import Nearness, ranks_of


def pool_of(vectors: np.ndarray, target: np.ndarray) -> Pool:
    n = len(vectors)
    aim = Target("aim", ("text",) * len(target), {"static": target})
    return Pool(np.arange(n) * 3, np.ones(n), vectors={"static": vectors}, target=aim)


def test_the_examples_hold() -> None:
    assert doctest.testmod(module).failed == 0


def test_the_first_ranks_are_those_of_all_ranks_and_ties_at_the_end_stay_together() -> None:
    cosines = np.array([0.1, 0.7, 0.7, 0.3, 0.3, 0.9], dtype=np.float32)
    places, ranks = ranks_of(cosines, 4)
    assert places.tolist() == [5, 1, 2, 3, 4]
    assert ranks.tolist() == [1, 2, 2, 4, 4]


def test_blocks_of_any_size_give_the_same_cosines(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(0)
    vectors, target = chance.normal(size=(20, 4)), chance.normal(size=(7, 4))
    expected = (target / np.linalg.norm(target, axis=1)[:, None]) @ (
        vectors / np.linalg.norm(vectors, axis=1)[:, None]
    ).T
    monkeypatch.setattr(module, "HELD", 60)
    blocks = list(Nearness.of(pool_of(vectors.astype(np.float16), target), "x", "static").cosines())
    assert [first for first, _ in blocks] == [0, 3, 6]
    np.testing.assert_allclose(np.concatenate([block for _, block in blocks]), expected, atol=2e-3)


def test_a_shuffled_pool_has_the_very_same_cosines() -> None:
    chance = np.random.default_rng(0)
    pool = pool_of(chance.normal(size=(301, 24)), chance.normal(size=(5, 24)))
    turned = pool.take(chance.permutation(301))
    (_, first), (_, second) = (next(Nearness.of(p, "x", "static").cosines()) for p in (pool, turned))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("vectors", "target", "found"),
    [
        ([[1, np.nan]], [[1, 0]], "1 of 1 documents have one that is not finite"),
        ([[1, 0]], [[np.inf, 0]], "some are not finite"),
        ([[1, 0]], [[0, 0]], "none of its 1 has words"),
        ([[1, 0]], np.zeros((0, 2)), "none of its 0 has words"),
        ([[1, 0]], [[1, 0, 0]], "3 and 2 numbers"),
    ],
)
def test_bad_vectors_are_refused(vectors: list, target: list, found: str) -> None:
    with pytest.raises(SettingError, match=found) as raised:
        Nearness.of(pool_of(np.array(vectors, dtype=float), np.array(target, dtype=float)), "betr", "static")
    assert raised.value.fix


def test_a_target_without_vectors_is_named() -> None:
    pool = pool_of(np.eye(2), np.eye(2))
    with pytest.raises(MissingNeed, match="vectors of 'static' of the target"):
        Nearness.of(dataclasses.replace(pool, target=Target("aim", ("text",))), "betr", "static")


def test_empty_target_texts_are_left_out_and_empty_documents_have_cosine_zero() -> None:
    near = Nearness.of(pool_of(np.array([[0.0, 0.0], [2.0, 0.0]]), np.array([[0.0, 0.0], [3.0, 0.0]])), "x", "static")
    assert near.examples.tolist() == [1]
    assert next(near.cosines())[1].tolist() == [[0.0, 1.0]]


def random_nearness(n: int = 500, m: int = 6) -> Nearness:
    chance = np.random.default_rng(0)
    rough = np.round(chance.normal(size=(n, 3)), 1)  # coarse, so that some documents are the same
    return Nearness.of(pool_of(rough.astype(np.float32), chance.normal(size=(m, 3))), "x", "static")


@pytest.mark.parametrize("most", [1, 7, 100, 499, 500, 5000])
def test_lists_made_in_one_pass_are_those_of_all_cosines(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    near = random_nearness()
    monkeypatch.setattr(geometry, "BLOCK", 64)
    expected = list(near.ranks(most))
    for held in (module.LISTED, 2 * most * 6):  # the second cuts lists again and again on the way
        monkeypatch.setattr(module, "LISTED", held)
        lists = near.first(most)
        if lists is None:  # more documents are equal than may be held
            continue
        ranked, ranks = lists.ranked()
        for row, (places, wanted, cosines) in enumerate(expected):
            own = ranked.query == row
            assert sorted(ranked.place[own]) == sorted(places)
            assert ranks[own].tolist() == wanted.tolist()
            np.testing.assert_allclose(ranked.cosine[own], cosines, atol=1e-6)


def test_used_documents_are_in_no_list() -> None:
    near = random_nearness()
    used = np.arange(500) % 3 > 0
    lists = near.first(10, used)
    assert lists is not None
    assert not used[lists.place].any()
    assert np.bincount(lists.query).min() >= 10
    assert near.first(10, np.ones(500, bool)).place.tolist() == []


def test_more_equal_documents_than_can_be_held_give_no_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    near = Nearness.of(pool_of(np.ones((400, 2)), np.ones((3, 2))), "x", "static")
    assert len(near.first(5).place) == 1200
    monkeypatch.setattr(module, "LISTED", 1000)
    assert near.first(5) is None
    assert near.first(400) is None
