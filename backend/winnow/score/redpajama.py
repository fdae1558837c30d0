"""The RedPajama-V2 signals: words, sentences, marks and repetition, after normalisation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.method import Paper, param
from winnow.score.base import Scorer, Values
from winnow.score.foreign import with_foreign
from winnow.score.limits import where_words
from winnow.score.refinedweb import char_counts
from winnow.score.repetition import COVERED_SIZES, TOP_SIZES, covered_share, first_top, regroup, repeats
from winnow.score.word_list import Listed, read_words
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
    """Measures the RedPajama-V2 quality signals that need no models.

    Normalised words: lower case, ASCII punctuation deleted, split on whitespace, NFD. On them: `word_count`,
    `mean_word_length`, `frac_unique_words`, `unigram_entropy` = -Σ p ln p, `frac_chars_top_ngram` (n = 2, 3, 4) and
    `frac_chars_dupe_ngrams` (n = 5 to 10), as in the Gopher rules but on normalised words, `lorem_ipsum` per character.
    Raw tokens are runs of letters, digits and _, or runs of other marks: `frac_no_alph_words` (without A-Z, a-z),
    `frac_all_caps_words`, and `symbol_to_word_ratio` (#, ..., … per token). `curly_bracket` counts { and } per
    character; `num_sentences` the stretches between . ! ? that hold a letter or a digit. Of lines that are not blank:
    the shares that end with an ellipsis, end with . ! ? or ”, or start with a bullet (no hyphen); the means of their
    words, of their digits per character (normalised) and of their upper-case letters per character; how often
    "javascript" stands in them. `stop_word_fraction` counts scikit-learn's English stop words, or those of a list.
    With a list each: `ldnoobw_words` counts listed words and phrases, `ut1_blacklist` says whether the address's host,
    or a domain above it, is listed.

    Of n-grams of the same count the first to appear is the top one. A text without normalised words has null signals.
    Left out: `ml_*_score` (the classifiers' weights are not published with the code) and `*_importance` (the n-gram
    counts of the three targets are not either; the selector `dsir` weighs documents by a target of your own). Line
    signals are told per document, not per line. Raises SettingError when a list cannot be read.
    """

    name: ClassVar[str] = "redpajama"
    paper: ClassVar[Paper | None] = Paper(
        "RedPajama: an Open Dataset for Training Large Language Models", "2411.12372", 2024
    )
    version: ClassVar[int] = 2
    default: ClassVar[bool] = False

    stop_words: str = param("", "A file of stop words, one a line, instead of the English ones.")
    bad_words: str = param("", "A file of words and phrases, one a line, to count as ldnoobw_words; empty for none.")
    blocked_hosts: str = param("", "A file of domains, one a line, for ut1_blacklist; empty for none.")

    def needs(self) -> frozenset[str]:
        return frozenset({"text", "url"} if self.blocked_hosts else {"text"})

    def columns(self) -> Mapping[str, pa.DataType]:
        names = (
            "mean_word_length",
            "frac_unique_words",
            "unigram_entropy",
            "stop_word_fraction",
            "lorem_ipsum",
            "frac_no_alph_words",
            "frac_all_caps_words",
            "symbol_to_word_ratio",
            "curly_bracket",
            "frac_lines_end_with_ellipsis",
            "frac_lines_end_with_terminal_mark",
            "frac_lines_start_with_bulletpoint",
            "lines_num_words",
            "lines_numerical_chars_fraction",
            "lines_uppercase_letter_fraction",
            *(f"frac_chars_top_{size}gram" for size in TOP_SIZES),
            *(f"frac_chars_dupe_{size}grams" for size in COVERED_SIZES),
        )
        listed = ("ldnoobw_words",) if self.bad_words else ()
        counts = ("word_count", "num_sentences", "lines_javascript_counts", *listed)
        kinds = dict.fromkeys(counts, pa.int32()) | dict.fromkeys(names, pa.float64())
        kinds |= {"ut1_blacklist": pa.bool_()} if self.blocked_hosts else {}
        return {f"rps_{name}": kind for name, kind in kinds.items()}

    def score(self, batch: pa.RecordBatch, prepared: Any) -> Mapping[str, Values]:
        texts = texts_of(batch)
        normal = normalised(texts)
        features = {**_words(normal), **_repetition(normal), **_tokens(texts), **_marks(texts), **_lines(texts)}
        features |= _inside_lines(texts, normal)
        features["stop_word_fraction"] = share(_listed(normal, _stop_words(self.stop_words)), normal.word_counts)
        if self.bad_words:
            words = read_words(self.name, self.bad_words)
            features["ldnoobw_words"] = _listed(normal, words).astype(np.int32)
        if self.blocked_hosts:
            hosts = read_words(self.name, self.blocked_hosts, "blocked_hosts").words
            features["ut1_blacklist"] = _blocked(batch.column("url"), frozenset(hosts))
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
            top = first_top(normal, found)
            repeated = np.where(top.counts > 1, top.counts * top.chars, 0)
            features[f"frac_chars_top_{found.size}gram"] = np.minimum(share(repeated, normal.word_chars), 1.0)
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


def _inside_lines(texts: Texts, normal: Texts) -> dict[str, NDArray[Any]]:
    """Return the means over lines of what stands in them."""
    lines, size = texts.lines, len(texts)
    upper = char_counts(texts, lines, r"\p{Lu}", "AZ")
    inside, counts = normal.lines, np.diff(normal.words_of_lines)
    digits = char_counts(normal, inside, r"\p{Nd}", "09")
    chars = normal.words.chars_before[normal.words_of_lines]
    script = pc.equal(normal.words.encoded[1], "javascript").to_numpy(zero_copy_only=False).astype(bool)
    of_lines, of_normal = per_text(lines.rows, size), per_text(inside.rows, size)
    return {
        "lines_num_words": share(per_text(inside.rows, size, counts), of_normal),
        "lines_numerical_chars_fraction": share(
            per_text(inside.rows, size, digits / (np.diff(chars) + counts - 1)), of_normal
        ),
        "lines_uppercase_letter_fraction": share(per_text(lines.rows, size, upper / lines.chars), of_lines),
        "lines_javascript_counts": per_text(normal.words.rows[script[normal.words.encoded[0]]], size).astype(np.int32),
    }


def _stop_words(path: str) -> Listed:
    if path:
        return read_words("redpajama", path, "stop_words")
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return Listed(tuple(sorted(ENGLISH_STOP_WORDS)), ())


def _listed(normal: Texts, listed: Listed) -> Floats:
    """Count the listed words and phrases in each text, where phrases may stand over a line's end."""
    words, size = normal.words, len(normal)
    codes, distinct = words.encoded
    met = pc.is_in(distinct, value_set=pa.array(listed.words, pa.large_string())).to_numpy(zero_copy_only=False)
    found = per_text(words.rows[met.astype(bool)[codes]], size)
    for phrase in listed.phrases:
        parts = [_code(distinct, word) for word in phrase.split()]
        places = np.flatnonzero(codes == parts[0])
        for step, part in enumerate(parts[1:], start=1):
            places = places[places + step < len(codes)]
            places = places[(codes[places + step] == part) & (words.rows[places + step] == words.rows[places])]
        found += per_text(words.rows[places], size)
    return found


def _blocked(addresses: Any, hosts: frozenset[str]) -> NDArray[np.bool_]:
    """Say whose host, or a domain above it, is listed."""
    found = []
    for address in addresses.to_pylist():
        host = (urlsplit(address if "//" in address else f"//{address}").hostname or "") if address else ""
        parts = host.split(".")
        found.append(any(".".join(parts[start:]) in hosts for start in range(len(parts))))
    return np.array(found, dtype=np.bool_)


def _occurrences(texts: Texts, *marks: str) -> Places:
    column = texts.column()
    found = [pc.count_substring(column, pattern=mark).to_numpy(zero_copy_only=False) for mark in marks]
    counts: Places = np.sum(found, axis=0, dtype=np.int64)
    return counts
