"""One document with everything known about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from winnow.catalog.building import nested
from winnow.catalog.catalog import Catalog
from winnow.catalog.labels import Label
from winnow.catalog.texts import read_rows, shard_of


@dataclass(frozen=True)
class Span:
    """A place in a text, in code points, end exclusive, and what was found there."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Document:
    """A document as its page shows it. `spans` is per column ("pii_spans"); `meta` holds the columns it came with."""

    doc_id: int
    text: str
    values: Mapping[str, Any]
    spans: Mapping[str, list[Span]]
    meta: Mapping[str, Any]
    labels: list[Label]


def read_document(catalog: Catalog, doc_id: int) -> Document:
    """Return one document; raises QueryError when there is none."""
    values = catalog.browse.values(doc_id)
    row = catalog.texts.fetch([doc_id], ["text", "meta"]).to_pylist()[0]
    meta = orjson.loads(row["meta"]) if row["meta"] else {}
    return Document(doc_id, row["text"] or "", values, _spans(catalog, doc_id), meta, catalog.labels.history(doc_id))


def _spans(catalog: Catalog, doc_id: int) -> dict[str, list[Span]]:
    part = shard_of(catalog.manifest.parts(), doc_id)
    found: dict[str, list[Span]] = {}
    if part is None:
        return found
    for run in catalog.manifest.runs("columns", part=part.part):
        columns = [name for name, kind in run.columns.items() if nested(kind) and name.endswith("_spans")]
        if part.part not in run.paths or not columns:
            continue
        table = read_rows(run.paths[part.part], np.array([doc_id - part.first_id], dtype=np.int64), columns)
        for name in columns:
            found[name] = [Span(**span) for span in table.column(name)[0].as_py() or []]
    return found
