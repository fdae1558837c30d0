"""What label words mean as numbers."""

from __future__ import annotations

import pytest

from winnow.errors import SettingError
from winnow.rate.head import Output
from winnow.rate.label_values import meaning

YES_NO, SCALE = Output("", "probability"), Output("", "number", 0, 5)


def test_yes_and_no_are_known_and_unsure_says_nothing() -> None:
    assert meaning(("keep", "drop", "unsure"), YES_NO, {}, "label") == {"keep": 1, "drop": 0}


def test_numbers_are_themselves() -> None:
    assert meaning(("0", "1", "2,5", "5"), SCALE, {}, "edu") == {"0": 0, "1": 1, "2,5": 2.5, "5": 5}


def test_a_person_may_say_what_values_mean() -> None:
    assert meaning(("bad", "fair", "fine"), SCALE, {"bad": 1, "fine": 4}, "x") == {"bad": 1, "fine": 4}
    assert meaning(("spam", "news"), YES_NO, {"spam": 0, "news": 1}, "x") == {"spam": 0, "news": 1}


def test_names_are_matched_whatever_their_case() -> None:
    output = Output("domain", "name", names=("Medicine", "Law", "Other"))
    assert meaning(("law", "medicine", "poetry"), output, {"poetry": "Other"}, "domain") == {
        "law": 1,
        "medicine": 0,
        "poetry": 2,
    }


@pytest.mark.parametrize(
    ("values", "output", "told", "words"),
    [
        (("news", "forum"), YES_NO, {}, "--values news:"),
        (("1", "2", "3"), YES_NO, {}, "yes and no"),
        (("keep", "drop"), SCALE, {}, "--values keep:"),
        (("1", "7"), SCALE, {}, "from 0 to 5"),
        (("keep", "drop"), YES_NO, {"kep": 1}, "no value 'kep'"),
        (("keep", "drop"), YES_NO, {"keep": "x"}, "VALUE:NUMBER"),
        (("poem",), Output("domain", "name", names=("Law",)), {}, "NAME of Law"),
    ],
)  # fmt: skip
def test_what_means_nothing_is_said(
    values: tuple[str, ...], output: Output, told: dict[str, float], words: str
) -> None:
    with pytest.raises(SettingError, match=words):
        meaning(values, output, told, "label")
