"""Scanning stored float16 rows, against a sort of every score."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from winnow.index import scan
from winnow.index.exact import ExactIndex
from winnow.index.scan import best_rows, every_row, scannable


def matrix_of(rows: int, width: int = 24) -> np.ndarray:
    made = np.random.default_rng(0).normal(size=(rows, width))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float16)


def test_inner_products_by_hand() -> None:
    """(1, 0, …) · rows = 1, .5, -1, 0, 2: the best three are rows 4, 0, 1."""
    matrix = np.zeros((5, 8), np.float16)
    matrix[:, 0] = [1, 0.5, -1, 0, 2]
    found = best_rows([matrix], np.eye(8, dtype=np.float32)[0], 3)
    assert found is not None
    assert found[0].tolist() == [4, 0, 1]
    assert found[1].tolist() == [2, 1, 0.5]


@pytest.mark.parametrize("k", [1, 10, 299])
def test_mapped_parts_and_blocks_agree_with_a_sort(k: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "ROWS", 70)
    matrix = matrix_of(300)
    np.save(tmp_path / "a.npy", matrix[:130])
    parts = [np.load(tmp_path / "a.npy", mmap_mode="r"), matrix[130:130], matrix[130:]]
    query = matrix[7].astype(np.float32) + np.float32(0.01)
    scores = matrix.astype(np.float32) @ query
    found = best_rows(parts, query, k)
    assert found is not None
    assert found[0].tolist() == np.argsort(-scores, kind="stable")[:k].tolist()
    assert found[1] == pytest.approx(scores[found[0]], abs=1e-5)


def test_a_tie_at_the_last_place_is_left_to_a_full_sort() -> None:
    matrix = np.repeat(matrix_of(2), 5, axis=0)
    query = matrix[0].astype(np.float32)
    assert best_rows([matrix], query, 3) is None
    assert best_rows([matrix], query, 5) is not None
    assert ExactIndex(matrix, device="cpu").nearest(query[None], 3)[0].tolist() == [[0, 1, 2]]


def test_wide_or_transposed_rows_are_not_scanned() -> None:
    assert scannable([matrix_of(4)])
    assert not scannable([matrix_of(4).astype(np.float32)])
    assert not scannable([matrix_of(4).T])
    turned = np.asfortranarray(matrix_of(40))
    query = turned[:1].astype(np.float32)
    assert ExactIndex(turned, device="cpu").nearest(query, 5)[0][0, 0] == 0


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_every_row_has_its_product(dtype: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "ROWS", 70)
    matrix = np.tile(matrix_of(100), (3, 1)).astype(dtype)
    np.save(tmp_path / "a.npy", matrix[:130])
    parts = [np.load(tmp_path / "a.npy", mmap_mode="r"), matrix[130:130], matrix[130:]]
    query = np.random.default_rng(1).normal(size=24).astype(np.float32)
    assert np.allclose(every_row(parts, query), matrix.astype(np.float32) @ query, atol=1e-5)
    assert every_row([], query).shape == (0,)
