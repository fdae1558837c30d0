"""Web pages, PDF files and books, alone and mixed with text in one folder."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from reader_samples import CONTAINER, epub, page, pdf
from winnow.ingest.epub import Epub
from winnow.ingest.files import expand
from winnow.ingest.html import Html
from winnow.ingest.isolated import Task, extract_each
from winnow.ingest.pdf import Pdf
from winnow.ingest.text import Text


def _write(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


PAGE = b"""<html lang="en"><head><title>Barley</title><link rel="canonical" href="http://example.org/b">
<meta property="article:published_time" content="2024-05-06"></head><body><nav><a href=/>Home</a></nav>
<main><h1>Barley</h1><p>It grows.</p><script>alert(1)</script></main><footer>imprint</footer></body></html>"""


def test_a_web_page_is_what_a_person_reads(tmp_path: Path, take) -> None:
    path = _write(tmp_path, "b.html", PAGE)
    (document,) = take(Html(), path).documents
    assert document["text"] == "Barley\n\nIt grows."
    assert (document["url"], document["date"].isoformat()) == ("http://example.org/b", "2024-05-06T00:00:00")
    assert document["meta"] == '{"title":"Barley","language":"en"}'
    assert "imprint" in take(Html(content="all"), path).texts[0]
    assert take(Html(content="raw"), path).texts == [PAGE.decode()]


def test_a_folder_of_everything(tmp_path: Path, take) -> None:
    for name, content in {"a.txt": b"plain", "b.html": page("web"), "c.pdf": pdf(["one", "two"])}.items():
        _write(tmp_path, name, content)
    _write(tmp_path, "d.epub", epub(["first", "second"]))
    (source,) = expand([tmp_path])
    assert source.format == "text"
    taken = take(Text(), tmp_path)
    assert taken.texts == ["plain", "web", "one\n\ntwo", "first\n\nsecond"]
    assert take(Text(html="raw"), tmp_path).texts[1].startswith("<!doctype")
    only = take(Pdf(), tmp_path)
    assert only.texts == ["one\n\ntwo"]
    assert len(only.rejected) == 3


@pytest.mark.parametrize("suffix", [".html", ".pdf", ".epub"])
def test_a_folder_of_one_kind_is_read_by_its_own_reader(tmp_path: Path, suffix: str) -> None:
    _write(tmp_path, f"a{suffix}", b"x")
    assert [(source.path, source.format) for source in expand([tmp_path])] == [(tmp_path, suffix[1:])]


def test_a_pdf_says_why_it_gives_nothing(tmp_path: Path, take) -> None:
    assert "%PDF-" in take(Pdf(), _write(tmp_path, "a.pdf", b"no pdf at all")).reasons[1]
    assert take(Pdf(), _write(tmp_path, "a.pdf", pdf(["", ""]))).reasons == {
        1: "its 2 pages hold no text, as scanned ones do"
    }
    (document,) = take(Pdf(), _write(tmp_path, "a.pdf", pdf(["x"]))).documents
    assert document["meta"] == '{"pages":1}'


def _book(parts: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return sink.getvalue()


def test_a_book_tells_its_title_and_order(tmp_path: Path, take) -> None:
    (document,) = take(Epub(), _write(tmp_path, "a.epub", epub(["one", "two"]))).documents
    assert document["text"] == "one\n\ntwo"
    assert document["meta"] == '{"title":"A Book","author":"Somebody","language":"en"}'


def test_book_bombs_are_refused(tmp_path: Path, take) -> None:
    package = b"<package><manifest/><spine/></package>"
    whole = {"META-INF/container.xml": CONTAINER.encode(), "OEBPS/book.opf": package}
    large = _book({**whole, "c.html": b"a" * 50_000_000})
    assert "unpacks to more" in take(Epub(max_chars=10_000), _write(tmp_path, "a.epub", large)).reasons[1]
    laughs = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><package>&b;</package>'
    assert "entities" in take(Epub(), _write(tmp_path, "a.epub", _book({**whole, "OEBPS/book.opf": laughs}))).reasons[1]
    many = _book({**whole, **{f"{place}.html": b"x" for place in range(20_001)}})
    assert "20,003 parts" in take(Epub(), _write(tmp_path, "a.epub", many)).reasons[1]
    escaping = _book({**whole, "../../evil.html": b"<p>outside"})
    assert take(Epub(), _write(tmp_path, "a.epub", escaping)).texts == ["outside"]  # read in memory, never unpacked
    assert not (tmp_path.parent.parent / "evil.html").exists()


def test_what_hangs_or_ends_its_process_costs_only_itself() -> None:
    fine = Task("markup:html_page", b"<p>fine")
    slow = Task("../tests", b"")  # no such module: the child answers nothing that can be used
    answers = list(extract_each([fine, slow, fine]))
    assert [answer.value.get("text") for answer in answers] == ["fine", None, "fine"]
    assert answers[1].fault
    late = list(extract_each([Task("isolated:serve", b"", seconds=1.0), fine]))  # it waits for input for ever
    assert late[0].fault
    assert late[1].value["text"] == "fine"
