"""Spherical k-means on directions that can be told apart by eye."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winnow.cluster.kmeans import default_k, kmeans
from winnow.embed.matrix import Matrix


def bundles(sizes: list[int], seed: int = 0, spread: float = 0.05) -> tuple[np.ndarray, np.ndarray]:
    """Return rows scattered about one axis per bundle, and which bundle each belongs to."""
    rng = np.random.default_rng(seed)
    label = np.repeat(np.arange(len(sizes)), sizes)
    rows = np.eye(max(8, len(sizes)))[label] + spread * rng.normal(size=(len(label), max(8, len(sizes))))
    order = rng.permutation(len(label))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)[order], label[order]


@pytest.mark.parametrize(("total", "k"), [(0, 0), (1, 1), (2, 2), (9, 2), (900, 20), (53_840, 155), (10**8, 500)])
def test_default_k(total: int, k: int) -> None:
    # √900 / 1.5 = 20; √53840 / 1.5 = 154.7; √10^8 / 1.5 = 6667, bounded by 500.
    assert default_k(total) == k


def test_bundles_are_found_and_numbered_by_size() -> None:
    vectors, label = bundles([50, 200, 120])
    found = kmeans(vectors, 3)
    assert found.sizes().tolist() == [200, 120, 50]
    assert (found.cluster == np.array([2, 0, 1])[label]).all()
    # Each centre points along its bundle's axis: 1 (200 rows), 2 (120), 0 (50).
    assert found.centres.argmax(axis=1).tolist() == [1, 2, 0]
    np.testing.assert_allclose(np.linalg.norm(found.centres, axis=1), 1, rtol=1e-5)


def test_similarity_is_the_cosine_to_the_own_centre_which_is_the_nearest() -> None:
    vectors, _ = bundles([80, 60, 40, 20], spread=0.4)
    found = kmeans(vectors, 6)
    unit = vectors.astype(np.float32) / np.linalg.norm(vectors.astype(np.float32), axis=1, keepdims=True)
    cosines = unit @ found.centres.T
    np.testing.assert_allclose(found.similarity, cosines.max(axis=1), atol=1e-5)
    assert (found.cluster == cosines.argmax(axis=1)).all()


def test_length_does_not_matter() -> None:
    vectors, _ = bundles([60, 40, 30])
    wide = vectors.astype(np.float32) * np.linspace(0.1, 9, len(vectors), dtype=np.float32)[:, None]
    assert (kmeans(wide, 3).cluster == kmeans(vectors, 3).cluster).all()


def test_same_seed_same_answer_and_parts_do_not_matter() -> None:
    vectors, _ = bundles([300, 300, 300], spread=0.6)
    one, two = kmeans(vectors, 12, seed=5), kmeans(Matrix([vectors[:100], vectors[100:]]), 12, seed=5)
    assert (one.cluster == two.cluster).all()
    assert (one.centres == two.centres).all()


def test_rows_without_a_vector_belong_to_no_cluster() -> None:
    vectors, _ = bundles([30, 20])
    vectors[[3, 7]] = 0
    vectors[11] = np.nan
    found = kmeans(vectors, 2)
    assert np.flatnonzero(found.cluster < 0).tolist() == [3, 7, 11]
    assert found.similarity[[3, 7, 11]].tolist() == [0, 0, 0]
    assert np.isfinite(found.centres).all()
    assert found.sizes().sum() == 47


def test_only_rows_without_a_vector() -> None:
    found = kmeans(np.zeros((4, 3), dtype=np.float16), 2)
    assert found.cluster.tolist() == [-1] * 4
    assert found.centres.shape == (0, 3)


@pytest.mark.parametrize(("total", "k", "clusters"), [(0, 5, 0), (1, 1, 1), (1, 5, 1), (3, 9, 3)])
def test_fewer_rows_than_clusters(total: int, k: int, clusters: int) -> None:
    found = kmeans(np.eye(4, dtype=np.float16)[:total], k)
    assert len(found.centres) == clusters
    assert sorted(found.cluster.tolist()) == list(range(total))


def test_copies_make_one_cluster() -> None:
    found = kmeans(np.tile(np.array([[0.6, 0.8]], dtype=np.float16), (500, 1)), 20)
    assert found.sizes().tolist() == [500]
    np.testing.assert_allclose(found.similarity, 1, atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**40), st.integers(0, 40), st.integers(1, 12), st.integers(1, 4))
def test_every_row_has_a_place(seed: int, total: int, k: int, width: int) -> None:
    vectors = np.random.default_rng(seed).integers(-1, 2, size=(total, width)).astype(np.float16)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = kmeans(vectors, k, seed=seed)
    assert len(found.centres) <= k
    assert ((found.cluster < 0) == ~vectors.any(axis=1)).all()
    assert (found.sizes() > 0).all()
    assert (np.diff(found.sizes()) <= 0).all()
    assert np.isfinite(found.similarity).all()
