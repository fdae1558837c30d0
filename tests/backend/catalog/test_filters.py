"""The filter as a value: its address says it whole, and its pills take it apart."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.catalog.filters import MISSING, Filter, Range, Values
from winnow.errors import QueryError

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = st.one_of(
    words.filter(bool), st.sampled_from(["a.b", "in.source", "range.", "search", 'a"b', "é", "(none)", "."])
)
numbers = st.one_of(st.integers(-(10**12), 10**12), st.floats(allow_nan=False, allow_infinity=False))
bounds = st.one_of(st.none(), numbers, words)
corners = st.tuples(st.floats(-100, 100), st.floats(-100, 100))
polygons = st.lists(corners, min_size=3, max_size=6).map(tuple)
conditions = st.builds(
    Filter,
    search=words,
    near=words,
    where=words,
    selection=words,
    like=st.none() | st.integers(0, 10**9),
    regex=words,
    examples=st.lists(st.integers(0, 10**9), max_size=3, unique=True).map(tuple),
    against=st.lists(st.integers(0, 10**9), max_size=3, unique=True).map(tuple),
    values=st.dictionaries(names, st.builds(Values, st.lists(words, max_size=3).map(tuple), st.booleans()), max_size=3),
    ranges=st.dictionaries(names, st.builds(Range, bounds, bounds, st.booleans()), max_size=3),
    lasso=st.one_of(st.just(()), polygons),
)
filters = st.builds(
    lambda filter, also, added: replace(filter, also=also, added=added if filter.lasso else ()),
    conditions,
    st.lists(conditions, max_size=2).map(tuple),
    st.lists(polygons, max_size=2).map(tuple),
)


@given(filters)
def test_the_address_says_the_filter_whole(filter: Filter) -> None:
    again = Filter.from_query(filter.to_query())
    assert again == filter
    assert again.key == filter.key
    assert hash(again) == hash(filter)


@given(filters)
def test_taking_every_pill_away_leaves_nothing(filter: Filter) -> None:
    for part, text in filter.pills():
        assert text
        filter = filter.without(part)
    assert filter.pills() == []


@given(
    st.dictionaries(
        st.sampled_from(["in.a", "range.a", "lasso", "like", "search", "page", "or", "examples", "regex"]),
        words,
        max_size=4,
    )
)
def test_any_address_is_read_or_refused(query: dict[str, str]) -> None:
    with suppress(QueryError):
        assert Filter.from_query(query).key


@pytest.mark.parametrize(
    "query",
    [
        {"in.a": '"abc"'},
        {"in.a": "[[1]]"},
        {"in.a": '["\\ud800"]'},
        {"range.a": "[NaN, null]"},
        {"range.a": "[true, null]"},
        {"range.a": "[1]"},
        {"lasso": "1,2;3,4"},
        {"lasso": "0,0;1,0;nan,1"},
        {"like": "seven"},
        {"examples": "1,two"},
        {"or": "{}"},
        {"or": '["search"]'},
        {"or": '[{"like": 7}]'},
        {"or": '[{"like": "seven"}]'},
        {"or": "[" * 5000},
        {"lasso": "|0,0;1,0;1,1"},
    ],
)
def test_an_address_that_is_no_filter_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(QueryError):
        Filter.from_query(query)


def test_setting_and_removing_conditions() -> None:
    filter = Filter().with_values("source", "wiki", MISSING).with_range("stars", 2, None, missing=True)
    assert filter.pills() == [("in.source", "source is wiki or (none)"), ("range.stars", "stars ≥ 2 or missing")]
    assert filter.without("in.source").with_range("stars", None, None) == Filter()
    assert not Filter()
    assert Filter(like=0)


def test_alternatives_are_flat_and_said_once() -> None:
    wiki, forum = Filter().with_values("source", "wiki"), Filter().with_values("source", "forum")
    filter = replace(forum, also=(replace(wiki, also=(forum,)), wiki, Filter()))
    assert filter.also == (wiki, forum)
    assert filter.own == forum
    [first, *_, last] = filter.pills()
    assert (first[1], last[1]) == ("source is wiki — or", "source is forum")
    assert filter.without(first[0]).also == (forum,)


def test_what_was_picked_is_one_condition() -> None:
    filter = Filter(examples=(3, 5, 3), against=(7,))
    assert Filter.from_query(filter.to_query()).examples == (3, 5)
    assert filter.pills() == [("examples", "of a kind with 2 documents, unlike 1")]
    assert Filter(against=(7,)).pills() == [("examples", "unlike 1 document")]
    assert filter.without("examples") == Filter()


def test_a_further_lasso_goes_with_the_first() -> None:
    one, two = ((0, 0), (1, 0), (1, 1)), ((5, 5), (6, 5), (6, 6))
    filter = Filter().with_lassos(one, two)
    assert filter.lassos == (one, two)
    assert filter.pills() == [("lasso", "inside 2 lassos")]
    assert filter.without("lasso") == Filter()
    with pytest.raises(QueryError, match="added to a lasso"):
        Filter(added=(two,))
