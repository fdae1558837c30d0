from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.score import jaccard
from winnow.score.jaccard import similarities
from winnow.score.minhash import Shingles

SETS = st.lists(st.lists(st.integers(0, 8), max_size=8), min_size=1, max_size=8)


def corpus(sets: list[list[int]], cut: int = 2) -> list[Shingles]:
    parts = [sets[start : start + cut] for start in range(0, len(sets), cut)]
    return [
        Shingles(
            np.array([value for one in part for value in one], np.uint32),
            np.cumsum([0, *map(len, part)]).astype(np.int64),
        )
        for part in parts
    ]


def test_similarity_by_hand() -> None:
    # {1,2,3} and {2,3,4}: 2 of 4. {1,2,3} and {1,1,2,3}: all 3. {9} and {1,2,3}: none.
    sets = [[1, 2, 3], [9], [2, 3, 4], [1, 1, 2, 3]]
    assert similarities(np.array([[0, 2], [0, 3], [0, 1]]), corpus(sets)).tolist() == [0.5, 1.0, 0.0]


@given(SETS, st.data())
def test_it_is_the_jaccard_similarity(sets: list[list[int]], data: st.DataObject) -> None:
    filled = [[*one, 100 + place] for place, one in enumerate(sets)]
    places = st.integers(0, len(sets) - 1)
    pairs = data.draw(st.lists(st.tuples(places, places), min_size=1, max_size=10))
    expected = [len(set(filled[a]) & set(filled[b])) / len(set(filled[a]) | set(filled[b])) for a, b in pairs]
    assert similarities(np.array(pairs), corpus(filled)).tolist() == pytest.approx(expected)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    sets = [rng.integers(0, 30, 20).tolist() for _ in range(12)]
    pairs = rng.integers(0, 12, (40, 2))
    whole = similarities(pairs, corpus(sets))
    monkeypatch.setattr(jaccard, "_AT_ONCE", 50)
    assert similarities(pairs, corpus(sets)).tolist() == whole.tolist()


def test_a_corpus_that_ends_early_is_an_error() -> None:
    with pytest.raises(ValueError, match="ended after 2 documents"):
        similarities(np.array([[0, 3]]), corpus([[1], [2]]))
