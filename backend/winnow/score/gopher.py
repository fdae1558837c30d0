"""The Gopher rules: is it prose, and does it repeat itself."""

from __future__ import annotations

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
from winnow.score.repetition import COVERED_SIZES, TOP_SIZES, copies, covered_share, repeats, top_share
from winnow.score.words import Texts, per_text, share, texts_of

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
BULLETS = ("•", "●", "*", "-")
ELLIPSES = ("...", "…", ". . .")
WORDS = Limit(50, 100_000)
LIMITS: Mapping[str, Limit] = {
    "gopher_mean_word_length": Limit(3, 10),
    "gopher_hash_ratio": Limit(high=0.1),
    "gopher_ellipsis_ratio": Limit(high=0.1),
    "gopher_bullet_line_ratio": Limit(high=0.9),
    "gopher_ellipsis_line_ratio": Limit(high=0.3),
    "gopher_alpha_word_ratio": Limit(low=0.8),
    "gopher_stop_words": Limit(low=2),
    "gopher_dup_line_ratio": Limit(high=0.3),
    "gopher_dup_line_chars": Limit(high=0.2),
    "gopher_dup_paragraph_ratio": Limit(high=0.3),
    "gopher_dup_paragraph_chars": Limit(high=0.2),
    "gopher_top_2gram": Limit(high=0.20),
    "gopher_top_3gram": Limit(high=0.18),
    "gopher_top_4gram": Limit(high=0.16),
    "gopher_dup_5gram": Limit(high=0.15),
    "gopher_dup_6gram": Limit(high=0.14),
    "gopher_dup_7gram": Limit(high=0.13),
    "gopher_dup_8gram": Limit(high=0.12),
    "gopher_dup_9gram": Limit(high=0.11),
    "gopher_dup_10gram": Limit(high=0.10),
}


@dataclass(frozen=True, kw_only=True)
class Gopher(Scorer):
    """Measures the Gopher quality and repetition rules, for English prose.

    Words are split on whitespace, lines stripped and never blank, paragraphs runs of lines between blank lines,
    characters code points. Kept by the published thresholds: 50 to 100,000 words; mean word length 3 to 10;
    `hash_ratio` (# per word) and `ellipsis_ratio` ("...", "…", ". . ." per word) at most 0.1; `bullet_line_ratio`
    (lines opening with • ● * -) at most 0.9; `ellipsis_line_ratio` at most 0.3; `alpha_word_ratio` (words with a
    letter) at least 0.8; `stop_words` (how many of the, be, to, of, and, that, have, with appear) at least 2.

    `dup_line_ratio` = (n - n_distinct) / n at most 0.30, `dup_line_chars` = characters of every copy but the first /
    characters of all lines at most 0.20, likewise for paragraphs; `top_ngram` = min(1, count * characters of the most
    frequent n-gram / characters of all words), 0 if none occurs twice, at most 0.20, 0.18, 0.16 for n = 2, 3, 4;
    `dup_ngram` = characters of the words inside some n-gram that occurs twice / characters of all words, at most
    0.15, 0.14, 0.13, 0.12, 0.11, 0.10 for n = 5 to 10. A text without words passes nothing and has null features.
    """

    name: ClassVar[str] = "gopher"
    paper: ClassVar[Paper | None] = Paper(
        "Scaling Language Models: Methods, Analysis & Insights from Training Gopher", "2112.11446", 2021
    )

    def columns(self) -> Mapping[str, pa.DataType]:
        types = {name: pa.float64() for name in LIMITS} | {"gopher_stop_words": pa.int32()}
        return {**types, "gopher_pass": pa.bool_()}

    def score(self, batch: pa.RecordBatch, prepared: Any) -> Mapping[str, Values]:
        texts = texts_of(batch)
        features = {**_prose(texts), **_lines(texts), **_repetition(texts)}
        kept = passes(features, LIMITS) & passes({"words": texts.word_counts}, {"words": WORDS})
        return {**where_words(features, texts.word_counts), "gopher_pass": kept}


def _prose(texts: Texts) -> dict[str, NDArray[Any]]:
    words, counts = texts.words, texts.word_counts
    codes, distinct = words.encoded
    letters = pc.match_substring_regex(distinct, r"\p{L}").to_numpy(zero_copy_only=False).astype(bool)
    stop = pc.index_in(pc.utf8_lower(distinct), value_set=pa.array(STOP_WORDS, pa.large_string()))
    stop_codes = stop.fill_null(-1).to_numpy(zero_copy_only=False)[codes]
    seen = np.zeros((len(texts), len(STOP_WORDS)), dtype=np.bool_)
    listed = stop_codes >= 0
    seen[words.rows[listed], stop_codes[listed]] = True
    return {
        "gopher_mean_word_length": share(texts.word_chars, counts),
        "gopher_hash_ratio": share(_occurrences(texts, "#"), counts),
        "gopher_ellipsis_ratio": share(_occurrences(texts, *ELLIPSES), counts),
        "gopher_alpha_word_ratio": share(per_text(words.rows[letters[codes]], len(texts)), counts),
        "gopher_stop_words": seen.sum(axis=1).astype(np.int32),
    }


def _occurrences(texts: Texts, *marks: str) -> NDArray[np.int64]:
    column = texts.column()
    found = [pc.count_substring(column, pattern=mark).to_numpy(zero_copy_only=False) for mark in marks]
    counts: NDArray[np.int64] = np.sum(found, axis=0, dtype=np.int64)
    return counts


def _lines(texts: Texts) -> dict[str, NDArray[Any]]:
    lines = texts.lines
    counts = per_text(lines.rows, len(texts))
    bullets, trailing = lines.starts_with(*BULLETS), lines.ends_with(*ELLIPSES)
    return {
        "gopher_bullet_line_ratio": share(per_text(lines.rows[bullets], len(texts)), counts),
        "gopher_ellipsis_line_ratio": share(per_text(lines.rows[trailing], len(texts)), counts),
    }


def _repetition(texts: Texts) -> dict[str, NDArray[Any]]:
    lines, paragraphs = copies(texts.lines, len(texts)), copies(texts.paragraphs, len(texts))
    features = {
        "gopher_dup_line_ratio": lines.pieces,
        "gopher_dup_line_chars": lines.chars,
        "gopher_dup_paragraph_ratio": paragraphs.pieces,
        "gopher_dup_paragraph_chars": paragraphs.chars,
    }
    for found in repeats(texts, COVERED_SIZES[-1]):
        if found.size in TOP_SIZES:
            features[f"gopher_top_{found.size}gram"] = top_share(texts, found)
        elif found.size in COVERED_SIZES:
            features[f"gopher_dup_{found.size}gram"] = covered_share(texts, found)
    return features
