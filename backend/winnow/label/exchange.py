"""Label files: one JSON object a line, with who said what about which document, and when."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from winnow.errors import InputError

FIELDS = ("uuid", "schema", "doc_id", "id", "value", "who", "at", "seconds")


@dataclass(frozen=True)
class LabelRow:
    """One line of a label file: the document by doc_id or by its own id, and the label."""

    line: int
    doc_id: int | None
    id: str | None
    value: str
    who: str | None
    at: str | None
    uuid: str | None
    seconds: float | None


def write_labels(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write one line per label and return how many; the file is there whole or not at all."""
    count = 0
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with open(partial, "wb") as file:
            for row in rows:
                file.write(orjson.dumps({name: row.get(name) for name in FIELDS if row.get(name) is not None}) + b"\n")
                count += 1
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
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
    seconds = found.get("seconds")
    numbers = all(isinstance(number, int | float | None) and number is not True for number in (doc_id, seconds))
    if value is None or (doc_id is None and identity is None) or not numbers or isinstance(doc_id, float):
        raise InputError(
            f"{path}:{number} is no label", f"found the fields {sorted(found)}", "each line has doc_id or id, and value"
        )
    texts = {name: None if found.get(name) is None else str(found[name]) for name in ("who", "at", "uuid")}
    identity = None if identity is None else str(identity)
    return LabelRow(number, doc_id, identity, str(value), seconds=seconds, **texts)
