"""export: a selection as files, with a manifest and a data card, in a folder that appears whole or not at all."""

from __future__ import annotations

import fcntl
import glob
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from winnow.catalog.catalog import Catalog
from winnow.catalog.control import dump
from winnow.catalog.selections import NamedSelection
from winnow.errors import ConflictError, SettingError
from winnow.export.base import Exporter, fsync_folder, write_text
from winnow.export.card import write_card
from winnow.export.manifest import RECIPE, manifest, versions, write_manifest
from winnow.jobs.arrange import Plan
from winnow.jobs.arrange_plan import plan_of
from winnow.jobs.export_rows import chosen_columns, export_batches
from winnow.jobs.progress import Progress
from winnow.jobs.proof_files import write_proof
from winnow.jobs.recipe import Recipe, is_replayable, write_recipe
from winnow.jobs.splitting import Chosen, split_selection
from winnow.judge.base import Judge

SCRATCH = ".scratch"


@dataclass(frozen=True)
class Writing:
    """How a selection is written: format, columns, arrangement, share of validation documents."""

    exporter: Exporter
    columns: Sequence[str] = ()
    arrange: Sequence[Mapping[str, Any]] = ()
    judge: Judge | None = None
    validation: float = 0.0

    @property
    def recipe(self) -> dict[str, Any]:
        """Return the keywords of `Workspace.export` that say all this."""
        settings = {key: value for key, value in self.exporter.recipe.items() if key != "method"}
        told = {"format": type(self.exporter).name, "columns": list(self.columns), "settings": settings}
        judge = self.judge.recipe if self.judge else None
        return {**told, "arrange": list(map(dict, self.arrange)), "judge": judge, "validation": self.validation}

    def splits(self, catalog: Catalog, selection: NamedSelection) -> tuple[dict[str, NamedSelection], dict[str, Any]]:
        """Return the selections to write, by split; raises SettingError, MissingNeed."""
        if self.exporter.whole_corpus and getattr(self.exporter, "cover", "") == "corpus":
            if self.arrange or self.validation:
                found = "--arrange" if self.arrange else "--validation"
                raise SettingError(
                    "cover=corpus writes every document in place", f"found {found}", f"leave {found} out"
                )
            return {"": _whole(catalog, selection)}, {}
        return split_selection(catalog, selection, self.validation)

    def digest(self, catalog: Catalog, selection: NamedSelection) -> str:
        """Return a name for the bytes that this writes: equal ones can go on where the other stopped."""
        ids, weights = selection.read()
        told = [
            selection.name, dict(selection.recipe), self.exporter.recipe, list(self.columns), list(self.arrange),
            self.judge and self.judge.recipe, self.validation, catalog.manifest.version, versions(),
        ]  # fmt: skip
        return hashlib.sha256(dump(told).encode() + ids.tobytes() + weights.tobytes()).hexdigest()[:16]


def _whole(catalog: Catalog, selection: NamedSelection) -> NamedSelection:
    """Return every document of the corpus, with weight 0 where it was not chosen."""
    ids, weights = selection.read()
    seen = np.zeros(catalog.manifest.documents())
    seen[ids] = weights
    return Chosen.of(selection, np.arange(len(seen)), seen)


def export(catalog: Catalog, selection: NamedSelection, folder: Path, writing: Writing, progress: Progress) -> Path:
    """Write the selection and return the folder; raises ConflictError, SettingError, MissingNeed.

    Documents come in doc_id order with their weight, or as the recipes in `arrange` say, by the selection's seed and, for
    those that ask one, a judge. One that was killed goes on behind the shards it had finished.
    """
    plans = _plans(catalog, selection, writing)
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConflictError(
            "an export needs a new folder", f"{folder} exists and is not empty", "name another, or remove it"
        )
    with _partial(folder, writing.digest(catalog, selection)) as partial:
        _write(catalog, selection, partial, writing, plans=plans, progress=progress)
        if folder.exists():
            folder.rmdir()
        os.rename(partial, folder)
        fsync_folder(folder.parent)
    return folder


@dataclass(frozen=True)
class _Plans:
    """What is checked before anything is written."""

    splits: Mapping[str, NamedSelection]
    told: Mapping[str, Any]
    plans: Mapping[str, Plan | None]
    columns: Sequence[str]


def _plans(catalog: Catalog, selection: NamedSelection, writing: Writing) -> _Plans:
    splits, told = writing.splits(catalog, selection)
    plans = {
        name: plan_of(catalog, part, writing.arrange, writing.judge) if writing.arrange else None
        for name, part in splits.items()
    }
    return _Plans(splits, told, plans, chosen_columns(catalog, writing.columns, next(iter(plans.values()))))


def _write(
    catalog: Catalog, selection: NamedSelection, folder: Path, writing: Writing, *, plans: _Plans, progress: Progress
) -> None:
    """Fill an existing folder, of which shards of a killed run may be there; the manifest comes last."""
    exporter = writing.exporter
    files: list[Path] = []
    reports: dict[str, dict[str, Any]] = {}
    schema: pa.Schema | None = None
    for name, part in plans.splits.items():
        scratch = folder / SCRATCH / (name or "all")
        shutil.rmtree(scratch, ignore_errors=True)
        batches, report = export_batches(
            catalog, part, plans.columns, plans.plans[name],
            scratch=scratch, progress=progress, repeat=exporter.weights == "repeat",
        )  # fmt: skip
        first = next(batches)
        schema = schema or first.schema
        files += exporter.write(chain([first], batches), folder, name, resume=True)
        reports[name] = report()
    shutil.rmtree(folder / SCRATCH, ignore_errors=True)
    content = manifest(
        files, exporter=exporter, schema=schema or pa.schema([]), selection=selection.name, recipe=selection.recipe,
        summary=selection.summary, arranged=next(iter(reports.values())), folder=folder, splits=plans.told,
    )  # fmt: skip
    write_card(folder, content)
    _write_recipe(folder, selection, writing, next(iter(plans.plans.values())))
    write_proof(catalog, selection, folder)
    write_manifest(folder, content)


def _write_recipe(folder: Path, selection: NamedSelection, writing: Writing, plan: Plan | None) -> None:
    if is_replayable(selection.recipe):
        told = {"format": writing.exporter.name, "columns": list(writing.columns), **writing.exporter.recipe}
        told |= {"validation": writing.validation} if writing.validation else {}
        del told["method"]
        steps = tuple(plan.course.recipes) if plan else ()
        asked = writing.judge.recipe if writing.judge and steps else None
        write_text(folder / RECIPE, write_recipe(Recipe(selection.name, selection.recipe, steps, told, asked)))


@contextmanager
def _partial(folder: Path, digest: str) -> Iterator[Path]:
    """Give a hidden folder beside the export's, with the shards that a killed run of the same export left in it.

    It is removed on leaving; those that killed runs of other exports left are too. A lock that dies with its process
    says that a folder is in use.
    """
    partial = folder.with_name(f".{folder.name}.{digest}.partial")
    for left in folder.parent.glob(f".{glob.escape(folder.name)}.*.partial"):
        if left != partial:
            with suppress(ConflictError, OSError), _held(left):
                shutil.rmtree(left, ignore_errors=True)
    partial.mkdir(parents=True, exist_ok=True)
    with _held(partial):
        try:
            yield partial
        finally:
            shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a folder's lock; raises ConflictError when another process does."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise ConflictError(
            "this export is being written already", f"by another process, in {folder}", "wait for it"
        ) from None
    finally:
        os.close(descriptor)
