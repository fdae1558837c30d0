from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from text_batches import batch_of
from winnow.score.zipf_tail import ZipfTail


def scored(scorer: ZipfTail, corpus: list[str], texts: list[str]) -> dict[str, list[float | None]]:
    found = scorer.score(batch_of(texts), scorer.prepare([batch_of(corpus)]))
    return {name: pa.array(values).to_pylist() for name, values in found.items()}


def test_the_tail_is_what_is_not_in_the_head() -> None:
    # the: 8, river: 2, eel: 1, heron: 1 of 12 words. The head of two thirds is "the": 8 / 12.
    corpus = ["the " * 8 + "river river", "eel heron"]
    found = scored(ZipfTail(head=2 / 3), corpus, ["The, the river!", "eel heron", "the", ""])
    assert found["zipf_tail"] == [pytest.approx(1 / 3), 1.0, 0.0, None]


def test_words_as_frequent_as_the_last_of_the_head_are_in_it() -> None:
    # Five words once each: the head of half would take three of five, which no order tells apart.
    found = scored(ZipfTail(head=0.5), ["a b c d e"], ["a b c d e"])
    assert found["zipf_tail"] == [0.0]


def test_the_corpus_as_a_whole_has_the_rest_in_its_tail() -> None:
    rng = np.random.default_rng(0)
    words = [f"w{rank}" for rank in rng.zipf(1.3, 30_000) % 5000]
    corpus = [" ".join(words[start : start + 100]) for start in range(0, len(words), 100)]
    found = scored(ZipfTail(), corpus, corpus)
    assert np.mean(found["zipf_tail"]) == pytest.approx(0.2, abs=0.01)


def test_equal_frequencies_have_coefficient_nought_and_zipfs_law_one() -> None:
    equal = " ".join(f"w{n}" for n in range(50))
    zipf = " ".join(f"w{rank}" for rank in (1, 2, 3, 4, 5, 6) for _ in range(60 // rank))
    found = scored(ZipfTail(least=3), [equal], [equal, zipf, "one"])
    assert found["zipf_coefficient"] == [pytest.approx(0.0), pytest.approx(1.0, abs=1e-6), None]
    assert found["zipf_fit"] == [1.0, pytest.approx(1.0, abs=1e-6), None]


def test_the_slope_is_that_of_least_squares() -> None:
    # Counts 4, 1: one slope through two points, ln 4 / ln 2 = 2. Counts 4, 2, 2 by numpy's fit.
    found = scored(ZipfTail(least=3), [""], ["a a a a b", "a a a a b b c c"])
    slope = -np.polyfit(np.log([1, 2, 3]), np.log([4, 2, 2]), 1)[0]
    assert found["zipf_coefficient"] == [pytest.approx(2.0, rel=1e-6), pytest.approx(slope, rel=1e-6)]
    fit = np.corrcoef(np.log([1, 2, 3]), np.log([4, 2, 2]))[0, 1] ** 2
    assert found["zipf_fit"][1] == pytest.approx(fit, rel=1e-6)


def test_a_short_text_has_a_tail_and_no_slope() -> None:
    found = scored(ZipfTail(), ["a a a a b"], ["a b"])
    assert found["zipf_coefficient"] == [None]
    assert not math.isnan(found["zipf_tail"][0] or math.nan)
