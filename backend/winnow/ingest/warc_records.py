"""The records of a web archive, with a way back to the next good one behind a damaged one.

Source: ISO 28500, the WARC file format 1.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from winnow.ingest.base import EXCERPT_BYTES
from winnow.ingest.streams import ByteStream

MOST_HEAD = 64 << 10
_NEXT = re.compile(rb"(?<=\n)WARC/[01]\.")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LONGEST_MARK = 8


@dataclass(frozen=True)
class Record:
    """One record: `number` counts from 1; `fault` says why nothing of it can be used."""

    number: int
    head: bytes
    body: bytes
    fields: dict[str, str] = field(default_factory=dict)
    fault: str = ""

    def field(self, name: str) -> str:
        """Return a field of the head by its name in small letters, or ""."""
        return self.fields.get(name, "")

    @property
    def whole(self) -> bytes:
        return self.head + self.body + b"\r\n\r\n"


class _Window:
    """The bytes under way: grown from the stream on demand, dropped from the front when done."""

    def __init__(self, stream: ByteStream) -> None:
        self._blocks = iter(stream)
        self.data = bytearray()
        self.ended = False

    def grow(self, size: int) -> bool:
        """Hold at least `size` bytes if there are so many left."""
        while len(self.data) < size and not self.ended:
            block = next(self._blocks, None)
            if block is None:
                self.ended = True
            else:
                self.data += block
        return len(self.data) >= size

    def drop(self, size: int) -> None:
        """Pass over `size` bytes without ever holding them all."""
        while size > len(self.data) and not self.ended:
            size -= len(self.data)
            self.data.clear()
            self.grow(1)
        del self.data[:size]


def records(stream: ByteStream, limit: int) -> Iterator[Record]:
    """Yield the records of an archive; one of more than `limit` bytes is passed over and named, never held whole."""
    window, number = _Window(stream), 0
    while True:
        blank = _blank(window)
        del window.data[:blank]
        if not window.grow(1):
            break
        number += 1
        yield _record(window, number, limit)
    if stream.damage:
        yield Record(number + 1, b"", b"", fault=stream.damage)


def _record(window: _Window, number: int, limit: int) -> Record:
    window.grow(MOST_HEAD)
    end = _HEAD_END.search(window.data, 0, MOST_HEAD)
    if not window.data.startswith(b"WARC/") or end is None:
        return _lost(window, number, 1, "no WARC record begins here" if end else "its head does not end")
    head = bytes(window.data[: end.end()])
    fields = _fields(head)
    size = fields.get("content-length", "")
    if not size.isascii() or not size.isdigit() or len(size) > 15:
        return _lost(window, number, len(head), f"its Content-Length is {size[:40]!r}")
    length = len(head) + int(size)
    if int(size) > limit:
        excerpt = bytes(window.data[:EXCERPT_BYTES])
        window.drop(length)
        return Record(number, excerpt, b"", fields, f"longer than the {limit:,} bytes that max_chars allows")
    whole = window.grow(length)
    if not whole:
        # The rest of the file may be a record with a wrong length and good ones behind it.
        fault = f"it is cut short: {len(window.data) - len(head):,} of {int(size):,} bytes are there"
        return _lost(window, number, len(head), fault)
    window.grow(length + MOST_HEAD)
    if not _followed(window.data, length):
        return _lost(window, number, len(head), "it is longer or shorter than it says")
    body = bytes(window.data[len(head) : length])
    del window.data[:length]
    return Record(number, head, body, fields)


def _followed(data: bytearray, at: int) -> bool:
    """Whether what stands behind a record is the end or the next record."""
    rest = bytes(data[at : at + MOST_HEAD]).lstrip(b"\r\n")
    return not rest or rest.startswith(b"WARC/")


def _lost(window: _Window, number: int, at: int, fault: str) -> Record:
    """Drop everything up to the next head."""
    excerpt = bytes(window.data[:EXCERPT_BYTES])
    while True:
        found = _NEXT.search(window.data, at)
        if found is not None:
            del window.data[: found.start()]
            break
        kept = min(len(window.data), _LONGEST_MARK)
        if window.ended:
            window.data.clear()
            break
        del window.data[: len(window.data) - kept]
        at = 0
        window.grow(len(window.data) + 1)
    return Record(number, excerpt, b"", fault=fault)


def _blank(window: _Window) -> int:
    """Return how many line ends stand in front."""
    while window.grow(1):
        stripped = window.data.lstrip(b"\r\n")
        if stripped:
            return len(window.data) - len(stripped)
        window.data.clear()
    return 0


def _fields(head: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in head.decode(errors="replace").splitlines()[1:]:
        name, colon, value = line.partition(":")
        if colon:
            found.setdefault(name.strip().lower(), value.strip())
    return found
