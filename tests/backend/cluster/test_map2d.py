"""The map of bundles of directions: islands, order, corners."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.cluster import map2d
from winnow.cluster.map2d import layout


def bundles(count: int, each: int, width: int = 24, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    label = np.repeat(np.arange(count), each)
    rows = np.eye(count, width)[label] + 0.1 * rng.normal(size=(len(label), width))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16), label


def agreement(plane: np.ndarray, label: np.ndarray, near: int = 10) -> float:
    """Return the share of each point's nearest points on the map that have its label."""
    apart = ((plane[:, None] - plane[None]) ** 2).sum(axis=-1)
    np.fill_diagonal(apart, np.inf)
    return float((label[np.argsort(apart, axis=1)[:, :near]] == label[:, None]).mean())


def test_bundles_become_islands() -> None:
    vectors, label = bundles(8, 60)
    plane = layout(vectors, seed=1)
    assert (plane.dtype, plane.shape) == (np.float32, (480, 2))
    assert np.abs(plane).max() <= 1
    assert agreement(plane, label) > 0.99
    centres = np.stack([plane[label == place].mean(axis=0) for place in range(8)])
    spread = max(float(plane[label == place].std()) for place in range(8))
    apart = np.sqrt(((centres[:, None] - centres[None]) ** 2).sum(axis=-1))[np.triu_indices(8, 1)]
    assert apart.min() > 3 * min(spread, 0.05)


def test_rows_beyond_the_sample_join_their_island() -> None:
    vectors, label = bundles(5, 200)
    plane = layout(vectors, seed=1, sample=250)
    assert agreement(plane, label) > 0.98


def test_same_seed_same_map() -> None:
    vectors, _ = bundles(3, 40)
    assert (layout(vectors, seed=3) == layout(vectors, seed=3)).all()
    assert (layout(vectors, seed=3) != layout(vectors, seed=4)).any()


def test_copies_lie_together_and_rows_without_a_vector_in_the_corner() -> None:
    vectors, _ = bundles(4, 30)
    vectors[[5, 6, 7]] = vectors[5]
    vectors[[100, 101]] = 0
    plane = layout(vectors, seed=0)
    assert (plane[[5, 6, 7]] == plane[5]).all()
    assert plane[[100, 101]].tolist() == [[-1, -1], [-1, -1]]


@pytest.mark.parametrize("total", [0, 1, 2, 3, 49])
def test_few_rows(total: int) -> None:
    vectors = np.random.default_rng(0).normal(size=(total, 5)).astype(np.float16)
    plane = layout(vectors)
    assert plane.shape == (total, 2)
    assert np.isfinite(plane).all()
    assert len(np.unique(plane, axis=0)) == total


def test_few_rows_are_their_principal_components() -> None:
    # Four unit rows about the first axis: they differ most along the second axis, then along the third.
    rows = np.array([[1, 0.5, 0], [1, -0.5, 0], [1, 0, 0.2], [1, 0, -0.2]], dtype=np.float32)
    plane = layout(rows)
    wide = np.abs(plane).argmax(axis=1)
    assert wide.tolist() == [0, 0, 1, 1]
    assert np.sign(plane[0, 0]) == -np.sign(plane[1, 0])


@pytest.mark.parametrize("rows", [np.zeros((60, 4)), np.ones((60, 4)), np.ones((60, 1)), np.eye(60)])
def test_odd_corpora(rows: np.ndarray) -> None:
    plane = layout(rows.astype(np.float16))
    assert np.isfinite(plane).all()
    assert np.abs(plane).max() <= 1


def test_many_rows_are_placed_by_a_part_of_the_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, label = bundles(6, 200)
    monkeypatch.setattr(map2d, "FEW_ROWS", 100)
    monkeypatch.setattr(map2d, "CELLS", 6)
    assert agreement(layout(vectors, seed=1, sample=900), label) > 0.98


def test_slopes_are_those_of_the_objective() -> None:
    # d/dx of -log q and -log(1 - q), q = 1 / (1 + a·r^(2b)), at (0.5, 1.2): differences of the function itself.
    def q(point: np.ndarray) -> float:
        return float(1 / (1 + map2d.CURVE_A * (point**2).sum() ** map2d.CURVE_B))

    point, small = np.array([0.5, 1.2]), 1e-5
    moves = np.eye(2) * small
    pull = [(np.log(q(point + move)) - np.log(q(point - move))) / (2 * small) for move in moves]
    push = [(np.log(1 - q(point + move)) - np.log(1 - q(point - move))) / (2 * small) for move in moves]
    column = point[:, None].astype(np.float32)
    np.testing.assert_allclose(map2d._attraction(column)[:, 0], pull, rtol=1e-3)
    np.testing.assert_allclose(map2d._repulsion(column)[:, 0], push, rtol=2e-3)
