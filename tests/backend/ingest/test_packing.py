from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from winnow.ingest.packing import is_valid, pack, pack_columns, python_values, valid_text


def test_nulls_are_left_out_and_nested_values_stay() -> None:
    assert pack({"a": None}) is None
    assert pack({}) is None
    assert pack({"a": None, "b": {"c": None}, "d": [1, None], "nul": "\0"}) == (
        b'{"b":{"c":null},"d":[1,null],"nul":"\\u0000"}'
    )


def test_values_that_json_lacks() -> None:
    row = {
        "decimal": Decimal("1.10"),
        "day": date(2021, 3, 4),
        "moment": datetime(2021, 3, 4, 5),
        "length": timedelta(hours=1),
        "not": float("nan"),
        "bytes": b"\xff",
        "largest": b"x" * 1024,
        "larger": b"x" * 1025,
        "deep": [{"bytes": b"a"}],
    }
    packed = json.loads(pack(row) or b"")
    assert packed.pop("largest").startswith("eHh4")
    assert packed == {
        "decimal": "1.10",
        "day": "2021-03-04",
        "moment": "2021-03-04T05:00:00",
        "length": "1:00:00",
        "not": None,
        "bytes": "/w==",
        "larger": {"bytes": 1025},
        "deep": [{"bytes": "YQ=="}],
    }


def test_columns_are_packed_row_by_row() -> None:
    packed = pack_columns(["a", "b"], [pa.array([1, None]), pa.array([None, None])], 2)
    assert packed.to_pylist() == ['{"a":1}', None]
    assert pack_columns([], [], 2).to_pylist() == [None, None]


def test_moments_and_maps_in_python() -> None:
    fine = pa.array([datetime(2021, 3, 4)], pa.timestamp("ns")).cast(pa.int64())
    assert python_values(pa.compute.add(fine, 1).cast(pa.timestamp("ns"))) == [datetime(2021, 3, 4)]
    assert python_values(pa.array([2**62], pa.timestamp("s"))) == ["timestamp[s] out of range"]
    pairs = pa.map_(pa.string(), pa.int64())
    assert python_values(pa.array([[("a", 1), ("b", 2)]], pairs)) == [{"a": 1, "b": 2}]
    assert python_values(pa.array([[("a", 1), ("a", 2)]], pairs)) == [[("a", 1), ("a", 2)]]


def test_rows_with_text_that_is_not_utf8() -> None:
    broken = pa.array([b"a", b"\xff", None], pa.binary()).view(pa.string())
    nested = pa.StructArray.from_arrays([broken], ["inside"])
    assert valid_text([broken]).tolist() == [True, False, True]
    assert valid_text([pa.array([1, 2, 3]), nested]).tolist() == [True, False, True]
    assert not is_valid(broken)
    codes = pa.DictionaryArray.from_arrays(pa.array([9], pa.int32()), pa.array(["x"]), safe=False)
    with pytest.raises(pa.ArrowInvalid):
        valid_text([codes])


def test_what_is_nested_too_deeply_leaves_a_note() -> None:
    deep: Any = 1
    for _ in range(600):
        deep = [deep]
    assert json.loads(pack({"deep": deep, "stars": 3}) or b"") == {"deep": {"levels": "more than 250"}, "stars": 3}
