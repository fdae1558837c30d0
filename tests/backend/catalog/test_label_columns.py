"""Labels as columns: in a table, and beside one that is only read."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from winnow.catalog import label_columns
from winnow.catalog.label_columns import view_labels, write_labels

SCHEMAS = {"label": "label", "tone": "label_tone"}


def said(doc_id: int, schema: str, value: str | None) -> dict[str, Any]:
    return {"doc_id": doc_id, "schema": schema, "value": value}


@pytest.fixture
def writer() -> duckdb.DuckDBPyConnection:
    """Return a database of three documents, of which the table `file.docs` knows one label."""
    made = duckdb.connect(":memory:")
    made.execute("CREATE SCHEMA file")
    made.execute("CREATE TABLE file.docs AS FROM (VALUES (0, 'keep'), (1, NULL), (2, NULL)) d(doc_id, label)")
    return made


def column(writer: duckdb.DuckDBPyConnection, name: str) -> list[object]:
    return [value for (value,) in writer.execute(f"SELECT {name} FROM docs ORDER BY doc_id").fetchall()]


def beside(writer: duckdb.DuckDBPyConnection, *labels: dict[str, Any]) -> None:
    view_labels(writer, "file", SCHEMAS, labels)


@pytest.fixture(autouse=True)
def labels_come_two_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_columns, "BATCH", 2)


def test_a_table_takes_labels_and_columns_that_it_lacks() -> None:
    with duckdb.connect(":memory:") as writer:
        writer.execute("CREATE TABLE docs AS SELECT range AS doc_id FROM range(3)")
        write_labels(writer, SCHEMAS, [said(1, "label", "keep"), said(2, "tone", "warm"), said(0, "gone", "x")])
        assert column(writer, "label") == [None, "keep", None]
        assert column(writer, "label_tone") == [None, None, "warm"]
        write_labels(writer, SCHEMAS, [said(1, "label", None)])
        assert column(writer, "label") == [None] * 3


def test_what_is_said_of_a_document_stands_in_place_of_what_the_file_knows(writer: duckdb.DuckDBPyConnection) -> None:
    beside(writer)
    assert column(writer, "label") == ["keep", None, None]
    assert column(writer, "label_tone") == [None] * 3
    beside(writer, said(2, "tone", None), said(0, "tone", "warm"), said(1, "label", "drop"))
    assert column(writer, "label") == ["keep", "drop", None], "a word about the tone leaves the other answer alone"
    assert column(writer, "label_tone") == ["warm", None, None]
    beside(writer, said(0, "label", None))
    assert column(writer, "label") == [None, "drop", None], "what was taken back does not come up again"
    assert column(writer, "label_tone") == ["warm", None, None]


def test_a_file_that_knows_all_labels_is_read_alone(writer: duckdb.DuckDBPyConnection) -> None:
    only = {"label": "label"}
    view_labels(writer, "file", only, [])
    assert "JOIN" not in writer.execute("EXPLAIN FROM docs").fetchall()[0][1]
    view_labels(writer, "file", only, [said(2, "label", "keep")])
    assert "JOIN" in writer.execute("EXPLAIN FROM docs").fetchall()[0][1]
    assert column(writer, "label") == ["keep", None, "keep"]
