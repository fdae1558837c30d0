from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.jobs.document import Span
from winnow_app.parts.highlight import Mark, block, hit_marks, marked, plain, snippet, span_marks, term_marks

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>"
TAGS = re.compile(r"<[^>]*>")


def words_of(shown: str) -> str:
    return html.unescape(TAGS.sub("", shown))


def test_text_is_escaped_inside_and_outside_of_marks() -> None:
    shown = marked(f"a {ATTACK} b", [Mark(2, 2 + len(ATTACK), "pii", 'x" onmouseover="alert(3)')])
    assert "<script" not in shown
    assert "<img" not in shown
    assert TAGS.findall(shown) == ['<mark class="pii" title="x&quot; onmouseover=&quot;alert(3)">', "</mark>"]
    assert words_of(shown) == f"a {ATTACK} b"


def test_overlapping_marks_are_cut_and_never_nested() -> None:
    # text 0123456789: the first covers 0–6, the second 4–8 keeps 6–8, the third lies inside the first and goes
    shown = marked("0123456789", [Mark(4, 8, "pii"), Mark(0, 6, "term"), Mark(2, 4, "toxicity")])
    assert shown == '<mark class="term" title="">012345</mark><mark class="pii" title="">67</mark>89'


@given(st.text(), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60))))
def test_marks_never_change_the_text(text: str, places: list[tuple[int, int]]) -> None:
    shown = marked(text, [Mark(a, b, "term") for a, b in places])
    without_marks = re.sub(r'<mark class="term" title="">|</mark>', "", shown)
    assert html.unescape(without_marks) == html.unescape(html.escape(text))
    assert "<" not in without_marks


def test_terms_are_whole_words_whatever_their_case() -> None:
    assert [(mark.start, mark.end) for mark in term_marks("Cat, concat CAT", ["cat"])] == [(0, 3), (12, 15)]


def test_a_phrase_matches_across_spaces_and_line_ends() -> None:
    assert [(mark.start, mark.end) for mark in term_marks("red \n fox", ["red fox"])] == [(0, 9)]


def test_terms_in_scripts_without_spaces_are_found_inside_words() -> None:
    assert [(mark.start, mark.end) for mark in term_marks("我喜欢图书馆", ["图书"])] == [(3, 5)]


@pytest.mark.parametrize("terms", [[], [""], ["  "]])
def test_no_terms_mark_nothing(terms: list[str]) -> None:
    assert term_marks("anything", terms) == []


def test_terms_are_text_and_not_patterns() -> None:
    assert [(mark.start, mark.end) for mark in term_marks("a.c abc (x", ["a.c"])] == [(0, 3)]
    assert [(mark.start, mark.end) for mark in term_marks("call f(x", ["f(x"])] == [(5, 8)]


def test_only_the_chosen_spans_are_marked() -> None:
    spans = {"pii_spans": [Span(0, 3, "email")], "toxicity_spans": [Span(4, 6, "insult")]}
    assert span_marks(spans, ["toxicity_spans"]) == [Mark(4, 6, "toxicity", "insult")]
    assert span_marks(spans, ["pii_spans"]) == [Mark(0, 3, "pii", "email")]


def test_right_to_left_text_runs_right_to_left() -> None:
    assert 'dir="rtl"' in block("السفينة تغادر الميناء", [])
    assert 'dir="auto"' in block("The ship leaves the harbour", [])
    assert 'dir="auto"' in block("", [])


def test_a_snippet_shows_the_first_hit_and_says_that_there_is_more() -> None:
    text = "x " * 600 + "needle" + " y" * 600
    shown = snippet(text, ["needle"])
    assert '<mark class="term" title="">needle</mark>' in shown
    assert shown.startswith("… ")
    assert shown.endswith("…")
    assert snippet("short", ()) == "short"


@given(st.text(max_size=700), st.lists(st.text(min_size=1, max_size=8), max_size=3))
def test_a_snippet_is_safe_for_any_text_and_terms(text: str, terms: list[str]) -> None:
    assert set(TAGS.findall(snippet(text, terms))) <= {'<mark class="term" title="">', "</mark>"}


@given(st.text())
def test_plain_escapes_every_sign_of_markup_and_nothing_is_lost(text: str) -> None:
    shown = plain(text)
    assert not re.search(r"(?<!\\)(?:\\\\)*[*_`\[\]<>$:|~#!]", shown)
    assert re.sub(r"\\(.)", r"\1", shown) == text.replace("\n", " ").replace("\r", " ")


def test_a_pattern_is_marked_beside_the_words() -> None:
    marks = hit_marks("water 1999 and fire 2001", ["fire"], "[0-9]{4}")
    assert sorted((mark.start, mark.end) for mark in marks) == [(6, 10), (15, 19), (20, 24)]
    assert "1999</mark>" in snippet("x " * 900 + "1999 again", (), pattern="[0-9]{4}")
