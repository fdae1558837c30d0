from __future__ import annotations

import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from text_batches import batch_of, texts
from winnow.score.refinedweb import RefinedWeb

COUNTER = (
    r"\W*\d(?:,|\.|\d)*(?:k|m|b)?\s+"
    r"(?:likes|shares|comments|retweets|reposts|quotes|bookmarks|upvotes|downvotes|downloads|views|followers)\W*"
)


def score(text: str) -> dict[str, Any]:
    found = RefinedWeb().score(batch_of([text]), None)
    return {name.removeprefix("refinedweb_"): values.tolist()[0] for name, values in found.items()}


def by_line(text: str) -> dict[str, Any]:
    """Apply the rules one line at a time."""
    counts = dict.fromkeys(["upper_lines", "number_lines", "counter_lines", "short_lines", "cut_lines"], 0)
    removed = total = 0
    for line in (line.strip() for line in text.split("\n")):
        words = len(line.split())
        if not words:
            continue
        total += words
        kinds = [unicodedata.category(char) for char in line]
        if kinds.count("Lu") / len(line) > 0.5:
            rule = "upper_lines"
        elif kinds.count("Nd") == len(line):
            rule = "number_lines"
        elif re.fullmatch(COUNTER, line.lower()):
            rule = "counter_lines"
        elif words < 2:
            rule = "short_lines"
        else:
            rule = ""
            if words <= 10:
                cut = re.sub(r"(?i)\s?items in cart|\s?read more(?:\.\.\.|…)$|^sign-in\s?", "", line)
                removed += words - len(cut.split())
                counts["cut_lines"] += words > len(cut.split())
        if rule:
            counts[rule] += 1
            removed += words
    share = removed / total if total else 0
    features = {**counts, "removed_words": share} if total else dict.fromkeys([*counts, "removed_words"])
    return {**features, "pass": total > 0 and share <= 0.05}


def test_every_rule_by_hand() -> None:
    page = (
        "OUR NEWS Today\n"  # 8 of 14 characters are upper case: 3 words
        "2019\n"  # 1 word
        "1.2k Views!\n"  # 2 words
        "Home\n"  # 1 word
        "3 items in cart\n"  # 3 of 4 words
        "Sign-in to see it\n"  # 1 of 4 words
        "The river rose. Read more...\n"  # 2 of 5 words
        "\n" + "The ferry has not run since the snow melted. " * 9  # 81 words, nothing goes
    )
    assert score(page) == {
        "upper_lines": 1,
        "number_lines": 1,
        "counter_lines": 1,
        "short_lines": 1,
        "cut_lines": 3,
        "removed_words": pytest.approx(13 / 101),
        "pass": False,
    }


def test_the_threshold_itself_passes() -> None:
    line = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    assert score(f"{line} a b c\nHome")["removed_words"] == pytest.approx(0.05)
    assert score(f"{line} a b c\nHome")["pass"] is True
    assert score(f"{line} a b\nHome")["pass"] is False


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("AB cd", None),  # 2 of 5
        ("ABC d", "upper_lines"),  # 3 of 5
        ("ÀÉÎ é", "upper_lines"),
        ("ab CDE", None),  # exactly half
        ("١٢٣", "number_lines"),
        ("12 34", None),  # a blank is no digit
        ("1,234 likes", "counter_lines"),
        ("— 15K followers —", "counter_lines"),
        ("likes 3", None),
        ("3 people like views", None),
        ("word", "short_lines"),
        ("the read more... link", None),
        ("please read more…", "cut_lines"),
        ("one two three four five six seven eight nine items in cart", None),  # 12 words
        ("to sign-in", None),
    ],
)
def test_lines(line: str, rule: str | None) -> None:
    found = score(f"two words\n{line}\ntwo words")
    assert {name for name, value in found.items() if name.endswith("lines") and value} == ({rule} if rule else set())


def test_a_text_without_words_does_not_pass() -> None:
    assert score(" \n ") == by_line(" \n ")
    assert score("")["pass"] is False


@given(texts)
def test_it_is_the_rules_line_by_line(documents: list[str]) -> None:
    found = RefinedWeb().score(batch_of(documents), None)
    rows = [
        {name.removeprefix("refinedweb_"): values.tolist()[row] for name, values in found.items()}
        for row in range(len(documents))
    ]
    assert rows == [pytest.approx(by_line(text)) for text in documents]


PARTS = ("Sign-in", "3 items in cart", "Read more...", "12k views", "HELLO", "word", "2020", "and then", "\n", "É", "…")


@given(st.lists(st.sampled_from(PARTS), max_size=25))
def test_it_is_the_rules_line_by_line_where_they_fire(parts: list[str]) -> None:
    text = " ".join(parts)
    assert score(text) == pytest.approx(by_line(text))
