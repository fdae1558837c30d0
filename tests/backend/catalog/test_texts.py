"""Documents by id and in batches, from their shards."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import DOCUMENTS, one_process, write_lines
from winnow.catalog.texts import shard_of
from winnow.workspace import Workspace


def test_documents_come_in_the_order_asked(corpus: Workspace, tmp_path: Path) -> None:
    corpus.ingest([write_lines(tmp_path / "more.jsonl", [{"id": "g", "text": "seventh", "source": "new"}])])
    found = corpus.catalog.texts.fetch([6, 0, 6, 2], ["text", "source"]).to_pylist()
    assert [row["text"] for row in found] == ["seventh", DOCUMENTS[0]["text"], "seventh", DOCUMENTS[2]["text"]]
    assert [row["source"] for row in found] == ["new", "wiki", "new", "forum"]


def test_an_id_that_no_document_has_is_named(corpus: Workspace) -> None:
    for wrong in (6, -1):
        with pytest.raises(KeyError, match=str(wrong)):
            corpus.catalog.texts.fetch([0, wrong])


def test_nothing_of_nothing(tmp_path: Path) -> None:
    texts = one_process(tmp_path / "corpus").catalog.texts
    assert texts.texts([]) == []
    assert list(texts.batches()) == []
    with pytest.raises(KeyError):
        texts.fetch([0])


def test_batches_cover_the_corpus(corpus: Workspace, tmp_path: Path) -> None:
    corpus.ingest([write_lines(tmp_path / "more.jsonl", [{"text": f"page {n}"} for n in range(5_000)])])
    batches = list(corpus.catalog.texts.batches())
    assert [id for batch in batches for id in batch.column("doc_id").to_pylist()] == list(range(5_006))
    assert max(batch.num_rows for batch in batches) <= 2048


def test_a_document_lies_in_one_shard(corpus: Workspace) -> None:
    parts = corpus.catalog.manifest.parts()
    assert shard_of(parts, 5) == parts[0]
    assert shard_of(parts, 6) is None
