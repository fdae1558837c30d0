"""A mixture written down by a person, and tables that cannot be used."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.errors import SettingError
from winnow.pool import Budget, Groups, Pool
from winnow.select.manual import Manual


def pool() -> Pool:
    names = ["a"] * 100 + ["b"] * 20 + [None] * 10
    return Pool(np.arange(130), np.ones(130), {"source": Groups.of(names)})


def counts(method: Manual, budget: Budget) -> list[int]:
    chosen = method.select(pool(), budget)
    times = np.bincount(chosen.rows, chosen.weights, minlength=130)
    return [int(times[:100].sum()), int(times[100:120].sum()), int(times[120:].sum())]


def test_weights_are_shares() -> None:
    # of 20 documents .7 -> 14, .2 -> 4, .1 -> 2
    assert counts(Manual(weights={"a": 0.7, "b": 0.2, "(none)": 0.1}), Budget(docs=20)) == [14, 4, 2]


def test_a_group_that_is_not_named_gets_nothing_and_a_full_one_gives_the_rest() -> None:
    # half of 60 is 30 each, but b holds 20: a gets 40
    assert counts(Manual(weights={"a": 0.5, "b": 0.5}), Budget(docs=60)) == [40, 20, 0]
    # two epochs of b hold 40: 30 each
    assert counts(Manual(weights={"a": 0.5, "b": 0.5}, max_epochs=2), Budget(docs=60)) == [30, 30, 0]


def test_a_budget_larger_than_the_named_groups_takes_them_whole() -> None:
    assert counts(Manual(weights={"b": 1}), Budget(docs=500)) == [0, 20, 0]


def test_weights_may_be_normalized_or_rounded() -> None:
    assert counts(Manual(weights={"a": 3, "b": 1}, normalize=True), Budget(docs=20)) == [15, 5, 0]
    Manual(weights={"a": 0.333, "b": 0.333, "c": 0.333})


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"a": 0.7, "b": 0.7}, r"weights sum to 1; they sum to 1.4; --set weights=a:0.5,b:0.5"),
        ({"a": -0.5, "b": 1.5}, r"numbers from 0 up; found -0.5 for 'a'"),
        ({"a": float("nan")}, r"numbers from 0 up; found nan"),
        ({"a": "half"}, r"numbers from 0 up; found 'half'"),
        ({"a": True}, r"numbers from 0 up; found True"),
        ({"a": 0.0}, r"at least one group a share; all are 0"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_its_fix(weights: dict[str, object], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Manual(weights=weights)


def test_an_unknown_group_names_the_nearest() -> None:
    large = Pool(np.arange(2), np.ones(2), {"source": Groups.of(["books", "web"])})
    with pytest.raises(SettingError, match="found 'bokks'; did you mean 'books'"):
        Manual(weights={"bokks": 1}).select(large, Budget(docs=1))


def test_an_empty_table_says_what_to_write() -> None:
    with pytest.raises(SettingError, match=r"needs the weights.*weights=a:0.333,b:0.333,\(none\):0.333"):
        Manual().select(pool(), Budget(docs=1))
