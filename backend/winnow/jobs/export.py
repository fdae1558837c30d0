"""export: a selection as files, with a manifest and a data card, in a folder that appears whole or not at all."""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.arrange.base import with_columns
from winnow.catalog.catalog import Catalog
from winnow.catalog.joblog import lives, process_name
from winnow.catalog.selections import NamedSelection
from winnow.errors import ConflictError, SettingError, nearest
from winnow.export.base import Exporter, fsync_folder, write_text
from winnow.export.card import write_card
from winnow.export.manifest import RECIPE, manifest, write_manifest
from winnow.jobs.arrange import Arranging, Plan, made_columns
from winnow.jobs.arrange_plan import DOCUMENT, documents, plan_of
from winnow.jobs.progress import Progress
from winnow.jobs.proof_files import write_proof
from winnow.jobs.recipe import Recipe, is_replayable, write_recipe
from winnow.judge.base import Judge

ALWAYS, SCRATCH = DOCUMENT, ".scratch"


def export(
    catalog: Catalog,
    selection: NamedSelection,
    folder: Path,
    exporter: Exporter,
    *,
    columns: Sequence[str],
    progress: Progress,
    arrange: Sequence[Mapping[str, Any]] = (),
    judge: Judge | None = None,
) -> Path:
    """Write the selection and return the folder; raises ConflictError, SettingError, MissingNeed.

    Documents come in doc_id order with their weight, or as the recipes in `arrange` say, by the selection's seed and, for
    those that ask one, a judge.
    """
    plan = plan_of(catalog, selection, arrange, judge) if arrange else None
    chosen = _chosen(catalog, columns, plan)
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConflictError(
            "an export needs a new folder", f"{folder} exists and is not empty", "name another, or remove it"
        )
    with _partial(folder) as partial:
        batches, report = _batches(catalog, selection, chosen, plan, scratch=partial / SCRATCH, progress=progress)
        first = next(batches)
        files = exporter.write(chain([first], batches), partial)
        shutil.rmtree(partial / SCRATCH, ignore_errors=True)
        content = manifest(
            files, exporter=exporter, schema=first.schema, selection=selection.name,
            recipe=selection.recipe, summary=selection.summary, arranged=report(),
        )  # fmt: skip
        write_card(partial, content)
        _write_recipe(partial, selection, exporter, columns, plan, judge=judge)
        write_proof(catalog, selection, partial)
        write_manifest(partial, content)
        if folder.exists():
            folder.rmdir()
        os.rename(partial, folder)
        fsync_folder(folder.parent)
    return folder


def _write_recipe(
    folder: Path,
    selection: NamedSelection,
    exporter: Exporter,
    columns: Sequence[str],
    plan: Plan | None,
    *,
    judge: Judge | None,
) -> None:
    if is_replayable(selection.recipe):
        told = {"format": exporter.name, "columns": list(columns), **exporter.recipe}
        del told["method"]
        steps = tuple(plan.course.recipes) if plan else ()
        asked = judge.recipe if judge and steps else None
        write_text(folder / RECIPE, write_recipe(Recipe(selection.name, selection.recipe, steps, told, asked)))


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


def _chosen(catalog: Catalog, columns: Sequence[str], plan: Plan | None) -> list[str]:
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


def _batches(
    catalog: Catalog, selection: NamedSelection, columns: Sequence[str], plan: Plan | None,
    *, scratch: Path, progress: Progress,
) -> tuple[Iterator[pa.RecordBatch], Callable[[], dict[str, Any]]]:  # fmt: skip
    """Return the batches to write, the first of which may be empty and carries the schema, and what to report after."""
    ids, weights = selection.read()
    order = np.argsort(ids, kind="stable")
    ids, weights = ids[order], weights[order]
    progress.stage(f"export {selection.name}", len(ids), "documents")
    stored = [*ALWAYS, *(["meta"] if "meta" in columns else [])]
    wanted = [name for name in columns if name != "meta"]
    if plan is None:
        weighted = bool(len(weights)) and not np.all(weights == 1.0)
        return _weighted(documents(catalog, ids, wanted, stored), weights if weighted else None, progress), dict
    needed = sorted(need for need in plan.course.needs if not need.startswith("vectors:") and need not in stored)
    source = documents(catalog, ids, list(dict.fromkeys([*wanted, *needed])), stored)
    arranging = Arranging(plan, scratch, [*stored, *wanted], progress)
    return arranging.batches(_watched(source, progress)), arranging.report


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
