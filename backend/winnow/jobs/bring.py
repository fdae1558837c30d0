"""Columns and vectors that were made elsewhere, joined to the documents by their id."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from winnow.catalog.catalog import Catalog
from winnow.catalog.manifest import Part, Run, Shard
from winnow.catalog.publish import staging
from winnow.errors import InputError, MissingNeed, SettingError
from winnow.jobs.bring_files import Vectors, values_of, vectors_of
from winnow.jobs.progress import Progress
from winnow.pool import Rows

LISTED = 1000
"""So many unmatched ids are kept to be listed; all are counted."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
BY = ("id", "doc_id")


@dataclass
class Brought:
    """What an import matched: rows of the file by what became of them, and documents that got nothing."""

    name: str
    matched: int = 0
    unmatched: int = 0
    repeated: int = 0
    """Rows for a document that an earlier row of the file had named: the last one counts."""
    documents: int = 0
    without: int = 0
    listed: list[str] = field(default_factory=list)
    """The first unmatched ids."""


class _Places:
    """Where each id stands: one or several documents, by 64-bit hash of the id (16 bytes a document)."""

    def __init__(self, catalog: Catalog, by: str) -> None:
        if by not in BY:
            raise SettingError(f"ids are {' or '.join(BY)}", f"found '{by}'", "--by id")
        self._by, self.documents = by, catalog.manifest.documents()
        if self.documents == 0:
            raise MissingNeed("an import needs documents", f"{catalog.folder} holds none", "winnow ingest PATH...")
        self._hashes, self._rows = np.empty(0, np.uint64), np.empty(0, np.int64)
        if by == "id":
            self._read(catalog)

    def _read(self, catalog: Catalog) -> None:
        hashes, rows, first = [], [], 0
        for batch in catalog.texts.batches(["id"]):
            ids = batch.column("id")
            known = np.asarray(ids.is_valid())
            hashes.append(pd.util.hash_array(ids.to_numpy(zero_copy_only=False)[known], categorize=False))
            rows.append(np.flatnonzero(known) + first)
            first += len(batch)
        if not sum(map(len, hashes)):
            raise MissingNeed("documents are found by their id", "no document of the corpus has one", "--by doc_id")
        order = np.argsort(np.concatenate(hashes), kind="stable")
        self._hashes, self._rows = np.concatenate(hashes)[order], np.concatenate(rows)[order]

    def of(self, ids: list[Any]) -> tuple[Rows, Rows]:
        """Return (place in `ids`, doc_id) of every match; an id that stands for several documents gives each."""
        if self._by == "doc_id":
            numbers = pd.to_numeric(pd.Series(ids), errors="coerce").to_numpy(dtype=np.float64)
            good = (numbers >= 0) & (numbers < self.documents) & (numbers == np.floor(numbers))
            places = np.flatnonzero(good)
            return places, numbers[places].astype(np.int64)
        names = np.array([None if one is None else str(one) for one in ids], dtype=object)
        known = np.flatnonzero(pd.notna(names))
        hashes = pd.util.hash_array(names[known], categorize=False)
        low, high = np.searchsorted(self._hashes, hashes, "left"), np.searchsorted(self._hashes, hashes, "right")
        counts = high - low
        within = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
        return np.repeat(known, counts), self._rows[np.repeat(low, counts) + within]


def bring(
    catalog: Catalog, what: str, path: Path, *, progress: Progress, reserved: Collection[str], **how: Any
) -> Brought:
    """Import a "column" (name, by, value) or "vectors" (model, by, ids, encoder); raises what they raise."""
    told: dict[str, Any] = {"by": "id", "progress": progress, **how}
    if what == "column":
        return import_column(catalog, path, reserved=reserved, **{"value": "", **told})
    if what == "vectors":
        return import_vectors(catalog, path, **{"ids": None, "encoder": "", **told})
    raise SettingError("what is brought is a column or vectors", f"found '{what}'", "column or vectors")


def import_column(
    catalog: Catalog, path: Path, name: str, *, by: str, value: str, reserved: Collection[str], progress: Progress,
    unmatched: Callable[[str], None] | None = None,
) -> Brought:  # fmt: skip
    """Give documents the values of a file's column, numbers, texts or truth values, under a name.

    `value` names the column of the file; the one beside the id when it is "". A column imported before under the name is
    replaced. Raises InputError, SettingError, MissingNeed.
    """
    _check_name(catalog, name, reserved)
    places, brought = _Places(catalog, by), Brought(name)
    values = np.full(places.documents, None, dtype=object)
    filled = np.zeros(places.documents, dtype=np.bool_)
    progress.stage(f"import {name}", places.documents, "documents")
    for ids, found in values_of(path, by, value):
        at, rows = places.of(ids)
        _count(brought, ids, at, filled, rows, unmatched=unmatched)
        values[rows] = np.array([*found, None], dtype=object)[:-1][at]
        filled[rows] = True
    column = _typed(values, path)
    _publish(catalog, name, column, {"method": "import_column", "file": path.name, "by": by, "value": value})
    brought.documents, brought.without = int(filled.sum()), int((~filled).sum())
    progress.advance(places.documents)
    return brought


def import_vectors(
    catalog: Catalog, path: Path, model: str, *, by: str, ids: str | Path | None, encoder: str, progress: Progress,
    unmatched: Callable[[str], None] | None = None,
) -> Brought:  # fmt: skip
    """Give documents the vectors of a file, made unit length and kept as float16, under the name of a model.

    A document without a vector gets the zero vector, which resembles nothing. `encoder` names the model that made them, so
    that searches by words can be encoded alike. Raises InputError, SettingError, MissingNeed.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", model) or model in ("static", "minilm", "hashed"):
        raise SettingError(
            "imported vectors have a name of their own: letters, digits, . _ -", f"found '{model}'", "--model mine"
        )
    given = vectors_of(path, Path(ids) if ids else None, by)
    places, brought = _Places(catalog, by), Brought(model)
    parts = catalog.manifest.parts()
    recipe = {
        "method": "imported",
        "model": model,
        "dimensions": given.dimensions,
        "encoder": encoder,
        "file": path.name,
    }
    progress.stage(f"import vectors {model}", places.documents, "documents")
    filled = np.zeros(places.documents, dtype=np.bool_)
    with staging(catalog.folder) as staged:
        matrices = [_matrix(staged, part, given.dimensions) for part in parts]
        for names, vectors in given.batches:
            at, rows = places.of(names)
            _count(brought, names, at, filled, rows, unmatched=unmatched)
            filled[rows] = True
            _put(matrices, np.array([part.first_id for part in parts]), rows, _unit(vectors[at], path))
        brought.documents, brought.without = int(filled.sum()), int((~filled).sum())
        _check_matched(brought, path)
        run = _vectors_run(catalog, model, recipe, given, path)
        shards = [Shard(part.part, staged / f"part-{part.part:05d}.npy", part.documents) for part in parts]
        catalog.manifest.publish_shards([(run, shard) for shard in shards])
    catalog.manifest.finish_runs([run])
    progress.advance(places.documents)
    return brought


def _put(matrices: list[Any], starts: Rows, rows: Rows, units: NDArray[np.float16]) -> None:
    """Write vectors to the shards of their documents."""
    home = np.searchsorted(starts, rows, side="right") - 1
    for place in np.unique(home):
        mine = home == place
        matrices[place][rows[mine] - starts[place]] = units[mine]
        matrices[place].flush()


def _vectors_run(catalog: Catalog, model: str, recipe: dict[str, Any], given: Vectors, path: Path) -> Run:
    columns = {"vector": f"float16[{given.dimensions}]"}
    return catalog.manifest.begin_run(
        "vectors", model, recipe, columns, _mark(path) + str(catalog.manifest.documents())
    )


def _matrix(staged: Path, part: Part, dimensions: int) -> Any:
    path = staged / f"part-{part.part:05d}.npy"
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=(part.documents, dimensions))


def _unit(vectors: NDArray[np.float32], path: Path) -> NDArray[np.float16]:
    if not np.isfinite(vectors).all():
        raise InputError(f"vectors are finite numbers: {path}", "found NaN or infinity", "leave those rows out")
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1.0)).astype(np.float16)


def _count(
    brought: Brought, ids: list[Any], at: Rows, filled: NDArray[np.bool_], rows: Rows,
    *, unmatched: Callable[[str], None] | None,
) -> None:  # fmt: skip
    missed = np.setdiff1d(np.arange(len(ids)), at)
    brought.matched += len(ids) - len(missed)
    brought.unmatched += len(missed)
    brought.repeated += int(filled[rows].sum()) + len(rows) - len(np.unique(rows))
    for place in missed.tolist():
        if unmatched is not None:
            unmatched(str(ids[place]))
        if len(brought.listed) < LISTED:
            brought.listed.append(str(ids[place]))


def _check_matched(brought: Brought, path: Path) -> None:
    if brought.matched == 0:
        shown = ", ".join(brought.listed[:3])
        found = f"none of {brought.unmatched:,} ids is in the corpus ({shown} …)" if shown else "it holds no rows"
        raise InputError(f"ids of the corpus are needed: {path}", found, "--by doc_id, or check the id column")


def _check_name(catalog: Catalog, name: str, reserved: Collection[str]) -> None:
    if not _NAME.fullmatch(name) or name.lower().startswith("label_"):
        raise SettingError("a column's name is letters, digits and _", f"found '{name}'", "--name my_column")
    run = catalog.manifest.run("columns", name)
    mine = run is not None and run.recipe.get("method") == "import_column"
    taken = {column.lower() for column in [*reserved, *catalog.browse.columns()]}
    if name.lower() in taken and not mine:
        raise SettingError(f"the corpus has a column '{name}'", "it was not imported", "choose another --name")


def _typed(values: NDArray[Any], path: Path) -> pa.Array:
    """Return the values as truth values, whole numbers, numbers or text: the narrowest that holds them all."""
    kinds = {type(value) for value in values.tolist() if value is not None}
    if not kinds:
        raise InputError(f"ids of the corpus are needed: {path}", "no row has a value for a document", "--by doc_id")
    if kinds <= {bool}:
        return pa.array(values.tolist(), pa.bool_())
    if kinds <= {int} and all(-(2**63) <= value < 2**63 for value in values.tolist() if value is not None):
        return pa.array(values.tolist(), pa.int64())
    if kinds <= {int, float}:
        return pa.array(
            [None if value is None else float(value) for value in values.tolist()], pa.float64(), from_pandas=True
        )
    return pa.array([None if value is None else str(value) for value in values.tolist()], pa.string())


def _publish(catalog: Catalog, name: str, column: pa.Array, recipe: dict[str, Any]) -> None:
    state = hashlib.sha256(
        pd.util.hash_array(column.to_numpy(zero_copy_only=False).astype(object)).tobytes()
    ).hexdigest()
    run = catalog.manifest.begin_run("columns", name, recipe, {name: str(column.type)}, state)
    with staging(catalog.folder) as staged:
        shards = []
        for part in catalog.manifest.missing_parts(run):
            ids = pa.array(np.arange(part.first_id, part.first_id + part.documents, dtype=np.int64))
            path = staged / f"{part.part}.parquet"
            mine = column.slice(part.first_id, part.documents)
            pq.write_table(pa.table({"doc_id": ids, name: mine}), path, compression="zstd")
            shards.append((run, Shard(part.part, path, part.documents)))
        catalog.manifest.publish_shards(shards)
    catalog.manifest.finish_runs([run])


def _mark(path: Path) -> str:
    """Return what changes when a file or a folder of files does."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return str([(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files])


def listing(brought: Brought, shown: int = 10) -> Iterator[str]:
    """Yield what to tell people, a line each."""
    yield f"{brought.name}: {brought.documents:,} documents got a value, {brought.without:,} did not"
    if brought.repeated:
        yield f"{brought.repeated:,} rows name a document again: the last one counts"
    if brought.unmatched:
        more = " …" if brought.unmatched > shown else ""
        yield f"{brought.unmatched:,} ids are not in the corpus: {', '.join(brought.listed[:shown])}{more}"
