"""The manifest: which shards hold the documents, and which runs hold their columns and vectors."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from winnow.catalog.control import Control, dump, load, now
from winnow.catalog.publish import move_into_place, staging


@dataclass(frozen=True)
class Part:
    """One shard of documents, read from one input: doc_ids first_id … first_id + documents − 1."""

    part: int
    path: Path
    first_id: int
    documents: int
    bytes: int
    checksum: str = ""
    input: int = 0


@dataclass(frozen=True)
class Input:
    """One file that was taken in."""

    input: int
    path: str
    fingerprint: str
    bytes: int
    documents: int
    rejected: int
    quarantine: str | None
    recipe: Mapping[str, Any]
    created: str


@dataclass(frozen=True)
class Run:
    """One run of a scorer, an encoder or the clustering: the columns or vectors it made."""

    run: str
    kind: str
    name: str
    recipe: Mapping[str, Any]
    columns: Mapping[str, str]
    extra: Mapping[str, Any]
    current: bool
    created: str
    paths: Mapping[int, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Shard:
    """A finished file of a run, still under its temporary name."""

    part: int
    staged: Path
    documents: int


def weight(parts: Iterable[Part]) -> int:
    """Return the stored bytes of shards: what work on them is measured by, since long documents take longer."""
    return sum(part.bytes for part in parts)


class Manifest:
    """Reads and moves the manifest in control.sqlite."""

    def __init__(self, control: Control) -> None:
        self.control = control
        self.folder = control.folder

    @property
    def version(self) -> int:
        return int(self.control.meta("manifest", "0"))

    def parts(self) -> list[Part]:
        rows = self.control.rows(
            "SELECT part, path, first_id, documents, bytes, checksum, input FROM parts ORDER BY part"
        )
        return [Part(**{**dict(row), "path": self.folder / row["path"]}) for row in rows]

    def inputs(self) -> list[Input]:
        rows = self.control.rows("SELECT * FROM inputs ORDER BY input")
        return [Input(**{**dict(row), "recipe": load(row["recipe"])}) for row in rows]

    def facets(self) -> dict[str, tuple[str, str]]:
        """Return column name → (key in meta, DuckDB type) for the columns that came with the documents."""
        rows = self.control.rows("SELECT name, key, kind FROM facets ORDER BY rowid")
        return {row["name"]: (row["key"], row["kind"]) for row in rows}

    def documents(self) -> int:
        row = self.control.one("SELECT COALESCE(SUM(documents), 0) AS n FROM parts")
        return int(row["n"]) if row else 0

    def bytes(self) -> int:
        """Return how many bytes the shards of documents, columns and vectors take together."""
        query = (
            "SELECT (SELECT COALESCE(SUM(bytes), 0) FROM parts) + (SELECT COALESCE(SUM(bytes), 0) FROM run_parts) AS n"
        )
        row = self.control.one(query)
        return int(row["n"]) if row else 0

    def runs(self, kind: str = "", current: bool = True, *, part: int | None = None) -> list[Run]:
        """Return runs in the order in which they began, with the paths of all their shards, or of one part alone."""
        wanted = "WHERE (? = '' OR kind = ?) AND (NOT ? OR current)"
        rows = self.control.rows(f"SELECT * FROM runs {wanted} ORDER BY rowid", kind, kind, current)
        shards = f"SELECT p.run, p.part, p.path FROM run_parts p JOIN runs USING (run) {wanted} AND p.part = IFNULL(?, p.part)"
        parts = self.control.rows(shards, kind, kind, current, part)
        paths: dict[str, dict[int, Path]] = {}
        for row in parts:
            paths.setdefault(row["run"], {})[row["part"]] = self.folder / row["path"]
        return [
            Run(
                **{key: row[key] for key in ("run", "kind", "name", "created")},
                recipe=load(row["recipe"]),
                columns=load(row["columns"]),
                extra=load(row["extra"]),
                current=bool(row["current"]),
                paths=paths.get(row["run"], {}),
            )
            for row in rows
        ]

    def run(self, kind: str, name: str) -> Run | None:
        """Return the current run of a name, or None."""
        return next((run for run in self.runs(kind) if run.name == name), None)

    def begin_run(self, kind: str, name: str, recipe: Mapping[str, Any], columns: Mapping[str, str], state: str) -> Run:
        """Return the run of this recipe and state, new or left unfinished: what it published is not done again."""
        digest = hashlib.sha256(dump([kind, name, recipe, dict(columns), state]).encode()).hexdigest()[:10]
        identity = f"{re.sub(r'[^A-Za-z0-9._-]', '_', name).lstrip('.')}-{digest}"
        with self.control.write() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO runs (run, kind, name, recipe, columns, created) VALUES (?, ?, ?, ?, ?, ?)",
                (identity, kind, name, dump(recipe), dump(dict(columns)), now()),
            )
        return next(run for run in self.runs(kind, current=False) if run.run == identity)

    def publish_shards(self, shards: Iterable[tuple[Run, Shard]]) -> None:
        """Move finished shards into place and list them in one transaction; `finish_runs` makes them seen."""
        moves, rows = [], []
        expected = {part.part: part.documents for part in self.parts()}
        for run, shard in shards:
            if shard.documents != expected[shard.part]:
                raise RuntimeError(f"{run.run} has {shard.documents} rows for {expected[shard.part]} documents")
            home = "vectors" if run.kind == "vectors" else "cols"
            relative = Path(home) / run.run / f"part-{shard.part:05d}{shard.staged.suffix}"
            moves.append((shard.staged, self.folder / relative))
            rows.append((run.run, shard.part, str(relative), shard.documents, shard.staged.stat().st_size))
        summed = [(*row, checksum) for row, checksum in zip(rows, move_into_place(moves), strict=True)]
        with self.control.write() as connection:
            connection.executemany("INSERT OR REPLACE INTO run_parts VALUES (?, ?, ?, ?, ?, ?)", summed)

    def attach_tables(self, run: Run, tables: Mapping[str, pa.Table]) -> None:
        """Keep what a run found in the corpus as a whole beside its shards; it is seen when the run is."""
        if not tables:
            return
        folder = self.folder / "cols" / run.run
        with staging(self.folder) as staged:
            for name, table in tables.items():
                pq.write_table(table, staged / f"{name}.parquet", compression="zstd")
            move_into_place([(staged / f"{name}.parquet", folder / f"{name}.parquet") for name in tables])
        extra = {"tables": {name: str(Path("cols") / run.run / f"{name}.parquet") for name in tables}}
        with self.control.write() as connection:
            connection.execute("UPDATE runs SET extra = ? WHERE run = ?", (dump(extra), run.run))

    def tables(self, name: str) -> dict[str, pa.Table]:
        """Return the tables of the current run of a scorer, by name; none when it has not run."""
        run = self.run("columns", name)
        kept = run.extra.get("tables", {}) if run else {}
        return {table: pq.read_table(self.folder / path) for table, path in kept.items()}

    def finish_runs(self, runs: Sequence[Run], extra: Mapping[str, Any] | None = None) -> None:
        """Make complete runs the current ones of their names: their columns become visible at once."""
        with self.control.change_manifest() as connection:
            for run in runs:
                connection.execute("UPDATE runs SET current = 0 WHERE kind = ? AND name = ?", (run.kind, run.name))
                connection.execute("UPDATE runs SET current = 1 WHERE run = ?", (run.run,))
                if extra is not None:
                    connection.execute("UPDATE runs SET extra = ? WHERE run = ?", (dump(extra), run.run))

    def missing_parts(self, run: Run) -> list[Part]:
        """Return the shards of documents that a run has not seen."""
        return [part for part in self.parts() if part.part not in run.paths]
