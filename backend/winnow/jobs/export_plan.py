"""What an export would write, known before it is written: documents by split, files and bytes."""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from winnow.catalog.catalog import Catalog
from winnow.catalog.filters import Filter
from winnow.catalog.selections import NamedSelection
from winnow.jobs.export import Writing
from winnow.jobs.export_rows import chosen_columns, export_batches, times_seen
from winnow.jobs.progress import Silent
from winnow.jobs.splitting import Chosen
from winnow.pool import Floats, Rows

SAMPLE = 1000
"""So many documents, evenly spaced, are written to a scratch folder to know how large the rest will be."""


@dataclass(frozen=True)
class Forecast:
    """A split of an export: its rows are counted, its bytes reckoned from a sample."""

    split: str
    documents: int
    """Rows in the files, each repetition counted."""
    files: int
    bytes: int
    exact: bool
    """Whether the number of files is certain: one that ends by megabytes is reckoned."""


def foresee(catalog: Catalog, selection: NamedSelection, writing: Writing) -> list[Forecast]:
    """Return what each split would hold, before any arrangement; raises SettingError, MissingNeed."""
    splits, _ = writing.splits(catalog, selection)
    columns = chosen_columns(catalog, writing.columns, None)
    return [_of_split(catalog, name, part, writing, columns) for name, part in splits.items()]


def free_bytes(folder: Path) -> int | None:
    """Return how much room there is where a folder would be made; None where that cannot be told."""
    there = next((place for place in (folder, *folder.parents) if place.is_dir()), None)
    try:
        return shutil.disk_usage(there).free if there else None
    except OSError:
        return None


def _of_split(catalog: Catalog, name: str, part: NamedSelection, writing: Writing, columns: list[str]) -> Forecast:
    ids, weights = part.read()
    order = np.argsort(ids, kind="stable")
    ids, weights = ids[order], weights[order]
    exporter, times = writing.exporter, np.ones(len(ids), dtype=np.int64)
    if exporter.weights == "repeat":
        times = times_seen(ids, weights, int(part.recipe.get("seed") or 0))
    total = int(times.sum())
    chosen = np.unique(np.linspace(0, max(len(ids) - 1, 0), min(SAMPLE, len(ids))).astype(np.int64))
    sample = Chosen.of(part, ids[chosen], np.ones(len(chosen)) if exporter.weights == "repeat" else weights[chosen])
    size, text = _written(catalog, sample, writing, columns)
    share = _share(catalog, ids, times, chosen)
    files = math.ceil(total / exporter.shard_docs)
    if exporter.shard_mb:
        files = max(files, math.ceil(text * share / (exporter.shard_mb * 10**6)))
    return Forecast(name, total, files if total else 1, int(size * share), not exporter.shard_mb)


def _written(catalog: Catalog, sample: NamedSelection, writing: Writing, columns: list[str]) -> tuple[int, int]:
    """Write a sample and return the bytes of its files, and of its text."""
    text = 0

    def counted(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        nonlocal text
        for batch in batches:
            text += int(pc.sum(pc.binary_length(batch.column("text"))).as_py() or 0)
            yield batch

    with tempfile.TemporaryDirectory() as folder:
        repeat = writing.exporter.weights == "repeat"
        batches, _ = export_batches(
            catalog, sample, columns, None, scratch=Path(folder), progress=Silent(), repeat=repeat
        )
        files = writing.exporter.write(counted(batches), Path(folder))
        return sum(path.stat().st_size for path in files), text


def _share(catalog: Catalog, ids: Rows, times: Rows, chosen: Rows) -> float:
    """Return how many times as much as the sample the whole is, by tokens where the corpus has them, else by documents."""
    if "tokens" not in catalog.browse.columns() or not len(chosen):
        return float(times.sum()) / max(len(chosen), 1)
    found = catalog.browse.arrow(Filter(), ["doc_id", "tokens"])
    place = np.searchsorted(found.column("doc_id").to_numpy(), ids)
    known: Floats = found.column("tokens").cast(pa.float64()).to_numpy(zero_copy_only=False)
    tokens = np.nan_to_num(known[place])
    sampled = float(tokens[chosen].sum())
    return float((tokens * times).sum()) / sampled if sampled else float(times.sum()) / len(chosen)
