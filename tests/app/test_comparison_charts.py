"""Charts of selections beside each other."""

from __future__ import annotations

import pytest

from winnow.select.runs import Estimate
from winnow_app import comparison_charts as charts

SIDES = [
    {"name": "corpus", "kind": "corpus"}, {"name": "<b>best</b>", "kind": "selection"}, {"name": "like", "kind": "selection"},
    {"name": "random", "kind": "baseline"}, {"name": "balanced random", "kind": "baseline"},
]  # fmt: skip


def test_sides_are_told_apart_without_colour() -> None:
    colours = charts.side_colours(SIDES)
    assert colours[0] == colours[3] == colours[4] != colours[1] != colours[2]
    dots = charts.share_dots({"wiki": [0.1, 0.2, 0.3, 0.4, 0.5]}, SIDES)
    assert len({trace.marker.symbol for trace in dots.data}) == 4  # the two selections are both dots
    lines = charts.spread_lines({"edges": [0.0, 1.0, 2.0], "shares": [[0.5, 0.5]] * 5}, SIDES)
    assert len({trace.line.dash for trace in lines.data}) == 4


def test_names_are_no_markup() -> None:
    dots = charts.share_dots({"<i>x</i>": [0.2] * 5}, SIDES)
    assert dots.data[1].name == "&lt;b&gt;best&lt;/b&gt;"
    assert dots.layout.yaxis.ticktext == ("&lt;i&gt;x&lt;/i&gt;",)


def test_a_waterfall_adds_up() -> None:
    steps = [{"step": name, "documents": n} for name, n in (("corpus", 1000), ("rules", 400), ("top", 100))]
    figure = charts.waterfall(steps, "documents")
    left, dropped = figure.data
    assert list(left.x) == [1000, 400, 100]
    assert list(dropped.x) == [0, 600, 300]
    assert figure.layout.yaxis.ticktext[2] == "2. top   100 (10.0%)"


def test_overlap_holds_both_numbers() -> None:
    [cells] = charts.overlap_map(["a", "b"], [[1, 0.5], [0.5, 1]], [[4, 2], [2, 2]]).data
    assert cells.z[0][1] == 0.5
    assert cells.customdata[0][1] == 2


def test_repeats_mark_what_is_seen_more_than_once() -> None:
    [bars] = charts.repeats({"a": 0.5, "b": 2.0}).data
    assert list(bars.text) == ["2.00×", "0.50×"]
    assert bars.marker.color[0] != bars.marker.color[1]


def test_a_law_has_its_interval() -> None:
    [dots] = charts.law_shares({"a": Estimate(0.4, 0.1)}).data
    assert dots.x[0] == pytest.approx(40)
    assert dots.error_x.array[0] == pytest.approx(19.6)  # 1.96 · 0.1


@pytest.mark.parametrize("shares", [{}, {"x": [0.0] * 5}])
def test_nothing_to_draw_is_drawn(shares: dict[str, list[float]]) -> None:
    assert len(charts.share_dots(shares, SIDES).data) == 5
    assert len(charts.spread_lines({"edges": [], "shares": [[]] * 5}, SIDES).data) == 5
