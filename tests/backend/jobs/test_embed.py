"""embed and cluster: shards that lack vectors, and names of clusters that outlive a second clustering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from conftest import write_lines
from winnow.catalog.filters import Filter
from winnow.cli.main import load_commands, winnow
from winnow.compute.local import LocalExecutor
from winnow.embed.base import Embedder
from winnow.embed.static import StaticEncoder
from winnow.errors import MissingNeed
from winnow.jobs.embed import embed, outdated
from winnow.jobs.progress import Silent
from winnow.jobs.target import read_target
from winnow.method import param
from winnow.workspace import Workspace

asked: list[str] = []


@dataclass(frozen=True, kw_only=True)
class Lengths(Embedder):
    """Points right for short texts and up for long ones."""

    name: ClassVar[str] = "lengths"
    in_parallel: bool = param(True, "Whether several processes may hold it.")

    @property
    def model(self) -> str:
        return "org/lengths"

    @property
    def dimensions(self) -> int:
        return 2

    @property
    def parallel(self) -> bool:
        return self.in_parallel

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        asked.extend(texts)
        return np.array([[len(text) < 28, len(text) >= 28] for text in texts], dtype=np.float32)


@pytest.mark.parametrize("parallel", [True, False])
def test_only_new_shards_are_embedded(corpus: Workspace, tmp_path: Path, parallel: bool) -> None:
    asked.clear()
    embedder = Lengths(in_parallel=parallel)
    embed(corpus.catalog, embedder, LocalExecutor(1), Silent())
    corpus.ingest([write_lines(tmp_path / "more.jsonl", [{"text": "seventh"}])])
    embed(corpus.catalog, embedder, LocalExecutor(1), Silent())
    assert len(asked) == 7
    found = corpus.catalog.vectors.take("org/lengths", np.arange(7))
    assert found[:, 0].tolist() == [0, 1, 1, 0, 0, 0, 1]
    paths = corpus.catalog.vectors.run("org/lengths").paths.values()
    assert all(path.is_relative_to(corpus.folder / "vectors") for path in paths)


def test_the_same_clusters_again_keep_the_names_people_gave(corpus: Workspace, tmp_path: Path) -> None:
    corpus.embed("hashed")
    first = corpus.cluster(2)
    corpus.catalog.clusters.rename(0, "mine", who="ana")
    assert corpus.cluster(2).run == first.run
    assert "mine" in corpus.browse.arrow(Filter(), ["cluster_name"]).column(0).to_pylist()
    assert corpus.cluster(3).run != first.run
    assert "mine" not in corpus.browse.arrow(Filter(), ["cluster_name"]).column(0).to_pylist()
    corpus.ingest([write_lines(tmp_path / "more.jsonl", [{"text": "seventh"}])])
    with pytest.raises(MissingNeed, match="winnow embed"):
        corpus.cluster()


def test_an_encoder_of_another_version_makes_its_vectors_anew(
    corpus: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = corpus.embed("static").run
    assert corpus.embed("static").run == first
    monkeypatch.setattr(StaticEncoder, "version", 99)
    assert corpus.embed("static").run != first
    assert corpus.catalog.vectors.models() == ["static"]


def test_vectors_of_another_revision_are_never_mixed(
    corpus: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = corpus.embed("static")
    assert corpus.catalog.vectors.run("static").extra == {"revision": StaticEncoder().revision()}
    assert not outdated(corpus.catalog.vectors.run("static"))
    monkeypatch.setattr(StaticEncoder, "revision", lambda self: "2-other")
    assert outdated(corpus.catalog.vectors.run("static"))
    assert corpus.missing()["embed"] == ("static",)
    with pytest.raises(MissingNeed, match="made by another version of static") as told:
        corpus.browse.doc_ids(Filter(near="flour"))
    assert "winnow embed --model static" in str(told.value)
    target = write_lines(tmp_path / "target.jsonl", [{"text": "bread"}])
    with pytest.raises(MissingNeed, match="another version"):
        read_target(corpus.catalog, str(target), frozenset({"vectors:static"}))
    # Documents compare with each other still: their vectors are of one making.
    assert corpus.browse.doc_ids(Filter(like=0)).tolist()[:1] == [0]
    load_commands()
    shown = CliRunner().invoke(winnow, ["-w", str(corpus.folder), "status"])
    assert "another version of static; run: winnow embed --model static" in " ".join(shown.output.split())
    corpus.ingest([write_lines(tmp_path / "more.jsonl", [{"text": "seventh"}])])
    second = corpus.embed("static")
    assert second.run != first.run
    # Every shard was made anew, the old one too.
    assert set(corpus.catalog.vectors.run("static").paths) == {0, 1}
    assert len(corpus.browse.doc_ids(Filter(near="flour"))) == 7
    assert "embed" not in corpus.missing()


def test_vectors_of_no_known_revision_are_used_as_they_are(corpus: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StaticEncoder, "revision", lambda self: "")
    corpus.embed("static")
    monkeypatch.undo()
    assert not outdated(corpus.catalog.vectors.run("static"))
    assert len(corpus.browse.doc_ids(Filter(near="flour"))) == 6
