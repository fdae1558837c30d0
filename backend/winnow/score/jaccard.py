"""Exact Jaccard similarity of pairs of documents, counted over their shingles."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from winnow.score.minhash import Shingles
from winnow.score.spool import Spool, spool
from winnow.score.words import Places

_AT_ONCE = 1 << 22


def similarities(pairs: Places, corpus: Iterable[Shingles]) -> NDArray[np.float64]:
    """Return |A ∩ B| / |A ∪ B| of each pair of places in the corpus, int64 [m, 2], as float64 [m].

    Shingles are equal when their 32-bit hashes are. One pass; the sets wait in a temporary file of 4 bytes a shingle,
    and 4 million shingles are compared at once. Raises ValueError when the corpus ends before the last place.
    """
    places, at = np.unique(pairs, return_inverse=True)
    at = at.reshape(-1, 2)
    with spool(np.uint32) as sets:
        sizes = _write(places, corpus, sets)
        starts, values = np.cumsum(sizes) - sizes, sets.read()
        found = np.zeros(len(pairs))
        work = sizes[at].sum(axis=1)
        for block in np.split(np.arange(len(pairs)), np.flatnonzero(np.diff(np.cumsum(work) // _AT_ONCE)) + 1):
            both = _shared(values, starts[at[block]], sizes[at[block]])
            found[block] = both / (work[block] - both)
        del values
    return found


def _write(places: Places, corpus: Iterable[Shingles], sets: Spool) -> Places:
    """Write the set of each document at one of the places and return how large each is."""
    sizes, seen = [], 0
    for shingles in corpus:
        inside = places[(places >= seen) & (places < seen + len(shingles))] - seen
        rows = np.repeat(np.arange(len(shingles)), np.diff(shingles.bounds)).astype(np.uint64)
        chosen = np.isin(rows, inside)
        keys = np.unique(rows[chosen] << np.uint64(32) | shingles.hashes[chosen])
        sets.append((keys & np.uint64(0xFFFFFFFF)).astype(np.uint32))
        counts = np.bincount((keys >> np.uint64(32)).astype(np.int64), minlength=len(shingles))
        sizes.append(counts[inside])
        seen += len(shingles)
    if len(places) and places[-1] >= seen:
        raise ValueError(f"the second pass ended after {seen} documents, before the last pair at {places[-1]}")
    return np.concatenate([np.zeros(0, dtype=np.int64), *sizes])


def _shared(values: NDArray[np.uint32], starts: Places, sizes: Places) -> Places:
    """Count the elements that both sets of each pair hold: an element of a pair that is seen twice is in both."""
    sizes, starts = sizes.T.reshape(-1), starts.T.reshape(-1)
    sets = np.repeat(np.arange(len(sizes)), sizes)
    offsets = np.arange(len(sets)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    owners = (sets % (len(sizes) // 2)).astype(np.uint64)
    keys = np.sort(owners << np.uint64(32) | values[starts[sets] + offsets])
    twice = keys[1:][keys[1:] == keys[:-1]] >> np.uint64(32)
    return np.bincount(twice.astype(np.int64), minlength=len(sizes) // 2)
