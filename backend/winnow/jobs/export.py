"""export: a selection as files, with a manifest and a data card, in a folder that appears whole or not at all."""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.catalog.catalog import Catalog
from winnow.catalog.filters import Filter
from winnow.catalog.intake import STORED
from winnow.catalog.joblog import lives, process_name
from winnow.catalog.selections import NamedSelection
from winnow.catalog.texts import ROW_GROUP
from winnow.errors import ConflictError, SettingError, nearest
from winnow.export.base import Exporter, fsync_folder, write_text
from winnow.export.card import write_card
from winnow.export.manifest import RECIPE, manifest, write_manifest
from winnow.jobs.progress import Progress
from winnow.jobs.recipe import Recipe, is_replayable, write_recipe

ALWAYS = ("doc_id", "id", "text", "source", "url", "date")


def export(
    catalog: Catalog,
    selection: NamedSelection,
    folder: Path,
    exporter: Exporter,
    *,
    columns: Sequence[str],
    progress: Progress,
) -> Path:
    """Write the selection in doc_id order and return the folder; raises ConflictError, SettingError."""
    chosen = _chosen(catalog, columns)
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConflictError(
            "an export needs a new folder", f"{folder} exists and is not empty", "name another, or remove it"
        )
    ids, weights = selection.read()
    order = np.argsort(ids, kind="stable")
    progress.stage(f"export {selection.name}", len(ids), "documents")
    with _partial(folder) as partial:
        batches = _batches(catalog, ids[order], weights[order], chosen, progress)
        first = next(batches)
        files = exporter.write(chain([first], batches), partial)
        content = manifest(
            files, exporter=exporter, schema=first.schema, selection=selection.name,
            recipe=selection.recipe, summary=selection.summary,
        )  # fmt: skip
        if is_replayable(selection.recipe):
            told = {"format": exporter.name, "columns": list(columns), **exporter.recipe}
            del told["method"]
            write_text(partial / RECIPE, write_recipe(Recipe(selection.name, selection.recipe, export=told)))
        write_card(partial, content)
        write_manifest(partial, content)
        if folder.exists():
            folder.rmdir()
        os.rename(partial, folder)
        fsync_folder(folder.parent)
    return folder


@contextmanager
def _partial(folder: Path) -> Iterator[Path]:
    """Give a hidden folder beside the export's, and remove it on leaving, with those that killed exports left."""
    for left in folder.parent.glob(f".{glob.escape(folder.name)}.*.partial"):
        owner = left.name.removeprefix(f".{folder.name}.").removesuffix(".partial")
        if not lives(owner.replace("-", ":", 2)):
            shutil.rmtree(left, ignore_errors=True)
    partial = folder.with_name(f".{folder.name}.{process_name().replace(':', '-')}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _chosen(catalog: Catalog, columns: Sequence[str]) -> list[str]:
    known = catalog.browse.columns()
    if list(columns) == ["all"]:
        return [name for name in known if name not in ALWAYS]
    for name in columns:
        if name not in known and name != "meta":
            raise SettingError(
                "an export writes columns of the corpus", f"there is no column '{name}'", nearest(name, known)
            )
    return [name for name in columns if name not in ALWAYS]


def _batches(
    catalog: Catalog, ids: NDArray[np.int64], weights: NDArray[np.float64], columns: Sequence[str], progress: Progress
) -> Iterator[pa.RecordBatch]:
    """Yield the documents in order; the first batch is empty and carries the schema."""
    stored = [*ALWAYS, *(["meta"] if "meta" in columns else [])]
    wanted = [name for name in columns if name != "meta"]
    weighted = bool(len(weights)) and not np.all(weights == 1.0)
    for start, end in [(0, 0), *((start, start + ROW_GROUP) for start in range(0, len(ids), ROW_GROUP))]:
        chunk = ids[start:end]
        table = catalog.texts.fetch(chunk, stored) if len(chunk) else _empty(stored)
        if wanted:
            table = _with_columns(catalog, table, chunk, wanted)
        if weighted:
            table = table.append_column("weight", pa.array(weights[start:end]))
        combined = table.combine_chunks()
        yield from combined.to_batches() or [pa.RecordBatch.from_pylist([], combined.schema)]
        progress.advance(len(chunk))


def _empty(stored: Sequence[str]) -> pa.Table:
    return pa.schema([STORED.field(name) for name in stored]).empty_table()


def _with_columns(catalog: Catalog, table: pa.Table, ids: NDArray[np.int64], columns: Sequence[str]) -> pa.Table:
    bounds = (int(ids[0]), int(ids[-1])) if len(ids) else (0, -1)
    found = catalog.browse.arrow(Filter().with_range("doc_id", *bounds), ["doc_id", *columns])
    place = np.searchsorted(found.column("doc_id").to_numpy(), ids)
    for name in columns:
        table = table.append_column(name, found.column(name).take(pa.array(place)))
    return table
