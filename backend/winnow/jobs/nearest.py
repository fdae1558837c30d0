"""Searching by meaning in a large corpus: an index follows the vectors, and what it lacks is looked at row by row."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.catalog.catalog import Catalog
from winnow.catalog.publish import exclusive
from winnow.device import device
from winnow.embed.matrix import Matrix
from winnow.index import exact
from winnow.index.approximate import ApproximateIndex, truth_of, work
from winnow.index.exact import ExactIndex, Found
from winnow.jobs.progress import Progress

RECALL_OF, ENOUGH = 10, 0.95
"""Recall is the share of the exact 10 nearest that the index finds; cells are probed until it is enough."""
PROBES = (32, 64, 128, 256, 512, 1024)


@dataclass(frozen=True)
class Blend:
    """An index of the first rows, and exact search of those that came later."""

    index: ApproximateIndex
    later: ExactIndex | None

    def nearest(self, queries: NDArray[np.float32], k: int) -> Found:
        """Return (rows, scores), best first, as exact search does."""
        rows, scores = self.index.nearest(queries, k)
        if self.later is None:
            return rows, scores
        more, better = self.later.nearest(queries, k)
        rows = np.hstack([rows, np.where(more < 0, -1, more + len(self.index))])
        scores = np.hstack([scores, better])
        order = np.lexsort((rows, -scores), axis=1)[:, :k]
        return np.take_along_axis(rows, order, axis=1), np.take_along_axis(scores, order, axis=1)


def searcher(catalog: Catalog, model: str) -> ExactIndex | Blend:
    """Return what finds the nearest documents: exact search, or in a large corpus without a GPU the index, if built."""
    matrix = Matrix(catalog.vectors.parts(model))
    folder = _folder(catalog, model)
    if not _wanted(len(matrix)) or not (folder / "index.json").is_file():
        return ExactIndex(matrix)
    index = ApproximateIndex(folder)
    known = len(index)
    return Blend(index, ExactIndex(matrix.since(known)) if known < len(matrix) else None)


def index_vectors(catalog: Catalog, progress: Progress) -> None:
    """Build the index of the newest vectors where the corpus is large and the index lacks too many of them.

    Its recall is measured against exact search on 200 documents and kept with it; a killed build goes on where it was.
    """
    models = catalog.vectors.models()
    if not models or not _lacking(catalog, models[-1]):
        return
    with exclusive(catalog.folder, "index", wait=True):
        model = models[-1]
        if not _lacking(catalog, model):
            return
        matrix = Matrix(catalog.vectors.parts(model))
        progress.stage(f"vector index {model}", work(len(matrix)), "")
        folder = _folder(catalog, model)
        ApproximateIndex.build(folder, matrix, progress=progress.advance)
        progress.stage("recall of the vector index", 0, "")
        truth = truth_of(ExactIndex(matrix), RECALL_OF)
        for probes in PROBES:
            index = ApproximateIndex(folder, probes=probes)
            recall = index.recall(truth)
            index.note(recall=round(recall, 4), probes=probes)
            if recall >= ENOUGH:
                break
        for other in folder.parent.glob("vectors-*"):
            if other != folder:
                shutil.rmtree(other)


def about_index(catalog: Catalog) -> dict[str, Any] | None:
    """Return what the index of the newest vectors says of itself: model, rows, cells, probes, recall; None without one."""
    models = catalog.vectors.models()
    if not models or not (_folder(catalog, models[-1]) / "index.json").is_file():
        return None
    return {"model": models[-1], **ApproximateIndex(_folder(catalog, models[-1])).about}


def built(catalog: Catalog, model: str) -> float:
    """Return when the model's index was finished, 0 without one: whoever holds an older one opens it anew."""
    note = _folder(catalog, model) / "index.json"
    return note.stat().st_mtime if note.is_file() else 0.0


def _folder(catalog: Catalog, model: str) -> Path:
    return catalog.folder / "index" / f"vectors-{catalog.vectors.run(model).run}"


def _wanted(rows: int) -> bool:
    return rows > exact.EXACT_ROWS and device() == "cpu"


def _lacking(catalog: Catalog, model: str) -> bool:
    """Whether more rows are outside the index than exact search answers for quickly."""
    rows, folder = catalog.manifest.documents(), _folder(catalog, model)
    if not _wanted(rows):
        return False
    return not (folder / "index.json").is_file() or rows - len(ApproximateIndex(folder)) > exact.EXACT_ROWS
