from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.errors import SettingError
from winnow.lm.tokenizer import END, BytePairs, Bytes, fingerprint, tokenizer_of

LINES = ["the river runs past the mill", "the mill stands by the river", "a train leaves the station at nine"] * 20


def large(texts: list[str]) -> pa.LargeStringArray:
    return pa.array(texts, pa.large_string())


def test_bytes_and_an_end_after_every_text() -> None:
    tokens, offsets = Bytes().encode(large(["ab", "", "é"]))
    # é is two bytes, 195 and 169; 256 is the end mark.
    assert tokens.tolist() == [97, 98, 256, 256, 195, 169, 256]
    assert offsets.tolist() == [0, 3, 4, 7]


def test_bytes_of_a_slice_are_those_of_its_texts() -> None:
    tokens, offsets = Bytes().encode(large(["left out", "ab", "c", "too"])[1:3])
    assert tokens.tolist() == [97, 98, 256, 99, 256]
    assert offsets.tolist() == [0, 3, 5]


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",))), max_size=6))
def test_bytes_can_be_read_back(texts: list[str]) -> None:
    tokens, offsets = Bytes().encode(large(texts))
    parts = [tokens[a : b - 1].astype(np.uint8).tobytes().decode() for a, b in itertools.pairwise(offsets)]
    assert parts == texts


def test_byte_pairs_are_shorter_and_the_same_each_time() -> None:
    first, second = BytePairs.learn(LINES, 300), BytePairs.learn(LINES, 300)
    tokens, offsets = first.encode(large(LINES[:2]))
    assert first.vocabulary == 300
    assert len(tokens) < sum(map(len, LINES[:2])) / 2
    assert tokens[offsets[1] - 1] == first.end
    assert fingerprint(first) == fingerprint(second) != fingerprint(Bytes())
    assert np.array_equal(tokenizer_of(first.to_json()).encode(large(LINES[:2]))[0], tokens)


def test_a_document_that_spells_the_end_mark_does_not_end() -> None:
    pairs = BytePairs.learn([*LINES, END * 40], 320)
    tokens, offsets = pairs.encode(large([f"a{END}b"]))
    assert tokens.tolist().count(pairs.end) == 1
    assert offsets.tolist() == [0, len(tokens)]


def test_a_vocabulary_that_does_not_fit_two_bytes_is_refused() -> None:
    with pytest.raises(SettingError, match="258 to 65,536"):
        BytePairs.learn(LINES, 100_000)
