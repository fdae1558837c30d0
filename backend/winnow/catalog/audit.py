"""The audit trail: who exported, deleted or changed a role, and when. Nothing in it can be changed or removed."""

from __future__ import annotations

import getpass
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from winnow.catalog import access
from winnow.catalog.control import Control, dump, load, now


@dataclass(frozen=True)
class Deed:
    """One line of the trail. `who` is a person's name, or the account of a command with "(shell)" behind it."""

    seq: int
    at: str
    who: str
    what: str
    subject: str
    detail: Mapping[str, Any]


def record(connection: sqlite3.Connection, what: str, subject: str, **detail: Any) -> None:
    """Write a deed into the trail, in the transaction that does it: both are kept or neither."""
    connection.execute(
        "INSERT INTO audit (at, who, what, subject, detail) VALUES (?, ?, ?, ?, ?)",
        (now(), _who(), what, subject, dump(detail)),
    )


class Audit:
    """Reads the trail."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def all(self, limit: int = 200, before: int | None = None) -> list[Deed]:
        """Return the newest deeds, or those before a number."""
        rows = self._control.rows(
            "SELECT * FROM audit WHERE ? IS NULL OR seq < ? ORDER BY seq DESC LIMIT ?", before, before, limit
        )
        return [Deed(**{**dict(row), "detail": load(row["detail"])}) for row in rows]


def _who() -> str:
    actor = access.present()
    if actor is not None:
        return actor.name or "(no name)"
    try:
        return f"{getpass.getuser()} (shell)"
    except (KeyError, OSError):
        # An account without a name, as in a container that runs under a bare number.
        return "(shell)"
