"""MinHash signatures of word shingles, and the pairs of documents that locality-sensitive hashing finds with them.

A document is the set of its runs of k words. Two documents of Jaccard similarity s agree in one MinHash with
probability s, in a band of r of them with s^r, and so in at least one of b bands with 1 - (1 - s^r)^b.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.score.duplicates import FOLD
from winnow.score.foreign import plain, with_foreign
from winnow.score.words import Places, Texts

Hashes = NDArray[np.uint64]
ShortHashes = NDArray[np.uint32]

_BASE = 0x9E3779B97F4A7C15
_SPACE = 32
_BYTES, _SHINGLES = 1 << 18, 1 << 15
_SIMPLE = FOLD.copy()
_SIMPLE[ord("0") : ord("9") + 1] = ord("0")
# Scripts written without spaces: each letter is a word of its own.
_UNSPACED = r"([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])"


@dataclass(frozen=True)
class Shingles:
    """The hashes of each document's shingles: document i has `hashes[bounds[i]:bounds[i + 1]]`, one a place."""

    hashes: ShortHashes
    bounds: Places

    def __len__(self) -> int:
        return len(self.bounds) - 1


def probability(similarity: float, bands: int, rows: int) -> float:
    """Return how probably a pair of a Jaccard similarity is found: 1 - (1 - s^r)^b.

    >>> [round(probability(s, 14, 8), 3) for s in (0.7, 0.8, 0.9)]
    [0.565, 0.924, 1.0]
    """
    return float(1 - (1 - similarity**rows) ** bands)


def shingles(column: Any, size: int, fewest: int = 0) -> Shingles:
    """Hash every run of `size` words of each text, simplified; none for a text of fewer words than `fewest` or size.

    Simplified: Unicode NFKC, lower case, digits to 0, every run of punctuation, white space and control characters
    one space; a letter of a script written without spaces (Han, kana, Thai, Lao, Khmer, Burmese) is a word.
    """
    data, opens, closes, counts = _words(column)
    words = np.empty(len(opens), dtype=np.uint64)
    for first, after in _blocks(opens, _BYTES):
        words[first:after] = _word_hashes(data, opens[first:after], closes[first:after])
    rolled = np.zeros(max(len(words) - size + 1, 0), dtype=np.uint64)
    for place, odd in enumerate(_odd_numbers(size)):
        rolled += words[place : place + len(rolled)] * odd
    held = np.where(counts >= max(fewest, size), counts - size + 1, 0)
    hashes = (mixed(rolled) >> np.uint64(32)).astype(np.uint32)
    if len(hashes):
        begins = np.concatenate([[0], np.cumsum(counts)[:-1]])
        hashes = hashes[np.repeat(begins - np.cumsum(held) + held, held) + np.arange(held.sum())]
    return Shingles(hashes, np.concatenate([[0], np.cumsum(held)]).astype(np.int64))


def band_keys(found: Shingles, bands: int, rows: int) -> Hashes:
    """Return one key per band, uint64 [n, bands]: documents share it when all `rows` MinHashes of the band agree.

    MinHash j is the least (a_j h + b_j) mod 2^32 over the shingles h, a_j odd: a permutation without a table.
    Documents without shingles have keys of 0.
    """
    keys = np.zeros((len(found), bands), dtype=np.uint64)
    filled = np.flatnonzero(np.diff(found.bounds))
    starts, ends = found.bounds[filled], found.bounds[filled + 1]
    for first, after in _blocks(starts, _SHINGLES):
        minima = _minima(
            found.hashes[starts[first] : ends[after - 1]], starts[first:after] - starts[first], bands * rows
        )
        folded = np.zeros((after - first, bands), dtype=np.uint64)
        for row in range(rows):
            folded = mixed(folded + np.uint64(_BASE) + minima[row::rows].T)
        keys[filled[first:after]] = folded
    return keys


def _minima(hashes: ShortHashes, starts: Places, functions: int) -> Hashes:
    """Return the least value of each hash function over each document's shingles, [functions, documents]."""
    minima = np.empty((functions, len(starts)), dtype=np.uint64)
    values = np.empty_like(hashes)
    for function, odd in enumerate(_odd_numbers(2 * functions)[functions:]):
        np.multiply(hashes, np.uint32(odd >> np.uint64(32)) | np.uint32(1), out=values)
        values += np.uint32(odd & np.uint64(0xFFFFFFFF))
        minima[function] = np.minimum.reduceat(values, starts)
    return minima


def mixed(numbers: Hashes) -> Hashes:
    """Scatter 64-bit numbers so that every bit of the result depends on every bit given (splitmix64)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def _words(column: Any) -> tuple[NDArray[np.uint8], Places, Places, Places]:
    """Return simplified bytes, where each word starts and ends in them, and how many words each text has."""
    texts = with_foreign(Texts.of(column), _simplified)
    data = _SIMPLE[texts.data]
    solid = data != _SPACE
    opens, closes = solid.copy(), solid.copy()
    opens[1:] &= ~solid[:-1]
    closes[:-1] &= ~solid[1:]
    filled = np.diff(texts.offsets) > 0
    firsts, lasts = texts.offsets[:-1][filled], texts.offsets[1:][filled] - 1
    opens[firsts], closes[lasts] = solid[firsts], solid[lasts]
    starts = np.flatnonzero(opens)
    return data, starts, np.flatnonzero(closes) + 1, np.diff(np.searchsorted(starts, texts.offsets))


def _simplified(strings: Any) -> Any:
    changed = pc.replace_substring_regex(plain(strings), pattern=r"\p{Nd}", replacement="0")
    return pc.replace_substring_regex(changed, pattern=_UNSPACED, replacement=r" \1 ")


def _word_hashes(data: NDArray[np.uint8], starts: Places, ends: Places) -> Hashes:
    """Hash each word as a polynomial in its bytes, taken from running sums: no word is looked at alone."""
    origin, size = int(starts[0]), int(ends[-1] - starts[0])
    powers, inverses = _powers(1 << max(size - 1, 1).bit_length())
    running = np.zeros(size + 1, dtype=np.uint64)
    np.cumsum(data[origin : origin + size] * powers[:size], out=running[1:])
    return mixed((running[ends - origin] - running[starts - origin]) * inverses[starts - origin])


@functools.lru_cache(maxsize=2)
def _powers(size: int) -> tuple[Hashes, Hashes]:
    """Return the powers of the base and of its inverse modulo 2^64."""
    both = []
    for factor in (_BASE, pow(_BASE, -1, 1 << 64)):
        table = np.full(size, factor, dtype=np.uint64)
        table[0] = 1
        both.append(np.cumprod(table))
    return both[0], both[1]


@functools.cache
def _odd_numbers(count: int) -> Hashes:
    return mixed(np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_BASE)) | np.uint64(1)


def _blocks(starts: Places, most: int) -> Iterator[tuple[int, int]]:
    """Cut what begins at `starts` into runs that begin within `most` of each other; yields (first, after)."""
    if not len(starts):
        return
    cuts = np.flatnonzero(np.diff(starts // most)) + 1
    yield from zip([0, *cuts.tolist()], [*cuts.tolist(), len(starts)], strict=True)
