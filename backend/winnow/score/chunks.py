"""Texts as chunks: consecutive windows of about a sentence that a model reads together, in plain spelling."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.score.linear import Floats64
from winnow.score.ngrams import Spelled, spelled
from winnow.score.passages import ALONE, LETTER, Ints, blocks, kinds, places, windows

Logits = Callable[[Spelled], Floats64]
"""The logit of each window, NaN for one without a letter."""

CHUNK = 280
"""Windows that end within the same stretch of so many code points of a text are one chunk: a short text is one chunk."""
SHORT, ALWAYS = 4, 1
"""Texts of SHORT chunks or fewer are short: every sentence bears on the text; of longer ones the ALWAYS highest count as one."""
MOST_READ = 24
"""Of every 64 kB of a text a model reads at most so many chunks, those with the highest n-gram logits."""
_LATIN_END = 0x250
_SIGNS = ((0x2000, 0x2E80), (0x1F000, 0x20000))
_NOT_SAID = re.compile(r"https?\S+|www\.\S+|[@\[<(]?\b(?:user|url|mention)\b[\])>]?|@\w+|\brt\b", re.IGNORECASE)


@dataclass(frozen=True)
class Gate:
    """The n-gram logit from which a chunk is read: of a short text, and of a longer one, a page."""

    short: float
    page: float

    def passes(self, owners: Ints, logits: Floats64) -> NDArray[np.bool_]:
        """Tell which chunks are read, for their texts (rows in order) and their highest n-gram logits."""
        order = np.lexsort((-logits, owners))
        rank = np.empty(len(owners), dtype=np.int64)
        rank[order] = np.arange(len(owners)) - np.searchsorted(owners, owners)
        page = (np.bincount(owners)[owners] > SHORT) & (rank >= ALWAYS) if len(owners) else rank > 0
        passed: NDArray[np.bool_] = (logits >= np.where(page, self.page, self.short)) & (rank < MOST_READ)
        return passed


OPEN = Gate(-np.inf, -np.inf)
"""Lets every chunk in."""


@dataclass(frozen=True)
class Survey:
    """Every window of a batch that holds a letter: its row, place in its text, size, n-gram logit and chunk.

    `chunks` numbers the chunks from 0 in the order of the windows; a chunk is `foreign` when most of its letters are not
    Latin, `open` when it is not foreign, one of its windows' logits is at the gate or above and it is among the MOST_READ
    highest of its stretch of text. `words` holds the plain
    text of each window of an open chunk, in order.
    """

    rows: Ints
    starts: Ints
    ends: Ints
    sizes: Ints
    logits: Floats64
    chunks: Ints
    foreign: NDArray[np.bool_]
    open: NDArray[np.bool_]
    words: tuple[str, ...]

    @property
    def chunk_rows(self) -> Ints:
        return self.rows[self.firsts]

    @property
    def firsts(self) -> Ints:
        """Return the first window of each chunk."""
        return np.flatnonzero(np.diff(self.chunks, prepend=-1))


def survey(texts: pa.Array, logits: Logits, gate: Gate) -> Survey:
    """Cut texts into windows and chunks; memory is bounded by a block of 128 kB and the text of the open chunks."""
    parts = list(_parts(texts, logits, gate))
    if not parts:
        none, never = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool)
        return Survey(none, none, none, none, np.zeros(0), none, never, never, ())
    ahead = np.cumsum([0, *(len(part.foreign) for part in parts[:-1])])
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0]) if name != "words"
    }
    joined["chunks"] = np.concatenate([part.chunks + shift for part, shift in zip(parts, ahead, strict=True)])
    return Survey(**joined, words=tuple(word for part in parts for word in part.words))


def _parts(texts: pa.Array, logits: Logits, gate: Gate) -> Iterator[Survey]:
    for block in blocks(texts):
        cut = windows(block)
        plain = spelled(block, cut)
        found = logits(plain)
        some = np.flatnonzero(~np.isnan(found))
        if not len(some):
            continue
        starts, ends = (place[some] for place in places(block, cut))
        pieces, sizes = cut.pieces[some], (cut.ends - cut.starts)[some]
        stretch = (ends - 1) // CHUNK
        fresh = np.append(True, (np.diff(pieces) != 0) | (np.diff(stretch) != 0))
        chunks = np.cumsum(fresh) - 1
        foreign = np.bincount(chunks, weights=_foreign(plain)[some]) > 0
        highest = np.full(len(foreign), -np.inf)
        np.maximum.at(highest, chunks, found[some])
        piece = pieces[np.flatnonzero(fresh)]
        wide = gate.passes(piece, highest) & ~foreign
        words = tuple(_words(plain, some[wide[chunks]]))
        yield Survey(block.rows[pieces], starts, ends, sizes, found[some], chunks, foreign, wide, words)


def _foreign(plain: Spelled) -> Ints:
    """Return for each window how many more of its letters are foreign than Latin."""
    kind, codes = kinds(plain.codes), plain.codes
    letter = (kind == LETTER) | (kind == ALONE)
    latin = letter & (codes < _LATIN_END)
    sign = np.zeros(len(codes), dtype=bool)
    for low, high in _SIGNS:
        sign |= (codes >= low) & (codes < high)
    running = np.zeros(len(codes) + 1, dtype=np.int64)
    np.cumsum((letter & ~sign).astype(np.int64) - 2 * latin, out=running[1:])
    return running[plain.bounds[1:]] - running[plain.bounds[:-1]]


def _words(plain: Spelled, chosen: Ints) -> list[str]:
    """Return windows as strings: without addresses and names of users, emoji by their names."""
    text = plain.codes.astype("<u4").tobytes().decode("utf-32-le", errors="replace")
    names, bounds = emoji_names(), plain.bounds.tolist()
    return [_NOT_SAID.sub(" ", text[bounds[i] : bounds[i + 1]]).translate(names) for i in chosen.tolist()]


@functools.cache
def emoji_names() -> dict[int, str]:
    """Map every emoji and pictograph to its Unicode name in lower case."""
    codes = (*range(0x2600, 0x27C0), *range(0x1F300, 0x1FB00))
    names = {code: unicodedata.name(chr(code), "").lower().replace("-", " ") for code in codes}
    return {code: f" {name} " for code, name in names.items() if name}
