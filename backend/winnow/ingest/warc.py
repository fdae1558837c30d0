"""Web archives: WARC files with pages as they were fetched, WET files with their text."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from winnow.ingest.base import EXCERPT_BYTES, Batch, Reader
from winnow.ingest.gathering import Found, Gathering
from winnow.ingest.html import MARKUP_BYTES
from winnow.ingest.isolated import Answer, Task, extract_each
from winnow.ingest.markup import ALL, MAIN
from winnow.ingest.streams import COMPRESSED, ByteStream
from winnow.ingest.warc_records import Record, records
from winnow.method import param


@dataclass(frozen=True, kw_only=True)
class _Archive(Reader):
    """Reads the records of a web archive; a damaged record costs only itself."""

    def read(self, path: Path) -> Iterator[Batch]:
        gathering = Gathering(self, path)
        stream = ByteStream(path, text=False)
        waiting: deque[Record] = deque()
        for answer in extract_each(self._tasks(stream, gathering, waiting)):
            record = waiting.popleft()
            value = dict(answer.value)
            if answer.fault:
                gathering.reject(record.number, answer.fault, record.body[:EXCERPT_BYTES])
            elif "skip" in value:
                gathering.skip(value["skip"])
            else:
                gathering.add(_document(record, value, path))
            if gathering.full:
                yield gathering.batch(stream.position)
        if not gathering.empty:
            yield gathering.batch(stream.position)

    def _tasks(self, stream: ByteStream, gathering: Gathering, waiting: deque[Record]) -> Iterator[Task | Answer]:
        for record in records(stream, 4 * self.max_chars + MARKUP_BYTES):
            if record.fault:
                gathering.reject(record.number, record.fault, record.head + record.body[:EXCERPT_BYTES])
                continue
            task = self.task(record)
            if task is None:
                gathering.skip(f"{record.field('warc-type') or 'untyped'} records")
            else:
                waiting.append(record)
                yield task

    @abstractmethod
    def task(self, record: Record) -> Task | Answer | None:
        """Return how a record becomes a document; None for one of another kind."""


@dataclass(frozen=True, kw_only=True)
class Warc(_Archive):
    """A web archive (.warc, plain or compressed): the main content of each page, with its address and date.

    Pages that were not fetched well (a status other than 200), pictures, scripts and the like are passed over and
    counted. A record that is damaged, or said to be longer or shorter than it is, is rejected by its number; reading
    goes on at the next. HTTP by FastWARC, extraction by resiliparse.
    """

    name: ClassVar[str] = "warc"
    suffixes: ClassVar[tuple[str, ...]] = tuple(".warc" + packed for packed in COMPRESSED)

    content: str = param(MAIN, "Keep the main content or all visible text.", choices=(MAIN, ALL))

    def task(self, record: Record) -> Task | Answer | None:
        if record.field("warc-type") not in ("response", "resource"):
            return None
        options = {"how": self.content, "most": 4 * self.max_chars + MARKUP_BYTES}
        return Task("crawl:web_page", record.whole, options)


@dataclass(frozen=True, kw_only=True)
class Wet(_Archive):
    """The text of a web archive (.wet): one document per conversion record, with address, date and language."""

    name: ClassVar[str] = "wet"
    suffixes: ClassVar[tuple[str, ...]] = tuple(".wet" + packed for packed in COMPRESSED)

    def task(self, record: Record) -> Task | Answer | None:
        if record.field("warc-type") != "conversion":
            return None
        try:
            text = record.body.decode()
        except UnicodeDecodeError as wrong:
            return Answer({}, f"invalid UTF-8 at byte {wrong.start + 1} of the record")
        language = record.field("warc-identified-content-language")
        return Answer({"text": text, "content_type": record.field("content-type"), "language": language})


def _document(record: Record, value: dict[str, Any], path: Path) -> Found:
    value.pop("date", None)  # when it was fetched is in the record; what a page says of itself is often wrong
    value.pop("url", None)
    return Found(
        text=str(value.pop("text", "")),
        file=path,
        line=record.number,
        id=record.field("warc-record-id").strip("<>").removeprefix("urn:uuid:") or None,
        url=record.field("warc-target-uri").strip("<>") or None,
        date=record.field("warc-date") or None,
        meta=value,
    )
