"""Text files: one file, one document."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from winnow.ingest.base import Reader
from winnow.ingest.isolated import Answer, Task
from winnow.ingest.markup import MAIN, RAW, WAYS
from winnow.ingest.streams import COMPRESSED
from winnow.ingest.whole import WholeFiles
from winnow.method import methods, param

_STEMS = [
    ".txt",
    ".text",
    ".md",
    ".markdown",
    ".mdx",
    ".rst",
    ".xml",
    ".tex",
    ".org",
    ".adoc",
    ".asciidoc",
    ".wiki",
    ".log",
    ".eml",
    ".srt",
    ".vtt",
]

_SHARED = tuple(setting.name for setting in Reader.settings())


@dataclass(frozen=True, kw_only=True)
class Text(WholeFiles):
    """A text file, or a folder of them (.txt, .md, .rst and the like; also .html, .pdf, .epub): each is one document.

    The id is the path below the folder, the source the name of the folder the file lies in; there is no date. Web
    pages, PDF files and books give the text a person reads. Files with other suffixes are rejected by name unless
    every_file is set; hidden files and folders are passed over.
    """

    name: ClassVar[str] = "text"
    suffixes: ClassVar[tuple[str, ...]] = tuple(stem + packed for stem in _STEMS for packed in COMPRESSED)
    reads_text: ClassVar[bool] = True

    every_file: bool = param(False, "Read every file of a folder as text, whatever its suffix.")
    html: str = param(
        MAIN, "What web pages among the files give: main content, all visible text, or markup.", choices=WAYS
    )

    def reader_of(self, file: Path) -> WholeFiles | None:
        other = self._other(file)
        if other is not None:
            return other
        return self if self.every_file or not file.suffix or self.accepts(file) else None

    def _other(self, file: Path) -> WholeFiles | None:
        """Return the reader of a file that is no plain text, with the settings that are ours too."""
        for name, kind in methods(Reader).items():
            if issubclass(kind, WholeFiles) and kind is not Text and kind.accepts(file):
                if name == "html" and self.html == RAW:
                    return self
                shared: dict[str, Any] = {part: getattr(self, part) for part in _SHARED}
                if name == "html":
                    shared["content"] = self.html
                return kind(**shared)
        return None

    def task(self, content: bytes) -> Task | Answer:
        try:
            return Answer({"text": content.decode()})
        except UnicodeDecodeError as wrong:
            return Answer({}, f"invalid UTF-8 at byte {wrong.start + 1}")
