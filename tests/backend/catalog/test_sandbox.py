"""SQL of people: what is answered, and what reaches neither files nor memory."""

from __future__ import annotations

import resource
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from winnow.catalog import sandbox as module
from winnow.catalog.conditions import syntax
from winnow.catalog.sandbox import columns_read, whole_numbers
from winnow.errors import QueryError
from winnow.workspace import Workspace


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("SELECT COUNT(*) FROM docs", [(6,)]),
        (
            "SELECT source, COUNT(*) AS n FROM docs GROUP BY ALL ORDER BY n DESC, source LIMIT 2;",
            [("forum", 2), ("wiki", 2)],
        ),
        ("select STARS from DOCS where Doc_Id = 1", [(2,)]),
        ("SELECT doc_id -- a note", [(0,), (1,), (2,), (3,), (4,), (5,)]),
        ("FROM docs SELECT max(stars)", [(5,)]),
        ("SELECT a.doc_id, b.doc_id FROM docs a JOIN docs b ON a.stars = b.stars + 3 ORDER BY 1", [(3, 0), (5, 1)]),
        ("SELECT COUNT(*) FROM docs JOIN docs d USING (source)", [(9,)]),
        ("WITH docs AS (SELECT 7 AS x) SELECT x FROM docs", [(7,)]),
        ("WITH r AS (SELECT * FROM docs) SELECT COUNT(stars) FROM r", [(5,)]),
        ("WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 9) SELECT MAX(n) FROM t", [(9,)]),
        ("SELECT doc_id, text FROM docs WHERE text LIKE '%bread%'", [(1, "Flour and water make bread.")]),
        ("SELECT length(text) FROM docs WHERE doc_id = 5 AND source IS NULL", [(38,)]),
        ("SELECT d FROM docs d WHERE doc_id = 9", []),
        ("SELECT docs.doc_id FROM docs WHERE 'drop; text' = source", []),
        ("VALUES (1), (2)", [(1,), (2,)]),
        ("SELECT doc_id, doc_id FROM docs WHERE doc_id = 3", [(3, 3)]),
    ],
)
def test_statements_are_answered(corpus: Workspace, query: str, answer: list[tuple[Any, ...]]) -> None:
    if query.endswith("note"):
        query = query.replace(" --", " FROM docs ORDER BY 1 --")
    assert [tuple(row.values()) for row in corpus.sql(query).to_pylist()] == answer


def test_text_comes_only_when_named(corpus: Workspace) -> None:
    assert "text" not in corpus.sql("SELECT * FROM docs").column_names
    assert "text" in corpus.sql("SELECT *, text FROM docs").column_names


@pytest.mark.parametrize(
    "query",
    [
        "",
        "SELEC 1",
        "SELECT 1; SELECT 2",
        "DROP TABLE docs",
        "INSERT INTO docs SELECT * FROM docs",
        "UPDATE docs SET stars = 1",
        "CREATE TABLE x AS SELECT 1",
        "ATTACH 'x.db'",
        "COPY docs TO 'x.csv'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA database_list",
        "SET memory_limit = '64GB'",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM '/etc/hostname'",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_csv('https://example.org/x.csv')",
        "SELECT * FROM frame",
        "SELECT nope FROM docs",
        "SELECT length(repeat('x', 3000000000))",
        "SELECT length(repeat('x', doc_id * 1000000000)) FROM docs",
        "SELECT ?",
        "SELECT 1) UNION (SELECT 2",
        "SELECT 'a\x00b'",
    ],
)
def test_everything_else_is_refused(
    corpus: Workspace, query: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = pa.table({"x": [1]})
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(QueryError) as caught:
        corpus.sql(query)
    assert caught.value.fix
    assert sorted(tmp_path.iterdir()) == before
    assert frame.num_rows == 1


def test_a_statement_has_so_long_and_no_longer(corpus: Workspace) -> None:
    start = time.monotonic()
    with pytest.raises(QueryError, match="at most"):
        corpus.sql(
            "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT COUNT(*) FROM t", seconds=0.5
        )
    with pytest.raises(QueryError, match="at most"):
        corpus.sql("SELECT COUNT(*) FROM docs a, docs b, range(1000000) c, range(1000000) d", seconds=0.5)
    assert time.monotonic() - start < 10


def test_a_statement_has_so_much_memory_and_no_more(corpus: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MEMORY", 100_000_000)
    with pytest.raises(QueryError, match="narrow it"):
        corpus.sql("SELECT list(a.range::VARCHAR || b.range) FROM range(1000000) a, range(50) b")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT array_to_string(list_transform(range(1000000), x -> repeat('a', 999999)), '')",
        "SELECT printf('%1000000000d', 1)",
        "SELECT format('{:>1000000000}', 1)",
        "SELECT string_agg(text, '') FROM docs a, range(1000000) b, range(1000000) c",
        "SELECT rpad('x', 999999, 'y') FROM range(10000)",
    ],
)
def test_what_is_built_beside_tables_is_bounded_too(
    corpus: Workspace, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    """A terabyte out of a line: the process that builds it is stopped, and this one does not grow."""
    monkeypatch.setattr(module, "MEMORY", 200_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(QueryError) as caught:
        corpus.sql(query, seconds=20)
    assert "\n" not in str(caught.value)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000
    assert corpus.sql("SELECT 1 AS one").to_pylist() == [{"one": 1}]


def test_a_statement_learns_nothing_of_the_server(corpus: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_PASSWORD", "a canary of the server")
    told = corpus.sql("SELECT * FROM duckdb_settings()", limit=1000).to_pylist()
    assert "canary" not in str(told)
    assert str(corpus.folder) not in str([row for row in told if row["name"] != "allowed_paths"])
    for query in ("SELECT getenv('WINNOW_PASSWORD')", "SELECT * FROM read_text('/proc/self/environ')"):
        with pytest.raises(QueryError):
            corpus.sql(query)


def test_rows_are_limited(corpus: Workspace) -> None:
    assert corpus.sql("SELECT range FROM range(1000000)", limit=10).num_rows == 10
    assert corpus.sql("SELECT doc_id FROM docs ORDER BY doc_id DESC", limit=2).column("doc_id").to_pylist() == [5, 4]


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ("SELECT COUNT(*) FROM docs", ["doc_id"]),
        ("SELECT source AS s, COUNT(*) AS n FROM docs GROUP BY s ORDER BY n", ["doc_id", "source"]),
        ("SELECT * FROM docs", ["doc_id", "source", "stars"]),
        ("SELECT d FROM docs d", ["doc_id", "source", "stars"]),
        ("SELECT 'stars' FROM docs WHERE text = ''", ["doc_id"]),
        ("SELECT 1 FROM docs a JOIN docs b USING (STARS)", ["doc_id", "stars"]),
    ],
)
def test_only_the_columns_it_names_are_read(corpus: Workspace, query: str, read: list[str]) -> None:
    with corpus.catalog.table.cursor() as cursor:
        assert columns_read(syntax(query, cursor), ["doc_id", "source", "stars"]) == read


def test_sums_of_whole_numbers_are_whole_numbers() -> None:
    """2 + 3 = 5 fits in 64 bits; 2^63 does not and stays a decimal."""
    decimals = pa.array([Decimal(5)], pa.decimal128(38, 0)), pa.array([Decimal(2**63)], pa.decimal128(38, 0))
    answer = whole_numbers(pa.table({"small": decimals[0], "large": decimals[1]}))
    assert answer.to_pylist() == [{"small": 5, "large": Decimal(2**63)}]
    assert answer.schema.field("small").type == pa.int64()
