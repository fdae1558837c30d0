"""MinHash signatures of word shingles, and the pairs of documents that locality-sensitive hashing finds with them.

A document is the set of its runs of k words. Two documents of Jaccard similarity s agree in one MinHash with
probability s, in a band of r of them with s^r, and so in at least one of b bands with 1 - (1 - s^r)^b.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.score.folded import BASE, FoldedWords, Hashes, blocks, mixed, odd_numbers
from winnow.score.words import Places

ShortHashes = NDArray[np.uint32]

_SHINGLES = 1 << 15


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
    """Hash every run of `size` folded words of each text; none for a text of fewer words than `fewest` or size."""
    words = FoldedWords.of(column, digits=False)
    hashes = (words.runs(size) >> np.uint64(32)).astype(np.uint32)[words.run_places(size)]
    held = words.held(size)
    if fewest > size:
        hashes = hashes[np.repeat(words.counts >= fewest, held)]
        held = np.where(words.counts >= fewest, held, 0)
    return Shingles(hashes, np.concatenate([[0], np.cumsum(held)]).astype(np.int64))


def band_keys(found: Shingles, bands: int, rows: int) -> Hashes:
    """Return one key per band, uint64 [n, bands]: documents share it when all `rows` MinHashes of the band agree.

    MinHash j is the least (a_j h + b_j) mod 2^32 over the shingles h, a_j odd: a permutation without a table.
    Documents without shingles have keys of 0.
    """
    keys = np.zeros((len(found), bands), dtype=np.uint64)
    filled = np.flatnonzero(np.diff(found.bounds))
    starts, ends = found.bounds[filled], found.bounds[filled + 1]
    for first, after in blocks(starts, _SHINGLES):
        minima = _minima(
            found.hashes[starts[first] : ends[after - 1]], starts[first:after] - starts[first], bands * rows
        )
        folded = np.zeros((after - first, bands), dtype=np.uint64)
        for row in range(rows):
            folded = mixed(folded + np.uint64(BASE) + minima[row::rows].T)
        keys[filled[first:after]] = folded
    return keys


def _minima(hashes: ShortHashes, starts: Places, functions: int) -> Hashes:
    """Return the least value of each hash function over each document's shingles, [functions, documents]."""
    minima = np.empty((functions, len(starts)), dtype=np.uint64)
    values = np.empty_like(hashes)
    for function, odd in enumerate(odd_numbers(2 * functions)[functions:]):
        np.multiply(hashes, np.uint32(odd >> np.uint64(32)) | np.uint32(1), out=values)
        values += np.uint32(odd & np.uint64(0xFFFFFFFF))
        minima[function] = np.minimum.reduceat(values, starts)
    return minima
