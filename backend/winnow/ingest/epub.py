"""EPUB books: one book, one document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from winnow.ingest.isolated import Answer, Task
from winnow.ingest.pdf import MOST_BYTES
from winnow.ingest.whole import WholeFiles
from winnow.method import param


@dataclass(frozen=True, kw_only=True)
class Epub(WholeFiles):
    """An EPUB book, or a folder of them: its chapters in reading order, an empty line between them.

    Title, author, language, date and identifier come from the package document. A book that unpacks to more text than
    max_chars allows is set aside before it is unpacked, whatever its archive claims.
    """

    name: ClassVar[str] = "epub"
    suffixes: ClassVar[tuple[str, ...]] = (".epub",)

    seconds: float = param(60.0, "How long one book may take; longer ones are set aside.", low=1)

    @property
    def most_bytes(self) -> int:
        return max(4 * self.max_chars, MOST_BYTES)

    def task(self, content: bytes) -> Task | Answer:
        return Task("books:epub_book", content, {"most": self.max_chars}, self.seconds)
