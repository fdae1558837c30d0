"""Facets: the kinds of columns, and names counted largest first."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.catalog.codes import Codes
from winnow.catalog.facets import Facet, column_of, facet_of


@pytest.mark.parametrize(
    ("name", "type", "distinct", "kind"),
    [
        ("flag", "BOOLEAN", 2, "flag"),
        ("date", "TIMESTAMP", 9, "date"),
        ("share", "FLOAT", 0, "number"),
        ("price", "DECIMAL(8,2)", 0, "number"),
        ("source", "VARCHAR", 1000, "group"),
        ("author", "VARCHAR", 1001, "name"),
        ("id", "VARCHAR", 3, "name"),
    ],
)
def test_kinds(name: str, type: str, distinct: int, kind: str) -> None:
    assert column_of(name, type, distinct).kind == kind


def test_names_stand_largest_first_and_equal_ones_by_name() -> None:
    """b and a twice, c once, d nowhere under the filter; one document has no name."""
    places = np.array([1, 1, 2, 2, 3, 0, 4])
    codes = Codes(places, ("b", "a", "c", "d"), np.bincount(places))
    rows = np.array([True] * 6 + [False])
    assert facet_of(codes, rows, 2) == Facet([("a", 2), ("b", 2)], missing=1, others=1, other_names=1)
    assert facet_of(codes, None, 9).values == [("a", 2), ("b", 2), ("c", 1), ("d", 1)]
