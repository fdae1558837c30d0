from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.score import counting
from winnow.score.counting import repeated


@pytest.mark.parametrize("parts", [1, 3, 256])
def test_counts_do_not_depend_on_the_number_of_parts(parts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 2**64, 500, dtype=np.uint64)[rng.integers(0, 500, 4000)]
    monkeypatch.setattr(counting, "PER_PART", 4000 // parts)
    hashes, counts = repeated(np.array_split(values, 7), len(values), 9)
    expected = sorted((value, n) for value, n in Counter(values.tolist()).items() if n >= 9)
    assert list(zip(hashes.tolist(), counts.tolist(), strict=True)) == expected
    assert len(expected) > 50


def test_nothing_at_all() -> None:
    hashes, counts = repeated([], 0, 2)
    assert (len(hashes), len(counts)) == (0, 0)


@given(st.lists(st.lists(st.integers(0, 9), max_size=9), max_size=4), st.integers(1, 4))
def test_counts_are_those_of_a_plain_count(blocks: list[list[int]], least: int) -> None:
    hashes, counts = repeated([np.array(block, dtype=np.uint64) for block in blocks], 36, least)
    plain = Counter(value for block in blocks for value in block)
    assert dict(zip(hashes.tolist(), counts.tolist(), strict=True)) == {v: n for v, n in plain.items() if n >= least}
