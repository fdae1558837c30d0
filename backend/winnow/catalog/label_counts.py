"""Labels per person and value, kept up to date by the events since the last look: a look costs what changed."""

from __future__ import annotations

import threading
from collections import Counter

from winnow.catalog.control import Control


class LabelCounts:
    """Counts of standing answers per schema, (who, value) → documents."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._lock = threading.Lock()
        self._seen: dict[str, int] = {}
        self._counts: dict[str, Counter[tuple[str, str]]] = {}

    def of(self, schema: str) -> dict[tuple[str, str], int]:
        """Return the counts of a schema as the log is now."""
        with self._lock, self._control.snapshot():
            newest, seen = self._control.newest("label_events"), self._seen.get(schema, 0)
            counts = self._counts.setdefault(schema, Counter())
            if newest > seen:
                counts.update(self._standing(schema, seen, newest))
                if seen:
                    counts.subtract(self._standing(schema, seen, seen))
                self._seen[schema] = newest
            return {key: number for key, number in counts.items() if number}

    def _standing(self, schema: str, since: int, upto: int) -> dict[tuple[str, str], int]:
        """Count what stood after event `upto` about the documents that events after `since` speak of."""
        rows = self._control.rows(_AS_OF, schema, since, schema, upto, upto)
        return {(row["who"], row["value"]): row["documents"] for row in rows}


_AS_OF = """
WITH touched AS (SELECT DISTINCT doc_id FROM label_events WHERE schema = ? AND seq > ?),
standing AS (
    SELECT e.who, e.value, ROW_NUMBER() OVER (PARTITION BY e.doc_id, e.other, e.who ORDER BY e.seq DESC) AS place
    FROM touched CROSS JOIN label_events e ON e.schema = ? AND e.doc_id = touched.doc_id
    WHERE e.undoes IS NULL AND e.role = '' AND e.seq <= ?
    AND NOT EXISTS (SELECT 1 FROM label_events u WHERE u.undoes = e.seq AND u.seq <= ?))
SELECT who, value, COUNT(*) AS documents FROM standing WHERE place = 1 GROUP BY who, value
"""
