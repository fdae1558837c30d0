"""Shared terms: what is a term, how they are ordered, and how lists are read."""

from __future__ import annotations

import doctest

from winnow.select import terms as module
from winnow.select.terms import listed_terms, shared_terms

TEXTS = (
    "The prime number is a Prime Number!",
    "A prime number, and the area of a circle.",
    "The area: circle 7, number 7.",
    "",
)


def test_the_examples_hold() -> None:
    assert doctest.testmod(module).failed == 0


def test_terms_are_counted_once_a_text_and_stop_words_and_signs_are_none() -> None:
    terms = shared_terms(TEXTS, words=2, at_least=2, at_most=1, most=10)
    # number in texts 0, 1, 2; area, circle and prime in two; of pairs only "prime number" stands in two texts side by
    # side: "number is", "a prime" hold stop words, "area: circle" and "circle 7" a sign and a digit
    assert terms.names == ("number", "area", "circle", "prime", "prime number")
    assert terms.within.toarray().astype(int).tolist() == [
        [1, 0, 0, 1, 1], [1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [0, 0, 0, 0, 0],
    ]  # fmt: skip


def test_bounds_leave_terms_out() -> None:
    assert shared_terms(TEXTS, words=1, at_least=3, at_most=1, most=10).names == ("number",)
    assert shared_terms(TEXTS, words=1, at_least=1, at_most=0.5, most=10).names == ("area", "circle", "prime")
    assert shared_terms(TEXTS, words=1, at_least=1, at_most=1, most=2).names == ("number", "area")
    assert shared_terms(("", "  "), words=1, at_least=1, at_most=1, most=2).names == ()
    assert shared_terms(("the of 12",), words=1, at_least=1, at_most=1, most=2).names == ()


def test_lists_name_each_term_once_and_keep_empty_lines() -> None:
    terms = listed_terms("Area; angle; area\n\nangle")
    assert terms.names == ("area", "angle")
    assert terms.within.toarray().tolist() == [[1, 1], [0, 0], [0, 1]]
