from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.score import earlier
from winnow.score.earlier import centres_of, most_similar_earlier, nearest_centre


def directions(*degrees: float) -> np.ndarray:
    angles = np.deg2rad(degrees)
    return np.column_stack((np.cos(angles), np.sin(angles))).astype(np.float16)


def test_similarity_to_those_before_by_hand() -> None:
    # cos 10° = .985 and cos 20° = .940; in the order 0°, 10°, 20° the third is most like the second.
    found, twin = most_similar_earlier(directions(0, 10, 20), np.zeros(3, np.int32), np.arange(3))
    assert found.tolist() == pytest.approx([0, 0.9848, 0.9848], abs=1e-3)
    assert twin.tolist() == [0, 0, 1]
    # In the order 20°, 0°, 10° the last is as far from both; the first of the cluster is like nobody.
    found, twin = most_similar_earlier(directions(0, 10, 20), np.zeros(3, np.int32), np.array([2, 0, 1]))
    assert found.tolist() == pytest.approx([0.9397, 0.9848, 0], abs=1e-3)
    assert twin[0] == 2


def test_clusters_are_borders_and_negative_similarity_counts_as_none() -> None:
    cluster = np.array([0, 1, 0, -1], np.int32)
    found, twin = most_similar_earlier(directions(0, 0, 180, 0), cluster, np.array([0, 2, 1]))
    assert found[:3].tolist() == [0, 0, 0]
    assert np.isnan(found[3])
    assert twin.tolist() == [0, 1, 2, 3]


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 4))
def test_blocks_give_what_all_pairs_give(seed: int, size: int, clusters: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(size, 6)).astype(np.float16)
    cluster = rng.integers(-1, clusters, size).astype(np.int32)
    order = np.lexsort((rng.random(size), cluster))
    order = order[cluster[order] >= 0]
    unit = vectors.astype(np.float32)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(earlier, "_ROWS", 7)
        found, twin = most_similar_earlier(vectors, cluster, order)
    for place, row in enumerate(order):
        before = [other for other in order[:place] if cluster[other] == cluster[row]]
        expected = max([0.0, *(float(unit[row] @ unit[other]) for other in before)])
        assert found[row] == pytest.approx(min(expected, 1), abs=1e-5)
        assert unit[row] @ unit[twin[row]] == pytest.approx(expected if expected else 1, abs=1e-5)


def test_only_the_window_before_is_looked_at() -> None:
    vectors = directions(0, 50, 50, 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(earlier, "_ROWS", 1)
        patch.setattr(earlier, "WINDOW", 2)
        found, _ = most_similar_earlier(vectors, np.zeros(4, np.int32), np.arange(4))
    assert found.tolist() == pytest.approx([0, 0.643, 1, 0.643], abs=1e-3)


def test_centres_find_separate_directions_and_the_same_ones_again() -> None:
    rng = np.random.default_rng(0)
    angles = np.concatenate([centre + rng.normal(0, 2, 300) for centre in (0, 90, 200)])
    vectors = directions(*angles)
    centres = centres_of(vectors, 3)
    assert np.linalg.norm(centres, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    cluster, cosine = nearest_centre(vectors, centres)
    assert [len(set(part.tolist())) for part in np.split(cluster, 3)] == [1, 1, 1]
    assert len(set(cluster.tolist())) == 3
    assert cosine.min() > 0.98
    assert np.array_equal(centres, centres_of(vectors, 3))


def test_rows_without_a_vector_are_in_no_cluster() -> None:
    vectors = np.array([[0, 0], [1, 0], [np.nan, 1], [np.inf, 0]], np.float16)
    assert nearest_centre(vectors, centres_of(vectors, 1))[0].tolist() == [-1, 0, -1, -1]
    assert nearest_centre(vectors[:1], centres_of(vectors[:1], 5))[0].tolist() == [-1]
    assert centres_of(np.zeros((0, 2), np.float16), 1).shape == (0, 2)
