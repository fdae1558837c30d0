"""Dolma documents with their attributes, and RedPajama-V2 documents with their signals: both keep [start, end, value]."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import orjson
import pyarrow as pa

from winnow.errors import InputError
from winnow.ingest.base import DOCUMENT, Batch
from winnow.ingest.jsonl import JsonLines
from winnow.ingest.pieces import cut, lines
from winnow.ingest.streams import ByteStream
from winnow.method import param

AHEAD = 20_000
"""So many lines of a file of attributes are held at most while their documents are looked for."""

LONGEST_LINE = 256 << 20


@dataclass(frozen=True, kw_only=True)
class _Spans(JsonLines):
    """Reads documents whose attributes lie in files beside them."""

    looks_inside: ClassVar[bool] = True
    folder: ClassVar[str] = ""
    inside: ClassVar[str] = ""

    @classmethod
    def accepts(cls, path: Path) -> bool:
        return super().accepts(path) and _root(path, cls.folder) is not None

    def read(self, path: Path) -> Iterator[Batch]:
        files = [_Companion(file, self) for file in self.beside(path)]

        def enrich(rows: list[dict[str, Any]], numbers: list[int]) -> None:
            keys = [self.key_of(row, number) for row, number in zip(rows, numbers, strict=True)]
            for row in rows:
                row.update(flat(_object(row.pop(self.inside, None))))
            for companion in files:
                found = companion.of(keys)
                for row, key in zip(rows, keys, strict=True):
                    row.update(found.get(key, {}) if row else {})

        yield from self.read_with(path, enrich)
        lacking = sum(companion.lacking for companion in files)
        if lacking:
            nothing = pa.RecordBatch.from_pylist([], schema=DOCUMENT)
            skipped = {f"documents that {self.folder}/ does not list (they are taken without)": lacking}
            yield Batch(nothing, bytes_read=path.stat().st_size, file=str(path), skipped=skipped)

    @abstractmethod
    def beside(self, path: Path) -> list[Path]:
        """Return the files that hold attributes of the documents in `path`."""

    @abstractmethod
    def key_of(self, row: Mapping[str, Any], number: int) -> str:
        """Return by what a document is found among the attributes."""

    @abstractmethod
    def listed(self, entry: Mapping[str, Any], number: int) -> tuple[str, Any]:
        """Return the key of a line of attributes and the attributes."""


@dataclass(frozen=True, kw_only=True)
class Dolma(_Spans):
    """Dolma documents (documents/*.jsonl.gz), with every attribute of attributes/*/ as a column.

    An attribute of one span gives its value, one of several spans their number (.count) and their mean by length
    (.mean). Attributes are matched by the document's id; documents that a file of attributes lacks are counted.
    """

    name: ClassVar[str] = "dolma"
    folder: ClassVar[str] = "attributes"
    inside: ClassVar[str] = "attributes"

    attributes: tuple[str, ...] = param((), "Folders of attributes to read; all when none is named.")

    def beside(self, path: Path) -> list[Path]:
        root = _root(path, self.folder)
        if root is None:
            return []
        inside = path.resolve().relative_to(root / "documents")
        folders = self.attributes or tuple(sorted(one.name for one in (root / self.folder).iterdir() if one.is_dir()))
        found = [root / self.folder / name / inside for name in folders]
        missing = [file for file in found if not file.is_file()]
        if missing and self.attributes:
            raise InputError(f"attributes of {path} are needed", f"there is no {missing[0]}", "--set attributes=NAME")
        return [file for file in found if file.is_file()]

    def key_of(self, row: Mapping[str, Any], number: int) -> str:
        return str(row.get(self.id or "id"))

    def listed(self, entry: Mapping[str, Any], number: int) -> tuple[str, Any]:
        return str(entry.get("id")), entry.get("attributes")


@dataclass(frozen=True, kw_only=True)
class RedPajama(_Spans):
    """RedPajama-V2 documents (documents/*.json.gz), with the signals of quality_signals/ as columns.

    A signal of the whole document gives its value, one of its lines their number (.count) and their mean by length
    (.mean). Signals are matched by the number of the document in its file; documents without any are counted.
    """

    name: ClassVar[str] = "redpajama"
    folder: ClassVar[str] = "quality_signals"
    inside: ClassVar[str] = "quality_signals"

    def beside(self, path: Path) -> list[Path]:
        root = _root(path, self.folder)
        if root is None:
            return []
        inside = path.resolve().relative_to(root / "documents")
        name = inside.name.replace(".json", ".signals.json", 1)
        file = root / self.folder / inside.parent / name
        return [file] if file.is_file() else []

    def key_of(self, row: Mapping[str, Any], number: int) -> str:
        return str(number - 1)

    def listed(self, entry: Mapping[str, Any], number: int) -> tuple[str, Any]:
        told = str(entry.get("id", "")).rpartition("/")[2]
        return told if told.isdigit() else str(number - 1), entry.get("quality_signals")


def flat(spans: Mapping[str, Any]) -> dict[str, Any]:
    """Return a value for each attribute of one span, and a count and a mean by length for one of several.

    >>> flat({"words": [[0, 9, 2.0]], "upper": [[0, 1, 0.0], [1, 4, 1.0]], "none": []})
    {'words': 2.0, 'upper.count': 2, 'upper.mean': 0.75, 'none.count': 0}
    """
    found: dict[str, Any] = {}
    for name, given in spans.items():
        triples = [one for one in given if _is_span(one)] if isinstance(given, list) else []
        if not isinstance(given, list):
            found[name] = given
        elif len(triples) == 1:
            found[name] = triples[0][2]
        else:
            found[f"{name}.count"] = len(triples)
            known = [one for one in triples if one[2] is not None]
            if known:
                sizes = np.maximum(np.array([one[1] - one[0] for one in known], dtype=np.float64), 1e-9)
                found[f"{name}.mean"] = float(np.average([float(one[2]) for one in known], weights=sizes))
    return found


def _is_span(one: Any) -> bool:
    number = (int, float)
    whole = isinstance(one, list) and len(one) == 3 and isinstance(one[0], number) and isinstance(one[1], number)
    return whole and (one[2] is None or isinstance(one[2], number))


def _object(value: Any) -> dict[str, Any]:
    """Return attributes that stand in the document itself, which some copies keep as JSON text."""
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return {}
    return value if isinstance(value, dict) else {}


class _Companion:
    """A file of attributes, read in step with its documents."""

    def __init__(self, file: Path, reader: _Spans) -> None:
        self._reader = reader
        self._entries = self._lines(file)
        self._held: dict[str, dict[str, Any]] = {}
        self.lacking = 0

    def _lines(self, file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
        for pieces in cut(ByteStream(file), lines, LONGEST_LINE):
            for number, line in enumerate(pieces.parts, pieces.first):
                try:
                    entry = orjson.loads(line) if not pieces.fault else None
                except orjson.JSONDecodeError:
                    entry = None
                if isinstance(entry, dict):
                    key, attributes = self._reader.listed(entry, number)
                    yield key, flat(_object(attributes))

    def of(self, keys: list[str]) -> dict[str, dict[str, Any]]:
        """Return the attributes of documents that follow those asked for before."""
        wanted = set(keys) - self._held.keys()
        while wanted and len(self._held) < AHEAD + len(keys):
            entry = next(self._entries, None)
            if entry is None:
                break
            self._held[entry[0]] = entry[1]
            wanted.discard(entry[0])
        self.lacking += len(wanted)
        return {key: self._held.pop(key) for key in dict.fromkeys(keys) if key in self._held}


def _root(path: Path, folder: str) -> Path | None:
    """Return the folder that holds documents/ with the path in it and `folder` beside it."""
    whole = path.resolve()
    parents = [parent for parent in whole.parents if parent.name == "documents"]
    return next((parent.parent for parent in parents if (parent.parent / folder).is_dir()), None)


def companions(files: Sequence[Path]) -> set[Path]:
    """Return those of some files that hold what belongs to documents among the others: attributes, signals, sketches."""
    found: set[Path] = set()
    for kind in (Dolma, RedPajama):
        roots = {root for file in files if kind.accepts(file) and (root := _root(file, kind.folder)) is not None}
        others = [root / name for root in roots for name in (kind.folder, "duplicates", "minhash")]
        found |= {file for file in files if any(other in file.resolve().parents for other in others)}
    return found
