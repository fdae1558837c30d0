from __future__ import annotations

import math
import re
import string
import unicodedata
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from text_batches import batch_of
from winnow.score.redpajama import RedPajama

BULLETS = tuple("•‣▶◀◦■□▪▫–")
PIECES = (
    "the",
    "The",
    "CAPS",
    "Café",
    "ÉTÉ",
    "don't",
    "x_1",
    "12",
    "#tag",
    "...",
    "…",
    "{a}",
    "Lorem ipsum",
    "•",
    "– so",
)
MARKS = (".", "!", "?", "\n", "\n\n", " ", "”", "-", "b c", "end.")


def score(text: str) -> dict[str, Any]:
    found = RedPajama().score(batch_of([text]), None)
    return {name.removeprefix("rps_"): values.to_pylist()[0] for name, values in found.items()}


def plainly(text: str) -> dict[str, Any]:
    """Compute the signals one word at a time."""
    normal = text.lower().translate(str.maketrans("", "", string.punctuation))
    words = unicodedata.normalize("NFD", " ".join(normal.split())).split()
    if not words:
        return {}
    raw = re.findall(r"\w+|[^\w\s]+", text)
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    total, counts = sum(map(len, words)), Counter(words)
    found: dict[str, Any] = {
        "word_count": len(words),
        "num_sentences": len(re.findall(r"\b[^.!?]+[.!?]*", text)),
        "mean_word_length": total / len(words),
        "frac_unique_words": len(counts) / len(words),
        "unigram_entropy": -sum(n / len(words) * math.log(n / len(words)) for n in counts.values()),
        "lorem_ipsum": " ".join(words).count("lorem ipsum") / len(" ".join(words)),
        "frac_no_alph_words": sum(not re.search("[a-zA-Z]", token) for token in raw) / len(raw),
        "frac_all_caps_words": sum(token.isupper() for token in raw) / len(raw),
        "symbol_to_word_ratio": sum(text.count(mark) for mark in ("#", "...", "…")) / len(raw),
        "curly_bracket": (text.count("{") + text.count("}")) / len(text),
        "frac_lines_end_with_ellipsis": sum(line.endswith(("...", "…")) for line in lines) / len(lines),
        "frac_lines_end_with_terminal_mark": sum(line.endswith((".", "!", "?", "”")) for line in lines) / len(lines),
        "frac_lines_start_with_bulletpoint": sum(line.startswith(BULLETS) for line in lines) / len(lines),
    }
    for size in range(2, 11):
        runs = [tuple(words[i : i + size]) for i in range(len(words) - size + 1)]
        times = Counter(runs)
        if size < 5:
            most = max(times.values(), default=0)
            top = max((sum(map(len, run)) * n for run, n in times.items() if n == most), default=0)
            found[f"frac_chars_top_{size}gram"] = min(1, top / total) if most > 1 else 0
        else:
            covered = {i + k for i, run in enumerate(runs) if times[run] > 1 for k in range(size)}
            found[f"frac_chars_dupe_{size}grams"] = sum(len(words[i]) for i in covered) / total
    return found


def test_signals_by_hand() -> None:
    # Normalised: "see the cat see the cat" (6 words, 18 characters). Raw tokens: See the cat . SEE the CAT ... = 8.
    found = score("See the cat. SEE the CAT...")
    assert found["word_count"] == 6
    assert found["mean_word_length"] == 3
    assert found["frac_unique_words"] == 0.5
    assert found["unigram_entropy"] == pytest.approx(math.log(3))
    assert found["num_sentences"] == 2
    assert found["frac_all_caps_words"] == pytest.approx(2 / 8)
    assert found["frac_no_alph_words"] == pytest.approx(2 / 8)
    assert found["symbol_to_word_ratio"] == pytest.approx(1 / 8)
    assert found["frac_lines_end_with_ellipsis"] == 1
    # "see the" and "the cat" occur twice, 6 characters each: 2 * 6 / 18. No five words in a row repeat.
    assert found["frac_chars_top_2gram"] == pytest.approx(12 / 18)
    assert found["frac_chars_dupe_5grams"] == 0


def test_marks_and_lines_by_hand() -> None:
    # 4 lines of 31 characters with 3 newlines = 34; two start with a bullet, the hyphen is none; two end in . or ”.
    page = "• one {x}\n– two.\n- three\n“four ”"
    found = score(page)
    assert found["curly_bracket"] == pytest.approx(2 / len(page))
    assert found["frac_lines_start_with_bulletpoint"] == 0.5
    assert found["frac_lines_end_with_terminal_mark"] == 0.5


def test_punctuation_is_deleted_not_split_at() -> None:
    assert score("don't stop, well-known")["word_count"] == 3
    assert score("don't")["mean_word_length"] == 4
    assert score("Lorem, ipsum")["lorem_ipsum"] == pytest.approx(1 / 11)
    # A letter with an accent counts as two characters in NFD.
    assert score("é")["mean_word_length"] == 2


@pytest.mark.parametrize("text", ["", " \n", "... !!", "--- {}"])
def test_a_text_without_words_has_no_signals(text: str) -> None:
    assert set(score(text).values()) == {None}


@given(st.lists(st.sampled_from(PIECES + MARKS), max_size=40))
def test_they_are_the_published_signals(parts: list[str]) -> None:
    text = " ".join(parts)
    expected = plainly(text)
    assert {name: value for name, value in score(text).items() if value is not None} == pytest.approx(expected)


@given(st.lists(st.lists(st.sampled_from(PIECES + MARKS), max_size=12), max_size=5))
def test_documents_of_a_batch_do_not_mix(parts: list[list[str]]) -> None:
    documents = ["".join(mine) for mine in parts]
    found = RedPajama().score(batch_of(documents), None)
    for row, text in enumerate(documents):
        together = {name.removeprefix("rps_"): values.to_pylist()[row] for name, values in found.items()}
        assert together == pytest.approx(score(text))
