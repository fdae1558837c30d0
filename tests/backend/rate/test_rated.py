"""A fitted head as a scorer."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from winnow.errors import CorpusError
from winnow.method import methods
from winnow.rate.head import Head, Output
from winnow.rate.rated import Rated
from winnow.score.base import Scorer

HEAD = Head(
    "static",
    (Output("", "probability"), Output("edu", "number", 0, 5), Output("domain", "name", names=("Law", "Other"))),
    np.array([[1, 2, 0, 1], [0, 0, 1, 0]], dtype=np.float32),
    np.zeros(4, dtype=np.float32),
    np.array([0, 4, 0, 0], dtype=np.float32),
)


def batch() -> pa.RecordBatch:
    vectors = pa.FixedSizeListArray.from_arrays(pa.array([1, 0, 0, 1, -9, 0], pa.float32()), 2)
    return pa.record_batch({"doc_id": pa.array([4, 5, 6]), "vectors:static": vectors})


def test_columns_by_hand() -> None:
    # z = (1, 6, 0, 1), (0, 4, 1, 0), (-9, -14, 0, -9); the second is cut to [0, 5].
    found = Rated("fine", "fine-1", HEAD).score(batch(), None)
    assert np.asarray(found["fine"]) == pytest.approx([1 / (1 + np.exp(-1)), 0.5, 1 / (1 + np.exp(9))])
    assert np.asarray(found["fine_edu"]).tolist() == [5, 4, 0]
    assert pa.array(found["fine_domain"]).to_pylist() == ["Other", "Law", "Law"]


def test_it_goes_to_other_processes_and_keeps_its_name() -> None:
    again = pickle.loads(pickle.dumps(Rated("fine", "fine-1", HEAD)))
    assert again.recipe == {"method": "rated", "rater": "fine", "run": "fine-1"}
    assert again.needs() == {"vectors:static"}
    assert {name: str(kind) for name, kind in again.columns().items()} == {
        "fine": "float",
        "fine_edu": "float",
        "fine_domain": "string",
    }
    assert np.asarray(again.score(batch(), None)["fine"])[1] == 0.5


def test_it_is_no_scorer_by_name() -> None:
    assert "rated" not in methods(Scorer)


def test_a_head_that_reads_text_gives_the_same_for_any_batch() -> None:
    weights = np.zeros((1 << 16, 1), dtype=np.float32)
    weights[::7] = 1
    head = Head("", (Output("", "probability"),), weights, np.zeros(1, np.float32), np.zeros(1, np.float32), ngram=2)
    texts = ["one two three", "", "four five " * 50]
    whole = Rated("n", "n-1", head).score(pa.record_batch({"text": pa.array(texts, pa.large_string())}), None)["n"]
    alone = [
        Rated("n", "n-1", head).score(pa.record_batch({"text": pa.array([text], pa.large_string())}), None)["n"][0]
        for text in texts
    ]
    assert np.asarray(whole) == pytest.approx(alone)


def test_a_damaged_file_is_said_in_words(tmp_path: Path) -> None:
    path = tmp_path / "head.safetensors"
    path.write_bytes(b"not a head")
    with pytest.raises(CorpusError, match="fit it again"):
        Head.load(path)
