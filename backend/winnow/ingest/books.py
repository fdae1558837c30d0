"""PDF files and EPUB books to text. Runs in a process of its own (`isolated`)."""

from __future__ import annotations

import io
import logging
import posixpath
import zipfile
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

from winnow.ingest.isolated import Unreadable
from winnow.ingest.markup import html_page

MOST_MEMBERS = 20_000
_MARKUP_PER_CHAR = 8
_SMALL = 4 << 20


def pdf_pages(data: bytes, most: int) -> dict[str, Any]:
    """Return the text of all pages with title, author and count; raises Unreadable for a locked or foreign file."""
    import pypdf
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    if b"%PDF-" not in data[:1024]:
        raise Unreadable("it is no PDF file: the mark %PDF- is missing")
    try:
        reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable("it is locked by a password")
        texts, size = [], 0
        for page in reader.pages:
            texts.append(page.extract_text().strip())
            size += len(texts[-1])
            if size > most:
                raise Unreadable(f"longer than max_chars = {most:,} characters")
    except PyPdfError as reason:
        raise Unreadable(f"damaged PDF: {reason}") from reason
    if not any(texts):
        raise Unreadable(f"its {len(texts)} pages hold no text, as scanned ones do")
    return {"text": "\n\n".join(filter(None, texts)), "pages": len(texts), **_about_pdf(reader)}


def _about_pdf(reader: Any) -> dict[str, Any]:
    try:
        about = reader.metadata or {}
        found = {"title": about.get("/Title"), "author": about.get("/Author")}
        return {name: str(value)[:1000] for name, value in found.items() if value}
    except Exception:
        return {}  # a damaged description is no reason to lose the pages


def epub_book(data: bytes, most: int) -> dict[str, Any]:
    """Return the chapters in reading order with what the package document says of the book."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as reason:
        raise Unreadable(f"it is no whole EPUB file: {reason}") from reason
    book = _Book(archive, most)
    package, about = book.package()
    texts, size = [], 0
    for name in book.chapters(package):
        texts.append(html_page(book.member(name), "all")["text"])
        size += len(texts[-1])
        if size > most:
            raise Unreadable(f"longer than max_chars = {most:,} characters")
    return {"text": "\n\n".join(filter(None, texts)), **about}


class _Book:
    """The archive of a book, unpacked no further than a document may be long."""

    def __init__(self, archive: zipfile.ZipFile, most: int) -> None:
        self._archive = archive
        self._left = most * _MARKUP_PER_CHAR + _SMALL
        self._names = archive.namelist()
        if len(self._names) > MOST_MEMBERS:
            raise Unreadable(f"it has {len(self._names):,} parts, more than {MOST_MEMBERS:,}")

    def member(self, name: str, most: int | None = None) -> bytes:
        """Return the bytes of a part; raises Unreadable when it is missing, damaged or unpacks to too much."""
        limit = min(self._left, most or self._left)
        try:
            with self._archive.open(name) as part:
                data = part.read(limit + 1)
        except KeyError:
            raise Unreadable(f"its part {name} is missing") from None
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError) as reason:
            raise Unreadable(f"its part {name} is damaged: {reason}") from reason
        except Exception as reason:
            if type(reason).__module__ not in ("zlib", "_lzma", "lzma"):
                raise
            raise Unreadable(f"its part {name} is damaged: {reason}") from reason
        if len(data) > limit:
            raise Unreadable("it unpacks to more than max_chars allows")
        self._left -= len(data)
        return data

    def package(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the reading order, {"folder", "spine"}, and the description of the book."""
        container = _xml(self.member("META-INF/container.xml", _SMALL), "META-INF/container.xml")
        path = next((node.get("full-path", "") for node in container.iter() if _tag(node) == "rootfile"), "")
        package = _xml(self.member(path, _SMALL), path)
        items = {node.get("id"): node for node in package.iter() if _tag(node) == "item"}
        spine = [items.get(node.get("idref")) for node in package.iter() if _tag(node) == "itemref"]
        wanted = [node.get("href", "") for node in spine if node is not None]
        return {"folder": posixpath.dirname(path), "spine": wanted}, _about_book(package)

    def chapters(self, package: dict[str, Any]) -> list[str]:
        """Return the parts to read, each once; without a reading order all pages in the order of their names."""
        paths = [posixpath.normpath(posixpath.join(package["folder"], unquote(href))) for href in package["spine"]]
        present = set(self._names)
        chosen = [path for path in dict.fromkeys(paths) if path in present]
        return chosen or sorted(name for name in self._names if name.lower().endswith((".xhtml", ".html", ".htm")))


def _about_book(package: ElementTree.Element) -> dict[str, Any]:
    names = {"title": "title", "creator": "author", "language": "language", "date": "date", "identifier": "identifier"}
    found: dict[str, Any] = {}
    for node in package.iter():
        name = names.get(_tag(node))
        if name and node.text and node.text.strip():
            found.setdefault(name, " ".join(node.text.split())[:1000])
    return found


def _tag(node: ElementTree.Element) -> str:
    return str(node.tag).rpartition("}")[2]


def _xml(data: bytes, name: str) -> ElementTree.Element:
    """Parse a small XML part; one that declares entities, which can stand for any amount of text, is refused."""
    if b"<!ENTITY" in data:
        raise Unreadable(f"its part {name} declares entities")
    try:
        return ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as reason:
        raise Unreadable(f"its part {name} is no XML: {reason}") from reason
