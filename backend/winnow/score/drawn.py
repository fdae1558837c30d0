"""Documents drawn from a corpus that is read once: which ones depends on their numbers and a seed alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.pool import Hashes, Pool, Rows
from winnow.score.base import vectors_of


@dataclass(frozen=True, eq=False)
class Drawn:
    """Documents in the order they were drawn; `vectors` are [n, d], or [n, 0] where none were asked for."""

    doc_ids: Rows
    texts: pa.LargeStringArray
    vectors: NDArray[np.float32]

    def take(self, count: int) -> Drawn:
        """Return the first so many of them."""
        return Drawn(self.doc_ids[:count], self.texts.slice(0, count), self.vectors[:count])

    def of(self, rows: Rows) -> Drawn:
        """Return those of some rows, in their order; a row may come again."""
        return Drawn(self.doc_ids[rows], self.texts.take(pa.array(rows)), self.vectors[rows])


def drawn(
    corpus: Iterable[pa.RecordBatch],
    count: int,
    seed: int,
    beginnings: Callable[[pa.Array], pa.Array],
    model: str = "",
) -> Drawn:
    """Draw so many documents with any text: those with the lowest hash(seed, doc_id), lowest first.

    The order of the corpus changes nothing. Memory: the beginnings, and the vectors of `model`, of twice as many
    documents and of a batch.
    """
    kept: list[_Part] = []
    for batch in corpus:
        part = _Part.of(batch, seed, beginnings, model)
        kept.append(part.lowest(count))
        if sum(len(part.keys) for part in kept) > 2 * count:
            kept = [_Part.joined(kept).lowest(count)]
    found = _Part.joined(kept).lowest(count) if kept else None
    if found is None:
        empty = np.zeros((0, 0), dtype=np.float32)
        return Drawn(np.zeros(0, dtype=np.int64), pa.array([], pa.large_string()), empty)
    return Drawn(found.doc_ids, found.texts, found.vectors)


@dataclass(frozen=True, eq=False)
class _Part:
    keys: Hashes
    doc_ids: Rows
    texts: pa.LargeStringArray
    vectors: NDArray[np.float32]

    @classmethod
    def of(cls, batch: pa.RecordBatch, seed: int, beginnings: Callable[[pa.Array], pa.Array], model: str) -> _Part:
        ids = batch.column("doc_id").to_numpy().astype(np.int64)
        pool = Pool(ids, np.ones(len(ids), dtype=np.int64))
        vectors = vectors_of(batch, model) if model else np.zeros((len(ids), 0), dtype=np.float32)
        texts = beginnings(batch.column("text"))
        some = np.flatnonzero(pc.greater(pc.binary_length(texts), 0).to_numpy(zero_copy_only=False))
        return cls(pool.hashes(seed, "drawn"), ids, texts, vectors).take(some)

    @classmethod
    def joined(cls, parts: list[_Part]) -> _Part:
        return cls(
            np.concatenate([part.keys for part in parts]),
            np.concatenate([part.doc_ids for part in parts]),
            pa.concat_arrays([part.texts for part in parts]),
            np.concatenate([part.vectors for part in parts]),
        )

    def lowest(self, count: int) -> _Part:
        return self.take(np.argsort(self.keys, kind="stable")[:count])

    def take(self, rows: Rows) -> _Part:
        return _Part(self.keys[rows], self.doc_ids[rows], self.texts.take(pa.array(rows)), self.vectors[rows])
