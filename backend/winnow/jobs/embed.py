"""embed: a unit vector for every document, in float16 shards beside the documents."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from winnow.catalog.catalog import Catalog
from winnow.catalog.manifest import Part, Run, Shard, weight
from winnow.catalog.publish import staging
from winnow.catalog.texts import part_batches
from winnow.compute.base import Executor
from winnow.embed.base import Embedder
from winnow.embed.choose import encoder_of
from winnow.errors import MissingNeed, WinnowError
from winnow.jobs.progress import Progress


@dataclass(frozen=True)
class Task:
    part: Part
    embedder: Embedder
    staged: Path


def embed(catalog: Catalog, embedder: Embedder, executor: Executor, progress: Progress) -> Run:
    """Embed the shards that lack this encoder's vectors, or all when theirs are of another revision; return its run."""
    columns = {"vector": f"float16[{embedder.dimensions}]"}
    revision = embedder.revision()
    run = catalog.manifest.begin_run("vectors", embedder.model, embedder.recipe, columns, revision)
    missing = catalog.manifest.missing_parts(run)
    with staging(catalog.folder) as staged:
        tasks = [Task(part, embedder, staged) for part in missing]
        if missing:
            progress.stage(f"embed {embedder.model}", weight(missing), "bytes")
        if embedder.parallel or executor.remote:
            with closing(executor.map(embed_part, tasks, gpu=not embedder.parallel)) as shards:
                sizes = {part.part: part.bytes for part in missing}
                for shard in shards:
                    catalog.manifest.publish_shards([(run, shard)])
                    progress.advance(sizes[shard.part])
        else:
            for task in tasks:
                catalog.manifest.publish_shards([(run, embed_part(task, progress))])
    catalog.manifest.finish_runs([run], extra={"revision": revision})
    return run


def current_encoder(catalog: Catalog, model: str) -> Embedder:
    """Return the encoder that made a model's vectors; raises MissingNeed when it would make others now."""
    run = catalog.vectors.run(model)
    if outdated(run):
        raise MissingNeed(
            f"this needs vectors of '{model}' as it is now",
            f"the corpus's were made by another version of {model}",
            f"winnow embed --model {run.recipe.get('checkpoint', model)}",
        )
    return encoder_of(run.recipe)


def outdated(run: Run) -> bool:
    """Tell whether a run's encoder would make other vectors now; no where either revision is unknown."""
    told = str(run.extra.get("revision", ""))
    try:
        now = encoder_of(run.recipe).revision()
    except WinnowError:
        # The encoder is gone: whoever needs it is told so when it is made.
        return False
    return bool(told and now) and told != now


def embed_part(task: Task, progress: Progress | None = None) -> Shard:
    """Embed one shard and return the finished matrix. Runs in any process."""
    path = task.staged / f"part-{task.part.part:05d}.npy"
    shape = (task.part.documents, task.embedder.dimensions)
    matrix = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape)
    row = 0
    texts = (batch.column("text").to_pylist() for batch in part_batches(task.part.path, ["text"]))
    for vectors in task.embedder.stream(texts):
        matrix[row : row + len(vectors)] = vectors
        row += len(vectors)
        if progress is not None:
            progress.advance(task.part.bytes * len(vectors) / task.part.documents)
    matrix.flush()
    del matrix
    return Shard(task.part.part, path, row)
