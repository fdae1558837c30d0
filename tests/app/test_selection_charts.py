"""Charts of a choice beside its pool."""

from __future__ import annotations

import pytest

from winnow_app import selection_charts as charts


def test_groups_stand_with_their_shares_of_what_is_kept_and_of_the_pool() -> None:
    kept, pool = charts.kept_per_group({"forum": (5, 20), "wiki": (15, 60), "mail": (0, 20)}).data
    assert (kept.name, pool.name) == ("kept", "pool")
    # The largest of the pool comes first: 60, 20 and 20 of 100; of the 20 kept, 15, 5 and none.
    assert list(pool.x) == [0.6, 0.2, 0.2]
    assert list(kept.x) == [0.75, 0.25, 0.0]
    assert list(kept.text) == ["75.0%", "25.0%", "0.0%"]
    assert [list(row) for row in kept.customdata] == [["wiki", 15], ["forum", 5], ["mail", 0]]


def test_many_groups_end_in_the_rest() -> None:
    figure = charts.kept_per_group({f"s{place}": (1, 100 - place) for place in range(20)})
    kept, pool = figure.data
    names = figure.layout.yaxis.ticktext
    assert len(names) == charts.MOST_GROUPS + 1
    assert (names[0], names[-1]) == ("s0", "8 others")
    assert pool.customdata[-1][1] == sum(100 - place for place in range(12, 20))
    assert sum(kept.x) == pytest.approx(1)
    # One group too many is drawn itself: "1 others" would take as much room.
    assert len(charts.kept_per_group({f"s{n}": (1, 1) for n in range(13)}).data[0].x) == 13


def test_nothing_kept_is_drawn_and_names_are_no_markup() -> None:
    figure = charts.kept_per_group({"<b>x</b>": (0, 3)})
    assert list(figure.data[0].x) == [0]
    assert figure.layout.yaxis.ticktext == ("&lt;b&gt;x&lt;/b&gt;",)
    assert figure.data[0].customdata[0][0] == "&lt;b&gt;x&lt;/b&gt;"


def test_a_budget_is_chosen_of_the_pool_with_a_mark_at_what_was_asked() -> None:
    figure = charts.budget({"documents": (3, 10), "tokens": (250, 1000)}, "tokens", 400)
    pool, chosen, mark = figure.data
    assert list(pool.x) == [1, 1]
    assert list(chosen.x) == [0.3, 0.25]
    assert (list(mark.x), list(mark.y), mark.name) == ([0.4], [1], "asked: 400 tokens")
    assert figure.layout.yaxis.ticktext == ("3 of 10 documents (30.0%)", "250 of 1,000 tokens (25.0%)")


@pytest.mark.parametrize(("chosen", "asked", "end"), [(2500, 2500, 2.5), (1000, 4000, 4), (0, 0, 1)])
def test_repeats_and_budgets_beyond_the_pool_stay_in_sight(chosen: int, asked: float, end: float) -> None:
    figure = charts.budget({"documents": (1, 1), "tokens": (chosen, 1000)}, "tokens", asked)
    assert end <= figure.layout.xaxis.range[1] <= end * 1.05


def test_an_empty_pool_is_drawn() -> None:
    assert list(charts.budget({"documents": (0, 0), "tokens": (0, 0)}, "tokens", 0).data[1].x) == [0, 0]
