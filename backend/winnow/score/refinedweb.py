"""The RefinedWeb line rules: how much of a page is buttons, counters and headings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.method import Paper
from winnow.score.base import Scorer, Values
from winnow.score.limits import Limit, passes, where_words
from winnow.score.words import Mask, Pieces, Places, Texts, per_text, share, texts_of

LIMITS: Mapping[str, Limit] = {"refinedweb_removed_words": Limit(high=0.05)}
MAX_UPPER = 0.5
MIN_WORDS = 2
MAX_CUT_WORDS = 10
COUNTED = "likes|shares|comments|retweets|reposts|quotes|bookmarks|upvotes|downvotes|downloads|views|followers"
_COUNTER = re.compile(rf"\W*\d[\d,.]*[kmb]?\s+(?:{COUNTED})\W*", re.IGNORECASE)
_CUT = re.compile(r"\s?items in cart|\s?read more(?:\.\.\.|…)$|^sign-in\s?", re.IGNORECASE)
_RULES = ("upper_lines", "number_lines", "counter_lines", "short_lines", "cut_lines")


@dataclass(frozen=True, kw_only=True)
class RefinedWeb(Scorer):
    """Measures the RefinedWeb line rules, which find pages that are mostly buttons and counters.

    Each line that is not blank, stripped, meets in this order: `upper_lines`, more than half of the characters are
    upper-case letters; `number_lines`, every character is a digit; `counter_lines`, a number and a word such as
    "likes", "views" or "followers" ("1.2k views"); `short_lines`, one word. Those lines go. From lines of at most 10
    words "items in cart", a closing "Read more..." and an opening "Sign-in" are cut (`cut_lines`).

    `refinedweb_removed_words` is the share of the document's words that go so, at most 0.05 for a pass. Counts are of
    lines by the first rule that met them. The rules are measured, not applied: the text stays whole. The published
    filter applies them to pages that pass the Gopher rules. A text without words does not pass and has null features.
    """

    name: ClassVar[str] = "refinedweb"
    paper: ClassVar[Paper | None] = Paper(
        "The RefinedWeb Dataset for Falcon LLM: Outperforming Curated Corpora with Web Data, and Web Data Only",
        "2306.01116",
        2023,
    )

    def columns(self) -> Mapping[str, pa.DataType]:
        counts = {f"refinedweb_{rule}": pa.int32() for rule in _RULES}
        return {**counts, "refinedweb_removed_words": pa.float64(), "refinedweb_pass": pa.bool_()}

    def score(self, batch: pa.RecordBatch, prepared: Any) -> Mapping[str, Values]:
        texts = texts_of(batch)
        lines, size = texts.lines, len(texts)
        words = np.diff(texts.words_of_lines)
        left, met = np.ones(len(lines), dtype=np.bool_), {}
        upper, digits = char_counts(texts, lines, r"\p{Lu}", "AZ"), char_counts(texts, lines, r"\p{Nd}", "09")
        dropped = (upper > MAX_UPPER * lines.chars, digits == lines.chars, _counters(lines), words < MIN_WORDS)
        for rule, mask in zip(_RULES, dropped, strict=False):
            met[rule], left = left & mask, left & ~mask
        removed = np.where(left, _cut(texts, lines, words), words)
        met["cut_lines"] = left & (removed > 0)
        features: dict[str, NDArray[Any]] = {
            f"refinedweb_{rule}": per_text(lines.rows[met[rule]], size).astype(np.int32) for rule in _RULES
        }
        features["refinedweb_removed_words"] = share(per_text(lines.rows, size, removed), texts.word_counts)
        kept = passes(features, LIMITS) & (texts.word_counts > 0)
        return {**where_words(features, texts.word_counts), "refinedweb_pass": kept}


def char_counts(texts: Texts, lines: Pieces, pattern: str, ends: str) -> Places:
    """Count the characters of each line in a range of ASCII, or, where a line holds others, those of the pattern."""
    data = texts.data
    counts = _within(lines, (data >= ord(ends[0])) & (data <= ord(ends[1])))
    foreign = np.flatnonzero(lines.ends - lines.starts > lines.chars)
    if len(foreign):
        counts[foreign] = pc.count_substring_regex(lines.take(foreign).strings(), pattern=pattern)
    return counts


def _within(lines: Pieces, mask: Mask) -> Places:
    places = np.flatnonzero(mask)
    counts: Places = np.searchsorted(places, lines.ends) - np.searchsorted(places, lines.starts)
    return counts


def _counters(lines: Pieces) -> Mask:
    """Say which lines are a number and what it counts."""
    mask = np.zeros(len(lines), dtype=np.bool_)
    opening = lines.data[lines.starts] | 0x20
    for line, string in _strings(lines, (opening < ord("a")) | (opening > ord("z"))):
        mask[line] = _COUNTER.fullmatch(string) is not None
    return mask


def _cut(texts: Texts, lines: Pieces, words: Places) -> Places:
    """Count the words that go from each short line with the phrases that are cut."""
    gone = np.zeros(len(lines), dtype=np.int64)
    holds = lines.ends_with("...", "…") | lines.starts_with("s", "S")
    places = [match.start() for match in re.finditer(b"items in cart", texts.data.tobytes().lower())]
    holds[np.searchsorted(lines.starts, places, side="right") - 1] = True
    for line, string in _strings(lines, holds & (words <= MAX_CUT_WORDS)):
        gone[line] = words[line] - len(_CUT.sub("", string).split())
    return gone


def _strings(lines: Pieces, chosen: Mask) -> list[tuple[int, str]]:
    """Return the chosen lines and their texts."""
    found = np.flatnonzero(chosen)
    return list(zip(found.tolist(), lines.take(found).strings().to_pylist(), strict=True))
