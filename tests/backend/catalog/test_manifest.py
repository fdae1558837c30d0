"""The manifest: runs are named by what they are, and are seen when they are whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import write_lines
from winnow.catalog.manifest import Run, Shard
from winnow.workspace import Workspace

COLUMNS = {"x": "double"}


def begin(corpus: Workspace, recipe: dict[str, object] | None = None, state: str = "") -> Run:
    return corpus.catalog.manifest.begin_run("columns", "made", recipe or {"a": 1}, COLUMNS, state)


def shard(folder: Path, documents: int = 6) -> Shard:
    path = folder / "staged.parquet"
    pq.write_table(pa.table({"doc_id": np.arange(documents), "x": np.ones(documents)}), path)
    return Shard(0, path, documents)


def test_a_run_is_named_by_recipe_and_state(corpus: Workspace) -> None:
    first = begin(corpus)
    assert begin(corpus).run == first.run
    assert len({first.run, begin(corpus, {"a": 2}).run, begin(corpus, state="later").run}) == 3
    assert first.run.startswith("made-")


def test_a_run_s_folder_stays_in_the_corpus(corpus: Workspace) -> None:
    run = corpus.catalog.manifest.begin_run("vectors", "/models/../mine", {}, {}, "")
    assert "/" not in run.run
    assert not run.run.startswith(".")


def test_a_run_is_seen_when_it_is_finished(corpus: Workspace, tmp_path: Path) -> None:
    manifest = corpus.catalog.manifest
    run, version = begin(corpus), manifest.version
    manifest.publish_shards([(run, shard(tmp_path))])
    assert manifest.version == version, "nobody sees a run that is not finished"
    assert manifest.run("columns", "made") is None
    assert manifest.missing_parts(begin(corpus)) == [], "what was published is not done again"
    manifest.finish_runs([run], extra={"k": 3})
    found = manifest.run("columns", "made")
    assert found is not None
    assert (found.run, found.extra, manifest.version) == (run.run, {"k": 3}, version + 1)
    assert found.paths[0] == corpus.folder / "cols" / run.run / "part-00000.parquet"
    later = begin(corpus, {"a": 2})
    manifest.finish_runs([later])
    assert [run.run for run in manifest.runs("columns") if run.name == "made"] == [later.run]
    assert len([run for run in manifest.runs("columns", current=False) if run.name == "made"]) == 2


def test_a_shard_of_another_length_is_refused(corpus: Workspace, tmp_path: Path) -> None:
    run = begin(corpus)
    with pytest.raises(RuntimeError, match="5 rows for 6 documents"):
        corpus.catalog.manifest.publish_shards([(run, shard(tmp_path, 5))])
    assert begin(corpus).paths == {}


def test_the_shards_of_one_part_can_be_asked_for_alone(scored: Workspace, tmp_path: Path) -> None:
    scored.ingest([write_lines(tmp_path / "more.jsonl", [{"text": "one more page"}])])
    scored.score(["shape"])
    manifest = scored.catalog.manifest
    every = {run.name: run.paths for run in manifest.runs("columns")}
    assert {name: sorted(paths) for name, paths in every.items()} == {
        "shape": [0, 1], "tokens": [0], "duplicates": [0],
    }  # fmt: skip
    for part in (0, 1):
        alone = {run.name: run.paths for run in manifest.runs("columns", part=part)}
        assert alone == {name: {part: paths[part]} if part in paths else {} for name, paths in every.items()}
