from __future__ import annotations

from pathlib import Path

import pytest

from winnow.catalog.facets import Column
from winnow.catalog.filters import Filter, Range, Values
from winnow_app import data
from winnow_app.parts.facets.panel import changed, shown_columns


def click(filter: Filter, *events: dict[str, object]) -> Filter:
    for event in events:
        filter = changed(filter, event)
    return filter


def include(value: str) -> dict[str, object]:
    return {"what": "include", "column": "source", "value": value}


def exclude(value: str) -> dict[str, object]:
    return {"what": "exclude", "column": "source", "value": value}


def test_clicked_values_gather_and_a_second_click_takes_one_out() -> None:
    assert click(Filter(), include("a"), include("b")).values == {"source": Values(("a", "b"))}
    assert click(Filter(), include("a"), include("b"), include("a")).values == {"source": Values(("b",))}
    assert click(Filter(), include("a"), include("a")) == Filter()


def test_the_minus_hides_and_does_not_mix_with_what_was_chosen() -> None:
    assert click(Filter(), include("a"), exclude("b")).values == {"source": Values(("b",), exclude=True)}
    assert click(Filter(), exclude("b"), exclude("c")).values == {"source": Values(("b", "c"), exclude=True)}
    assert click(Filter(), exclude("b"), include("b")).values == {"source": Values(("b",))}


def test_a_dragged_range_sets_both_ends_and_open_ends_clear_it() -> None:
    drag = {"what": "range", "column": "quality", "low": 0.2, "high": None}
    assert click(Filter(), drag).ranges == {"quality": Range(0.2, None)}
    assert click(Filter(), drag, {**drag, "low": None}) == Filter()


def test_clear_takes_away_only_its_own_column() -> None:
    both = Filter(search="soup").with_values("source", "a").with_range("quality", 0.2, None)
    assert click(both, {"what": "clear", "column": "source"}) == Filter(search="soup").with_range("quality", 0.2, None)
    assert click(both, {"what": "clear", "column": "quality"}) == Filter(search="soup").with_values("source", "a")


def test_a_value_that_looks_like_markup_or_sql_stays_one_value() -> None:
    odd = "<b>'; DROP TABLE docs; --"
    assert Filter.from_query(click(Filter(), include(odd)).to_query()).values == {"source": Values((odd,))}


def test_columns_of_names_are_not_facets_and_none_appears_twice(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_WORKSPACE", str(corpus))
    columns = {**data.columns(), "serial": Column("serial", "name", "VARCHAR", 10_000)}
    shown = shown_columns(columns, ["serial", "words", "words"])
    assert len(shown) == len(set(shown))
    assert "serial" not in shown
    assert {"source", "words", "tokens", "cluster_top"} <= set(shown)


def missing(what: str = "include") -> dict[str, object]:
    return {"what": what, "column": "stars", "value": "(none)"}


def test_missing_values_are_a_bar_like_others() -> None:
    assert click(Filter(), missing()) == Filter().with_values("stars", "(none)")
    assert click(Filter(), missing(), missing()) == Filter()
    assert click(Filter(), missing("exclude")) == Filter().with_values("stars", "(none)", exclude=True)


def test_beside_a_range_missing_values_come_and_go() -> None:
    drawn = {"what": "range", "column": "stars", "low": 2, "high": 4}
    assert click(Filter(), drawn, missing()).ranges == {"stars": Range(2, 4, missing=True)}
    assert click(Filter(), drawn, missing(), missing()).ranges == {"stars": Range(2, 4)}
    assert click(Filter(), drawn, missing(), {**drawn, "low": 3}).ranges == {"stars": Range(3, 4, missing=True)}
    assert click(Filter(), missing(), drawn) == Filter().with_range("stars", 2, 4)
