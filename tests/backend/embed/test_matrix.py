"""Parts read as one matrix, against the joined array."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.embed.matrix import Matrix
from winnow.errors import CorpusError

WHOLE = np.arange(30, dtype=np.float16).reshape(10, 3)
PARTS = [WHOLE[:4], WHOLE[4:4], WHOLE[4:9], WHOLE[9:]]


@pytest.mark.parametrize(("start", "stop"), [(0, 10), (0, 4), (3, 5), (4, 9), (2, 10), (9, 99), (5, 5)])
def test_slices(start: int, stop: int) -> None:
    assert Matrix(PARTS)[start:stop].tolist() == WHOLE[start:stop].tolist()


def test_rows_in_any_order_and_repeated() -> None:
    rows = np.array([9, 0, 4, 3, 4, 8])
    assert Matrix(PARTS)[rows].tolist() == WHOLE[rows].tolist()


def test_shape_and_type() -> None:
    matrix = Matrix(PARTS)
    assert (matrix.shape, len(matrix), matrix.dtype) == ((10, 3), 10, np.float16)


def test_one_part_is_not_copied() -> None:
    assert np.shares_memory(Matrix(WHOLE)[2:5], WHOLE)
    assert np.shares_memory(Matrix(PARTS)[5:8], WHOLE)


def test_no_parts_are_refused() -> None:
    with pytest.raises(CorpusError, match="winnow embed"):
        Matrix([])
