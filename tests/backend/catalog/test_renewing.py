"""Renewing: a kept table with other columns is the one that would be built anew, and is not built anew."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from backend.catalog.conftest import rows
from conftest import write_lines
from winnow.catalog import kept_tables, renewing
from winnow.catalog.manifest import Shard
from winnow.workspace import Workspace


@pytest.fixture
def kept(corpus: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Return seven documents in two shards, which are filled one at a time, with a kept table of column `first`."""
    monkeypatch.setattr(kept_tables, "LEAST", 1)
    monkeypatch.setattr(renewing, "PIECE", 1)
    corpus.ingest([write_lines(tmp_path / "more.jsonl", [{"id": "g", "text": "One more page.", "stars": 2}])])
    publish(corpus, "first", first=[float(row) for row in range(7)])
    assert rows(corpus)["first"] == [0, 1, 2, 3, 4, 5, 6]
    return corpus


@pytest.fixture
def builds(kept: Workspace, builds: list[str]) -> list[str]:
    """Return the list of builds after that of the kept table."""
    builds.clear()
    return builds


def publish(corpus: Workspace, name: str, **columns: list[Any]) -> None:
    """Give all documents the columns of a new run, which takes the place of an older one of its name."""
    manifest = corpus.catalog.manifest
    told = pa.table({"doc_id": np.arange(7), **columns})
    kinds = {column: str(told.schema.field(column).type) for column in columns}
    run = manifest.begin_run("columns", name, {}, kinds, str(columns))
    for part in manifest.parts():
        staged = corpus.folder / "tmp" / f"{run.run}-{part.part}.parquet"
        staged.parent.mkdir(exist_ok=True)
        pq.write_table(told.slice(part.first_id, part.documents), staged)
        manifest.publish_shards([(run, Shard(part.part, staged, part.documents))])
    manifest.finish_runs([run])


def cluster(corpus: Workspace, leaves: list[int]) -> None:
    publish(corpus, "cluster", cluster_leaf=pa.array(leaves, pa.int32()))
    [run] = [run for run in corpus.catalog.manifest.runs("columns") if run.name == "cluster"]
    extra = {"names": ["river", "bread"], "top": [0, 0], "top_names": ["land"]}
    corpus.catalog.manifest.finish_runs([run], extra=extra)


def anew(corpus: Workspace) -> dict[str, list[Any]]:
    """Return the table as it is built where none is kept."""
    shutil.rmtree(corpus.folder / "tables")
    return rows(Workspace(corpus.folder))


def test_columns_come_change_and_go(kept: Workspace, builds: list[str]) -> None:
    publish(kept, "second", word=list("abcdefg"), **{'quo"ted': [None, *range(6)]})
    publish(kept, "first", first=[9.5] * 7, last=[True, None] * 3 + [False])
    publish(kept, "parts", spans=[[1]] * 7)
    told = rows(Workspace(kept.folder))
    assert told == rows(kept)
    assert builds == []
    publish(kept, "first", last=[True] * 7)
    assert "first" not in rows(kept)
    assert builds == []
    told = rows(kept)
    assert told["word"] == list("abcdefg")
    assert told['quo"ted'] == [None, 0, 1, 2, 3, 4, 5]
    assert told["last"] == [True] * 7
    assert told == anew(kept)
    assert builds == ["built"]


def test_names_of_clusters_are_brought_up_too(kept: Workspace, builds: list[str]) -> None:
    cluster(kept, [0, 1, 0, 1, 0, 1, 0])
    rows(kept)
    assert builds == ["built"], "other clusters are built anew"
    kept.catalog.clusters.rename(1, "loaves", who="ana")
    publish(kept, "second", word=list("abcdefg"))
    told = rows(Workspace(kept.folder))
    assert told["cluster_name"] == ["river", "loaves"] * 3 + ["river"]
    assert builds == ["built"]
    assert told == anew(kept)


def test_split_clusters_are_moved_and_moved_back(kept: Workspace, builds: list[str]) -> None:
    cluster(kept, [0, 1, 0, 1, 0, 1, 0])
    whole = rows(kept)
    clusters = kept.catalog.clusters
    clusters.split(
        0, np.array([0, 2, 4, 6]), np.array([0, 0, 1, 1], np.int32), ["brook", "lake"], seen=clusters.last, who="ana"
    )
    told = rows(Workspace(kept.folder))
    assert told["cluster_name"] == ["brook", "bread", "brook", "bread", "lake", "bread", "lake"]
    assert told["cluster_leaf"] == [2, 1, 2, 1, 3, 1, 3]
    clusters.rename(2, "stream", who="ana")
    publish(kept, "second", word=list("abcdefg"))
    told = rows(kept)
    assert told["cluster_name"][:3] == ["stream", "bread", "stream"]
    assert builds == ["built"]
    assert told == anew(kept)
    clusters.undo(who="ana")
    clusters.undo(who="ana")
    assert rows(kept) == {**whole, "word": list("abcdefg")}
    assert builds == ["built", "built"]
    assert rows(kept) == anew(kept)


def test_two_columns_of_one_name_are_built_anew(kept: Workspace, builds: list[str]) -> None:
    publish(kept, "second", FIRST=[1.5] * 7)
    told = rows(kept)
    assert builds == ["built"]
    assert told == anew(kept)


def test_other_documents_are_built_anew(kept: Workspace, builds: list[str], tmp_path: Path) -> None:
    kept.ingest([write_lines(tmp_path / "last.jsonl", [{"id": "h", "text": "The last page.", "stars": 1}])])
    assert rows(kept)["first"][-1] is None
    assert builds, "a table without all scores is not kept"


def test_an_older_file_that_cannot_be_changed_is_built_anew(
    kept: Workspace, builds: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(writer: Any, *told: Any) -> None:
        writer.execute("ALTER TABLE docs ADD COLUMN half DOUBLE")
        writer.execute("SELECT no_such_column FROM docs")

    monkeypatch.setattr(renewing, "_fill", fails)
    publish(kept, "second", word=list("abcdefg"))
    told = rows(kept)
    assert builds == ["built"]
    assert told["word"] == list("abcdefg")
    assert "half" not in told
    assert len(list((kept.folder / "tables").glob("*"))) == 1
