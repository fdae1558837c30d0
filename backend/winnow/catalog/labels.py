"""Hand labels: an append-only log of who said what about which document, and when. Undo is an event too."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.catalog.answered import STANDING, Answered, Answers
from winnow.catalog.control import Control, dump, load, now
from winnow.catalog.label_counts import LabelCounts
from winnow.catalog.label_schemas import DEFAULT, NOTHING, SKIP, Answer, LabelSchema, schema_of
from winnow.errors import ConflictError, SettingError, nearest

__all__ = [
    "DEFAULT",
    "FINAL",
    "GOLD",
    "NOTHING",
    "PSEUDO",
    "SKIP",
    "Answer",
    "Label",
    "LabelSchema",
    "Labels",
    "Undone",
]

GOLD = "gold"
"""The role of a known answer: annotators are measured by it, and nobody sees it."""

FINAL = "final"
"""The role of a deciding answer: where there is one, nobody's other answer counts."""

PSEUDO = "rater:"
"""A rater's own labels are by "rater:NAME": they are shown, and nothing is learnt from them."""

ROLES = ("", GOLD, FINAL)
SHOWN = 50


@dataclass(frozen=True)
class Label:
    """One event of the log. A `value` of None with `undoes` set takes an earlier event back.

    `other` is the second document of a pair; `role` is "" for an answer, "gold" or "final"; events of one `batch` were
    written in one step and are taken back in one.
    """

    seq: int
    uuid: str
    at: str
    who: str
    schema: str
    doc_id: int
    value: str | None
    undoes: int | None
    seconds: float | None
    other: int | None = None
    role: str = ""
    batch: str = ""


@dataclass(frozen=True)
class Undone:
    """What an undo took back: the newest of the labels, up to `SHOWN`, and of how many documents."""

    labels: tuple[Label, ...] = ()
    documents: int = 0


class Labels:
    """Reads and appends label events."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._counts = LabelCounts(control)
        self._answered = Answered(control)

    @property
    def last(self) -> int:
        return self._control.newest("label_events")

    def schemas(self) -> dict[str, LabelSchema]:
        rows = self._control.rows("SELECT name, schema FROM label_schemas ORDER BY rowid")
        found = {row["name"]: schema_of(load(row["schema"])) for row in rows}
        return found if DEFAULT.name in found else {DEFAULT.name: DEFAULT, **found}

    def schema(self, name: str) -> LabelSchema:
        schemas = self.schemas()
        if name not in schemas:
            raise SettingError(f"no label schema is called '{name}'", "", nearest(name, schemas))
        return schemas[name]

    def define(self, schema: LabelSchema) -> None:
        """Add a schema or change its wording; raises ConflictError when a value in use would vanish."""
        known = self.schemas()
        alike = [name for name in known if name.lower() == schema.name.lower() and name != schema.name]
        if alike:
            raise ConflictError(
                f"schema '{schema.name}' needs a name of its own", f"'{alike[0]}' exists", "another name"
            )
        # Every process has a column per schema, so a new one moves the manifest.
        with self._control.change_manifest() as connection:
            rows = connection.execute(
                "SELECT DISTINCT value FROM label_events WHERE schema = ? AND value IS NOT NULL", (schema.name,)
            )
            used = [row["value"] for row in rows]
            before = known.get(schema.name, schema)
            if used and before.kind != schema.kind:
                raise ConflictError(
                    f"schema '{schema.name}' stays a question of the kind '{before.kind}'",
                    "it has answers",
                    "another name",
                )
            words = set() if schema.kind == "tags" else {word for value in used for word in before.names(value)}
            lost = ", ".join(sorted(words - {SKIP, NOTHING, *schema.values}))
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
        value: Answer,
        *,
        who: str,
        schema: str = DEFAULT.name,
        uuid: str | None = None,
        seconds: float | None = None,
        other: int | None = None,
        role: str = "",
    ) -> int:
        """Append one label and return its number; the same uuid again changes nothing, so a retry is harmless.

        `other` is the second document of a pair. Raises SettingError for an unknown value, document or schema, or
        without a name.
        """
        known = self.schema(schema)
        if (known.kind == "pair") != (other is not None) or other == doc_id:
            raise SettingError(
                f"schema '{schema}' asks for {'two documents' if known.kind == 'pair' else 'one document'}",
                f"found {doc_id} and {other}", "name the second document of a pair, and only then",
            )  # fmt: skip
        identity = uuid or uuids.uuid4().hex
        row = {"doc_id": doc_id, "value": known.written(value), "uuid": identity, "seconds": seconds, "other": other}
        self.add_many([row], who=who, schema=schema, role=role)
        found = self._control.one("SELECT seq FROM label_events WHERE uuid = ?", identity)
        return int(found["seq"]) if found else 0

    def add_many(
        self, rows: Iterable[Mapping[str, Any]], *, who: str, schema: str, role: str = "", batch: str = ""
    ) -> int:
        """Append many labels in one transaction and return how many were new; those of a `batch` are undone together."""
        if role not in ROLES:
            raise SettingError(f"a label has no role '{role}'", "", nearest(role, ROLES))
        values = [
            (row.get("uuid") or uuids.uuid4().hex, row.get("at") or now(), row.get("who") or who, schema,
             int(row["doc_id"]), row["value"], row.get("seconds"), row.get("other"), row.get("role") or role, batch)
            for row in rows
        ]  # fmt: skip
        self._check(who, (doc_id for value in values for doc_id in (value[4], value[7]) if doc_id is not None))
        # Who decides, and who measures others, is trusted with more than an answer of their own.
        right = "curate" if any(value[8] for value in values) else "label"
        with self._control.write(right) as connection:
            before = connection.total_changes
            connection.executemany(
                "INSERT OR IGNORE INTO label_events (uuid, at, who, schema, doc_id, value, seconds, other, role, batch) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            return connection.total_changes - before

    def add_to_all(
        self, doc_ids: NDArray[np.int64], value: Answer, *, who: str, schema: str, batch: str | None = None
    ) -> int:
        """Give many documents one answer in one transaction and return how many; `undo_step` takes it back as one.

        The same batch again changes nothing. It takes the role curator. Raises SettingError.
        """
        known = self.schema(schema)
        if known.kind in ("pair", "spans"):
            raise SettingError(f"schema '{schema}' is answered one by one", f"it asks for {known.kind}s", "label each")
        written, step, at = known.written(value), batch or uuids.uuid4().hex, now()
        self._check(who, (int(doc_ids.min()), int(doc_ids.max())) if len(doc_ids) else ())
        with self._control.write("curate") as connection:
            before = connection.total_changes
            connection.executemany(
                "INSERT OR IGNORE INTO label_events (uuid, at, who, schema, doc_id, value, batch) VALUES (?, ?, ?, ?, ?, ?, ?)",
                ((f"{step}-{doc_id}", at, who, schema, int(doc_id), written, step) for doc_id in doc_ids),
            )
            return connection.total_changes - before

    def _check(self, who: str, doc_ids: Iterable[int]) -> None:
        if not who.strip():
            raise SettingError("a label belongs to somebody", "no name was given", "write your name on the Label page")
        row = self._control.one("SELECT COALESCE(SUM(documents), 0) AS documents FROM parts")
        documents = int(row["documents"]) if row else 0
        unknown = [doc_id for doc_id in doc_ids if not 0 <= doc_id < documents]
        if unknown:
            raise SettingError(
                f"there is no document {unknown[0]}", f"the corpus has {documents:,}", "label what Explore lists"
            )

    def undo(self, *, who: str, schema: str = DEFAULT.name, uuid: str | None = None) -> Label | None:
        """Take back a person's newest step that still stands and return its newest label, None when there is none."""
        taken = self.undo_step(who=who, schema=schema, uuid=uuid)
        return taken.labels[0] if taken.labels else None

    def undo_step(self, *, who: str, schema: str = DEFAULT.name, uuid: str | None = None) -> Undone:
        """Take back a person's newest step, one label or a whole batch; the same uuid again changes nothing."""
        identity = uuid or uuids.uuid4().hex
        with self._control.write("label") as connection:
            if connection.execute("SELECT 1 FROM label_events WHERE uuid = ?", (identity,)).fetchone():
                return Undone()
            newest = connection.execute(f"{_LIVE} ORDER BY seq DESC LIMIT 1", (schema, who)).fetchone()
            if newest is None:
                return Undone()
            batch = newest["batch"]
            same = " AND e.batch = ?" if batch else " AND e.seq = ?"
            asked = (schema, who, batch or newest["seq"])
            labels = connection.execute(f"{_LIVE}{same} ORDER BY seq DESC LIMIT {SHOWN}", asked).fetchall()
            made = connection.execute(
                "INSERT INTO label_events (uuid, at, who, schema, doc_id, value, undoes, other, role, batch) "
                "SELECT CASE e.seq WHEN ? THEN ? ELSE ? || '-' || e.seq END, ?, e.who, e.schema, e.doc_id, NULL, e.seq, "
                f"e.other, e.role, e.batch FROM ({_LIVE}{same}) e",
                (newest["seq"], identity, identity, now(), *asked),
            )
            return Undone(tuple(Label(**dict(row)) for row in labels), made.rowcount)

    def history(self, doc_id: int) -> list[Label]:
        """Return every event about a document, alone or in a pair, oldest first; known answers are kept from sight."""
        names = list(self.schemas())
        # Events are found by question and document: without the questions SQLite would read the whole log.
        rows = self._control.rows(
            f"SELECT * FROM label_events WHERE schema IN ({', '.join('?' * len(names))}) AND doc_id = ? AND role <> ? "
            "UNION ALL SELECT * FROM label_events WHERE other = ? AND role <> ? ORDER BY seq",
            *names, doc_id, GOLD, doc_id, GOLD,
        )  # fmt: skip
        return [Label(**dict(row)) for row in rows]

    def standing(self, schema: str, who: str = "", limit: int = -1, role: str = "") -> list[Label]:
        """Return the newest standing label of each person for each document, newest first; `who` narrows to one person.

        With a role, the known or the deciding answers instead of people's own.
        """
        # Only a condition that names the person lets SQLite walk the index backwards and stop at the limit.
        mine = " AND e.who = ?" if who else ""
        rows = self._control.rows(
            f"SELECT e.* {STANDING} AND e.schema = ? AND e.role = ?{mine} ORDER BY e.seq DESC LIMIT ?",
            *(schema, role, *([who] if who else []), limit),
        )
        return [Label(**dict(row)) for row in rows]

    def of_person(self, schema: str, who: str, doc_id: int) -> list[Label]:
        """Return what stands of a person's answers about one document; of a pair's first document there may be several."""
        rows = self._control.rows(
            f"SELECT e.* {STANDING} AND e.schema = ? AND e.role = '' AND e.doc_id = ? AND e.who = ?",
            schema,
            doc_id,
            who,
        )
        return [Label(**dict(row)) for row in rows]

    def said(self, schema: str, doc_id: int) -> dict[str, str]:
        """Return who → what stands of their answer about one document."""
        rows = self._control.rows(
            f"SELECT e.* {STANDING} AND e.schema = ? AND e.role = '' AND e.doc_id = ?", schema, doc_id
        )
        return {row["who"]: row["value"] for row in rows}

    def settled(self, schema: str, most: int = -1) -> list[Label]:
        """Return the labels that count, newest first: a deciding one alone, elsewhere each person's newest; no rater's own.

        Of more than `most` labelled documents those answered one by one are taken before those of one step for many, and
        of either kind as many as there is room for, by chance and always the same ones.
        """
        few = (schema, SKIP, most) if most >= 0 else ()
        query = f"SELECT e.* {_COUNTING}{f' AND e.doc_id IN ({_TAKEN})' if few else ''} ORDER BY e.seq DESC"
        labels = [Label(**dict(row)) for row in self._control.rows(query, schema, *few)]
        decided = {(label.doc_id, label.other): label for label in reversed(labels) if label.role == FINAL}
        answers = [label for label in labels if label.role == "" and (label.doc_id, label.other) not in decided]
        return sorted([*decided.values(), *answers], key=lambda label: -label.seq)

    def labelled(self, schema: str) -> int:
        """Return how many documents have a label that counts; one passed over by everybody has none."""
        row = self._control.one(
            f"SELECT COUNT(DISTINCT e.doc_id) AS documents {_COUNTING} AND e.value <> ?", schema, SKIP
        )
        return int(row["documents"]) if row else 0

    def answered(self, schema: str, doc_ids: Sequence[int] | None = None) -> Answers:
        """Return (doc_id, who) of every standing answer, skipped ones too; of a pair its first document."""
        return self._answered.of(schema, doc_ids)

    def changed_since(self, seq: int) -> Iterator[Mapping[str, Any]]:
        """Yield, for each document with an event after `seq`, its newest standing label (value None when there is none).

        Of the whole log, a `seq` below 1, only documents that have one: all others are as if nobody had seen them.
        A deciding label outranks the others. Of each person only the newest counts, and one that passed a document over
        says nothing about it.
        """
        joined = "JOIN" if seq < 1 else "LEFT JOIN"
        schemas = self.schemas()
        for row in self._control.each(_CHANGED.format(joined=joined), seq, SKIP):
            schema, value = schemas.get(row["schema"]), row["value"]
            if schema is not None and value is not None:
                # What is said of two documents is no value of one of them.
                value = None if schema.kind == "pair" else schema.shown(value)
            yield {"schema": row["schema"], "doc_id": row["doc_id"], "value": value}

    def touched_since(self, seq: int, schema: str) -> int:
        """Return how many documents have an event of a schema after `seq`."""
        query = "SELECT COUNT(DISTINCT doc_id) AS documents FROM label_events WHERE seq > ? AND schema = ?"
        row = self._control.one(query, seq, schema)
        return int(row["documents"]) if row else 0

    def counts(self, schema: str) -> list[dict[str, Any]]:
        """Return documents per person and value, over standing answers; passages are counted by their tags."""
        known = self.schemas().get(schema)
        counted: dict[tuple[str, str], int] = {}
        for (who, value), documents in self._counts.of(schema).items():
            words = known.shown(value) if known else value
            counted[who, words] = counted.get((who, words), 0) + documents
        return [
            {"who": who, "value": value, "documents": documents} for (who, value), documents in sorted(counted.items())
        ]

    def seconds(self, schema: str) -> dict[str, list[float]]:
        """Return how long each person took for each standing answer, in seconds, oldest first."""
        rows = self._control.rows(
            "SELECT who, seconds FROM label_events e WHERE schema = ? AND seconds IS NOT NULL AND undoes IS NULL "
            "AND role = '' AND NOT EXISTS (SELECT 1 FROM label_events u WHERE u.undoes = e.seq) ORDER BY seq",
            schema,
        )
        found: dict[str, list[float]] = {}
        for row in rows:
            found.setdefault(row["who"], []).append(float(row["seconds"]))
        return found


_LIVE = (
    "SELECT * FROM label_events e WHERE e.schema = ? AND e.who = ? AND e.undoes IS NULL "
    "AND NOT EXISTS (SELECT 1 FROM label_events u WHERE u.undoes = e.seq)"
)

_COUNTING = f"{STANDING} AND e.schema = ? AND e.role <> '{GOLD}' AND e.who NOT GLOB '{PSEUDO}*'"

# An odd factor scatters neighbours: documents answered in one step lie in the corpus's order.
_TAKEN = (
    f"SELECT e.doc_id {_COUNTING} AND e.value <> ? GROUP BY e.doc_id "
    "ORDER BY MIN(e.batch <> ''), e.doc_id * 2654435761 % 4294967296 LIMIT ?"
)

_CHANGED = """
WITH touched AS (SELECT DISTINCT schema, doc_id FROM label_events WHERE seq > ?),
live AS (
    SELECT e.*, ROW_NUMBER() OVER (PARTITION BY e.schema, e.doc_id, e.who, e.role ORDER BY e.seq DESC) AS place
    FROM touched CROSS JOIN label_events e ON e.schema = touched.schema AND e.doc_id = touched.doc_id
    WHERE e.undoes IS NULL AND e.role <> 'gold' AND NOT EXISTS (SELECT 1 FROM label_events u WHERE u.undoes = e.seq)),
newest AS (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY schema, doc_id ORDER BY role = 'final' DESC, seq DESC) AS first
    FROM live WHERE place = 1 AND value <> ?)
SELECT t.schema, t.doc_id, n.value FROM touched t
{joined} newest n ON n.schema = t.schema AND n.doc_id = t.doc_id AND n.first = 1
"""
