"""The text of thresholds: read, written, refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from winnow.errors import SettingError
from winnow.select.thresholds import Threshold, parse, text_of

NAMES = st.text(min_size=1, max_size=12).filter(lambda text: text.strip() == text)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def thresholds(draw: st.DrawFn) -> Threshold:
    column, sign = draw(NAMES), draw(st.sampled_from([">=", "<=", ">", "<", "=", "!=", ".."]))
    if sign in ("=", "!="):
        return Threshold(column, sign, names=tuple(draw(st.lists(NAMES, min_size=1, max_size=3))))
    if sign == "..":
        low, high = sorted((draw(NUMBERS), draw(NUMBERS)))
        return Threshold(column, sign, low=draw(st.sampled_from([low, -math.inf])), high=high)
    return Threshold(column, sign, low=draw(NUMBERS))


@unhurried
@given(st.lists(thresholds(), max_size=4))
def test_what_is_written_is_read_back(some: list[Threshold]) -> None:
    assert parse(", ".join(map(str, some))) == tuple(some)


@unhurried
@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse(text)
    except SettingError:
        return
    assert parse(", ".join(map(str, found))) == found


@pytest.mark.parametrize(
    "text",
    [
        "quality",
        "quality>=",
        ">=0.4",
        "quality>=high",
        "quality>=1e999",
        "quality>=nan",
        "words 5..1",
        "words ..",
        "words 1,000..2,000",
        'source="web',
        "language=en||de",
        "quality=>0.4",
        "quality 0.4",
    ],
)
def test_what_cannot_be_read_is_refused_with_the_form_that_can(text: str) -> None:
    with pytest.raises(SettingError) as raised:
        parse(text)
    assert "column" in str(raised.value) or "low to high" in str(raised.value)


def test_names_with_signs_stand_in_quotation_marks() -> None:
    (threshold,) = parse('"my source"="a, b"|"say ""hi"""|"1..2"|plain')
    assert threshold == Threshold("my source", "=", names=("a, b", 'say "hi"', "1..2", "plain"))


def test_an_empty_text_has_no_thresholds() -> None:
    assert parse(" , ;\n") == ()


def test_a_table_is_written_as_text() -> None:
    table = {"quality": ">= 0.4", "words": [50, None], "cluster": 3, "source": "a, b"}
    with pytest.raises(SettingError):
        text_of(table)  # a name with a comma needs its quotation marks, or a list
    table["source"] = ["a, b"]
    assert text_of(table) == 'quality>=0.4, words 50.., cluster=3, source="a, b"'


@pytest.mark.parametrize("value", [[], [1, 2, 3], {}, None, [2, 1]])
def test_a_table_with_other_values_is_refused(value: object) -> None:
    with pytest.raises(SettingError):
        text_of({"quality": value})
