"""Records of a separated-values file, with a way back to the next good record behind a broken one."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from winnow.errors import SettingError
from winnow.ingest.base import EXCERPT_BYTES, Rejected
from winnow.ingest.pieces import cut, lines
from winnow.ingest.streams import ByteStream

SEPARATORS = (",", ";", "\t", "|")
_OTHER_CHARS = 4_000_000
_LOOK_AHEAD = 50


class Record(NamedTuple):
    line: int
    """1-based number of the physical line it begins at."""
    fields: list[str]
    chars: int


class _TooLong(Exception):
    """The record under way outgrew what is allowed."""


class _Gap(Exception):
    """A line of the record under way is lost; all of it has been rejected."""


class Records:
    """Iterates over the records of a stream, the header first; what is broken is collected in `rejected`.

    A quote that is never closed swallows the lines behind it. So a record that ends in error gives its later lines
    back, from the first one that could be a record of its own.
    """

    def __init__(self, stream: ByteStream, separator: str | None, max_chars: int) -> None:
        if separator is not None and len(separator) != 1:
            raise SettingError("csv: delimiter is one character", f"found {separator!r}", "--set delimiter=tab")
        self._stream = stream
        self._separator = separator or ","
        self._told = separator is not None
        self._limit = max_chars + _OTHER_CHARS
        self._source = self._physical_lines()
        self._back: deque[tuple[int, str | None]] = deque()
        self._held: list[str] = []
        self._start = self._size = self._width = 0
        self._invalid = False
        self.rejected: list[Rejected] = []
        if csv.field_size_limit() < self._limit:
            csv.field_size_limit(self._limit)  # the module's own limit is process-wide; it is only ever raised

    @property
    def position(self) -> int:
        return self._stream.position

    def take_rejected(self) -> list[Rejected]:
        rejected, self.rejected = self.rejected, []
        return rejected

    def __iter__(self) -> Iterator[Record]:
        self._find_separator()
        while True:
            try:
                for fields in csv.reader(self._feed(), delimiter=self._separator, strict=True):
                    record = Record(self._start, fields, self._size)
                    if self._is_good(record):
                        self._width = self._width or len(fields)
                        yield record
                    self._held, self._size = [], 0
                return
            except _Gap:
                self._held, self._size = [], 0
            except (csv.Error, _TooLong) as reason:
                literal = self._recover(reason)
                if literal is not None:
                    yield literal
                self._held, self._size = [], 0

    def _find_separator(self) -> None:
        first = self._next()
        while first is not None and not (first[1] or "").strip():
            first = self._next()
        if first is None:
            return
        number, line = first
        self._back.append((number, line))
        if line is not None and not self._told:
            header = line.replace("\r", " ")  # a bare one in the middle of a line is an error to the csv module
            fields = {mark: len(next(csv.reader([header], delimiter=mark))) for mark in SEPARATORS}
            self._separator = max(SEPARATORS, key=lambda mark: fields[mark])

    def _next(self) -> tuple[int, str | None] | None:
        """Return the next physical line and its number; the line is None where one was lost and rejected."""
        return self._back.popleft() if self._back else next(self._source, None)

    def _physical_lines(self) -> Iterator[tuple[int, str | None]]:
        for pieces in cut(self._stream, lines, 4 * self._limit):
            if pieces.fault:
                excerpt = self._raw(self._held) + pieces.parts[0]
                self._reject(self._start if self._held else pieces.first, pieces.fault, excerpt)
                yield pieces.first, None
                continue
            for number, line in enumerate(pieces.parts, pieces.first):
                try:
                    yield number, line.decode() + "\n"
                except UnicodeDecodeError:
                    self._invalid = True
                    yield number, line.decode(errors="surrogateescape") + "\n"

    def _feed(self) -> Iterator[str]:
        while (entry := self._next()) is not None:
            number, line = entry
            if line is None:
                if self._held:
                    raise _Gap
                continue
            if not self._held:
                self._start = number
            self._held.append(line)
            self._size += len(line)
            if self._size > self._limit:
                raise _TooLong
            yield line

    def _is_good(self, record: Record) -> bool:
        if not record.fields:
            return False
        if self._invalid and any(_broken(field) for field in record.fields):
            self._reject(record.line, "invalid UTF-8", self._raw(self._held))
            return False
        if self._width and len(record.fields) != self._width:
            reason = f"{len(record.fields)} fields where the header has {self._width}"
            self._reject(record.line, reason, self._raw(self._held))
            return False
        return True

    def _recover(self, reason: Exception) -> Record | None:
        """Reject the broken start of the held lines and give the others back; return a record read without quotes."""
        held, start = self._held, self._start
        if isinstance(reason, _TooLong):
            self._step_over(held, start)
            return None
        fields = held[0].rstrip("\r\n").split("\t")
        if self._separator == "\t" and len(fields) == self._width:
            self._give_back(held, 1, start)
            self._held = held[:1]
            literal = Record(start, fields, len(held[0]))
            return literal if self._is_good(literal) else None
        end = next((place for place in range(1, len(held)) if self._may_begin(held[place])), len(held))
        self._give_back(held, end, start)
        text = "a quote is never closed" if "end of data" in str(reason) else f"a quote out of place ({reason})"
        self._reject(start, text, self._raw(held[:end]))
        return None

    def _step_over(self, held: list[str], start: int) -> None:
        """Tell a quote that is never closed from a very long document by how the lines behind it look."""
        behind = held[1 : _LOOK_AHEAD + 1]
        if sum(map(self._may_begin, behind)) * 2 > len(behind):
            self._give_back(held, 1, start)
            self._reject(start, "a quote is never closed", self._raw(held[:1]))
            return
        self._reject(start, f"longer than the {self._limit:,} characters that max_chars allows", self._raw(held))
        inside = sum(line.count('"') for line in held) % 2
        while inside:
            entry = self._next()
            if entry is None:
                return
            inside = (inside + (entry[1] or "").count('"')) % 2

    def _give_back(self, held: list[str], end: int, start: int) -> None:
        self._back.extendleft(reversed([(start + place, held[place]) for place in range(end, len(held))]))

    def _may_begin(self, line: str) -> bool:
        if self._width < 2:
            return False
        try:
            fields = len(next(csv.reader([line], delimiter=self._separator), []))
        except csv.Error:
            return False
        return fields == self._width or (line.count('"') % 2 == 1 and 1 < fields < self._width)

    def _raw(self, held: list[str]) -> bytes:
        return "".join(held)[:EXCERPT_BYTES].encode(errors="surrogateescape")

    def _reject(self, line: int, reason: str, excerpt: bytes) -> None:
        self.rejected.append(Rejected(str(self._stream.path), line, reason, excerpt[:EXCERPT_BYTES]))


def _broken(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
