"""Taking documents in: batches from a reader become shards and a quarantine, published together or not at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from winnow.catalog.control import dump, now
from winnow.catalog.manifest import Input, Manifest, Part
from winnow.catalog.publish import move_into_place
from winnow.catalog.texts import ROW_GROUP
from winnow.ingest.base import DOCUMENT, Batch, Rejected

PART_DOCUMENTS = 16_384
PART_BYTES = 96 << 20
GROUP_BYTES = 32 << 20
FACETS = 96
KEYS = 10_000
"""How many different keys are looked at for facets: some files name every value."""
STORED = pa.schema([("doc_id", pa.int64()), *DOCUMENT])
QUARANTINE = pa.schema([("file", pa.string()), ("line", pa.int64()), ("reason", pa.string()), ("excerpt", pa.binary())])


class SeenIds:
    """Which document ids are in the corpus already, as 64-bit hashes in sorted blocks (8 bytes a document)."""

    def __init__(self) -> None:
        self._blocks: list[NDArray[np.uint64]] = []

    def repeated(self, ids: pa.Array) -> NDArray[np.bool_]:
        """Add a batch of ids and mark those seen before, in the batch or earlier; null ids never repeat."""
        known = np.asarray(ids.is_valid())
        hashes = pd.util.hash_array(ids.to_numpy(zero_copy_only=False)[known], categorize=False)
        _, first = np.unique(hashes, return_index=True)
        repeats = np.ones(len(hashes), dtype=bool)
        repeats[first] = False
        for block in self._blocks:
            place = np.minimum(np.searchsorted(block, hashes), len(block) - 1)
            repeats |= block[place] == hashes
        fresh = np.sort(hashes[~repeats])
        if len(fresh):
            self._blocks.append(fresh)
        if len(self._blocks) > 16:
            self._blocks = [np.sort(np.concatenate(self._blocks))]
        marks = np.zeros(len(ids), dtype=bool)
        marks[known] = repeats
        return marks


@dataclass
class _Shard:
    """A shard of documents as it grows."""

    path: Path
    first_id: int
    documents: int = 0
    bytes: int = 0


class Intake:
    """Writes one input's documents under a staging folder until `commit` makes them part of the corpus.

    `at` is the shard at whose place an input is written once more, to be compared with what was written then.
    """

    def __init__(
        self, manifest: Manifest, staged: Path, seen: SeenIds, reserved: Collection[str], *, at: Part | None = None
    ) -> None:
        self._manifest, self._staged, self._seen, self._reserved = manifest, staged, seen, frozenset(reserved)
        parts = manifest.parts()
        self._first_part = at.part if at else parts[-1].part + 1 if parts else 0
        self._next_id = at.first_id if at else manifest.documents()
        self._waiting: list[pa.RecordBatch] = []
        self._writer: pq.ParquetWriter | None = None
        self._shards: list[_Shard] = []
        self._quarantine: pq.ParquetWriter | None = None
        self._kinds: dict[str, Counter[str]] = {}
        self.documents = self.rejected = 0

    def add(self, batch: Batch, file: str) -> None:
        """Take one batch: repeated ids go to the quarantine, the rest to the present shard."""
        self._reject(batch.rejected)
        documents = batch.documents
        repeated = self._seen.repeated(documents.column("id")) if documents.num_rows else np.zeros(0, dtype=bool)
        if repeated.any():
            self._reject([_repeated(batch, int(row), batch.file or file) for row in np.flatnonzero(repeated)])
        kept = documents.filter(pa.array(~repeated)) if repeated.any() else documents
        if kept.num_rows == 0:
            return
        self._note_facets(kept.column("meta"))
        self.documents += kept.num_rows
        self._waiting.append(kept)
        self._flush(whole_groups=True)

    def _reject(self, rows: Sequence[Rejected]) -> None:
        """Write rows to the quarantine as they come: a file may hold nothing else."""
        if not rows:
            return
        if self._quarantine is None:
            self._quarantine = pq.ParquetWriter(self._staged / "quarantine.parquet", QUARANTINE, compression="zstd")
        plain = [{**vars(row), "file": printable(row.file), "reason": printable(row.reason)} for row in rows]
        self._quarantine.write_table(pa.Table.from_pylist(plain, QUARANTINE))
        self.rejected += len(rows)

    def _flush(self, whole_groups: bool) -> None:
        rows = sum(batch.num_rows for batch in self._waiting)
        size = sum(batch.nbytes for batch in self._waiting)
        if rows == 0 or (whole_groups and rows < ROW_GROUP and size < GROUP_BYTES):
            return
        table = pa.Table.from_batches(self._waiting, DOCUMENT).combine_chunks()
        end = table.num_rows if not whole_groups or size >= GROUP_BYTES else table.num_rows - table.num_rows % ROW_GROUP
        for start in range(0, end, ROW_GROUP):
            self._write_group(table.slice(start, min(ROW_GROUP, end - start)))
        rest = table.slice(end)
        self._waiting = rest.to_batches() if rest.num_rows else []

    def _write_group(self, table: pa.Table) -> None:
        if self._writer is None:
            path = self._staged / f"part-{self._first_part + len(self._shards):05d}.parquet"
            self._writer = pq.ParquetWriter(path, STORED, compression="zstd")
            self._shards.append(_Shard(path, self._next_id))
        ids = pa.array(np.arange(self._next_id, self._next_id + table.num_rows, dtype=np.int64))
        self._writer.write_table(table.add_column(0, "doc_id", ids), row_group_size=table.num_rows)
        shard = self._shards[-1]
        shard.documents += table.num_rows
        shard.bytes += table.nbytes
        self._next_id += table.num_rows
        if shard.documents >= PART_DOCUMENTS or shard.bytes >= PART_BYTES:
            self._close()

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _note_facets(self, meta: pa.Array) -> None:
        """Learn the kinds of the other columns from the first documents and a sample of the rest."""
        step = 1 if self.documents < 5000 else 29
        for text in pc.drop_null(meta.take(pa.array(np.arange(0, len(meta), step)))).to_pylist():
            for key, value in orjson.loads(text).items():
                if key in self._kinds or len(self._kinds) < KEYS:
                    self._kinds.setdefault(key, Counter())[_kind(value)] += 1

    def facets(self) -> dict[str, tuple[str, str]]:
        """Return column name → (key, DuckDB type) for the columns worth a facet: those the corpus has, and new ones.

        Known keys keep their names and take the type that holds old and new values; new ones, most frequent first,
        take names that no other column has, whatever their case.
        """
        found = self._manifest.facets()
        names = {key: name for name, (key, _) in found.items()}
        taken = {name.lower() for name in (*self._reserved, *found)}
        for key, kinds in sorted(self._kinds.items(), key=lambda item: -item[1].total()):
            kind = _joined(kinds)
            if key in names:
                old = found[names[key]][1]
                found[names[key]] = (key, _joined(Counter({old: 1, kind: 1})) if kind else "VARCHAR")
            elif kind and len(found) < FACETS:
                name = _column_name(key, taken)
                taken.add(name.lower())
                found[name] = (key, kind)
        return found

    def shards(self) -> list[Path]:
        """End the writing and return the staged shards, which `commit` would publish."""
        self._flush(whole_groups=False)
        self._close()
        return [shard.path for shard in self._shards]

    def commit(self, path: str, fingerprint: str, size: int, recipe: dict[str, Any]) -> Input:
        """Publish shards, quarantine and facets in one step and return the input's row."""
        self.shards()
        inputs = self._manifest.inputs()
        number = inputs[-1].input + 1 if inputs else 1
        folder = self._manifest.folder
        moves = [(shard.path, folder / "docs" / shard.path.name) for shard in self._shards]
        where = self._close_quarantine(number)
        sums = move_into_place(moves + ([(self._staged / "quarantine.parquet", folder / where)] if where else []))
        made = Input(number, printable(path), fingerprint, size, self.documents, self.rejected, where, recipe, now())
        parts = [
            (
                self._first_part + place,
                number,
                f"docs/{final.name}",
                shard.first_id,
                shard.documents,
                final.stat().st_size,
                checksum,
            )
            for place, (shard, (_, final), checksum) in enumerate(zip(self._shards, moves, sums, strict=False))
        ]
        facets = [(name, *rest) for name, rest in self.facets().items()]
        with self._manifest.control.change_manifest() as connection:
            connection.execute(
                "INSERT INTO inputs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                tuple({**vars(made), "recipe": dump(recipe)}.values()),
            )
            connection.executemany("INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)", parts)
            connection.executemany(
                "INSERT INTO facets VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET kind = excluded.kind", facets
            )
        return made

    def _close_quarantine(self, number: int) -> str | None:
        if self._quarantine is None:
            return None
        self._quarantine.close()
        return f"quarantine/input-{number:05d}.parquet"


def _repeated(batch: Batch, row: int, file: str) -> Rejected:
    excerpt = (batch.documents.column("text")[row].as_py() or "")[:2000].encode()
    identity = batch.documents.column("id")[row].as_py()
    return Rejected(file, batch.lines[row] if batch.lines else 0, f"id '{identity}' is in the corpus already", excerpt)


def printable(text: str) -> str:
    """Return text that can be stored and shown: a file's name may hold bytes that are none."""
    return text.encode("utf-8", "backslashreplace").decode()


def _column_name(key: str, taken: Collection[str]) -> str:
    """Return a name for the column of a key: its own where it can be, else one like it that is free."""
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in key).split()) or "unnamed"
    choices = (plain, *(f"meta_{plain}{number}" for number in ("", *range(2, 1000))))
    return next(name for name in choices if name.lower() not in taken and not name.lower().startswith("label_"))


_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(\.[0-9]+)?")


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "BOOLEAN"
    if isinstance(value, int):
        return "BIGINT" if -(2**63) <= value < 2**63 else "DOUBLE"
    if isinstance(value, float):
        return "DOUBLE"
    if isinstance(value, str):
        # A CSV file says numbers in letters; "007" is a name, which a number would not give back.
        if len(value) < 20 and (found := _NUMBER.fullmatch(value)):
            return "DOUBLE" if found[1] else "BIGINT"
        return "VARCHAR" if len(value) <= 200 else "long"
    return "nested"


def _joined(kinds: Counter[str]) -> str:
    """Return the type that holds every kind seen, or "" when the column is nested or long text."""
    if kinds["nested"] or kinds["long"] * 5 > kinds.total():
        return ""
    plain = {kind for kind in kinds if kinds[kind] and kind != "long"}
    if len(plain) == 1:
        return plain.pop()
    return "DOUBLE" if plain == {"BIGINT", "DOUBLE"} else "VARCHAR"
