"""Approximate nearest neighbours over a memory-mapped inverted-file index, for matrices too large for exact search."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from winnow.embed.matrix import Matrix, Parts
from winnow.errors import CorpusError, SettingError
from winnow.index.exact import ExactIndex, Found, allowed_rows, as_queries
from winnow.index.replacing import replacing

SLAB_ROWS = 1_000_000
PROBES = 32
POINTS_PER_CELL = 64
ROUNDS = 10
MOST_CELLS = 4096
"""A row is held against every cell when it is added, so more cells would make each row dearer the more rows there are."""
FILES = ("index.faiss", "lists.ivfdata", "index.json")


class ApproximateIndex:
    """Finds rows of large inner product by looking only into the `probes` cells nearest to the query.

    Cells come from k-means on a sample; vectors are kept as float16 in lists on disk, of which a search maps only the
    cells it visits. More probes, higher recall, slower: `recall` measures the trade.
    """

    def __init__(self, folder: Path, *, probes: int | None = None) -> None:
        """Open an index with the probes that were noted, or 32; raises CorpusError when the folder holds none.

        Raises SettingError for probes below one.
        """
        if probes is not None and probes < 1:
            raise SettingError("an approximate search looks into at least one cell", f"found {probes}", "default: 32")
        if any(not (folder / name).is_file() for name in FILES):
            raise CorpusError("approximate search needs its index", f"none in {folder}", "run: winnow index")
        self.folder = folder
        self.probes = probes or int(self.about.get("probes", PROBES))
        self.cells, self.dimensions = int(self.about["cells"]), int(self.about["dimensions"])
        self._index: Any = _open(folder)

    @classmethod
    def build(
        cls,
        folder: Path,
        matrix: Matrix | Parts,
        *,
        cells: int | None = None,
        seed: int = 0,
        slab: int | None = None,
        progress: Callable[[int], None] = lambda rows: None,
    ) -> Self:
        """Train on a sample of at most 64 rows a cell, add every row slab by slab, and put the result at `folder`.

        `cells` defaults to 4·√n, at most n / 64 and 4,096. Memory: the sample in float32 and one slab in float16. What a
        killed build has finished lies beside `folder` and is not done again; one build at a time. `progress` is told how
        many rows were held against the cells, in training and in adding: `work(n)` in all.
        """
        source = matrix if isinstance(matrix, Matrix) else Matrix(matrix)
        total, width = source.shape
        if not total:
            raise SettingError("an approximate index needs vectors", "found none", "use exact search")
        cells = min(cells or default_cells(total), max(1, total // POINTS_PER_CELL))
        slab = slab or SLAB_ROWS
        about = {"cells": cells, "dimensions": width, "rows": total, "seed": seed}
        fresh = _begun(folder.with_name(f"{folder.name}.part"), {**about, "slab": slab})
        _keep(fresh / "trained.faiss", lambda: _train(source, cells, seed))
        trained: Any = faiss.read_index(str(fresh / "trained.faiss"))
        progress(work(total, cells) - total)
        parts = []
        for start in range(0, total, slab):
            parts.append(fresh / f"slab-{start}.faiss")
            _keep(parts[-1], partial(_filled, trained, source, start, slab))
            progress(min(slab, total - start))
        with _quiet():
            _merge(trained, parts, fresh)
        (fresh / "index.json").write_text(json.dumps(about), encoding="utf-8")
        with replacing(folder) as place:
            for name in FILES:
                (fresh / name).rename(place / name)
        shutil.rmtree(fresh)
        return cls(folder)

    @property
    def about(self) -> dict[str, Any]:
        """What its file says: cells, dimensions, rows, seed, and what `note` added."""
        found: dict[str, Any] = json.loads((self.folder / "index.json").read_text(encoding="utf-8"))
        return found

    def note(self, **facts: Any) -> None:
        """Add facts to its file, such as a measured recall."""
        staged = self.folder / "index.json.part"
        staged.write_text(json.dumps({**self.about, **facts}), encoding="utf-8")
        staged.replace(self.folder / "index.json")

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def nearest(
        self,
        queries: NDArray[np.float32],
        k: int,
        *,
        allowed: NDArray[np.bool_] | NDArray[np.integer] | None = None,
    ) -> Found:
        """Return (rows int64 [q, k], scores float32 [q, k]), best first, shaped and filled up as exact search does."""
        queries = as_queries(queries, self.dimensions)
        if k < 1:
            return np.empty((len(queries), 0), dtype=np.int64), np.empty((len(queries), 0), dtype=np.float32)
        settings = faiss.SearchParametersIVF()
        settings.nprobe = min(self.probes, self.cells)
        rows = allowed_rows(allowed, len(self))
        if rows is not None:
            mask = np.zeros(len(self), dtype=bool)
            mask[rows] = True
            bitmap: Any = faiss.IDSelectorBitmap
            settings.sel = bitmap(np.packbits(mask, bitorder="little"))
        scores, found = self._index.search(queries, k, params=settings)
        return found, np.where(found < 0, -np.inf, scores).astype(np.float32)

    def recall(self, truth: Truth) -> float:
        """Return the share of the exact nearest rows that this index finds."""
        asked, rows = truth
        found, _ = self.nearest(asked, rows.shape[1])
        hits = (rows[:, :, None] == found[:, None, :]).any(axis=2) & (rows >= 0)
        return float(hits.sum() / max(1, (rows >= 0).sum()))


class Truth(NamedTuple):
    """Queries float32 [q, d] and the rows int64 [q, k] that are nearest to them."""

    asked: NDArray[np.float32]
    rows: NDArray[np.int64]


def truth_of(exact: ExactIndex, k: int = 10, *, queries: int = 200, seed: int = 0) -> Truth:
    """Sample rows as queries and find the k nearest to each."""
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(len(exact.matrix), min(queries, len(exact.matrix)), replace=False))
    asked = exact.matrix[chosen].astype(np.float32)
    return Truth(asked, exact.nearest(asked, k)[0])


def default_cells(total: int) -> int:
    """Return how many cells suit so many rows.

    >>> [default_cells(n) for n in (100, 10_000, 1_000_000, 10_000_000)]
    [1, 156, 4000, 4096]
    """
    return min(round(4 * math.sqrt(total)), max(1, total // POINTS_PER_CELL), MOST_CELLS)


def work(total: int, cells: int | None = None) -> int:
    """Return how many times a row is held against the cells while so many are indexed."""
    return total + ROUNDS * min(total, (cells or default_cells(total)) * POINTS_PER_CELL)


def _open(folder: Path) -> Any:
    index: Any = faiss.read_index(str(folder / "index.faiss"), faiss.IO_FLAG_SKIP_IVF_DATA | faiss.IO_FLAG_READ_ONLY)
    # The file names the lists by the path at which they were written; the folder may have moved since.
    inverted: Any = faiss.extract_index_ivf(index)
    lists: Any = faiss.downcast_InvertedLists(inverted.invlists)
    lists.filename, lists.read_only = str(folder / "lists.ivfdata"), True
    lists.do_mmap()
    return index


def _train(source: Matrix, cells: int, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    size = min(len(source), cells * POINTS_PER_CELL)
    sample = source[np.sort(rng.choice(len(source), size, replace=False))].astype(np.float32)
    width = source.shape[1]
    quantizer: Any = faiss.IndexFlatIP(width)
    index = faiss.IndexIVFScalarQuantizer(
        quantizer, width, cells, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT, False
    )
    # The index points at the quantizer without keeping it alive.
    index.own_fields = True
    quantizer.this.disown()
    index.cp.seed, index.cp.min_points_per_centroid, index.cp.spherical = seed, 1, True
    index.cp.niter = ROUNDS
    index.train(sample)
    return index


def _begun(folder: Path, plan: Mapping[str, int]) -> Path:
    """Return the folder of an unfinished build with the same plan, or an empty one."""
    note = folder / "plan.json"
    if not note.is_file() or json.loads(note.read_text(encoding="utf-8")) != plan:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        note.write_text(json.dumps(plan), encoding="utf-8")
    return folder


def _keep(path: Path, make: Callable[[], Any]) -> None:
    """Make an index and put it at `path` whole, unless one lies there."""
    if not path.is_file():
        staged = path.with_name(path.name + ".part")
        faiss.write_index(make(), str(staged))
        staged.replace(path)


def _filled(trained: Any, source: Matrix, start: int, slab: int) -> Any:
    rows = source[start : start + slab].astype(np.float32)
    piece = faiss.clone_index(trained)
    piece.add_with_ids(rows, np.arange(start, start + len(rows)))
    return piece


@contextmanager
def _quiet() -> Iterator[None]:
    """Send the process's standard output nowhere: the library prints there, where commands print their results."""
    kept = os.dup(1)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        try:
            yield
        finally:
            os.dup2(kept, 1)
            os.close(kept)


def _merge(trained: Any, parts: list[Path], fresh: Path) -> None:
    """Join the slabs' lists into one file without loading them, and write the index that points at it."""
    from faiss.contrib.ondisk import merge_ondisk

    (fresh / "lists.ivfdata").unlink(missing_ok=True)
    merge_ondisk(trained, [str(part) for part in parts], str(fresh / "lists.ivfdata"))
    faiss.write_index(trained, str(fresh / "index.faiss"))
