"""Hashed n-grams of a block's windows: words and pairs of words, runs of 3 to 5 characters.

Obfuscated spelling is undone first: accents, case and zero-width characters go, digits and signs inside words become the
letters they stand for ("1d1ot"), letters of another script that look Latin become Latin in words that hold Latin letters,
three or more of one character become one ("idiooot"), spaced letters join ("i d i o t").
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from winnow.score.passages import (
    ALONE,
    LETTER,
    MASK_DIGIT,
    MASK_SIGN,
    OTHER,
    SPACE,
    TABLE,
    Block,
    Codes,
    Ints,
    Windows,
    fold,
    kinds,
)

BITS = 18
"""Words and characters each have a table of 2**BITS weights."""

_BASE, _STEP = 0x9E3779B97F4A7C15, 0x01000193
_INVERSE = pow(_BASE, -1, 1 << 64)
_LETTERS = dict(zip("013457@$!*", "oieastasi*", strict=True))
_LATIN_END = 0x250
_ALIKE = ("авгеіјкмнорсутхѕһԁԛԝѵьпиӏ" + "αβγδεικνορτυχωηϲϳ", "abreijkmhopcytxshdqwvbnul" + "abydeikvoptuxwncj")
_SMALL = ("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢɑɡɩʋı", "abcdefghijklmnoprstuvwyzagivi")


@dataclass(frozen=True)
class Grams:
    """n-grams of one kind: window w holds `buckets[lows[w]:highs[w]]`."""

    buckets: Ints
    lows: Ints
    highs: Ints

    def counts(self) -> Ints:
        return self.highs - self.lows

    def sums(self, table: NDArray[np.int8]) -> Ints:
        """Return the sum of each window's weights, exact."""
        running = np.zeros(len(self.buckets) + 1, dtype=np.int64)
        np.cumsum(np.take(table, self.buckets), out=running[1:])
        return running[self.highs] - running[self.lows]


@dataclass(frozen=True)
class Spelled:
    """Windows in plain spelling: window w is `codes[bounds[w]:bounds[w + 1]]`."""

    codes: Codes
    bounds: Ints

    def grams(self) -> Mapping[str, list[Grams]]:
        """Return the n-grams of each window as {"words": [1, 2], "letters": [3, 4, 5]}; none crosses a window's edge."""
        return {"words": _words(self.codes, self.bounds), "letters": _letters(self.codes, self.bounds)}


def spelled(block: Block, cut: Windows) -> Spelled:
    codes, starts = plain(block.codes, cut.starts)
    return Spelled(codes, np.append(starts, len(codes)))


def grams(block: Block, cut: Windows) -> Mapping[str, list[Grams]]:
    return spelled(block, cut).grams()


def plain(codes: Codes, starts: Ints) -> tuple[Codes, Ints]:
    """Undo obfuscated spelling; returns the new code points and where the windows that began at `starts` begin now."""
    folded = fold(codes)
    if not folded.all():
        folded, starts = _without(folded, folded == 0, starts)
    kind = kinds(folded)
    _unmask(folded, kind)
    _latinise(folded, kind)
    same = np.zeros(len(folded) + 1, dtype=bool)
    np.equal(folded[1:], folded[:-1], out=same[1:-1])
    gone = same[:-1] & (same[1:] | np.append(False, same[:-2]) | (kind == SPACE))
    _spaced(kind, gone)
    gone[starts[starts < len(gone)]] = False
    return _without(folded, gone, starts)


def _without(codes: Codes, gone: NDArray[np.bool_], starts: Ints) -> tuple[Codes, Ints]:
    return codes[~gone], starts - np.searchsorted(np.flatnonzero(gone), starts)


def _unmask(folded: Codes, kind: NDArray[np.uint8]) -> None:
    """Write letters over the masks: up to three between letters, one digit or $ before a letter, $ at a word's end."""
    places = np.flatnonzero(kind >= MASK_DIGIT)
    if not len(places):
        return
    first = np.append(True, np.diff(places) > 1)
    last = np.append(first[1:], True)
    run = np.cumsum(first) - 1
    before, after = kind[places[first] - 1], kind[places[last] + 1]
    sizes = np.bincount(run)
    dollar = folded[places[first]] == ord("$")
    inner = (before == LETTER) & (after == LETTER) & (sizes <= 3)
    head = (before != LETTER) & (after == LETTER) & (sizes == 1) & (dollar | (kind[places[first]] == MASK_DIGIT))
    tail = (before == LETTER) & (after != LETTER) & (sizes <= 3) & dollar
    chosen = places[(inner | head | tail)[run]]
    folded[chosen] = np.take(_unmasked(), folded[chosen])
    kind[chosen] = LETTER


def _latinise(folded: Codes, kind: NDArray[np.uint8]) -> None:
    """Write Latin letters over small capitals, and over their lookalikes in words that hold a Latin letter."""
    small, alike = np.take(_lookalikes(), folded, axis=1)
    places = np.flatnonzero(small | alike)
    if not len(places):
        return
    sure = places[small[places] > 0]
    folded[sure], kind[sure] = small[sure], LETTER
    letter = kind == LETTER
    word = np.cumsum(letter & ~np.append(False, letter[:-1]))
    mixed = np.zeros(word[-1] + 1, dtype=bool)
    mixed[word[letter & (folded < _LATIN_END)]] = True
    chosen = places[(alike[places] > 0) & mixed[word[places]]]
    folded[chosen] = alike[chosen]


def _spaced(kind: NDArray[np.uint8], gone: NDArray[np.bool_]) -> None:
    """Mark the single separators between three or more single letters."""
    letter = np.zeros(len(kind) + 2, dtype=bool)
    letter[1:-1] = kind == LETTER
    alone = np.flatnonzero(letter[1:-1] & ~letter[:-2] & ~letter[2:])
    if not len(alone):
        return
    step = np.append(np.diff(alone) == 2, False)
    joins = step & (np.append(step[1:], False) | np.append(False, step[:-1]))
    places = alone[joins] + 1
    gone[places[(kind[places] == SPACE) | (kind[places] == OTHER) | (kind[places] == MASK_SIGN)]] = True


def _words(codes: Codes, bounds: Ints) -> list[Grams]:
    kind = kinds(codes)
    alone = kind == ALONE
    word = (kind != SPACE) & (kind != OTHER) & (kind != MASK_SIGN)
    begins, ends = word.copy(), word.copy()
    begins[1:] &= ~word[:-1] | alone[1:] | alone[:-1]
    ends[:-1] &= ~word[1:] | alone[1:] | alone[:-1]
    first, after = np.flatnonzero(begins), np.flatnonzero(ends) + 1
    powers, inverses = _powers(1 << max(len(codes) - 1, 1).bit_length())
    running = np.zeros(len(codes) + 1, dtype=np.uint64)
    np.cumsum(codes * powers[: len(codes)], out=running[1:])
    hashes = (running[after] - running[first]) * inverses[first]
    pairs = hashes[:-1] * np.uint64(_STEP) + hashes[1:]
    edges = np.searchsorted(first, bounds)
    lows, highs = edges[:-1], edges[1:]
    return [
        Grams(_buckets(hashes, 1), lows, highs),
        Grams(_buckets(pairs, 2), np.minimum(lows, len(pairs)), np.maximum(highs - 1, np.minimum(lows, len(pairs)))),
    ]


def _letters(codes: Codes, bounds: Ints) -> list[Grams]:
    found = []
    rolled = codes.astype(np.uint64)
    for size in range(2, 6):
        rolled = rolled[:-1] * np.uint64(_STEP) + codes[size - 1 :] if len(rolled) else rolled
        if size > 2:
            lows = np.minimum(bounds[:-1], len(rolled))
            found.append(Grams(_buckets(rolled, size), lows, np.maximum(bounds[1:] - size + 1, lows)))
    return found


def _buckets(hashes: NDArray[np.uint64], salt: int) -> Ints:
    """Spread hashes over the table: the top BITS of an odd multiple."""
    mixed = (hashes ^ (hashes >> np.uint64(29))) * np.uint64(_BASE + 2 * salt)
    return (mixed >> np.uint64(64 - BITS)).view(np.int64)


@functools.cache
def _powers(size: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the powers of the base and of its inverse modulo 2**64."""
    both = []
    for factor in (_BASE, _INVERSE):
        table = np.full(size + 1, factor, dtype=np.uint64)
        table[0] = 1
        both.append(np.cumprod(table))
    return both[0], both[1]


@functools.cache
def _unmasked() -> Codes:
    table = np.arange(128, dtype=np.uint32)
    for mask, letter in _LETTERS.items():
        table[ord(mask)] = ord(letter)
    return table


@functools.cache
def _lookalikes() -> Codes:
    """Return uint32 [2, TABLE]: the Latin letter that a small capital, or a letter of another script, looks like, or 0."""
    table = np.zeros((2, TABLE), dtype=np.uint32)
    for row, (odd, plain_letters) in enumerate((_SMALL, _ALIKE)):
        table[row, [ord(letter) for letter in odd]] = [ord(letter) for letter in plain_letters]
    for first in (0x1F150, 0x1F170):
        table[0, first : first + 26] = np.arange(ord("a"), ord("z") + 1)
    return table
