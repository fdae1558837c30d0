"""The inverted-file index, held against exact search."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from winnow.errors import CorpusError, SettingError
from winnow.index.approximate import ApproximateIndex, truth_of
from winnow.index.exact import ExactIndex


@pytest.fixture(scope="module")
def matrix() -> np.ndarray:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(40, 16))[rng.integers(40, size=3000)] + 0.3 * rng.normal(size=(3000, 16))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


@pytest.fixture(scope="module")
def folder(matrix: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("vectors") / "index"
    ApproximateIndex.build(place, [matrix[:1000], matrix[1000:]], cells=40, slab=1100)
    return place


def test_every_cell_gives_exact_answers(folder: Path, matrix: np.ndarray) -> None:
    exact = ExactIndex(matrix, device="cpu")
    index = ApproximateIndex(folder, probes=40)
    assert len(index) == 3000
    assert index.recall(truth_of(exact, 10)) > 0.995
    queries = matrix[:5].astype(np.float32)
    np.testing.assert_allclose(index.nearest(queries, 10)[1], exact.nearest(queries, 10)[1], atol=1e-3)


def test_more_probes_find_more(folder: Path, matrix: np.ndarray) -> None:
    truth = truth_of(ExactIndex(matrix, device="cpu"))
    one, eight = (ApproximateIndex(folder, probes=probes).recall(truth) for probes in (1, 8))
    assert 0.3 < one < eight
    assert eight > 0.95


def test_only_allowed_rows_are_found(folder: Path, matrix: np.ndarray) -> None:
    mask = np.arange(3000) % 7 == 0
    rows, scores = ApproximateIndex(folder, probes=40).nearest(matrix[:3].astype(np.float32), 500, allowed=mask)
    found = rows[rows >= 0]
    assert (found % 7 == 0).all()
    assert len(np.unique(rows[0, rows[0] >= 0])) == mask.sum()
    assert np.isneginf(scores[rows < 0]).all()


def test_the_folder_may_move_and_nothing_else_is_left(folder: Path, matrix: np.ndarray, tmp_path: Path) -> None:
    import shutil

    moved = shutil.copytree(folder, tmp_path / "elsewhere")
    assert ApproximateIndex(moved, probes=40).recall(truth_of(ExactIndex(matrix, device="cpu"))) > 0.995
    assert sorted(path.name for path in folder.iterdir()) == ["index.faiss", "index.json", "lists.ivfdata"]
    assert [path.name for path in folder.parent.iterdir()] == ["index"]


def test_a_handful_of_rows(tmp_path: Path) -> None:
    index = ApproximateIndex.build(tmp_path / "few", np.eye(3, dtype=np.float16))
    assert index.nearest(np.eye(3, dtype=np.float32)[:1], 2)[0][0, 0] == 0


def test_an_absent_index_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="winnow index"):
        ApproximateIndex(tmp_path)


def test_no_probes_and_no_rows_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="at least one cell"):
        ApproximateIndex(folder, probes=0)
    with pytest.raises(SettingError, match="found none"):
        ApproximateIndex.build(tmp_path / "none", np.empty((0, 4), dtype=np.float16))
