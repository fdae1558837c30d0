"""label: answers in and back, files of labels in and out, and what the labels say in numbers."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from winnow.catalog.catalog import Catalog
from winnow.catalog.filters import Filter
from winnow.catalog.labels import SKIP, Answer, Undone
from winnow.errors import ConflictError, InputError, SettingError
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
        labels: dict[str, dict[Hashable, str]] = {}
        for label in catalog.labels.standing(schema):
            if label.value not in (None, SKIP):
                labels.setdefault(label.who, {})[label.doc_id, label.other] = str(label.value)
        found.append(LabelStats(schema, catalog.labels.counts(schema), pairwise(labels)))
    return found


@dataclass(frozen=True)
class Progress:
    """How far a question is: own answers, own skipped ones, everybody's answers, and the people with theirs."""

    answered: int
    skipped: int
    team: int
    people: dict[str, int]


def answer(
    catalog: Catalog,
    question: str,
    doc_id: int,
    value: Answer,
    annotator: str,
    *,
    other: int | None = None,
    seconds: float | None = None,
    uuid: str | None = None,
) -> int:
    """Keep a person's answer and return its number; the same uuid again changes nothing.

    `value` is a word, a list of words, or a list of {"start", "end", "tag"}, as the question asks. Raises SettingError.
    """
    schema = catalog.labels.schema(question)
    if schema.kind == "spans" and value != SKIP:
        length = len(catalog.texts.texts([doc_id])[0]) if 0 <= doc_id < catalog.manifest.documents() else 0
        beyond = [span for span in schema.read(schema.written(value)) if span["end"] > length]
        if beyond:
            raise SettingError(
                "a passage lies within its text", f"document {doc_id} has {length:,} characters, not {beyond[0]['end']:,}",
                "count code points",
            )  # fmt: skip
    return catalog.labels.add(doc_id, value, who=annotator, schema=question, other=other, seconds=seconds, uuid=uuid)


def answer_all(
    catalog: Catalog,
    question: str,
    value: Answer,
    annotator: str,
    *,
    filter: Filter,
    expected: int,
    again: bool = False,
) -> int:
    """Give every document of a filter one answer, as one step of the log, and return how many there were.

    Documents that this person answered before are left alone unless `again`. Raises ConflictError when there are not
    as many as `expected`: somebody changed the corpus or its labels meanwhile.
    """
    doc_ids = to_answer(catalog, question, annotator, filter=filter, again=again)
    if len(doc_ids) != expected:
        raise ConflictError(
            f"{expected:,} documents were to be labelled", f"there are {len(doc_ids):,} now", "look at the count again"
        )
    return catalog.labels.add_to_all(doc_ids, value, who=annotator, schema=question)


def to_answer(
    catalog: Catalog, question: str, annotator: str, *, filter: Filter, again: bool = False
) -> NDArray[np.int64]:
    """Return the documents of a filter that `answer_all` would label."""
    catalog.labels.schema(question)
    doc_ids = catalog.browse.doc_ids(filter)
    if again:
        return doc_ids
    answered, who = catalog.labels.answered(question)
    return doc_ids[~np.isin(doc_ids, answered[who == annotator])]


def undo(catalog: Catalog, question: str, annotator: str, *, uuid: str | None = None) -> Undone:
    """Take back a person's newest step, one answer or one for many documents; the same uuid again changes nothing."""
    return catalog.labels.undo_step(who=annotator, schema=question, uuid=uuid)


def progress(catalog: Catalog, question: str, annotator: str) -> Progress:
    """Count a question's answers: a person's own, and everybody's."""
    people: dict[str, int] = {}
    skipped = 0
    for row in catalog.labels.counts(question):
        if row["value"] == SKIP:
            skipped += row["documents"] if row["who"] == annotator else 0
        else:
            people[row["who"]] = people.get(row["who"], 0) + row["documents"]
    return Progress(people.get(annotator, 0), skipped, sum(people.values()), people)
