"""Texts as code points, cut into windows of about a sentence.

Everything here works on whole batches: a batch of texts becomes blocks (one array of code points each), a block becomes
windows (places in that array). What a window holds depends on its own text alone, never on its neighbours in a batch.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Codes = NDArray[np.uint32]

TABLE = 0x20000
"""Code points from here on (rare ideographs, tags) count as one; all letters with case or accents lie below."""

OTHER, LETTER, DIGIT, SPACE, ALONE, MASK_DIGIT, MASK_SIGN = range(7)
"""What a code point is: ALONE is a word by itself (an ideograph, an emoji); the masks may stand for a letter."""

PIECE = 1 << 16
BLOCK = 1 << 17
SHORTEST, LONGEST, SNAP = 12, 400, 100

_SEPARATOR = b"\n\n"
_SENTENCE, _ALWAYS, _NEWLINE = 1, 2, 3
_UNSPACED = ((0x0E00, 0x0F00), (0x1000, 0x10A0), (0x1780, 0x1800), (0x2E80, 0xA4D0), (0xF900, 0xFB00))
_ACCENTS = ((0x0300, 0x0370), (0x064B, 0x0653), (0x1AB0, 0x1B00), (0x20D0, 0x2100), (0xFE00, 0xFE10))


@dataclass(frozen=True)
class Block:
    """Consecutive pieces of texts, with one newline before and one after each.

    `codes` uint32 [n]; piece i is `codes[starts[i]:starts[i + 1]]` and begins, after its newline, at code point
    `offsets[i]` of text `rows[i]`.
    """

    codes: Codes
    starts: Ints
    rows: Ints
    offsets: Ints


@dataclass(frozen=True)
class Windows:
    """Places of about a sentence: window i is `codes[starts[i]:ends[i]]` of a block, in piece `pieces[i]`."""

    starts: Ints
    ends: Ints
    pieces: Ints


def blocks(texts: pa.Array) -> Iterator[Block]:
    """Yield the texts (string or large_string, no nulls) as blocks of about 128 kB, long texts in pieces of 64 kB."""
    texts = texts.cast(pa.large_string())
    if len(texts) == 0:
        return
    _, offset_buffer, data_buffer = texts.buffers()
    places = np.frombuffer(offset_buffer, dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]
    data = memoryview(data_buffer) if data_buffer is not None else memoryview(b"")
    rows, starts, ends = _pieces(places, data)
    group = np.cumsum(ends - starts) // BLOCK
    told, carried = -1, 0
    for members in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(group)) + 1):
        slices = [data[starts[i] : ends[i]] for i in members]
        joined = b"\n" + _SEPARATOR.join(slices) + b"\n"
        codes = np.minimum(np.frombuffer(joined.decode("utf-8").encode("utf-32-le"), dtype=np.uint32), TABLE - 1)
        lengths = _code_points(joined, ends[members] - starts[members])
        offsets = np.zeros(len(members), dtype=np.int64)
        for i in np.flatnonzero(np.diff(rows[members], prepend=told) == 0):
            offsets[i] = offsets[i - 1] + lengths[i - 1] if i else carried
        told, carried = int(rows[members[-1]]), int(offsets[-1] + lengths[-1])
        yield Block(codes, np.concatenate([[0], np.cumsum(lengths + 2)]), rows[members], offsets)


def _code_points(joined: bytes, sizes: Ints) -> Ints:
    """Count the code points of each piece from the joined bytes: those that do not continue another."""
    leads = np.cumsum((np.frombuffer(joined, dtype=np.uint8) & 0xC0) != 0x80)
    ends = np.cumsum(sizes + 2) - 1
    return np.diff(leads[ends], prepend=0) - 2


def _pieces(places: Ints, data: memoryview) -> tuple[Ints, Ints, Ints]:
    """Cut long texts near multiples of PIECE bytes after the text's own start, at white space where there is some."""
    sizes = np.diff(places)
    rows, starts, ends = np.arange(len(sizes)), places[:-1], places[1:]
    long = np.flatnonzero(sizes > PIECE)
    if not len(long):
        return rows, starts, ends
    cuts, owners = [], []
    for row in long:
        for near in range(int(places[row]) + PIECE, int(places[row + 1]), PIECE):
            cuts.append(_snap(data, near))
            owners.append(row)
    all_rows = np.concatenate([rows, np.array(owners, dtype=np.int64)])
    all_starts = np.concatenate([starts, np.array(cuts, dtype=np.int64)])
    order = np.lexsort((all_starts, all_rows))
    all_rows, all_starts = all_rows[order], all_starts[order]
    last = np.append(all_rows[1:] != all_rows[:-1], True)
    all_ends = np.where(last, places[all_rows + 1], np.append(all_starts[1:], 0))
    return all_rows, all_starts, all_ends


def _snap(data: memoryview, near: int) -> int:
    """Return the place after the last white space in the 256 bytes before, else the start of a code point."""
    before = bytes(data[near - 256 : near])
    space = max(before.rfind(b" "), before.rfind(b"\n"))
    if space >= 0:
        return near - 255 + space
    while data[near] & 0xC0 == 0x80:
        near -= 1
    return near


def windows(block: Block) -> Windows:
    """Cut a block after sentence ends and blank lines; nothing shorter than 12 code points is cut off, and what is
    longer than 400 is cut into even parts at white space."""
    marks = np.take(_breaks(), block.codes)
    here = np.flatnonzero(marks[:-1])
    kind, following = marks[here], here + 1
    space = np.take(_kinds(), block.codes[following]) == SPACE
    cut = ((kind == _SENTENCE) & space) | (kind == _ALWAYS) | ((kind == _NEWLINE) & (marks[following] == _NEWLINE))
    firsts = block.starts[:-1]
    inner = following[cut]
    starts = np.union1d(inner[~np.isin(inner + 1, block.starts)], firsts)
    fixed = np.isin(starts, firsts, assume_unique=True)
    gaps = np.diff(starts, append=len(block.codes))
    tail = np.append(fixed[1:], True) & (gaps < SHORTEST)
    short = np.concatenate([[False], gaps[:-1] < SHORTEST])
    starts = _cut_long(block, starts[fixed | ~(tail | short)])
    ends = np.append(starts[1:], len(block.codes))
    return Windows(starts, ends, np.searchsorted(block.starts, starts, side="right") - 1)


def _cut_long(block: Block, starts: Ints) -> Ints:
    sizes = np.diff(np.append(starts, len(block.codes)))
    long = np.flatnonzero(sizes > LONGEST)
    if not len(long):
        return starts
    parts = -(-sizes[long] // LONGEST)
    owner = np.repeat(long, parts - 1)
    turn = np.arange(len(owner)) - np.repeat(np.cumsum(parts - 1) - (parts - 1), parts - 1) + 1
    near = starts[owner] + turn * sizes[owner] // np.repeat(parts, parts - 1)
    spaces = np.flatnonzero(kinds(block.codes) == SPACE)
    before = spaces[np.searchsorted(spaces, near, side="right") - 1]
    return np.union1d(starts, np.where(near - before <= SNAP, before, near))


def places(block: Block, cut: Windows) -> tuple[Ints, Ints]:
    """Return where each window starts and ends in its own text, in code points, without the white space around it."""
    inside = np.append(np.flatnonzero(kinds(block.codes) != SPACE), len(block.codes))
    first = np.minimum(inside[np.searchsorted(inside, cut.starts)], cut.ends)
    last = np.maximum(inside[np.maximum(np.searchsorted(inside, cut.ends) - 1, 0)] + 1, first)
    shift = (block.offsets - block.starts[:-1] - 1)[cut.pieces]
    return first + shift, np.where(first < cut.ends, last, first) + shift


def kinds(codes: Codes) -> NDArray[np.uint8]:
    """Return what each code point is."""
    return np.take(_kinds(), codes)


def fold(codes: Codes) -> Codes:
    """Return lower-case letters without accents; 0 for what has no width (and apostrophes), 32 for white space."""
    return np.take(_folds(), codes)


@functools.cache
def _kinds() -> NDArray[np.uint8]:
    table = np.array([_kind(chr(code)) for code in range(TABLE)], dtype=np.uint8)
    table[TABLE - 1] = ALONE
    return table


def _kind(letter: str) -> int:
    if letter in "013457":
        return MASK_DIGIT
    if letter in "@$!*":
        return MASK_SIGN
    category, code = unicodedata.category(letter), ord(letter)
    if category in ("Cc", "Zs", "Zl", "Zp"):
        return SPACE
    if category == "So" or (category[0] == "L" and any(low <= code < high for low, high in _UNSPACED)):
        return ALONE
    if category[0] in "LM":
        return LETTER
    return DIGIT if category[0] == "N" else OTHER


@functools.cache
def _folds() -> Codes:
    return np.array([_fold(chr(code)) for code in range(TABLE)], dtype=np.uint32)


def _fold(letter: str) -> int:
    category, code = unicodedata.category(letter), ord(letter)
    if category in ("Cc", "Zs", "Zl", "Zp"):
        return 32
    if category in ("Cf", "Me") or any(low <= code < high for low, high in _ACCENTS) or letter in "'’‘`´":
        return 0
    plain = unicodedata.normalize("NFKD", letter)
    lower = plain[0].lower()
    marks_only = all(unicodedata.category(mark) == "Mn" for mark in plain[1:])
    return ord(lower[0]) if marks_only else code


@functools.cache
def _breaks() -> NDArray[np.uint8]:
    table = np.zeros(TABLE, dtype=np.uint8)
    for marks, kind in ((".!?…؟।", _SENTENCE), ("。！？", _ALWAYS), ("\n", _NEWLINE)):
        for mark in marks:
            table[ord(mark)] = kind
    return table
