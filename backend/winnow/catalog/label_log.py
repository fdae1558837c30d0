"""The log of labels read from an event on: who follows it sees every event once, in the order they were given."""

from __future__ import annotations

from winnow.catalog.control import Control
from winnow.catalog.labels import Label


def events(control: Control, after: int, *, schema: str = "", who: str = "", limit: int = 1000) -> list[Label]:
    """Return events with a number above `after`, oldest first, of one question or person where named."""
    rows = control.rows(
        "SELECT * FROM label_events WHERE seq > ? AND ? IN ('', schema) AND ? IN ('', who) ORDER BY seq LIMIT ?",
        after, schema, who, limit,
    )  # fmt: skip
    return [Label(**dict(row)) for row in rows]
