"""A label in words, beside the document it speaks of: passages quoted, a pair as seen from one of its documents."""

from __future__ import annotations

import unicodedata

from winnow.catalog.label_schemas import BETWEEN, NOTHING, SKIP, LabelSchema
from winnow.catalog.labels import Label

ISOLATE, END = "\u2068", "\u2069"
LONGEST = 80
"""Characters of a passage that are quoted."""

SEEN_FROM = {
    "first": ("preferred to document {}", "document {} was preferred"),
    "second": ("document {} was preferred", "preferred to document {}"),
    "tie": ("a tie with document {}", "a tie with document {}"),
}
"""What the answer to a pair means for its first document, and for its second."""


def quoted(schema: LabelSchema, value: str, text: str) -> str:
    """Return an answer in words; each passage in quotation marks, then its tag.

    >>> ads = LabelSchema("ads", "Where are advertisements?", ("ad", "spam"), kind="spans")
    >>> quoted(ads, '[{"start":0,"end":7,"tag":"ad"},{"start":9,"end":12,"tag":"spam"}]', "Buy now. And click")
    '“Buy now” ad; “And” spam'
    """
    if schema.kind != "spans" or value == SKIP:
        return schema.shown(value)
    passages = [f"“{_excerpt(text[span['start'] : span['end']])}” {span['tag']}" for span in schema.read(value)]
    return BETWEEN.join(passages) or NOTHING


def in_words(schema: LabelSchema, label: Label, doc_id: int, text: str) -> str:
    """Return what a label says of one document with this text, which may be either one of a pair."""
    value = str(label.value)
    if label.other is None or value not in SEEN_FROM:
        return quoted(schema, value, text)
    second = label.other == doc_id
    return SEEN_FROM[value][second].format(label.doc_id if second else label.other)


def _excerpt(passage: str) -> str:
    words = " ".join(passage.split())
    words = words if len(words) <= LONGEST else f"{words[:LONGEST]}…"
    # Without marks around it, a passage from right to left would draw the tag and the quotation marks into its order.
    return (
        f"{ISOLATE}{words}{END}" if any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in words) else words
    )
