"""The Dolma attributes against the toolkit's definitions, one document at a time."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from text_batches import batch_of, texts
from winnow.score.dolma import Dolma

FATHER, FRANK = "I am your father.\n" * 4, "I am Frank, I am Frank, I am Frank"
REQUIRED = ("the", "be", "to", "of", "and", "that", "have", "with")


def features(*documents: str, **settings: Any) -> dict[str, list[Any]]:
    found = Dolma(**settings).score(batch_of(documents), None)
    return {name.removeprefix("dolma_"): values.tolist() for name, values in found.items()}


def plainly(text: str) -> dict[str, float]:
    """Compute the attributes of gopher_v1 and c4_v1 with counters."""
    words, lines = text.split(), text.split("\n")
    total, copies = sum(map(len, words)), Counter(lines)
    found = {
        "word_count": len(words),
        "median_word_length": median(map(len, words)),
        "symbol_ratio": sum("#" in word or "…" in word for word in words) / len(words),
        "required_words": sum(word in REQUIRED for word in words),
        "bullet_line_ratio": sum(line.startswith(("*", "-")) for line in lines) / len(lines),
        "ellipsis_line_ratio": sum(line.endswith("…") for line in lines) / len(lines),
        "dup_line_ratio": sum(count for count in copies.values() if count > 1) / len(lines),
        "dup_line_chars": sum(len(line) * count for line, count in copies.items() if count > 1) / total,
        "unended_line_ratio": sum(not line.strip().endswith((".", "?", "!", '"')) for line in lines) / len(lines),
        "short_line_ratio": sum(len(line.split()) < 3 for line in lines) / len(lines),
        "javascript": any(word.lower() == "javascript" for word in words),
        "lorem_ipsum": any("lorem ipsum" in line.lower() for line in lines),
        "brace": "{" in text,
    }
    for size in range(2, 11):
        grams = Counter(zip(*[words[step:] for step in range(size)], strict=False))
        chars = {gram: len("".join(gram)) for gram in grams}
        if size < 5:
            gram, count = (grams.most_common(1) or [((), 0)])[0]
            found[f"top_{size}gram"] = count * chars.get(gram, 0) / total
        else:
            repeated = sum(count * chars[gram] for gram, count in grams.items() if count > 1)
            found[f"dup_{size}gram"] = repeated / max(sum(count * chars[gram] for gram, count in grams.items()), 1)
    return found


def test_four_equal_lines_and_frank() -> None:
    # Words of 1 + 2 + 4 + 7 characters four times, 56; five lines, the last one empty and alone.
    # Four equal lines of 17 characters: 4 / 5, and 4 * 17 / 56 = 1.214. "I am" comes first and four times: 4 * 3 / 56.
    measured = features(FATHER, FRANK)
    assert measured["dup_line_ratio"] == [0.8, 0.0]
    assert measured["dup_line_chars"] == [pytest.approx(68 / 56), 0.0]
    assert measured["top_2gram"] == [pytest.approx(12 / 56), pytest.approx(9 / 26)]
    # Frank's five 5-grams have 12, 17, 16, 12 and 16 characters; the first and the fourth are one: 24 / 73 = .329.
    assert measured["dup_5gram"] == [1.0, pytest.approx(24 / 73)]


def test_an_ngram_that_comes_once_is_the_most_frequent_too() -> None:
    # 33 characters in words; "This is" has 6.
    assert features("This is a test of one two three four five.")["top_2gram"] == [pytest.approx(6 / 33)]


def test_personal_data_as_the_expressions_have_it() -> None:
    # An address needs white space behind it, and is missed at the end of a text; a version is an address.
    measured = features(
        "mail a@b.org now", "mail a@b.org", "ring 212-555-0123 or  (212) 555 0123", "v1.2.3.4 and 300.1.1.1.9"
    )
    assert measured["pii"] == [1, 0, 2, 2]


def test_bad_words_stand_between_spaces_and_phrases_anywhere(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("turnip\nsea kale\n")
    measured = features(
        "a Turnip x", "a turnip, x", "overseas: sea kales", "sea\nkale", bad_words=str(tmp_path / "list")
    )
    assert measured["bad_word"] == [True, False, True, False]
    assert "bad_word" not in features("turnip")


def test_texts_without_words_have_null_attributes() -> None:
    assert all(values == [None, None] for values in features("", " \n").values())


@given(st.one_of(st.lists(st.text("ab *-…#.{\n", max_size=80), max_size=4), texts))
def test_attributes_equal_the_definitions(documents: list[str]) -> None:
    measured = features(*documents)
    for row, text in enumerate(documents):
        for name, value in (plainly(text) if text.split() else {}).items():
            assert measured[name][row] == pytest.approx(value), name
