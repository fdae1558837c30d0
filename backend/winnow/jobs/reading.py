"""What a selector reads of a large pool, counted while it reads: how far it is, and a moment at which it can be stopped."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.jobs.progress import Progress
from winnow.pool import Pool, Rows, Source, Stored


@dataclass
class Passes:
    """Tells of each pass over the documents by itself: how many a method makes is known to no one before it ends."""

    name: str
    documents: int
    progress: Progress
    done: int = field(default=0, init=False)
    number: int = field(default=0, init=False)

    def read(self, documents: int) -> None:
        if self.number == 0 or self.done + documents > self.documents:
            self.number, self.done = self.number + 1, 0
            again = f" again ({self.number})" if self.number > 1 else ""
            self.progress.stage(f"{self.name} reads the documents{again}", self.documents, "documents")
        self.done += documents
        self.progress.advance(documents)


def counted(pool: Pool, name: str, progress: Progress) -> Pool:
    """Return the same pool, of which every text and every vector left on the disk is counted when it is read."""
    passes, texts = Passes(name, len(pool), progress), pool.texts

    def read(doc_ids: Rows) -> pa.Array | pa.ChunkedArray:
        assert texts is not None
        passes.read(len(doc_ids))
        return texts(doc_ids)

    vectors = {
        model: Stored(_Counted(values.source, passes), values.rows) if isinstance(values, Stored) else values
        for model, values in pool.vectors.items()
    }
    return replace(pool, vectors=vectors, texts=read if texts else None)


@dataclass(frozen=True)
class _Counted:
    source: Source
    passes: Passes

    @property
    def shape(self) -> tuple[int, ...]:
        return self.source.shape

    def __getitem__(self, rows: Rows, /) -> NDArray[np.floating]:
        self.passes.read(len(rows))
        return self.source[rows]
