"""The words, lines and paragraphs of a batch, found once over its bytes."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]
Mask = NDArray[np.bool_]

NEWLINE = 10
_ASCII_SPACES = (9, 10, 11, 12, 13, 28, 29, 30, 31, 32)
_IS_SPACE = np.isin(np.arange(256), _ASCII_SPACES)


@dataclass(frozen=True)
class Pieces:
    """Stretches of a batch's bytes in order: piece i is `data[starts[i]:ends[i]]`, of the document in row `rows[i]`.

    `chars[i]` counts its code points.
    """

    data: Bytes
    starts: Places
    ends: Places
    rows: Places
    chars: Places

    def __len__(self) -> int:
        return len(self.starts)

    def take(self, chosen: Places | Mask) -> Pieces:
        return Pieces(self.data, self.starts[chosen], self.ends[chosen], self.rows[chosen], self.chars[chosen])

    def strings(self) -> Any:
        """Return the pieces as an Arrow large_string array; they must not overlap."""
        depth = np.zeros(len(self.data) + 1, dtype=np.int8)
        depth[self.starts] += 1
        depth[self.ends] -= 1
        inside = np.cumsum(depth[:-1], dtype=np.int8).view(np.bool_)
        offsets = np.zeros(len(self) + 1, dtype=np.int64)
        np.cumsum(self.ends - self.starts, out=offsets[1:])
        return _large_strings(offsets, self.data[inside])

    def starts_with(self, *marks: str) -> Mask:
        """Say which pieces begin with one of the marks."""
        return self._meets(marks, [self.starts] * len(marks))

    def ends_with(self, *marks: str) -> Mask:
        """Say which pieces end with one of the marks."""
        return self._meets(marks, [self.ends - len(mark.encode()) for mark in marks])

    def _meets(self, marks: Iterable[str], places: Iterable[Places]) -> Mask:
        met = np.zeros(len(self), dtype=np.bool_)
        for mark, place in zip(marks, places, strict=True):
            body = mark.encode()
            found = np.flatnonzero(self.ends - self.starts >= len(body))
            for step, byte in enumerate(body):
                found = found[self.data[place[found] + step] == byte]
            met[found] = True
        return met

    @cached_property
    def chars_before(self) -> Places:
        """Return the code points in the pieces before each piece, and at the end in all."""
        before = np.zeros(len(self) + 1, dtype=np.int64)
        np.cumsum(self.chars, out=before[1:])
        return before

    @cached_property
    def encoded(self) -> tuple[NDArray[np.int64], Any]:
        """Return one code per piece and the distinct strings the codes stand for: equal text, equal code."""
        coded = self.strings().dictionary_encode()
        return coded.indices.to_numpy(zero_copy_only=False).astype(np.int64), coded.dictionary


@dataclass(frozen=True)
class Texts:
    """A batch's texts as one run of UTF-8 bytes; document i is `data[offsets[i]:offsets[i + 1]]`."""

    data: Bytes
    offsets: Places

    @classmethod
    def of(cls, column: Any) -> Texts:
        """Read a string column without copying its bytes; a null counts as an empty text."""
        column = column.cast(pa.large_string()).fill_null("")
        if len(column) == 0:
            return cls(np.zeros(0, dtype=np.uint8), np.zeros(1, dtype=np.int64))
        _, places, body = column.buffers()
        offsets = np.frombuffer(places, dtype=np.int64)[column.offset : column.offset + len(column) + 1]
        data = np.frombuffer(body, dtype=np.uint8) if body is not None else np.zeros(0, dtype=np.uint8)
        return cls(data[offsets[0] : offsets[-1]], offsets - offsets[0])

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def column(self) -> Any:
        """Return the texts as an Arrow large_string array."""
        return _large_strings(self.offsets, self.data)

    @cached_property
    def is_ascii(self) -> bool:
        return not len(self.data) or int(self.data.max()) < 128

    @cached_property
    def _leading(self) -> NDArray[Any]:
        # Counts code points before each byte: every byte but the continuation bytes 10xxxxxx opens one.
        counter: type[np.signedinteger[Any]] = np.int32 if len(self.data) < 2**31 - 1 else np.int64
        before = np.zeros(len(self.data) + 1, dtype=counter)
        np.cumsum((self.data & 0xC0) != 0x80, dtype=counter, out=before[1:])
        return before

    def code_points(self, starts: Places, ends: Places) -> Places:
        """Count the code points of `data[starts[i]:ends[i]]`."""
        if self.is_ascii:
            return ends - starts
        counts: Places = (self._leading[ends] - self._leading[starts]).astype(np.int64)
        return counts

    @cached_property
    def chars(self) -> Places:
        return self.code_points(self.offsets[:-1], self.offsets[1:])

    def rows_of(self, places: Places) -> Places:
        """Return the document that holds each byte."""
        return np.searchsorted(self.offsets, places, side="right") - 1

    @cached_property
    def words(self) -> Pieces:
        """Split on Unicode whitespace, exactly as `str.split()` does."""
        solid = ~self._spaces()
        opens, closes = solid.copy(), solid.copy()
        opens[1:] &= ~solid[:-1]
        closes[:-1] &= ~solid[1:]
        filled = self.offsets[:-1][np.diff(self.offsets) > 0]
        opens[filled] = solid[filled]
        last = np.append(filled[1:], len(self.data))[: len(filled)] - 1
        closes[last] = solid[last]
        starts, ends = np.flatnonzero(opens), np.flatnonzero(closes) + 1
        counts = np.diff(np.searchsorted(starts, self.offsets))
        rows = np.repeat(np.arange(len(self)), counts)
        return Pieces(self.data, starts, ends, rows, self.code_points(starts, ends))

    @cached_property
    def word_counts(self) -> Places:
        return np.diff(np.searchsorted(self.words.starts, self.offsets))

    @cached_property
    def word_chars(self) -> Places:
        """Count the code points in each document's words."""
        bounds = np.searchsorted(self.words.starts, self.offsets)
        return np.diff(self.words.chars_before[bounds])

    def _spaces(self) -> Mask:
        data = self.data
        space = _IS_SPACE[data]
        if self.is_ascii:
            return space
        # U+0085 and U+00A0 are C2 85 and C2 A0; U+1680 is E1 9A 80; U+2000-200A, 2028, 2029, 202F are E2 80 xx;
        # U+205F is E2 81 9F; U+3000 is E3 80 80.
        _mark(space, data, np.flatnonzero(data[:-1] == 0xC2), {(0x85,), (0xA0,)})
        _mark(space, data, np.flatnonzero(data[:-2] == 0xE1), {(0x9A, 0x80)})
        general: set[tuple[int, ...]] = {(0x80, last) for last in (*range(0x80, 0x8B), 0xA8, 0xA9, 0xAF)} | {
            (0x81, 0x9F)
        }
        _mark(space, data, np.flatnonzero(data[:-2] == 0xE2), general)
        _mark(space, data, np.flatnonzero(data[:-2] == 0xE3), {(0x80, 0x80)})
        return space

    @cached_property
    def newlines(self) -> Places:
        return np.flatnonzero(self.data == NEWLINE)

    @cached_property
    def line_counts(self) -> Places:
        """Count each document's lines: pieces between newlines, where a final newline opens no further line."""
        newlines = np.diff(np.searchsorted(self.newlines, self.offsets))
        filled = np.diff(self.offsets) > 0
        final = self.data[self.offsets[1:][filled] - 1]
        newlines[filled] += final != NEWLINE
        return newlines

    @cached_property
    def raw_lines(self) -> Pieces:
        """Return the stretches between newlines that hold a character, unstripped, as `text.split("\\n")` gives them."""
        filled = self.offsets[:-1][np.diff(self.offsets) > 0]
        starts = np.union1d(self.newlines + 1, filled)
        starts = starts[starts < len(self.data)]
        starts = starts[self.data[starts] != NEWLINE]
        ends = np.union1d(self.newlines, self.offsets[1:])
        ends = ends[np.searchsorted(ends, starts, side="right")]
        return Pieces(self.data, starts, ends, self.rows_of(starts), self.code_points(starts, ends))

    @cached_property
    def raw_line_counts(self) -> Places:
        """Count the pieces of `text.split("\\n")`: one more than newlines."""
        return np.diff(np.searchsorted(self.newlines, self.offsets)) + 1

    @cached_property
    def memo(self) -> dict[str, Any]:
        """Return what was found in these texts by one scorer and serves another."""
        return {}

    @cached_property
    def _line_bounds(self) -> tuple[Places, Places]:
        """Return the half-open ranges of `words` that make each line with a word in it."""
        words = self.words
        line = np.searchsorted(self.newlines, words.starts)
        new = np.ones(len(words), dtype=np.bool_)
        new[1:] = (line[1:] != line[:-1]) | (words.rows[1:] != words.rows[:-1])
        first = np.flatnonzero(new)
        return first, np.append(first[1:], len(words))[: len(first)]

    @cached_property
    def lines(self) -> Pieces:
        """Return the lines that hold a word, stripped of whitespace at both ends."""
        first, after = self._line_bounds
        return self._pieces(first, after)

    @cached_property
    def words_of_lines(self) -> Places:
        """Return the bounds of each line's words: line i holds words `[i]` to `[i + 1]`."""
        return np.append(self._line_bounds[0], len(self.words))

    @cached_property
    def paragraphs(self) -> Pieces:
        """Return the runs of lines between blank lines, stripped of whitespace at both ends."""
        lines, words = self.lines, self.words
        breaks = np.searchsorted(self.newlines, lines.starts) - np.searchsorted(self.newlines, np.roll(lines.ends, 1))
        new = (breaks > 1) | (lines.rows != np.roll(lines.rows, 1))
        new[:1] = True
        first = self.words_of_lines[:-1][new]
        return self._pieces(first, np.append(first[1:], len(words))[: len(first)])

    def _pieces(self, first: Places, after: Places) -> Pieces:
        words = self.words
        starts, ends = words.starts[first], words.ends[after - 1]
        return Pieces(self.data, starts, ends, words.rows[first], self.code_points(starts, ends))


class _Last(threading.local):
    batch: weakref.ref[Any] | None = None
    texts: Texts | None = None


_LAST = _Last()


def texts_of(batch: pa.RecordBatch) -> Texts:
    """Return the batch's texts; scorers that see the same batch one after another share its split."""
    if _LAST.texts is None or _LAST.batch is None or _LAST.batch() is not batch:
        _LAST.texts = Texts.of(batch.column("text"))
        _LAST.batch = weakref.ref(batch, _forget)
    return _LAST.texts


def _forget(gone: weakref.ref[Any]) -> None:
    if _LAST.batch is gone:
        _LAST.batch = _LAST.texts = None


def per_text(rows: Places, texts: int, weights: NDArray[Any] | None = None) -> NDArray[np.float64]:
    """Sum the weights (or count the entries) of each document."""
    return np.bincount(rows, weights=weights, minlength=texts).astype(np.float64)


def share(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    """Divide, with 0 where there is nothing to divide by."""
    quotients = np.zeros(len(part))
    np.divide(part, whole, out=quotients, where=whole > 0)
    return quotients


def _mark(space: Mask, data: Bytes, leads: Places, tails: set[tuple[int, ...]]) -> None:
    for tail in tails:
        found = leads
        for step, byte in enumerate(tail, start=1):
            found = found[data[found + step] == byte]
        for step in range(len(tail) + 1):
            space[found + step] = True


def _large_strings(offsets: Places, data: Bytes) -> Any:
    places, body = (pa.py_buffer(np.ascontiguousarray(part)) for part in (offsets, data))
    return pa.LargeStringArray.from_buffers(len(offsets) - 1, places, body)
