"""A way to write each reader's format by hand, for its contract, for fuzzing and for trying it."""

from __future__ import annotations

import csv
import html
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import orjson
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq

CRLF = "\r\n"


def parquet(texts: list[str]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"text": texts}), sink)
    return sink.getvalue()


def jsonl(texts: list[str]) -> bytes:
    return b"".join(orjson.dumps({"text": text}) + b"\n" for text in texts)


def named_jsonl(texts: list[str]) -> bytes:
    return b"".join(orjson.dumps({"id": f"d{place}", "text": text}) + b"\n" for place, text in enumerate(texts))


def separated(texts: list[str]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerows([["text"], *([text] for text in texts)])
    return file.getvalue().encode()


def arrow(texts: list[str]) -> bytes:
    sink = io.BytesIO()
    pyarrow.feather.write_feather(pa.table({"text": texts}), sink)
    return sink.getvalue()


def page(text: str) -> bytes:
    return f"<!doctype html><html><body><pre>{html.escape(text)}</pre></body></html>".encode()


def warc_record(kind: str, number: int, content_type: str, body: bytes) -> bytes:
    head = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        f"WARC-Target-URI: http://example.org/{number}",
        "WARC-Date: 2024-01-02T03:04:05Z",
        f"WARC-Record-ID: <urn:uuid:{number}>",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
    ]
    return (CRLF.join(head) + CRLF * 2).encode() + body + (CRLF * 2).encode()


def response(
    body: bytes, content_type: str = "text/html; charset=utf-8", status: str = "200 OK", more: str = ""
) -> bytes:
    return f"HTTP/1.1 {status}{CRLF}Content-Type: {content_type}{CRLF}{more}{CRLF}".encode() + body


def warc(texts: list[str]) -> bytes:
    kind = "application/http; msgtype=response"
    return b"".join(warc_record("response", place, kind, response(page(text))) for place, text in enumerate(texts))


def wet(texts: list[str]) -> bytes:
    return b"".join(warc_record("conversion", place, "text/plain", text.encode()) for place, text in enumerate(texts))


SITE = (
    '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/"><siteinfo><dbname>dewiki</dbname>'
    "<base>https://de.wikipedia.org/wiki/Hauptseite</base><namespaces>"
    '<namespace key="14" case="first-letter">Kategorie</namespace></namespaces></siteinfo>\n'
)


def article(number: int, text: str, *, title: str = "", namespace: int = 0, more: str = "") -> str:
    return (
        f"<page><title>{escape(title or f'Seite {number}')}</title><ns>{namespace}</ns><id>{number}</id>{more}<revision>"
        "<id>9</id><timestamp>2024-01-02T03:04:05Z</timestamp><model>wikitext</model>"
        f'<text xml:space="preserve">{escape(text)}</text></revision></page>\n'
    )


def wikipedia(texts: list[str]) -> bytes:
    return (SITE + "".join(article(place, text) for place, text in enumerate(texts)) + "</mediawiki>\n").encode()


def mbox(texts: list[str]) -> bytes:
    messages = []
    for place, text in enumerate(texts):
        head = f"From a@example.org Sat Nov 21 13:55:{place % 60:02} 2026\nMessage-ID: <{place}@example.org>\n"
        head += f"Subject: number {place}\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
        messages.append(head + text + "\n\n")
    return "".join(messages).encode()


CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
)


def epub(chapters: list[str], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    items = "".join(f'<item id="c{place}" href="c{place}.xhtml"/>' for place in range(len(chapters)))
    spine = "".join(f'<itemref idref="c{place}"/>' for place in range(len(chapters)))
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<dc:title>A Book</dc:title><dc:creator>Somebody</dc:creator><dc:language>en</dc:language></metadata>"
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", compression) as archive:
        archive.writestr("META-INF/container.xml", CONTAINER)
        archive.writestr("OEBPS/book.opf", package)
        for place, text in enumerate(chapters):
            archive.writestr(f"OEBPS/c{place}.xhtml", page(text))
    return sink.getvalue()


def pdf(pages: list[str]) -> bytes:
    """Write pages of Latin text in Helvetica, a line a line."""
    kids = " ".join(f"{4 + 2 * place} 0 R" for place in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    for place, text in enumerate(pages):
        shown = [line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") for line in text.split("\n")]
        lines = "".join(f"({line}) Tj 0 -12 Td " for line in shown)
        stream = f"BT /F1 10 Tf 40 700 Td {lines}ET".encode("cp1252", "replace")
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents {5 + 2 * place} 0 R"
            "/Resources<</Font<</F1 3 0 R>>>>>>".encode()
        )
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream))
    made, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(made))
    return made + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + trailer


FILES: dict[str, tuple[str, Callable[[list[str]], bytes]]] = {
    "arrow": ("a.arrow", arrow),
    "csv": ("a.csv", separated),
    "dolma": ("documents/a.jsonl", named_jsonl),
    "jsonl": ("a.jsonl", jsonl),
    "mbox": ("a.mbox", mbox),
    "parquet": ("a.parquet", parquet),
    "redpajama": ("documents/a.json", jsonl),
    "warc": ("a.warc", warc),
    "wet": ("a.wet", wet),
    "wikipedia": ("a.xml", wikipedia),
}
"""Formats that hold many documents in a file: its name, and the file of some texts."""

SINGLES: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "epub": (".epub", lambda text: epub([text])),
    "html": (".html", page),
    "pdf": (".pdf", lambda text: pdf([text])),
    "text": (".txt", str.encode),
}
"""Formats that hold one document in a file: its suffix, and the file of a text."""


def write(reader: str, texts: list[str], folder: Path) -> Path:
    """Write texts in a reader's format and return the file, or the folder of files."""
    if reader in SINGLES:
        suffix, encode = SINGLES[reader]
        for place, text in enumerate(texts):
            (folder / f"{place:05}{suffix}").write_bytes(encode(text))
        return folder
    name, encode_all = FILES[reader]
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(encode_all(texts))
    if reader in ("dolma", "redpajama"):
        beside(reader, len(texts), folder)
    return folder / name


def beside(reader: str, count: int, folder: Path) -> Path:
    """Write the attributes or signals of documents and return the file."""
    if reader == "dolma":
        path = folder / "attributes" / "toy" / "a.jsonl"
        entries = [{"id": f"d{place}", "attributes": {"toy__size": [[0, 3, float(place)]]}} for place in range(count)]
    else:
        path = folder / "quality_signals" / "a.signals.json"
        entries = [{"id": f"a/{place}", "quality_signals": {"ccnet_length": [[0, 3, place]]}} for place in range(count)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(orjson.dumps(entry) + b"\n" for entry in entries))
    return path
