"""Searching by words and by meaning, as the corpus grows."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from conftest import write_lines
from winnow.catalog.filters import Filter
from winnow.catalog.publish import exclusive
from winnow.errors import MissingNeed, QueryError
from winnow.workspace import Workspace


def ids(corpus: Workspace, filter: Filter) -> list[int]:
    return corpus.browse.doc_ids(filter).tolist()


def test_new_documents_are_found_by_everybody(corpus: Workspace, tmp_path: Path) -> None:
    other = Workspace(corpus.folder)
    assert ids(other, Filter(search="river")) == [0, 3]
    corpus.ingest([write_lines(tmp_path / "more.jsonl", [{"text": "Another river."}])])
    assert ids(other, Filter(search="river")) == ids(corpus, Filter(search="river")) == [0, 3, 6]


def test_a_lost_index_is_built_anew(corpus: Workspace) -> None:
    shutil.rmtree(corpus.folder / "index")
    with pytest.raises(MissingNeed, match="winnow index"):
        ids(Workspace(corpus.folder), Filter(search="river"))
    corpus.index()
    assert ids(Workspace(corpus.folder), Filter(search="river")) == [0, 3]


def test_indexing_waits_for_another_that_is_under_way(corpus: Workspace, tmp_path: Path) -> None:
    with exclusive(corpus.folder, "index"):
        more = write_lines(tmp_path / "more.jsonl", [{"text": "Another river."}])
        thread = threading.Thread(target=lambda: Workspace(corpus.folder).ingest([more]))
        thread.start()
        thread.join(0.5)
        assert thread.is_alive()
    thread.join(30)
    assert ids(corpus, Filter(search="river")) == [0, 3, 6]


def test_meaning_needs_vectors_and_words(corpus: Workspace) -> None:
    with pytest.raises(MissingNeed, match="winnow embed"):
        ids(corpus, Filter(near="water and bread"))
    corpus.embed("hashed")
    page = corpus.browse.page(Filter(near="The river runs past the mill."), columns=[])
    assert sorted(page["doc_id"].tolist()[:2]) == [0, 3]
    with pytest.raises(QueryError, match="write a sentence"):
        ids(corpus, Filter(near=" "))


def test_several_searches_hold_together(corpus: Workspace) -> None:
    corpus.embed("hashed")
    assert ids(corpus, Filter(search="river", like=1)) == [0, 3]
    assert ids(corpus, Filter(search="river", near="bread").with_values("source", "wiki")) == [0]
