"""score: run scorers over the shards that lack their columns; each shard is read once for all of them."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from winnow.catalog.catalog import Catalog
from winnow.catalog.manifest import Part, Run, Shard, weight
from winnow.catalog.publish import staging
from winnow.compute.base import Executor
from winnow.jobs.prepare import DOCUMENT_COLUMNS, batches, path_of, prepare, source_of
from winnow.jobs.progress import Progress
from winnow.score.base import Scorer


@dataclass(frozen=True)
class Task:
    """One shard and the scorers that have not seen it."""

    part: Part
    scorers: Mapping[str, Scorer]
    prepared: Mapping[str, Path]
    sources: Mapping[str, Path]
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
    # Documents that come in meanwhile wait for the next score: a stage works on the shards it began with.
    parts = catalog.manifest.parts()
    runs = {scorer.run_name: _begin(catalog, scorer, parts) for scorer in scorers}
    missing = {name: {part.part for part in parts} - set(run.paths) for name, run in runs.items()}
    waiting = {scorer.run_name: scorer for scorer in scorers if missing[scorer.run_name]}
    with staging(catalog.folder) as staged:
        learnt = prepare(catalog, waiting, parts, executor=executor, progress=progress, staged=staged)
        for name, found in learnt.items():
            catalog.manifest.attach_tables(runs[name], found.tables)
        prepared = {name: found.path for name, found in learnt.items()}
        tasks = list(_tasks(catalog, waiting, missing, prepared=prepared, parts=parts, staged=staged))
        sizes = {task.part.part: task.part.bytes for task in tasks}
        if tasks:
            progress.stage(_stage_name(list(waiting)), weight(task.part for task in tasks), "bytes")
        with closing(executor.map(score_part, tasks)) as results:
            for shards in results:
                catalog.manifest.publish_shards((runs[name], shard) for name, shard in shards.items())
                progress.advance(sizes[next(iter(shards.values())).part])
    catalog.manifest.finish_runs(list(runs.values()))
    return list(runs.values())


def _stage_name(names: Sequence[str]) -> str:
    listed = "score " + ", ".join(names)
    return listed if len(listed) < 40 else f"score {len(names)} scorers"


def _begin(catalog: Catalog, scorer: Scorer, parts: Sequence[Part]) -> Run:
    columns = {name: str(kind) for name, kind in scorer.columns().items()}
    reads = sorted(scorer.needs() - DOCUMENT_COLUMNS)
    documents = sum(part.documents for part in parts)
    state: list[object] = [scorer.version, documents if scorer.whole_corpus else 0]
    state += [source_of(catalog, scorer, need).run for need in reads]
    state += [outside] if (outside := scorer.state()) else []
    return catalog.manifest.begin_run("columns", scorer.run_name, scorer.recipe, columns, str(state))


def _tasks(
    catalog: Catalog,
    scorers: Mapping[str, Scorer],
    missing: Mapping[str, set[int]],
    *,
    prepared: Mapping[str, Path],
    parts: Sequence[Part],
    staged: Path,
) -> Iterator[Task]:
    readers = {need: scorer for scorer in scorers.values() for need in scorer.needs() - DOCUMENT_COLUMNS}
    sources = {need: source_of(catalog, scorer, need).paths for need, scorer in readers.items()}
    for part in parts:
        mine = {name: scorer for name, scorer in scorers.items() if part.part in missing[name]}
        if not mine:
            continue
        needs = {need: scorer for need, scorer in readers.items() if any(need in s.needs() for s in mine.values())}
        paths = {need: path_of(sources[need], part, scorer, need) for need, scorer in needs.items()}
        folder = staged / str(part.part)
        folder.mkdir()
        yield Task(part, mine, {name: prepared[name] for name in mine if name in prepared}, paths, folder)


def score_part(task: Task) -> dict[str, Shard]:
    """Score one shard with every scorer of the task and return the finished files. Runs in any process."""
    prepared = {name: _load(path) for name, path in task.prepared.items()}
    needs = {need for scorer in task.scorers.values() for need in scorer.needs()}
    files = {name: task.staged / f"{name}.parquet" for name in task.scorers}
    row = 0
    with ExitStack() as open_files:
        writers = {
            name: open_files.enter_context(pq.ParquetWriter(files[name], _schema(scorer), compression="zstd"))
            for name, scorer in task.scorers.items()
        }
        for batch in batches(task.part, needs, task.sources):
            row += batch.num_rows
            for name, scorer in task.scorers.items():
                writers[name].write_table(_columns(scorer, batch, prepared.get(name)))
    return {name: Shard(task.part.part, path, row) for name, path in files.items()}


def _load(path: Path) -> Any:
    with open(path, "rb") as file:
        return pickle.load(file)


def _schema(scorer: Scorer) -> pa.Schema:
    return pa.schema([("doc_id", pa.int64()), *scorer.columns().items()])


def _columns(scorer: Scorer, batch: pa.RecordBatch, prepared: Any) -> pa.Table:
    values = scorer.score(batch, prepared)
    arrays = [batch.column("doc_id")]
    for name, kind in scorer.columns().items():
        column = values[name]
        # NaN means "no value", which must not pass a threshold as the greatest of all numbers.
        arrays.append(column if isinstance(column, pa.Array) else pa.array(column, type=kind, from_pandas=True))
    return pa.Table.from_arrays(arrays, schema=_schema(scorer))
