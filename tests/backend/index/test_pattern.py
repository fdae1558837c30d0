"""Places of a pattern in a text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.index.pattern import CLOSE, OPEN, places


def test_places_by_hand() -> None:
    assert places("a colour and a color", "colou?r") == [(2, 8), (15, 20)]
    assert places("concat cat", r"\bcat\b") == [(7, 10)]
    assert places("für über", "(?i)Ü(b)er") == [(4, 8)]
    assert places("one\ntwo", "(?m)^t.*$") == [(4, 7)]


@pytest.mark.parametrize("pattern", ["", "x*", "(unclosed", "a{2000}", "nul\0", "\ud800"])
def test_what_matches_nothing_or_is_no_pattern_marks_nothing(pattern: str) -> None:
    assert places("abc", pattern) == []


def test_a_pattern_that_would_hang_a_backtracker_does_not() -> None:
    assert places("a" * 4000 + "b", "(a+)+$") == []


@given(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from([OPEN, CLOSE, "a", "b"]), max_size=40))
def test_what_is_marked_is_what_was_sought(text: str) -> None:
    assert [text[start:end] for start, end in places(text, "ab?")] == re.findall("ab?", text)
