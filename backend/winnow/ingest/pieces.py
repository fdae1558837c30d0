"""Cuts a stream of bytes into lines or JSON values without ever holding one beyond the size that is allowed."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from winnow.ingest.base import EXCERPT_BYTES
from winnow.ingest.streams import ByteStream

Split = Callable[[bytes], list[bytes]]
"""Parts of a block; the last one goes on in the next block, so joining all parts may drop separators but no data."""


@dataclass(frozen=True)
class Pieces:
    """Lines (or values) that follow each other; `first` is the 1-based number of the first."""

    first: int
    parts: list[bytes]
    fault: str = ""
    """Why the single part here cannot be used; then it holds an excerpt."""


class Holding(ABC):
    """A split function that keeps back the end of a block, which may begin a separator; `rest` is what it keeps."""

    rest: bytes = b""

    @abstractmethod
    def __call__(self, block: bytes) -> list[bytes]:
        """Return the parts of a block, what was kept back before it included."""


def lines(block: bytes) -> list[bytes]:
    return block.split(b"\n")


def cut(stream: ByteStream, split: Split, limit: int) -> Iterator[Pieces]:
    """Yield the pieces of each block; one longer than `limit` bytes is skipped and named, never held whole."""
    held: list[bytes] = []
    size, number, skipping = 0, 1, False
    for block in stream:
        parts = split(block)
        if len(parts) > 1:
            held.append(parts[0])
            if skipping or size + len(parts[0]) > limit:
                if not skipping:
                    yield _too_long(number, held, limit)
                rest, number = parts[1:-1], number + 1
            else:
                rest = [b"".join(held), *parts[1:-1]]
            if rest:
                yield Pieces(number, rest)
            number += len(rest)
            held, size, skipping = [], 0, False
        held.append(parts[-1])
        size += len(parts[-1])
        if skipping:
            held = []
        elif size > limit:
            yield _too_long(number, held, limit)
            held, skipping = [], True
    last = b"".join(held) + (split.rest if isinstance(split, Holding) and not skipping else b"")
    if stream.damage:
        yield Pieces(number, [last[:EXCERPT_BYTES]], stream.damage)
    elif last and not skipping:
        yield Pieces(number, [last])


def _too_long(number: int, held: list[bytes], limit: int) -> Pieces:
    excerpt = b"".join(part[:EXCERPT_BYTES] for part in held[:2])
    return Pieces(number, [excerpt[:EXCERPT_BYTES]], f"longer than the {limit:,} bytes that max_chars allows")


_MARK = re.compile(rb'["{}\[\],]')
_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)


class JsonValues:
    """Split function for the elements of one JSON array, or for objects that follow each other over many lines."""

    def __init__(self, array: bool) -> None:
        self._array = array
        self._unopened = array
        self._depth = 0
        self._quoted = False
        self._escaped = False

    def __call__(self, block: bytes) -> list[bytes]:
        if self._unopened and (start := block.find(b"[")) >= 0:
            block, self._unopened = block[start + 1 :], False
        parts: list[bytes] = []
        done = position = 0
        while True:
            if self._quoted:
                position = self._string_end(block, position)
            mark = None if self._quoted else _MARK.search(block, position)
            if mark is None:
                parts.append(block[done:])
                return parts
            position = mark.end()
            end = self._step(mark[0], mark.start())
            if end >= 0:
                parts.append(block[done:end])
                done = position

    def _step(self, mark: bytes, start: int) -> int:
        """Follow one mark; return where a value ends, or -1."""
        if mark == b'"':
            self._quoted = True
        elif mark in b"{[":
            self._depth += 1
        elif mark in b"}]":
            if self._depth == 0:
                return start if self._array else -1
            self._depth -= 1
            if self._depth == 0 and not self._array:
                return start + 1
        elif self._depth == 0 and self._array:
            return start
        return -1

    def _string_end(self, block: bytes, position: int) -> int:
        if self._escaped:
            position, self._escaped = position + 1, False
        match = _STRING.match(block, position)
        position = match.end() if match else len(block)
        if block[position : position + 1] == b"\\":
            self._escaped = True
            return len(block)
        if position < len(block):
            self._quoted = False
            position += 1
        return min(position, len(block))
