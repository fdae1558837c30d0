"""Two columns against each other."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from conftest import write_lines
from winnow.catalog.filters import Filter
from winnow.errors import QueryError
from winnow.workspace import Workspace


def test_names_against_names_by_hand(scored: Workspace) -> None:
    """wiki holds a and b, forum c and d, spam e, nobody f; stars 1 2 3 4 - 5."""
    scored.labels.add(0, "keep", who="ana")
    scored.labels.add(2, "keep", who="ana")
    scored.labels.add(3, "drop", who="ana")
    cross = scored.browse.cross("source", "label", Filter(), mean_of="stars")
    assert cross.rows.labels == ["forum", "wiki", "spam", "(others)", "(none)"]
    assert cross.columns.labels == ["keep", "drop", "(others)", "(none)"]
    assert cross.documents.tolist() == [[1, 1, 0, 0], [1, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 1]]
    assert cross.means is not None
    assert cross.means[0].tolist()[:2] == [3.0, 4.0]
    assert math.isnan(cross.means[2, 3]), "document e has no stars"
    assert cross.shown == ([0, 1, 2, 4], [0, 1, 3])


def test_the_rarer_names_stand_together(scored: Workspace) -> None:
    cross = scored.browse.cross("source", "source", Filter(), limit=1)
    assert cross.rows.labels == ["forum", "(others)", "(none)"]
    assert cross.documents.tolist() == [[2, 0, 0], [0, 3, 0], [0, 0, 1]]


def test_numbers_and_dates_stand_in_bars(scored: Workspace) -> None:
    cross = scored.browse.cross("stars", "date", Filter())
    assert cross.rows.edges == (0.5, 1.5, 2.5, 3.5, 4.5, 5.5)
    assert cross.documents.sum() == 6
    assert cross.documents[-1].sum() == 1, "document e has no stars"
    assert cross.documents[:, -1].sum() == 1, "document d has no date"
    assert cross.documents[:5].sum(axis=1).tolist() == [1] * 5
    histogram = scored.browse.histogram("date", Filter(), bars=12)
    assert cross.documents[:, :-1].sum(axis=0).tolist() == histogram.counts


def test_a_filter_narrows_the_counts(scored: Workspace) -> None:
    filter = Filter(search="river").with_range("stars", None, 3)
    cross = scored.browse.cross("source", "stars", filter)
    assert cross.documents.sum() == scored.browse.count(filter).documents == 1
    with pytest.raises(QueryError, match="did you mean 'source'"):
        scored.browse.cross("sorce", "stars", Filter())


def test_names_that_look_like_markup_or_sql_are_names(scored: Workspace, tmp_path: Path) -> None:
    odd = "x'); DROP TABLE docs; --"
    scored.ingest([write_lines(tmp_path / "odd.jsonl", [{"text": "odd", "source": odd}])])
    assert odd in scored.browse.cross("source", "stars", Filter()).rows.names
