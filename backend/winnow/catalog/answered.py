"""Who has answered about which document, kept up to date by the events since the last look: a look costs what changed."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from winnow.catalog.control import Control

Answers = tuple[NDArray[np.int64], NDArray[np.object_]]
"""Documents, and beside each the person who answered about it."""

# Left to itself SQLite looks for a newer answer among all of a person's: time with the square of their labels.
STANDING = (
    "FROM label_events e WHERE e.undoes IS NULL "
    "AND NOT EXISTS (SELECT 1 FROM label_events u WHERE u.undoes = e.seq) "
    "AND NOT EXISTS (SELECT 1 FROM label_events n INDEXED BY label_events_doc "
    "WHERE n.schema = e.schema AND n.doc_id = e.doc_id AND n.who = e.who "
    "AND n.role = e.role AND n.other IS e.other AND n.seq > e.seq AND n.undoes IS NULL "
    "AND NOT EXISTS (SELECT 1 FROM label_events v WHERE v.undoes = n.seq))"
)
"""The events `e` that stand: not taken back, and the newest of a person about a document or a pair."""

FEW = 10_000
"""Documents with new events above which all answers are read again."""


class Answered:
    """Standing answers per schema."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._lock = threading.Lock()
        self._seen: dict[str, int] = {}
        self._answers: dict[str, Answers] = {}

    def of(self, schema: str, doc_ids: Iterable[int] | None = None) -> Answers:
        """Return the answers about some documents or all, as the log is now; not to be written to."""
        if doc_ids is not None:
            return self._read(schema, doc_ids)
        with self._lock, self._control.snapshot():
            newest, seen = self._control.newest("label_events"), self._seen.get(schema)
            if newest != seen:
                query = "SELECT DISTINCT doc_id FROM label_events WHERE schema = ? AND seq > ?"
                touched = [row["doc_id"] for row in self._control.rows(query, schema, seen)] if seen is not None else []
                if seen is None or len(touched) > FEW:
                    self._answers[schema] = self._read(schema)
                elif touched:
                    self._answers[schema] = _joined(self._answers[schema], self._read(schema, touched), touched)
                self._seen[schema] = newest
            return self._answers[schema]

    def _read(self, schema: str, doc_ids: Iterable[int] | None = None) -> Answers:
        some = f" AND e.doc_id IN ({', '.join(map(str, map(int, doc_ids)))})" if doc_ids is not None else ""
        query = f"SELECT e.doc_id, e.who {STANDING} AND e.schema = ? AND e.role = ''{some} ORDER BY e.seq"
        found = self._control.rows(query, schema)
        ids, people = zip(*found, strict=True) if found else ((), ())
        return np.array(ids, dtype=np.int64), np.array(people, dtype=object)


def _joined(known: Answers, new: Answers, touched: Iterable[int]) -> Answers:
    """Put new answers about the documents that were touched in the place of those known."""
    stays = ~np.isin(known[0], np.fromiter(touched, np.int64))
    return np.concatenate([known[0][stays], new[0]]), np.concatenate([known[1][stays], new[1]])
