from __future__ import annotations

from pathlib import Path

import pytest

from winnow.errors import InputError
from winnow.ingest.columns import Columns, Kind, add_kinds, dig, find_columns, kind_of, more_columns, object_in
from winnow.ingest.jsonl import JsonLines

FILE = Path("a.jsonl")


def test_usual_names_in_their_order() -> None:
    kinds: dict[str, Kind] = {
        "body": "text",
        "Content": "text",
        "guid": "text",
        "created": "text",
        "timestamp": "number",
    }
    columns = find_columns(JsonLines(), kinds, FILE)
    assert columns == Columns(text=("Content",), id=("guid",), date=("timestamp",))
    assert columns.taken == {"Content", "guid", "timestamp"}


def test_a_name_counts_only_when_its_values_fit() -> None:
    kinds: dict[str, Kind] = {"text": "other", "body": "text", "source": {"name": "text"}, "domain": "text"}
    columns = find_columns(JsonLines(), kinds, FILE)
    assert (columns.text, columns.source) == (("body",), ("domain",))
    assert find_columns(JsonLines(), {"text": "number"}, FILE).text == ("text",)


def test_nested_parts_come_after_plain_ones_and_before_empty_ones() -> None:
    meta: Kind = {"url": "text", "source": "text"}
    kinds: dict[str, Kind] = {"text": "text", "metadata": meta, "link": "text", "source": "nothing"}
    columns = find_columns(JsonLines(), kinds, FILE)
    assert (columns.url, columns.source) == (("link",), ("metadata", "source"))
    assert "metadata" not in columns.taken
    assert find_columns(JsonLines(), {"text": "text", "url": "nothing"}, FILE).url == ("url",)


def test_told_names_win_and_a_value_needs_no_column() -> None:
    kinds: dict[str, Kind] = {"text": "text", "a.b": "text", "source": "text", "x": {"y": "text"}}
    columns = find_columns(JsonLines(text="a.b", source="=mill", id="x.y"), kinds, FILE)
    assert columns == Columns(text=("a.b",), id=("x", "y"), constant_source="mill")
    for told in ("x.z", "nothing", "text.y"):
        with pytest.raises(InputError, match=r"needs a date column.*--date COL"):
            find_columns(JsonLines(date=told), kinds, FILE)


def test_many_or_long_names_are_shortened() -> None:
    kinds: dict[str, Kind] = {f"{place:02}" + "x" * 100: "text" for place in range(50)}
    with pytest.raises(InputError, match="and 10 more") as caught:
        find_columns(JsonLines(), kinds, FILE)
    assert len(str(caught.value)) < 2500


def test_later_rows_add_parts_but_move_none() -> None:
    columns = find_columns(JsonLines(), {"text": "text", "domain": "text"}, FILE)
    later = more_columns(
        columns, JsonLines(), {"text": "text", "domain": "text", "source": "text", "url": "text"}, FILE
    )
    assert later == Columns(text=("text",), source=("domain",), url=("url",))


def test_kinds_are_judged_by_the_first_value() -> None:
    kinds: dict[str, Kind] = {}
    add_kinds(
        kinds, [{"a": None, "meta": {"x": None}}, {"a": 1.5, "b": True, "meta": {"x": "s", "y": [1]}}, {"a": "s"}]
    )
    assert kinds == {"a": "number", "b": "other", "meta": {"x": "text", "y": "other"}}
    assert kind_of("text", '{"a": 1}') == "text"
    assert kind_of("meta", '{"a": 1}') == {"a": "number"}
    assert kind_of("meta", "{broken}") == "text"


def test_digging() -> None:
    assert dig({"a": '{"b": 1}'}, ("a", "b")) == 1
    assert dig({"a": 5}, ("a", "b")) is None
    assert object_in("[1]") is None
    assert object_in("{}") == {}
