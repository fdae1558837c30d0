"""Wide tables: all of one, and how often one was built."""

from __future__ import annotations

from typing import Any

import pytest

from winnow.catalog import table
from winnow.catalog.filters import Filter
from winnow.workspace import Workspace


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows whenever a table is put together from shards or from another table."""
    made: list[str] = []
    build = table.build

    def noted(*told: Any) -> None:
        made.append("built")
        build(*told)

    monkeypatch.setattr(table, "build", noted)
    return made


def rows(corpus: Workspace) -> dict[str, list[Any]]:
    """Return all of the wide table."""
    found: dict[str, list[Any]] = corpus.browse.arrow(Filter(), list(corpus.browse.columns())).to_pydict()
    return found
