"""Label files: one JSON object a line, with who said what about which document, and when; and what all formats share."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson

from winnow.errors import InputError

FIELDS = ("uuid", "schema", "doc_id", "id", "other", "other_id", "value", "who", "at", "seconds", "role")


@dataclass(frozen=True)
class LabelRow:
    """One label of a file: the document by doc_id or by its own id, and the answer: a word, words, or passages.

    `line` is where it stands: a line, or the number of a record. `other` and `other_id` name the second of a pair.
    """

    line: int
    doc_id: int | None
    id: str | None
    value: Any
    who: str | None
    at: str | None
    uuid: str | None
    seconds: float | None
    other: int | None = None
    other_id: str | None = None
    role: str = ""


def write_whole(path: Path, parts: Iterable[bytes]) -> None:
    """Write a file that is there whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with open(partial, "wb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def write_labels(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write one line per label and return how many; the file is there whole or not at all."""
    count = 0

    def lines() -> Iterator[bytes]:
        nonlocal count
        for row in rows:
            count += 1
            yield orjson.dumps({name: row[name] for name in FIELDS if row.get(name) is not None}) + b"\n"

    write_whole(path, lines())
    return count


def read_labels(path: Path) -> Iterator[LabelRow]:
    """Yield the labels of a file; raises InputError naming the first line that is none."""
    with open(path, "rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield _row(path, number, line)


def _row(path: Path, number: int, line: bytes) -> LabelRow:
    try:
        found = orjson.loads(line)
        doc_id, identity, value = found.get("doc_id"), found.get("id"), found.get("value", found.get("label"))
    except (ValueError, AttributeError) as reason:
        raise InputError(
            f"{path}:{number} is no label", str(reason), "one JSON object a line: doc_id or id, value, who"
        ) from reason
    seconds, other = found.get("seconds"), found.get("other")
    numbers = all(isinstance(number, int | float | None) and number is not True for number in (doc_id, seconds, other))
    whole = not isinstance(doc_id, float) and not isinstance(other, float)
    if value is None or (doc_id is None and identity is None) or not numbers or not whole:
        raise InputError(
            f"{path}:{number} is no label", f"found the fields {sorted(found)}", "each line has doc_id or id, and value"
        )
    texts = {name: text(found.get(name)) for name in ("id", "who", "at", "uuid", "other_id")}
    said = value if isinstance(value, list) else str(value)
    return LabelRow(
        number, doc_id, value=said, seconds=seconds, other=other, role=str(found.get("role") or ""), **texts
    )


def text(value: Any) -> str | None:
    return None if value is None else str(value)


def identity(*parts: object) -> str:
    """Return an id that is the same for the same answer, so that a file read twice adds nothing.

    >>> identity("a", 1) == identity("a", 1) != identity("a", 2)
    True
    """
    return str(uuid5(NAMESPACE_URL, "winnow:" + orjson.dumps([str(part) for part in parts]).decode()))


def read_list(path: Path, what: str) -> list[dict[str, Any]]:
    """Read a file that is one JSON list of objects; raises InputError."""
    try:
        found = orjson.loads(path.read_bytes())
    except ValueError as reason:
        raise InputError(f"{path} is no export of {what}", str(reason), "a JSON list of records") from reason
    if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
        raise InputError(f"{path} is no export of {what}", f"found {type(found).__name__}", "a JSON list of records")
    return found
