from __future__ import annotations

import itertools

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from text_batches import texts
from winnow.score.words import Pieces, Texts


def column(documents: list[str]) -> pa.Array:
    return pa.array(documents, pa.large_string())


def by_document(pieces: Pieces, documents: list[str]) -> list[list[str]]:
    found: list[list[str]] = [[] for _ in documents]
    for row, text in zip(pieces.rows.tolist(), pieces.strings().to_pylist(), strict=True):
        found[row].append(text)
    return found


@given(texts)
def test_words_are_those_of_str_split(documents: list[str]) -> None:
    found = Texts.of(column(documents))
    assert by_document(found.words, documents) == [text.split() for text in documents]


@given(texts)
def test_lines_are_stripped_and_never_blank(documents: list[str]) -> None:
    found = Texts.of(column(documents))
    expected = [[line.strip() for line in text.split("\n") if line.strip()] for text in documents]
    assert by_document(found.lines, documents) == expected
    assert found.lines.chars.tolist() == [len(line) for lines in expected for line in lines]


@given(texts)
def test_words_of_lines_cut_the_words_into_lines(documents: list[str]) -> None:
    found = Texts.of(column(documents))
    words = found.words.strings().to_pylist()
    bounds = found.words_of_lines.tolist()
    lines = found.lines.strings().to_pylist()
    assert [words[start:end] for start, end in itertools.pairwise(bounds)] == [line.split() for line in lines]


@given(texts)
def test_chars_are_code_points(documents: list[str]) -> None:
    found = Texts.of(column(documents))
    assert found.chars.tolist() == [len(text) for text in documents]
    assert found.words.chars.tolist() == [len(word) for text in documents for word in text.split()]


def test_paragraphs_are_parted_by_blank_lines() -> None:
    documents = ["one\ntwo\n\nthree", " \n four \n \t\n\nfive\n", "", "six"]
    found = Texts.of(column(documents))
    assert by_document(found.paragraphs, documents) == [["one\ntwo", "three"], ["four", "five"], [], ["six"]]


def test_a_slice_of_a_column_is_read_from_its_own_start() -> None:
    found = Texts.of(column(["ab cd", "ef", "gh ij"]).slice(1, 2))
    assert found.words.strings().to_pylist() == ["ef", "gh", "ij"]
    assert found.words.rows.tolist() == [0, 1, 1]
    assert found.column().to_pylist() == ["ef", "gh ij"]


def test_ordinary_strings_and_nulls_are_taken() -> None:
    assert Texts.of(pa.array(["a b", None])).words.rows.tolist() == [0, 0]


def test_equal_pieces_have_equal_codes() -> None:
    codes, distinct = Texts.of(column(["to be or not to be"])).words.encoded
    assert codes.tolist() == [0, 1, 2, 3, 0, 1]
    assert distinct.to_pylist() == ["to", "be", "or", "not"]


@given(st.one_of(st.lists(st.text("ab \n\u3000é", max_size=30), max_size=4), texts))
def test_raw_lines_equal_split_at_newlines(documents: list[str]) -> None:
    found = Texts.of(column(documents))
    expected = [line for text in documents for line in text.split("\n") if line]
    assert found.raw_lines.strings().to_pylist() == expected
    assert found.raw_lines.chars.tolist() == [len(line) for line in expected]
    assert found.raw_line_counts.tolist() == [len(text.split("\n")) for text in documents]
