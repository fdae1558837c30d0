"""Random order: a permutation that belongs to documents, and another one for another number."""

from __future__ import annotations

import numpy as np

from winnow.arrange.base import Entries
from winnow.arrange.shuffled import Shuffle
from winnow.pool import Pool


def entries(doc_ids: np.ndarray, seed: int = 0) -> Entries:
    return Entries.of(Pool(doc_ids, np.ones(len(doc_ids))), np.ones(len(doc_ids)), seed)


def ids(shuffle: Shuffle, doc_ids: np.ndarray, seed: int = 0) -> list[int]:
    found: list[int] = doc_ids[shuffle.order(entries(doc_ids, seed)).places].tolist()
    return found


def test_a_part_keeps_the_order_it_has_in_the_whole() -> None:
    whole = ids(Shuffle(), np.arange(100))
    part = np.array([3, 50, 7, 99])
    assert sorted(whole) == list(range(100))
    assert ids(Shuffle(), part) == [doc for doc in whole if doc in part]


def test_another_number_or_seed_gives_another_order() -> None:
    orders = [ids(Shuffle(again=again), np.arange(100), seed) for again, seed in [(0, 0), (1, 0), (0, 1)]]
    assert len({tuple(order) for order in orders}) == 3
