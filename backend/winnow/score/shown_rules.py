"""Where one text breaks the rules that scorers count: the very lines and words, for people to see."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from winnow.score.c4 import line_rules
from winnow.score.fineweb import SHORT_LINE
from winnow.score.gopher import BULLETS, ELLIPSES
from winnow.score.repetition import first_copies, repeats
from winnow.score.words import Mask, Pieces, Texts

Found = tuple[int, int, str]
"""(start, end, what) in code points, end exclusive."""

LONGEST = 400_000
"""Characters of a text that are looked at."""
PHRASE = 5
"""Words of the shortest repetition that Gopher's rules cover."""
C4 = {
    "unended_lines": "C4: no end mark",
    "short_lines": "C4: under 5 words",
    "javascript_lines": "C4: javascript",
    "policy_lines": "C4: policy",
    "lorem_ipsum": "C4: lorem ipsum drops the page",
    "brace": "C4: a brace drops the page",
}


def broken_rules(text: str) -> list[Found]:
    """Return the lines that a rule of C4, Gopher or FineWeb meets, each with the names of its rules."""
    texts = _texts(text)
    lines = texts.lines
    met: dict[str, Mask] = {words: mask for name, mask in line_rules(texts).items() if (words := C4.get(name))}
    met["Gopher: bullet"] = lines.starts_with(*BULLETS)
    met["Gopher: ellipsis"] = lines.ends_with(*ELLIPSES)
    met["FineWeb: short"] = lines.chars <= SHORT_LINE
    broken = np.flatnonzero(np.any(list(met.values()), axis=0)) if len(lines) else np.empty(0, np.int64)
    starts, ends = _code_points(texts, lines)
    return [
        (int(starts[place]), int(ends[place]), " · ".join(words for words, mask in met.items() if mask[place]))
        for place in broken
    ]


def repetitions(text: str) -> list[Found]:
    """Return lines said before, and stretches of five words or more that the text says twice."""
    texts = _texts(text)
    return sorted([*_again(texts), *_phrases(texts)])


def _again(texts: Texts) -> Iterator[Found]:
    lines = texts.lines
    starts, ends = _code_points(texts, lines)
    for place in np.flatnonzero(~first_copies(lines)):
        yield int(starts[place]), int(ends[place]), "a line said before"


def _phrases(texts: Texts) -> Iterator[Found]:
    *_, found = repeats(texts, PHRASE)
    if not len(found.starts):
        return
    starts, ends = _code_points(texts, texts.words)
    # Phrases that overlap are one stretch.
    breaks = np.flatnonzero(np.diff(found.starts) > PHRASE) + 1
    for stretch in np.split(found.starts, breaks):
        yield int(starts[stretch[0]]), int(ends[stretch[-1] + PHRASE - 1]), "words said more than once"


def _texts(text: str) -> Texts:
    return Texts.of(pa.array([text[:LONGEST]], pa.large_string()))


def _code_points(texts: Texts, pieces: Pieces) -> tuple[np.ndarray, np.ndarray]:
    nought = np.zeros(len(pieces.starts), dtype=np.int64)
    return texts.code_points(nought, pieces.starts), texts.code_points(nought, pieces.ends)
