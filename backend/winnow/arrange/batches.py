"""Batches of one cluster each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from winnow.arrange.base import Arranged, Entries, Order
from winnow.method import Paper, param
from winnow.pool import Rows


@dataclass(frozen=True, kw_only=True)
class ClusterBatches(Order):
    """Every batch holds documents of one cluster of one source, and batches come in random order.

    The n_c documents of each (source, cluster) are shuffled and cut into floor(n_c / size) full batches; the
    n_c mod size left over are pooled, shuffled and cut into mixed batches that come last, or dropped. A second copy of a
    document never shares a batch of one cluster with the first. Made for training *embedding models*, where it gives
    harder negatives within a batch; for language models no paper supports it, and equal batches raise the variance of
    gradients. Remove near-duplicates first: they would be false negatives.
    Source: arXiv 2407.18887. A reconstruction: the paper clusters inside each source with k = 10; here the corpus's
    clusters are crossed with its sources.
    """

    name: ClassVar[str] = "cluster_batches"
    reconstruction: ClassVar[bool] = True
    paper: ClassVar[Paper] = Paper(
        "Embedding And Clustering Your Data Can Improve Contrastive Pretraining", "2407.18887", 2024
    )
    marks: ClassVar[tuple[str, ...]] = ("batch",)

    cluster: str = param("cluster_name", "The column of clusters.", column="group")
    source: str = param("source", "The column of sources, which batches do not mix either; empty mixes them.")
    size: int = param(256, "How many documents a batch holds.", low=1)
    leftovers: str = param(
        "pool",
        "Documents that fill no batch go into mixed batches at the end, or are dropped.",
        choices=("pool", "drop"),
    )

    def needs(self) -> frozenset[str]:
        return frozenset({self.cluster, self.source} - {""})

    def arrange(self, entries: Entries) -> Arranged:
        chance, groups = entries.order("cluster_batches"), self._groups(entries)
        order = np.lexsort((chance, groups))
        starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
        counts = np.diff(starts, append=len(order))
        rank = np.arange(len(order)) - np.repeat(starts, counts)
        full = rank < np.repeat(counts // self.size * self.size, counts)
        batches = order[full].reshape(-1, self.size)
        batches = batches[np.argsort(entries.order("batches")[batches[:, 0]], kind="stable")]
        left = order[~full]
        left = left[np.argsort(chance[left], kind="stable")] if self.leftovers == "pool" else left[:0]
        places = np.concatenate([batches.ravel(), left])
        figures = {"batches of one cluster": len(batches), "documents left over": int((~full).sum())}
        return Arranged(places, {"batch": np.arange(len(places)) // self.size}, figures)

    def _groups(self, entries: Entries) -> Rows:
        """Return one number per (copy, source, cluster), int64 [m]; missing names are a group of their own."""
        number = entries.copy.astype(np.int64)
        for column in [self.source] if self.source else []:
            names = entries.group(column)
            number = number * (len(names.names) + 1) + names.codes + 1
        clusters = entries.group(self.cluster)
        found: Rows = number * (len(clusters.names) + 1) + clusters.codes + 1
        return found
