"""Cursors: what goes in comes out, whatever the value, and nothing else is read."""

from __future__ import annotations

import base64
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.api.reading import cursor_of, filter_of, place_of
from winnow.catalog.filters import Filter
from winnow.catalog.listing import Place
from winnow.errors import QueryError

values = (
    st.none()
    | st.floats(allow_nan=False)
    | st.integers(-(2**53), 2**53)
    | st.text(alphabet=st.characters(codec="utf-8"))
)


@given(st.integers(0, 2**40), values, st.integers(0, 2**31))
def test_a_cursor_says_its_place(doc_id: int, value: float | str | None, manifest: int) -> None:
    place = Place(doc_id, value, manifest)
    assert place_of(str(cursor_of(place, "k")), "k") == place


def test_a_place_may_be_behind_no_number() -> None:
    read = place_of(str(cursor_of(Place(1, math.nan), "k")), "k")
    assert read is not None
    assert math.isnan(float(read.value or 0))


@pytest.mark.parametrize("cursor", ["x", "W10", "WzFd", "é", base64.urlsafe_b64encode(b'["k",1,"",[1],0]').decode()])
def test_anything_else_is_no_cursor(cursor: str) -> None:
    with pytest.raises(QueryError, match="no cursor"):
        place_of(cursor, "k")


def test_empty_conditions_are_none_and_unknown_ones_are_refused() -> None:
    assert filter_of({"search": "", "limit": "3"}, ("limit",)) == Filter()
    with pytest.raises(QueryError, match="'limit'"):
        filter_of({"limit": "3"})


def test_a_slip_within_an_alternative_is_refused_too() -> None:
    assert filter_of({"or": '[{"search": "x"}]'}).also
    with pytest.raises(QueryError, match="did you mean 'search'"):
        filter_of({"search": "a", "or": '[{"serach": "x"}]'})
