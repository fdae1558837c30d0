"""Which documents say nearly the same: word for word, but for some changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from winnow.method import Paper, param
from winnow.score.base import SketchScorer, Values
from winnow.score.folded import Hashes
from winnow.score.jaccard import similarities
from winnow.score.minhash import Shingles, band_keys, shingles
from winnow.score.spool import spool
from winnow.score.twins import Floats, Ids, Twins, TwinScorer, ids_of, twins


class Signed(NamedTuple):
    """A batch's doc_ids, their standing under the policy, their band keys and whether they have a shingle at all."""

    doc_ids: Ids
    standing: Floats
    keys: Hashes
    filled: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class NearDuplicates(TwinScorer, SketchScorer):
    """Groups documents that share most of their wording, by MinHash and locality-sensitive hashing.

    A document is the set of its runs of `shingle_words` words after simplification (lower case, digits 0, punctuation
    and white space one space). Documents that agree in all `rows` MinHashes of one of `bands` bands are a pair: of
    pairs with Jaccard similarity s, 1 - (1 - s^rows)^bands are found (14 x 8: .56 at .7, .92 at .8, 1.00 at .9), and
    few below the knee (1/bands)^(1/rows) = .72. With `verify` above 0 the Jaccard similarity of every pair is counted
    and pairs below it are left out; this reads the corpus twice. Groups are connected components: two members need
    not be alike when a third lies between them.

    `near_group` is the smallest doc_id of the group, null for a document without a twin; `near_keep` holds for one
    document of each group, chosen by `policy`, and for every document without a twin, also for one too short to have
    a run of words.
    """

    name: ClassVar[str] = "near_duplicates"
    paper: ClassVar[Paper | None] = Paper(
        "The FineWeb Datasets: Decanting the Web for the Finest Text Data at Scale", "2406.17557", 2024
    )

    shingle_words: int = param(5, "How many words in a row are compared as one.", low=1, high=100)
    bands: int = param(14, "More bands find more pairs.", low=1, high=1000)
    rows: int = param(8, "More rows a band find fewer pairs, and more alike ones.", low=1, high=100)
    min_words: int = param(5, "Documents of fewer words have no near-duplicates.", low=1)
    verify: float = param(
        0.0, "The least Jaccard similarity of a pair, counted exactly; 0 for no count.", low=0, high=1
    )

    def columns(self) -> Mapping[str, pa.DataType]:
        return {"near_group": pa.int64(), "near_keep": pa.bool_()}

    def needs(self) -> frozenset[str]:
        return super().needs() | {"text"}

    def sketch(self, batch: pa.RecordBatch) -> Signed:
        """Sign every document: 8 bytes a band and 17 more."""
        found = self.shingles(batch)
        keys = band_keys(found, self.bands, self.rows)
        return Signed(ids_of(batch), self.standing(batch), keys, np.diff(found.bounds) > 0)

    def learn(self, sketches: Iterable[Signed], corpus: Iterable[pa.RecordBatch]) -> Twins:
        """Join the pairs; holds 17 bytes a document and 16 more a pair, and 8 a band in a temporary file."""
        columns: list[tuple[Ids, Floats, NDArray[np.bool_]]] = [
            (np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.bool_))
        ]
        with spool(np.uint64) as keys:
            for ids, standing, found, signed in sketches:
                columns.append((ids, standing, signed))
                keys.append(found)
            ids, standing, signed = (np.concatenate(column) for column in zip(*columns, strict=True))
            rows = np.flatnonzero(signed)
            pairs = candidates(keys.read().reshape(-1, self.bands), rows, every=self.verify > 0)
        if self.verify > 0 and len(pairs):
            pairs = pairs[similarities(pairs, self._shingles_of(np.unique(pairs), corpus)) >= self.verify]
        return twins(ids, components(pairs, len(ids)), standing)

    def score(self, batch: pa.RecordBatch, prepared: Twins) -> Mapping[str, Values]:
        groups, kept = prepared.of(ids_of(batch))
        return {"near_group": groups, "near_keep": kept}

    def shingles(self, batch: pa.RecordBatch) -> Shingles:
        """Return the shingles of each text of the batch."""
        return shingles(batch.column("text"), self.shingle_words, self.min_words)

    def _shingles_of(self, places: Ids, corpus: Iterable[pa.RecordBatch]) -> Iterator[Shingles]:
        """Yield the shingles of each batch, none for documents that are not at one of the places."""
        seen = 0
        for batch in corpus:
            rows = places[(places >= seen) & (places < seen + batch.num_rows)] - seen
            found, counts = self.shingles(batch.take(pa.array(rows))), np.zeros(batch.num_rows, dtype=np.int64)
            counts[rows] = np.diff(found.bounds)
            yield Shingles(found.hashes, np.concatenate([[0], np.cumsum(counts)]))
            seen += batch.num_rows


def candidates(keys: Hashes, rows: Ids | None = None, *, every: bool = False) -> Ids:
    """Return pairs of rows (of those named, or all) that share a key in some column, int64 [m, 2]: neighbours in key order.

    The neighbours join the same components as all pairs would, in linear memory. `every` adds each row's pair with
    the first of its key, so that a pair stays joined when a neighbour between them is left out.
    """
    found = [np.zeros((0, 2), dtype=np.int64)]
    for whole in keys.T:
        column = whole if rows is None else whole[rows]
        order = np.argsort(column, kind="stable")
        same = column[order[1:]] == column[order[:-1]]
        found.append(np.column_stack((order[:-1][same], order[1:][same])))
        if every:
            firsts = np.flatnonzero(np.append(True, ~same))[: len(order)]
            heads = np.repeat(order[firsts], np.diff(np.append(firsts, len(order))))[1:][same]
            found.append(np.column_stack((heads, order[1:][same])))
    pairs = np.concatenate(found) if rows is None else rows[np.concatenate(found)]
    if not every:
        return pairs
    return np.column_stack(np.divmod(np.unique(pairs[:, 0] * len(keys) + pairs[:, 1]), len(keys)))


def components(pairs: Ids, total: int) -> NDArray[np.int32]:
    """Return one label per row: rows joined by a chain of pairs have the same."""
    ones = np.ones(len(pairs), dtype=np.int32)
    graph = csr_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(total, total))
    labels: NDArray[np.int32] = connected_components(graph, directed=False)[1]
    return labels
