"""The FineWeb rules: lists, menus and repeated lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.method import Paper
from winnow.score.base import Scorer, Values
from winnow.score.limits import Limit, passes, where_words
from winnow.score.repetition import first_copies
from winnow.score.words import Texts, per_text, share, texts_of

STOP_MARKS = (*".!?\"'", *"…”’»。！？．｡؟۔।॥။។።፧։༎")
STOP_MARKS_V1 = (".", "'", '"', "!", "?")
SHORT_LINE = 30
LIMITS: Mapping[str, Limit] = {
    "fineweb_line_punct_ratio": Limit(low=0.12),
    "fineweb_short_line_ratio": Limit(high=0.67),
    "fineweb_char_dup_ratio": Limit(high=0.01),
    "fineweb_list_ratio": Limit(high=0.3),
}


@dataclass(frozen=True, kw_only=True)
class FineWeb(Scorer):
    """Measures the FineWeb rules, which find lists, menus and boilerplate.

    Over lines that are not blank, stripped: `line_punct_ratio`, the share that end with a full stop, question or
    exclamation mark, ellipsis or closing quote of some script, at least 0.12; `short_line_ratio`, the share of at
    most 30 characters, at most 0.67; `char_dup_ratio`, characters of every copy of a line but the first / characters
    of the text without newlines, at most 0.01 (the threshold of the released code); `list_ratio`, newlines / words,
    at most 0.3. (The released code strips no lines, so that a space at a line's end hides its full stop.)

    `fineweb_v1_*` are the same as the release that made FineWeb counted them: lines are not stripped and blank ones
    count, only . ' " ! ? end a line, and a document on a threshold goes: above 0.12, below 0.67, below 0.01. Where the
    release counts words with NLTK, words here are split on whitespace. A text without words does not pass and has null
    features.
    """

    name: ClassVar[str] = "fineweb"
    version: ClassVar[int] = 2
    paper: ClassVar[Paper | None] = Paper(
        "The FineWeb Datasets: Decanting the Web for the Finest Text Data at Scale", "2406.17557", 2024
    )

    def columns(self) -> Mapping[str, pa.DataType]:
        kept = {"fineweb_pass": pa.bool_(), "fineweb_v1_pass": pa.bool_()}
        return {name: pa.float64() for name in (*LIMITS, *_V1)} | kept

    def score(self, batch: pa.RecordBatch, prepared: Any) -> Mapping[str, Values]:
        texts = texts_of(batch)
        lines, size, words = texts.lines, len(texts), texts.word_counts
        counts = per_text(lines.rows, size)
        ended, short, extra = lines.ends_with(*STOP_MARKS), lines.chars <= SHORT_LINE, ~first_copies(lines)
        newlines = np.diff(np.searchsorted(texts.newlines, texts.offsets))
        features = {
            "fineweb_line_punct_ratio": share(per_text(lines.rows[ended], size), counts),
            "fineweb_short_line_ratio": share(per_text(lines.rows[short], size), counts),
            "fineweb_char_dup_ratio": share(
                per_text(lines.rows[extra], size, lines.chars[extra]), texts.chars - newlines
            ),
            "fineweb_list_ratio": share(newlines, words),
        }
        kept, first = passes(features, LIMITS) & (words > 0), _as_released(texts)
        kept_first = _passes_v1(first) & (features["fineweb_list_ratio"] <= 0.3) & (words > 0)
        return {**where_words(features | first, words), "fineweb_pass": kept, "fineweb_v1_pass": kept_first}


_V1 = ("fineweb_v1_line_punct_ratio", "fineweb_v1_short_line_ratio", "fineweb_v1_char_dup_ratio")


def _as_released(texts: Texts) -> dict[str, NDArray[np.float64]]:
    """Measure lines as `text.split("\\n")` gives them, blank ones too."""
    lines, size, counts = texts.raw_lines, len(texts), texts.raw_line_counts
    empty = counts - per_text(lines.rows, size)
    ended, short = lines.ends_with(*STOP_MARKS_V1), lines.chars <= SHORT_LINE
    worded = np.searchsorted(texts.words.starts, lines.ends) > np.searchsorted(texts.words.starts, lines.starts)
    solid = lines.take(worded)
    extra = ~first_copies(solid)
    return {
        "fineweb_v1_line_punct_ratio": share(per_text(lines.rows[ended], size), counts),
        "fineweb_v1_short_line_ratio": share(per_text(lines.rows[short], size) + empty, counts),
        "fineweb_v1_char_dup_ratio": share(
            per_text(solid.rows[extra], size, solid.chars[extra]), texts.chars - (counts - 1)
        ),
    }


def _passes_v1(found: dict[str, NDArray[np.float64]]) -> NDArray[np.bool_]:
    punct, short, extra = (found[name] for name in _V1)
    kept: NDArray[np.bool_] = (punct > 0.12) & (short < 0.67) & (extra < 0.01)
    return kept
