"""What judges are asked, and how strictly their answers are read."""

from __future__ import annotations

import pytest

from winnow.rate.questions import (
    CRITERIA,
    DOMAINS,
    RATINGS,
    excerpt,
    fourteen_ratings,
    how_educational,
    read_ratings,
    which_is_better,
    whole_rating,
)  # fmt: skip

NAMES = tuple(RATINGS)


def filled(**changed: str) -> str:
    said = {**dict.fromkeys(NAMES, "3/5"), "domain": "H", **changed}
    return "\n".join(f"{name}: {value}" for name, value in said.items() if value)


def test_the_published_criteria_and_domains() -> None:
    assert (len(CRITERIA), len(RATINGS), len(DOMAINS)) == (4, 14, 15)


@pytest.mark.parametrize(("rating", "whole"), [(1.9, 1), (2.5, 2), (2.99, 2), (3, 3), (3.2, 4), (4.5, 5)])
def test_ratings_between_whole_numbers(rating: float, whole: int) -> None:
    assert whole_rating(rating) == whole


def test_fourteen_ratings_and_a_domain_are_read() -> None:
    found = read_ratings(filled(accuracy="5/5", coherence="**2.5**", domain="B Finance"), NAMES)
    assert found is not None
    assert len(found) == 15
    assert (found["accuracy"], found["coherence"], found["domain"]) == (5, 2, "Finance")


@pytest.mark.parametrize(
    "answer",
    ["", filled(accuracy=""), filled(domain=""), filled(accuracy="6/5"), filled(accuracy="0"), filled(domain="Q"),
     filled() + "\naccuracy: 4/5", filled() + "\ndomain: A", "I cannot rate this text."],
)  # fmt: skip
def test_anything_else_is_malformed(answer: str) -> None:
    assert read_ratings(answer, NAMES) is None


def test_prompts_hold_the_texts_and_the_choices() -> None:
    prompt = which_is_better("educational_value", "one text", "another text")
    assert prompt.choices == ("A", "B")
    assert prompt.text.index("one text") < prompt.text.index("another text")
    assert "gentle humour" in which_is_better("gentle_humour", "x", "y").text
    assert how_educational("x", 0, 5).choices == ("0", "1", "2", "3", "4", "5")
    assert all(name in fourteen_ratings("x", NAMES).text for name in (*NAMES, *DOMAINS))


def test_a_long_text_is_shown_from_both_ends() -> None:
    shown = excerpt("a" * 500 + "b" * 500, 100)
    assert shown == "a" * 50 + "\n[…]\n" + "b" * 50
    assert excerpt("short", 100) == "short"
