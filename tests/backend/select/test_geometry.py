"""Geometry: cosines to earlier vectors, spacing and parts."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.errors import SettingError
from winnow.pool import Pool
from winnow.select.geometry import Space, closest_earlier, spaced


def circle(*degrees: float) -> np.ndarray:
    angle = np.radians(degrees)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)


def random_units(n: int, d: int = 8, seed: int = 0) -> np.ndarray:
    raw = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    return raw / np.linalg.norm(raw, axis=1, keepdims=True)


def space_of(vectors: np.ndarray) -> Space:
    return Space.of(Pool(np.arange(len(vectors)), np.ones(len(vectors)), vectors={"static": vectors}), "me", "static")


def test_closest_earlier_on_a_circle() -> None:
    # 0, 10, 20 degrees: the second is cos 10 = .98481 like the first, the third .98481 like the second
    assert closest_earlier(circle(0, 10, 20)) == pytest.approx([0, 0.98481, 0.98481], abs=1e-5)
    # a negative cosine counts as 0
    assert closest_earlier(circle(0, 180)).tolist() == [0, 0]


@pytest.mark.parametrize("block", [1, 3, 1000])
def test_blocks_change_nothing(block: int) -> None:
    vectors = random_units(60, d=3)
    whole = vectors @ vectors.T
    expected = [max(0.0, *whole[row, :row]) if row else 0.0 for row in range(60)]
    assert closest_earlier(vectors, block) == pytest.approx(expected, abs=1e-6)
    kept: list[int] = []
    for row in range(60):
        if all(whole[row, other] <= 0.9 for other in kept):
            kept.append(row)
    assert np.flatnonzero(spaced(vectors, 0.9, block)).tolist() == kept
    assert len(kept) < 60


def test_parts_hold_everything_once_and_keep_doubles_together() -> None:
    centres = random_units(20, seed=1)
    vectors = np.repeat(centres, 50, axis=0) + 0.01 * random_units(1000, seed=2)
    parts = space_of(vectors).parts(np.random.default_rng(0).permutation(1000), 100)
    assert sorted(np.concatenate(parts).tolist()) == list(range(1000))
    assert len(parts) > 5
    assert max(map(len, parts)) <= 200
    for part in parts:  # documents around one centre are in one part
        assert (np.bincount(part // 50, minlength=20) % 50 == 0).all()


def test_vectors_that_are_all_the_same_stay_in_one_part() -> None:
    parts = space_of(np.ones((100, 4), dtype=np.float16)).parts(np.arange(100), 10)
    assert [len(part) for part in parts] == [100]


def test_half_precision_zero_vectors_and_lengths() -> None:
    space = space_of(np.array([[3, 4], [0, 0]], dtype=np.float16))
    assert space.take(np.array([0, 1])) == pytest.approx(np.array([[0.6, 0.8], [0, 0]]), abs=1e-3)
    assert space.mean(np.array([1])).tolist() == [0, 0]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_vectors_that_are_not_finite_are_counted(bad: float) -> None:
    vectors = random_units(5)
    vectors[3, 0] = bad
    with pytest.raises(SettingError, match=r"me needs whole vectors of 'static'; 1 of 5 .*winnow embed --model static"):
        space_of(vectors)
