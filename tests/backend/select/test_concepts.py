"""Matching concepts: whole words, runs of words, plurals, once a document."""

from __future__ import annotations

import doctest

import numpy as np
import pyarrow as pa
import pytest

from winnow.pool import Pool
from winnow.select import concepts as module
from winnow.select.concepts import Matcher, holdings


def pairs(concepts: list[str], *texts: str) -> list[tuple[int, int]]:
    rows, columns = Matcher.of(concepts).found(pa.array(texts, pa.large_string()))
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def test_the_examples_hold() -> None:
    assert doctest.testmod(module).failed == 0


def test_words_match_whole_whatever_their_case() -> None:
    assert pairs(["cat"], "The CAT sat.", "concatenate", "cat-like", "") == [(0, 0), (2, 0)]


def test_a_phrase_is_a_run_of_words() -> None:
    # trap: both words anywhere are no "New York", which the released index counts
    concepts = ["new york", "york"]
    assert pairs(concepts, "A new tale of York.", "in New York City", "new, york") == [(0, 1), (1, 0), (1, 1), (2, 1)]


def test_a_concept_counts_once_a_document() -> None:
    # trap: the released index writes a new noun's first document twice, so that its count is one too high
    assert pairs(["cat"], "cat cat cats a cat") == [(0, 0)]


def test_plurals_and_singulars_are_the_same_concept_unless_both_are_listed() -> None:
    assert pairs(["city", "box", "boxes", "cats"], "two cities", "boxes", "a box", "one cat") == [
        (0, 0), (1, 2), (2, 1), (3, 3)]  # fmt: skip


def test_concepts_of_no_words_or_too_many_are_in_no_text() -> None:
    assert pairs(["", "a b c d e"], "a b c d e") == []
    assert pairs(["", "a b c d e", "v w x y z", "cat"], "a cat", "cats") == [(0, 3), (1, 3)]
    assert pairs([], "a b c") == []


@pytest.mark.parametrize("long", [False, True])
def test_holdings_leave_out_the_benchmark_itself(long: bool) -> None:
    # trap: the text of the benchmark would count as evidence for its own concepts
    filler = " word" * 300_000 if long else ""  # more than the bytes that are worked on at once
    texts = ["a cat and a dog", "the dog" + filler, "What is a cat?"]
    pool = Pool(np.arange(3), np.ones(3), texts=lambda ids: pa.array([texts[i] for i in ids], pa.large_string()))
    held = holdings(pool, ["cat", "dog"], pa.array(["What is a cat?"], pa.large_string()))
    assert held.toarray().tolist() == [[1, 1], [0, 1], [0, 0]]
