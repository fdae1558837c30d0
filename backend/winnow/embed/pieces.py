"""Word pieces of many texts at once, each distinct word tokenised once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

Ids = NDArray[np.int32]
Bounds = NDArray[np.int64]

REMEMBERED_WORDS = 300_000
REMEMBERED_CHARACTERS = 8_000_000


class Pieces:
    """Splits texts into word pieces, and remembers the pieces of every word it has met.

    The tokenizer must never join characters across white space, as BERT's does not: then the pieces of a text are the
    pieces of its words, and most words of a corpus have been met before. On pages of 4 kB this is several times the
    tokenizer's own speed. Safe to share between threads; what is remembered is bounded.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        self._lock = threading.Lock()
        self._forget()

    def split(self, texts: Sequence[str]) -> tuple[Ids, Bounds]:
        """Return the pieces of all texts in one row, and n + 1 bounds: text i owns ids[bounds[i]:bounds[i + 1]]."""
        words = [text.split() for text in texts]
        flat = list(chain.from_iterable(words))
        with self._lock:
            if len(self._place) > REMEMBERED_WORDS or self._characters > REMEMBERED_CHARACTERS:
                self._forget()
            self._learn(list(set(flat) - self._place.keys()))
            places = np.fromiter(map(self._place.__getitem__, flat), np.int64, len(flat))
            starts, pieces = self._starts, self._pieces
        lengths = starts[places + 1] - starts[places]
        ends = np.concatenate([[0], np.cumsum(lengths)])
        ids = pieces[np.repeat(starts[places] - ends[:-1], lengths) + np.arange(ends[-1])]
        return ids, ends[np.concatenate([[0], np.cumsum([len(part) for part in words], dtype=np.int64)])]

    def _forget(self) -> None:
        self._place: dict[str, int] = {}
        self._characters = 0
        self._starts: Bounds = np.zeros(1, np.int64)
        self._pieces: Ids = np.zeros(0, np.int32)

    def _learn(self, words: list[str]) -> None:
        if not words:
            return
        encoding = self._tokenizer.encode(words, is_pretokenized=True, add_special_tokens=False)
        lengths = np.bincount(np.array(encoding.word_ids, np.int64), minlength=len(words))
        self._starts = np.concatenate([self._starts, self._starts[-1] + np.cumsum(lengths)])
        self._pieces = np.concatenate([self._pieces, np.array(encoding.ids, np.int32)])
        self._place.update(zip(words, range(len(self._place), len(self._place) + len(words)), strict=True))
        self._characters += sum(map(len, words))


def spans(texts: Sequence[str], characters: int) -> list[tuple[int, int]]:
    """Cut texts into runs [start, stop) of at most `characters` (a longer text stands alone), to bound memory."""
    ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
    cuts = [0]
    while cuts[-1] < len(texts):
        before = ends[cuts[-1] - 1] if cuts[-1] else 0
        cuts.append(max(int(np.searchsorted(ends, before + characters, side="right")), cuts[-1] + 1))
    return list(pairwise(cuts))
