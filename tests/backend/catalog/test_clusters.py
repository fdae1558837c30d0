"""Names of clusters: changed by events, undone by events."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import one_process, write_lines
from winnow.catalog import kept_tables
from winnow.catalog.filters import Filter
from winnow.catalog.manifest import Shard
from winnow.errors import ConflictError, MissingNeed, SettingError
from winnow.workspace import Workspace


@pytest.fixture
def clustered(corpus: Workspace, tmp_path: Path) -> Workspace:
    """Documents 0, 3 in cluster 0 "river", 1 and 4 in 1 "bread", 2 and 5 in 2 "train"; groups "land" and "town"."""
    manifest = corpus.catalog.manifest
    run = manifest.begin_run("columns", "cluster", {}, {"cluster_leaf": "int32"}, "")
    leaves = pa.array([0, 1, 2, 0, 1, 2], pa.int32())
    pq.write_table(pa.table({"doc_id": np.arange(6), "cluster_leaf": leaves}), tmp_path / "staged.parquet")
    manifest.publish_shards([(run, Shard(0, tmp_path / "staged.parquet", 6))])
    extra = {"names": ["river", "bread", "train"], "top": [0, 0, 1], "top_names": ["land", "town"]}
    manifest.finish_runs([run], extra=extra)
    return corpus


def shown(corpus: Workspace) -> list[tuple[int, str, str]]:
    names = ("cluster", "cluster_name", "cluster_top")
    table = corpus.browse.arrow(Filter(), names)
    return list(zip(*(table.column(name).to_pylist() for name in names), strict=True))


def test_documents_show_their_cluster_s_names(clustered: Workspace) -> None:
    assert shown(clustered)[:3] == [(0, "river", "land"), (1, "bread", "land"), (2, "train", "town")]
    clusters = clustered.browse.clusters(Filter())
    assert clusters["documents"].tolist() == [2, 2, 2]


def test_renaming_merging_and_undoing_reach_every_reader(clustered: Workspace) -> None:
    other, clusters = Workspace(clustered.folder), clustered.catalog.clusters
    before = shown(other)
    clusters.rename(1, "  loaves \n and rolls", who="ana")
    assert shown(other)[1] == shown(clustered)[1] == (1, "loaves and rolls", "land")
    clusters.merge([1, 2], into=2, who="ben")
    assert shown(other)[1] == shown(clustered)[1] == (2, "train", "town")
    clusters.rename(2, "travel", who="ana")
    assert [row[1] for row in shown(other)] == ["river", "travel", "travel"] * 2
    assert [event.event["what"] for event in clusters.events()] == ["rename", "merge", "rename"]
    assert [event.event["what"] for _ in range(3) if (event := clusters.undo(who="ana"))] == [
        "rename",
        "merge",
        "rename",
    ]
    assert shown(other) == shown(clustered) == before
    assert clusters.undo(who="ana") is None


def test_a_name_is_of_one_cluster(clustered: Workspace) -> None:
    clusters = clustered.catalog.clusters
    for wrong in (lambda: clusters.rename(0, "bread", who="ana"), lambda: clusters.rename(0, " ", who="ana"),
                  lambda: clusters.rename(7, "x", who="ana"), lambda: clusters.merge([0], into=0, who="ana"),
                  lambda: clusters.merge([0, 9], into=0, who="ana")):  # fmt: skip
        with pytest.raises(SettingError):
            wrong()
    clusters.rename(0, "river", who="ana")
    clusters.merge([0], into=1, who="ana")
    with pytest.raises(SettingError):
        clusters.rename(0, "stream", who="ana")


def test_documents_that_came_later_have_no_cluster(clustered: Workspace, tmp_path: Path) -> None:
    clustered.ingest([write_lines(tmp_path / "more.jsonl", [{"text": "seventh"}])])
    assert shown(clustered)[6] == (None, None, None)
    assert "cluster" in clustered.missing()
    assert clustered.browse.count(Filter().with_values("cluster_name", "(none)")).documents == 1


def test_without_clusters_there_is_nothing_to_rename(tmp_path: Path) -> None:
    clusters = one_process(tmp_path / "corpus").catalog.clusters
    assert clusters.names() == []
    with pytest.raises(MissingNeed, match="winnow cluster"):
        clusters.rename(0, "x", who="ana")


def test_names_change_in_a_kept_table(clustered: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_tables, "LEAST", 1)
    before = shown(clustered)
    kept = list((clustered.folder / "tables").iterdir())
    clustered.catalog.clusters.rename(1, "loaves", who="ana")
    after = [(cluster, "loaves" if cluster == 1 else name, top) for cluster, name, top in before]
    assert shown(clustered) == shown(Workspace(clustered.folder)) == after
    [renamed] = (clustered.folder / "tables").iterdir()
    assert [renamed] != kept, "the next process reads the new names"
    assert len(kept) == 1


def test_a_verdict_is_a_column_that_can_be_taken_back(clustered: Workspace) -> None:
    other, clusters = Workspace(clustered.folder), clustered.catalog.clusters
    clusters.judge([1, 2], "drop", who="ana")
    clusters.judge([0], "keep", who="ana")
    clusters.judge([2], "undecided", who="ben")
    assert other.browse.arrow(Filter(), ["cluster_keep"]).column(0).to_pylist() == [True, False, None] * 2
    assert other.browse.count(Filter().with_values("cluster_keep", "false", exclude=True)).documents == 4
    clusters.undo(who="ana")
    assert other.browse.arrow(Filter(), ["cluster_keep"]).column(0).to_pylist() == [True, False, False] * 2
    for wrong in (lambda: clusters.judge([7], "drop", who="ana"), lambda: clusters.judge([], "drop", who="ana"),
                  lambda: clusters.judge([1], "burn", who="ana")):  # fmt: skip
        with pytest.raises(SettingError):
            wrong()


def test_a_split_moves_documents_and_is_undone(clustered: Workspace) -> None:
    """Documents 0 and 3 of "river" become two clusters; their group stays; numbers of undone parts are not given again."""
    clusters, before = clustered.catalog.clusters, shown(clustered)
    parts = clusters.split(0, np.array([0, 3]), np.array([0, 1]), ["mill", "bread"], seen=clusters.last, who="ana")
    assert parts == [3, 4]
    other = Workspace(clustered.folder)
    assert [shown(one)[0] for one in (other, clustered)] == [(3, "mill", "land")] * 2
    assert shown(other)[3] == (4, "bread (2)", "land"), "a name is of one cluster"
    assert [row for place, row in enumerate(shown(other)) if place not in (0, 3)] == [
        row for place, row in enumerate(before) if place not in (0, 3)
    ]
    clusters.rename(4, "flour", who="ben")
    clusters.merge([3, 1], into=1, who="ben")
    assert [shown(other)[place][1] for place in (0, 1, 3)] == ["bread", "bread", "flour"]
    for _ in range(3):
        clusters.undo(who="ana")
    assert shown(other) == shown(clustered) == shown(Workspace(clustered.folder)) == before
    assert clusters.split(0, np.array([0, 3]), np.array([0, 1]), ["a", "b"], seen=clusters.last, who="ana") == [5, 6]


def test_a_split_of_parts_and_new_columns_go_together(clustered: Workspace) -> None:
    clusters = clustered.catalog.clusters
    [first, _] = clusters.split(0, np.array([0, 3]), np.array([0, 1]), ["a", "b"], seen=clusters.last, who="ana")
    clustered.score(["shape"])
    assert shown(clustered)[0] == (first, "a", "land")
    clusters.merge([1], into=first, who="ana")
    again = clusters.split(first, np.array([0, 1, 4]), np.array([0, 1, 1]), ["c", "d"], seen=clusters.last, who="ana")
    assert [row[0] for row in shown(clustered)] == [again[0], again[1], 2, first + 1, again[1], 2]
    assert clustered.browse.columns()["chars"].kind == "number"


def test_who_split_after_somebody_else_is_told(clustered: Workspace) -> None:
    clusters, seen = clustered.catalog.clusters, clustered.catalog.clusters.last
    clusters.rename(1, "loaves", who="ben")
    with pytest.raises(ConflictError, match="changed meanwhile"):
        clusters.split(0, np.array([0, 3]), np.array([0, 1]), ["a", "b"], seen=seen, who="ana")
    assert [event.event["what"] for event in clusters.events()] == ["rename"]


def test_what_somebody_else_changed_meanwhile_is_said(clustered: Workspace) -> None:
    clusters = clustered.catalog.clusters
    first, second, *_ = sorted({cluster for _, cluster, *_ in clusters.names()})
    clusters.judge([first], "drop", who="ana")
    seen = clusters.events()[-1].seq
    clusters.merge([first, second], into=second, who="ben")
    with pytest.raises(ConflictError, match="changed meanwhile"):
        clusters.undo(who="ana", newest=seen)
    assert [event.event["what"] for event in clusters.events()] == ["drop", "merge"]
    with pytest.raises(SettingError, match=f"no cluster {first}"):
        clusters.judge([first], "keep", who="ana")
    assert clusters.undo(who="ben", newest=clusters.events()[-1].seq) is not None
    assert [event.event["what"] for event in clusters.events()] == ["drop"]
