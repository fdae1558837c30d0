"""Which documents to leave out because they, or the set they come from, hold a benchmark's items (TÜLU 3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.method import Paper, param
from winnow.score.base import SketchScorer, Values
from winnow.score.contamination import FLOOR, TULU

SETS = pa.schema(
    [
        ("source", pa.string()),
        ("benchmark", pa.string()),
        ("overlapped", pa.int64()),
        ("items", pa.int64()),
        ("share", pa.float64()),
        ("contaminated", pa.bool_()),
    ]
)
"""How many of a benchmark's items some document of a source holds."""


@dataclass(frozen=True, kw_only=True)
class Decontaminate(SketchScorer):
    """Keeps what the rule of TÜLU 3 keeps: no document that holds a benchmark's items, or no set that holds many.

    A document overlaps an item when more than `threshold` of the item's words stand in runs that both share
    (`contamination_hits`, made by the scorer contamination, says for which). A source is a contaminated set when its
    documents overlap more than `set_share` of some benchmark's items: 2 of 100 is not more than .02, 3 is. Left out are
    all documents that overlap an item (`drop` "documents"), those of them in contaminated sets ("inside_sets"), or
    contaminated sets whole ("sets"; the paper's way with benchmarks that nobody may tune on). The released code's
    threshold is strict too; it removes nothing when none is given and looks at 100 hits at most, which this does not.

    `decontaminate_keep` holds for what stays; the table "sets" says how much of each benchmark each source holds.
    """

    name: ClassVar[str] = "decontaminate"
    paper: ClassVar[Paper | None] = TULU
    default: ClassVar[bool] = False
    whole_corpus: ClassVar[bool] = True

    threshold: float = param(0.5, "The share of an item's words above which it is overlapped.", low=FLOOR, high=1)
    set_share: float = param(0.02, "The share of a benchmark's items above which a set is contaminated.", low=0, high=1)
    drop: str = param(
        "documents",
        "What is left out: documents that overlap an item, those inside contaminated sets alone, or such sets whole.",
        choices=("documents", "inside_sets", "sets"),
    )

    def columns(self) -> Mapping[str, pa.DataType]:
        return {"decontaminate_keep": pa.bool_()}

    def needs(self) -> frozenset[str]:
        return frozenset({"source", "contamination_hits"})

    def sketch(self, batch: pa.RecordBatch) -> pa.Table:
        """Return source, benchmark, row and items of the benchmark, once for each item that a source overlaps."""
        rows, hits = self._overlaps(batch)
        table = pa.table(
            {
                "source": batch.column("source").cast(pa.string()).take(pa.array(rows)),
                "benchmark": hits.field("benchmark"),
                "row": hits.field("row"),
                "of": hits.field("of"),
            }
        )
        return table.group_by(table.column_names).aggregate([])

    def learn(self, sketches: Iterable[pa.Table], corpus: Iterable[pa.RecordBatch]) -> pa.Table:
        """Count the items that each source overlaps of each benchmark."""
        found = [table for table in sketches if table.num_rows]
        if not found:
            return SETS.empty_table()
        items = pa.concat_tables(found)
        counted = (
            items.group_by(items.column_names).aggregate([]).group_by(["source", "benchmark", "of"])
            .aggregate([("row", "count")]).sort_by([("source", "ascending"), ("benchmark", "ascending")])
        )  # fmt: skip
        share = pc.divide(counted.column("row_count").cast(pa.float64()), counted.column("of").cast(pa.float64()))
        values = [
            counted.column("source"),
            counted.column("benchmark"),
            counted.column("row_count"),
            counted.column("of").cast(pa.int64()),
            share,
            pc.greater(share, self.set_share),
        ]
        return pa.Table.from_arrays(values, schema=SETS)

    def tables(self, prepared: pa.Table) -> Mapping[str, pa.Table]:
        return {"sets": prepared}

    def score(self, batch: pa.RecordBatch, prepared: pa.Table) -> Mapping[str, Values]:
        overlaps = np.zeros(batch.num_rows, dtype=np.bool_)
        overlaps[self._overlaps(batch)[0]] = True
        if self.drop == "documents":
            return {"decontaminate_keep": ~overlaps}
        contaminated = pc.unique(prepared.filter(prepared.column("contaminated")).column("source"))
        inside = pc.is_in(batch.column("source").cast(pa.string()), value_set=contaminated)
        dropped = np.asarray(inside.to_numpy(zero_copy_only=False), dtype=np.bool_)
        return {"decontaminate_keep": ~(dropped & overlaps if self.drop == "inside_sets" else dropped)}

    def _overlaps(self, batch: pa.RecordBatch) -> tuple[NDArray[np.int64], Any]:
        """Return the rows of the batch that overlap an item, once for each, and what they overlap."""
        column = batch.column("contamination_hits")
        hits, rows = pc.list_flatten(column), pc.list_parent_indices(column)
        over = pc.greater(hits.field("coverage"), pa.scalar(self.threshold, pa.float32()))
        return rows.filter(over).to_numpy(zero_copy_only=False).astype(np.int64), hits.filter(over)
