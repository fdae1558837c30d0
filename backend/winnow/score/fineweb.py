"""The FineWeb rules: lists, menus and repeated lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from winnow.method import Paper
from winnow.score.base import Scorer, Values
from winnow.score.limits import Limit, passes, where_words
from winnow.score.repetition import first_copies
from winnow.score.words import per_text, share, texts_of

STOP_MARKS = (*".!?\"'", *"…”’»。！？．｡؟۔।॥။។።፧։༎")
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
    at most 0.3. A text without words does not pass and has null features.
    """

    name: ClassVar[str] = "fineweb"
    paper: ClassVar[Paper | None] = Paper(
        "The FineWeb Datasets: Decanting the Web for the Finest Text Data at Scale", "2406.17557", 2024
    )

    def columns(self) -> Mapping[str, pa.DataType]:
        return {**{name: pa.float64() for name in LIMITS}, "fineweb_pass": pa.bool_()}

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
        kept = passes(features, LIMITS) & (words > 0)
        return {**where_words(features, words), "fineweb_pass": kept}
