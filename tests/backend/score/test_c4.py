from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from text_batches import batch_of, texts
from winnow.errors import SettingError
from winnow.score.c4 import C4

GOOD = "The ferry does not run today."


def features(*documents: str, **settings: Any) -> dict[str, list[Any]]:
    return {name: values.tolist() for name, values in C4(**settings).score(batch_of(documents), None).items()}


def test_line_rules_by_hand() -> None:
    page = "\n".join(
        [
            GOOD,
            "A line without its end",
            "It trails off after this...",
            "Only four words here.",
            "Please switch on JavaScript to see this.",
            "Read our Privacy Policy before you go.",
            "x" * 1001 + " makes a line far too wide.",
            "The town lies low [12] and floods often.[3]",
        ]
    )
    measured = features(page)
    assert measured["c4_unended_lines"] == [2]
    assert measured["c4_short_lines"] == [1]
    assert measured["c4_javascript_lines"] == [1]
    assert measured["c4_policy_lines"] == [1]
    # The first and the last line stay: 2 of 8, one sentence each, too few.
    assert measured["c4_kept_line_ratio"] == [2 / 8]
    assert measured["c4_sentences"] == [2]
    assert measured["c4_pass"] == [False]


def test_three_sentences_pass() -> None:
    assert features(f"{GOOD}\n{GOOD}\n{GOOD}", f"{GOOD} {GOOD} {GOOD}", f"{GOOD} {GOOD}")["c4_pass"] == [
        True,
        True,
        False,
    ]


def test_page_rules_see_only_lines_that_are_left() -> None:
    page = f"{GOOD}\n" * 3
    measured = features(
        page + "Some lorem ipsum text in a line.",
        page + "lorem ipsum",
        page + "A brace { in a long line.",
        page + "{ }",
        page + "The javascript { in this line goes first.",
    )
    assert measured["c4_lorem_ipsum"] == [True, False, False, False, False]
    assert measured["c4_brace"] == [False, False, True, False, False]
    assert measured["c4_pass"] == [False, True, False, True, True]


def test_a_page_may_have_190_000_characters() -> None:
    page = f"{GOOD}\n{GOOD}\n{GOOD}\n"
    assert features(page.ljust(190_000), page.ljust(190_001))["c4_pass"] == [True, False]


def test_the_two_published_readings_differ_by_hand() -> None:
    # Reference: 5 words a line, 3 sentences. datatrove: 3 words, 5 sentences, words counted before "[1]" is cut, and an
    # apostrophe ends a line.
    measured = features(
        f"{GOOD}\n" * 3,
        "Only three words.\n" * 5,
        "One two [1] [2].\n" * 5,
        f"{GOOD}\n" * 4 + "He said 'no, it does not'\n",
        f"{GOOD} {GOOD} {GOOD}\n{GOOD} {GOOD}",
    )
    assert measured["c4_pass"] == [True, False, False, True, True]
    assert measured["c4_datatrove_pass"] == [False, True, True, True, True]
    assert measured["c4_sentences"] == [3, 0, 0, 4, 5]
    assert measured["c4_datatrove_sentences"] == [3, 5, 5, 5, 5]
    assert measured["c4_datatrove_kept_line_ratio"] == [1.0] * 5


def test_page_rules_of_the_other_reading_see_its_own_lines() -> None:
    # Four words: the reference drops the line before it looks for the phrase, datatrove does not.
    measured = features("Here is lorem ipsum.\nHere is a {.")
    assert measured["c4_lorem_ipsum"] == measured["c4_brace"] == [False]
    assert measured["c4_datatrove_lorem_ipsum"] == measured["c4_datatrove_brace"] == [True]


def test_long_lines_are_counted_for_mc4() -> None:
    assert features("x" * 199 + "\n" + "x" * 200 + "\n" + "é" * 200)["c4_long_lines"] == [2]


def test_a_list_of_words_drops_pages(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("turnip\nsea kale\n\n")
    page = f"{GOOD}\n{GOOD}\n{GOOD}\n"
    measured = features(
        page + "They sell one Turnip, and then some.",
        page + "They sell turnips all the long day.",
        page + "They grow sea kale on the shingle.",
        bad_words=str(tmp_path / "words.txt"),
    )
    assert measured["c4_bad_word"] == [True, False, True]
    assert measured["c4_pass"] == [False, True, False]


def test_a_list_that_is_not_there_says_so() -> None:
    with pytest.raises(SettingError, match="list of words"):
        features(GOOD, bad_words="/nowhere/words.txt")


def test_texts_without_words_have_null_features_and_fail() -> None:
    measured = features("", " \n")
    assert measured.pop("c4_pass") == measured.pop("c4_datatrove_pass") == [False, False]
    assert all(values == [None, None] for values in measured.values())


def kept_lines(text: str, least: int = 5, marks: tuple[str, ...] = (".", "?", "!", '"')) -> list[str] | None:
    """Apply the rules line by line, as the two sources state them; None when the page goes."""
    kept = []
    for raw in text.split("\n"):
        line = raw.strip()
        if not line or any(len(word) > 1000 for word in line.split()):
            continue
        before = len(line.split())
        line = re.sub(r"\[\d*\]|\[edit\]|\[citation needed\]", "", line)
        words = before if least == 3 else len(line.split())
        if not line.endswith(marks) or line.endswith("...") or words < least:
            continue
        lowered = line.lower()
        if "lorem ipsum" in lowered:
            return None
        if "javascript" in lowered:
            continue
        if "{" in lowered:
            return None
        if not any(
            phrase in lowered
            for phrase in (
                "terms of use",
                "privacy policy",
                "cookie policy",
                "uses cookies",
                "use of cookies",
                "use cookies",
            )
        ):
            kept.append(line)
    return kept


PIECES = ["one two three ", "four five", ".", "'", "...", '"', "!", "\n", " ", "[1]", "[edit]", "[", "{", "JavaScript "]
PIECES += ["lorem ipsum ", "Use cookies ", "terms of use", "é", "\u3000", "x" * 1001, "Mr. "]
fragments = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@given(st.one_of(st.lists(fragments, max_size=4), texts))
def test_lines_kept_equal_the_rules_one_by_one(documents: list[str]) -> None:
    measured = features(*documents)
    for row, text in enumerate(documents):
        if not text.split():
            continue
        lines = [line for line in text.split("\n") if line.strip()]
        other = kept_lines(text, 3, (".", "?", "!", '"', "'"))
        if other is None:
            assert measured["c4_datatrove_brace"][row] or measured["c4_datatrove_lorem_ipsum"][row]
        else:
            assert measured["c4_datatrove_kept_line_ratio"][row] == pytest.approx(len(other) / len(lines))
        kept = kept_lines(text)
        if kept is None:
            assert measured["c4_brace"][row] or measured["c4_lorem_ipsum"][row]
            assert not measured["c4_pass"][row]
        else:
            assert measured["c4_kept_line_ratio"][row] == pytest.approx(len(kept) / len(lines))
            assert measured["c4_sentences"][row] >= len(kept)
