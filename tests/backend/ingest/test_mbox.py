from __future__ import annotations

from pathlib import Path

from winnow.ingest import streams
from winnow.ingest.mbox import Mbox

PLAIN = """From a@example.org Sat Nov 21 13:55:00 2026
From: =?utf-8?q?J=C3=B6rg?= <j@example.org>
To: b@example.org
Subject: Hello
Message-ID: <1@example.org>
Date: Sat, 21 Nov 2026 13:55:00 +0100

Hi there
>From here on
> quoted

From the start of a paragraph
"""
PARTS = """From b@example.org Sat Nov 21 13:56:00 2026
Subject: two parts
Content-Type: multipart/alternative; boundary=x

--x
Content-Type: text/html; charset=iso-8859-1

<p>caf\xe9 <b>bold</b></p>
--x
Content-Type: image/png
Content-Disposition: attachment

xx
--x--
"""


def _write(folder: Path, text: str) -> Path:
    path = folder / "a.mbox"
    path.write_bytes(text.encode("latin-1"))
    return path


def test_messages(tmp_path: Path, take) -> None:
    first, second = take(Mbox(), _write(tmp_path, PLAIN + "\n" + PARTS)).documents
    assert first["text"] == "Hi there\nFrom here on\n> quoted\n\nFrom the start of a paragraph"
    assert first["id"] == "1@example.org"
    assert first["date"].isoformat() == "2026-11-21T12:55:00"
    assert first["meta"] == '{"subject":"Hello","from":"Jörg <j@example.org>","to":"b@example.org"}'
    assert second["text"] == "café bold"
    assert second["meta"] == '{"subject":"two parts","attachments":1}'


def test_quoted_lines_can_be_left_out(tmp_path: Path, take) -> None:
    (document,) = take(Mbox(quotes=False), _write(tmp_path, PLAIN)).documents
    assert "quoted" not in document["text"]
    assert "From here on" in document["text"]


def test_messages_across_blocks(tmp_path: Path, take, monkeypatch) -> None:
    path = _write(tmp_path, "\n".join(PLAIN.replace("Hello", f"number {place}") for place in range(20)))
    for size in (3, 64, 97):
        monkeypatch.setattr(streams, "BLOCK_BYTES", size)
        assert len(take(Mbox(), path).texts) == 20


def test_a_file_that_is_no_mailbox(tmp_path: Path, take) -> None:
    taken = take(Mbox(), _write(tmp_path, "Dear diary\n"))
    assert taken.reasons == {1: "it does not begin with a line 'From ', as mailboxes do"}


def test_strange_heads_are_no_reason_to_lose_a_message(tmp_path: Path, take) -> None:
    odd = PLAIN.replace("Date: Sat, 21", "Date: Sat, 99").replace("=?utf-8?q?J", "=?no-such-set?q?J")
    (document,) = take(Mbox(), _write(tmp_path, odd)).documents
    assert document["date"] is None
    assert "Hi there" in document["text"]
