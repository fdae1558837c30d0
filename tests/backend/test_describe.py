"""The method table: every kind, every method, and nothing that JSON cannot say."""

from __future__ import annotations

import json

import pytest

from winnow.describe import KINDS, describe
from winnow.errors import SettingError
from winnow.method import methods


def test_every_method_is_a_row() -> None:
    rows = describe()
    assert [row["name"] for row in rows] == [name for kind in KINDS.values() for name in methods(kind)]
    assert json.loads(json.dumps(rows, allow_nan=False)) is not None
    for row in rows:
        assert row["summary"].endswith(".")
        assert all(setting["help"] and setting["type"] for setting in row["settings"])


def test_one_kind_by_its_name_or_plural() -> None:
    assert describe("scorer") == describe("scorers")
    assert {row["kind"] for row in describe("exporter")} == {"exporter"}
    with pytest.raises(SettingError, match="did you mean 'scorer'"):
        describe("scorrer")
