"""What an export will come to, before it is written: a sample of its documents is encoded and weighed."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from winnow.catalog.catalog import Catalog
from winnow.catalog.filters import Filter
from winnow.catalog.selections import NamedSelection
from winnow.export.base import Exporter
from winnow.jobs.arrange_plan import DOCUMENT, documents
from winnow.pool import Rows

SAMPLE = 256


@dataclass(frozen=True)
class Outlook:
    """About how many bytes in how many files, judged by `sampled` documents, before arrangements change any."""

    bytes: int
    files: int
    sampled: int


def outlook(catalog: Catalog, selection: NamedSelection, exporter: Exporter, columns: Sequence[str]) -> Outlook:
    """Encode every n-th document of a selection and say what all of them will take.

    bytes ≈ bytes of the sample · tokens of all / tokens of the sample: long documents weigh more. Compressed formats do a
    little better on many documents than on few, so that the figure is rather too high.
    """
    ids, weights = selection.read()
    order = np.argsort(ids, kind="stable")
    ids, weights = ids[order], weights[order]
    sample = np.unique(np.linspace(0, len(ids) - 1, min(SAMPLE, len(ids))).astype(np.int64))
    if not len(ids):
        return Outlook(0, 1, 0)
    seen = float(weights.sum() / len(weights)) if getattr(exporter, "weights", "") == "repeat" else 1.0
    bytes_each = _weighed(catalog, ids[sample], exporter, columns)
    tokens = _tokens(catalog)
    share = tokens[ids[sample]].sum() / tokens[ids].sum() if tokens is not None and tokens[ids].sum() else 0.0
    whole = bytes_each / share if share else bytes_each * len(ids) / len(sample)
    shard = getattr(exporter, "shard_mb", 0) * 10**6
    most = max(-(-len(ids) // exporter.shard_docs), round(whole * seen) // shard + 1 if shard else 1)
    return Outlook(round(whole * seen), int(most), len(sample))


def free_bytes(folder: Path) -> int | None:
    """Return how much room there is where a folder would be made; None where that cannot be told."""
    there = next((place for place in (folder, *folder.parents) if place.is_dir()), None)
    try:
        return shutil.disk_usage(there).free if there else None
    except OSError:
        return None


def _weighed(catalog: Catalog, ids: Rows, exporter: Exporter, columns: Sequence[str]) -> int:
    stored = [*DOCUMENT, *(["meta"] if "meta" in columns else [])]
    wanted = [name for name in columns if name != "meta" and name not in DOCUMENT]
    batches = documents(catalog, ids, wanted, stored)
    with TemporaryDirectory(prefix="winnow-outlook-") as folder:
        exporter.write(batches, Path(folder))
        return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())


def _tokens(catalog: Catalog) -> Rows | None:
    if "tokens" not in catalog.browse.columns():
        return None
    column = catalog.browse.arrow(Filter(), ["tokens"]).column("tokens")
    return np.asarray(column.fill_null(0).to_numpy(), dtype=np.int64)
