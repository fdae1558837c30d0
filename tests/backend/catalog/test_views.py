"""Saved views: filters with names."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import one_process
from winnow.catalog.filters import Filter
from winnow.errors import SettingError


def test_views_are_filters_with_names(tmp_path: Path) -> None:
    views = one_process(tmp_path / "corpus").catalog.views
    filter = Filter(search="river", like=0).with_values("source", "ü", exclude=True)
    views.save(" mine ", filter)
    views.save("mine", filter.without("like"))
    assert views.all() == {"mine": filter.without("like")}
    views.remove("mine")
    assert views.all() == {}
    with pytest.raises(SettingError):
        views.save(" ", filter)
