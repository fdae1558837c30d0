"""Each tool's formula on one sentence, by hand, and against plain code."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from text_batches import batch_of, texts
from winnow.score.gopher_variants import GopherVariants, marks_apart, words_alone
from winnow.score.words import Texts

FATHER, FRANK = "I am your father.\n" * 4, "I am Frank, I am Frank, I am Frank"
COUNTING = "This is a test of one two three four five."


def features(*documents: str) -> dict[str, list[Any]]:
    found = GopherVariants().score(batch_of(documents), None)
    return {name.removeprefix("gopher_"): values.tolist() for name, values in found.items()}


def test_datatrove_by_hand() -> None:
    measured = features(FATHER, FRANK, COUNTING)
    # 72 characters. Split at newlines: four lines of 17 and an empty one; three are copies: 3 / 5 and 51 / 72 = .708.
    assert measured["dup_line_ratio_datatrove"] == [0.6, 0.0, 0.0]
    assert measured["dup_line_chars_datatrove"] == [pytest.approx(51 / 72), 0.0, 0.0]
    # "I am" with its space, the first of those that come most often: 4 * 4 / 72, 3 * 4 / 34. "This is" once: 7 / 42.
    assert measured["top_2gram_datatrove"] == pytest.approx([16 / 72, 12 / 34, 7 / 42])
    # I am your father . | I am ...: the 5-grams at words 5, 10 and 15 were met before, 14 characters each: 42 / 72.
    # I am Frank , I | am: that of word 4 was met at word 0, 10 characters; word 9 opens no other: 10 / 34 = .294.
    assert measured["dup_5gram_datatrove"] == pytest.approx([42 / 72, 10 / 34, 0])


def test_dclm_by_hand() -> None:
    measured = features(FATHER, FRANK, COUNTING)
    assert measured["dup_line_ratio_dclm"] == measured["dup_line_chars_dclm"] == [1.0, 0.0, 0.0]
    # Words of 1 + 2 + 4 + 6 = 13 characters, 52; "your father" is the longest of those that come four times: 4 * 10 / 52.
    # Frank without commas: 24 characters; "am Frank" comes three times with 7: 21 / 24. Counting: nothing repeats.
    assert measured["top_2gram_dclm"] == pytest.approx([40 / 52, 21 / 24, 0])
    assert measured["dup_5gram_dclm"] == [1.0, 1.0, 0.0]


def test_nemo_by_hand() -> None:
    measured = features(FATHER, FRANK, COUNTING)
    # Cut "I am" out of 72 characters four times, out of 34 three times; "This is" once out of 42.
    assert measured["top_2gram_nemo"] == pytest.approx([16 / 72, 12 / 34, 7 / 42])
    # Father: 5-grams at words 4 to 11 came before: the first adds 15 characters and 4 spaces, each of the other seven a
    # word and a space (2 4 7 1 2 4 7, and 7): 19 + 34 = 53 of 72. Frank: that at word 3, 12 + 4 of 34 = .471.
    assert measured["dup_5gram_nemo"] == pytest.approx([53 / 72, 16 / 34, 0])
    # Nine words are too few for a 10-gram.
    assert measured["dup_10gram_nemo"][1] == 1.0


def test_one_line_alone_is_no_copy_for_dclm() -> None:
    assert features("one line\n\n")["dup_line_ratio_dclm"] == [0.0]


def test_words_and_marks() -> None:
    found = Texts.of(batch_of(["Don't! 3.14, (a–b) “x” e.g. well-known…"]).column("text"))
    assert " ".join(words_alone(found).words.strings().to_pylist()) == "Don't 3.14 a b x e.g well known"
    assert " ".join(marks_apart(found).words.strings().to_pylist()).startswith(
        "Don ' t ! 3 . 14 , ( a – b ) “ x ” e . g ."
    )


def tokens(text: str) -> list[str]:
    return re.findall(r"[^\W_]+|[^\w\s]", text)


def greedy(words: list[str], size: int) -> int:
    met: set[tuple[str, ...]] = set()
    chars = place = 0
    while place <= len(words) - size:
        gram = tuple(words[place : place + size])
        if gram in met:
            chars += len("".join(gram))
            place += size
        else:
            met.add(gram)
            place += 1
    return chars


def cut(text: str, size: int) -> tuple[float, float]:
    """Return NeMo's two shares of one text, n-gram by n-gram."""
    words, chars, left = text.split(), 0, 0
    grams = [tuple(words[i : i + size]) for i in range(len(words) - size + 1)]
    if not grams:
        return 1.0, 1.0
    counts: Counter[tuple[str, ...]] = Counter()
    for gram in grams:
        counts[gram] += 1
        if counts[gram] > 1:
            chars += sum(map(len, gram[left:])) + min(size - left, size - 1)
            left = size
        left = max(left - 1, 0)
    top = " ".join(counts.most_common(1)[0][0])
    return (len(text) - len(text.replace(top, ""))) / len(text), chars / len(text)


@given(st.one_of(st.lists(st.text("ab .,\n", max_size=100), max_size=4), texts))
def test_shares_equal_plain_code(documents: list[str]) -> None:
    measured = features(*documents)
    for row, text in enumerate(documents):
        if not text.split():
            continue
        for size in (2, 4, 5, 7):
            if size > 4 and text.isascii() and text.isprintable():
                assert measured[f"dup_{size}gram_datatrove"][row] == pytest.approx(
                    greedy(tokens(text), size) / len(text)
                )
            name = f"top_{size}gram_nemo" if size < 5 else f"dup_{size}gram_nemo"
            assert measured[name][row] == pytest.approx(cut(text, size)[size > 4]), name
        lines = re.split(r"\n+", text)
        extra = [line for place, line in enumerate(lines) if line in lines[:place]]
        assert measured["dup_line_ratio_datatrove"][row] == pytest.approx(len(extra) / len(lines))
        assert measured["dup_line_chars_datatrove"][row] == pytest.approx(len("".join(extra)) / len(text))


@given(texts)
def test_shares_stay_in_range(documents: list[str]) -> None:
    for name, values in features(*documents).items():
        known = [value for value in values if value is not None]
        assert all(value >= 0 for value in known)
        if not re.fullmatch(r"top_.gram_datatrove", name):  # spaces put between words that had none may exceed the text
            assert all(value <= 1 + 1e-12 for value in known), name
