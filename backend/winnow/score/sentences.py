"""Where sentences end inside the lines of a batch."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.score.words import Texts

_ENDS = np.isin(np.arange(256), list(b".?!"))
_CLOSERS = np.isin(np.arange(256), list(b"\"')]"))
_LOWER = np.isin(np.arange(256), list(range(97, 123)))
_TITLES = "mr mrs ms dr prof st jr sr rev gen col capt lt sgt hon vs no vol fig e.g i.e u.s a.m p.m"
_NO_ENDS = pa.array([f"{word}." for word in (*_TITLES.split(), *"abcdefghijklmnopqrstuvwxyz")], pa.large_string())


def inner_ends(texts: Texts) -> NDArray[np.int64]:
    """Count the sentences that end in each line before its last word.

    One ends at a word in . ? ! with or without closing quotes or brackets, unless the word is an initial or a common
    abbreviation, or the next word opens with a lower-case ASCII letter.
    """
    if "inner_ends" not in texts.memo:
        texts.memo["inner_ends"] = _inner_ends(texts)
    counts: NDArray[np.int64] = texts.memo["inner_ends"]
    return counts


def _inner_ends(texts: Texts) -> NDArray[np.int64]:
    words, bounds = texts.words, texts.words_of_lines
    last = words.ends - 1
    for _ in range(2):
        closed = _CLOSERS[words.data[last]] & (last > words.starts)
        last = last - closed
    ending = _ENDS[words.data[last]]
    ending[:-1] &= ~_LOWER[words.data[words.starts[1:]]]
    ending[bounds[1:] - 1] = False
    found = np.flatnonzero(ending)
    short = found[words.ends[found] - words.starts[found] <= 6]
    titled = pc.is_in(pc.utf8_lower(words.take(short).strings()), value_set=_NO_ENDS).to_numpy(zero_copy_only=False)
    ending[short[titled.astype(bool)]] = False
    counts: NDArray[np.int64] = np.diff(np.searchsorted(np.flatnonzero(ending), bounds))
    return counts
