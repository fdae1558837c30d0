"""Export as Dolma documents with attributes, for Dolma's mixer and taggers."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from winnow.export.base import Exporter, appearing
from winnow.export.jsonl import BLOCK, plain_value, readable
from winnow.method import param

OWN = ("doc_id", "id", "text", "source", "url", "date", "weight")


@dataclass(frozen=True, kw_only=True)
class Dolma(Exporter):
    """Dolma's layout: documents/*.jsonl.gz and, line for line, attributes/winnow/*.jsonl.gz.

    Each number or truth value of a document is an attribute of one span [0, characters, value], named
    winnow__columns__NAME; one that is missing has no span. winnow__selection__keep is 1 for chosen documents and
    winnow__selection__weight how often they are seen. With cover=corpus the documents that were not chosen are written
    too, with keep 0, so that a mixer decides by `winnow__selection__keep[0][2] >= 1`. Other columns go into metadata.
    """

    name: ClassVar[str] = "dolma"
    whole_corpus: ClassVar[bool] = True

    cover: str = param(
        "selection", "Write the chosen documents, or all of the corpus with the choice as an attribute.",
        choices=("selection", "corpus"),
    )  # fmt: skip

    @property
    def suffix(self) -> str:
        return ".jsonl.gz"

    def names(self, number: int, split: str = "") -> list[str]:
        inside = f"{split}/part-{number:05d}{self.suffix}" if split else f"part-{number:05d}{self.suffix}"
        return [f"documents/{inside}", f"attributes/winnow/{inside}"]

    def encode(self, tables: Iterator[pa.Table], file: BinaryIO) -> None:
        with _packed(file) as packed:
            for table in tables:
                packed.write(_documents(table))

    def write_part(self, tables: Iterator[pa.Table], paths: Sequence[Path]) -> None:
        documents, attributes = paths
        with (
            appearing(attributes) as beside,
            appearing(documents) as file,
            _packed(file) as packed,
            _packed(beside) as packed_beside,
        ):
            for table in tables:
                packed.write(_documents(table))
                packed_beside.write(_attributes(table))

    def count(self, path: Path) -> int:
        if "attributes" in path.parts[-4:]:
            return 0
        with gzip.open(path) as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(BLOCK), b""))

    def usage(self, pattern: str) -> str:
        return (
            'from datasets import load_dataset\n\ndocuments = load_dataset("json", data_files="documents/**/*.jsonl.gz")\n'
            'attributes = load_dataset("json", data_files="attributes/winnow/**/*.jsonl.gz")'
        )


def _packed(file: BinaryIO) -> gzip.GzipFile:
    # Without a name and a time, so that the same lines give the same bytes.
    return gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=file, mtime=0)


def _ids(table: pa.Table) -> list[str]:
    given = table.column("id").to_pylist() if "id" in table.column_names else [None] * len(table)
    numbers = table.column("doc_id").to_pylist() if "doc_id" in table.column_names else range(len(table))
    return [str(name) if name is not None else f"winnow-{number}" for name, number in zip(given, numbers, strict=True)]


def _is_attribute(name: str, kind: pa.DataType) -> bool:
    return name not in OWN and (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind))


def _documents(table: pa.Table) -> bytes:
    other = [name for name in table.column_names if name not in OWN and not _is_attribute(name, table[name].type)]
    names = [name for name in ("text", "source", "date", "url", *other) if name in table.column_names]
    rows = pa.table([readable(table.column(name)) for name in names], names=names).to_pylist()
    lines = []
    for identity, row in zip(_ids(table), rows, strict=True):
        date, text, source = row.pop("date", None), row.pop("text", None), row.pop("source", None)
        document: dict[str, Any] = {"id": identity, "text": text or "", "source": source or ""}
        document |= {"created": date.isoformat()} if date is not None else {}
        document["metadata"] = {name: value for name, value in row.items() if value is not None}
        lines.append(orjson.dumps(document, default=plain_value, option=orjson.OPT_APPEND_NEWLINE))
    return b"".join(lines)


def _attributes(table: pa.Table) -> bytes:
    texts = table.column("text") if "text" in table.column_names else pa.nulls(len(table), pa.string())
    sizes = pc.fill_null(pc.utf8_length(texts), 0).to_pylist()
    weights = table.column("weight").to_pylist() if "weight" in table.column_names else [1.0] * len(table)
    columns: dict[str, list[Any]] = {
        "winnow__selection__keep": [float(weight > 0) for weight in weights],
        "winnow__selection__weight": weights,
    }
    for name in table.column_names:
        if _is_attribute(name, table[name].type):
            values = table.column(name).cast(pa.float64()).to_pylist()
            columns[f"winnow__columns__{name}"] = [v if v is not None and np.isfinite(v) else None for v in values]
    lines = []
    for row, (identity, size) in enumerate(zip(_ids(table), sizes, strict=True)):
        spans = {name: _span(size, values[row]) for name, values in columns.items()}
        lines.append(orjson.dumps({"id": identity, "attributes": spans}, option=orjson.OPT_APPEND_NEWLINE))
    return b"".join(lines)


def _span(size: int, value: float | None) -> list[list[float]]:
    return [] if value is None else [[0, size, value]]
