"""Batches of documents with every kind of column an export meets."""

from __future__ import annotations

import datetime

import pyarrow as pa
import pytest

TEXTS = [
    "One lesson.",
    "",
    "שלום עולם",
    "emoji 🦊 and zero\u200bwidth",
    "NUL \x00 and tab\t and\nnew line \u2028 end",
    '"quoted" \\ back',
]
MOMENT = datetime.datetime(2024, 2, 29, 12, 30, 15, 250_000, tzinfo=datetime.UTC)


def documents(n: int = 50) -> pa.RecordBatch:
    """Return n documents with names, dates, numbers, lists and structures, some of each missing."""
    rows = range(n)
    spans = pa.list_(pa.struct([("start", pa.int32()), ("end", pa.int32()), ("kind", pa.string())]))
    return pa.RecordBatch.from_arrays(
        [
            pa.array(rows, pa.int64()),
            pa.array([TEXTS[row % len(TEXTS)] for row in rows], pa.large_string()),
            pa.array([None if row % 7 == 3 else f"source {row % 3}" for row in rows]).dictionary_encode(),
            pa.array([None if row % 5 == 4 else MOMENT for row in rows], pa.timestamp("us", "UTC")),
            pa.array([datetime.date(2020, 1, 1 + row % 28) for row in rows], pa.date32()),
            pa.array([None if row % 4 == 1 else row / 8 for row in rows], pa.float64()),
            pa.array([row % 2 == 0 for row in rows], pa.bool_()),
            pa.array([[{"start": 0, "end": row, "kind": "email"}] * (row % 3) for row in rows], spans),
        ],
        names=["doc_id", "text", "source", "seen", "date", "quality", "c4_pass", "pii_spans"],
    )


def rebatched(batch: pa.RecordBatch, sizes: list[int]) -> list[pa.RecordBatch]:
    """Cut a batch into batches of the given sizes, over and over, each with dictionaries of its own."""
    parts, start, turn = [], 0, 0
    while start < len(batch):
        part = batch.slice(start, sizes[turn % len(sizes)])
        columns = [
            column.dictionary_decode().dictionary_encode() if pa.types.is_dictionary(column.type) else column
            for column in part.columns
        ]
        parts.append(pa.RecordBatch.from_arrays(columns, names=part.schema.names))
        start, turn = start + sizes[turn % len(sizes)], turn + 1
    return parts


@pytest.fixture
def docs():
    return documents


@pytest.fixture
def cut():
    return rebatched
