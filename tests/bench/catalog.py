"""Time what pages ask of a large corpus: `python tests/bench/catalog.py [DOCUMENTS]` makes its own, one line a figure.

The corpus is synthetic: short texts, ids, sources, dates and three columns of the documents' own, scored with shape and
duplicates, and eight published runs of five columns each, so that the wide table has as many columns as a scored one.
"""

from __future__ import annotations

import math
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from winnow.catalog.filters import Filter
from winnow.catalog.manifest import Shard
from winnow.catalog.publish import staging
from winnow.workspace import Workspace

RUNS, WIDTH = 8, 4
CIRCLE = tuple(
    (0.5 + 0.3 * math.cos(turn / 60 * math.tau), 0.5 + 0.3 * math.sin(turn / 60 * math.tau)) for turn in range(60)
)
FACETS = ("source", "lang", "date", "stars", "chars", "words", "r0_0", "r1_1", "r2_2", "r3_flag", "r4_0", "tag")


def documents(count: int) -> Iterator[pa.Table]:
    """Yield batches of documents, one in five a repeat of an earlier text."""
    draw = np.random.default_rng(0)
    for start in range(0, count, 50_000):
        ids = np.arange(start, min(start + 50_000, count))
        seeds = np.where(draw.random(len(ids)) < 0.2, ids // 2, ids)
        yield pa.table(
            {
                "id": [f"document-{number}" for number in ids],
                "text": [f"Document number {number} says {'little ' * (number % 9)}and ends here." for number in seeds],
                "source": [f"source-{number}" for number in draw.zipf(1.6, len(ids)) % 40],
                "date": [f"20{number % 24:02}-0{number % 9 + 1}-11" for number in ids],
                "lang": [("en", "de", "fr")[number % 3] for number in ids],
                "stars": draw.integers(0, 6, len(ids)),
                "tag": [f"tag-{number % 500}" for number in ids],
            }
        )


def publish_columns(workspace: Workspace, place: int) -> None:
    """Publish a run of numbers, a flag and (in the first) places on a map."""
    manifest, draw = workspace.catalog.manifest, np.random.default_rng(place)
    names = [f"r{place}_{column}" for column in range(WIDTH)] + (["map_x", "map_y"] if place == 0 else [])
    columns = {**dict.fromkeys(names, "float"), f"r{place}_flag": "bool"}
    run = manifest.begin_run("columns", f"made{place}", {}, columns, "")
    with staging(workspace.folder) as staged:
        shards = []
        for part in manifest.parts():
            values: dict[str, object] = {"doc_id": part.first_id + np.arange(part.documents)}
            values |= {name: draw.beta(2, 5, part.documents).astype(np.float32) for name in names}
            values[f"r{place}_flag"] = draw.random(part.documents) < 0.3
            path = staged / f"{part.part}.parquet"
            pq.write_table(pa.table(values), path, compression="zstd")
            shards.append((run, Shard(part.part, path, part.documents)))
        manifest.publish_shards(shards)
    manifest.finish_runs([run])


def timed(name: str, work: Callable[[], object], repeat: int = 1) -> None:
    """Print the median time of a piece of work, and the most memory this process has held."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform != "darwin" else 1 << 30)
    print(f"{name:<58}{median(times) * 1000:>10,.0f} ms   {memory:6.2f} GB at most", flush=True)


def filters(count: int) -> Iterator[Filter]:
    """Yield filters that no question has been asked under yet."""
    return (
        Filter().with_range("r0_0", 0.05 + turn / 100, 0.9).with_values("lang", "en", "de") for turn in range(count)
    )


def ask_facets(workspace: Workspace, filter: Filter) -> None:
    """Ask for the count and twelve facets, as a page does when somebody clicks."""
    workspace.browse.count(filter)
    for name in FACETS:
        kind = workspace.browse.columns()[name].kind
        if kind in ("number", "date"):
            workspace.browse.histogram(name, filter)
        else:
            workspace.browse.facet(name, filter)


def questions(workspace: Workspace) -> None:
    """Ask what pages ask."""
    browse, fresh = workspace.browse, filters(40)
    middle = workspace.catalog.manifest.documents() // 2
    timed("columns", browse.columns)
    timed("count and 12 facets, nothing known yet", lambda: ask_facets(workspace, Filter()))
    timed("count and 12 facets under a new filter", lambda: ask_facets(workspace, next(fresh)), 5)
    timed("count under a new filter", lambda: browse.count(next(fresh)), 5)
    timed("facet of a few names", lambda: browse.facet("source", next(fresh)), 5)
    timed("facet of a name a document (id)", lambda: browse.facet("id", Filter()), 3)
    timed("histogram", lambda: browse.histogram("r1_1", next(fresh)), 5)
    timed(
        "page of 25, sorted by a column", lambda: browse.page(next(fresh), columns=["source", "r1_1"], sort="r1_1"), 5
    )
    timed("page of 25 in the middle", lambda: browse.page(Filter(), columns=["source"], offset=middle), 5)
    timed("lasso of 60 corners: count", lambda: browse.count(Filter(lasso=CIRCLE, where=f"r1_0 < {time.time()}")), 5)
    timed("lasso of 60 corners: count and 12 facets", lambda: ask_facets(workspace, Filter(lasso=CIRCLE)))
    timed(
        "condition in SQL: count",
        lambda: browse.count(Filter(where=f"r1_0 > 0.3 AND source LIKE '%1' OR {time.time()} = 0")),
        5,
    )
    timed("summary of a column by source", lambda: browse.summary("r1_0", "source", next(fresh)), 5)
    timed("one document", lambda: browse.values(middle), 5)
    timed("queue of 50 to label", lambda: browse.queue(next(fresh), done=range(0, 2000, 2)), 3)
    timed("columns for the map", lambda: browse.arrow(Filter(), ["map_x", "map_y", "lang"]), 3)
    timed(
        "sql: group by source", lambda: workspace.sql("SELECT source, COUNT(*) AS n FROM docs GROUP BY 1 ORDER BY n"), 3
    )
    timed("sql: text of one document", lambda: workspace.sql(f"SELECT text FROM docs WHERE doc_id = {middle}"), 3)
    timed(
        "keyword search: count", lambda: browse.count(Filter(search=f"little {int(time.time() * 1000) % 100_000}")), 3
    )


def changes(workspace: Workspace) -> None:
    """Change things, and ask again."""
    numbers = iter(range(1000))
    timed("label written", lambda: workspace.labels.add(next(numbers), "keep", who="ana"), 50)

    def label_and_ask() -> None:
        workspace.labels.add(next(numbers), "drop", who="ana")
        workspace.browse.count(Filter().with_values("label", "drop"))

    timed("label written, then counted", label_and_ask, 10)
    rows = [{"doc_id": doc, "value": "keep"} for doc in range(0, workspace.catalog.manifest.documents(), 10)]
    timed(f"{len(rows):,} labels written", lambda: workspace.labels.add_many(rows, who="ben", schema="label"))
    timed("table after these labels", workspace.catalog.table.refresh)
    timed("a new run published", lambda: publish_columns(workspace, 1))
    publish_columns(workspace, RUNS)
    timed("table after a new run", workspace.catalog.table.refresh)
    timed("table of a process that opens the corpus", lambda: Workspace(workspace.folder).catalog.table.refresh())


def main(count: int) -> None:
    print(f"{count:,} documents, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "documents.parquet"
        tables = documents(count)
        first = next(tables)
        with pq.ParquetWriter(path, first.schema) as writer:
            for table in (first, *tables):
                writer.write_table(table)
        workspace = Workspace.create(Path(folder) / "corpus")
        timed("ingest and keyword index", lambda: workspace.ingest([path]))
        timed("score shape, duplicates", lambda: workspace.score(["shape", "duplicates"]))
        for place in range(RUNS):
            publish_columns(workspace, place)
        timed("first table", workspace.catalog.table.refresh)
        questions(workspace)
        changes(workspace)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
