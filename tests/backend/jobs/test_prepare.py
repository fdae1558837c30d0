"""What scorers learn: sketches in the corpus's order from any process, and tables kept with the run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from conftest import write_lines
from winnow.compute.local import LocalExecutor
from winnow.jobs.progress import Silent
from winnow.jobs.score import score
from winnow.score.base import SketchScorer
from winnow.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Order(SketchScorer):
    """Gives each document its place among the sketches."""

    name: ClassVar[str] = "order"
    whole_corpus: ClassVar[bool] = True

    def columns(self) -> dict[str, pa.DataType]:
        return {"order": pa.int64()}

    def sketch(self, batch: pa.RecordBatch) -> list[int]:
        ids: list[int] = batch.column("doc_id").to_pylist()
        return ids

    def learn(self, sketches: Iterable[list[int]], corpus: Iterable[pa.RecordBatch]) -> list[int]:
        seen = [doc_id for ids in sketches for doc_id in ids]
        assert seen == [doc_id for batch in corpus for doc_id in batch.column("doc_id").to_pylist()]
        return seen

    def tables(self, prepared: list[int]) -> Mapping[str, pa.Table]:
        return {"ends": pa.table({"first": prepared[:1], "last": prepared[-1:]})}

    def score(self, batch: pa.RecordBatch, prepared: list[int]) -> dict[str, Any]:
        return {"order": np.array([prepared.index(doc_id) for doc_id in batch.column("doc_id").to_pylist()])}


def test_sketches_come_in_the_corpus_order_and_tables_stay_with_the_run(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "corpus", executor=_Backwards())
    for name in "abc":
        workspace.ingest([write_lines(tmp_path / f"{name}.jsonl", [{"text": f"{name} {n}"} for n in range(3)])])
    assert workspace.catalog.manifest.tables("order") == {}
    score(workspace.catalog, [Order()], _Backwards(), Silent())
    assert workspace.sql('SELECT "order" FROM docs ORDER BY doc_id').column("order").to_pylist() == list(range(9))
    assert workspace.catalog.manifest.tables("order")["ends"].to_pylist() == [{"first": 0, "last": 8}]


class _Backwards(LocalExecutor):
    """Finishes the last shard first, as a pool may."""

    def __init__(self) -> None:
        super().__init__(1)

    def map(self, work: Any, items: Iterable[Any]) -> Any:
        yield from super().map(work, list(items)[::-1])
