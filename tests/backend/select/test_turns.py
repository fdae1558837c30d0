"""Taking turns between orders."""

from __future__ import annotations

import doctest

import numpy as np

from winnow.select import turns as module
from winnow.select.turns import take_turns


def test_the_examples_hold() -> None:
    assert doctest.testmod(module).failed == 0


def test_shares_are_met_in_every_prefix() -> None:
    # shares 3:1 without overlap: of the first 4 picks 3 are the first list's, of the first 8 six
    picks = take_turns([np.arange(100), np.arange(100, 200)], [3, 1])
    for m in (4, 8, 40):
        assert (picks[:m] < 100).sum() == 3 * m // 4


def test_a_row_taken_by_another_costs_no_turn_and_every_row_comes_once() -> None:
    # list 0 takes 0; list 1 wants 0, takes 2; list 0 takes 1; list 1 has 3 left
    assert take_turns([np.array([0, 1, 2, 3]), np.array([0, 2, 1, 3])], [1, 1]).tolist() == [0, 2, 1, 3]


def test_a_list_without_a_share_or_without_rows_leaves_its_turns() -> None:
    assert take_turns([np.array([5]), np.array([7, 8])], [0, 1]).tolist() == [7, 8]
    assert take_turns([np.array([], dtype=np.int64), np.array([7, 8])], [1, 1]).tolist() == [7, 8]
