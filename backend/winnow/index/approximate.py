"""Approximate nearest neighbours over a memory-mapped inverted-file index, for matrices too large for exact search."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from winnow.embed.matrix import Matrix, Parts
from winnow.errors import CorpusError, SettingError
from winnow.index.exact import ExactIndex, Found, allowed_rows, as_queries
from winnow.index.replacing import replacing

SLAB_ROWS = 1_000_000
POINTS_PER_CELL = 64
FILES = ("index.faiss", "lists.ivfdata", "index.json")


class ApproximateIndex:
    """Finds rows of large inner product by looking only into the `probes` cells nearest to the query.

    Cells come from k-means on a sample; vectors are kept as float16 in lists on disk, of which a search maps only the
    cells it visits. More probes, higher recall, slower: `recall` measures the trade.
    """

    def __init__(self, folder: Path, *, probes: int = 32) -> None:
        """Open an index; raises CorpusError when the folder holds none and SettingError for probes below one."""
        if probes < 1:
            raise SettingError("an approximate search looks into at least one cell", f"found {probes}", "default: 32")
        if any(not (folder / name).is_file() for name in FILES):
            raise CorpusError("approximate search needs its index", f"none in {folder}", "run: winnow embed")
        about = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        self.folder, self.probes = folder, probes
        self.cells, self.dimensions = int(about["cells"]), int(about["dimensions"])
        self._index: Any = _open(folder)

    @classmethod
    def build(
        cls, folder: Path, matrix: Matrix | Parts, *, cells: int | None = None, seed: int = 0, slab: int = SLAB_ROWS
    ) -> Self:
        """Train on a sample of at most 64 rows a cell, add every row slab by slab, and put the result at `folder`.

        `cells` defaults to 4·√n, at most n / 64. Memory: the sample in float32 and one slab in float16.
        """
        source = matrix if isinstance(matrix, Matrix) else Matrix(matrix)
        total, width = source.shape
        if not total:
            raise SettingError("an approximate index needs vectors", "found none", "use exact search")
        cells = min(cells or round(4 * total**0.5), max(1, total // POINTS_PER_CELL))
        trained = _train(source, cells, seed)
        with replacing(folder) as fresh:
            parts = []
            for start in range(0, total, slab):
                parts.append(fresh / f"slab-{start}.faiss")
                rows = source[start : start + slab].astype(np.float32)
                piece = faiss.clone_index(trained)
                piece.add_with_ids(rows, np.arange(start, start + len(rows)))
                faiss.write_index(piece, str(parts[-1]))
            _merge(trained, parts, fresh)
            about = {"cells": cells, "dimensions": width, "rows": total, "seed": seed}
            (fresh / "index.json").write_text(json.dumps(about), encoding="utf-8")
        return cls(folder)

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

    def recall(self, exact: ExactIndex, k: int = 10, *, queries: int = 200, seed: int = 0) -> float:
        """Return the share of the exact k nearest rows that this index finds, over sampled rows as queries."""
        rng = np.random.default_rng(seed)
        chosen = np.sort(rng.choice(len(exact.matrix), min(queries, len(exact.matrix)), replace=False))
        asked = exact.matrix[chosen].astype(np.float32)
        truth, _ = exact.nearest(asked, k)
        found, _ = self.nearest(asked, k)
        hits = (truth[:, :, None] == found[:, None, :]).any(axis=2) & (truth >= 0)
        return float(hits.sum() / max(1, (truth >= 0).sum()))


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
    index.train(sample)
    return index


def _merge(trained: Any, parts: list[Path], fresh: Path) -> None:
    """Join the slabs' lists into one file without loading them, and write the index that points at it."""
    from faiss.contrib.ondisk import merge_ondisk

    merge_ondisk(trained, [str(part) for part in parts], str(fresh / "lists.ivfdata"))
    faiss.write_index(trained, str(fresh / "index.faiss"))
    for part in parts:
        part.unlink()
