from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from winnow.ingest.documents import Rows, checked


def _rows(texts: list[str | None], faults: dict[int, str], url: list[str | None] | None = None) -> Rows:
    nothing = pa.nulls(len(texts), pa.string())
    return Rows(
        text=pa.array(texts, pa.large_string()),
        id=nothing,
        source=nothing,
        url=nothing if url is None else pa.array(url, pa.string()),
        date=pa.nulls(len(texts), pa.timestamp("us")),
        meta=nothing,
        lines=np.arange(10, 10 + len(texts)),
        faults=faults,
    )


def test_each_fault_has_one_reason_and_the_known_one_wins() -> None:
    rows = _rows(["a", None, None, "12345", "1234", "éééé", "b"], {2: "invalid JSON"}, ["u"] * 6 + ["n\0l"])
    batch = checked(rows, Path("f"), 4, lambda row: b"x" * 100_000)
    assert batch.documents.column("text").to_pylist() == ["a", "1234", "éééé"]
    assert batch.lines == [10, 14, 15]
    assert [(row.line, row.reason) for row in batch.rejected] == [
        (11, "no text"),
        (12, "invalid JSON"),
        (13, "5 characters, more than max_chars = 4"),
        (16, "NUL byte in the url"),
    ]
    assert {len(row.excerpt) for row in batch.rejected} == {65_536}


def test_slices_are_checked_where_they_lie() -> None:
    whole = _rows(["n\0l", "a", "b", "n\0l"], {})
    part = Rows(
        **{name: getattr(whole, name).slice(1, 2) for name in ("text", "id", "source", "url", "date", "meta")},
        lines=whole.lines[1:3],
        faults={},
    )
    assert checked(part, Path("f"), 9, lambda row: b"").rejected == []
    assert [row.line for row in checked(whole, Path("f"), 9, lambda row: b"").rejected] == [10, 13]


def test_no_rows() -> None:
    batch = checked(_rows([], {}), Path("f"), 9, lambda row: b"")
    assert (batch.documents.num_rows, batch.rejected, batch.lines) == (0, [], [])
