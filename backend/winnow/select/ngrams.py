"""Hashed n-grams of texts: each word and each run of words as one of B buckets."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Buckets = NDArray[np.uint16]
Places = NDArray[np.int64]
Owners = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Hashes = NDArray[np.uint64]

_WORDS = re.compile(r"\w+|[^\w\s]+")
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_JOIN = np.uint64(0xD6E8FEB86659FD93)
SPAN = 1 << 20
"""How many bytes the fast mode works on at once: about 60 MB of arrays."""

_BLANK, _WORD, _SIGN = 0, 1, 2
_KINDS = np.full(256, _WORD, dtype=np.uint8)
_KINDS[:128] = [_WORD if chr(c).isalnum() or c == 95 else _BLANK if chr(c).isspace() else _SIGN for c in range(128)]


def sha256_ngrams(texts: Sequence[str], buckets: int, length: int) -> tuple[Buckets, Owners]:
    r"""Return the bucket of each n-gram and the place of its text: the buckets of the released DSIR code.

    words = \w+|[^\w\s]+ of the lower-cased text; bucket = int(sha256(words joined by a blank)) mod B; n = 1 to `length`.

    >>> sha256_ngrams(["Alice went"], 10000, 2)[0].tolist()[::2]
    [6720, 114]
    """
    found: list[int] = []
    counts = []
    for text in texts:
        words = _WORDS.findall(text.lower())
        grams = [" ".join(words[i : i + n]) for n in range(1, length + 1) for i in range(len(words) - n + 1)]
        found.extend(_sha256_bucket(gram, buckets) for gram in grams)
        counts.append(len(grams))
    owners = np.repeat(np.arange(len(counts)), counts)
    return np.array(found, dtype=np.uint16), owners.astype(np.int64)


@functools.lru_cache(maxsize=200_000)
def _sha256_bucket(gram: str, buckets: int) -> int:
    return int(hashlib.sha256(gram.encode()).hexdigest(), 16) % buckets


def fast_ngrams(texts: pa.LargeStringArray, buckets: int, length: int) -> tuple[Buckets, Owners]:
    """Return the bucket of each n-gram and the place of its text, computed on the bytes of all texts at once.

    Words are those of `sha256_ngrams` for ASCII. Beyond it every sign counts as a letter, except general punctuation
    (U+2000 to U+207F), CJK punctuation (U+3000 to U+303F) and Latin-1 signs (U+0080 to U+00BF). The hash of a word is
    mix(Σ (byte_i + 1) F^i mod 2^64), that of an n-gram mix(J h + hash of its last word) with h the hash of the words
    before; J and F are odd. A text of more than 1 MiB is cut there, which can split one word.
    """
    found, owners = [np.empty(0, np.uint16)], [np.empty(0, np.int64)]
    for grams, texts_of_grams in hashed_ngrams(texts, length):
        found.append((grams % np.uint64(buckets)).astype(np.uint16))
        owners.append(texts_of_grams)
    return np.concatenate(found), np.concatenate(owners)


def hashed_ngrams(texts: pa.LargeStringArray, length: int) -> Iterator[tuple[Hashes, Owners]]:
    """Yield the 64-bit hash of each n-gram that `fast_ngrams` counts, and the place of its text, some bytes at a time."""
    lowered = pc.utf8_lower(texts)
    offsets = np.frombuffer(lowered.buffers()[1], np.int64)[lowered.offset : lowered.offset + len(lowered) + 1]
    data = np.frombuffer(lowered.buffers()[2] or b"", np.uint8)
    long = np.flatnonzero(np.diff(offsets) > SPAN)
    cuts = np.unique(np.concatenate([offsets, *(np.arange(offsets[i], offsets[i + 1], SPAN) for i in long)]))
    texts_of_cuts = np.searchsorted(offsets, cuts, side="right") - 1
    for start, stop in _spans(cuts):
        grams, pieces = _span(data, cuts[start : stop + 1], length)
        yield grams, texts_of_cuts[start:stop][pieces]


def phrase_hashes(phrases: Sequence[str], length: int) -> Hashes:
    """Return the hash that each phrase of at most `length` words has as one n-gram; 0 for one of no or more words."""
    found = np.zeros(len(phrases), dtype=np.uint64)
    words = np.array([len(_WORDS.findall(phrase.lower())) for phrase in phrases], dtype=np.int64)
    for n in range(1, length + 1):
        rows = np.flatnonzero(words == n)
        texts = pa.array([phrases[row] for row in rows.tolist()], pa.large_string())
        for grams, owners in hashed_ngrams(texts, n) if len(rows) else ():
            found[rows[owners]] = grams  # n-grams come shortest first, so the whole phrase is the last of its text
    return found


def _spans(cuts: Places) -> Iterator[tuple[int, int]]:
    """Yield runs of whole pieces of at most SPAN bytes in all."""
    start = 0
    while start < len(cuts) - 1:
        stop = int(np.searchsorted(cuts, cuts[start] + SPAN, side="right")) - 1
        yield start, stop
        start = stop


def _span(data: Bytes, cuts: Places, length: int) -> tuple[Hashes, Owners]:
    data, bounds = data[cuts[0] : cuts[-1]], cuts - cuts[0]
    starts, stops = _words(data, bounds)
    owner = np.searchsorted(bounds, starts, side="right") - 1
    words = _word_hashes(data, starts, stops)
    grams, owners, runs = [words], [owner], words
    for n in range(2, min(length, len(words)) + 1):
        with np.errstate(over="ignore"):
            runs = _mix(runs[:-1] * _JOIN + words[n - 1 :])
        whole = owner[: -(n - 1)] == owner[n - 1 :]
        grams.append(runs[whole])
        owners.append(owner[: -(n - 1)][whole])
    return np.concatenate(grams), np.concatenate(owners)


def _words(data: Bytes, bounds: Places) -> tuple[Places, Places]:
    """Return where each word starts and stops: a run of bytes of one kind, not blank, in one text."""
    kinds = _KINDS[data]
    _mark_signs(data, kinds)
    edge = np.empty(len(kinds), dtype=bool)
    edge[:1] = True
    np.not_equal(kinds[1:], kinds[:-1], out=edge[1:])
    edge[bounds[:-1][bounds[:-1] < len(kinds)]] = True
    starts = np.flatnonzero(edge)
    stops = np.append(starts[1:], len(kinds))
    full = kinds[starts] != _BLANK
    return starts[full], stops[full]


def _mark_signs(data: Bytes, kinds: Bytes) -> None:
    """Mark the punctuation and the blanks beyond ASCII by their bytes in UTF-8."""
    if len(data) < 2 or data.max() < 0x80:
        return
    for lead, low, high, size in ((0xE2, 0x80, 0x81, 3), (0xE3, 0x80, 0x80, 3), (0xC2, 0x80, 0xBF, 2)):
        at = np.flatnonzero(data[: 1 - size] == lead)
        at = at[(data[at + 1] >= low) & (data[at + 1] <= high)]
        last = data[at + size - 1]
        if lead == 0xE2:
            blank = (data[at + 1] == 0x80) & ((last <= 0x8A) | np.isin(last, (0xA8, 0xA9, 0xAF)))
        else:
            blank = last == 0x80 if lead == 0xE3 else np.isin(last, (0x85, 0xA0))
        for i in range(size):
            kinds[at + i] = np.where(blank, _BLANK, _SIGN)


def _word_hashes(data: Bytes, starts: Places, stops: Places) -> Hashes:
    """Hash words from their bytes: one polynomial over all bytes, of which each word is a difference, shifted back."""
    forth, back = _powers()
    with np.errstate(over="ignore"):
        sums = np.empty(len(data) + 1, dtype=np.uint64)
        sums[0] = 0
        np.cumsum((data + np.uint64(1)) * forth[: len(data)], out=sums[1:])
        return _mix((sums[stops] - sums[starts]) * back[starts])


@functools.cache
def _powers() -> tuple[Hashes, Hashes]:
    """Return F^i and F^-i mod 2^64 for i = 1 to SPAN; F is odd, so it has an inverse."""
    inverse = np.uint64(pow(int(_FACTOR), -1, 1 << 64))
    with np.errstate(over="ignore"):
        forth = np.cumprod(np.full(SPAN, _FACTOR, dtype=np.uint64), dtype=np.uint64)
        back = np.cumprod(np.full(SPAN, inverse, dtype=np.uint64), dtype=np.uint64)
    return forth, back


def _mix(x: Hashes) -> Hashes:
    """Scatter bits: the finaliser of splitmix64."""
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
