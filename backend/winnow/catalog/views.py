"""Saved views: filters with names."""

from __future__ import annotations

from winnow.catalog.audit import record
from winnow.catalog.control import Control, dump, load, now
from winnow.catalog.filters import Filter
from winnow.errors import SettingError


class Views:
    """Stores and lists named filters."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def all(self) -> dict[str, Filter]:
        rows = self._control.rows("SELECT name, query FROM views ORDER BY name")
        return {row["name"]: Filter.from_query(load(row["query"])) for row in rows}

    def save(self, name: str, filter: Filter) -> None:
        if not name.strip():
            raise SettingError("a view has a name", "it is empty", "write one")
        with self._control.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO views VALUES (?, ?, ?)", (name.strip(), dump(filter.to_query()), now())
            )

    def remove(self, name: str) -> None:
        with self._control.write() as connection:
            connection.execute("DELETE FROM views WHERE name = ?", (name,))
            record(connection, "delete view", name)
