"""Runs of words that documents share with benchmark items, found by hash joins over whole batches."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.score.folded import FoldedWords, Hashes
from winnow.score.words import Places

_TABLE_BITS = (16, 26)
_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class Index:
    """Where each run of `size` words stands in the items: run i in `items[bounds[i]:bounds[i + 1]]` at `places[…]`.

    `keys` uint64, sorted. `lengths` counts each item's words. Items shorter than a run are in `short_keys`, sorted, the
    hash of the whole item, and `short_items`. Runs of digits alone are left out: they are found everywhere.
    """

    size: int
    keys: Hashes
    bounds: Places
    items: NDArray[np.int32]
    places: NDArray[np.int32]
    lengths: Places
    short_keys: Hashes
    short_items: NDArray[np.int32]

    @functools.cached_property
    def present(self) -> NDArray[np.bool_]:
        """Return which leading bits of a hash some key has: most runs of a corpus are turned away here, in the cache."""
        low, high = _TABLE_BITS
        bits = min(max(len(self.keys).bit_length() + 4, low), high)
        table = np.zeros(1 << bits, dtype=np.bool_)
        table[self.keys >> np.uint64(64 - bits)] = True
        return table

    def lookup(self, hashes: Hashes) -> tuple[Places, Places]:
        """Return which of the hashes are keys, and of each which key."""
        bits = len(self.present).bit_length() - 1
        maybe = np.flatnonzero(self.present[hashes >> np.uint64(64 - bits)])
        key = np.searchsorted(self.keys, hashes[maybe])
        found = key < len(self.keys)
        found[found] = self.keys[key[found]] == hashes[maybe[found]]
        return maybe[found], key[found]


@dataclass(frozen=True)
class Hits:
    """Shared runs: at word `words[i]` of document `rows[i]` begins a run that begins at word `places[i]` of `items[i]`."""

    rows: Places
    words: Places
    items: Places
    places: Places

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, chosen: Places | NDArray[np.bool_]) -> Hits:
        return Hits(self.rows[chosen], self.words[chosen], self.items[chosen], self.places[chosen])


@dataclass(frozen=True)
class Pairs:
    """Documents and the items they share runs with, by row and item: `coverage` is the share of the item's words that
    stand in a shared run, `run` the words of the longest one."""

    rows: Places
    items: Places
    coverage: NDArray[np.float64]
    run: Places

    def __len__(self) -> int:
        return len(self.rows)


def build(texts: Sequence[str], size: int) -> Index:
    """Index the items' runs of `size` words."""
    words = FoldedWords.of(pa.array(texts, pa.large_string()))
    places, held = words.run_places(size), words.held(size)
    owners = np.repeat(np.arange(len(texts)), held)
    telling = ~_digits_alone(words, size)[places]
    places, owners = places[telling], owners[telling]
    hashes = words.runs(size)[places]
    order = np.lexsort((places, hashes))
    keys, firsts = np.unique(hashes[order], return_index=True)
    short, short_keys = _wholes(words, size)
    by_key = np.argsort(short_keys, kind="stable")
    return Index(
        size,
        keys,
        np.append(firsts, len(order)).astype(np.int64),
        owners[order].astype(np.int32),
        (places - words.begins[owners])[order].astype(np.int32),
        words.counts,
        short_keys[by_key],
        short[by_key].astype(np.int32),
    )


def find(words: FoldedWords, index: Index) -> Hits:
    """Return every run that a document of the batch shares with an item."""
    places = words.run_places(index.size)
    which, key = index.lookup(words.runs(index.size)[places])
    rows = np.repeat(np.arange(len(words.counts)), words.held(index.size))[which]
    at = places[which] - words.begins[rows]
    counts = index.bounds[key + 1] - index.bounds[key]
    parts = [_expanded(rows[block], at[block], key[block], index) for block in _bounded(counts)]
    short, hashes = _wholes(words, index.size)
    first, after = (np.searchsorted(index.short_keys, hashes, side=side) for side in ("left", "right"))
    times = after - first
    items = index.short_items[np.repeat(first, times) + _steps(times)].astype(np.int64)
    nothing = np.zeros(len(items), dtype=np.int64)
    parts.append(Hits(np.repeat(short, times), nothing, items, nothing))
    return Hits(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ("rows", "words", "items", "places"))
    )


def pairs(hits: Hits, index: Index) -> Pairs:
    """Count, for each document and item that share a run, how much of the item it covers and the longest run."""
    by_place = hits.take(np.lexsort((hits.places, hits.items, hits.rows)))
    new = _changes(by_place.rows, by_place.items)
    first = np.flatnonzero(new)
    rows, items = by_place.rows[first], by_place.items[first]
    width = np.minimum(index.size, index.lengths[by_place.items])
    covered = _sums(_steps_to_next(by_place.places, new, width), first)
    by_diagonal = hits.take(np.lexsort((hits.words, hits.places - hits.words, hits.items, hits.rows)))
    return Pairs(rows, items, covered / index.lengths[items], _longest(by_diagonal, first, index))


def words_covered(hits: Hits, index: Index, documents: int) -> Places:
    """Count the words of each document that stand in a shared run."""
    order = hits.take(np.lexsort((hits.words, hits.rows)))
    width = np.minimum(index.size, index.lengths[order.items])
    new = _changes(order.rows)
    covered = _sums(_steps_to_next(order.words, new, width), np.flatnonzero(new))
    counts = np.zeros(documents, dtype=np.int64)
    counts[order.rows[new]] = covered
    return counts


def _longest(hits: Hits, first: Places, index: Index) -> Places:
    """Return the words of each pair's longest run: hits that move on by one word in both texts continue each other."""
    breaks = _changes(hits.rows, hits.items, hits.places - hits.words)
    breaks[1:] |= np.diff(hits.words) != 1
    begins = np.flatnonzero(breaks)
    sizes = np.diff(np.append(begins, len(hits))) - 1 + np.minimum(index.size, index.lengths[hits.items[begins]])
    opens = np.searchsorted(begins, first)
    return np.maximum.reduceat(sizes, opens) if len(first) else sizes


def _changes(*columns: Places) -> NDArray[np.bool_]:
    new = np.zeros(len(columns[0]), dtype=np.bool_)
    new[:1] = True
    for column in columns:
        new[1:] |= np.diff(column) != 0
    return new


def _steps_to_next(places: Places, new: NDArray[np.bool_], width: Places) -> Places:
    """Return how many words each run adds before the next one of its group begins."""
    steps = width.copy()
    inner = ~new[1:]
    steps[:-1][inner] = np.minimum(width[:-1], np.diff(places))[inner]
    return steps


def _sums(values: Places, first: Places) -> Places:
    sums: Places = np.add.reduceat(values, first) if len(first) else values
    return sums


def _expanded(rows: Places, at: Places, key: Places, index: Index) -> Hits:
    times = index.bounds[key + 1] - index.bounds[key]
    place = np.repeat(index.bounds[key], times) + _steps(times)
    items, places = (column[place].astype(np.int64) for column in (index.items, index.places))
    return Hits(np.repeat(rows, times), np.repeat(at, times), items, places)


def _bounded(counts: Places) -> list[Places]:
    """Cut entries into blocks of at most 4 million pairs: a phrase of every item must not fill the memory at once."""
    cuts = np.flatnonzero(np.diff(np.cumsum(counts) // _AT_ONCE)) + 1
    return np.split(np.arange(len(counts)), cuts)


def _steps(times: Places) -> Places:
    """Count from 0 within each entry: [2, 3] gives 0 1 0 1 2."""
    steps: Places = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    return steps


def _wholes(words: FoldedWords, size: int) -> tuple[Places, Hashes]:
    """Return the documents of fewer words than a run, but some, and a hash of all their words."""
    rows, hashes = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.uint64)]
    for length in range(1, size):
        mine = np.flatnonzero(words.counts == length)
        if len(mine):
            rows.append(mine)
            hashes.append(words.runs(length)[words.begins[mine]] ^ np.uint64(length))
    return np.concatenate(rows), np.concatenate(hashes)


def _digits_alone(words: FoldedWords, size: int) -> NDArray[np.bool_]:
    """Say which runs hold no letter."""
    digits = np.zeros(len(words.data) + 1, dtype=np.int64)
    np.cumsum((words.data >= ord("0")) & (words.data <= ord("9")), out=digits[1:])
    bare = digits[words.ends] - digits[words.starts] == words.ends - words.starts
    before = np.concatenate([[0], np.cumsum(bare)])
    alone: NDArray[np.bool_] = before[size:] - before[: max(len(before) - size, 0)] == size
    return alone
