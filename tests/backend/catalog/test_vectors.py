"""Vectors: whole or not there, and the rows that are asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from conftest import write_lines
from winnow.catalog.manifest import Shard
from winnow.errors import MissingNeed
from winnow.workspace import Workspace


def publish(corpus: Workspace, folder: Path, part: int, rows: np.ndarray) -> None:
    manifest = corpus.catalog.manifest
    run = manifest.begin_run("vectors", "fake", {}, {"vector": "float16[2]"}, "")
    np.save(folder / "staged.npy", rows.astype(np.float16))
    manifest.publish_shards([(run, Shard(part, folder / "staged.npy", len(rows)))])
    manifest.finish_runs([run])


def test_vectors_are_there_when_every_document_has_one(corpus: Workspace, tmp_path: Path) -> None:
    vectors = corpus.catalog.vectors
    with pytest.raises(MissingNeed, match="winnow embed --model fake"):
        vectors.run("fake")
    publish(corpus, tmp_path, 0, np.arange(12).reshape(6, 2))
    assert vectors.models() == ["fake"]
    corpus.ingest([write_lines(tmp_path / "more.jsonl", [{"text": "seventh"}])])
    assert vectors.models() == []
    publish(corpus, tmp_path, 1, np.array([[20, 21]]))
    assert vectors.take("fake", [6, 1, 6]).tolist() == [[20, 21], [2, 3], [20, 21]]
    assert [len(part) for part in vectors.parts("fake")] == [6, 1]
