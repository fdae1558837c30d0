"""The documents of an export as batches: with weights, or repeated by them, arranged or as they are stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.arrange.base import with_columns
from winnow.catalog.catalog import Catalog
from winnow.catalog.selections import NamedSelection
from winnow.errors import SettingError, nearest
from winnow.jobs.arrange import Arranging, Plan, made_columns
from winnow.jobs.arrange_plan import DOCUMENT, documents
from winnow.jobs.progress import Progress
from winnow.pool import Floats, Pool, Rows

ALWAYS = DOCUMENT


def chosen_columns(catalog: Catalog, columns: Sequence[str], plan: Plan | None) -> list[str]:
    """Return the columns to write besides those that are always written and those that the plan makes."""
    known, made = catalog.browse.columns(), made_columns(plan) if plan else frozenset()
    if columns and plan and plan.course.packer and plan.course.packer.joins:
        found = f"column '{columns[0]}' belongs to documents"
        raise SettingError("a row of the files is a window", found, "--set pack.write=pieces, or leave --columns out")
    if list(columns) == ["all"]:
        return [name for name in known if name not in ALWAYS and name not in made]
    for name in columns:
        if name not in known and name != "meta":
            raise SettingError(
                "an export writes columns of the corpus", f"there is no column '{name}'", nearest(name, known)
            )
        if name in made:
            found = f"column '{name}' of the corpus would have the same name"
            raise SettingError(f"an arrangement writes column '{name}'", found, f"leave {name} out of --columns")
    return [name for name in columns if name not in ALWAYS]


def export_batches(
    catalog: Catalog, selection: NamedSelection, columns: Sequence[str], plan: Plan | None,
    *, scratch: Path, progress: Progress, repeat: bool,
) -> tuple[Iterator[pa.RecordBatch], Callable[[], dict[str, Any]]]:  # fmt: skip
    """Return the batches to write, the first of which may be empty and carries the schema, and what to report after."""
    ids, weights = selection.read()
    order = np.argsort(ids, kind="stable")
    ids, weights = ids[order], weights[order]
    progress.stage(f"export {selection.name}", len(ids), "documents")
    stored = [*ALWAYS, *(["meta"] if "meta" in columns else [])]
    wanted = [name for name in columns if name != "meta"]
    seed = int(selection.recipe.get("seed") or 0)
    if plan is None:
        weighted = bool(len(weights)) and not np.all(weights == 1.0)
        source = _weighted(documents(catalog, ids, wanted, stored), weights if weighted else None, progress)
        return _repeated(source, seed) if repeat else source, dict
    needed = sorted(need for need in plan.course.needs if not need.startswith("vectors:") and need not in stored)
    source = documents(catalog, ids, list(dict.fromkeys([*wanted, *needed])), stored)
    arranging = Arranging(plan, scratch, [*stored, *wanted], progress)
    arranged = arranging.batches(_watched(source, progress))
    return _repeated(arranged, seed) if repeat else arranged, arranging.report


def times_seen(ids: Rows, weights: Floats, seed: int) -> Rows:
    """Return how often each document is written, int64 [n]: floor(w), and once more with a chance of w - floor(w)."""
    whole = np.floor(weights)
    drawn = Pool(ids, np.zeros(len(ids), dtype=np.int64)).uniform(seed, "copies")
    times: Rows = (whole + (drawn < weights - whole)).astype(np.int64)
    return times


def _repeated(source: Iterator[pa.RecordBatch], seed: int) -> Iterator[pa.RecordBatch]:
    """Write documents as often as their weight says, instead of the weight."""
    for batch in source:
        if "weight" not in batch.schema.names:
            yield batch
            continue
        times = times_seen(batch.column("doc_id").to_numpy(), batch.column("weight").to_numpy(), seed)
        rows = np.repeat(np.arange(len(batch)), times)
        copy = np.arange(len(rows)) - np.repeat(np.cumsum(times) - times, times)
        plain = batch.drop_columns(["weight"])
        # A part at a time: a few documents seen very often must not make one huge batch.
        for start in range(0, max(len(rows), 1), MOST_ROWS):
            part = slice(start, start + MOST_ROWS)
            yield with_columns(plain.take(pa.array(rows[part])), {"copy": pa.array(copy[part], pa.int64())})


MOST_ROWS = 4096


def _weighted(
    source: Iterator[pa.RecordBatch], weights: NDArray[np.float64] | None, progress: Progress
) -> Iterator[pa.RecordBatch]:
    done = 0
    for batch in source:
        more = {} if weights is None else {"weight": pa.array(weights[done : done + len(batch)])}
        yield with_columns(batch, more)
        done += len(batch)
        progress.advance(len(batch))


def _watched(source: Iterator[pa.RecordBatch], progress: Progress) -> Iterator[pa.RecordBatch]:
    for batch in source:
        yield batch
        progress.advance(len(batch))
