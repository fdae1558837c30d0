"""Named selections: which documents were chosen, how often each is seen, and everything needed to choose them again."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from winnow.catalog.audit import record
from winnow.catalog.control import Control, dump, load, now
from winnow.catalog.publish import move_into_place, staging
from winnow.errors import ConflictError, SettingError, nearest

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


@dataclass(frozen=True)
class NamedSelection:
    """A stored selection. `recipe` replays it; `summary` holds counts, asked and spent budget and the pool's fingerprint."""

    name: str
    path: Path
    recipe: Mapping[str, Any]
    summary: Mapping[str, Any]
    created: str

    def read(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return doc_ids and weights in the order they were chosen."""
        table = pq.read_table(self.path)
        return table.column("doc_id").to_numpy(), table.column("weight").to_numpy()


class Selections:
    """Stores and lists named selections."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def all(self) -> list[NamedSelection]:
        rows = self._control.rows("SELECT * FROM selections ORDER BY created DESC")
        return [
            NamedSelection(
                row["name"],
                self._control.folder / row["path"],
                load(row["recipe"]),
                load(row["summary"]),
                row["created"],
            )
            for row in rows
        ]

    def get(self, name: str) -> NamedSelection:
        found = {selection.name: selection for selection in self.all()}
        if name not in found:
            raise SettingError(f"no selection is called '{name}'", "", nearest(name, found))
        return found[name]

    def check_name(self, name: str, replace: bool) -> None:
        """Raise SettingError for a bad name, ConflictError for one in use, before any work is done."""
        if not NAME.fullmatch(name):
            raise SettingError(
                "a selection's name is letters, digits, . _ -", f"found '{name}'", "for example --name best-tenth"
            )
        if not replace and any(selection.name == name for selection in self.all()):
            raise _taken(name)

    def save(
        self,
        name: str,
        doc_ids: NDArray[np.int64],
        weights: NDArray[np.float64],
        *,
        recipe: Mapping[str, Any],
        summary: Mapping[str, Any],
        replace: bool = False,
    ) -> NamedSelection:
        """Store a selection so that it is there whole or not at all; raises SettingError, ConflictError."""
        self.check_name(name, replace)
        relative = Path("selections") / f"{name}-{uuid.uuid4().hex[:8]}.parquet"
        with staging(self._control.folder) as folder:
            staged = folder / relative.name
            pq.write_table(pa.table({"doc_id": doc_ids, "weight": weights}), staged, compression="zstd")
            [checksum] = move_into_place([(staged, self._control.folder / relative)])
        with self._control.change_manifest() as connection:
            if replace and connection.execute("DELETE FROM selections WHERE name = ?", (name,)).rowcount:
                record(connection, "replace selection", name)
            if connection.execute("SELECT 1 FROM selections WHERE name = ?", (name,)).fetchone():
                raise _taken(name)
            connection.execute(
                "INSERT INTO selections VALUES (?, ?, ?, ?, ?, ?)",
                (name, str(relative), dump(recipe), dump(summary), now(), checksum),
            )
        return self.get(name)

    def remove(self, name: str) -> None:
        """Take a selection off the list; its file stays in the folder."""
        kept = self.get(name)
        with self._control.change_manifest() as connection:
            connection.execute("DELETE FROM selections WHERE name = ?", (name,))
            record(connection, "delete selection", name, documents=kept.summary.get("documents"))


def _taken(name: str) -> ConflictError:
    return ConflictError(f"selection '{name}' exists", "", "choose another name, or replace that one (--replace)")
