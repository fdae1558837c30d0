"""Text made safe: as HTML with marks around search hits and spans, or as Markdown that says nothing but itself."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from winnow.index.pattern import places
from winnow.jobs.document import Span

KINDS = {
    "pii_spans": "pii",
    "toxicity_spans": "toxicity",
    "boilerplate_spans": "boilerplate",
    "contamination_spans": "contamination",
    "repetition_spans": "repetition",
    "rule_spans": "rule",
}
MARKUP = str.maketrans({letter: f"\\{letter}" for letter in r"\`*_{}[]()#+-.!|<>$:~&"} | {"\n": " ", "\r": " "})
RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")


def plain(text: str) -> str:
    """Escape what Markdown would read as markup: for names that came with the corpus or were typed by somebody.

    >>> plain("a *b*")
    'a \\\\*b\\\\*'
    """
    return text.translate(MARKUP)


@dataclass(frozen=True)
class Mark:
    """A stretch of text to mark: code points, end exclusive, a CSS class and what hovering says."""

    start: int
    end: int
    kind: str
    title: str = ""


def term_marks(text: str, terms: Sequence[str]) -> list[Mark]:
    """Find whole words and phrases of a search, ignoring case."""
    words = [re.escape(term).replace(r"\ ", r"\s+") for term in terms if term.strip()]
    if not words:
        return []
    pattern = re.compile(r"(?<!\w)(?:" + "|".join(sorted(words, key=len, reverse=True)) + r")(?!\w)", re.IGNORECASE)
    found = [Mark(hit.start(), hit.end(), "term") for hit in pattern.finditer(text)]
    # Scripts written without spaces have no word borders.
    return found or [
        Mark(hit.start(), hit.end(), "term") for word in words for hit in re.finditer(word, text, re.IGNORECASE)
    ]


def hit_marks(text: str, terms: Sequence[str], pattern: str = "") -> list[Mark]:
    """Find what a search found: its words and phrases, and the matches of its pattern."""
    return term_marks(text, terms) + [Mark(start, end, "term") for start, end in places(text, pattern)]


def span_marks(spans: Mapping[str, Sequence[Span]], shown: Iterable[str]) -> list[Mark]:
    return [
        Mark(span.start, span.end, KINDS.get(name, "pii"), span.kind) for name in shown for span in spans.get(name, ())
    ]


def marked(text: str, marks: Sequence[Mark]) -> str:
    """Return escaped HTML with <mark> around every marked stretch; overlapping marks are cut, never nested.

    >>> marked("a <b> c", [Mark(2, 5, "term")])
    'a <mark class="term" title="">&lt;b&gt;</mark> c'
    """
    parts, place = [], 0
    for mark in sorted(marks, key=lambda mark: (mark.start, -mark.end)):
        start = max(mark.start, place)
        if start >= mark.end:
            continue
        parts.append(html.escape(text[place:start]))
        title = html.escape(mark.title, quote=True)
        parts.append(f'<mark class="{mark.kind}" title="{title}">{html.escape(text[start : mark.end])}</mark>')
        place = mark.end
    return "".join(parts) + html.escape(text[place:])


def snippet(text: str, terms: Sequence[str], length: int = 320, pattern: str = "") -> str:
    """Return a stretch of the text around the first hit as safe HTML on one paragraph."""
    hits = hit_marks(text, terms, pattern)
    start = max(0, min(hit.start for hit in hits) - length // 3) if hits else 0
    flat = " ".join(text[start : start + length * 2].split())[:length]
    end = "…" if start + length < len(text) else ""
    return ("… " if start else "") + marked(flat, hit_marks(flat, terms, pattern)) + end


def block(text: str, marks: Sequence[Mark], *, css: str = "winnow-text") -> str:
    """Return a block of marked text that runs right to left when its letters do."""
    direction = "rtl" if len(RIGHT_TO_LEFT.findall(text[:2000])) * 3 > len(text[:2000].strip()) else "auto"
    # A long text scrolls in its box, which the keyboard has to reach.
    reach = 'tabindex="0" role="region" aria-label="text"'
    return f'<div class="{css}" dir="{direction}" {reach}>{marked(text, marks)}</div>'
