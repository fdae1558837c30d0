"""What the map draws: all documents, or a sample whose colours and counts are those of the whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from winnow.catalog.density import Box
from winnow.catalog.filters import Filter
from winnow_app.map_data import around, map_points

EVERYTHING = 1000
WHOLE = Box(-10.0, -10.0, 10.0, 10.0)


@pytest.fixture(autouse=True)
def _served(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_WORKSPACE", str(corpus))


@pytest.mark.parametrize(
    ("view", "found"),
    [
        (Box(0.0, 0.0, 4.0, 8.0), Box(-1.0, -2.0, 5.0, 10.0)),
        (Box(-9.0, -40.0, -5.0, 40.0), Box(-10.0, -10.0, -4.0, 10.0)),
        (Box(30.0, 30.0, 34.0, 34.0), WHOLE),
    ],
    ids=["a quarter of each side is added", "where documents end the room ends", "a view of nothing shows everything"],
)
def test_a_view_gets_room(view: Box, found: Box) -> None:
    assert around(view, WHOLE) == found


def test_all_documents_are_drawn_while_they_fit() -> None:
    points = map_points("source", Filter(), (0.0, 0.0, 0.1, 0.1), EVERYTHING)
    assert points.sample is None
    assert points.highlighted is None
    assert np.asarray(points.doc_ids).tolist() == list(range(39))


def test_a_filter_lights_its_documents() -> None:
    """Documents 0 to 11 are of the kitchen, and so is 36, a copy."""
    points = map_points("source", Filter().with_values("source", "kitchen"), None, EVERYTHING)
    assert np.flatnonzero(np.asarray(points.highlighted)).tolist() == [*range(12), 36]


def test_a_sample_lies_over_the_density_of_all_and_wears_their_colours() -> None:
    points, whole = (map_points("source", Filter(), None, limit) for limit in (30, EVERYTHING))
    assert 0 < len(points) <= 30
    assert points.sample is not None
    assert points.sample.counts is not None
    assert points.sample.counts.sum() == 39
    assert points.sample.note == f"density of 39 documents, {len(points)} drawn"
    assert points.colouring.legend == whole.colouring.legend
    assert points.extent == whole.extent


def test_of_a_part_all_are_drawn_when_they_fit() -> None:
    """The twelve documents of the garden lie by themselves: half a sample of everything, and all of their own part."""
    everything = map_points("source", Filter(), None, EVERYTHING)
    x, y = np.asarray(everything.x)[12:24], np.asarray(everything.y)[12:24]
    view = (float(x.min()), float(y.min()), float(x.max()), float(y.max()))
    points = map_points("source", Filter(), view, 38)
    assert points.sample is not None
    assert points.sample.complete
    assert points.sample.counts is None
    assert np.asarray(points.doc_ids).tolist() == list(range(12, 24))
    assert points.sample.note == "all 12 documents in and around this view are drawn"


def test_ramps_of_numbers_and_dates_end_where_those_of_the_whole_do() -> None:
    """Two documents have no date; all have tokens."""
    for column, missing in (("tokens", 0), ("date", 2)):
        part, whole = (map_points(column, Filter(), None, limit).colouring for limit in (38, EVERYTHING))
        assert part.ticks == whole.ticks
        assert part.legend == whole.legend
        assert sum(entry.count for entry in whole.legend) == missing
