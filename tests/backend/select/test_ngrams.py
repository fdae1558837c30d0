"""Hashed n-grams: the published buckets, and the fast mode against a plain count."""

from __future__ import annotations

import doctest
import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winnow.select import ngrams as module
from winnow.select.ngrams import fast_ngrams, sha256_ngrams

ASCII = st.text(st.characters(max_codepoint=127), max_size=60)


def fast(texts: list[str], buckets: int = 65_536, length: int = 2) -> tuple[list[int], list[int]]:
    grams, owners = fast_ngrams(pa.array(texts, pa.large_string()), buckets, length)
    return grams.tolist(), owners.tolist()


def test_the_examples_hold() -> None:
    assert doctest.testmod(module).failed == 0


def test_sha256_buckets_are_those_of_the_released_code() -> None:
    # Published: alice -> 6720, "alice went" -> 114, the -> 8288. Five words and four pairs make nine n-grams.
    grams, owners = sha256_ngrams(["Alice went to the store", "of the"], 10_000, 2)
    first = grams[owners == 0].tolist()
    assert len(first) == 9
    assert first[0] == 6720
    assert first[3] == 8288
    assert first[5] == 114
    assert grams[owners == 1].tolist()[1:] == [8288, 2932]


@settings(max_examples=60, deadline=None)
@given(st.lists(ASCII, max_size=5), st.integers(1, 4))
def test_fast_finds_the_same_ngrams_in_ascii(texts: list[str], length: int) -> None:
    # two n-grams get one bucket exactly when they are the same words, but for a chance of one in 65,536 a pair
    grams, owners = fast(texts, length=length)
    named, plain_owners = [], []
    for n in range(1, length + 1):
        for place, text in enumerate(texts):
            words = re.findall(r"\w+|[^\w\s]+", text.lower())
            named += [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
            plain_owners += [place] * max(len(words) - n + 1, 0)
    assert sorted(owners) == sorted(plain_owners)
    assert owners == plain_owners
    meanings: dict[tuple[str, ...], set[int]] = {}
    for name, gram in zip(named, grams, strict=True):
        meanings.setdefault(name, set()).add(gram)
    assert all(len(found) == 1 for found in meanings.values())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=4), st.lists(st.text(max_size=40), max_size=4))
def test_fast_sees_each_text_by_itself(before: list[str], after: list[str]) -> None:
    text = "The Café — “naïve”, 東京。 🙂 שלום\u200b\x00 end"
    alone = sorted(fast([text])[0])
    grams, owners = fast([*before, text, *after])
    assert sorted(g for g, o in zip(grams, owners, strict=True) if o == len(before)) == alone


def test_signs_beyond_ascii_part_words_as_ascii_signs_do() -> None:
    assert len(fast(["one\u2014two"], length=1)[0]) == 3
    assert len(fast(["one\u00a0two\u3000three\u2003four"], length=1)[0]) == 4
    assert fast(["café bar"], length=1)[0] == fast(["CAFÉ\u2003bar"], length=1)[0]


def test_one_word_in_two_places_has_one_bucket_and_a_sliced_array_is_read_right() -> None:
    whole = pa.array(["x y", "rain", "a rain b"], pa.large_string())
    grams, owners = fast_ngrams(whole.slice(1), 65_536, 1)
    assert owners.tolist() == [0, 1, 1, 1]
    assert grams[0] == grams[2]


@pytest.mark.parametrize("texts", [[], [""], ["", ""], [" \n"]])
def test_nothing_gives_nothing(texts: list[str]) -> None:
    assert fast(texts) == ([], [])


def test_a_text_above_a_mebibyte_is_counted_whole_but_for_one_cut() -> None:
    words = 300_000
    grams, owners = fast(["", "word " * words, "end"], length=1)
    assert words + 1 <= len(grams) <= words + 2
    assert set(owners) == {1, 2}
    assert np.bincount(grams).max() >= words - 1
