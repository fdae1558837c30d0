"""The keyword index follows the documents: new shards are added, a missing index is built anew."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.catalog.catalog import Catalog
from winnow.catalog.manifest import Part
from winnow.catalog.publish import exclusive
from winnow.catalog.texts import part_batches
from winnow.index.keyword import KeywordIndex
from winnow.jobs.progress import Progress

Documents = tuple[NDArray[np.int64], list[str], dict[str, list[str | None]]]


def keywords_folder(catalog: Catalog) -> Path:
    return catalog.folder / "index" / "keywords"


def indexed_parts(catalog: Catalog) -> list[int]:
    """Return which shards the index on disk holds."""
    state = keywords_folder(catalog).with_suffix(".json")
    if not state.exists() or not keywords_folder(catalog).exists():
        return []
    parts: list[int] = json.loads(state.read_text())
    return parts


def index_keywords(catalog: Catalog, progress: Progress) -> None:
    """Bring the index up to the documents."""
    parts = catalog.manifest.parts()
    done = set(indexed_parts(catalog))
    missing = [part for part in parts if part.part not in done]
    if not missing:
        return
    with exclusive(catalog.folder, "index"):
        progress.stage("keyword index", sum(part.documents for part in missing), "documents")
        index = KeywordIndex(keywords_folder(catalog))
        batches = _documents(missing, progress)
        if done:
            index.add(batches)
        else:
            index.build(batches)
        state: list[Any] = [part.part for part in parts]
        keywords_folder(catalog).with_suffix(".json").write_text(json.dumps(state))


def _documents(parts: Sequence[Part], progress: Progress) -> Iterator[Documents]:
    for part in parts:
        for batch in part_batches(part.path, ["doc_id", "text", "source", "url"]):
            names = {name: batch.column(name).to_pylist() for name in ("source", "url")}
            yield batch.column("doc_id").to_numpy(), batch.column("text").to_pylist(), names
            progress.advance(batch.num_rows)
