"""Web pages: one file, one document, in the words that a person reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from winnow.ingest.isolated import Answer, Task
from winnow.ingest.markup import MAIN, WAYS
from winnow.ingest.streams import COMPRESSED
from winnow.ingest.whole import WholeFiles
from winnow.method import param

MARKUP_BYTES = 16 << 20
"""So much markup may stand around a text."""


@dataclass(frozen=True, kw_only=True)
class Html(WholeFiles):
    """A web page, or a folder of them (.html, .htm, .xhtml): the main content without menus, scripts and markup.

    Pages in which no main content is found give all their visible text. Title, language, canonical address and date of
    publication are kept where the page names them; the character set is the one it declares, else the likeliest.
    Extraction by resiliparse.
    """

    name: ClassVar[str] = "html"
    suffixes: ClassVar[tuple[str, ...]] = tuple(
        stem + packed for stem in (".html", ".htm", ".xhtml") for packed in COMPRESSED
    )

    content: str = param(MAIN, "Keep the main content, all visible text, or the markup as it is.", choices=WAYS)

    @property
    def most_bytes(self) -> int:
        return 4 * self.max_chars + MARKUP_BYTES

    def task(self, content: bytes) -> Task | Answer:
        return Task("markup:html_page", content, {"how": self.content})
