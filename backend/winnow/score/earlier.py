"""For each document of a cluster, the document before it that its vector is most like; on a GPU when there is one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.device import device

Vectors = NDArray[np.float32]
Stored = NDArray[np.float16]
Places = NDArray[np.int64]

WINDOW = 1 << 14
_ROUNDS, _POINTS, _SEED = 20, 256, 0
_BLOCK, _ROWS = 1 << 14, 1 << 10


def centres_of(vectors: Stored, count: int) -> Vectors:
    """Return at most `count` unit centres, float32 [k, d], by spherical k-means on at most 256 rows a centre.

    None when no row has a vector (all zeros or not finite). Same vectors and count: same centres.
    """
    drawn = np.arange(len(vectors))
    if len(drawn) > count * _POINTS:
        drawn = np.sort(np.random.default_rng(_SEED).choice(drawn, count * _POINTS, replace=False))
    sample = _unit(vectors[drawn])
    sample = sample[sample.any(axis=1)]
    if count <= 1 or len(sample) <= count:
        return _unit(sample.mean(axis=0, keepdims=True)) if len(sample) else sample
    if device() != "cpu":
        return _centres_by_torch(sample, count)
    # Loading faiss and torch takes seconds, which other scorers need not wait for.
    import faiss

    learner = faiss.Kmeans(
        sample.shape[1],
        count,
        niter=_ROUNDS,
        spherical=True,
        seed=_SEED,
        max_points_per_centroid=_POINTS,
        min_points_per_centroid=1,
    )
    learner.train(sample)
    return _unit(np.asarray(learner.centroids))


def _centres_by_torch(sample: Vectors, count: int) -> Vectors:
    """Return `count` unit centres by spherical k-means where torch runs; an empty cluster takes the row worst served."""
    import torch

    rows = _on_device(sample)
    drawn = np.random.default_rng(_SEED).choice(len(sample), count, replace=False)
    centres = rows[torch.from_numpy(drawn).to(rows.device)]
    for _ in range(_ROUNDS):
        parts = [(block @ centres.T).max(dim=1) for block in rows.split(_BLOCK)]
        cosine, label = (torch.cat([part[place] for part in parts]) for place in (0, 1))
        sums = torch.zeros_like(centres).index_add_(0, label, rows)
        empty = torch.bincount(label, minlength=count) == 0
        sums[empty] = rows[cosine.topk(max(int(empty.sum()), 1), largest=False).indices[: int(empty.sum())]]
        centres = sums / sums.norm(dim=1, keepdim=True).clamp_min(1e-12)
    found: Vectors = centres.cpu().numpy()
    return found


def second_centre(vectors: Stored, centres: Vectors, rows: Places) -> NDArray[np.int32]:
    """Return the centre that is nearest but one to each of the rows, int32; -1 where there is one centre or none."""
    if len(centres) < 2 or not len(rows):
        return np.full(len(rows), -1, dtype=np.int32)
    products = _on_device(_unit(vectors[rows])) @ _on_device(centres).T
    second: NDArray[np.int32] = products.topk(2, dim=1).indices[:, 1].cpu().numpy().astype(np.int32)
    return second


def highest_product(vectors: Stored, row: int, others: Places) -> float:
    """Return the highest product of a row with others, -1 without any; rows of zeros count as 0."""
    if not len(others):
        return -1.0
    return float((_on_device(_unit(vectors[others])) @ _on_device(_unit(vectors[row : row + 1]))[0]).max())


def nearest_centre(vectors: Stored, centres: Vectors) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return each row's cluster, int32 [n], -1 without a vector, and its cosine to that centre, float64 [n]."""
    cluster, cosine = np.full(len(vectors), -1, dtype=np.int32), np.zeros(len(vectors))
    if not len(centres):
        return cluster, cosine
    target = _on_device(centres).T
    for start in range(0, len(vectors), _BLOCK):
        rows = _unit(vectors[start : start + _BLOCK])
        best, place = (_on_device(rows) @ target).max(dim=1)
        present, block = rows.any(axis=1), slice(start, start + len(rows))
        cluster[block] = np.where(present, place.cpu().numpy(), -1)
        cosine[block] = np.where(present, best.cpu().numpy(), 0)
    return cluster, cosine


def most_similar_earlier(
    vectors: Stored, cluster: NDArray[np.int32], order: Places
) -> tuple[NDArray[np.float32], Places]:
    """Return M_i = max(0, max_{j before i} x_i · x_j) of each row, float32 [n], and that row j, int64 [n].

    `order` lists the rows to compare, cluster after cluster; row j is before row i when it comes earlier in i's
    cluster, and among the last WINDOW there. The first of a cluster has 0 and itself; a row that is not listed NaN.
    """
    similarity, earlier = np.full(len(vectors), np.nan, dtype=np.float32), np.arange(len(vectors))
    cuts = np.flatnonzero(np.diff(cluster[order])) + 1
    for members in np.split(order, cuts) if len(order) else []:
        for start in range(0, len(members), _ROWS):
            mine = members[start : start + _ROWS]
            before = members[max(0, start - WINDOW) : start + len(mine)]
            best, place = _earlier_in(_unit(vectors[before]), len(mine))
            similarity[mine] = np.clip(best, 0, 1)
            earlier[mine] = np.where(best > 0, before[place], mine)
    return similarity, earlier


def _earlier_in(rows: Vectors, last: int) -> tuple[Vectors, Places]:
    """Return, for each of the last rows, its highest product with a row before it, and where that row is."""
    held = _on_device(rows)
    products = held[-last:] @ held.T
    behind = _on_device(np.triu(np.ones((last, len(rows)), dtype=np.bool_), k=len(rows) - last))
    best, place = products.masked_fill(behind, -1.0).max(dim=1)
    return best.cpu().numpy(), place.cpu().numpy()


def _on_device(values: NDArray[Any]) -> Any:
    import torch

    return torch.from_numpy(values).to(device())


def _unit(rows: NDArray[Any]) -> Vectors:
    """Return the rows at unit length; zeros for a row that has none or is not finite."""
    rows = rows.astype(np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    usable = np.isfinite(lengths) & (lengths > 0)
    unit: Vectors = np.divide(rows, lengths, out=np.zeros_like(rows), where=usable)
    return unit
