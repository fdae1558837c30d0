"""Spherical k-means: documents grouped by the direction of their vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

from winnow.cluster.lloyd import lloyd, nearest
from winnow.cluster.vectors import Vectors, blocks, sample_rows, unit
from winnow.device import device as best_device

POINTS_PER_CENTRE = 256
ROUNDS = 20


@dataclass(frozen=True)
class Clusters:
    """A partition of rows, the largest cluster first.

    `cluster` int32 [n], -1 for a row without a vector (all zeros or not finite); `centres` float32 [k, d], unit
    length; `similarity` float32 [n], the cosine of each row to its own centre, 0 where there is none.
    """

    cluster: NDArray[np.int32]
    centres: NDArray[np.float32]
    similarity: NDArray[np.float32]

    def sizes(self) -> NDArray[np.int64]:
        """Return the number of rows of each cluster, int64 [k]."""
        return np.bincount(self.cluster[self.cluster >= 0], minlength=len(self.centres)).astype(np.int64)


def default_k(total: int) -> int:
    """Return how many clusters suit a corpus: √n / 1.5 within [2, 500], and never more than there are documents.

    >>> [default_k(n) for n in (0, 1, 900, 53_840, 10_000_000)]
    [0, 1, 20, 155, 500]
    """
    return min(total, int(np.clip(round(total**0.5 / 1.5), 2, 500)))


def kmeans(
    vectors: Vectors,
    k: int,
    *,
    seed: int = 0,
    device: str = "auto",
    progress: Callable[[float], None] = lambda share: None,
) -> Clusters:
    """Cluster rows by cosine, trained on a sample of at most 256 rows a centre, every row assigned.

    Maximises Σ_i x_i · c(i) over unit centres by Lloyd's rounds. Fewer than k clusters come back when there are fewer
    distinct rows. Same vectors, k, seed and device: same answer. Memory: the sample and one block in float32.
    `device` "auto" is a graphics card where there is one (by FAISS where it was built for it, else by torch), "cpu" is
    FAISS on the processor, anything else a torch device.
    """
    device = best_device() if device == "auto" else device
    total, width = vectors.shape[0], vectors.shape[1]
    rng = np.random.default_rng(seed)
    sample = unit(vectors[sample_rows(total, max(1, k) * POINTS_PER_CENTRE, rng)])
    sample = sample[sample.any(axis=1)]
    if not len(sample) or k < 1:
        return Clusters(np.full(total, -1, np.int32), np.empty((0, width), np.float32), np.zeros(total, np.float32))
    centres = _train(sample, k, seed, device)
    progress(0.5)
    cluster, similarity = _assign(vectors, centres, device, lambda share: progress(0.5 + share / 2))
    return _largest_first(cluster, centres, similarity)


def _train(sample: NDArray[np.float32], k: int, seed: int, device: str) -> NDArray[np.float32]:
    distinct = np.unique(sample, axis=0) if len(sample) <= 4 * k else sample
    if len(distinct) <= k:
        return distinct
    # Few centres fall into bad local optima more often, and cost little to try again.
    redo = 3 if k <= 32 else 1
    cards = faiss.get_num_gpus() if device == "cuda" else 0
    if device != "cpu" and not cards:
        return unit(lloyd(sample, k, rounds=ROUNDS, redo=redo, seed=seed % 2**31, device=device))
    learner = faiss.Kmeans(
        sample.shape[1],
        k,
        niter=ROUNDS,
        nredo=redo,
        spherical=True,
        seed=seed % 2**31,
        max_points_per_centroid=POINTS_PER_CENTRE,
        min_points_per_centroid=1,
        gpu=cards,
    )
    learner.train(sample)
    return unit(np.asarray(learner.centroids))


def _assign(
    vectors: Vectors, centres: NDArray[np.float32], device: str, progress: Callable[[float], None]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    total = vectors.shape[0]
    cluster = np.empty(total, dtype=np.int32)
    similarity = np.empty(total, dtype=np.float32)
    for place, rows in blocks(vectors):
        rows = unit(rows)
        if device == "cpu":
            cosines = rows @ centres.T
            labels = cosines.argmax(axis=1)
            best = cosines[np.arange(len(rows)), labels]
        else:
            labels, best = nearest(rows, centres, device)
        present = rows.any(axis=1)
        cluster[place] = np.where(present, labels, -1)
        similarity[place] = np.where(present, best, 0)
        progress(place.stop / total)
    return cluster, np.clip(similarity, -1, 1)


def _largest_first(
    cluster: NDArray[np.int32], centres: NDArray[np.float32], similarity: NDArray[np.float32]
) -> Clusters:
    """Number the clusters by size and leave out empty ones."""
    sizes = np.bincount(cluster[cluster >= 0], minlength=len(centres))
    order = np.argsort(-sizes, kind="stable")[: int((sizes > 0).sum())]
    place = np.full(len(centres) + 1, -1, dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return Clusters(place[cluster], centres[order], similarity)
