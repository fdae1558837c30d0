"""The map: documents as points in the plane, near when their vectors are near."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from winnow.cluster.vectors import Vectors, blocks, sample_rows, unit

SAMPLE = 20_000
COMPONENTS = 50
NEIGHBOURS = 15
PLACED_BY = 8
NEGATIVES = 5
EPOCHS = 200
PARTS = 4
SMALL = 50
ISLAND = 0.03
"""Map distance within which neighbours agree on a place."""
SAME = 1e-5
"""Squared distance up to which two rows are the same document."""
FEW_ROWS = 300_000
CELLS = 128
# The curve 1 / (1 + a · r^(2b)) that stays near 1 up to r = 0.1 and then falls like exp(-(r - 0.1)).
CURVE_A, CURVE_B = 1.577, 0.895
EDGE = 0.95
"""Coordinates that all but one point in a thousand stay within."""

Plane = NDArray[np.float32]


def layout(
    vectors: Vectors, *, seed: int = 0, sample: int = SAMPLE, progress: Callable[[float], None] = lambda share: None
) -> Plane:
    """Return map coordinates, float32 [n, 2] within [-1, 1].

    A sample of at most 20,000 distinct rows is laid out by UMAP's objective (arXiv 1802.03426): a fuzzy graph of 15
    nearest neighbours in the first 50 principal components, attraction along its edges and repulsion from random
    points. Every other row goes where most of its nearest sample rows lie. Fewer than 50 distinct rows: their first two
    principal components. A row without a vector lies in the lower left corner. Same seed, same map.
    """
    total = vectors.shape[0]
    rng = np.random.default_rng(seed)
    rows = unit(vectors[sample_rows(total, sample, rng)])
    rows = np.unique(rows[rows.any(axis=1)], axis=0)
    if not len(rows):
        return np.full((total, 2), -1, dtype=np.float32)
    mean, axes = _principal(rows)
    reduced = _project(rows, mean, axes)
    progress(0.05)
    plane = _scaled(_fit(reduced, rng, lambda share: progress(0.05 + 0.75 * share)))
    index = _index(reduced, many=total > FEW_ROWS)
    placed = np.empty((total, 2), dtype=np.float32)
    for place, block in blocks(vectors):
        block = unit(block)
        there = _place(_project(block, mean, axes), index, plane)
        placed[place] = np.where(block.any(axis=1, keepdims=True), there, -1)
        progress(0.8 + 0.2 * place.stop / total)
    return placed


def _principal(rows: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the mean [d] and the first principal axes [d, c], each with its largest entry positive."""
    mean = rows.mean(axis=0)
    centred = rows - mean
    _, axes = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    axes = axes[:, ::-1][:, : min(COMPONENTS, axes.shape[1])]
    signs = np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    return mean, (axes * signs).astype(np.float32)


def _project(rows: Plane, mean: Plane, axes: Plane) -> Plane:
    return np.asarray((rows - mean) @ axes, dtype=np.float32)


def _fit(reduced: NDArray[np.float32], rng: np.random.Generator, progress: Callable[[float], None]) -> Plane:
    start = np.zeros((len(reduced), 2), dtype=np.float32)
    start[:, : min(2, reduced.shape[1])] = reduced[:, :2]
    if len(reduced) < SMALL:
        return start
    graph = _fuzzy_graph(reduced)
    start *= 10 / np.abs(start).max()
    start += rng.normal(scale=1e-3, size=start.shape).astype(np.float32)
    return _descend(start, graph, rng, progress)


def _fuzzy_graph(reduced: NDArray[np.float32]) -> sparse.coo_array:
    """Return each pair (i < j) of neighbours once, weighted by p + q - p·q, p and q the two directions' weights.

    A neighbour at distance r weighs exp(-(r - r_1) / σ), r_1 the nearest, σ such that a row's weights sum to log2(15).
    """
    count = min(NEIGHBOURS, len(reduced) - 1)
    squares, near = faiss.knn(reduced, reduced, count + 1)
    # Rounding may put another row before the row itself.
    own = near == np.arange(len(near))[:, None]
    own[~own.any(axis=1), -1] = True
    near = near[~own].reshape(-1, count)
    apart = np.sqrt(np.maximum(squares[~own].reshape(-1, count), 0))
    beyond = apart - apart.min(axis=1, keepdims=True)
    low, high = np.zeros((len(near), 1)), np.full((len(near), 1), 4 * float(apart.max()) + 1e-6)
    for _ in range(40):
        width = (low + high) / 2
        wide = np.exp(-beyond / width).sum(axis=1, keepdims=True) > np.log2(count)
        low, high = np.where(wide, low, width), np.where(wide, width, high)
    weight = np.exp(-beyond / np.maximum(high, 1e-3 * apart.mean()))
    ends = (np.repeat(np.arange(len(near)), count), near.ravel())
    one_way = sparse.csr_array((weight.ravel(), ends), shape=(len(near), len(near)))
    both = one_way + one_way.T - one_way.multiply(one_way.T)
    return sparse.coo_array(sparse.triu(both, 1))


def _descend(
    start: Plane, graph: sparse.coo_array, rng: np.random.Generator, progress: Callable[[float], None]
) -> Plane:
    """Move points along UMAP's gradient, each edge drawn in proportion to its weight, steps shrinking to nothing."""
    head, tail = graph.coords
    chance = (graph.data / graph.data.max()).astype(np.float32)
    plane, total = np.ascontiguousarray(start.T), len(start)
    for epoch in range(EPOCHS):
        step = 1 - epoch / EPOCHS
        drawn = np.flatnonzero(rng.random(len(chance), dtype=np.float32) < chance)
        # In parts, because all edges of a point at once would carry it past its neighbours.
        for edges in np.array_split(rng.permutation(drawn), PARTS):
            one, two = head[edges], tail[edges]
            pull = _attraction(plane[:, one] - plane[:, two])
            pushed = np.concatenate([one, two]).repeat(NEGATIVES)
            push = _repulsion(plane[:, pushed] - plane[:, rng.integers(total, size=len(pushed))])
            for axis in range(2):
                move = np.bincount(one, pull[axis], total) - np.bincount(two, pull[axis], total)
                move += np.bincount(pushed, push[axis], total)
                plane[axis] += step * move
        progress((epoch + 1) / EPOCHS)
    return np.asarray(plane.T, dtype=np.float32)


def _attraction(apart: Plane) -> Plane:
    """Return the pull of an edge on its first end, float32 [2, m]: -2ab·r^(2b-2) / (1 + a·r^(2b)) · (x - y)."""
    squared = np.maximum(apart[0] ** 2 + apart[1] ** 2, 1e-9)
    power = np.exp((CURVE_B - 1) * np.log(squared))
    pull: Plane = -2 * CURVE_A * CURVE_B * power / (1 + CURVE_A * power * squared) * apart
    return pull.clip(-4, 4)


def _repulsion(apart: Plane) -> Plane:
    """Return the push of a random point, float32 [2, m]: 2b / ((0.001 + r²)(1 + a·r^(2b))) · (x - y)."""
    squared = np.maximum(apart[0] ** 2 + apart[1] ** 2, 1e-9)
    power = np.exp(CURVE_B * np.log(squared))
    push: Plane = 2 * CURVE_B / ((1e-3 + squared) * (1 + CURVE_A * power)) * apart
    return push.clip(-4, 4)


def _scaled(plane: Plane) -> Plane:
    """Centre the map, bring nearly all of it within the edge and the stragglers to the border."""
    low, high = np.quantile(plane, [0.001, 0.999], axis=0)
    reach = float((high - low).max()) / 2
    scale = EDGE / reach if reach > 0 else 0.0
    return np.asarray(((plane - (low + high) / 2) * scale).clip(-1, 1), dtype=np.float32)


def _index(sample: NDArray[np.float32], *, many: bool) -> Any:
    """Return the index that finds nearest sample rows: exact, or for many rows one that looks into a part of them."""
    width = sample.shape[1]
    if not many or len(sample) < 100 * CELLS:
        index: Any = faiss.IndexFlatL2(width)
    else:
        index = faiss.index_factory(width, f"IVF{CELLS},Flat")
        index.nprobe = max(1, CELLS // 12)
        index.train(sample)
    index.add(sample)
    return index


def _place(rows: NDArray[np.float32], index: Any, plane: Plane) -> Plane:
    """Return coordinates by the nearest sample rows, weighted by nearness and by agreement on the place.

    A plain mean would set a row whose neighbours lie on two islands into the sea between them.
    """
    squares, near = index.search(np.ascontiguousarray(rows), min(PLACED_BY, len(plane)))
    apart = np.sqrt(np.maximum(squares, 0))
    beyond = apart - apart[:, :1]
    weight = np.exp(-beyond / np.maximum(beyond.mean(axis=1, keepdims=True), 1e-6))
    there = plane[near]
    between = ((there[:, :, None] - there[:, None, :]) ** 2).sum(axis=-1)
    agree = np.exp(-between / (2 * ISLAND**2)) * weight[:, None, :]
    best = (agree.sum(axis=2) * weight).argmax(axis=1)
    share = agree[np.arange(len(near)), best]
    placed = (share[:, :, None] * there).sum(axis=1) / share.sum(axis=1, keepdims=True)
    return np.asarray(np.where(squares[:, :1] < SAME, there[:, 0], placed), dtype=np.float32)
