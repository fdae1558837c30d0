"""Wikipedia's XML dumps: one article, one document."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from xml.etree import ElementTree

from winnow.errors import InputError
from winnow.ingest.base import EXCERPT_BYTES, Batch, Reader
from winnow.ingest.gathering import Found, Gathering
from winnow.ingest.isolated import Answer, Task, extract_each
from winnow.ingest.pieces import Holding, cut
from winnow.ingest.streams import COMPRESSED, ByteStream
from winnow.method import param

_END, _START = b"</page>", b"<page>"
_HEAD_BYTES = 4096
_OTHER_BYTES = 16 << 20


@dataclass(frozen=True, kw_only=True)
class Wikipedia(Reader):
    """A MediaWiki dump (pages-articles.xml, plain or .bz2): articles as plain text, without templates, tables, files.

    Redirects and pages outside of the article namespace are passed over and counted. The id is the wiki with the
    number of the page, the source the name of the wiki, the date that of the revision, the address follows from the title; of several revisions
    the last counts. Mark-up is taken out by mwparserfromhell.
    """

    name: ClassVar[str] = "wikipedia"
    suffixes: ClassVar[tuple[str, ...]] = tuple(".xml" + packed for packed in COMPRESSED)
    looks_inside: ClassVar[bool] = True

    namespaces: tuple[str, ...] = param(("0",), "Numbers of the namespaces that are read; 0 holds the articles.")
    seconds: float = param(30.0, "How long one article may take; longer ones are set aside.", low=1)

    @classmethod
    def accepts(cls, path: Path) -> bool:
        return super().accepts(path) and path.is_file() and b"<mediawiki" in _head(path)

    def read(self, path: Path) -> Iterator[Batch]:
        gathering = Gathering(self, path)
        stream = ByteStream(path)
        pages = _Pages(self, gathering)
        for answer in extract_each(pages.tasks(stream)):
            page = pages.waiting.popleft()
            if answer.fault:
                gathering.reject(page.number, answer.fault, page.text[:EXCERPT_BYTES].encode())
            elif answer.value["text"].strip() or not page.text.strip():
                gathering.add(page.found(answer.value["text"], path, pages.site))
            else:
                gathering.skip("pages of templates and tables alone")
            if gathering.full:
                yield gathering.batch(stream.position)
        if not gathering.empty:
            yield gathering.batch(stream.position)


@dataclass(frozen=True)
class _Site:
    """What a dump says of its wiki."""

    name: str = ""
    base: str = ""
    dropped: tuple[str, ...] = ("file", "image", "category", "media")
    """Names of the namespaces whose links are no words of an article, in small letters."""


@dataclass(frozen=True)
class _Page:
    number: int
    title: str
    identity: str
    date: str
    text: str
    meta: dict[str, Any] = field(default_factory=dict)

    def found(self, text: str, path: Path, site: _Site) -> Found:
        url = f"{site.base}{self.title.replace(' ', '_')}" if site.base else None
        meta = {"title": self.title, **self.meta}
        identity = ":".join(filter(None, (site.name, self.identity))) or None
        return Found(
            text=text, file=path, line=self.number, id=identity, source=site.name or None, url=url, date=self.date, meta=meta
        )  # fmt: skip


class _Pages:
    """Cuts a dump into pages; each is parsed on its own, so that a damaged one costs only itself."""

    def __init__(self, reader: Wikipedia, gathering: Gathering) -> None:
        self._reader, self._gathering = reader, gathering
        self.site = _Site()
        self.waiting: deque[_Page] = deque()

    def tasks(self, stream: ByteStream) -> Iterator[Task | Answer]:
        limit = 4 * self._reader.max_chars + _OTHER_BYTES
        number = 0
        for pieces in cut(stream, _Ends(), limit):
            for raw in pieces.parts:
                number += 1
                if pieces.fault:
                    self._gathering.reject(number, pieces.fault, raw)
                    continue
                page = self._page(raw, number)
                if page is not None:
                    self.waiting.append(page)
                    options = {"dropped": list(self.site.dropped)}
                    yield Task("wikitext:plain", page.text.encode(), options, self._reader.seconds)

    def _page(self, raw: bytes, number: int) -> _Page | None:
        start = raw.rfind(_START)
        if number == 1:
            self.site = _site(raw[: max(start, 0)] if start >= 0 else raw)
        if start < 0:
            if raw.strip() not in (b"", b"</mediawiki>") and b"<siteinfo" not in raw and b"<mediawiki" not in raw:
                self._gathering.reject(number, "no page begins here", raw)
            return None
        try:
            if b"<!ENTITY" in raw:
                raise ElementTree.ParseError("it declares entities")
            root = ElementTree.fromstring(raw[start:] + _END)
        except (ElementTree.ParseError, ValueError, LookupError) as reason:
            self._gathering.reject(number, f"the page is no whole XML: {reason}", raw[start:])
            return None
        return self._article(root, number)

    def _article(self, root: ElementTree.Element, number: int) -> _Page | None:
        namespace = root.findtext("ns", "0").strip()
        if root.find("redirect") is not None:
            self._gathering.skip("redirects")
            return None
        if namespace not in self._reader.namespaces:
            self._gathering.skip(f"pages of namespace {namespace[:10]}")
            return None
        revision = root.findall("revision")[-1] if root.find("revision") is not None else root
        if (model := revision.findtext("model", "wikitext")) != "wikitext":
            self._gathering.skip(f"pages of model {model[:40]}")
            return None
        meta = {"revision": revision.findtext("id", "")}
        date, text = revision.findtext("timestamp", ""), revision.findtext("text") or ""
        return _Page(number, root.findtext("title", "").strip(), root.findtext("id", "").strip(), date, text, meta)


class _Ends(Holding):
    """Split function for pages: `</page>` never stands inside an article, whose angle brackets are escaped."""

    def __call__(self, block: bytes) -> list[bytes]:
        parts = (self.rest + block).split(_END)
        last = parts[-1]
        kept = next((size for size in range(len(_END) - 1, 0, -1) if last.endswith(_END[:size])), 0)
        self.rest = last[len(last) - kept :]
        parts[-1] = last[: len(last) - kept]
        return parts


def _site(head: bytes) -> _Site:
    """Read the name, the address and the words for "file" and "category" in the wiki's language."""
    name = re.search(rb"<dbname>([^<]{1,100})</dbname>", head)
    base = re.search(rb"<base>([^<]{1,500})</base>", head)
    spaces = re.findall(rb'<namespace key="(?:6|14|-2)"[^>]*>([^<]{1,100})</namespace>', head)
    url = base[1].decode(errors="replace") if base else ""
    address = url[: url.rfind("/") + 1] if url.startswith(("http://", "https://")) else ""
    dropped = dict.fromkeys([*_Site().dropped, *(space.decode(errors="replace").lower() for space in spaces)])
    return _Site(name[1].decode(errors="replace") if name else "", address, tuple(dropped))


def _head(path: Path) -> bytes:
    try:
        return next(iter(ByteStream(path)), b"")[:_HEAD_BYTES]
    except InputError:
        return b""
