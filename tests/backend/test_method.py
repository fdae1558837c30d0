"""Methods: settings in their own type, recipes that round trip, plug-ins found by themselves."""

from __future__ import annotations

import dataclasses
import json
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from winnow.errors import MissingNeed, SettingError
from winnow.method import Method, Paper, method, methods, param, require
from winnow.select.base import Ranker, Selector


@dataclass(frozen=True, kw_only=True)
class Sample(Method):
    """Has one setting of each kind.

    More words.
    """

    name: ClassVar[str] = "sample"
    paper: ClassVar[Paper] = Paper("A title", "2402.09739", 2024)

    count: int = param(3, "How many.", low=1, high=10)
    rate: float = param(0.5, "How fast.", low=0)
    ceiling: float | None = param(None, "A bound.", high=1)
    loud: bool = param(False, "Whether aloud.")
    mode: str = param("soft", "Which way.", choices=("soft", "hard"))
    fields: tuple[str, ...] = param(("text",), "Which fields.")
    shares: Mapping[str, float] = param({"web": 1.0}, "How much of each.")


def test_settings_describe_themselves() -> None:
    kinds = {setting.name: setting.kind for setting in Sample.settings()}
    assert kinds == {
        "count": int,
        "rate": float,
        "ceiling": float,
        "loud": bool,
        "mode": str,
        "fields": tuple,
        "shares": dict,
    }
    by_name = {setting.name: setting for setting in Sample.settings()}
    assert by_name["ceiling"].optional
    assert not by_name["rate"].optional
    assert (by_name["count"].low, by_name["count"].high, by_name["count"].help) == (1, 10, "How many.")
    assert by_name["shares"].default == {"web": 1.0}
    assert Sample.summary() == "Has one setting of each kind."
    assert Sample.paper.url == "https://arxiv.org/abs/2402.09739"


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("count", 0, r"sample: count is in \[1, 10\]; found 0; default: 3"),
        ("count", 11, "count is in"),
        ("count", 2.5, "count is a whole number; found 2.5"),
        ("count", "3", "count is a whole number"),
        ("count", True, "count is a whole number"),
        ("rate", -0.1, "rate is at least 0"),
        ("rate", float("nan"), "rate is a number"),
        ("rate", float("inf"), "rate is a number"),
        ("rate", None, "rate is a number"),
        ("ceiling", 1.5, "ceiling is at most 1"),
        ("loud", "yes", "loud is true or false"),
        ("loud", 1, "loud is true or false"),
        ("mode", "sort", r"mode is one of 'soft', 'hard'; found 'sort'; did you mean 'soft'\?"),
        ("fields", "text", "fields is a list"),
        ("shares", [1], "shares is a table"),
    ],
)
def test_a_value_that_is_none_is_refused(setting: str, value: Any, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Sample(**{setting: value})


def test_values_take_their_own_type() -> None:
    sample = Sample(count=5.0, rate=2, fields=["a", "b"], ceiling=1)
    assert sample == Sample(count=5, rate=2.0, fields=("a", "b"), ceiling=1.0)
    assert repr(sample) == repr(Sample(count=5, rate=2.0, fields=("a", "b"), ceiling=1.0))


def test_a_recipe_round_trips_through_json() -> None:
    sample = Sample(count=5, fields=("a", "b"), shares={"web": 0.25, "books": 0.75}, ceiling=0.5)
    assert Sample.from_recipe(json.loads(json.dumps(sample.recipe))) == sample
    assert sample.recipe["method"] == "sample"


def test_the_default_table_is_not_shared() -> None:
    assert Sample().shares is not Sample().shares


def test_recipes_with_unknown_settings_or_of_other_methods_are_refused() -> None:
    with pytest.raises(SettingError, match="sample has no setting 'coutn'; did you mean 'count'"):
        Sample.from_recipe({"method": "sample", "coutn": 3})
    with pytest.raises(SettingError, match="a recipe of 'top'; sample was asked"):
        Sample.from_recipe({"method": "top"})


def test_settings_are_read_from_text() -> None:
    sample = Sample.from_text(
        {
            "count": "7",
            "rate": "1e-3",
            "ceiling": "none",
            "loud": "Yes",
            "mode": "hard",
            "fields": "a, b",
            "shares": "https://a.org:0.5, b:2",
        }
    )
    assert sample.recipe == {
        "method": "sample",
        "count": 7,
        "rate": 0.001,
        "ceiling": None,
        "loud": True,
        "mode": "hard",
        "fields": ("a", "b"),
        "shares": {"https://a.org": 0.5, "b": 2.0},
    }
    assert Sample.from_text({"shares": '{"a, b": 1}'}).shares == {"a, b": 1}


@pytest.mark.parametrize(
    ("setting", "text"),
    [("count", "many"), ("count", "1.5"), ("rate", ""), ("loud", "perhaps"), ("shares", "web"), ("shares", "[1]")],
)
def test_text_that_is_no_such_value_is_refused(setting: str, text: str) -> None:
    with pytest.raises(SettingError, match=f"{setting} is"):
        Sample.from_text({setting: text})


def test_methods_are_immutable() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Sample().count = 4


def test_methods_are_found_in_the_folder_of_their_kind_only() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Stray(Ranker):
        name: ClassVar[str] = "stray"

        def rank(self, pool: Any, draw: Any) -> Any:
            return None

    found = methods(Selector)
    assert "stray" not in found
    assert list(found) == sorted(found)
    assert all(kind.name == name and issubclass(kind, Selector) for name, kind in found.items())
    assert method(Selector, "top") is found["top"]
    with pytest.raises(SettingError, match="no selector is called 'topp'; did you mean 'top'"):
        method(Selector, "topp")


def test_abstract_methods_are_not_offered() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Unfinished(Selector):
        name: ClassVar[str] = "unfinished"

        @abstractmethod
        def more(self) -> None: ...

    Unfinished.__module__ = "winnow.select.unfinished"
    assert "unfinished" not in methods(Selector)


def test_two_methods_of_one_name_are_an_error() -> None:
    kinds = {}
    for module in ("winnow.select.first", "winnow.select.second"):
        body = {"name": "twice", "__module__": module, "rank": lambda self, pool, draw: None}
        kinds[module] = type("Twice", (Ranker,), body)
    with pytest.raises(RuntimeError, match="two methods are called 'twice'"):
        methods(Selector)
    for kind in kinds.values():
        kind.__module__ = __name__
    assert "twice" not in methods(Selector)


def test_an_optional_package_is_imported_or_named_with_its_command() -> None:
    assert require("sample", "arithmetic", "math").sqrt(4) == 2
    with pytest.raises(MissingNeed, match=r"sample needs absent_package for speed; .*pip install absent_package"):
        require("sample", "speed", "absent_package")
    with pytest.raises(MissingNeed, match=r"winnow-workbench\[gpu\]"):
        require("sample", "speed", "absent_package", extra="gpu")
