"""label: answers in and back, files of labels in and out, and what the labels say in numbers."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from winnow.catalog.catalog import Catalog
from winnow.catalog.filters import Filter
from winnow.catalog.label_schemas import KINDS
from winnow.catalog.labels import FINAL, GOLD, SKIP, Answer, LabelSchema, Undone
from winnow.errors import ConflictError, InputError, SettingError, nearest
from winnow.label.agreement import Agreement, pairwise
from winnow.label.argilla import read_argilla, write_argilla
from winnow.label.exchange import LabelRow, read_labels, write_labels, write_whole
from winnow.label.label_studio import read_label_studio, write_label_studio

FORMATS = {
    "jsonl": "one label a line, with everything the log holds",
    "argilla": "records with responses, as Argilla writes them",
    "label-studio": "tasks with annotations, as Label Studio writes them",
    "pairs": "judged pairs, as raters learn from them",
}


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


def export_labels(catalog: Catalog, path: Path, schema: str, *, format: str = "jsonl", gold: bool = False) -> int:
    """Write every standing label of a schema and return how many; deciding answers too, known ones on request.

    `format` is one of `FORMATS`. Raises SettingError for an unknown schema or format.
    """
    if format not in FORMATS:
        raise SettingError(f"no format of labels is called '{format}'", "", nearest(format, FORMATS))
    known = catalog.labels.schema(schema)
    rows = _rows_to_write(catalog, known, gold, texts=format != "jsonl")
    if format == "argilla":
        return write_argilla(path, rows, known.name, known.kind)
    if format == "label-studio":
        return write_label_studio(path, rows, known.name, known.kind)
    if format == "pairs":
        return _write_pairs(catalog, path, rows, known)
    return write_labels(path, rows)


def _rows_to_write(catalog: Catalog, schema: LabelSchema, gold: bool, *, texts: bool) -> list[dict[str, object]]:
    standing = [
        label
        for role in ("", FINAL, *([GOLD] if gold else []))
        for label in catalog.labels.standing(schema.name, role=role)
    ]
    named = [doc_id for label in standing for doc_id in (label.doc_id, label.other) if doc_id is not None]
    if not named:
        return []
    ids = np.unique(np.array(named, dtype=np.int64))
    table = catalog.texts.fetch(ids.tolist(), ["id", *(["text"] if texts else [])])
    found = dict(zip(ids.tolist(), table.to_pylist(), strict=True))
    rows = []
    for label in standing:
        row: dict[str, object] = {**vars(label), **found[label.doc_id], "skipped": label.value == SKIP}
        row["value"] = schema.read(str(label.value))
        if label.other is not None:
            other = found[label.other]
            row |= {"other_id": other["id"], "other_text": other.get("text")}
        rows.append(row)
    return rows


def _write_pairs(catalog: Catalog, path: Path, rows: Sequence[Mapping[str, object]], schema: LabelSchema) -> int:
    """Write judged pairs as `winnow learn --pairs` reads them: by number, or by id where a number is another one's id."""
    if schema.kind != "pair":
        raise SettingError(
            "a file of pairs holds pairs", f"'{schema.name}' asks for {KINDS[schema.kind]}", "--format jsonl"
        )
    taken = catalog.browse.ids_of([str(row[side]) for row in rows for side in ("doc_id", "other")])
    told = [
        {
            "first": str(row["id" if str(row["doc_id"]) in taken else "doc_id"]),
            "second": str(row["other_id" if str(row["other"]) in taken else "other"]),
            "winner": row["value"],
        }
        for row in rows
        if not row["skipped"]
    ]
    write_whole(path, (orjson.dumps(pair) + b"\n" for pair in told))
    return len(told)


def import_labels(catalog: Catalog, path: Path, schema: str, who: str, *, format: str = "jsonl") -> Imported:
    """Append the labels of a file; raises InputError for a file that is none, SettingError for an unknown value."""
    readers: dict[str, Callable[[], Iterable[LabelRow]]] = {
        "jsonl": lambda: read_labels(path),
        "argilla": lambda: read_argilla(path, known.name, known.kind),
        "label-studio": lambda: read_label_studio(path, known.name, known.kind),
    }
    if format not in readers:
        raise SettingError(f"no labels are read from '{format}'", "", nearest(format, readers))
    known = catalog.labels.schema(schema)
    rows = [replace(row, value=_written(path, row, known)) for row in readers[format]()]
    places = _doc_ids(catalog, [(row.id, row.doc_id) for row in rows])
    others = _doc_ids(catalog, [(row.other_id, row.other) for row in rows])
    found = [
        (row, doc_id, other) for row, doc_id, other in zip(rows, places, others, strict=True)
        if doc_id is not None and (known.kind == "pair") == (other is not None)
    ]  # fmt: skip
    new = catalog.labels.add_many(
        ({"doc_id": doc_id, "value": row.value, "uuid": row.uuid, "at": row.at, "who": row.who, "seconds": row.seconds,
          "other": other, "role": row.role} for row, doc_id, other in found), who=who, schema=schema,
    )  # fmt: skip
    matched = {id(row) for row, *_ in found}
    unmatched = [str(row.id or row.doc_id) for row in rows if id(row) not in matched]
    return Imported(new, len(found) - new, unmatched)


def _written(path: Path, row: LabelRow, schema: LabelSchema) -> str:
    try:
        return schema.written(row.value)
    except SettingError as reason:
        told = f"{KINDS[schema.kind]}: {', '.join(schema.values)}"
        raise InputError(
            f"{path}:{row.line} says '{row.value}'", f"schema '{schema.name}' knows {told}", "--schema NAME"
        ) from reason


def _doc_ids(catalog: Catalog, named: Sequence[tuple[str | None, int | None]]) -> list[int | None]:
    by_id = catalog.browse.ids_of([id for id, _ in named if id is not None])
    documents = catalog.manifest.documents()
    places = [place if place is not None and 0 <= place < documents else None for _, place in named]
    # A document's own id is worth more than its number, which another corpus gives to another document; a file whose
    # documents have no ids of their own calls them by their numbers.
    return [
        place if id is None or (id not in by_id and id == str(place)) else by_id.get(id)
        for (id, _), place in zip(named, places, strict=True)
    ]


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
    """Take back a person's newest step, one answer or one for many documents; the same uuid again changes nothing.

    Raises SettingError for an unknown question.
    """
    catalog.labels.schema(question)
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
