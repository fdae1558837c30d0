"""Labels in words: passages by what they quote, pairs as seen from either document."""

from __future__ import annotations

import pytest

from winnow.catalog.label_schemas import SKIP, LabelSchema
from winnow.catalog.labels import Label
from winnow.jobs.label_words import LONGEST, in_words, quoted

TEXT = "Großer Rabatt 🎁 nur\n heute! Click here."
MARKS = LabelSchema("marks", "What is dishonest?", ("ad", "spam"), kind="spans")
PAIR = LabelSchema("better", "Which is better?", kind="pair")


def span(start: int, end: int, tag: str) -> dict[str, object]:
    return {"start": start, "end": end, "tag": tag}


def test_passages_are_quoted_in_code_points_with_their_tags() -> None:
    # "Rabatt" is code points 7 to 13, "nur\n heute" 16 to 26: the present before it is one code point, not two.
    value = MARKS.written([span(16, 26, "spam"), span(7, 13, "ad")])
    assert quoted(MARKS, value, TEXT) == "“Rabatt” ad; “nur heute” spam"


def test_a_long_passage_is_cut_and_none_is_said() -> None:
    cut = quoted(MARKS, MARKS.written([span(0, 200, "ad")]), "a" * 200)
    assert cut == f"“{'a' * LONGEST}…” ad"
    assert quoted(MARKS, MARKS.written([]), TEXT) == "(nothing)"
    assert quoted(MARKS, SKIP, TEXT) == SKIP


def test_a_passage_from_right_to_left_keeps_its_order_to_itself() -> None:
    assert quoted(MARKS, MARKS.written([span(0, 4, "ad")]), "שלום לך") == "“\u2068שלום\u2069” ad"


@pytest.mark.parametrize(
    ("schema", "answer", "words"),
    [
        (LabelSchema("genre", "?", ("news", "code"), kind="choices"), ["code", "news"], "news; code"),
        (LabelSchema("words", "?", kind="tags"), [], "(nothing)"),
        (LabelSchema("grade", "?", kind="scale"), "4", "4"),
    ],
)
def test_other_kinds_are_what_they_say(schema: LabelSchema, answer: str | list[str], words: str) -> None:
    assert quoted(schema, schema.written(answer), TEXT) == words


@pytest.mark.parametrize(
    ("value", "from_first", "from_second"),
    [
        ("first", "preferred to document 9", "document 4 was preferred"),
        ("second", "document 9 was preferred", "preferred to document 4"),
        ("tie", "a tie with document 9", "a tie with document 4"),
        (SKIP, SKIP, SKIP),
    ],
)
def test_a_pair_is_told_from_either_side(value: str, from_first: str, from_second: str) -> None:
    label = Label(1, "u", "2026-01-01", "ana", "better", 4, value, None, None, other=9)
    assert in_words(PAIR, label, 4, TEXT) == from_first
    assert in_words(PAIR, label, 9, TEXT) == from_second
