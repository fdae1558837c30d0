"""Filters as SQL: what each condition keeps, and what a person's condition may not do."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import write_lines
from winnow.catalog.conditions import Conditions, Hits, checked
from winnow.catalog.filters import MISSING, Filter, Range
from winnow.errors import QueryError
from winnow.workspace import Workspace


@pytest.fixture
def cursor() -> duckdb.DuckDBPyConnection:
    database = duckdb.connect(":memory:", config={"python_enable_replacements": "false"})
    database.execute(
        "CREATE TABLE docs AS SELECT 1 AS doc_id, 0.7 AS quality, 'a' AS source, DATE '2020-01-01' AS update_date"
    )
    database.execute("CREATE TABLE secret AS SELECT 1 AS x")
    return database.cursor()


COLUMNS = ("doc_id", "quality", "source", "update_date")


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ("quality > 0.5", 1),
        ("update_date > '2020-01-01'", 0),
        ("update_date >= '2020-01-01'", 1),
        ("source = 'drop table docs; -- copy'", 0),
        ("source <> 'it''s; set'", 1),
        ("quality > 0.5 -- a note", 1),
        ("quality > 0.5 /* a note */", 1),
        ("source ILIKE '%A%' AND quality BETWEEN 0 AND 1", 1),
        ("\"source\" IN ('a', 'b')", 1),
        ("source = 'é' OR quality IS NOT NULL", 1),
    ],
)
def test_a_condition_is_one_expression(cursor: duckdb.DuckDBPyConnection, where: str, kept: int) -> None:
    text = checked(where, COLUMNS, cursor)
    row = cursor.execute(f"SELECT COUNT(*) FROM docs WHERE false OR (\n{text}\n)").fetchone()
    assert row == (kept,)


@pytest.mark.parametrize(
    "where",
    [
        "",
        "'",
        "1=1) OR (1=1",
        "true; DROP TABLE docs",
        "true;",
        "true GROUP BY 1",
        "true ORDER BY 1",
        "true LIMIT 1",
        "true UNION SELECT 1",
        "true QUALIFY true",
        "true USING SAMPLE 1",
        "(SELECT COUNT(*) FROM secret) > 0",
        "EXISTS (FROM secret)",
        "quality IN (SELECT x FROM secret)",
        "source = (SELECT content FROM read_text('/etc/hostname'))",
        "quality > ?",
        "quality > $1",
        "quality > $x",
        "COUNT(*) > 1",
        "ROW_NUMBER() OVER () = 1",
        "length(repeat('x', 3000000000)) > 1",
        "true\x00",
        "source = '\ud800'",
        "text = 'a'",
        "nope > 1",
    ],
)
def test_anything_else_is_refused(cursor: duckdb.DuckDBPyConnection, where: str) -> None:
    with pytest.raises(QueryError) as caught:
        checked(where, COLUMNS, cursor)
    assert caught.value.fix


@given(st.text(max_size=40) | st.text("()';-/* true1=\"$?", max_size=20))
def test_what_is_let_through_changes_nothing_around_it(where: str) -> None:
    with duckdb.connect(":memory:") as database:
        database.execute("CREATE TABLE docs AS SELECT 1 AS doc_id, 'a' AS a")
        try:
            text = checked(where, ("doc_id", "a"), database)
        except QueryError:
            return
        query = f"SELECT COUNT(*) FROM docs WHERE false AND (\n{text}\n)"
        try:
            assert database.execute(query).fetchone() == (0,)
        except duckdb.ConversionException:
            return


def test_an_unknown_column_is_named_with_the_nearest(cursor: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(QueryError, match="did you mean 'quality'"):
        checked("qualty > 1", COLUMNS, cursor)


def ids(corpus: Workspace, filter: Filter) -> list[int]:
    return corpus.browse.doc_ids(filter).tolist()


def test_each_condition_keeps_what_it_says(scored: Workspace) -> None:
    assert ids(scored, Filter().with_values("source", "wiki")) == [0, 1]
    assert ids(scored, Filter().with_values("source", "wiki", MISSING)) == [0, 1, 5]
    assert ids(scored, Filter().with_values("source", "wiki", exclude=True)) == [2, 3, 4, 5]
    assert ids(scored, Filter().with_values("source", MISSING, exclude=True)) == [0, 1, 2, 3, 4]
    assert ids(scored, Filter().with_range("stars", 2, 4)) == [1, 2, 3]
    assert ids(scored, Filter().with_range("stars", 2, 4, missing=True)) == [1, 2, 3, 4]
    assert ids(scored, Filter().with_range("date", "2021-01-01", None)) == [2, 4, 5]
    assert ids(scored, Filter(ranges={"stars": Range()})) == [0, 1, 2, 3, 5]
    assert ids(scored, Filter(where="stars % 2 = 1 -- odd")) == [0, 2, 5]
    assert ids(scored, Filter(where="stars > 3").with_values("source", "forum")) == [3]
    assert ids(scored, Filter()) == [0, 1, 2, 3, 4, 5]


def test_a_filter_that_cannot_be_run_says_why(scored: Workspace) -> None:
    with pytest.raises(QueryError, match="did you mean 'source'"):
        scored.browse.count(Filter().with_values("sorce", "wiki"))
    with pytest.raises(QueryError, match="cannot be run"):
        scored.browse.count(Filter().with_range("stars", "many", None))
    with pytest.raises(QueryError, match="winnow cluster"):
        scored.browse.count(Filter(lasso=((0, 0), (1, 0), (0, 1))))


def test_a_selection_keeps_or_drops(scored: Workspace) -> None:
    scored.catalog.selections.save("s", np.array([4, 1]), np.ones(2), recipe={}, summary={})
    assert ids(scored, Filter(selection="s")) == [1, 4]
    assert ids(scored, Filter(selection="-s")) == [0, 2, 3, 5]


def test_a_pattern_is_sought_in_the_text_alone(scored: Workspace, tmp_path: Path) -> None:
    assert ids(scored, Filter(regex="river|train")) == [0, 2, 3]
    assert ids(scored, Filter(regex="(?i)^the .*mill\\.$")) == [0, 3]
    assert ids(scored, Filter(regex="wiki")) == []
    assert ids(scored, Filter(regex="river").with_values("source", "forum")) == [3]
    scored.ingest([write_lines(tmp_path / "more.jsonl", [{"text": "A river once more."}])])
    assert ids(scored, Filter(regex="river")) == [0, 3, 6]


@pytest.mark.parametrize("pattern", ["(unclosed", "a{2000}", "[z-a]", "(?<=look)behind", "*", "\\", "nul\0"])
def test_what_is_no_pattern_is_refused_in_a_line(scored: Workspace, pattern: str) -> None:
    with pytest.raises(QueryError, match="no pattern") as refused:
        scored.browse.count(Filter(regex=pattern))
    assert "\n" not in refused.value.found


def test_alternatives_keep_what_one_of_them_keeps(scored: Workspace) -> None:
    """Sources: 0 1 wiki, 2 3 forum, 4 spam, 5 none; "river" is in 0 and 3."""
    wiki, river, spam = Filter().with_values("source", "wiki"), Filter(search="river"), Filter(regex="cheap")
    assert ids(scored, replace(wiki, also=(river,))) == [0, 1, 3]
    assert ids(scored, replace(river, also=(wiki, spam))) == [0, 1, 3, 4]
    assert ids(scored, Filter(also=(river, spam))) == [0, 3, 4]
    assert scored.browse.count(replace(wiki, also=(Filter(search="river", where="stars > 2"),))).documents == 3
    assert scored.browse.facet("source", Filter(also=(river, spam))).values == [("forum", 1), ("spam", 1), ("wiki", 1)]


def test_what_an_alternative_brings_comes_after_the_hits(scored: Workspace) -> None:
    page = scored.browse.page(Filter(search="river", also=(Filter().with_values("source", "wiki"),)), columns=[])
    assert page["doc_id"].tolist() == [0, 3, 1]
    assert page["score"].isna().tolist() == [False, False, True]


def test_two_searches_of_two_alternatives_stay_apart(scored: Workspace) -> None:
    filter = Filter(search="river", also=(Filter(search="bread"), Filter(search="train", where="stars > 3")))
    assert ids(scored, filter) == [0, 1, 3]


def test_the_lasso_follows_the_even_odd_rule() -> None:
    """A square from 0 to 4 with a square hole from 1 to 3, drawn in one line; the hole is outside."""
    ring = ((0, 0), (4, 0), (4, 4), (0, 4), (0, 0), (1, 1), (1, 3), (3, 3), (3, 1), (1, 1))
    points = [(0.5, 0.5), (2.0, 2.0), (3.5, 2.0), (5.0, 2.0), (0.5, 3.9)]
    with duckdb.connect(":memory:") as database:
        rows = ", ".join(f"({number}, {x}, {y})" for number, (x, y) in enumerate(points))
        database.execute(f"CREATE TABLE docs AS SELECT * FROM (VALUES {rows}) t(doc_id, map_x, map_y)")
        made = Conditions(lambda kind, question: Hits(np.empty(0), np.empty(0)), Path).compile(
            Filter(lasso=ring), {"map_x": "DOUBLE", "map_y": "DOUBLE"}, database, 0
        )
        found = database.execute(f"SELECT doc_id FROM docs WHERE {made.sql} ORDER BY 1").fetchall()
        assert [row[0] for row in found] == [0, 2, 4]
        both = Filter(lasso=ring, added=(((1, 1), (3, 1), (3, 3), (1, 3)),))
        made = Conditions(lambda kind, question: Hits(np.empty(0), np.empty(0)), Path).compile(
            both, {"map_x": "DOUBLE", "map_y": "DOUBLE"}, database, 0
        )
        found = database.execute(f"SELECT doc_id FROM docs WHERE {made.sql} ORDER BY 1").fetchall()
    assert [row[0] for row in found] == [0, 1, 2, 4], "the added polygon fills the hole"


def test_searches_are_asked_once_and_never_wait_for_each_other() -> None:
    asked: list[str] = []
    slow = threading.Event()

    def find(kind: str, question: str) -> Hits:
        asked.append(question)
        if question == "slow":
            assert slow.wait(10)
        return Hits(np.array([1]), np.array([0.5]))

    conditions = Conditions(find, Path)

    def compile(question: str) -> str:
        with duckdb.connect(":memory:") as database:
            made = conditions.compile(Filter(search=question), {}, database, 1)
            return str(database.execute(f"SELECT doc_id FROM {made.hits}").fetchall())

    waiting = threading.Thread(target=compile, args=("slow",))
    waiting.start()
    assert compile("quick") == compile("quick") == "[(1,)]"
    slow.set()
    waiting.join()
    assert sorted(asked) == ["quick", "slow"]
