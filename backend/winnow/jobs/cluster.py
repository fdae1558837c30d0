"""cluster: groups of documents on two levels, their names, and the map."""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from winnow.catalog.catalog import Catalog
from winnow.catalog.manifest import Run, Shard
from winnow.catalog.publish import staging
from winnow.cluster.arrange import Arrangement, arrange
from winnow.jobs.progress import Progress

COLUMNS = {
    "cluster_leaf": pa.int32(),
    "cluster_similarity": pa.float32(),
    "map_x": pa.float32(),
    "map_y": pa.float32(),
}


def cluster(catalog: Catalog, model: str, k: int | None, seed: int, progress: Progress) -> Run:
    """Cluster the vectors of one encoder, name the clusters, lay out the map and publish it all at once."""
    source = catalog.vectors.run(model)
    parts = [part for part in catalog.manifest.parts() if part.part in source.paths]
    progress.stage("cluster", 1.0, "")
    matrices = [np.load(source.paths[part.part], mmap_mode="r") for part in parts]
    arranged = arrange(matrices, catalog.texts.texts, k=k, seed=seed, progress=_Shares(progress))
    recipe = {"model": model, "k": len(arranged.names), "seed": seed}
    names = {name: str(kind) for name, kind in COLUMNS.items()}
    run = catalog.manifest.begin_run("columns", "cluster", recipe, names, source.run + _digest(arranged))
    with staging(catalog.folder) as staged:
        shards = []
        for part in parts:
            rows = slice(part.first_id, part.first_id + part.documents)
            path = staged / f"part-{part.part:05d}.parquet"
            pq.write_table(_table(arranged, rows), path, compression="zstd")
            shards.append((run, Shard(part.part, path, part.documents)))
        catalog.manifest.publish_shards(shards)
    catalog.manifest.finish_runs([run], extra=_extra(arranged))
    return catalog.manifest.run("columns", "cluster") or run


def _table(arranged: Arrangement, rows: slice) -> pa.Table:
    ids = np.arange(rows.start, rows.stop, dtype=np.int64)
    values: list[NDArray[np.generic]] = [
        arranged.cluster[rows], arranged.similarity[rows], arranged.map_xy[rows, 0], arranged.map_xy[rows, 1]
    ]  # fmt: skip
    schema = pa.schema([("doc_id", pa.int64()), *COLUMNS.items()])
    return pa.Table.from_arrays([pa.array(ids), *(pa.array(np.ascontiguousarray(v)) for v in values)], schema=schema)


def _digest(arranged: Arrangement) -> str:
    """Name what was found: the same clusters again are the same run, and keep the names that people gave them."""
    digest = hashlib.sha256(arranged.cluster.tobytes())
    digest.update(np.ascontiguousarray(arranged.map_xy).tobytes())
    return digest.hexdigest()


def _extra(arranged: Arrangement) -> dict[str, object]:
    return {
        "names": list(arranged.names),
        "top": [int(group) for group in arranged.top],
        "top_names": list(arranged.top_names),
    }


class _Shares:
    """Turns "how much of all is done, and what is being done" into progress."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._done = progress, 0.0

    def __call__(self, share: float, what: str) -> None:
        self._progress.advance(max(share - self._done, 0.0))
        self._done = max(share, self._done)
