"""PDF files: one file, one document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from winnow.ingest.isolated import Answer, Task
from winnow.ingest.whole import WholeFiles
from winnow.method import param


@dataclass(frozen=True, kw_only=True)
class Pdf(WholeFiles):
    """A PDF file, or a folder of them: the text of all pages, an empty line between pages.

    Title, author and number of pages are kept. Scanned pages hold pictures and no text; a file of nothing else is set
    aside, as is one that is locked by a password. Extraction by pypdf.
    """

    name: ClassVar[str] = "pdf"
    suffixes: ClassVar[tuple[str, ...]] = (".pdf",)

    seconds: float = param(120.0, "How long one file may take; longer ones are set aside.", low=1)

    @property
    def most_bytes(self) -> int:
        return max(4 * self.max_chars, MOST_BYTES)

    def task(self, content: bytes) -> Task | Answer:
        return Task("books:pdf_pages", content, {"most": self.max_chars}, self.seconds)


MOST_BYTES = 256 << 20
"""A PDF file or a book may be so large, most of it pictures."""
