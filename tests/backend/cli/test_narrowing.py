from __future__ import annotations

from dataclasses import replace

import click
import pytest

from winnow.catalog.filters import Filter
from winnow.cli.narrowing import narrowed_to
from winnow.errors import QueryError

RIVER = replace(Filter(search='"old mill" -boat').with_values("source", "a&b", "c+d", "50 %"), where="words > 3")


@pytest.mark.parametrize(
    "view",
    [
        "http://localhost:8501/explore?search=%22old+mill%22+-boat&in.source=%5B%22a%26b%22%2C%22c%2Bd%22%2C%2250+%25%22%5D&where=words+%3E+3&doc=7",
        "?search=%22old%20mill%22%20-boat&in.source=%5B%22a%26b%22,%22c%2Bd%22,%2250%20%25%22%5D&where=words%20>%203",
        'search="old mill" -boat&in.source=["a%26b","c%2Bd","50 %25"]&where=words > 3&tab=skills',
    ],
)
def test_an_address_is_the_view_that_it_opens(view: str) -> None:
    assert narrowed_to("", view) == RIVER


def test_a_condition_is_a_filter_of_its_own() -> None:
    assert narrowed_to("words > 3", "") == Filter(where="words > 3")
    assert narrowed_to("", "") == Filter()


def test_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(QueryError, match="cannot be read"):
        narrowed_to("", "range.words=[1")
    with pytest.raises(QueryError, match=r"nothing in '\?source=torch' does"):
        narrowed_to("", "?source=torch")
    with pytest.raises(click.UsageError, match="--where or --view"):
        narrowed_to("words > 3", "search=mill")
