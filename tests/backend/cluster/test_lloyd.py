"""k-means in torch, run on torch's CPU device, against arithmetic and against FAISS."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from winnow.cluster import lloyd as module
from winnow.cluster.kmeans import kmeans
from winnow.cluster.lloyd import lloyd, nearest, one_round

DEVICE = "cpu:0"


def blobs(count: int, per: int, noise: float = 0.15, width: int = 24) -> np.ndarray:
    rng = np.random.default_rng(0)
    rows = np.repeat(rng.normal(size=(count, width)), per, axis=0) + noise * rng.normal(size=(count * per, width))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_a_round_by_hand() -> None:
    """Rows (1,0), (.6,.8), (0,1), centres (1,0) and (0,1): the second row is nearer to (0,1), .8 against .6.

    Σ x·c = 1 + .8 + 1 = 2.8; the new centres are (1,0) and (.6, 1.8)/√3.6 = (.3162, .9487).
    """
    rows = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])
    centres, objective = one_round(rows, torch.eye(2))
    assert objective == pytest.approx(2.8)
    assert centres.tolist() == [pytest.approx([1, 0]), pytest.approx([0.3162, 0.9487], abs=1e-4)]


def test_a_centre_without_rows_moves_to_the_row_farthest_from_its_own() -> None:
    """All three rows belong to (1,0); (0,1), at cosine 0, is the farthest, and the empty centre (-1,0) goes there."""
    rows = torch.tensor([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]])
    centres, _ = one_round(rows, torch.tensor([[1.0, 0.0], [-1.0, 0.0]]))
    assert centres[1].tolist() == [0, 1]


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = torch.from_numpy(blobs(6, 30))
    whole, objective = one_round(rows, rows[::30])
    monkeypatch.setattr(module, "SCORES_AT_ONCE", 42)
    parts, other = one_round(rows, rows[::30])
    assert parts.numpy() == pytest.approx(whole.numpy(), abs=1e-6)
    assert other == pytest.approx(objective)


def test_it_is_as_good_as_faiss_and_the_same_every_time() -> None:
    # Topics that run into each other, as documents' do: there the start matters little.
    vectors = blobs(20, 50, noise=1.0)
    by_faiss, by_torch = kmeans(vectors, 20, device="cpu"), kmeans(vectors, 20, device=DEVICE)
    assert by_torch.similarity.mean() == pytest.approx(by_faiss.similarity.mean(), abs=0.01)
    again = kmeans(vectors, 20, device=DEVICE)
    assert np.array_equal(by_torch.cluster, again.cluster)
    assert by_torch.centres == pytest.approx(again.centres)
    assert np.linalg.norm(by_torch.centres, axis=1) == pytest.approx(1, abs=1e-5)


def test_rows_without_a_vector_and_fewer_rows_than_centres() -> None:
    vectors = np.vstack([np.zeros((2, 24), np.float32), blobs(2, 1)])
    found = kmeans(vectors, 5, device=DEVICE)
    assert found.cluster[:2].tolist() == [-1, -1]
    assert sorted(found.cluster[2:].tolist()) == [0, 1]


def test_more_starts_are_never_worse() -> None:
    vectors = blobs(8, 20)

    def objective(redo: int) -> float:
        return float(nearest(vectors, lloyd(vectors, 8, rounds=10, redo=redo, seed=3, device=DEVICE), DEVICE)[1].sum())

    assert objective(5) >= objective(1) - 1e-3
