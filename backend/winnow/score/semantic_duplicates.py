"""Which documents mean nearly the same: their vectors point the same way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.method import Paper, param
from winnow.score.base import Values, vectors_of
from winnow.score.earlier import (
    WINDOW,
    Stored,
    Vectors,
    centres_of,
    highest_product,
    most_similar_earlier,
    nearest_centre,
    second_centre,
)
from winnow.score.intervals import wilson
from winnow.score.spool import spool
from winnow.score.twins import POLICIES, Floats, Ids, Twins, TwinScorer, ids_of, twins

CLUSTER_SIZE, PROBED = 1000, 1000
COVERAGE = pa.schema(
    [
        ("documents", pa.int64()),
        ("clusters", pa.int64()),
        ("largest_cluster", pa.int64()),
        ("beyond_window", pa.int64()),
        ("probed", pa.int64()),
        ("missed", pa.int64()),
        ("missed_share", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
    ]
)
"""How far the comparison reached: documents that some of their cluster were not compared with, and how many of a sample
without a twin have one in the cluster nearest but one, with a 95 % interval."""


@dataclass(frozen=True)
class Found:
    """What `prepare` learnt: for every doc_id, sorted, its similarity to an earlier one (NaN without a vector)."""

    doc_ids: Ids
    similarity: NDArray[np.float32]
    twins: Twins
    coverage: pa.Table


@dataclass(frozen=True, kw_only=True)
class SemanticDuplicates(TwinScorer):
    """Groups documents whose vectors are nearly parallel, cluster by cluster (SemDeDup).

    Spherical k-means puts like documents into clusters of about 1,000; within each they are put in the order of
    `policy`, the one to keep first, and the similarity of document i is M_i = max(0, max_{j<i} x_i · x_j) over the
    documents before it, kept or not (the 16,384 last ones in a cluster larger than that; the table "coverage" says how
    many documents that concerns). Documents with M_i > 1 - eps are dropped, and share the group of the document
    they are most similar to; so every group keeps exactly one. A larger eps drops more. A document may be dropped for
    one that is itself dropped; twins on two sides of a cluster's border are not seen: of 1,000 documents without a twin the table "coverage" says how
    many have one in the cluster nearest but one.

    `semantic_similarity` is M_i, so that another eps is a threshold on this column; `semantic_group` is the smallest
    doc_id of the group, null for a document without a twin; `semantic_keep` holds for one document of each group and
    for every document without a twin or without a vector.
    """

    name: ClassVar[str] = "semantic_duplicates"
    paper: ClassVar[Paper | None] = Paper(
        "SemDeDup: Data-efficient learning at web-scale through semantic deduplication", "2303.09540", 2023
    )
    default: ClassVar[bool] = False
    version: ClassVar[int] = 2

    eps: float = param(0.05, "Documents more similar than 1 - eps are the same; more are dropped.", low=0, high=1)
    model: str = param("static", "The encoder whose vectors are compared.")
    clusters: int = param(0, "How many clusters to compare within; 0 for one per 1,000 documents.", low=0)
    policy: str = param(
        "farthest",
        "Which document is kept: the farthest from or nearest to its cluster's centre, or as for near-duplicates.",
        choices=("farthest", "nearest", *POLICIES),
    )

    def columns(self) -> Mapping[str, pa.DataType]:
        return {
            "semantic_group": pa.int64(),
            "semantic_keep": pa.bool_(),
            "semantic_similarity": pa.float32(),
        }

    def needs(self) -> frozenset[str]:
        return super().needs() | {f"vectors:{self.model}"}

    def prepare(self, corpus: Iterable[pa.RecordBatch]) -> Found:
        """Compare the vectors, which wait in a temporary file of 2 bytes a number; holds about 60 bytes a document."""
        doc_ids, standing, width = [np.zeros(0, np.int64)], [np.zeros(0)], 1
        with spool(np.float16) as file:
            for batch in corpus:
                if batch.num_rows:
                    vectors = vectors_of(batch, self.model)
                    width = vectors.shape[1]
                    file.append(vectors)
                    doc_ids.append(ids_of(batch))
                    standing.append(self.standing(batch))
            ids = np.concatenate(doc_ids)
            stored = file.read().reshape(-1, width)
            similarity, earlier, coverage = self._compared(stored, ids, np.concatenate(standing))
            del stored
        close = np.nan_to_num(similarity) > 1 - self.eps
        roots = _roots(np.where(close, earlier, np.arange(len(ids))))
        by_id = np.argsort(ids)
        return Found(ids[by_id], similarity[by_id], twins(ids, roots, np.where(close, 0.0, 1.0)), coverage)

    def tables(self, prepared: Found) -> Mapping[str, pa.Table]:
        return {"coverage": prepared.coverage}

    def score(self, batch: pa.RecordBatch, prepared: Found) -> Mapping[str, Values]:
        ids = ids_of(batch)
        groups, kept = prepared.twins.of(ids)
        similarity = prepared.similarity[np.searchsorted(prepared.doc_ids, ids)]
        return {
            "semantic_group": groups,
            "semantic_keep": kept,
            "semantic_similarity": pa.array(similarity, pa.float32(), from_pandas=True),
        }

    def _compared(self, vectors: Stored, ids: Ids, standing: Floats) -> tuple[NDArray[np.float32], Ids, pa.Table]:
        centres = centres_of(vectors, self.clusters or max(1, round(len(ids) / CLUSTER_SIZE)))
        cluster, cosine = nearest_centre(vectors, centres)
        if self.policy in ("farthest", "nearest"):
            standing = cosine if self.policy == "nearest" else -cosine
        order = np.lexsort((ids, -np.nan_to_num(standing, nan=-np.inf), cluster))
        similarity, earlier = most_similar_earlier(vectors, cluster, order[cluster[order] >= 0])
        alone = np.flatnonzero((cluster >= 0) & ~(np.nan_to_num(similarity) > 1 - self.eps))
        alone = np.setdiff1d(alone, earlier[np.nan_to_num(similarity) > 1 - self.eps])
        probed = np.sort(np.random.default_rng(0).permutation(alone)[:PROBED])
        return similarity, earlier, self._coverage(vectors, centres, cluster, probed)

    def _coverage(self, vectors: Stored, centres: Vectors, cluster: NDArray[np.int32], probed: Ids) -> pa.Table:
        """Compare a sample of documents without a twin with those of the cluster nearest but one."""
        sizes = np.bincount(cluster[cluster >= 0]) if (cluster >= 0).any() else np.zeros(1, dtype=np.int64)
        by_cluster = np.argsort(cluster, kind="stable")
        edges = np.searchsorted(cluster[by_cluster], np.arange(len(centres) + 1))
        missed = 0
        for row, other in zip(probed.tolist(), second_centre(vectors, centres, probed).tolist(), strict=True):
            near = by_cluster[edges[other] : edges[other + 1]] if other >= 0 else by_cluster[:0]
            missed += highest_product(vectors, row, near) > 1 - self.eps
        low, high = wilson(missed, len(probed))
        row = (
            len(cluster),
            len(centres),
            int(sizes.max()),
            int(np.maximum(sizes - WINDOW, 0).sum()),
            len(probed),
            missed,
        )
        values = (*row, missed / max(len(probed), 1), low, high)
        return pa.Table.from_pylist([dict(zip(COVERAGE.names, values, strict=True))], schema=COVERAGE)


def _roots(parents: Ids) -> Ids:
    """Follow each row's parent up to the row that is its own."""
    while not np.array_equal(parents, above := parents[parents]):
        parents = above
    return parents
