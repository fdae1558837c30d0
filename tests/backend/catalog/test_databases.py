"""Databases: readers keep what they began with, and nothing stays that nobody reads."""

from __future__ import annotations

import duckdb
import pytest

from winnow.catalog.databases import Databases


def build(databases: Databases, value: int) -> None:
    with databases.building() as (writer, _):
        writer.execute(f"CREATE TABLE docs AS SELECT {value} AS v")


def value(databases: Databases) -> int:
    with databases.reading() as cursor:
        return int((cursor.execute("SELECT v FROM docs").fetchone() or [-1])[0])


def attached(databases: Databases) -> set[str]:
    with databases.reading() as cursor:
        rows = cursor.execute("SELECT database_name FROM duckdb_databases() WHERE NOT internal").fetchall()
    return {str(row[0]) for row in rows} - {"memory"}


def test_a_reader_keeps_its_database_until_it_ends() -> None:
    databases = Databases()
    build(databases, 1)
    with databases.reading() as cursor:
        build(databases, 2)
        assert cursor.execute("SELECT v FROM docs").fetchone() == (1,)
        assert value(databases) == 2
        assert attached(databases) == {"build_1", "build_2"}
    assert attached(databases) == {"build_2"}


def test_the_present_table_can_be_read_while_the_next_is_built() -> None:
    databases = Databases()
    build(databases, 1)
    with databases.building() as (writer, present):
        writer.execute(f"CREATE TABLE docs AS SELECT v + 1 AS v FROM {present}.docs")
        writer.execute("CHECKPOINT")
    assert value(databases) == 2


def test_what_fails_leaves_the_newest_as_it_was() -> None:
    databases = Databases()
    build(databases, 1)
    with pytest.raises(duckdb.BinderException), databases.building() as (writer, _):
        writer.execute("CREATE TABLE docs AS SELECT nothing")
    assert (value(databases), attached(databases)) == (1, {"build_1"})
    with pytest.raises(duckdb.ConversionException), databases.changing() as writer:
        writer.execute("UPDATE docs SET v = 9; UPDATE docs SET v = CAST('x' AS INTEGER)")
    assert value(databases) == 1


def test_a_change_is_seen_when_it_is_whole() -> None:
    databases = Databases()
    build(databases, 1)
    with databases.changing() as writer:
        writer.execute("UPDATE docs SET v = 5")
        assert value(databases) == 1
    assert value(databases) == 5
