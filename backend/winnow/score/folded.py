"""Words without case, marks and spelling variants, and their hashes: what texts are compared by."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.score.duplicates import FOLD
from winnow.score.foreign import plain, with_foreign
from winnow.score.words import Bytes, Places, Texts

Hashes = NDArray[np.uint64]

BASE = 0x9E3779B97F4A7C15
SPACE = 32
_BYTES = 1 << 18
# Scripts written without spaces: each letter is a word of its own.
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
DIGITS = FOLD.copy()
DIGITS[ord("0") : ord("9") + 1] = ord("0")


@dataclass(frozen=True)
class FoldedWords:
    """The words of a batch: word i is `data[starts[i]:ends[i]]` after folding; document j has `counts[j]` of them.

    Folded: Unicode NFKC, lower case, every run of punctuation, white space and control characters one space; a letter
    of a script written without spaces (Han, kana, Thai, Lao, Khmer, Burmese) is a word. Document j is
    `data[offsets[j]:offsets[j + 1]]`: in ASCII as long as the text, else perhaps not; `word_places` finds words there.
    """

    data: Bytes
    starts: Places
    ends: Places
    counts: Places
    offsets: Places

    @classmethod
    def of(cls, column: Any, *, digits: bool = True) -> FoldedWords:
        """Find the words of a string column; without `digits` each digit counts as 0."""
        texts = with_foreign(Texts.of(column), spaced if digits else _without_digits)
        data = (FOLD if digits else DIGITS)[texts.data]
        solid = data != SPACE
        opens, closes = solid.copy(), solid.copy()
        opens[1:] &= ~solid[:-1]
        closes[:-1] &= ~solid[1:]
        filled = np.diff(texts.offsets) > 0
        firsts, lasts = texts.offsets[:-1][filled], texts.offsets[1:][filled] - 1
        opens[firsts], closes[lasts] = solid[firsts], solid[lasts]
        starts = np.flatnonzero(opens)
        counts = np.diff(np.searchsorted(starts, texts.offsets))
        return cls(data, starts, np.flatnonzero(closes) + 1, counts, texts.offsets)

    def __len__(self) -> int:
        return len(self.starts)

    @functools.cached_property
    def hashes(self) -> Hashes:
        """Return a 64-bit hash of each word."""
        return piece_hashes(self.data, self.starts, self.ends)

    def runs(self, size: int) -> Hashes:
        """Return a hash of the run of `size` words that begins at each word, across documents too, uint64 [words]."""
        rolled = np.zeros(max(len(self) - size + 1, 0), dtype=np.uint64)
        for place, odd in enumerate(odd_numbers(size)):
            rolled += self.hashes[place : place + len(rolled)] * odd
        return mixed(rolled)

    @property
    def begins(self) -> Places:
        """Return the first word of each document."""
        return np.cumsum(self.counts) - self.counts

    def held(self, size: int) -> Places:
        """Count the runs of `size` words inside each document."""
        return np.maximum(self.counts - size + 1, 0)

    def run_places(self, size: int) -> Places:
        """Return the words at which a run of `size` words begins that stays inside its document."""
        held = self.held(size)
        return np.repeat(self.begins - np.cumsum(held) + held, held) + np.arange(held.sum())


def word_places(text: str) -> list[tuple[int, int]]:
    """Return where the words of `FoldedWords` stand in a text, in code points, end exclusive, one after another."""
    places: list[tuple[int, int]] = []
    start, end = -1, -1
    for place, letter in enumerate(text):
        for part in letter if letter < "\x80" else unicodedata.normalize("NFKC", letter).lower():
            kind = _kind(part)
            if kind != _INSIDE and kind != _NOTHING and start >= 0:
                places.append((start, end))
                start = -1
            if kind == _ALONE:
                places.append((place, place + 1))
            elif kind == _INSIDE:
                start, end = (place if start < 0 else start), place + 1
    return [*places, (start, end)] if start >= 0 else places


def piece_hashes(data: Bytes, starts: Places, ends: Places) -> Hashes:
    """Hash stretches of bytes, in order and without overlap, as polynomials taken from running sums: none is looked at alone."""
    hashes = np.empty(len(starts), dtype=np.uint64)
    for first, after in blocks(starts, _BYTES):
        hashes[first:after] = _block_hashes(data, starts[first:after], ends[first:after])
    return hashes


def mixed(numbers: Hashes) -> Hashes:
    """Scatter 64-bit numbers so that every bit of the result depends on every bit given (splitmix64)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


@functools.cache
def odd_numbers(count: int) -> Hashes:
    return mixed(np.arange(1, count + 1, dtype=np.uint64) * np.uint64(BASE)) | np.uint64(1)


def blocks(starts: Places, most: int) -> Iterator[tuple[int, int]]:
    """Cut what begins at `starts` into runs that begin within `most` of each other; yields (first, after)."""
    if not len(starts):
        return
    cuts = np.flatnonzero(np.diff(starts // most)) + 1
    yield from zip([0, *cuts.tolist()], [*cuts.tolist(), len(starts)], strict=True)


def spaced(strings: Any) -> Any:
    """Apply `plain` and put spaces around the letters of scripts written without them."""
    return _apart(plain(strings))


def _without_digits(strings: Any) -> Any:
    return _apart(pc.replace_substring_regex(plain(strings), pattern=r"\p{Nd}", replacement="0"))


def _apart(strings: Any) -> Any:
    return pc.replace_substring_regex(strings, pattern=f"([{UNSPACED}])", replacement=r" \1 ")


_INSIDE, _ALONE, _BETWEEN, _NOTHING = range(4)


@functools.lru_cache(maxsize=1 << 14)
def _kind(letter: str) -> int:
    """Say whether a normalised character is part of a word, a word by itself, between words, or nothing."""
    if letter < "\x80":
        return _BETWEEN if FOLD[ord(letter)] == SPACE else _INSIDE
    if unicodedata.category(letter) == "Cf":
        return _NOTHING
    if pc.match_substring_regex(pa.array([letter]), f"[{UNSPACED}]")[0].as_py():
        return _ALONE
    return _INSIDE if unicodedata.category(letter)[0] in "LNMS" else _BETWEEN


def _block_hashes(data: Bytes, starts: Places, ends: Places) -> Hashes:
    origin, size = int(starts[0]), int(ends[-1] - starts[0])
    powers, inverses = _powers(1 << max(size - 1, 1).bit_length())
    running = np.zeros(size + 1, dtype=np.uint64)
    np.cumsum(data[origin : origin + size] * powers[:size], out=running[1:])
    return mixed((running[ends - origin] - running[starts - origin]) * inverses[starts - origin])


@functools.lru_cache(maxsize=2)
def _powers(size: int) -> tuple[Hashes, Hashes]:
    """Return the powers of the base and of its inverse modulo 2^64."""
    both = []
    for factor in (BASE, pow(BASE, -1, 1 << 64)):
        table = np.full(size, factor, dtype=np.uint64)
        table[0] = 1
        both.append(np.cumprod(table))
    return both[0], both[1]
