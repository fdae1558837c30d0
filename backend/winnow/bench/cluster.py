"""How long k-means takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from winnow.bench.base import Benchmark, Figure, Peer, installed
from winnow.bench.material import Material
from winnow.bench.meter import take
from winnow.cluster.kmeans import kmeans
from winnow.embed.static import StaticEncoder
from winnow.method import param


@dataclass(frozen=True, kw_only=True)
class ClusterSpeed(Benchmark):
    """Times spherical k-means of the documents' static vectors, beside scikit-learn's KMeans on the same vectors.

    Both figures come with the mean cosine of a document to its centre, so that a faster answer is seen to be as good.
    """

    name: ClassVar[str] = "cluster"
    quick: ClassVar[Mapping[str, Any]] = {"k": 2}
    documents: ClassVar[int] = 20_000
    k: int = param(100, "Clusters.", low=2)

    def measure(self, material: Material) -> Iterator[Figure]:
        from sklearn.cluster import KMeans

        vectors = StaticEncoder().embed(material.texts)
        n = f"{len(vectors):,} vectors, {self.k} clusters"
        mine = take(lambda: kmeans(vectors, self.k))
        theirs = take(lambda: KMeans(self.k, n_init=1, random_state=0).fit(vectors))
        library = installed("scikit-learn") or "scikit-learn"
        centres = theirs.made.cluster_centers_[theirs.made.labels_]
        cosine = (vectors * centres).sum(axis=1) / np.linalg.norm(centres, axis=1)
        peer = Peer(f"{library} KMeans", theirs.processor)
        yield Figure("k-means", mine.processor, "s", n, memory=mine.memory, peer=peer)
        fit = float(mine.made.similarity.mean())
        yield Figure("mean cosine to the centre", fit, "", n, peer=Peer(f"{library} KMeans", float(cosine.mean())))
