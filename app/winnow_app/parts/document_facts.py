"""What a document is called and its facts as words, for lists and cards."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

HEADLINE = ("quality", "toxicity", "language", "tokens", "pii", "cluster_name", "duplicate_group")


def title_of(values: Mapping[str, Any]) -> str:
    """Return what a document is called: its address, its own id or its number."""
    for name in ("url", "id"):
        value = values.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()[:100]
    return f"document {values.get('doc_id', '')}"


def known(value: Any) -> bool:
    """Whether a value is there at all: neither None nor NaN nor NaT."""
    return value is not None and value == value and value != ""


def badges(values: Mapping[str, Any], names: Sequence[str] = HEADLINE) -> str:
    """Return a row of small facts as safe HTML."""
    shown = []
    for name in names:
        value = values.get(name)
        if not known(value):
            continue
        words = str(value)[:10] if name == "date" else badge_words(value)
        shown.append(f"<span>{html.escape(name.replace('_', ' '))} <b>{html.escape(words)}</b></span>")
    return f'<div class="winnow-badges">{"".join(shown)}</div>'


def heading(values: Mapping[str, Any], names: Sequence[str] = HEADLINE) -> str:
    """Return a document's title, where it came from and its badges as safe HTML."""
    title, number, date = title_of(values), f"document {values['doc_id']}", values.get("date")
    where = [str(part) for part in (values.get("source"), date and str(date)[:10]) if known(part)]
    line = " · ".join([number, *where] if title != number else where)
    return (
        f'<div class="winnow-title" dir="auto">{html.escape(title)}</div>'
        f'<div class="winnow-where">{html.escape(line)}</div>{badges(values, names)}'
    )


def badge_words(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() and abs(value) > 1 else f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
