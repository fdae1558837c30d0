"""Hand labels: an append-only log of who said what about which document, and when. Undo is an event too."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from winnow.catalog.control import Control, dump, load, now
from winnow.errors import ConflictError, SettingError, nearest

SKIP = "(skip)"
"""The value of a document somebody looked at and passed over."""


@dataclass(frozen=True)
class LabelSchema:
    """One question asked of every document, with its possible answers in key order (1, 2, 3 …)."""

    name: str
    question: str
    values: tuple[str, ...]
    guidelines: str = ""

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise SettingError(
                "a label schema's name is letters, digits and _", f"found '{self.name}'", "for example 'keep'"
            )
        if not 1 <= len(self.values) <= 9 or len(set(self.values)) != len(self.values):
            raise SettingError(
                "a label schema has 1 to 9 different values", f"found {list(self.values)}", "one per digit key"
            )
        if any(not value.strip() or value == SKIP for value in self.values):
            raise SettingError("a label has a name", f"found {list(self.values)}", "write a word for each")


DEFAULT = LabelSchema(
    "label",
    "Should a language model learn from this?",
    ("keep", "drop", "unsure"),
    "Keep text a careful reader would learn from. Drop boilerplate, spam, broken text, abuse. Unsure when you cannot tell.",
)


@dataclass(frozen=True)
class Label:
    """One event of the log. A `value` of None with `undoes` set takes an earlier event back."""

    seq: int
    uuid: str
    at: str
    who: str
    schema: str
    doc_id: int
    value: str | None
    undoes: int | None
    seconds: float | None


class Labels:
    """Reads and appends label events."""

    def __init__(self, control: Control) -> None:
        self._control = control

    @property
    def last(self) -> int:
        row = self._control.one("SELECT COALESCE(MAX(seq), 0) AS seq FROM label_events")
        return int(row["seq"]) if row else 0

    def schemas(self) -> dict[str, LabelSchema]:
        rows = self._control.rows("SELECT name, schema FROM label_schemas ORDER BY rowid")
        found = {row["name"]: _schema(load(row["schema"])) for row in rows}
        return found if DEFAULT.name in found else {DEFAULT.name: DEFAULT, **found}

    def schema(self, name: str) -> LabelSchema:
        schemas = self.schemas()
        if name not in schemas:
            raise SettingError(f"no label schema is called '{name}'", "", nearest(name, schemas))
        return schemas[name]

    def define(self, schema: LabelSchema) -> None:
        """Add a schema or change its wording; raises ConflictError when a value in use would vanish."""
        alike = [name for name in self.schemas() if name.lower() == schema.name.lower() and name != schema.name]
        if alike:
            raise ConflictError(
                f"schema '{schema.name}' needs a name of its own", f"'{alike[0]}' exists", "another name"
            )
        # Every process has a column per schema, so a new one moves the manifest.
        with self._control.change_manifest() as connection:
            rows = connection.execute("SELECT DISTINCT value FROM label_events WHERE schema = ?", (schema.name,))
            lost = ", ".join(sorted({row["value"] for row in rows} - {None, SKIP, *schema.values}))
            if lost:
                raise ConflictError(
                    f"schema '{schema.name}' keeps the values in use", f"{lost} would vanish", "add, do not remove"
                )
            connection.execute(
                "INSERT INTO label_schemas VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET schema = excluded.schema",
                (schema.name, dump(vars(schema)), now()),
            )

    @staticmethod
    def column(schema: str) -> str:
        """Return the column of `docs` that shows a schema's newest labels."""
        return "label" if schema == DEFAULT.name else f"label_{schema}"

    def add(
        self,
        doc_id: int,
        value: str,
        *,
        who: str,
        schema: str = DEFAULT.name,
        uuid: str | None = None,
        seconds: float | None = None,
    ) -> int:
        """Append one label and return its number; the same uuid again changes nothing, so a retry is harmless.

        Raises SettingError for an unknown value, document or schema, or without a name.
        """
        known = self.schema(schema)
        if value != SKIP and value not in known.values:
            raise SettingError(f"schema '{schema}' has no value '{value}'", "", nearest(value, known.values))
        identity = uuid or uuids.uuid4().hex
        self.add_many(
            [{"doc_id": doc_id, "value": value, "uuid": identity, "seconds": seconds}], who=who, schema=schema
        )
        row = self._control.one("SELECT seq FROM label_events WHERE uuid = ?", identity)
        return int(row["seq"]) if row else 0

    def add_many(self, rows: Iterable[Mapping[str, Any]], *, who: str, schema: str) -> int:
        """Append many labels in one transaction and return how many were new."""
        if not who.strip():
            raise SettingError("a label belongs to somebody", "no name was given", "write your name on the Label page")
        values = [
            (row.get("uuid") or uuids.uuid4().hex, row.get("at") or now(), row.get("who") or who, schema,
             int(row["doc_id"]), row["value"], row.get("seconds"))
            for row in rows
        ]  # fmt: skip
        with self._control.write("label") as connection:
            documents = connection.execute("SELECT COALESCE(SUM(documents), 0) FROM parts").fetchone()[0]
            unknown = [value[4] for value in values if not 0 <= value[4] < documents]
            if unknown:
                raise SettingError(
                    f"there is no document {unknown[0]}", f"the corpus has {documents:,}", "label what Explore lists"
                )
            before = connection.total_changes
            connection.executemany(
                "INSERT OR IGNORE INTO label_events (uuid, at, who, schema, doc_id, value, seconds) VALUES (?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            return connection.total_changes - before

    def undo(self, *, who: str, schema: str = DEFAULT.name) -> Label | None:
        """Take back a person's newest label that still stands and return it, or None when there is none."""
        with self._control.write("label") as connection:
            row = connection.execute(
                "SELECT * FROM label_events e WHERE who = ? AND schema = ? AND undoes IS NULL AND NOT EXISTS "
                "(SELECT 1 FROM label_events u WHERE u.undoes = e.seq) ORDER BY seq DESC LIMIT 1",
                (who, schema),
            ).fetchone()
            if row is None:
                return None
            connection.execute(
                "INSERT INTO label_events (uuid, at, who, schema, doc_id, value, undoes) VALUES (?, ?, ?, ?, ?, NULL, ?)",
                (uuids.uuid4().hex, now(), who, schema, row["doc_id"], row["seq"]),
            )
        return Label(**dict(row))

    def history(self, doc_id: int) -> list[Label]:
        """Return every event about a document, oldest first."""
        return [
            Label(**dict(row))
            for row in self._control.rows("SELECT * FROM label_events WHERE doc_id = ? ORDER BY seq", doc_id)
        ]

    def standing(self, schema: str, who: str = "", limit: int = -1) -> list[Label]:
        """Return the newest standing label of each person for each document, newest first; `who` narrows to one person."""
        rows = self._control.rows(
            f"SELECT * FROM ({_STANDING}) WHERE schema = ? AND (? = '' OR who = ?) ORDER BY seq DESC LIMIT ?",
            schema, who, who, limit,
        )  # fmt: skip
        return [Label(**dict(row)) for row in rows]

    def changed_since(self, seq: int) -> list[dict[str, Any]]:
        """Return, for each document with an event after `seq`, its newest standing label (value None when there is none).

        Of each person only the newest counts, and one that passed a document over says nothing about it.
        """
        return [dict(row) for row in self._control.rows(_CHANGED, seq, SKIP)]

    def counts(self, schema: str) -> list[dict[str, Any]]:
        """Return documents per person and value, over standing labels."""
        rows = self._control.rows(
            f"SELECT who, value, COUNT(*) AS documents FROM ({_STANDING}) WHERE schema = ? GROUP BY who, value ORDER BY who, value",
            schema,
        )
        return [dict(row) for row in rows]


_STANDING = (
    "SELECT e.* FROM label_events e WHERE e.undoes IS NULL "
    "AND NOT EXISTS (SELECT 1 FROM label_events u WHERE u.undoes = e.seq) "
    "AND NOT EXISTS (SELECT 1 FROM label_events n WHERE n.schema = e.schema AND n.doc_id = e.doc_id AND n.who = e.who "
    "AND n.seq > e.seq AND n.undoes IS NULL AND NOT EXISTS (SELECT 1 FROM label_events v WHERE v.undoes = n.seq))"
)


_CHANGED = """
WITH touched AS (SELECT DISTINCT schema, doc_id FROM label_events WHERE seq > ?),
live AS (
    SELECT e.*, ROW_NUMBER() OVER (PARTITION BY e.schema, e.doc_id, e.who ORDER BY e.seq DESC) AS place
    FROM touched CROSS JOIN label_events e ON e.schema = touched.schema AND e.doc_id = touched.doc_id
    WHERE e.undoes IS NULL AND NOT EXISTS (SELECT 1 FROM label_events u WHERE u.undoes = e.seq)),
newest AS (SELECT schema, doc_id, MAX(seq) AS seq FROM live WHERE place = 1 AND value <> ? GROUP BY schema, doc_id)
SELECT t.schema, t.doc_id, e.value, e.who, e.at FROM touched t
LEFT JOIN newest n USING (schema, doc_id) LEFT JOIN label_events e ON e.seq = n.seq
"""


def _schema(values: Mapping[str, Any]) -> LabelSchema:
    known: Sequence[str] = values["values"]
    return LabelSchema(**{**values, "values": tuple(known)})
