"""What scorers learn from the whole corpus before they score it: sketches of the shards, made in any process."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from winnow.catalog.catalog import Catalog
from winnow.catalog.manifest import Part, Run, weight
from winnow.catalog.texts import part_batches
from winnow.compute.base import Executor
from winnow.errors import MissingNeed
from winnow.jobs.progress import Progress
from winnow.method import methods
from winnow.score.base import Scorer, SketchScorer

DOCUMENT_COLUMNS = frozenset({"text", "id", "source", "url", "date", "meta"})


@dataclass(frozen=True)
class Learnt:
    """What a scorer learnt, in a file that workers read, and its tables for people."""

    path: Path
    tables: Mapping[str, pa.Table] = field(default_factory=dict)


@dataclass(frozen=True)
class SketchTask:
    """One shard and the scorers that sketch it."""

    part: Part
    scorers: Mapping[str, SketchScorer]
    sources: Mapping[str, Path]
    staged: Path


def prepare(
    catalog: Catalog,
    scorers: Mapping[str, Scorer],
    parts: Sequence[Part],
    *,
    executor: Executor,
    progress: Progress,
    staged: Path,
) -> dict[str, Learnt]:
    """Let every scorer that learns from the corpus do so; each shard is read once for all that sketch."""
    sketching = {name: scorer for name, scorer in scorers.items() if isinstance(scorer, SketchScorer)}
    files = _sketch(catalog, sketching, parts, executor=executor, progress=progress, staged=staged)
    learnt = {}
    for name, scorer in scorers.items():
        passes = Passes(catalog, scorer, parts, progress)
        if (minutes := scorer.minutes(sum(part.documents for part in parts))) is not None:
            progress.note(f"{name}: about {minutes:.1f} minutes")
        if isinstance(scorer, SketchScorer):
            prepared = scorer.learn(_sketches([files[part.part] for part in parts], name), passes)
        elif type(scorer).prepare is not Scorer.prepare:
            prepared = scorer.prepare(passes)
        else:
            continue
        path = staged / f"{name}.prepared"
        with open(path, "wb") as file:
            pickle.dump(prepared, file, protocol=5)
        learnt[name] = Learnt(path, scorer.tables(prepared))
    return learnt


def _sketch(
    catalog: Catalog,
    scorers: Mapping[str, SketchScorer],
    parts: Sequence[Part],
    *,
    executor: Executor,
    progress: Progress,
    staged: Path,
) -> dict[int, Path]:
    """Sketch every shard for all of the scorers and return the folders that hold the sketches, by part."""
    if not scorers:
        return {}
    readers = {need: scorer for scorer in scorers.values() for need in scorer.needs() - DOCUMENT_COLUMNS}
    made = {need: source_of(catalog, scorer, need).paths for need, scorer in readers.items()}
    folders = {part.part: staged / f"sketches-{part.part}" for part in parts}
    tasks = []
    for part in parts:
        folders[part.part].mkdir()
        sources = {need: path_of(made[need], part, scorer, need) for need, scorer in readers.items()}
        tasks.append(SketchTask(part, scorers, sources, folders[part.part]))
    progress.stage("compare documents", weight(parts), "bytes")
    with closing(executor.map(sketch_part, tasks)) as results:
        for size in results:
            progress.advance(size)
    return folders


def sketch_part(task: SketchTask) -> int:
    """Write each scorer's sketch of every batch of a shard and return the shard's bytes. Runs in any process."""
    needs = {need for scorer in task.scorers.values() for need in scorer.needs()}
    files = {name: open(task.staged / name, "wb") for name in task.scorers}  # noqa: SIM115
    try:
        for batch in batches(task.part, needs, task.sources):
            for name, scorer in task.scorers.items():
                pickle.dump(scorer.sketch(batch), files[name], protocol=5)
    finally:
        for file in files.values():
            file.close()
    return task.part.bytes


def _sketches(folders: Sequence[Path], name: str) -> Iterator[Any]:
    for folder in folders:
        with open(folder / name, "rb") as file:
            size = (folder / name).stat().st_size
            while file.tell() < size:
                yield pickle.load(file)


@dataclass(frozen=True)
class Passes:
    """The corpus as `prepare` sees it: every iteration reads it again, with all that the scorer needs."""

    catalog: Catalog
    scorer: Scorer
    parts: Sequence[Part]
    progress: Progress

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        needs = self.scorer.needs()
        made = {need: source_of(self.catalog, self.scorer, need).paths for need in needs - DOCUMENT_COLUMNS}
        self.progress.stage(f"read for {self.scorer.name}", weight(self.parts), "bytes")
        for part in self.parts:
            paths = {need: path_of(made[need], part, self.scorer, need) for need in made}
            for batch in batches(part, needs, paths):
                yield batch
                self.progress.advance(part.bytes * batch.num_rows / part.documents)


def source_of(catalog: Catalog, scorer: Scorer, need: str) -> Run:
    """Return the run that made a column or the vectors a scorer reads; raises MissingNeed."""
    kind, _, model = need.partition(":")
    if kind == "vectors":
        return catalog.vectors.run(model)
    run = next((run for run in catalog.manifest.runs("columns") if need in run.columns), None)
    if run is None:
        maker = next((name for name, kind in methods(Scorer).items() if need in kind().columns()), "--all")
        raise MissingNeed(f"{scorer.name} needs column '{need}'", "the corpus lacks it", f"winnow score {maker}")
    return run


def path_of(paths: Mapping[int, Path], part: Part, scorer: Scorer, need: str) -> Path:
    """Return the shard of a run that belongs to a part; raises MissingNeed when it has none."""
    if part.part not in paths:
        found = "documents came in after it was made"
        raise MissingNeed(f"{scorer.name} needs '{need}' of every document", found, "winnow score --all")
    return paths[part.part]


def batches(part: Part, needs: Set[str], sources: Mapping[str, Path]) -> Iterator[pa.RecordBatch]:
    """Yield a shard's documents with what scorers need of them; `sources` holds what was made before."""
    wanted = ["doc_id", *sorted(needs & DOCUMENT_COLUMNS)]
    made = sorted(sources)
    vectors = {need: np.load(sources[need], mmap_mode="r") for need in made if need.startswith("vectors:")}
    columns = {need: pq.read_table(sources[need], columns=[need]).column(need) for need in made if need not in vectors}
    row = 0
    for plain in part_batches(part.path, wanted):
        yield _with_sources(plain.select(wanted), vectors, columns, row)
        row += plain.num_rows


def _with_sources(
    batch: pa.RecordBatch, vectors: Mapping[str, NDArray[np.float16]], columns: Mapping[str, pa.ChunkedArray], row: int
) -> pa.RecordBatch:
    """Append what was made for the batch's rows before: vectors and columns of other scorers."""
    for need, matrix in vectors.items():
        rows = matrix[row : row + batch.num_rows].astype(np.float32)
        batch = batch.append_column(need, pa.FixedSizeListArray.from_arrays(rows.ravel(), rows.shape[1]))
    for need, column in columns.items():
        batch = batch.append_column(need, column.slice(row, batch.num_rows).combine_chunks())
    return batch
