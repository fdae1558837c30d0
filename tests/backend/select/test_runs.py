"""Tables of small runs, as people paste them."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.errors import SettingError
from winnow.select.runs import Estimate, jackknife, read_runs


def test_runs_are_read_from_lines_or_semicolons_in_any_order_of_columns() -> None:
    for text in ("share,loss\n0.5,3\n1,2\n", " loss , share ; 3 , .5 ; 2 , 1 ;", "\n\nshare,loss\r\n0.5,3\r\n\r\n1,2"):
        runs = read_runs("law", text, ("share", "loss"), {"size": 7.0})
        assert [runs["share"].tolist(), runs["loss"].tolist(), runs["size"].tolist()] == [[0.5, 1], [3, 2], [7, 7]]


def test_names_may_hold_commas_in_quotation_marks() -> None:
    runs = read_runs("law", 'group,share\n"books, old",0.5\nweb,1', ("share",), {}, name="group")
    assert runs.names == ("books, old", "web")
    assert runs.without(0).names == ("web",)
    assert runs.without(0)["share"].tolist() == [1]


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_with_a_reason(text: str) -> None:
    with contextlib.suppress(SettingError):
        assert np.isfinite(read_runs("law", text, ("share",), {})["share"]).all()


def test_leaving_out_one_run_at_a_time_by_hand() -> None:
    # the mean of 1, 2, 6 is 3; without one: 4, 3.5, 1.5, mean 3: sqrt(2/3 (1 + .25 + 2.25)) = 1.5275
    # which is the standard error of a mean: deviation 2.6458 / sqrt(3)
    assert jackknife(np.array([4, 3.5, 1.5])) == pytest.approx(1.5275, abs=5e-5)
    assert jackknife(np.array([4.0])) == np.inf


def test_an_interval_stays_a_share() -> None:
    assert Estimate(0.5, 0.1).interval == pytest.approx((0.304, 0.696))
    assert Estimate(0.9, np.inf).interval == (0.0, 1.0)
