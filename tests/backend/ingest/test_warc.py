from __future__ import annotations

import gzip
from pathlib import Path

from reader_samples import page, response, warc, warc_record, wet
from winnow.ingest.warc import Warc, Wet

HTTP = "application/http; msgtype=response"


def _write(folder: Path, content: bytes, name: str = "a.warc") -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def _page(number: int, body: bytes, **how: str) -> bytes:
    return warc_record("response", number, HTTP, response(body, **how))


def test_a_page_keeps_where_and_when_it_was_fetched(tmp_path: Path, take) -> None:
    html = b"<html lang=en><title>Barley &amp; rye</title><nav>menu</nav><main><p>Barley grows.</p></main>"
    (document,) = take(Warc(), _write(tmp_path, _page(7, html))).documents
    assert (document["text"], document["id"], document["url"]) == ("Barley grows.", "7", "http://example.org/7")
    assert document["date"].isoformat() == "2024-01-02T03:04:05"
    assert document["meta"] == '{"title":"Barley & rye","language":"en","content_type":"text/html"}'
    (whole,) = take(Warc(content="all"), _write(tmp_path, _page(7, html))).documents
    assert "menu" in whole["text"]


def test_what_is_no_page_is_passed_over_and_counted(tmp_path: Path) -> None:
    content = warc_record("warcinfo", 0, "application/warc-fields", b"software: x") + _page(1, b"<p>one")
    content += _page(2, b"\x89PNG", content_type="image/png") + _page(3, b"<p>gone", status="404 Not Found")
    content += warc_record("request", 4, "application/http; msgtype=request", b"GET / HTTP/1.1\r\n\r\n")
    (batch,) = Warc().read(_write(tmp_path, content))
    assert batch.documents.column("text").to_pylist() == ["one"]
    assert batch.lines == [2]
    assert batch.rejected == []
    assert batch.skipped == {
        "warcinfo records": 1, "not HTML: image/png": 1, "pages with status 404": 1, "request records": 1,
    }  # fmt: skip


def test_compression_of_the_archive_and_of_a_page(tmp_path: Path, take) -> None:
    packed = _page(1, gzip.compress(b"<p>one"), more="Content-Encoding: gzip\r\n")
    chunked = _page(2, b"6\r\n<p>two\r\n0\r\n\r\n", more="Transfer-Encoding: chunked\r\n")
    members = b"".join(gzip.compress(record) for record in (packed, chunked))  # as crawlers write: a member a record
    assert take(Warc(), _write(tmp_path, members, "a.warc.gz")).texts == ["one", "two"]


def test_character_sets(tmp_path: Path, take) -> None:
    latin = _page(1, "<p>café".encode("latin-1"), content_type="text/html; charset=iso-8859-1")
    told = _page(2, '<meta charset="windows-1251"><p>зерно'.encode("cp1251"), content_type="text/html")
    wrong = _page(3, "<p>Mühle".encode(), content_type="text/html; charset=no-such-set")
    assert take(Warc(), _write(tmp_path, latin + told + wrong)).texts == ["café", "зерно", "Mühle"]


def test_a_damaged_record_costs_only_itself(tmp_path: Path, take) -> None:
    whole = warc([f"text {place}" for place in range(6)])
    record = len(whole) // 6
    cut = whole[: 2 * record + 300] + whole[2 * record + 320 :]  # 20 bytes of the third record are missing
    taken = take(Warc(), _write(tmp_path, cut))
    assert taken.texts == ["text 0", "text 1", "text 3", "text 4", "text 5"]
    assert taken.reasons == {3: "it is longer or shorter than it says"}
    noisy = whole[:record] + b"noise\xff" * 9 + b"\r\n" + whole[record:]
    assert len(take(Warc(), _write(tmp_path, noisy)).texts) >= 5
    lost = take(Warc(), _write(tmp_path, whole.replace(b"Content-Length: ", b"Content-Length: minus ", 1)))
    assert lost.texts == [f"text {place}" for place in range(1, 6)]
    assert lost.reasons == {1: lost.reasons[1]}
    assert "Content-Length" in lost.reasons[1]


def test_a_page_that_names_another_record_in_its_text_stays_whole(tmp_path: Path, take) -> None:
    assert take(Wet(), _write(tmp_path, wet(["a\nWARC/1.0\nb", "c"]), "a.wet")).texts == ["a\nWARC/1.0\nb", "c"]


def test_bombs_are_refused_and_the_next_page_is_read(tmp_path: Path, take) -> None:
    bomb = _page(1, gzip.compress(b"<p>" + b"a" * 30_000_000), more="Content-Encoding: gzip\r\n")
    deep = _page(2, b"<div>" * 200_000)
    taken = take(Warc(max_chars=1000), _write(tmp_path, bomb + deep + _page(3, page("sound"))))
    assert taken.texts == ["sound"]
    assert "unpacks to more" in taken.reasons[1]
    assert "inside each other" in taken.reasons[2]


def test_wet_records_are_taken_as_they_are(tmp_path: Path) -> None:
    content = warc_record("warcinfo", 0, "application/warc-fields", b"x") + wet(["  grain\n\nmill "])
    bad = warc_record("conversion", 5, "text/plain", b"caf\xe9")
    (batch,) = Wet().read(_write(tmp_path, content + bad, "a.warc.wet"))
    (document,) = batch.documents.to_pylist()
    assert (document["text"], document["url"]) == ("  grain\n\nmill ", "http://example.org/0")
    assert document["meta"] == '{"content_type":"text/plain"}'
    assert batch.skipped == {"warcinfo records": 1}
    assert [row.reason for row in batch.rejected] == ["invalid UTF-8 at byte 4 of the record"]
