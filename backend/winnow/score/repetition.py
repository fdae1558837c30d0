"""How much of a document repeats itself: lines, paragraphs and word n-grams, by the Gopher rules (arXiv 2112.11446)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.score.words import Mask, Pieces, Places, Texts, per_text, share

Floats = NDArray[np.float64]
TOP_SIZES = (2, 3, 4)
COVERED_SIZES = (5, 6, 7, 8, 9, 10)


@dataclass(frozen=True)
class Copies:
    """How much of each document is extra copies of its own pieces: share of the pieces, and of their characters."""

    pieces: Floats
    chars: Floats


def copies(pieces: Pieces, texts: int) -> Copies:
    """Measure repeated pieces: (n - n_distinct) / n, and the characters of every copy but the first over all.

    0 for a document without pieces.
    """
    rows, chars, extra = pieces.rows, pieces.chars, ~first_copies(pieces)
    return Copies(
        share(per_text(rows[extra], texts), per_text(rows, texts)),
        share(per_text(rows[extra], texts, chars[extra]), per_text(rows, texts, chars)),
    )


def first_copies(pieces: Pieces) -> Mask:
    """Say which pieces appear for the first time in their document."""
    codes, distinct = pieces.encoded
    first = np.zeros(len(codes), dtype=np.bool_)
    first[first_of(regroup(pieces.rows * max(len(distinct), 1) + codes))] = True
    return first


@dataclass(frozen=True)
class Repeats:
    """The n-grams of one size that occur at least twice in their document.

    `starts[i]` is a word that opens one, `groups[i]` names it: equal groups are equal n-grams of one document.
    """

    size: int
    starts: Places
    groups: Places


def repeats(texts: Texts, up_to: int) -> Iterator[Repeats]:
    """Yield the repeated n-grams of sizes 1 to `up_to`.

    An n-gram repeats only where both its (n-1)-grams do, and the pair of their groups names it exactly; so each size
    looks only at what the last one left, and nothing is hashed. Scorers that read the same texts share the work.
    """
    found: list[Repeats] = texts.memo.setdefault("repeats", [])
    if len(found) < up_to:
        found[:] = _repeats(texts, up_to)
    yield from found[:up_to]


def _repeats(texts: Texts, up_to: int) -> Iterator[Repeats]:
    words = texts.words
    codes, distinct = words.encoded
    starts, groups = _repeated(np.arange(len(words)), words.rows * max(len(distinct), 1) + codes)
    yield Repeats(1, starts, groups)
    for size in range(2, up_to + 1):
        follows = np.flatnonzero(starts[1:] == starts[:-1] + 1)
        follows = follows[words.rows[starts[follows]] == words.rows[starts[follows + 1]]]
        largest = int(groups.max()) + 1 if len(groups) else 1
        starts, groups = _repeated(starts[follows], groups[follows] * largest + groups[follows + 1])
        yield Repeats(size, starts, groups)


def top_share(texts: Texts, found: Repeats) -> Floats:
    """Return the share of a document's word characters that its most frequent n-gram takes.

    min(1, max of count(g) * chars(g) over the n-grams g of the highest count) / sum(chars(w)); characters without
    spaces; 0 when no n-gram occurs twice.
    """
    words = texts.words
    before = words.chars_before
    if not len(found.starts):
        return np.zeros(len(texts))
    counts, first = np.bincount(found.groups), found.starts[first_of(found.groups)]
    chars, rows = before[first + found.size] - before[first], words.rows[first]
    highest = np.zeros(len(texts), dtype=np.int64)
    np.maximum.at(highest, rows, counts)
    led = counts == highest[rows]
    taken = np.zeros(len(texts), dtype=np.int64)
    np.maximum.at(taken, rows[led], counts[led] * chars[led])
    return np.minimum(share(taken, texts.word_chars), 1.0)


@dataclass(frozen=True)
class Top:
    """The most frequent n-gram of each text, the first of several to appear: count, characters without spaces, words.

    `starts` is the word where it appears first, -1 where the text has fewer words than an n-gram.
    """

    counts: Places
    chars: Places
    starts: Places


def first_top(texts: Texts, found: Repeats) -> Top:
    """Return each text's most frequent n-gram; where none repeats, its first, with count 1."""
    words, size = texts.words, found.size
    bounds = np.searchsorted(words.starts, texts.offsets)
    fits = np.diff(bounds) >= size
    starts, counts = np.where(fits, bounds[:-1], -1), fits.astype(np.int64)
    if len(found.starts):
        times, first = np.bincount(found.groups), found.starts[first_of(found.groups)]
        rows = words.rows[first]
        highest = np.zeros(len(texts), dtype=np.int64)
        np.maximum.at(highest, rows, times)
        # Groups are numbered in the order in which they appear, so the last written backwards is the first.
        led = np.flatnonzero(times == highest[rows])[::-1]
        starts[rows[led]], counts[rows[led]] = first[led], times[led]
    before = words.chars_before
    chars = np.where(starts >= 0, before[np.minimum(starts + size, len(words))] - before[np.maximum(starts, 0)], 0)
    return Top(counts, chars, starts)


def covered_share(texts: Texts, found: Repeats) -> Floats:
    """Return sum(chars(w)) over the words inside some repeated n-gram, over sum(chars(w)) of all words."""
    words = texts.words
    before = words.chars_before
    ends = found.starts + found.size
    # N-grams of one size end in the order they start, so each adds what lies past the end of the one before it.
    fresh = np.maximum(found.starts, np.concatenate([[0], ends[:-1]])[: len(ends)])
    covered = per_text(words.rows[found.starts], len(texts), before[ends] - before[fresh])
    return share(covered, texts.word_chars)


def regroup(keys: Places) -> Places:
    """Number equal keys alike, from 0, in order of appearance."""
    numbers: Places = pa.array(keys).dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers


def first_of(groups: Places) -> Places:
    """Return where each of the groups 0..k-1 appears first."""
    first = np.empty(int(groups.max()) + 1 if len(groups) else 0, dtype=np.int64)
    first[groups[::-1]] = np.arange(len(groups) - 1, -1, -1)
    return first


def _repeated(starts: Places, keys: Places) -> tuple[Places, Places]:
    groups = regroup(keys)
    twice = np.bincount(groups) > 1
    kept = twice[groups]
    return starts[kept], (np.cumsum(twice) - 1)[groups[kept]]
