"""The table of two columns: what its totals are, and what a click on a cell means."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.catalog.crossing import Axis, Cross
from winnow.catalog.facets import Column
from winnow.catalog.filters import MISSING, Filter
from winnow_app import data
from winnow_app.parts.cross_table import narrowed, shading, with_totals

SOURCES = Axis("source", ("wiki", "forum"))
STARS = Axis("stars", (), (0.5, 1.5, 2.5, 3.5))
QUALITY = Axis("quality", (), (0.1, 0.4, 0.7, 1.0))
DATES = Axis("date", (), ("2020-01-01", "2021-01-01", "2022-01-01"))


@pytest.fixture(autouse=True)
def known_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {"stars": Column("stars", "number", "BIGINT", 0), "quality": Column("quality", "number", "FLOAT", 0)}
    monkeypatch.setattr(data, "columns", lambda: kinds)


def test_totals_by_hand() -> None:
    """Means 2 of three documents and 4 of one: (2·3 + 4·1) / 4 = 2.5; a cell without a value weighs nothing."""
    documents = np.array([[3, 1], [2, 0]])
    counts = with_totals(Cross(SOURCES, STARS, documents, None), [0, 1], [0, 1])
    assert counts.tolist() == [[3, 1, 4], [2, 0, 2], [5, 1, 6]]
    means = with_totals(Cross(SOURCES, STARS, documents, np.array([[2.0, 4.0], [np.nan, np.nan]])), [0, 1], [0, 1])
    assert means[0].tolist() == [2.0, 4.0, 2.5]
    assert means[2, 2] == 2.5
    assert np.isnan(means[1, 2])


def test_shades_run_from_none_to_full() -> None:
    assert shading(np.array([[0, 25], [100, 4]]), counted=True).tolist() == [[0, 0.5], [1, 0.2]]
    assert shading(np.array([[1.0, 3.0], [2.0, np.nan]]), counted=False).tolist() == [[0, 1], [0.5, 0]]
    assert shading(np.array([[np.nan]]), counted=False).tolist() == [[0]]


@pytest.mark.parametrize(
    ("axis", "place", "expected"),
    [
        (SOURCES, 1, Filter().with_values("source", "forum")),
        (SOURCES, 2, Filter()),
        (SOURCES, 3, Filter().with_values("source", MISSING)),
        (STARS, 0, Filter().with_range("stars", None, 1)),
        (STARS, 1, Filter().with_range("stars", 1.5, 2)),
        (STARS, 2, Filter().with_range("stars", 2.5, None)),
        (STARS, 3, Filter().with_values("stars", MISSING)),
        (QUALITY, 1, Filter().with_range("quality", 0.4, float(np.nextafter(0.7, 0)))),
        (DATES, 0, Filter().with_range("date", None, "2020-12-31T23:59:59.999999")),
        (DATES, 1, Filter().with_range("date", "2021-01-01", None)),
    ],
)
def test_a_cell_is_a_filter(axis: Axis, place: int, expected: Filter) -> None:
    assert narrowed(Filter(), axis, place) == expected
