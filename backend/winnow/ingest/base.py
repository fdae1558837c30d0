"""The interface of every reader: a file in, documents and rejected rows out, in bounded memory."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from winnow.method import Method, param

TEXT_NAMES = ("text", "content", "body", "raw_content", "document", "article", "page_content", "markdown", "html_text")
ID_NAMES = ("id", "doc_id", "document_id", "uid", "uuid", "guid", "warc_record_id", "digest")
SOURCE_NAMES = (
    "source",
    "source_domain",
    "domain",
    "dataset",
    "subset",
    "corpus",
    "origin",
    "pile_set_name",
    "redpajama_set_name",
)
URL_NAMES = ("url", "uri", "link", "source_url", "warc_target_uri", "permalink")
DATE_NAMES = (
    "date",
    "timestamp",
    "created",
    "created_at",
    "published",
    "published_at",
    "publish_date",
    "crawl_date",
    "datetime",
    "time",
    "year",
)

NESTED_NAMES = ("meta", "metadata")
"""Columns that may hold a nested object (or its JSON text) with the id, source, url and date in it."""

BATCH_ROWS = 4096
BATCH_BYTES = 32 << 20
EXCERPT_BYTES = 64 << 10

DOCUMENT = pa.schema(
    [
        ("text", pa.large_string()),
        ("id", pa.string()),
        ("source", pa.string()),
        ("url", pa.string()),
        ("date", pa.timestamp("us")),
        ("meta", pa.string()),
    ]
)
"""What a reader yields per document; `meta` is a JSON object of every other column; missing values are null."""


@dataclass(frozen=True)
class Rejected:
    """A row that could not be taken in, kept so that nothing disappears."""

    file: str
    line: int
    """1-based line of a text file, or row of a table."""
    reason: str
    excerpt: bytes
    """The raw row, or its first 64 KB; empty when nothing of it can be read."""


@dataclass(frozen=True)
class Batch:
    """Documents (schema DOCUMENT), the rows that were rejected, and how many bytes of the file were read so far."""

    documents: pa.RecordBatch
    rejected: list[Rejected] = field(default_factory=list)
    bytes_read: int = 0
    lines: list[int] = field(default_factory=list)
    """The line or row of each document, so that a later check (a repeated id) can name it."""
    file: str = ""
    """The file these lines are counted in: for a folder, the member that was read."""
    skipped: Mapping[str, int] = field(default_factory=dict)
    """How many records were passed over for each reason that is no fault: a redirect, a picture among web pages."""


@dataclass(frozen=True, kw_only=True)
class Reader(Method):
    """Reads one file format."""

    suffixes: ClassVar[tuple[str, ...]] = ()
    looks_inside: ClassVar[bool] = False
    """Whether `accepts` knows a file by more than its suffix: such readers are asked first."""

    text: str | None = param(None, "Column that holds the text; found by its usual names when not given.")
    id: str | None = param(None, "Column that holds the document's own id.")
    source: str | None = param(None, "Column that holds the source, or =NAME to give all documents one.")
    url: str | None = param(None, "Column that holds the address.")
    date: str | None = param(None, "Column that holds the date.")
    max_chars: int = param(20_000_000, "Documents with more characters than this are set aside.", low=1)

    @abstractmethod
    def read(self, path: Path) -> Iterator[Batch]:
        """Yield batches of at most about 4,096 documents or 32 MB; raises InputError when the file cannot be opened.

        A damaged end of a file is a rejected row, not an error: what was read before it stays.
        """

    @classmethod
    def accepts(cls, path: Path) -> bool:
        return any(path.name.lower().endswith(suffix) for suffix in cls.suffixes)
