"""Building the table piece by piece and compressed gives the table that is built at once."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from tests.conftest import write_lines

from winnow.catalog import building
from winnow.catalog.building import nested
from winnow.workspace import Workspace


def whole(workspace: Workspace) -> pa.Table:
    opened = Workspace(workspace.folder)
    with opened.catalog.table.cursor() as cursor:
        return cursor.execute("SELECT * FROM docs").to_arrow_table()


def test_pieces_and_compression_change_nothing(
    scored: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        rows = [{"text": f"Page {number} {row}.", "stars": row / 2, "new": "x"} for row in range(4)]
        scored.ingest([write_lines(tmp_path / f"more{number}.jsonl", rows)])
    scored.score(["shape"])
    scored.labels.add(7, "keep", who="ana")
    at_once = whole(scored)
    assert at_once.column("doc_id").to_pylist() == list(range(18))
    assert at_once.column("tokens").null_count == 12, "the later shards have no tokens yet"
    monkeypatch.setattr(building, "PIECE", 1)
    monkeypatch.setattr(building, "COMPRESSED", 0)
    assert whole(scored).equals(at_once)
    # A table that is there is taken over piece by piece, too.
    scored.browse.columns()
    scored.score(["tokens"])
    assert scored.browse.columns()["tokens"].type == "INTEGER"
    with scored.catalog.table.cursor() as cursor:
        found = cursor.execute("SELECT doc_id, label, tokens FROM docs").to_arrow_table()
    assert found.column("doc_id").to_pylist() == list(range(18))
    assert found.column("tokens").null_count == 0
    assert found.column("label").to_pylist()[7] == "keep"


@pytest.mark.parametrize(("kind", "many"), [("list<item: string>", True), ("struct<a: int32>", True), ("float", False)])
def test_nested_columns_are_told_apart(kind: str, many: bool) -> None:
    assert nested(kind) is many
