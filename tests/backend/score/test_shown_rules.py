"""The places of broken rules, held against what the scorers count."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from winnow.score.c4 import C4
from winnow.score.gopher import Gopher
from winnow.score.shown_rules import broken_rules, repetitions

PAGE = """\
The river runs past the mill and down to the sea.
Home
• first point of this list
Please enable javascript to read on.
Read our privacy policy before you go on.
Ünïcode ends here without a mark
And so it went on and on...
"""
words = st.sampled_from(
    ["a", "The river runs on.", "- x", "né", "javascript is on here now.", "so ...", "\n", "\n\n", " "]
)


def batch(text: str) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"doc_id": [0], "text": [text]})


def first(values: Any) -> float:
    """Return the first value of a column, nothing as 0."""
    value = values[0].as_py() if isinstance(values, pa.Array) else values[0]
    return float(value or 0)


def test_rules_by_hand() -> None:
    found = {PAGE[start:end]: what for start, end, what in broken_rules(PAGE)}
    assert found["Home"] == "C4: no end mark · FineWeb: short"
    assert found["• first point of this list"] == "C4: no end mark · Gopher: bullet · FineWeb: short"
    assert found["Please enable javascript to read on."] == "C4: javascript"
    assert found["Read our privacy policy before you go on."] == "C4: policy"
    assert found["Ünïcode ends here without a mark"] == "C4: no end mark"
    assert found["And so it went on and on..."] == "C4: no end mark · Gopher: ellipsis · FineWeb: short"
    assert "The river runs past the mill and down to the sea." not in found


@given(st.lists(words, max_size=30).map(" ".join))
def test_as_many_lines_are_shown_as_the_scorer_counts(text: str) -> None:
    shown = [what for *_, what in broken_rules(text)]
    counted = C4().score(batch(text), None)
    for column, words in (
        ("unended_lines", "no end mark"),
        ("short_lines", "under 5"),
        ("javascript_lines", "javascript"),
    ):
        if text.split():
            assert sum(words in what for what in shown) == first(counted[f"c4_{column}"])


def test_repetitions_by_hand() -> None:
    """Lines 1 and 3 are one; "we sailed past the old mill" stands in line 2 and in line 4."""
    text = "The end is near.\nToday we sailed past the old mill again\nThe end is near.\nÜber all we sailed past the old mill twice"
    found = [(text[start:end], what) for start, end, what in repetitions(text)]
    assert found == [
        ("we sailed past the old mill", "words said more than once"),
        ("The end is near.", "a line said before"),
        ("we sailed past the old mill", "words said more than once"),
    ]
    assert repetitions("") == repetitions("said once only") == broken_rules("") == []


@given(st.lists(words, max_size=40).map(" ".join))
def test_something_is_marked_when_the_scorer_measures_something(text: str) -> None:
    measured = Gopher().score(batch(text), None)
    lines, phrases = (first(measured[f"gopher_{name}"]) for name in ("dup_line_ratio", "dup_5gram"))
    kinds = {what for *_, what in repetitions(text)}
    assert ("a line said before" in kinds) == (lines > 0)
    assert ("words said more than once" in kinds) == (phrases > 0)
