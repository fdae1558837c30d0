"""Gaps: which vectors are still to be made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tests.conftest import write_lines

from winnow.workspace import Workspace


def test_every_encoder_that_lacks_documents_is_named(corpus: Workspace, tmp_path: Path) -> None:
    assert corpus.missing()["embed"] == ("minilm",), "a small corpus without vectors gets the encoder that suits it"
    corpus.embed("static")
    assert "embed" not in corpus.missing()
    corpus.ingest([write_lines(tmp_path / "more.jsonl", [{"text": "seventh"}])])
    assert corpus.missing()["embed"] == ("static",)


def test_vectors_made_elsewhere_are_nobodys_to_make(corpus: Workspace, tmp_path: Path) -> None:
    ids = corpus.sql("SELECT id FROM docs ORDER BY doc_id").column("id").to_pylist()
    np.save(tmp_path / "vectors.npy", np.eye(6, 8, dtype=np.float32))
    (tmp_path / "ids.txt").write_text("\n".join(ids))
    corpus.bring("vectors", tmp_path / "vectors.npy", model="mine", ids=tmp_path / "ids.txt")
    corpus.ingest([write_lines(tmp_path / "more.jsonl", [{"text": "seventh"}])])
    assert corpus.missing()["embed"] == ("minilm",)
