"""Columns and vectors made elsewhere: matched, counted, listed, and used like any other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import one_process, write_lines
from winnow.catalog.filters import Filter
from winnow.errors import InputError, MissingNeed, SettingError
from winnow.workspace import Workspace


@pytest.fixture
def corpus(tmp_path: Path) -> Workspace:
    workspace = one_process(tmp_path / "corpus")
    rows = [{"text": f"text number {place}", "id": f"d{place}"} for place in range(6)]
    workspace.ingest([write_lines(tmp_path / "in.jsonl", rows)])
    workspace.score(["tokens"])
    return workspace


def _column(workspace: Workspace, name: str) -> list:
    return workspace.browse.arrow(Filter(), ["doc_id", name]).sort_by("doc_id").column(name).to_pylist()


def test_numbers_from_three_formats(corpus: Workspace, tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["d0", "d5", "x"], "score": [0.5, float("nan"), 9.0]}), tmp_path / "a.parquet")
    (tmp_path / "b.csv").write_text("id,score\nd1,1.5\nd1,2.5\n")
    (tmp_path / "c.jsonl").write_text('{"id": "d2", "score": 3}\n\n{"id": "y", "score": 4}\n')
    missed: list[str] = []
    made = corpus.bring("column", tmp_path / "a.parquet", name="first", unmatched=missed.append)
    assert (made.matched, made.unmatched, made.documents, made.without, made.listed) == (2, 1, 2, 4, ["x"])
    assert missed == ["x"]
    assert _column(corpus, "first") == [0.5, None, None, None, None, None]
    made = corpus.bring("column", tmp_path / "b.csv", name="second")
    assert made.repeated == 1
    assert _column(corpus, "second")[1] == 2.5, "the last one counts"
    corpus.bring("column", tmp_path / "c.jsonl", name="third")
    assert _column(corpus, "third") == [None, None, 3, None, None, None]
    kept = corpus.select("top", docs=1, name="best", settings={"column": "third"})
    assert kept.read()[0].tolist() == [2]


def test_texts_and_truth_values_by_number(corpus: Workspace, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("doc_id,topic,fine\n0,bread,true\n7,none,true\n5,rye,false\n")
    made = corpus.bring("column", tmp_path / "a.csv", name="topic", by="doc_id", value="topic")
    assert made.listed == ["7"]
    assert _column(corpus, "topic") == ["bread", None, None, None, None, "rye"]
    corpus.bring("column", tmp_path / "a.csv", name="fine", by="doc_id", value="fine")
    assert corpus.browse.count(Filter(where="fine")).documents == 1
    (tmp_path / "a.csv").write_text("doc_id,topic\n1,oats\n")
    corpus.bring("column", tmp_path / "a.csv", name="topic", by="doc_id")
    assert _column(corpus, "topic") == [None, "oats", None, None, None, None], "it replaces the one before"


def test_what_cannot_be_imported_says_why(corpus: Workspace, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,a,b\nd0,1,2\n")
    (tmp_path / "none.csv").write_text("id,a\nzzz,1\n")
    (tmp_path / "bad.jsonl").write_text("{broken\n")
    with pytest.raises(SettingError, match=r"--value COLUMN"):
        corpus.bring("column", tmp_path / "a.csv", name="x")
    with pytest.raises(SettingError, match="has a column 'tokens'"):
        corpus.bring("column", tmp_path / "a.csv", name="tokens", value="a")
    with pytest.raises(SettingError, match="letters, digits"):
        corpus.bring("column", tmp_path / "a.csv", name="a; drop", value="a")
    with pytest.raises(InputError, match="no row has a value"):
        corpus.bring("column", tmp_path / "none.csv", name="x")
    with pytest.raises(InputError, match=r"line 1 of .* is no JSON"):
        corpus.bring("column", tmp_path / "bad.jsonl", name="x")
    with pytest.raises(InputError, match="there is no"):
        corpus.bring("column", tmp_path / "nowhere.csv", name="x")


def _vectors(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((6, 8)).astype(np.float32)


def test_vectors_from_numpy_parquet_and_faiss(corpus: Workspace, tmp_path: Path) -> None:
    import faiss

    vectors, order = _vectors(), [3, 1, 5, 0, 2, 4]
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    np.save(tmp_path / "v.npy", vectors[order])
    (tmp_path / "v.ids.txt").write_text("\n".join(f"d{place}" for place in order))
    lists = pa.table({"id": [f"d{place}" for place in order], "vector": list(vectors[order])})
    pq.write_table(lists, tmp_path / "v.parquet")
    index = faiss.IndexFlatIP(8)
    index.add(vectors)
    faiss.write_index(index, str(tmp_path / "v.faiss"))
    for name, file, how in (
        ("a", "v.npy", {}),
        ("b", "v.parquet", {}),
        ("c", "v.faiss", {"by": "doc_id", "ids": None}),
    ):
        if name == "c":
            (tmp_path / "v.ids.txt").unlink()
        made = corpus.bring("vectors", tmp_path / file, model=name, **how)
        assert (made.documents, made.without) == (6, 0)
        np.testing.assert_allclose(corpus.catalog.vectors.take(name, range(6)), unit, atol=1e-3)
    assert corpus.catalog.vectors.models()[-1] == "c"
    nearest = corpus.browse.doc_ids(Filter(like=2)).tolist()
    assert 2 in nearest


def test_documents_without_a_vector_and_ids_without_a_document(corpus: Workspace, tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", _vectors()[:3])
    (tmp_path / "ids.json").write_text('["d0", "x", "d4"]')
    made = corpus.bring("vectors", tmp_path / "v.npy", model="mine")
    assert (made.documents, made.without, made.listed) == (2, 4, ["x"])
    lengths = np.linalg.norm(corpus.catalog.vectors.take("mine", range(6)), axis=1)
    np.testing.assert_allclose(lengths, [1, 0, 0, 0, 1, 0], atol=1e-3)
    with pytest.raises(MissingNeed, match="import-vectors --encoder"):
        corpus.browse.count(Filter(near="bread"))


def test_vectors_that_cannot_be_used_say_why(corpus: Workspace, tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", _vectors())
    with pytest.raises(InputError, match="--by doc_id"):
        corpus.bring("vectors", tmp_path / "v.npy", model="mine")
    with pytest.raises(SettingError, match="a name of their own"):
        corpus.bring("vectors", tmp_path / "v.npy", model="static", by="doc_id")
    np.save(tmp_path / "odd.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="a NumPy matrix is needed"):  # never unpickled
        corpus.bring("vectors", tmp_path / "odd.npy", model="mine", by="doc_id")
    broken = _vectors()
    broken[0, 0] = np.nan
    np.save(tmp_path / "nan.npy", broken)
    with pytest.raises(InputError, match="NaN or infinity"):
        corpus.bring("vectors", tmp_path / "nan.npy", model="mine", by="doc_id")
    (tmp_path / "x.faiss").write_bytes(b"no index")
    with pytest.raises(InputError, match="a flat FAISS index is needed"):
        corpus.bring("vectors", tmp_path / "x.faiss", model="mine", by="doc_id")
    assert corpus.catalog.vectors.models() == []
