from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.score.semantic_duplicates import SemanticDuplicates


def batch_of(vectors: Sequence[Sequence[float]], first: int = 0, texts: Sequence[str] = ()) -> pa.RecordBatch:
    rows = np.array(vectors, dtype=np.float32)
    return pa.record_batch(
        {
            "doc_id": pa.array(range(first, first + len(rows)), pa.int64()),
            "vectors:static": pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1]),
            **({"text": pa.array(texts, pa.large_string())} if texts else {}),
        }
    )


def at(*degrees: float) -> list[tuple[float, float]]:
    return [(float(np.cos(np.deg2rad(angle))), float(np.sin(np.deg2rad(angle)))) for angle in degrees]


def columns(
    scorer: SemanticDuplicates, batch: pa.RecordBatch
) -> tuple[list[int | None], list[bool], list[float | None]]:
    found = scorer.score(batch, scorer.prepare([batch]))
    return (
        found["semantic_group"].to_pylist(),
        found["semantic_keep"].tolist(),
        found["semantic_similarity"].to_pylist(),
    )


def test_the_rule_by_hand() -> None:
    # 0°, 10°, 20° kept in the order of doc_id: M = 0, .985, .985. At eps .01 nobody is dropped; at .02 the second for
    # the first, and the third for the second, although cos 20° = .940 to the one that is kept.
    batch = batch_of(at(0, 10, 20))
    assert columns(SemanticDuplicates(eps=0.01, policy="first"), batch)[:2] == ([None] * 3, [True] * 3)
    groups, kept, similarity = columns(SemanticDuplicates(eps=0.02, policy="first"), batch)
    assert (groups, kept) == ([0, 0, 0], [True, False, False])
    assert similarity == pytest.approx([0, 0.9848, 0.9848], abs=1e-3)


def test_farthest_and_nearest_keep_opposite_ends() -> None:
    # The centre lies at the mean direction of 0°, 4°, 14°, near 6°: 14° is farthest from it, 4° nearest.
    batch = batch_of(at(0, 4, 14), first=5)
    farthest = columns(SemanticDuplicates(policy="farthest"), batch)
    nearest = columns(SemanticDuplicates(policy="nearest"), batch)
    assert farthest[:2] == ([5, 5, 5], [False, False, True])
    assert nearest[:2] == ([5, 5, 5], [False, True, False])


def test_a_column_may_choose_who_is_kept() -> None:
    batch = batch_of(at(0, 1, 90), texts=["short", "much longer", "other"])
    assert columns(SemanticDuplicates(policy="longest"), batch)[:2] == ([0, 0, None], [False, True, True])


def test_documents_without_a_vector_are_kept_and_have_no_similarity() -> None:
    groups, kept, similarity = columns(SemanticDuplicates(), batch_of([(0, 0), (1, 0), (0, 0), (1, 0)]))
    assert groups == [None, 1, None, 1]
    assert (kept[0], kept[2], kept[1] != kept[3]) == (True, True, True)
    assert (similarity[0], similarity[2]) == (None, None)


def test_another_encoder_may_be_compared() -> None:
    assert SemanticDuplicates().needs() == {"vectors:static"}
    assert SemanticDuplicates(model="minilm", policy="longest").needs() == {"vectors:minilm", "text"}


@given(st.integers(0, 2**32 - 1), st.sampled_from(["farthest", "nearest", "first"]))
def test_each_group_keeps_one_and_a_larger_eps_restores_nobody(seed: int, policy: str) -> None:
    rng = np.random.default_rng(seed)
    batch = batch_of(np.repeat(rng.normal(size=(12, 4)), 3, axis=0) + rng.normal(0, 0.1, (36, 4)))
    before = np.ones(36, dtype=bool)
    for eps in (0.0, 0.01, 0.05, 0.3):
        groups, kept, similarity = columns(SemanticDuplicates(eps=eps, clusters=3, policy=policy), batch)
        for group in {group for group in groups if group is not None}:
            members = [row for row in range(36) if groups[row] == group]
            assert min(members) == group
            assert sum(kept[row] for row in members) == 1
        assert kept == [value is None or value <= 1 - eps for value in similarity]
        assert not (np.array(kept) & ~before).any()
        before = np.array(kept)


def test_recall_on_planted_twins() -> None:
    # 3,000 random directions in 64 dimensions have no twin; 500 of them get one turned by about 8°, cos = .99.
    rng = np.random.default_rng(0)
    originals = rng.normal(size=(3000, 64))
    originals /= np.linalg.norm(originals, axis=1, keepdims=True)
    turned = originals[:500] + 0.14 * rng.normal(size=(500, 64)) / 8
    batch = batch_of(np.concatenate([originals, turned]))
    scorer = SemanticDuplicates(eps=0.05)
    groups = scorer.score(batch, scorer.prepare([batch.slice(0, 1700), batch.slice(1700)]))[
        "semantic_group"
    ].to_pylist()
    pairs = [(groups[row], groups[3000 + row]) for row in range(500)]
    assert np.mean([one is not None and one == other for one, other in pairs]) > 0.85
    assert sum(group is not None for group in groups[500:3000]) == 0


def test_the_table_says_how_far_the_comparison_reached() -> None:
    # Clusters around 45 and -45 degrees; 1 and -1 degree are alike (cos 2° = .9994) and lie on two sides of the border.
    vectors = np.array(at(1, 30, 45, 60, -1, -30, -45), dtype=np.float16)
    centres, cluster = np.array(at(45, -45), dtype=np.float32), np.array([0, 0, 0, 0, 1, 1, 1], dtype=np.int32)
    table = SemanticDuplicates(eps=0.001)._coverage(vectors, centres, cluster, np.array([0, 1, 4]))
    [row] = table.to_pylist()
    assert (row["documents"], row["clusters"], row["largest_cluster"], row["beyond_window"]) == (7, 2, 4, 0)
    assert (row["probed"], row["missed"]) == (3, 2)
    assert row["low"] < row["missed_share"] == 2 / 3 < row["high"]


def test_only_documents_without_a_twin_are_probed() -> None:
    scorer = SemanticDuplicates(clusters=1)
    [row] = scorer.tables(scorer.prepare([batch_of(at(0, 1, 90))]))["coverage"].to_pylist()
    assert (row["probed"], row["missed"]) == (1, 0)


def test_one_cluster_misses_nothing() -> None:
    batch = batch_of(np.eye(5).tolist())
    scorer = SemanticDuplicates(clusters=1)
    [row] = scorer.tables(scorer.prepare([batch]))["coverage"].to_pylist()
    assert (row["probed"], row["missed"]) == (5, 0)


def test_centres_by_torch_serve_their_rows() -> None:
    from winnow.score.earlier import _centres_by_torch

    rng = np.random.default_rng(0)
    places = rng.normal(size=(10, 16))[rng.integers(0, 10, 300)] + 0.3 * rng.normal(size=(300, 16))
    vectors = (places / np.linalg.norm(places, axis=1, keepdims=True)).astype(np.float32)
    found = _centres_by_torch(vectors, 10)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-5)
    # A row of 4 with noise of 1.2 has a cosine of .96 to its own centre, and of 0 to any other on average.
    assert (vectors @ found.T).max(axis=1).mean() > 0.85
