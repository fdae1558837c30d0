"""How one text differs from another, word by word, as safe HTML."""

from __future__ import annotations

import difflib
import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LONGEST = 3000
"""Words of each text that are compared; what follows is not shown."""
REACH = 'tabindex="0" role="region" aria-label="what differs"'
"""A long difference scrolls, and the keyboard has to reach it."""
_AROUND = 12
_WORDS = re.compile(r"\s*\S+")


@dataclass(frozen=True)
class Step:
    """Words that both texts have ("same"), or that one of them has alone ("gone", "new")."""

    kind: str
    text: str


def steps(before: str, after: str) -> list[Step]:
    """Return the words of both texts in order, those of `before` alone ahead of those of `after` alone.

    >>> [(step.kind, step.text) for step in steps("a b c", "a x c")]
    [('same', 'a'), ('gone', ' b'), ('new', ' x'), ('same', ' c')]
    """
    old, new = _words(before), _words(after)
    plain = [[word.strip() for word in words] for words in (old, new)]
    found: list[Step] = []
    # Without junk a repeated word of a long text would be no anchor, and everything would count as changed.
    for kind, a, b, c, d in difflib.SequenceMatcher(None, plain[0], plain[1], autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(Step("same", "".join(new[c:d])))
            continue
        if b > a:
            found.append(Step("gone", "".join(old[a:b])))
        if d > c:
            found.append(Step("new", "".join(new[c:d])))
    return found


def share_changed(found: Sequence[Step]) -> float:
    """Return which share of the words of both texts is in one of them alone."""
    sizes = [(2 if step.kind == "same" else 1, step.kind, len(step.text.split())) for step in found]
    total = sum(times * words for times, _, words in sizes)
    return sum(words for _, kind, words in sizes if kind != "same") / total if total else 0.0


def difference(found: Sequence[Step]) -> str:
    """Return safe HTML in which words are marked that only one text has; long stretches of both are left out."""
    return "".join(_pieces(found))


def _pieces(found: Sequence[Step]) -> Iterator[str]:
    for place, step in enumerate(found):
        if step.kind == "same":
            yield _shortened(step.text, first=place == 0, last=place == len(found) - 1)
        else:
            tag, what = (
                ("del", "only in the kept document") if step.kind == "gone" else ("ins", "only in this document")
            )
            yield f'<{tag} title="{what}">{html.escape(step.text)}</{tag}>'


def _shortened(text: str, *, first: bool, last: bool) -> str:
    words = _WORDS.findall(text)
    head, tail = 0 if first else _AROUND, 0 if last else _AROUND
    if len(words) <= head + tail + _AROUND:
        return html.escape(text)
    if first and last:
        head = _AROUND * 3
    left = len(words) - head - tail
    middle = f' <span class="winnow-same">… {left:,} same words …</span>'
    return (
        html.escape("".join(words[:head])) + middle + html.escape("".join(words[len(words) - tail :] if tail else []))
    )


def _words(text: str) -> list[str]:
    return [match[0] for match, _ in zip(_WORDS.finditer(text), range(LONGEST), strict=False)]
