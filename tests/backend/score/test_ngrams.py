"""Obfuscated spelling and hashed n-grams."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winnow.score.ngrams import BITS, grams, plain
from winnow.score.passages import blocks, windows


def spelled(text: str) -> str:
    block = next(blocks(pa.array([text])))
    codes, _ = plain(block.codes, windows(block).starts)
    return "".join(map(chr, codes)).strip()


def buckets(text: str) -> dict[str, list[list[int]]]:
    """Return the buckets of a text of one window."""
    block = next(blocks(pa.array([text])))
    found = grams(block, windows(block))
    return {
        kind: [part.buckets[part.lows[0] : part.highs[0]].tolist() for part in parts] for kind, parts in found.items()
    }


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1d1ot", "idiot"),
        ("st\u200bup\u00adid", "stupid"),
        ("IDIÓT", "idiot"),
        ("idiooooot", "idiot"),
        ("i d i o t", "idiot"),
        ("m.o.r.o.n", "moron"),
        ("a$$", "ass"),
        ("m0r0n", "moron"),
        ("𝐢𝐝𝐢𝐨𝐭", "idiot"),
        ("\u0456d\u0456\u043et", "idiot"),
        ("d\u03b1mn", "damn"),
        ("ɪᴅɪᴏᴛ", "idiot"),
        ("🅸🅳🅸🅾🆃", "idiot"),
        ("привет, мир", "привет, мир"),
        ("don't", "dont"),
        ("room 101, 30 people", "room 101, 30 people"),
        ("a b", "a b"),
        ("two  spaces", "two spaces"),
        ("book", "book"),
    ],
)
def test_spelling(written: str, meant: str) -> None:
    assert spelled(written) == meant


def test_numbers_of_ngrams() -> None:
    # " one two " is 9 code points: 2 words, 1 pair, 7 + 6 + 5 runs of characters.
    found = buckets("one two")
    assert [len(part) for part in found["words"]] == [2, 1]
    assert [len(part) for part in found["letters"]] == [7, 6, 5]


def test_a_word_hashes_alike_wherever_it_stands() -> None:
    first, second = buckets("red blue red")["words"][0], buckets("a much longer text in blue")["words"][0]
    assert first[0] == first[2] != first[1]
    assert second[-1] == first[1]


def test_pairs_know_their_order() -> None:
    assert buckets("red blue")["words"][1] != buckets("blue red")["words"][1]


def test_ideographs_and_emoji_are_words_by_themselves() -> None:
    assert len(buckets("你好世界👍")["words"][0]) == 5


def test_sums_are_exact() -> None:
    block = next(blocks(pa.array(["one two one"])))
    words = grams(block, windows(block))["words"][0]
    table = np.zeros(1 << BITS, dtype=np.int8)
    table[words.buckets[0]], table[words.buckets[1]] = 100, -7
    assert words.sums(table).tolist() == [100 - 7 + 100]
    assert words.counts().tolist() == [3]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=120), min_size=1, max_size=5))
@settings(deadline=None, max_examples=60)
def test_buckets_lie_in_the_table_and_windows_in_the_buckets(texts: list[str]) -> None:
    for block in blocks(pa.array(texts, pa.large_string())):
        for parts in grams(block, windows(block)).values():
            for part in parts:
                assert ((part.buckets >= 0) & (part.buckets < 1 << BITS)).all()
                assert (part.lows <= part.highs).all()
                assert (part.highs <= len(part.buckets)).all()
