"""Errors say who needs what, what was found and what mends it, also from another process."""

from __future__ import annotations

import doctest
import pickle

import pytest

from winnow import errors
from winnow.errors import SettingError, WinnowError, nearest

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, WinnowError)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_keeps_its_three_parts_through_pickle(kind: type[WinnowError]) -> None:
    again = pickle.loads(pickle.dumps(kind("top needs column 'quality'", "the corpus lacks it", "winnow score --all")))
    assert type(again) is kind
    assert (again.needs, again.found, again.fix) == (
        "top needs column 'quality'",
        "the corpus lacks it",
        "winnow score --all",
    )
    assert str(again) == "top needs column 'quality'; the corpus lacks it; winnow score --all"


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_in_the_tree_at_the_top_of_the_file(kind: type[WinnowError]) -> None:
    assert kind.__name__ in (errors.__doc__ or "")


def test_empty_parts_leave_no_separators() -> None:
    assert str(WinnowError("a", "", "c")) == "a; c"
    assert str(WinnowError("a")) == "a"


def test_a_setting_error_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="a budget"):
        raise SettingError("a budget")


def test_nearest_guesses_or_lists() -> None:
    assert nearest("qualty", {"quality", "words"}) == "did you mean 'quality'?"
    assert nearest("zzz", ["words", "quality"]) == "choose from: quality, words"
    assert nearest("zzz", []) == "there is none yet"


def test_the_examples_hold() -> None:
    assert doctest.testmod(errors).failed == 0
