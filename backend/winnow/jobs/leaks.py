"""What contamination found, per benchmark, per item and per document, and what a selection does to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from winnow.catalog.catalog import Catalog
from winnow.catalog.filters import Filter
from winnow.catalog.manifest import Run
from winnow.catalog.texts import read_rows, shard_of
from winnow.errors import MissingNeed
from winnow.score.leak_audit import ALL, Amplified, amplification

COLUMN = "contamination_hits"


@dataclass(frozen=True)
class Match:
    """A benchmark's item that a document holds: the share of its words, the longest run in words, and its text."""

    benchmark: str
    row: int
    coverage: float
    run: int
    text: str


@dataclass(frozen=True)
class Leaked:
    """How many leaked documents of a benchmark a selection keeps, and how many times as often as others."""

    selection: str
    benchmark: str
    leaked: int
    kept: int
    rate: float
    amplified: Amplified


def hits(catalog: Catalog, *, met: bool = True) -> pa.Table:
    """Return doc_id, benchmark, row, coverage and run of every hit that meets the rule, or of all written down.

    Raises MissingNeed before the scorer has run.
    """
    run = _run(catalog)
    found = []
    for path in (path for _, path in sorted(run.paths.items())):
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=["doc_id", COLUMN]):
                column = batch.column(COLUMN)
                flat, owners = pc.list_flatten(column), pc.list_parent_indices(column)
                fields = {name: flat.field(name) for name in ("benchmark", "row", "coverage", "run")}
                found.append(pa.table({"doc_id": batch.column("doc_id").take(owners), **fields}))
    table = pa.concat_tables(found) if found else EMPTY.empty_table()
    return table.filter(_met(run, table)) if met else table


EMPTY = pa.schema(
    [
        ("doc_id", pa.int64()),
        ("benchmark", pa.string()),
        ("row", pa.int64()),
        ("coverage", pa.float32()),
        ("run", pa.int32()),
    ]
)


def per_item(catalog: Catalog) -> pa.Table:
    """Return the items that some document holds by the rule: documents, highest coverage, text; most documents first."""
    counted = (
        hits(catalog)
        .group_by(["benchmark", "row"])
        .aggregate([("doc_id", "count"), ("coverage", "max")])
        .rename_columns(["benchmark", "row", "documents", "coverage"])
    )
    items = catalog.manifest.tables("contamination")["items"].select(["benchmark", "row", "text"])
    order = [("documents", "descending"), ("benchmark", "ascending"), ("row", "ascending")]
    return counted.join(items, ["benchmark", "row"]).sort_by(order)


def per_benchmark(catalog: Catalog) -> pa.Table:
    """Return each benchmark's split, items, items that some document holds by the rule, their share, and documents."""
    items = catalog.manifest.tables("contamination").get("items")
    table = hits(catalog)
    if items is None:
        return pa.table({name: [] for name in ("benchmark", "split", "items", "held", "share", "documents")})
    counted = items.group_by(["benchmark", "split"]).aggregate([("row", "count")])
    held = table.group_by(["benchmark"]).aggregate([("row", "count_distinct"), ("doc_id", "count_distinct")])
    found = {row["benchmark"]: row for row in held.to_pylist()}
    rows = []
    for row in counted.to_pylist():
        mine = found.get(row["benchmark"], {})
        number, documents = int(mine.get("row_count_distinct", 0)), int(mine.get("doc_id_count_distinct", 0))
        rows.append({"benchmark": row["benchmark"], "split": row["split"], "items": row["row_count"], "held": number,
                     "share": number / max(row["row_count"], 1), "documents": documents})  # fmt: skip
    return pa.Table.from_pylist(rows).sort_by([("documents", "descending"), ("benchmark", "ascending")])


def matches(catalog: Catalog, doc_id: int) -> list[Match]:
    """Return the items that a document holds, the most covered first; none before contamination has run."""
    run = catalog.manifest.run("columns", "contamination")
    part = shard_of(catalog.manifest.parts(), doc_id)
    if run is None or part is None or part.part not in run.paths:
        return []
    table = read_rows(run.paths[part.part], np.array([doc_id - part.first_id], dtype=np.int64), [COLUMN])
    found = table.column(COLUMN)[0].as_py() or []
    if not found:
        return []
    items = catalog.manifest.tables("contamination")["items"]
    wanted = pc.and_(
        pc.is_in(items.column("benchmark"), value_set=pa.array([hit["benchmark"] for hit in found], pa.string())),
        pc.is_in(items.column("row"), value_set=pa.array([hit["row"] for hit in found], pa.int64())),
    )
    texts = {(row["benchmark"], row["row"]): row["text"] for row in items.filter(wanted).to_pylist()}
    listed = [
        Match(hit["benchmark"], hit["row"], hit["coverage"], hit["run"], texts.get((hit["benchmark"], hit["row"]), ""))
        for hit in found
    ]
    return sorted(listed, key=lambda match: (-match.coverage, match.benchmark, match.row))


def of_selections(catalog: Catalog, names: Sequence[str] = ()) -> list[Leaked]:
    """Return, for each selection and benchmark, how many times as often leaked documents are kept as documents are.

    Leaked are documents that meet the rule; without names every selection is looked at. Raises MissingNeed, SettingError.
    """
    table = hits(catalog)
    leaked = {ALL: np.unique(table.column("doc_id").to_numpy())}
    for benchmark in sorted(table.column("benchmark").unique().to_pylist()):
        mine = table.filter(pc.equal(table.column("benchmark"), benchmark))
        leaked[benchmark] = np.unique(mine.column("doc_id").to_numpy())
    total = catalog.browse.count(Filter()).documents
    found = []
    for name in names or [stored.name for stored in catalog.selections.all()]:
        kept = np.unique(catalog.selections.get(name).read()[0])
        rate = len(kept) / max(total, 1)
        for benchmark, ids in leaked.items():
            inside = int(np.isin(ids, kept).sum())
            found.append(Leaked(name, benchmark, len(ids), inside, rate, amplification(inside, len(ids), rate)))
    return found


def _run(catalog: Catalog) -> Run:
    run = catalog.manifest.run("columns", "contamination")
    if run is None:
        fix = "winnow score contamination --set benchmarks=FILE,FOLDER"
        raise MissingNeed("this needs what contamination finds", "it has not been looked for yet", fix)
    return run


def _met(run: Run, table: pa.Table) -> Any:
    recipe = run.recipe
    if recipe["rule"] == "run":
        return pc.greater_equal(table.column("run"), recipe["least_run"])
    return pc.greater(table.column("coverage"), pa.scalar(recipe["threshold"], pa.float32()))
