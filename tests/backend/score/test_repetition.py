from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from text_batches import texts
from winnow.score.repetition import COVERED_SIZES, TOP_SIZES, copies, covered_share, repeats, top_share
from winnow.score.words import Texts

FATHER = "I am your father.\n" * 4
FRANK = "I am Frank, I am Frank, I am Frank"
COUNTING = "This is a test of one two three four five."
dense = st.lists(st.text("ab \n", max_size=120), max_size=4)


def of(*documents: str) -> Texts:
    return Texts.of(pa.array(documents, pa.large_string()))


def shares(*documents: str) -> dict[str, list[float]]:
    found, measured = of(*documents), {}
    for step in repeats(found, 10):
        if step.size in TOP_SIZES:
            measured[f"top_{step.size}"] = top_share(found, step).tolist()
        if step.size in COVERED_SIZES:
            measured[f"dup_{step.size}"] = covered_share(found, step).tolist()
    return measured


def test_four_equal_lines() -> None:
    # 4 lines, 1 distinct: (4 - 1) / 4 = .75; all lines have 17 characters: 3 * 17 / (4 * 17) = .75.
    found = copies(of(FATHER).lines, 1)
    assert found.pieces.tolist() == [0.75]
    assert found.chars.tolist() == [0.75]
    # Words have 1 + 2 + 4 + 7 = 14 characters a line, 56 in all. Bigrams "I am", "am your", "your father." come 4
    # times, "father. I" 3 times: 4 * 11 / 56. "am your father." 4 * 13 / 56. The line itself 4 * 14 / 56 = 1.
    measured = shares(FATHER)
    assert measured["top_2"] == [pytest.approx(44 / 56)]
    assert measured["top_3"] == [pytest.approx(52 / 56)]
    assert measured["top_4"] == [1.0]
    # 12 5-grams of period 4: each comes 3 times, and together they cover every word.
    assert measured["dup_5"] == [1.0]
    # 7 10-grams of period 4 at words 0 to 6: those at 0, 4; 1, 5; 2, 6 are twins and cover words 0 to 15; the one
    # at 3 stands alone.
    assert measured["dup_10"] == [1.0]


def test_three_times_frank() -> None:
    # Words I am Frank, I am Frank, I am Frank: 1 2 6 1 2 6 1 2 5 characters, 26 in all. "I am" comes 3 times with 3
    # characters: 9 / 26. Trigrams "I am Frank," (9) and "am Frank, I" (9) and "Frank, I am" (9) come twice: 18 / 26.
    measured = shares(FRANK)
    assert measured["top_2"] == [pytest.approx(9 / 26)]
    assert measured["top_3"] == [pytest.approx(18 / 26)]
    # 5-grams open at words 0 to 4. "I am Frank, I am" stands at 0 and 3 and covers words 0 to 7; the rest come once.
    assert measured["dup_5"] == [pytest.approx(21 / 26)]
    # 6-grams at 0 to 3: at 0 "... Frank," and at 3 "... Frank" differ, so none repeats.
    assert measured["dup_6"] == [0.0]


def test_no_repeats_and_no_words() -> None:
    measured = shares(COUNTING, "")
    assert all(values == [0.0, 0.0] for values in measured.values())


def test_a_share_never_exceeds_one() -> None:
    # "a a" comes 3 times with 2 characters in a text of 4: 6 / 4 is cut to 1.
    assert shares("a a a a")["top_2"] == [1.0]


def test_documents_are_not_mixed() -> None:
    assert shares("one two three four five six", "one two three four five six")["dup_5"] == [0.0, 0.0]
    assert copies(of("same\nother", "same").lines, 2).pieces.tolist() == [0.0, 0.0]


def test_copies_count_extra_copies_only() -> None:
    # Lines aa, b, aa, b, aa: 5 lines, 2 distinct: 3 / 5. Extra copies: aa twice, b once: 5 of 8 characters.
    found = copies(of("aa\nb\n aa \nb\n\naa").lines, 1)
    assert found.pieces.tolist() == [0.6]
    assert found.chars.tolist() == [5 / 8]


def slow(text: str, size: int) -> tuple[float, float]:
    """Return the top and the covered share of one text, by counting."""
    words = text.split()
    total = sum(map(len, words))
    grams = [tuple(words[place : place + size]) for place in range(len(words) - size + 1)]
    counts = Counter(grams)
    often = max(counts.values(), default=0)
    if often < 2:
        return 0.0, 0.0
    top = max(often * len("".join(gram)) for gram, count in counts.items() if count == often)
    covered = {place + step for place, gram in enumerate(grams) if counts[gram] > 1 for step in range(size)}
    return min(top / total, 1.0), sum(len(words[place]) for place in covered) / total


@given(st.one_of(dense, texts))
def test_every_share_equals_counting_by_hand(documents: list[str]) -> None:
    found = of(*documents)
    for step in repeats(found, 10):
        expected = [slow(text, step.size) for text in documents]
        if step.size > 1:
            assert top_share(found, step).tolist() == pytest.approx([top for top, _ in expected])
            assert covered_share(found, step).tolist() == pytest.approx([covered for _, covered in expected])


@given(st.one_of(dense, texts))
def test_copies_equal_counting_by_hand(documents: list[str]) -> None:
    found = copies(of(*documents).lines, len(documents))
    for row, text in enumerate(documents):
        counts = Counter(line.strip() for line in text.split("\n") if line.strip())
        lines, chars = counts.total(), sum(count * len(line) for line, count in counts.items())
        extra = sum((count - 1) * len(line) for line, count in counts.items())
        assert found.pieces[row] == pytest.approx((lines - len(counts)) / lines if lines else 0)
        assert found.chars[row] == pytest.approx(extra / chars if chars else 0)
