"""Texts as code points and windows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winnow.score.passages import BLOCK, LONGEST, PIECE, blocks, fold, places, windows

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


def cut(texts: list[str]) -> list[tuple[int, str]]:
    found = []
    for block in blocks(pa.array(texts, pa.large_string())):
        parts = windows(block)
        for row, start, end in zip(block.rows[parts.pieces], *places(block, parts), strict=True):
            found.append((int(row), texts[row][start:end]))
    return found


def test_windows_end_after_sentences_and_blank_lines() -> None:
    text = "The first sentence. Is this the second? Yes it is the\nthird one\n\nA heading without end\n\nThe last."
    assert cut([text]) == [
        (0, "The first sentence."),
        (0, "Is this the second?"),
        (0, "Yes it is the\nthird one"),
        (0, "A heading without end\n\nThe last."),  # "The last." is 9 code points: too short to stand alone
    ]


def test_short_pieces_stay_with_their_neighbours() -> None:
    # "Oh! No. Dr." are 3 code points each: none is cut off alone.
    assert cut(["Oh! No. Dr. Who came here today."]) == [(0, "Oh! No. Dr. Who came here today.")]


def test_long_windows_are_cut_evenly_at_white_space() -> None:
    text = "word " * 300
    found = [piece for _, piece in cut([text])]
    assert " ".join(found) == text.strip()
    assert len(found) == 4  # ceil(1502 / 400), the newlines before and after counted
    assert all(len(piece) <= LONGEST for piece in found)


def test_a_text_longer_than_a_block_keeps_its_places() -> None:
    text = "Ünïcode all the way. " * (2 * BLOCK // 20)
    found = cut(["first", text, "last"])
    assert found[0] == (0, "first")
    assert found[-1] == (2, "last")
    middle = [piece for row, piece in found if row == 1]
    assert " ".join(middle) == text.strip()
    assert sum(piece != "Ünïcode all the way." for piece in middle) <= 2 * (len(text.encode()) // PIECE)


def test_a_text_without_white_space_is_cut_between_code_points() -> None:
    text = "é" * PIECE
    found = [piece for _, piece in cut([text])]
    assert "".join(found) == text


@pytest.mark.parametrize("texts", [[], [""], ["", "a", ""], ["\x00"], ["\n\n\n"], ["👩‍👩‍👧 مرحبا שלום"]])
def test_odd_texts(texts: list[str]) -> None:
    assert [piece for _, piece in cut(texts) if piece] == [text for text in texts if text.strip("\x00\n")]


@given(st.lists(TEXT, max_size=6))
@settings(deadline=None, max_examples=60)
def test_windows_lose_only_white_space_and_never_depend_on_neighbours(texts: list[str]) -> None:
    found = cut(texts)
    for row, text in enumerate(texts):
        mine = [piece for owner, piece in found if owner == row]
        kept = "".join(mine).translate(dict.fromkeys(map(ord, "".join(c for c in text if not c.isprintable()))))
        assert [piece for _, piece in cut([text])] == mine
        assert [c for c in kept if c.isalnum()] == [c for c in text if c.isalnum()]


def test_fold_takes_case_accents_and_width_away() -> None:
    codes = np.array([ord(letter) for letter in "Éß１\u200b'\t中"], dtype=np.uint32)
    assert [chr(code) for code in fold(codes)] == ["e", "ß", "1", "\x00", "\x00", " ", "中"]


def test_sliced_arrays_read_their_own_rows() -> None:
    whole = pa.array(["aaaa", "bbbb", "cccc", "dddd"], pa.string())
    block = next(blocks(whole.slice(1, 2)))
    assert "".join(map(chr, block.codes)) == "\nbbbb\n\ncccc\n"
    assert block.starts.tolist() == [0, 6, 12]
