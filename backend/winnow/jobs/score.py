"""score: run scorers over the shards that lack their columns; each shard is read once for all of them."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from winnow.catalog.catalog import Catalog
from winnow.catalog.manifest import Part, Run, Shard
from winnow.catalog.publish import staging
from winnow.catalog.texts import part_batches
from winnow.compute.base import Executor
from winnow.errors import MissingNeed
from winnow.jobs.progress import Progress
from winnow.score.base import Scorer

DOCUMENT_COLUMNS = frozenset({"text", "id", "source", "url", "date", "meta"})


@dataclass(frozen=True)
class Task:
    """One shard and the scorers that have not seen it."""

    part: Part
    scorers: Mapping[str, Scorer]
    prepared: Mapping[str, Path]
    vectors: Mapping[str, Path]
    columns: Mapping[str, Path]
    staged: Path


def score(catalog: Catalog, scorers: Sequence[Scorer], executor: Executor, progress: Progress) -> list[Run]:
    """Give the corpus every column of the scorers and return their runs; what a killed run published is not done again.

    Raises MissingNeed when a column or vectors that a scorer reads do not exist.
    """
    done: list[Run] = []
    for stage in _stages(scorers):
        done += _score_stage(catalog, stage, executor, progress)
    return done


def _stages(scorers: Sequence[Scorer]) -> list[list[Scorer]]:
    """Order scorers so that one that reads another's column comes in a later stage."""
    waiting, stages = list(scorers), []
    while waiting:
        made_later = {column for scorer in waiting for column in scorer.columns()}
        ready = [scorer for scorer in waiting if not (scorer.needs() & (made_later - set(scorer.columns())))] or waiting
        stages.append(ready)
        waiting = [scorer for scorer in waiting if scorer not in ready]
    return stages


def _score_stage(catalog: Catalog, scorers: Sequence[Scorer], executor: Executor, progress: Progress) -> list[Run]:
    manifest = catalog.manifest
    runs = {scorer.name: _begin(catalog, scorer) for scorer in scorers}
    missing = {name: {part.part for part in manifest.missing_parts(run)} for name, run in runs.items()}
    by_name = {scorer.name: scorer for scorer in scorers if missing[scorer.name]}
    with staging(catalog.folder) as staged:
        prepared = {name: _prepare(catalog, scorer, staged) for name, scorer in by_name.items()}
        tasks = list(_tasks(catalog, by_name, missing, {k: v for k, v in prepared.items() if v}, staged))
        documents = {part.part: part.documents for part in manifest.parts()}
        names = ", ".join(by_name)
        progress.stage(
            f"score {names}" if len(names) < 40 else f"score {len(by_name)} scorers",
            sum(t.part.documents for t in tasks),
            "documents",
        )
        for part, shards in executor.map(score_part, tasks):
            manifest.publish_shards((runs[name], shard) for name, shard in shards.items())
            progress.advance(documents[part])
    manifest.finish_runs(list(runs.values()))
    return list(runs.values())


def _begin(catalog: Catalog, scorer: Scorer) -> Run:
    columns = {name: str(kind) for name, kind in scorer.columns().items()}
    reads = sorted(scorer.needs() - DOCUMENT_COLUMNS)
    state: list[object] = [scorer.version, catalog.manifest.documents() if scorer.whole_corpus else 0]
    state += [_source(catalog, scorer, need).run for need in reads]
    return catalog.manifest.begin_run("columns", scorer.name, scorer.recipe, columns, str(state))


def _source(catalog: Catalog, scorer: Scorer, need: str) -> Run:
    kind, _, model = need.partition(":")
    if kind == "vectors":
        return catalog.vectors.run(model)
    run = next((run for run in catalog.manifest.runs("columns") if need in run.columns), None)
    if run is None:
        raise MissingNeed(f"{scorer.name} needs column '{need}'", "the corpus lacks it", "winnow score --all")
    return run


def _prepare(catalog: Catalog, scorer: Scorer, staged: Path) -> Path | None:
    if type(scorer).prepare is Scorer.prepare:
        return None
    wanted = ["doc_id", *sorted(scorer.needs() & DOCUMENT_COLUMNS)]
    prepared = scorer.prepare(_valid(batch) for batch in catalog.texts.batches(wanted))
    path = staged / f"{scorer.name}.prepared"
    with open(path, "wb") as file:
        pickle.dump(prepared, file, protocol=5)
    return path


def _tasks(
    catalog: Catalog,
    scorers: Mapping[str, Scorer],
    missing: Mapping[str, set[int]],
    prepared: Mapping[str, Path],
    staged: Path,
) -> Iterator[Task]:
    for part in catalog.manifest.parts():
        mine = {name: scorer for name, scorer in scorers.items() if part.part in missing[name]}
        if not mine:
            continue
        needs = {need for scorer in mine.values() for need in scorer.needs()} - DOCUMENT_COLUMNS
        sources = {need: _source(catalog, next(iter(mine.values())), need).paths[part.part] for need in needs}
        vectors = {need: path for need, path in sources.items() if need.startswith("vectors:")}
        columns = {need: path for need, path in sources.items() if need not in vectors}
        folder = staged / str(part.part)
        folder.mkdir()
        yield Task(part, mine, {name: prepared[name] for name in mine if name in prepared}, vectors, columns, folder)


def score_part(task: Task) -> tuple[int, dict[str, Shard]]:
    """Score one shard with every scorer of the task and return the finished files. Runs in any process."""
    prepared = {name: _load(path) for name, path in task.prepared.items()}
    needs = {need for scorer in task.scorers.values() for need in scorer.needs()}
    writers: dict[str, pq.ParquetWriter] = {}
    row = 0
    for plain in part_batches(task.part.path, ["doc_id", *sorted(needs & DOCUMENT_COLUMNS)]):
        batch = _with_sources(_valid(plain), task, row)
        row += batch.num_rows
        for name, scorer in task.scorers.items():
            table = _columns(scorer, batch, prepared.get(name))
            if name not in writers:
                writers[name] = pq.ParquetWriter(task.staged / f"{name}.parquet", table.schema, compression="zstd")
            writers[name].write_table(table)
    for writer in writers.values():
        writer.close()
    return task.part.part, {name: Shard(task.part.part, task.staged / f"{name}.parquet", row) for name in writers}


def _load(path: Path) -> Any:
    with open(path, "rb") as file:
        return pickle.load(file)


def _valid(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the batch with doc_id first, whatever order the file gave."""
    return batch.select(["doc_id", *(name for name in batch.schema.names if name != "doc_id")])


def _with_sources(batch: pa.RecordBatch, task: Task, row: int) -> pa.RecordBatch:
    for need, path in task.vectors.items():
        rows = np.load(path, mmap_mode="r")[row : row + batch.num_rows].astype(np.float32)
        batch = batch.append_column(need, pa.FixedSizeListArray.from_arrays(rows.ravel(), rows.shape[1]))
    for need, path in task.columns.items():
        column = pq.read_table(path, columns=[need]).column(need).slice(row, batch.num_rows).combine_chunks()
        batch = batch.append_column(need, column)
    return batch


def _columns(scorer: Scorer, batch: pa.RecordBatch, prepared: Any) -> pa.Table:
    values = scorer.score(batch, prepared)
    arrays = [batch.column("doc_id")]
    for name, kind in scorer.columns().items():
        column = values[name]
        arrays.append(column if isinstance(column, pa.Array) else pa.array(column, type=kind, from_pandas=False))
    fields = [("doc_id", pa.int64()), *scorer.columns().items()]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))
