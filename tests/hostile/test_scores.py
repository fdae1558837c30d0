"""Scores that are no numbers, or hardly: a column of them can be filtered by, drawn, selected by and exported."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from winnow.catalog.filters import Filter
from winnow.workspace import Workspace

VALUES = [float("nan"), float("inf"), -float("inf"), 1e308, -0.0, 5e-324]
"""Of documents 0 … 5."""


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def test_what_is_no_number_is_missing_everywhere(scored: Workspace, tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": list("abcdef"), "odd": VALUES}), tmp_path / "odd.parquet")
    scored.bring("column", tmp_path / "odd.parquet", name="odd")
    assert scored.sql("SELECT doc_id FROM docs WHERE odd IS NOT NULL ORDER BY 1").column(0).to_pylist() == [3, 4, 5]
    assert scored.browse.count(Filter(where="odd > 0")).documents == 2
    assert scored.browse.facet("odd", Filter()).missing == 3
    scored.select("top", docs=3, name="best", settings={"column": "odd"})
    ids, weights = scored.catalog.selections.get("best").read()
    assert sorted(ids.tolist()) == [3, 4, 5], "a missing score is not chosen before a number"
    assert np.isfinite(weights).all()
    scored.select("random", share=1.0, name="all")
    out = Path(
        scored.export("all", tmp_path / "out", format="jsonl", columns=["odd"], settings={"compression": "none"})
    )
    rows = [
        json.loads(line, parse_constant=refuse)
        for path in out.glob("*.jsonl")
        for line in path.read_text().splitlines()
    ]
    assert {row["doc_id"]: row["odd"] for row in rows} == {0: None, 1: None, 2: None, 3: 1e308, 4: 0.0, 5: 5e-324}
