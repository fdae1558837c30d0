"""Blocks, samples and unit rows."""

from __future__ import annotations

import numpy as np

from winnow.cluster.vectors import BLOCK_ROWS, blocks, sample_rows, unit


def test_unit_rows() -> None:
    # (3, 4) has length 5; zeros and rows that are not finite become zeros.
    rows = np.array([[3, 4], [0, 0], [np.nan, 1], [np.inf, 1]], dtype=np.float32)
    np.testing.assert_allclose(unit(rows), [[0.6, 0.8], [0, 0], [0, 0], [0, 0]], rtol=1e-6)


def test_float16_rows_are_widened_before_their_length_is_taken() -> None:
    tiny = np.full((1, 4), 1e-4, dtype=np.float16)
    np.testing.assert_allclose(np.linalg.norm(unit(tiny)), 1, rtol=1e-6)


def test_blocks_cover_every_row_once() -> None:
    matrix = np.arange(BLOCK_ROWS + 5, dtype=np.float16)[:, None] % 7
    parts = list(blocks(matrix))
    assert [place for place, _ in parts] == [slice(0, BLOCK_ROWS), slice(BLOCK_ROWS, BLOCK_ROWS + 5)]
    assert np.concatenate([rows for _, rows in parts]).tolist() == matrix.tolist()


def test_a_sample_is_ascending_and_without_repeats() -> None:
    rows = sample_rows(1000, 100, np.random.default_rng(0))
    assert len(np.unique(rows)) == 100
    assert (np.diff(rows) > 0).all()
    assert sample_rows(3, 100, np.random.default_rng(0)).tolist() == [0, 1, 2]
