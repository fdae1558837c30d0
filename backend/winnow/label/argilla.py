"""Argilla's records as `Dataset.records.to_json` writes them: one record a document, one response a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from winnow.errors import InputError
from winnow.label.exchange import LabelRow, identity, read_list, text, write_whole

SHAPE = 'records with "id", "fields" and "responses"'


def write_argilla(path: Path, rows: Sequence[Mapping[str, Any]], question: str, kind: str) -> int:
    """Write one record per document, or pair, and return how many responses they hold; skipped documents have none.

    A user of Argilla is a UUID: one is made of each name, and the names stand in the metadata in the order of the
    responses, beside the labels' own ids: what comes back unchanged is known, what was changed there is new. Passages are {"start", "end", "label"}, points of a scale whole numbers, a pair is told by the words first,
    second and tie.
    """
    records: dict[tuple[int, int | None], dict[str, Any]] = {}
    count = 0
    for row in rows:
        if row["skipped"]:
            continue
        key = row["doc_id"], row.get("other")
        record = records.setdefault(key, _record(row, question))
        names = orjson.loads(record["metadata"]["annotators"])
        record["metadata"]["annotators"] = orjson.dumps([*names, row["who"]]).decode()
        uuids = {
            **orjson.loads(record["metadata"]["uuids"]),
            said_by(question, record["id"], row, row["value"]): row["uuid"],
        }
        record["metadata"]["uuids"] = orjson.dumps(uuids).decode()
        record["responses"][question].append(
            {"value": _told(row["value"], kind), "user_id": identity("user", row["who"])}
        )
        count += 1
    write_whole(path, [orjson.dumps(list(records.values()), option=orjson.OPT_INDENT_2)])
    return count


def _record(row: Mapping[str, Any], question: str) -> dict[str, Any]:
    fields = {"text": row["text"]} if row.get("other") is None else {"first": row["text"], "second": row["other_text"]}
    metadata = {"doc_id": row["doc_id"], "annotators": "[]", "uuids": "{}"}
    if row.get("other") is not None:
        metadata |= {"other": row["other"], "other_id": row.get("other_id") or ""}
    return {
        "id": str(row.get("id") or row["doc_id"]), "fields": fields, "metadata": metadata, "suggestions": {},
        "responses": {question: []}, "vectors": {}, "_server_id": None,
    }  # fmt: skip


def _told(value: Any, kind: str) -> Any:
    if kind == "spans":
        return [{"start": span["start"], "end": span["end"], "label": span["tag"]} for span in value]
    return int(value) if kind == "scale" and float(value).is_integer() else value


def read_argilla(path: Path, question: str, kind: str) -> Iterator[LabelRow]:
    """Yield the responses to one question, of nested records or of flattened ones; drafts and discarded ones are left out.

    Raises InputError naming the record that is none.
    """
    for number, record in enumerate(read_list(path, "Argilla"), start=1):
        metadata = record.get("metadata") or {}
        if not isinstance(metadata, dict) or record.get("id") is None:
            raise InputError(f"{path}: record {number} is none of Argilla's", f"found {sorted(record)}", SHAPE)
        names, uuids = _listed(metadata, "annotators", list), _listed(metadata, "uuids", dict)
        responses = list(_responses(record, question))
        for place, (value, user, status) in enumerate(responses):
            if status not in (None, "submitted") or value is None:
                continue
            who = text(names[place]) if len(names) == len(responses) else user
            said = _read(value, kind)
            mark = said_by(question, record["id"], {"who": who, "other": metadata.get("other")}, said)
            yield LabelRow(
                number, metadata.get("doc_id"), str(record["id"]), said, who, None,
                text(uuids.get(mark, mark)), None,
                other=metadata.get("other"), other_id=metadata.get("other_id") or None,
            )  # fmt: skip


def said_by(question: str, record: Any, row: Mapping[str, Any], value: Any) -> str:
    """Return an id of an answer that changes with what it says."""
    return identity("argilla", question, record, row.get("other"), row["who"], value)


def _listed(metadata: Mapping[str, Any], name: str, kind: type) -> Any:
    """Return what a value of the metadata holds as JSON, which is where a list fits into Argilla's."""
    try:
        found = orjson.loads(metadata.get(name) or "null")
    except (ValueError, TypeError):
        found = None
    return found if isinstance(found, kind) else kind()


def _responses(record: Mapping[str, Any], question: str) -> Iterator[tuple[Any, str | None, str | None]]:
    """Yield (value, user, status) of each response."""
    nested = record.get("responses")
    if isinstance(nested, dict):
        for response in nested.get(question) or ():
            yield response.get("value"), text(response.get("user_id")), response.get("status")
        return
    values = record.get(f"{question}.responses") or []
    users, states = (record.get(f"{question}.responses.{part}") or [None] * len(values) for part in ("users", "status"))
    for value, user, status in zip(values, users, states, strict=False):
        yield value, text(user), status


def _read(value: Any, kind: str) -> Any:
    if kind == "spans" and isinstance(value, list):
        return [{"start": span.get("start"), "end": span.get("end"), "tag": span.get("label")} for span in value]
    return value if isinstance(value, list) else str(value)
