"""From vectors to everything a person sees of the clusters: groups on two levels, their names, the map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from winnow.cluster.hierarchy import group
from winnow.cluster.kmeans import Clusters, default_k, kmeans
from winnow.cluster.map2d import layout
from winnow.cluster.naming import DOCUMENTS, name_clusters
from winnow.cluster.words import CHARACTERS
from winnow.embed.matrix import Matrix
from winnow.errors import SettingError

WORDLESS = "no words"
"""The name of the cluster of documents without a vector, such as those that are empty."""
READ_AT_ONCE = 2_000
READ_IN_ALL = 40_000

Texts = Callable[[NDArray[np.int64]], Sequence[str]]
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Arrangement:
    """Where each document stands.

    `cluster` int32 [n] in [0, k), the largest first; `top` int32 [k], the group of each cluster; `names` and
    `top_names`, each without repeats; `map_xy` float32 [n, 2] in [-1, 1]; `centres` float32 [k, d], unit length;
    `similarity` float32 [n], the cosine of each document to its centre. If there are documents without a vector, the
    last cluster and the last group are theirs alone, called "no words", with a centre of zeros.
    """

    cluster: NDArray[np.int32]
    top: NDArray[np.int32]
    names: tuple[str, ...]
    top_names: tuple[str, ...]
    map_xy: NDArray[np.float32]
    centres: NDArray[np.float32]
    similarity: NDArray[np.float32]


def arrange(
    vectors: Matrix | NDArray[np.floating] | Sequence[NDArray[np.floating]],
    sample_texts: Texts,
    *,
    k: int | None = None,
    seed: int = 0,
    progress: Progress = lambda share, what: None,
) -> Arrangement:
    """Cluster, name and map documents from their vectors float [n, d], whole or in parts.

    `sample_texts(rows)` returns the texts of ascending rows; it is asked for at most 40,000, 2,000 at a time. `k`
    defaults to √n / 1.5 within [2, 500]; fewer clusters come back when there are fewer distinct vectors.
    `progress(share, what)` is told the share of all work done. Raises SettingError for k below one.
    """
    if k is not None and k < 1:
        raise SettingError("clusters number at least one", f"found k = {k}", "leave -k out for the default")
    if not isinstance(vectors, np.ndarray) and not isinstance(vectors, Matrix):
        vectors = Matrix(vectors)
    total = vectors.shape[0]
    found = kmeans(vectors, k or default_k(total), seed=seed, progress=_part(progress, 0.0, 0.2, "finding clusters"))
    top = group(found.centres, found.sizes())
    names, top_names = _named(found, top, sample_texts, seed, _part(progress, 0.2, 0.45, "naming clusters"))
    plane = layout(vectors, seed=seed, progress=_part(progress, 0.45, 1.0, "drawing the map"))
    cluster, centres = found.cluster, found.centres
    if (cluster < 0).any():
        cluster = np.where(cluster < 0, len(centres), cluster).astype(np.int32)
        centres = np.concatenate([centres, np.zeros((1, centres.shape[1]), dtype=np.float32)])
        top = np.append(top, len(top_names)).astype(np.int32)
        names, top_names = (*names, WORDLESS), (*top_names, WORDLESS)
    return Arrangement(cluster, top, names, top_names, plane, centres, found.similarity)


def _named(
    found: Clusters, top: NDArray[np.int32], sample_texts: Texts, seed: int, progress: Callable[[float], None]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    rows = _readers(found.cluster, len(found.centres), seed)
    texts: list[str] = []
    for start in range(0, len(rows), READ_AT_ONCE):
        texts.extend(text[:CHARACTERS] for text in sample_texts(rows[start : start + READ_AT_ONCE]))
        progress(0.7 * len(texts) / len(rows))
    names = name_clusters(texts, found.cluster[rows], top, found.sizes())
    progress(1.0)
    return names


def _readers(cluster: NDArray[np.int32], k: int, seed: int) -> NDArray[np.int64]:
    """Draw up to 200 rows of each cluster, fewer where there are many clusters; ascending."""
    each = min(DOCUMENTS, READ_IN_ALL // max(1, k))
    shuffled = np.random.default_rng(seed).permutation(len(cluster))
    order = shuffled[np.argsort(cluster[shuffled], kind="stable")]
    ordered = cluster[order]
    rank = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    return np.sort(order[(rank < each) & (ordered >= 0)])


def _part(progress: Progress, start: float, stop: float, what: str) -> Callable[[float], None]:
    return lambda share: progress(start + (stop - start) * share, what)
