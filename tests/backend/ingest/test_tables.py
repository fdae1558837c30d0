from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.ingest.base import BATCH_ROWS, Batch
from winnow.ingest.parquet import Parquet
from winnow.ingest.tables import TableDocuments, pieces_of, strings_of, table_kinds, unique_names


def _read(table: pa.RecordBatch, **settings: str) -> Batch:
    (batch,) = TableDocuments(Parquet(**settings), Path("a")).batches(table)
    return batch


@given(st.lists(st.sampled_from(["", "a", "a_2", "b", "column_1"])))
def test_names_become_unique_and_the_first_keeps_its_own(names: list[str]) -> None:
    unique = unique_names(names)
    assert len(set(unique)) == len(names)
    for place, name in enumerate(names):
        if name and name not in names[:place]:
            assert unique[place] == name or unique[place].startswith(name)


def test_repeated_columns_are_all_kept() -> None:
    table = pa.RecordBatch.from_arrays([pa.array([value]) for value in "abc"], names=["text", "text", ""])
    (document,) = _read(table).documents.to_pylist()
    assert document["text"] == "a"
    assert json.loads(document["meta"]) == {"text_2": "b", "column_3": "c"}


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["a", None, "b"]).dictionary_encode(),
        pa.array(["a", None, "b"], pa.string_view()),
        pa.array(["a", None, "b"], pa.large_string()),
        pa.RunEndEncodedArray.from_arrays(pa.array([1, 2, 3], pa.int32()), pa.array(["a", None, "b"])),
        pa.ExtensionArray.from_storage(pa.json_(), pa.array(["a", None, "b"])),
    ],
)
def test_encodings_of_text_make_no_difference(column: pa.Array) -> None:
    batch = _read(pa.RecordBatch.from_arrays([column, column], names=["text", "kind"]))
    assert [row["text"] for row in batch.documents.to_pylist()] == ["a", "b"]
    assert [json.loads(row["meta"]) for row in batch.documents.to_pylist()] == [{"kind": "a"}, {"kind": "b"}]
    assert batch.lines == [1, 3]


def test_rows_are_counted_on_over_tables() -> None:
    documents = TableDocuments(Parquet(), Path("a"))
    table = pa.RecordBatch.from_pydict({"text": ["a", ""]})
    lines = [batch.lines for _ in range(2) for batch in documents.batches(table)]
    assert lines == [[1], [3]]
    assert documents.row == 4


def test_pieces_are_bounded_by_rows_and_bytes() -> None:
    many = pa.RecordBatch.from_pydict({"n": list(range(BATCH_ROWS + 1))})
    assert [piece.num_rows for piece in pieces_of(many)] == [BATCH_ROWS, 1]
    large = pa.RecordBatch.from_pydict({"text": ["x" * (20 << 20)] * 3})
    assert [piece.num_rows for piece in pieces_of(large)] == [1, 1, 1]
    assert list(pieces_of(many.slice(0, 0))) == []


def test_values_are_written_as_text() -> None:
    assert strings_of(["a", None]).to_pylist() == ["a", None]
    assert strings_of([1, 2.5, "a", None, True, {"b": [1]}, float("nan")]).to_pylist() == [
        "1",
        "2.5",
        "a",
        None,
        "true",
        '{"b":[1]}',
        None,
    ]
    table = pa.RecordBatch.from_pydict({"text": ["a"], "id": pa.array([1.0]), "source": pa.array(["s"])})
    assert _read(table).documents.column("id").to_pylist() == ["1"]


def test_an_unread_date_stays_in_meta() -> None:
    table = pa.RecordBatch.from_pydict({"text": ["a", "b"], "date": ["long ago", "2021"]})
    assert _read(table).documents.column("meta").to_pylist() == ['{"date":"long ago"}', None]


def test_kinds_of_arrow_types() -> None:
    table = pa.RecordBatch.from_pydict(
        {
            "a": ["x"],
            "b": [1],
            "c": pa.array([0], pa.timestamp("s")),
            "d": pa.array([{"e": 1}]),
            "f": [None],
            "g": [[1]],
            "meta": ['{"url": "u"}'],
        }
    )
    assert table_kinds(table) == {
        "a": "text",
        "b": "number",
        "c": "moment",
        "d": {"e": "number"},
        "f": "nothing",
        "g": "other",
        "meta": {"url": "text"},
    }


def test_names_that_are_not_utf8_are_told_not_raised() -> None:
    schema = pa.schema([("text", pa.string()), ("kind", pa.string())])
    content = pa.RecordBatch.from_pydict({"text": ["a"], "kind": ["b"]}, schema=schema)
    raw = content.serialize().to_pybytes()
    named = pa.ipc.read_schema(pa.py_buffer(schema.serialize().to_pybytes().replace(b"kind", b"\xff\xff\xff\xff")))
    (batch,) = TableDocuments(Parquet(), Path("a")).batches(pa.ipc.read_record_batch(pa.py_buffer(raw), named))
    assert batch.documents.num_rows == 0
    assert batch.rejected[0].reason.startswith("rows 1 to 1 cannot be read")
