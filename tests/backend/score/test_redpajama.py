from __future__ import annotations

import math
import re
import string
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from text_batches import batch_of
from winnow.errors import SettingError
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
    "JavaScript:",
)
MARKS = (".", "!", "?", "\n", "\n\n", " ", "”", "-", "b c", "end.")


def score(text: str) -> dict[str, Any]:
    found = RedPajama().score(batch_of([text]), None)
    return {name.removeprefix("rps_"): values.to_pylist()[0] for name, values in found.items()}


def normalised(text: str) -> str:
    return " ".join(text.lower().translate(str.maketrans("", "", string.punctuation)).split())


def plainly(text: str) -> dict[str, Any]:
    """Compute the signals one word at a time."""
    words = unicodedata.normalize("NFD", normalised(text)).split()
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
    plain = [unicodedata.normalize("NFD", normalised(line)) for line in lines if normalised(line)]
    found["lines_num_words"] = sum(len(line.split()) for line in plain) / len(plain)
    found["lines_numerical_chars_fraction"] = sum(len(re.findall(r"\d", line)) / len(line) for line in plain) / len(
        plain
    )
    upper = [sum(unicodedata.category(char) == "Lu" for char in line) / len(line) for line in lines]
    found["lines_uppercase_letter_fraction"] = sum(upper) / len(lines)
    found["lines_javascript_counts"] = words.count("javascript")
    found["stop_word_fraction"] = sum(word in ENGLISH_STOP_WORDS for word in words) / len(words)
    for size in range(2, 11):
        runs = [tuple(words[i : i + size]) for i in range(len(words) - size + 1)]
        times = Counter(runs)
        if size < 5:
            run, most = (times.most_common(1) or [((), 0)])[0]
            found[f"frac_chars_top_{size}gram"] = min(1, most * sum(map(len, run)) / total) if most > 1 else 0
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


def test_four_equal_lines_and_frank() -> None:
    # Words of 1 + 2 + 4 + 6 characters four times, 52. "i am" comes four times and first: 4 * 3. Frank's words have 1 + 2
    # + 5, three times, 24: 3 * 3; every word lies inside a 5-gram that comes twice.
    assert score("I am your father.\n" * 4)["frac_chars_top_2gram"] == pytest.approx(12 / 52)
    frank = score("I am Frank, I am Frank, I am Frank")
    assert frank["frac_chars_top_2gram"] == pytest.approx(9 / 24)
    assert frank["frac_chars_dupe_5grams"] == 1.0


def test_inside_lines_by_hand() -> None:
    # "Ab, 12" normalised "ab 12": 2 words, 2 digits of 5 characters, raw 1 upper-case letter of 6. "CD": 1 word, 2 of 2.
    found = score("Ab, 12\n\nCD")
    assert found["lines_num_words"] == 1.5
    assert found["lines_numerical_chars_fraction"] == pytest.approx((2 / 5 + 0) / 2)
    assert found["lines_uppercase_letter_fraction"] == pytest.approx((1 / 6 + 1) / 2)
    assert score("JavaScript is not java script, javascript!")["lines_javascript_counts"] == 2


def test_lists_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("turnip\nSea  Kale\n")
    (tmp_path / "stop").write_text("the\n")
    (tmp_path / "hosts").write_text("bad.example\n")
    batch = batch_of(["The turnip, sea\nkale and the sea.", "turnips", "kale sea kale"])
    urls = ["https://www.bad.example/x", "notbad.example/y", None]
    batch = batch.append_column("url", pa.array(urls, pa.string()))
    paths = {
        name: str(tmp_path / file)
        for name, file in (("bad_words", "bad"), ("stop_words", "stop"), ("blocked_hosts", "hosts"))
    }
    scorer = RedPajama(**paths)
    assert scorer.needs() == {"text", "url"}
    found = {name: list(values.to_pylist()) for name, values in scorer.score(batch, None).items()}
    assert set(found) == set(scorer.columns())
    assert found["rps_ldnoobw_words"] == [2, 0, 1]
    assert found["rps_ut1_blacklist"] == [True, False, False]
    assert found["rps_stop_word_fraction"] == [pytest.approx(2 / 7), 0.0, 0.0]
    with pytest.raises(SettingError, match="--set blocked_hosts=PATH"):
        RedPajama(blocked_hosts="/nowhere/hosts").score(batch, None)


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
