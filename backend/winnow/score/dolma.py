"""The Dolma taggers: Gopher, C4 and personal-data attributes as that toolkit defines them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.method import Paper, param
from winnow.score.base import Scorer, Values
from winnow.score.gopher import STOP_WORDS
from winnow.score.limits import where_words
from winnow.score.repetition import COVERED_SIZES, TOP_SIZES, Repeats, first_top, regroup, repeats
from winnow.score.word_list import Listed, read_words
from winnow.score.words import Mask, Texts, per_text, share, texts_of

Floats = NDArray[np.float64]
END_MARKS = (".", "?", "!", '"')
MIN_WORDS = 3
EMAIL = r"[.\s@,?!;:)(]*[^\s@]+@[^\s@,?!;:)(]*\.[^\s@,?!;:)(]*?[.\s@,?!;:)(]?\s"
PHONE = r"\s+\(?\d{3}\)?[-. ]*\d{3}[-. ]?\d{4}"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)"
ADDRESS = rf"(?:{_OCTET}\.){{3}}{_OCTET}"


@dataclass(frozen=True, kw_only=True)
class Dolma(Scorer):
    """Measures the attributes of the Dolma taggers gopher_v1, c4_v1 and pii_regex_with_counts_fast_v2.

    Words are split on whitespace, lines at newlines, unstripped, blank ones too. `median_word_length`; `symbol_ratio`,
    words that hold # or … per word; `alpha_word_ratio`; `required_words`, occurrences of the, be, to, of, and, that,
    have, with in that spelling; shares of lines that open with * or -, or close with …; `dup_line_ratio` and
    `dup_line_chars`, every copy of a repeated line, the first too, over lines and over characters of words (so above 1
    for some texts); `top_ngram` (n = 2, 3, 4), count · characters of the most frequent n-gram, the first of several,
    also when it occurs once, over characters of words; `dup_ngram` (n = 5 to 10), characters of all copies of repeated
    n-grams / characters of all n-grams.

    Lines that end without . ? ! " and lines of fewer than three words, as shares; `javascript` as a word of its own,
    `lorem_ipsum`, `brace` anywhere; `bad_word`, when a list is given, a word between spaces or a phrase anywhere. `pii`
    counts matches of the toolkit's expressions for e-mail, North American telephone numbers and IPv4 addresses, which
    take versions and dotted numbers too. A text without words has null attributes.
    """

    name: ClassVar[str] = "dolma"
    paper: ClassVar[Paper | None] = Paper(
        "Dolma: an Open Corpus of Three Trillion Tokens for Language Model Pretraining Research", "2402.00159", 2024
    )
    default: ClassVar[bool] = False

    bad_words: str = param("", "A file of words and phrases, one a line, for the attribute bad_word; empty for none.")

    def columns(self) -> Mapping[str, pa.DataType]:
        counts = ("word_count", "required_words", "pii")
        flags = ("javascript", "lorem_ipsum", "brace", *(("bad_word",) if self.bad_words else ()))
        ratios = (
            "median_word_length",
            "symbol_ratio",
            "alpha_word_ratio",
            "bullet_line_ratio",
            "ellipsis_line_ratio",
            "dup_line_ratio",
            "dup_line_chars",
            *(f"top_{size}gram" for size in TOP_SIZES),
            *(f"dup_{size}gram" for size in COVERED_SIZES),
            "unended_line_ratio",
            "short_line_ratio",
        )
        kinds = (
            dict.fromkeys(counts, pa.int32()),
            dict.fromkeys(ratios, pa.float64()),
            dict.fromkeys(flags, pa.bool_()),
        )
        return {f"dolma_{name}": kind for part in kinds for name, kind in part.items()}

    def score(self, batch: pa.RecordBatch, prepared: Any) -> Mapping[str, Values]:
        texts = texts_of(batch)
        found = {**_words(texts), **_lines(texts), **dict(_ngrams(texts)), **_c4(texts), "pii": _pii(texts)}
        if self.bad_words:
            found["bad_word"] = _bad_words(texts, read_words("dolma", self.bad_words))
        return where_words({f"dolma_{name}": values for name, values in found.items()}, texts.word_counts)


def _words(texts: Texts) -> dict[str, NDArray[Any]]:
    words, counts, size = texts.words, texts.word_counts, len(texts)
    codes, distinct = words.encoded

    def among(mask: Any) -> Floats:
        """Count each text's words whose distinct word is marked."""
        marked = mask.fill_null(False).to_numpy(zero_copy_only=False).astype(bool)
        return per_text(words.rows[marked[codes]], size)

    required = pc.is_in(distinct, value_set=pa.array(STOP_WORDS, pa.large_string()))
    return {
        "word_count": counts.astype(np.int32),
        "median_word_length": _medians(words.chars, words.rows, counts),
        "symbol_ratio": share(among(pc.match_substring_regex(distinct, pattern="[#…]")), counts),
        "alpha_word_ratio": share(among(pc.match_substring_regex(distinct, pattern=r"\pL")), counts),
        "required_words": among(required).astype(np.int32),
    }


def _medians(lengths: NDArray[np.int64], rows: NDArray[np.int64], counts: NDArray[np.int64]) -> Floats:
    """Return each text's median, the mean of the middle two of an even number; 0 without words."""
    if not len(lengths):
        return np.zeros(len(counts))
    ordered = lengths[np.argsort(rows * (int(lengths.max()) + 1) + lengths, kind="stable")]
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    low, high = (np.minimum(first + (counts - odd) // 2, len(ordered) - 1) for odd in (1, 0))
    return np.where(counts > 0, (ordered[low] + ordered[high]) / 2, 0.0)


def _lines(texts: Texts) -> dict[str, Floats]:
    lines, size, counts = texts.raw_lines, len(texts), texts.raw_line_counts
    empty = counts - per_text(lines.rows, size)
    codes, distinct = lines.encoded
    groups = regroup(lines.rows * max(len(distinct), 1) + codes)
    again = np.bincount(groups)[groups] > 1 if len(groups) else np.zeros(0, dtype=bool)
    copies = per_text(lines.rows[again], size) + np.where(empty > 1, empty, 0)
    return {
        "bullet_line_ratio": share(per_text(lines.rows[lines.starts_with("*", "-")], size), counts),
        "ellipsis_line_ratio": share(per_text(lines.rows[lines.ends_with("…")], size), counts),
        "dup_line_ratio": share(copies, counts),
        "dup_line_chars": share(per_text(lines.rows[again], size, lines.chars[again]), texts.word_chars),
    }


def _ngrams(texts: Texts) -> Iterator[tuple[str, Floats]]:
    for found in repeats(texts, COVERED_SIZES[-1]):
        if found.size in TOP_SIZES:
            top = first_top(texts, found)
            yield f"top_{found.size}gram", share(top.counts * top.chars, texts.word_chars)
        elif found.size in COVERED_SIZES:
            yield f"dup_{found.size}gram", _copied(texts, found)


def _copied(texts: Texts, found: Repeats) -> Floats:
    """Return the characters of all repeated n-grams over those of all n-grams."""
    words, before = texts.words, texts.words.chars_before
    opens = np.arange(max(len(words) - found.size + 1, 0))
    opens = opens[words.rows[opens] == words.rows[opens + found.size - 1]]

    def chars(starts: NDArray[np.int64]) -> Floats:
        return per_text(words.rows[starts], len(texts), before[starts + found.size] - before[starts])

    return share(chars(found.starts), chars(opens))


def _c4(texts: Texts) -> dict[str, NDArray[Any]]:
    lines, size, counts = texts.lines, len(texts), texts.raw_line_counts
    blank = counts - per_text(lines.rows, size)
    short = np.diff(texts.words_of_lines) < MIN_WORDS
    codes, distinct = texts.words.encoded
    script = pc.equal(pc.ascii_lower(distinct), "javascript").to_numpy(zero_copy_only=False).astype(bool)
    return {
        "unended_line_ratio": share(per_text(lines.rows[~lines.ends_with(*END_MARKS)], size) + blank, counts),
        "short_line_ratio": share(per_text(lines.rows[short], size) + blank, counts),
        "javascript": per_text(texts.words.rows[script[codes]], size) > 0,
        "lorem_ipsum": _matches(texts, "(?i)lorem ipsum"),
        "brace": np.diff(np.searchsorted(np.flatnonzero(texts.data == ord("{")), texts.offsets)) > 0,
    }


def _matches(texts: Texts, pattern: str) -> Mask:
    found: Mask = pc.match_substring_regex(texts.column(), pattern=pattern).to_numpy(zero_copy_only=False).astype(bool)
    return found


def _pii(texts: Texts) -> NDArray[np.int32]:
    data, counts = texts.data, np.zeros(len(texts), dtype=np.int32)
    digits = np.diff(np.searchsorted(np.flatnonzero((data >= 48) & (data <= 57)), texts.offsets))
    signs = np.diff(np.searchsorted(np.flatnonzero(data == ord("@")), texts.offsets))
    column = texts.column()
    for pattern, rows in ((EMAIL, signs > 0), (PHONE, digits > 9), (ADDRESS, digits > 3)):
        if rows.any():
            matches = pc.count_substring_regex(column.filter(pa.array(rows)), pattern=pattern)
            counts[rows] += matches.to_numpy(zero_copy_only=False)
    return counts


def _bad_words(texts: Texts, listed: Listed) -> Mask:
    codes, distinct = texts.words.encoded
    words = pa.array(listed.words, pa.large_string())
    met = pc.is_in(pc.utf8_lower(distinct), value_set=words).to_numpy(zero_copy_only=False).astype(bool)
    found: Mask = per_text(texts.words.rows[met[codes]], len(texts)) > 0
    if listed.phrases:
        lowered = pc.utf8_lower(texts.column())
        phrases = pc.match_substring_regex(lowered, pattern=listed.pattern(listed.phrases))
        found = found | phrases.to_numpy(zero_copy_only=False).astype(bool)
    return found
