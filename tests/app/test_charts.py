from __future__ import annotations

import pytest

from winnow.catalog.facets import Histogram
from winnow_app import charts

NUMBERS = Histogram(edges=[0.0, 0.5, 1.0], counts=[3, 1], all=[4, 6], missing=2)
DATES = Histogram(edges=["2024-01-01", "2024-02-01", "2024-03-01"], counts=[1, 2], all=[1, 2], missing=0)
EMPTY = Histogram(edges=[], counts=[], all=[], missing=5)


def test_a_distribution_has_one_bar_between_two_edges() -> None:
    [bars] = charts.distribution(NUMBERS, "Quality").data
    assert list(bars.customdata) == ["0 – 0.5", "0.5 – 1"]
    assert list(bars.y) == [3, 1]


def test_dates_are_named_by_their_start_and_their_month_below() -> None:
    figure = charts.distribution(DATES, "Dates")
    assert list(figure.data[0].customdata) == ["2024-01-01", "2024-02-01"]
    assert list(figure.layout.xaxis.ticktext) == ["2024-01", "2024-02"]


def test_many_bars_share_few_words_below() -> None:
    many = Histogram(edges=[n / 40 for n in range(41)], counts=[1] * 40, all=[1] * 40, missing=0)
    axis = charts.distribution(many, "quality").layout.xaxis
    assert len(axis.ticktext) <= 5
    assert [axis.ticktext[0], axis.tickvals[1]] == ["0", 9]  # 41 edges in 5 steps of ⌈41/5⌉ = 9 bars


def test_kept_and_dropped_add_up_to_the_whole() -> None:
    kept, dropped = charts.kept_and_dropped(NUMBERS, "quality").data
    assert list(kept.y) == [3, 1]
    assert list(dropped.y) == [1, 5]  # 4 − 3 and 6 − 1
    assert (kept.name, dropped.name) == ("kept", "dropped")


def test_a_waterfall_says_what_each_rule_leaves_and_takes() -> None:
    left, dropped = charts.waterfall(["words>=50", "a<b"], [30, 0], 100).data
    assert list(left.x) == [70, 70]  # 100 − 30, and nothing more
    assert list(dropped.x) == [30, 0]
    assert list(dropped.text) == ["−30", ""]
    assert list(left.customdata) == ["words&gt;=50", "a&lt;b"]


@pytest.mark.parametrize("draw", [charts.distribution, charts.kept_and_dropped])
def test_a_column_without_values_draws_an_empty_chart(draw: object) -> None:
    assert callable(draw)
    assert all(len(trace.y) == 0 for trace in draw(EMPTY, "nothing").data)
    assert charts.bars([], [], "nothing").data[0].y == ()


def test_names_that_begin_alike_keep_bars_of_their_own() -> None:
    long = "a very long name of a source that goes on and on"
    figure = charts.bars([long + " 1", long + " 2"], [5, 3], "Sources")
    assert len(set(figure.data[0].y)) == 2
    assert all(len(word) <= charts.LONGEST_NAME for word in figure.layout.yaxis.ticktext)
    assert list(figure.data[0].customdata) == [long + " 1", long + " 2"]


def test_names_are_never_read_as_markup() -> None:
    figure = charts.bars(["<a href='x'>y</a>"], [1], "<b>bold</b>")
    assert figure.layout.yaxis.ticktext[0].startswith("&lt;a href")
    assert figure.layout.title.text == "&lt;b&gt;bold&lt;/b&gt;"
    assert charts.kept_and_dropped(NUMBERS, "<i>x</i>").layout.title.text == "&lt;i&gt;x&lt;/i&gt;"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0"),
        (0.123456, "0.123"),
        (999, "999"),
        (2_435, "2.44k"),
        (24_783, "24.8k"),
        (1_628_458, "1.63M"),
        (-2e9, "-2G"),
    ],
)
def test_large_numbers_are_shortened(number: float, words: str) -> None:
    assert charts.short(number) == words
