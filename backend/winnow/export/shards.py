"""Cutting a stream of batches into shards and row groups whose bounds depend on the documents alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.errors import InputError

GROUP_DOCS = 2048
"""Documents in one table at most."""

GROUP_BYTES = 64 * 2**20
"""A table ends with the document that reaches this many bytes of text, so that memory stays bounded."""


def shards(rows: Iterable[pa.RecordBatch], shard_docs: int, shard_bytes: int = 0) -> Iterator[Iterator[pa.Table]]:
    """Yield each shard as a stream of tables of one chunk each; a stream is read before the next is asked for.

    A shard ends with `shard_docs` documents, or with the document that reaches `shard_bytes` of text (0: no limit). Where
    batches end has no effect. Dictionaries are spelled out and metadata is dropped: both depend on the batch.
    """
    for _, tables in groupby(_tables(rows, shard_docs, shard_bytes or 2**62), key=lambda pair: pair[0]):
        yield (table for _, table in tables)


@dataclass
class _Open:
    """The shard and the table under way: documents and bytes in each, and the number of the shard."""

    shard: int = 0
    in_shard: int = 0
    bytes_in_shard: int = 0
    docs: int = 0
    bytes: int = 0

    def closes(self, shard_docs: int, shard_bytes: int) -> None:
        """End the table, and the shard when it is full."""
        self.in_shard, self.bytes_in_shard = self.in_shard + self.docs, self.bytes_in_shard + self.bytes
        self.docs = self.bytes = 0
        if self.in_shard >= shard_docs or self.bytes_in_shard >= shard_bytes:
            self.shard, self.in_shard, self.bytes_in_shard = self.shard + 1, 0, 0


def _tables(rows: Iterable[pa.RecordBatch], shard_docs: int, shard_bytes: int) -> Iterator[tuple[int, pa.Table]]:
    schema: pa.Schema | None = None
    pending: list[pa.Table] = []
    at = _Open()
    for batch in rows:
        schema = plain_schema(batch.schema) if schema is None else schema
        table = _conform(batch, schema)
        sizes = np.cumsum(_text_bytes(table))
        start = 0
        while start < len(table):
            room = min(GROUP_DOCS - at.docs, shard_docs - at.in_shard - at.docs)
            before = int(sizes[start - 1]) if start else 0
            most = min(GROUP_BYTES - at.bytes, shard_bytes - at.bytes_in_shard - at.bytes)
            reached = int(np.searchsorted(sizes, before + most)) + 1 - start
            take = min(room, reached, len(table) - start)
            pending.append(table.slice(start, take))
            at.docs, at.bytes = at.docs + take, at.bytes + int(sizes[start + take - 1]) - before
            start += take
            if take in (room, reached):
                yield at.shard, pa.concat_tables(pending).combine_chunks()
                pending = []
                at.closes(shard_docs, shard_bytes)
    if not pending and schema is not None and at.shard == 0 and at.in_shard == 0:
        pending = [schema.empty_table()]
    if pending:
        yield at.shard, pa.concat_tables(pending).combine_chunks()


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """Return the schema without metadata, with dictionaries spelled out and every field nullable."""
    return pa.schema([_plain_field(field) for field in schema])


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return _plain_type(kind.value_type)
    if pa.types.is_large_list(kind):
        return pa.large_list(_plain_field(kind.value_field))
    if pa.types.is_list(kind):
        return pa.list_(_plain_field(kind.value_field))
    if pa.types.is_struct(kind):
        return pa.struct([_plain_field(kind.field(place)) for place in range(kind.num_fields)])
    return kind


def _plain_field(field: pa.Field) -> pa.Field:
    return pa.field(field.name, _plain_type(field.type))


def _conform(batch: pa.RecordBatch, schema: pa.Schema) -> pa.Table:
    if sorted(batch.schema.names) != sorted(schema.names):
        odd = sorted(set(batch.schema.names) ^ set(schema.names))
        raise InputError("an export needs the same columns in every batch", f"{', '.join(odd)} came and went")
    try:
        return pa.Table.from_batches([batch]).select(schema.names).cast(schema)
    except pa.ArrowInvalid as reason:
        raise InputError("an export needs the same types in every batch", str(reason)) from reason


def _text_bytes(table: pa.Table) -> NDArray[np.int64]:
    """Return how many bytes of text each document holds, int64 [n]."""
    total = np.zeros(len(table), dtype=np.int64)
    for column in table.columns:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type) or pa.types.is_binary(column.type):
            total += pc.fill_null(pc.binary_length(column), 0).to_numpy().astype(np.int64)
    return total
