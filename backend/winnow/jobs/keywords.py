"""The keyword index follows the documents: new shards are added, a missing index is built anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from winnow.catalog.catalog import Catalog
from winnow.catalog.manifest import Part, weight
from winnow.catalog.publish import exclusive
from winnow.catalog.texts import part_batches
from winnow.index.keyword import KeywordIndex
from winnow.jobs.progress import Progress

Documents = tuple[NDArray[np.int64], list[str], dict[str, list[str | None]]]


def keyword_index(catalog: Catalog) -> KeywordIndex:
    """Return the index of a corpus, built or not."""
    return KeywordIndex(catalog.folder / "index" / "keywords")


def index_keywords(catalog: Catalog, progress: Progress) -> None:
    """Bring the index up to the documents."""
    if not _unindexed(catalog):
        return
    # Two commands that end at once both come here: the later one waits and finds little or nothing left to do.
    with exclusive(catalog.folder, "index", wait=True):
        index, missing = keyword_index(catalog), _unindexed(catalog)
        progress.stage("keyword index", weight(missing), "bytes")
        index.add(_documents(missing, progress))


def _unindexed(catalog: Catalog) -> list[Part]:
    index = keyword_index(catalog)
    last = index.last() if index.exists else -1
    return [part for part in catalog.manifest.parts() if part.first_id + part.documents - 1 > last]


def _documents(parts: Sequence[Part], progress: Progress) -> Iterator[Documents]:
    for part in parts:
        for batch in part_batches(part.path, ["doc_id", "text", "source", "url"]):
            names = {name: batch.column(name).to_pylist() for name in ("source", "url")}
            yield batch.column("doc_id").to_numpy(), batch.column("text").to_pylist(), names
            progress.advance(part.bytes * batch.num_rows / part.documents)
