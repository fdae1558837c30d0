"""ICL-APT: growth by neighbours, on a half circle where distances can be seen."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.pool import Budget, Pool, Target
from winnow.select import icl_apt as module
from winnow.select.icl_apt import IclApt


def at(*degrees: float) -> np.ndarray:
    angle = np.radians(degrees)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)


def pool_of(documents: list[float], seeds: list[float]) -> Pool:
    aim = Target("aim", ("text",) * len(seeds), {"static": at(*seeds)})
    n = len(documents)
    return Pool(np.arange(n), np.full(n, 10), vectors={"static": at(*documents)}, target=aim)


def rows(method: IclApt, pool: Pool, docs: int = 100) -> list[int]:
    return method.select(pool, Budget(docs=docs)).rows.tolist()


# seeds at 0 and 90 degrees; documents at 10, 14, 20, 30, 84, 100 and 180 degrees
POOL = ([10.0, 14.0, 20.0, 30.0, 84.0, 100.0, 180.0], [0.0, 90.0])


def test_one_round_takes_the_neighbours_of_the_seeds() -> None:
    # one neighbour each: 10 (10 from 0) and 84 (6 from 90); at equal rank the nearer, 84, comes first
    assert rows(IclApt(neighbours=1, rounds=1), pool_of(*POOL)) == [4, 0]
    # two each: first neighbours 84 and 10, then second neighbours: 100 is 10 from 90 and 14 is 14 from 0
    assert rows(IclApt(neighbours=2, rounds=1), pool_of(*POOL)) == [4, 0, 5, 1]


def test_later_rounds_take_the_neighbours_of_what_was_taken() -> None:
    # round 2 grows from 84 and 10: 84 takes 100 (16 away), 10 takes 14 (4 away), which is nearer and comes first;
    # round 3 from 14 and 100: 14 takes 20 (6 away); 100 takes, of 20, 30 and 180, 30 (70 away), below cos 50 = .643
    method = IclApt(neighbours=1, rounds=3, similarity=0.643)
    assert rows(method, pool_of(*POOL)) == [4, 0, 1, 5, 2]
    # with cos 70 = .342 as the limit, 30 comes too
    assert rows(IclApt(neighbours=1, rounds=3, similarity=0.34), pool_of(*POOL)) == [4, 0, 1, 5, 2, 3]


def test_growth_ends_where_nothing_is_near_enough() -> None:
    # 180 degrees is 80 away from the nearest document: cos 80 = .174
    method = IclApt(neighbours=5, rounds=50, similarity=0.3)
    assert 6 not in rows(method, pool_of(*POOL))
    assert 6 in rows(IclApt(neighbours=5, rounds=50, similarity=0.1), pool_of(*POOL))


def test_a_seed_that_stands_in_the_pool_is_not_its_own_neighbour() -> None:
    # trap: a seed set saved from this pool would find only itself at k = 1
    pool = pool_of([0.0, 10.0, 25.0], [0.0])
    assert rows(IclApt(neighbours=1, rounds=1), pool) == [1]
    assert rows(IclApt(neighbours=1, rounds=1, include_seeds=True), pool) == [0, 1]
    assert rows(IclApt(neighbours=1, rounds=1), pool_of([0.0], [0.0])) == []


def test_budgets_nest() -> None:
    chance = np.random.default_rng(0)
    aim = Target("aim", ("text",) * 3, {"static": chance.normal(size=(3, 5)).astype(np.float32)})
    pool = Pool(
        np.arange(300), chance.integers(1, 9, 300), vectors={"static": chance.normal(size=(300, 5))}, target=aim
    )
    method = IclApt(neighbours=4, rounds=5, similarity=-1)
    all_rounds = rows(method, pool, 300)
    assert len(all_rounds) > 100
    for docs in (1, 12, 13, 60):
        assert rows(method, pool, docs) == all_rounds[:docs]


def test_in_a_large_pool_only_the_first_of_a_round_grow_on(monkeypatch: pytest.MonkeyPatch) -> None:
    # 7 documents and 7 cosines allowed: after round 1, which takes 84 and 10, only 84 grows on and takes 100; then 100
    # takes, of 14, 20, 30 and 180, 30 (70 away), which takes 20 (10 away)
    monkeypatch.setattr(module, "MOST_COSINES", 7)
    assert rows(IclApt(neighbours=1, rounds=2, similarity=0), pool_of(*POOL)) == [4, 0, 5]
    assert rows(IclApt(neighbours=1, rounds=4, similarity=0), pool_of(*POOL)) == [4, 0, 5, 3, 2]
