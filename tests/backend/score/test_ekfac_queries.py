from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from winnow.lm.tokenizer import Bytes
from winnow.lm.windows import windows
from winnow.score.ekfac_queries import query_tables, query_windows


def test_queries_are_the_first_texts_with_all_their_windows() -> None:
    cut = windows(pa.array(["abcdefghij", "", "xy", "later"], pa.large_string()), Bytes(), 4)
    first, second = query_windows(cut, 2)
    assert (len(first), first.bytes.tolist(), first.texts) == (3, [10], 1)
    assert (len(second), second.bytes.tolist()) == (1, [2])


def test_two_queries_are_as_alike_as_they_rank_documents() -> None:
    cut = windows(pa.array(["ab", "cd", "ef", "gh"], pa.large_string()), Bytes(), 4)
    # Documents along rows: the second query has twice the first, the third turns it round, the fourth says nothing.
    values = np.array([[1.0, 2.0, -1.0, 3.0], [2.0, 4.0, -2.0, 3.0], [4.0, 8.0, -4.0, 3.0]])
    found = query_tables(list(query_windows(cut, 4)), values)
    told = {(row["query"], row["other"]): row["correlation"] for row in found["query_correlations"].to_pylist()}
    assert told[0, 1] == pytest.approx(1)
    assert told[0, 2] == pytest.approx(-1)
    assert told[0, 3] is None
    assert found["query_correlations"]["documents"].to_pylist() == [3] * 6
    assert found["queries"]["tokens"].to_pylist() == [2] * 4


def test_no_documents_say_nothing_of_how_alike_queries_are() -> None:
    cut = windows(pa.array(["ab", "cd"], pa.large_string()), Bytes(), 4)
    found = query_tables(list(query_windows(cut, 2)), np.zeros((0, 2)))
    assert found["query_correlations"]["correlation"].to_pylist() == [None]
