"""Batches of one cluster: how many there are, what is left over, and no document twice in one."""

from __future__ import annotations

import numpy as np

from winnow.arrange.base import Entries
from winnow.arrange.batches import ClusterBatches
from winnow.pool import Groups, Pool


def entries(sizes: tuple[int, ...], weight: float = 1.0, sources: int = 1) -> Entries:
    """Return clusters of the given sizes, their documents in turn from the sources."""
    n = sum(sizes)
    clusters = Groups(
        np.repeat(np.arange(len(sizes)), sizes).astype(np.int32), tuple(f"c{i}" for i in range(len(sizes)))
    )
    source = Groups((np.arange(n) % sources).astype(np.int32), tuple(f"s{i}" for i in range(sources)))
    pool = Pool(np.arange(n), np.ones(n), {"cluster_name": clusters, "source": source})
    return Entries.of(pool, np.full(n, weight), 0)


def batches(given: Entries, method: ClusterBatches) -> list[np.ndarray]:
    arranged = method.order(given)
    return [arranged.places[arranged.marks["batch"] == number] for number in np.unique(arranged.marks["batch"])]


def test_three_batches_and_twelve_left_over() -> None:
    """n = (25, 10, 7), B = 10: floor gives 2 + 1 + 0 = 3 batches, the remainders 5 + 0 + 7 = 12."""
    given, method = entries((25, 10, 7)), ClusterBatches(size=10)
    figures = method.order(given).figures
    assert figures == {"batches of one cluster": 3, "documents left over": 12}
    made = batches(given, method)
    codes = given.group("cluster_name").codes
    assert [len(np.unique(codes[batch])) for batch in made[:3]] == [1, 1, 1]
    assert sorted(np.concatenate(made).tolist()) == list(range(42)), "no document is lost or repeated"
    assert len(np.concatenate(batches(given, ClusterBatches(size=10, leftovers="drop")))) == 30


def test_batches_do_not_mix_sources() -> None:
    given = entries((40,), sources=2)
    codes = given.group("source").codes
    assert all(len(np.unique(codes[batch])) == 1 for batch in batches(given, ClusterBatches(size=10)))
    mixed = batches(given, ClusterBatches(size=10, source=""))
    assert any(len(np.unique(codes[batch])) == 2 for batch in mixed)


def test_a_second_copy_never_shares_a_batch_with_the_first() -> None:
    """6 documents seen twice fill one batch of 10 by number only; every batch of 3 holds three documents."""
    given = entries((6,), weight=2.0)
    assert ClusterBatches(size=10).order(given).figures["batches of one cluster"] == 0
    for batch in batches(given, ClusterBatches(size=3)):
        assert len(np.unique(given.rows[batch])) == 3


def test_batches_come_in_random_order() -> None:
    given = entries((500, 500))
    firsts = [given.group("cluster_name").codes[batch[0]] for batch in batches(given, ClusterBatches(size=10))]
    assert firsts != sorted(firsts)
