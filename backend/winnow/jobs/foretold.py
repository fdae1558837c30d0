"""How long a choice takes, foretold from what a million documents take."""

from __future__ import annotations

from winnow.select.base import Selector

MOMENT = 5.0
"""Seconds that a person waits without asking how many more there will be."""

TOKENS = 1000
"""Tokens of a document that paces of methods which read texts are measured with."""


def foretold(selector: Selector, documents: int, tokens: int) -> float:
    """Return about how many processor seconds a selector takes for so many documents.

    A selector's pace times the millions of documents; of one that reads texts, of documents of 1,000 tokens.
    """
    size = tokens / TOKENS if "text" in selector.needs() else documents
    return selector.pace * size / 1e6


def in_words(seconds: float) -> str:
    """Say a time as people do.

    >>> in_words(8.3), in_words(47), in_words(170), in_words(9000)
    ('8 s', '50 s', '3 min', '2.5 h')
    """
    if seconds < 10:
        return f"{max(round(seconds), 1)} s"
    if seconds < 90:
        return f"{round(seconds, -1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
