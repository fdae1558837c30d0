"""Make a large corpus of a scored one: `python tests/bench/multiply.py CORPUS OUT DOCUMENTS`.

Document i is document i mod n of the source: its text with its number before it, its columns, its vector with a little noise
and its place on the map moved a little. Nothing is scored anew, so that the wide table has every column of the source.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from winnow.catalog.filters import Filter
from winnow.catalog.manifest import Part, Run, Shard
from winnow.catalog.publish import staging
from winnow.workspace import Workspace

BATCH = 20_000
NOISE = 0.02


def documents(source: Workspace, count: int) -> Iterator[pa.Table]:
    """Yield batches of the documents of the large corpus."""
    total = source.catalog.manifest.documents()
    named = source.browse.arrow(Filter(), ["source", "date"])
    for start in range(0, count, BATCH):
        ids = np.arange(start, min(start + BATCH, count))
        rows = ids % total
        texts = source.catalog.texts.fetch(rows).column("text").to_pylist()
        yield pa.table(
            {
                "id": [f"document-{number}" for number in ids],
                "text": [f"{number}. {text}" for number, text in zip(ids, texts, strict=True)],
                "source": named.column("source").take(pa.array(rows)),
                "date": pc.cast(named.column("date").take(pa.array(rows)), pa.string()),
            }
        )


def publish(source: Run, made: Workspace) -> None:
    """Publish a run of the source for every document of the large corpus."""
    manifest = made.catalog.manifest
    paths = [path for _, path in sorted(source.paths.items())]
    vectors = source.kind == "vectors"
    whole = (
        np.concatenate([np.load(path) for path in paths]) if vectors else pa.concat_tables(map(pq.read_table, paths))
    )
    columns = dict(source.columns)
    run = manifest.begin_run(source.kind, source.name, source.recipe, columns, "multiplied")
    draw = np.random.default_rng(0)
    with staging(made.folder) as staged:
        shards = []
        for part in manifest.parts():
            path = staged / f"{run.run}-{part.part}.{'npy' if vectors else 'parquet'}"
            rows = (part.first_id + np.arange(part.documents)) % len(whole)
            if isinstance(whole, np.ndarray):
                noisy = whole[rows].astype(np.float32)
                noisy += draw.normal(0, NOISE, noisy.shape).astype(np.float32)
                np.save(path, (noisy / np.linalg.norm(noisy, axis=1, keepdims=True)).astype(np.float16))
            else:
                pq.write_table(_moved(whole.take(pa.array(rows)), part, draw), path, compression="zstd")
            shards.append((run, Shard(part.part, path, part.documents)))
        manifest.publish_shards(shards)
    manifest.finish_runs([run], extra={key: value for key, value in source.extra.items() if key != "tables"} or None)


def _moved(table: pa.Table, part: Part, draw: np.random.Generator) -> pa.Table:
    ids = pa.array(part.first_id + np.arange(part.documents))
    table = table.set_column(table.schema.get_field_index("doc_id"), "doc_id", ids)
    for axis in ("map_x", "map_y"):
        if axis in table.column_names:
            place = table.column(axis).to_numpy()
            spread = 0.01 * float(np.nanstd(place))
            moved = pa.array((place + draw.normal(0, spread, len(place))).astype(np.float32))
            table = table.set_column(table.schema.get_field_index(axis), axis, moved)
    return table


def multiply(source: Workspace, folder: Path, count: int) -> Workspace:
    """Make the large corpus in a folder."""
    made = Workspace.create(folder)
    texts = folder / "tmp" / "multiplied.parquet"
    texts.parent.mkdir(exist_ok=True)
    tables = documents(source, count)
    first = next(tables)
    with pq.ParquetWriter(texts, first.schema, compression="zstd") as writer:
        for table in (first, *tables):
            writer.write_table(table)
    made.ingest([texts])
    texts.unlink()
    for run in source.catalog.manifest.runs():
        if run.kind in ("columns", "vectors"):
            publish(run, made)
    return made


if __name__ == "__main__":
    multiply(Workspace(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
