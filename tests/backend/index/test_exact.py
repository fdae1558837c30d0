"""Exact search against arithmetic and against a sort of every score."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winnow.errors import CorpusError, SettingError
from winnow.index import exact
from winnow.index.exact import ExactIndex

CORNERS = np.array([[1, 0], [0, 1], [0.6, 0.8], [-1, 0], [0.6, 0.8]], dtype=np.float16)


def test_inner_products_by_hand() -> None:
    # (1, 0) · rows = 1, 0, 0.6, -1, 0.6; the equal scores of rows 2 and 4 come in row order.
    rows, scores = ExactIndex(CORNERS, device="cpu").nearest(np.array([[1, 0]], dtype=np.float32), 4)
    assert rows.tolist() == [[0, 2, 4, 1]]
    np.testing.assert_allclose(scores, [[1, 0.6, 0.6, 0]], atol=1e-3)
    assert (rows.dtype, scores.dtype) == (np.int64, np.float32)


def test_fewer_rows_than_asked_are_filled_up() -> None:
    rows, scores = ExactIndex(CORNERS, device="cpu").nearest(np.array([[0, 1]], dtype=np.float32), 7)
    assert rows[0, 5:].tolist() == [-1, -1]
    assert np.isneginf(scores[0, 5:]).all()


@pytest.mark.parametrize("allowed", [np.array([False, True, False, True, True]), np.array([4, 1, 3])])
def test_only_allowed_rows_are_found(allowed: np.ndarray) -> None:
    rows, _ = ExactIndex(CORNERS, device="cpu").nearest(np.array([[1, 0]], dtype=np.float32), 4, allowed=allowed)
    assert rows.tolist() == [[4, 1, 3, -1]]


def test_nothing_allowed() -> None:
    rows, _ = ExactIndex(CORNERS, device="cpu").nearest(np.array([[1, 0]], np.float32), 2, allowed=np.zeros(5, bool))
    assert rows.tolist() == [[-1, -1]]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60), st.integers(1, 12), st.booleans())
def test_agrees_with_sorting_every_score(seed: int, total: int, k: int, ties: bool) -> None:
    rng = np.random.default_rng(seed)
    # Small integers multiply exactly, so equal scores are equal however the blocks fall.
    matrix = rng.integers(-3, 4, size=(total, 4)).astype(np.float16)
    matrix = np.repeat(matrix[:1], total, axis=0) if ties else matrix
    queries = rng.integers(-3, 4, size=(5, 4)).astype(np.float32)
    scores = queries @ matrix.astype(np.float32).T
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    cuts = np.sort(rng.integers(0, total + 1, size=2))
    parts = np.split(matrix, cuts)
    rows, found = ExactIndex(parts, device="cpu").nearest(queries, min(k, total))
    assert rows.tolist() == order.tolist()
    assert found.tolist() == np.take_along_axis(scores, order, axis=1).tolist()


def test_many_blocks_agree_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    matrix = rng.integers(-9, 10, size=(5000, 8)).astype(np.float16)
    queries = rng.integers(-9, 10, size=(3, 8)).astype(np.float32)
    whole = ExactIndex(matrix, device="cpu").nearest(queries, 50)
    monkeypatch.setattr(exact, "BLOCK_BYTES", 1)
    blocked = ExactIndex(matrix, device="cpu").nearest(queries, 50)
    assert whole[0].tolist() == blocked[0].tolist()
    assert len(list(ExactIndex(matrix, device="cpu")._blocks(3, None))) == 5


def test_torch_and_numpy_agree() -> None:
    rng = np.random.default_rng(1)
    matrix = rng.integers(-5, 6, size=(300, 8)).astype(np.float16)
    queries = rng.integers(-5, 6, size=(4, 8)).astype(np.float32)
    by_numpy = ExactIndex(matrix, device="cpu").nearest(queries, 20)
    by_torch = ExactIndex(matrix, device="cpu:0").nearest(queries, 20)
    assert by_numpy[0].tolist() == by_torch[0].tolist()


def test_a_query_of_another_width_is_refused() -> None:
    with pytest.raises(SettingError, match="2 dimensions; the query has 3"):
        ExactIndex(CORNERS).nearest(np.ones((1, 3), dtype=np.float32), 1)


def test_rows_outside_the_matrix_are_refused() -> None:
    with pytest.raises(ValueError, match=r"0\.\.4"):
        ExactIndex(CORNERS, device="cpu").nearest(np.ones((1, 2), dtype=np.float32), 1, allowed=np.array([5]))


def test_parts_of_different_widths_are_refused() -> None:
    with pytest.raises(CorpusError, match="one width"):
        ExactIndex([np.ones((2, 3), dtype=np.float16), np.ones((2, 4), dtype=np.float16)])
