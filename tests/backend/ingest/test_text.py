from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from winnow.errors import InputError
from winnow.ingest.text import Text


def _folder(root: Path) -> Path:
    for name, content in {
        "a.txt": b"grain",
        "deep/b.md": "# Mühle".encode(),
        "deep/er/c.HTML": b"<p>flour</p>",
        "README": b"no suffix",
        "d.rst": b"\xef\xbb\xbfmark",
        "e.txt.gz": gzip.compress(b"packed"),
        "bad.txt": b"caf\xe9",
        "empty.txt": b"",
        "photo.jpg": b"\xff\xd8",
        ".hidden.txt": b"hidden",
        ".git/config.txt": b"hidden",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


def test_a_folder_is_one_document_a_file(tmp_path: Path, take) -> None:
    root = _folder(tmp_path / "mill")
    taken = take(Text(), root)
    found = {document["id"]: (document["text"], document["source"]) for document in taken.documents}
    assert found == {
        "README": ("no suffix", "mill"),
        "a.txt": ("grain", "mill"),
        "d.rst": ("mark", "mill"),
        "deep/b.md": ("# Mühle", "deep"),
        "deep/er/c.HTML": ("flour", "er"),
        "e.txt.gz": ("packed", "mill"),
    }
    assert all(document["date"] is None and document["meta"] is None for document in taken.documents)
    assert {Path(row.file).name: row.reason for row in taken.rejected} == {
        "bad.txt": "invalid UTF-8 at byte 4",
        "empty.txt": "empty text",
        "photo.jpg": "'.jpg' is no suffix of a text file",
    }
    everything = take(Text(every_file=True), root)
    assert {Path(row.file).name for row in everything.rejected} == {"bad.txt", "empty.txt", "photo.jpg"}
    assert any("invalid UTF-8" in row.reason and row.file.endswith(".jpg") for row in everything.rejected)


def test_one_file(tmp_path: Path, take) -> None:
    path = tmp_path / "notes.log"
    path.write_text("grain\n")
    (document,) = take(Text(), path).documents
    assert (document["text"], document["id"], document["source"]) == ("grain\n", "notes.log", tmp_path.name)
    path.write_bytes(b"\xff" * 9)
    assert take(Text(), path).reasons == {1: "invalid UTF-8 at byte 1"}


def test_a_long_file_is_not_read_to_its_end(tmp_path: Path, monkeypatch, take) -> None:
    monkeypatch.setattr("winnow.ingest.streams.BLOCK_BYTES", 1000)
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 100_000)
    (batch,) = Text(max_chars=1000).read(path)
    (row,) = batch.rejected
    assert row.reason == "longer than max_chars = 1,000 characters"
    assert len(row.excerpt) == 5000  # five blocks: the first size beyond 4 bytes a character


def test_a_damaged_member_is_rejected_and_the_others_stay(tmp_path: Path, take) -> None:
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(b"b" * 1000)[:15])
    taken = take(Text(), tmp_path)
    assert taken.texts == ["a"]
    assert [Path(row.file).name for row in taken.rejected] == ["b.txt.gz"]
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(b"b" * 1000)[:9])
    assert [row.reason for row in take(Text(), tmp_path).rejected] == [
        "nothing in it can be read (damaged gzip data: the file ends too early)"
    ]
    with pytest.raises(InputError, match="fetch it again"):
        list(Text().read(tmp_path / "b.txt.gz"))
