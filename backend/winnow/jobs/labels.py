"""label: files of labels in and out, and what the labels say in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from winnow.catalog.catalog import Catalog
from winnow.catalog.labels import SKIP
from winnow.errors import InputError
from winnow.label.agreement import Agreement, pairwise
from winnow.label.exchange import LabelRow, read_labels, write_labels


@dataclass(frozen=True)
class LabelStats:
    """One schema in numbers: documents per person and value, and how far each two people agree."""

    schema: str
    counts: list[dict[str, object]]
    agreement: list[Agreement]


@dataclass(frozen=True)
class Imported:
    """How many labels were new, how many were there already, and which lines name no document."""

    new: int
    known: int
    unmatched: list[str]


def export_labels(catalog: Catalog, path: Path, schema: str) -> int:
    """Write every standing label of a schema and return how many; raises SettingError for an unknown schema."""
    catalog.labels.schema(schema)
    standing = catalog.labels.standing(schema)
    ids = catalog.texts.fetch([label.doc_id for label in standing], ["id"]).column("id").to_pylist() if standing else []
    return write_labels(path, ({**vars(label), "id": id} for label, id in zip(standing, ids, strict=True)))


def import_labels(catalog: Catalog, path: Path, schema: str, who: str) -> Imported:
    """Append the labels of a file; raises InputError for a file that is none, SettingError for an unknown value."""
    known = catalog.labels.schema(schema)
    rows = list(read_labels(path))
    bad = [row for row in rows if row.value not in (*known.values, SKIP)]
    if bad:
        raise InputError(
            f"{path}:{bad[0].line} says '{bad[0].value}'",
            f"schema '{schema}' knows {', '.join(known.values)}",
            "--schema NAME",
        )
    places = _doc_ids(catalog, rows)
    found = [(row, doc_id) for row, doc_id in zip(rows, places, strict=True) if doc_id is not None]
    new = catalog.labels.add_many(
        ({"doc_id": doc_id, "value": row.value, "uuid": row.uuid, "at": row.at, "who": row.who, "seconds": row.seconds}
         for row, doc_id in found), who=who, schema=schema,
    )  # fmt: skip
    unmatched = [str(row.id or row.doc_id) for row, doc_id in zip(rows, places, strict=True) if doc_id is None]
    return Imported(new, len(found) - new, unmatched)


def _doc_ids(catalog: Catalog, rows: Sequence[LabelRow]) -> list[int | None]:
    by_id = catalog.browse.ids_of([row.id for row in rows if row.id is not None])
    documents = catalog.manifest.documents()
    plain = [row.doc_id if row.doc_id is not None and 0 <= row.doc_id < documents else None for row in rows]
    # A document's own id is worth more than its number, which another corpus gives to another document.
    return [by_id.get(row.id) if row.id is not None else place for row, place in zip(rows, plain, strict=True)]


def label_stats(catalog: Catalog) -> list[LabelStats]:
    """Return every schema in numbers."""
    found = []
    for schema in catalog.labels.schemas():
        labels: dict[str, dict[int, str]] = {}
        for label in catalog.labels.standing(schema):
            if label.value not in (None, SKIP):
                labels.setdefault(label.who, {})[label.doc_id] = str(label.value)
        found.append(LabelStats(schema, catalog.labels.counts(schema), pairwise(labels)))
    return found
