"""The RedPajama-V2 signals: words, sentences, marks and repetition, after normalisation."""

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
from winnow.score.foreign import with_foreign
from winnow.score.limits import where_words
from winnow.score.repetition import COVERED_SIZES, TOP_SIZES, covered_share, regroup, repeats, top_share
from winnow.score.words import Places, Texts, per_text, share, texts_of

Floats = NDArray[np.float64]
SYMBOLS = ("#", "...", "…")
ELLIPSES = ("...", "…")
TERMINALS = (".", "!", "?", "”")
BULLETS = ("•", "‣", "▶", "◀", "◦", "■", "□", "▪", "▫", "–")
_PUNCTUATION = np.isin(np.arange(256), list(b"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"))
_LOWER = np.arange(256, dtype=np.uint8)
_LOWER[65:91] += 32
_IN_WORD = (np.arange(256) >= 128) | np.isin(np.arange(256), list(b"_0123456789"))
_IN_WORD[65:91] = _IN_WORD[97:123] = True
_ENDS_SENTENCE = np.isin(np.arange(256), list(b".!?"))
_WORD = r"[\pL\pN_]"


@dataclass(frozen=True, kw_only=True)
class RedPajama(Scorer):
    """Measures the RedPajama-V2 quality signals that need no word lists and no models.

    Normalised words: lower case, ASCII punctuation deleted, split on whitespace, NFD. On them: `word_count`,
    `mean_word_length`, `frac_unique_words`, `unigram_entropy` = -Σ p ln p, `frac_chars_top_ngram` (n = 2, 3, 4) and
    `frac_chars_dupe_ngrams` (n = 5 to 10), as in the Gopher rules but on normalised words, `lorem_ipsum` per character.
    Raw tokens are runs of letters, digits and _, or runs of other marks: `frac_no_alph_words` (without A-Z, a-z),
    `frac_all_caps_words`, and `symbol_to_word_ratio` (#, ..., … per token). `curly_bracket` counts { and } per
    character; `num_sentences` the stretches between . ! ? that hold a letter or a digit. Of lines that are not blank:
    the shares that end with an ellipsis, end with . ! ? or ”, or start with a bullet (no hyphen).

    Of n-grams of the same count the one with most characters is the top one. A text without normalised words has null
    signals.
    """

    name: ClassVar[str] = "redpajama"
    paper: ClassVar[Paper | None] = Paper(
        "RedPajama: an Open Dataset for Training Large Language Models", "2411.12372", 2024
    )
    default: ClassVar[bool] = False

    def columns(self) -> Mapping[str, pa.DataType]:
        names = (
            "mean_word_length",
            "frac_unique_words",
            "unigram_entropy",
            "lorem_ipsum",
            "frac_no_alph_words",
            "frac_all_caps_words",
            "symbol_to_word_ratio",
            "curly_bracket",
            "frac_lines_end_with_ellipsis",
            "frac_lines_end_with_terminal_mark",
            "frac_lines_start_with_bulletpoint",
            *(f"frac_chars_top_{size}gram" for size in TOP_SIZES),
            *(f"frac_chars_dupe_{size}grams" for size in COVERED_SIZES),
        )
        counts = {"rps_word_count": pa.int32(), "rps_num_sentences": pa.int32()}
        return {**counts, **{f"rps_{name}": pa.float64() for name in names}}

    def score(self, batch: pa.RecordBatch, prepared: Any) -> Mapping[str, Values]:
        texts = texts_of(batch)
        normal = normalised(texts)
        features = {**_words(normal), **_repetition(normal), **_tokens(texts), **_marks(texts), **_lines(texts)}
        return where_words({f"rps_{name}": values for name, values in features.items()}, normal.word_counts)


def normalised(texts: Texts) -> Texts:
    """Return the texts in lower case and NFD, without ASCII punctuation."""
    texts = with_foreign(texts, lambda strings: pc.utf8_normalize(pc.utf8_lower(strings), form="NFD"))
    kept = ~_PUNCTUATION[texts.data]
    before = np.zeros(len(kept) + 1, dtype=np.int64)
    np.cumsum(kept, out=before[1:])
    return Texts(_LOWER[texts.data[kept]], before[texts.offsets])


def _words(normal: Texts) -> dict[str, NDArray[Any]]:
    words, counts, size = normal.words, normal.word_counts, len(normal)
    codes, distinct = words.encoded
    groups = regroup(words.rows * max(len(distinct), 1) + codes)
    times = np.bincount(groups)
    rows = np.empty(len(times), dtype=np.int64)
    rows[groups] = words.rows
    shares = times / counts[rows]
    # The punctuation between two words is gone, so the phrase may stand over a line's end.
    lorem, ipsum = (codes == _code(distinct, word) for word in ("lorem", "ipsum"))
    pairs = np.flatnonzero(lorem[:-1] & ipsum[1:] & (words.rows[1:] == words.rows[:-1]))
    chars = normal.word_chars + np.maximum(counts - 1, 0)
    return {
        "word_count": counts.astype(np.int32),
        "mean_word_length": share(normal.word_chars, counts),
        "frac_unique_words": share(per_text(rows, size), counts),
        "unigram_entropy": np.maximum(per_text(rows, size, -shares * np.log(shares)), 0),
        "lorem_ipsum": share(per_text(words.rows[pairs], size), chars),
    }


def _code(distinct: Any, word: str) -> int:
    found: int = pc.index(distinct, pa.scalar(word, distinct.type)).as_py()
    return found if found >= 0 else len(distinct)


def _repetition(normal: Texts) -> dict[str, Floats]:
    features = {}
    for found in repeats(normal, COVERED_SIZES[-1]):
        if found.size in TOP_SIZES:
            features[f"frac_chars_top_{found.size}gram"] = top_share(normal, found)
        elif found.size in COVERED_SIZES:
            features[f"frac_chars_dupe_{found.size}grams"] = covered_share(normal, found)
    return features


def _tokens(texts: Texts) -> dict[str, Floats]:
    words, size = texts.words, len(texts)
    codes, distinct = words.encoded

    def count(pattern: str) -> Floats:
        """Count the matches in each text, by its distinct words."""
        found = pc.count_substring_regex(distinct, pattern=pattern).to_numpy(zero_copy_only=False)
        return per_text(words.rows, size, found[codes])

    tokens = count(rf"{_WORD}+|[^\pL\pN_]+")
    cased, lower = count(rf"{_WORD}*[\p{{Lu}}\p{{Ll}}\p{{Lt}}]{_WORD}*"), count(rf"{_WORD}*[\p{{Ll}}\p{{Lt}}]{_WORD}*")
    return {
        "frac_no_alph_words": share(tokens - count(rf"{_WORD}*[A-Za-z]{_WORD}*"), tokens),
        "frac_all_caps_words": share(cased - lower, tokens),
        "symbol_to_word_ratio": share(_occurrences(texts, *SYMBOLS), tokens),
    }


def _marks(texts: Texts) -> dict[str, NDArray[Any]]:
    braces = np.flatnonzero((texts.data == ord("{")) | (texts.data == ord("}")))
    return {
        "curly_bracket": share(np.diff(np.searchsorted(braces, texts.offsets)), texts.chars),
        "num_sentences": _sentences(texts).astype(np.int32),
    }


def _sentences(texts: Texts) -> Floats:
    # Marks outside ASCII become blanks, so that a byte above 127 belongs to a letter or a digit.
    texts = with_foreign(texts, lambda strings: pc.replace_substring_regex(strings, r"[^\x00-\x7f\pL\pN]+", " "))
    if not len(texts.data):
        return np.zeros(len(texts))
    begins = np.union1d(np.flatnonzero(_ENDS_SENTENCE[texts.data]), texts.offsets[:-1][np.diff(texts.offsets) > 0])
    holds = np.logical_or.reduceat(_IN_WORD[texts.data], begins)
    return per_text(texts.rows_of(begins[holds]), len(texts))


def _lines(texts: Texts) -> dict[str, Floats]:
    lines, size = texts.lines, len(texts)
    counts = per_text(lines.rows, size)
    met = {
        "frac_lines_end_with_ellipsis": lines.ends_with(*ELLIPSES),
        "frac_lines_end_with_terminal_mark": lines.ends_with(*TERMINALS),
        "frac_lines_start_with_bulletpoint": lines.starts_with(*BULLETS),
    }
    return {name: share(per_text(lines.rows[mask], size), counts) for name, mask in met.items()}


def _occurrences(texts: Texts, *marks: str) -> Places:
    column = texts.column()
    found = [pc.count_substring(column, pattern=mark).to_numpy(zero_copy_only=False) for mark in marks]
    counts: Places = np.sum(found, axis=0, dtype=np.int64)
    return counts
