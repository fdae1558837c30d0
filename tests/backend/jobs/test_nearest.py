"""Searching by meaning in a large corpus, with "large" made small."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from conftest import write_lines
from winnow.embed.matrix import Matrix
from winnow.errors import Cancelled
from winnow.index import approximate, exact
from winnow.index.approximate import work
from winnow.index.exact import ExactIndex
from winnow.jobs import nearest
from winnow.jobs.nearest import Blend, about_index, index_vectors, searcher
from winnow.jobs.progress import Silent
from winnow.jobs.search import Finder
from winnow.workspace import Workspace

TOPICS = ("rivers and rain", "bread and butter", "trains and rails", "chess and kings")


def documents(start: int, count: int) -> list[dict[str, object]]:
    return [{"text": f"Text {n} is about {TOPICS[n % 4]}, and about number {n * 7 % 13}."} for n in range(start, count)]


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(exact, "EXACT_ROWS", 100)
    monkeypatch.setattr(nearest, "device", lambda: "cpu")
    workspace = Workspace.create(tmp_path / "large")
    workspace.ingest([write_lines(tmp_path / "first.jsonl", documents(0, 200))])
    workspace.embed("static")
    return workspace


def found(workspace: Workspace) -> list[int]:
    """Return the 40 documents nearest to rivers, as a search finds them."""
    return Finder(workspace.catalog)("near", "rivers and rain").doc_ids[:40].tolist()


def rows_of_index(workspace: Workspace) -> int:
    about = about_index(workspace.catalog)
    return int(about["rows"]) if about else 0


def test_a_large_corpus_gets_an_index_with_its_recall_and_answers_through_it(large: Workspace) -> None:
    about = about_index(large.catalog)
    assert about is not None
    assert (about["model"], about["rows"]) == ("static", 200)
    assert 0.9 <= about["recall"] <= 1
    assert about["probes"] in nearest.PROBES
    assert isinstance(searcher(large.catalog, "static"), Blend)
    assert all(doc % 4 == 0 for doc in found(large))


def test_documents_that_came_later_are_found_too_and_many_of_them_bring_a_new_index(
    large: Workspace, tmp_path: Path
) -> None:
    large.ingest([write_lines(tmp_path / "second.jsonl", documents(200, 260))])
    large.embed("static")
    assert rows_of_index(large) == 200
    blend = searcher(large.catalog, "static")
    vectors = large.catalog.vectors.take("static", [250, 3])
    truth = ExactIndex(large.catalog.vectors.parts("static"), device="cpu").nearest(vectors, 5)
    rows, scores = blend.nearest(vectors, 5)
    assert rows[:, 0].tolist() == [250, 3]
    assert scores == pytest.approx(truth[1], abs=1e-3)
    large.ingest([write_lines(tmp_path / "third.jsonl", documents(260, 320))])
    large.embed("static")
    assert rows_of_index(large) == 320


def test_it_may_be_deleted_and_comes_back(large: Workspace) -> None:
    before = found(large)
    shutil.rmtree(large.folder / "index")
    other = Workspace(large.folder)
    assert isinstance(searcher(other.catalog, "static"), ExactIndex)
    assert found(other) == before
    other.index()
    assert isinstance(searcher(other.catalog, "static"), Blend)


def test_a_stopped_build_goes_on_where_it_was(large: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(large.folder / "index")
    monkeypatch.setattr(approximate, "SLAB_ROWS", 80)

    class Stopped(Silent):
        done: float = 0

        def advance(self, amount: float) -> None:
            self.done += amount
            if self.done > work(200) - 200:
                raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        index_vectors(large.catalog, Stopped())
    (left,) = (large.folder / "index").glob("vectors-*.part")
    assert {path.name for path in left.iterdir()} == {"plan.json", "trained.faiss", "slab-0.faiss"}
    trained: list[int] = []
    monkeypatch.setattr(approximate, "_train", lambda *_: trained.append(1))
    index_vectors(large.catalog, Silent())
    assert not trained
    assert rows_of_index(large) == 200
    assert [path.name for path in (large.folder / "index").glob("vectors-*")] == [left.name.removesuffix(".part")]


def test_progress_counts_the_training(large: Workspace) -> None:
    shutil.rmtree(large.folder / "index")
    told: list[float] = []

    class Watched(Silent):
        def stage(self, name: str, total: float, unit: str) -> None:
            told.append(total)

        def advance(self, amount: float) -> None:
            told.append(amount)

    index_vectors(large.catalog, Watched())
    # 200 rows make 3 cells, trained in 10 rounds on 3 · 64 rows; then all rows are added, and recall is measured.
    assert told == [2120, 1920, 200, 0]


def test_a_graphics_card_or_a_small_corpus_needs_no_index(large: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(large.folder / "index")
    monkeypatch.setattr(exact, "EXACT_ROWS", 200)
    large.index()
    assert about_index(large.catalog) is None


def test_rows_since_one_are_not_copied() -> None:
    parts = [np.arange(6, dtype=np.float16).reshape(3, 2), np.arange(6, 12, dtype=np.float16).reshape(3, 2)]
    later = Matrix(parts).since(4)
    assert later[0:2].tolist() == [[8, 9], [10, 11]]
    assert all(np.shares_memory(part, parts[1]) for part in later.parts if len(part))
