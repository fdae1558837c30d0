from __future__ import annotations

import bz2
import gzip
import json
import lzma
from datetime import datetime
from pathlib import Path

import orjson
import pytest
import zstandard

from winnow.errors import InputError
from winnow.ingest import pieces, streams
from winnow.ingest.jsonl import JsonLines

BAD = b"""{"text": "one"}
{"text": "cut
["a list"]
"a string"
17
null

{"text": "invalid \xff byte"}
{"text": null}
{"other": 1}
{"text": 5}
{"text": ["a"]}
{"text": ""}
{"text": "nul \\u0000"}
{"text": "lone \\ud800"}
{"text": "control \x01"}
{"text": "two", "score": NaN}
\xef\xbb\xbf{"text": "mark"}
{"text": "three"}"""


def test_each_bad_line_is_named_and_no_good_one_is_lost(tmp_path: Path, take) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(BAD)
    taken = take(JsonLines(), path)
    assert taken.texts == ["one", "two", "three"]
    assert taken.lines == [1, 17, 19]
    # 19 lines: 3 good, 1 blank, 15 bad
    assert len(taken.rejected) == 15
    reasons = taken.reasons
    assert reasons[2].startswith("invalid JSON")
    assert reasons[3] == "not a JSON object but an array"
    assert reasons[4] == "not a JSON object but a string"
    assert reasons[5] == "not a JSON object but a number"
    assert reasons[6] == "not a JSON object but null"
    assert 7 not in reasons
    assert reasons[8] == "invalid UTF-8 at byte 19 of the line"
    assert reasons[9] == reasons[10] == "no text"
    assert reasons[11] == "text is not a string but int"
    assert reasons[12] == "text is not a string but list"
    assert reasons[13] == "empty text"
    assert reasons[14] == "NUL byte in the text"
    assert all(reasons[line].startswith("invalid JSON") for line in (15, 16, 18))
    excerpts = {row.line: row.excerpt for row in taken.rejected}
    assert excerpts[8] == b'{"text": "invalid \xff byte"}'
    assert {row.file for row in taken.rejected} == {str(path)}


def test_parts_are_found_and_the_rest_is_kept(tmp_path: Path, take) -> None:
    path = tmp_path / "a.jsonl"
    row = {"Text": "grain", "ID": 7, "Source": "mill", "URL": "https://example.org", "Date": "2021-03-04"}
    more = {"score": 0.5, "tags": ["a"], "none": None, "deep": {"x": None}}
    path.write_bytes(orjson.dumps(row | more))
    (document,) = take(JsonLines(), path).documents
    assert json.loads(document.pop("meta")) == {"score": 0.5, "tags": ["a"], "deep": {"x": None}}
    expected = {"text": "grain", "id": "7", "source": "mill", "url": "https://example.org"}
    assert document == expected | {"date": datetime(2021, 3, 4)}


@pytest.mark.parametrize("as_text", [False, True])
def test_parts_inside_meta_are_found_and_stay_there(as_text: bool, tmp_path: Path, take) -> None:
    path = tmp_path / "a.jsonl"
    meta = {"url": "https://example.org", "source": "arxiv", "timestamp": 1614834367000, "language": "en"}
    kept = orjson.dumps(meta).decode() if as_text else meta
    rows = [{"text": "no meta", "meta": None}, {"text": "a", "meta": kept}, {"text": "b", "meta": {"url": None}}]
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    bare, document, other = take(JsonLines(), path).documents
    assert bare["url"] is None
    assert bare["meta"] is None
    assert document["url"] == "https://example.org"
    assert document["source"] == "arxiv"
    assert document["date"] == datetime(2021, 3, 4, 5, 6, 7)
    assert json.loads(document["meta"]) == {"meta": kept}
    assert other["url"] is None


def test_told_columns_may_lie_deep(tmp_path: Path, take) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(orjson.dumps({"page": {"body": "grain", "at": {"link": "u"}}, "text": "not this"}))
    (document,) = take(JsonLines(text="page.body", url="page.at.link"), path).documents
    assert (document["text"], document["url"]) == ("grain", "u")
    assert json.loads(document["meta"])["text"] == "not this"


def test_a_date_that_cannot_be_read_stays_in_meta(tmp_path: Path, take) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "a", "date": "long ago"}\n{"text": "b", "date": "2021"}\n{"text": "c", "date": null}')
    first, second, third = take(JsonLines(), path).documents
    assert (first["date"], json.loads(first["meta"])) == (None, {"date": "long ago"})
    assert (second["date"], second["meta"]) == (datetime(2021, 1, 1), None)
    assert (third["date"], third["meta"]) == (None, None)


def test_a_part_that_begins_late_is_taken_from_then_on(tmp_path: Path, take) -> None:
    path = tmp_path / "a.jsonl"
    lines = [b'{"text": "a"}'] * 5000 + [b'{"text": "b", "url": "u", "id": 1}'] * 5000
    path.write_bytes(b"\n".join(lines))
    documents = take(JsonLines(), path).documents
    # The batch that first has the key covers lines 4,097 to 8,192, so line 5,001 is inside it.
    assert [document["url"] for document in documents] == [None] * 5000 + ["u"] * 5000
    assert documents[-1]["id"] == "1"


def test_no_text_column_lists_what_there_is(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'oops\n{"question": "q", "answer": "a"}')
    with pytest.raises(InputError, match=r"text column.*question, answer.*--text COL"):
        list(JsonLines().read(path))
    with pytest.raises(InputError, match=r"no column 'questoin' .did you mean 'question'"):
        list(JsonLines(text="questoin").read(path))


def test_only_bad_lines_are_no_error(tmp_path: Path, take) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"a\nb\n")
    taken = take(JsonLines(), path)
    assert (taken.documents, len(taken.rejected)) == ([], 2)


@pytest.mark.parametrize(
    ("content", "texts", "bad"),
    [
        (b'[{"text": "a, [1]"}, {"text": "b\\" ]"}]', ["a, [1]", 'b" ]'], []),
        (b' [\n {"text": "a"},\n 5, "x,y", {"text": "b"}, ]\n', ["a", "b"], [2, 3]),
        (b"[]", [], []),
        (b'[{"text": "a"}, {"text": oops}, {"text": "c"}]', ["a", "c"], [2]),
        (b'[{"text": "a"}, {"text": "b', ["a"], [2]),
        (b'[{"text": "a"}] tail', ["a"], [2]),
        (b'{\n "text": "a",\n "b": {"c": "}"}\n}\n{\n "text": "b"\n}\n', ["a", "b"], []),
        (b'{"text": "a"}\n{"text": "b"}\n', ["a", "b"], []),
    ],
)
def test_json_files_of_every_layout(content: bytes, texts: list[str], bad: list[int], tmp_path: Path, take) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    taken = take(JsonLines(), path)
    assert taken.texts == texts
    assert [row.line for row in taken.rejected] == bad


def test_arrays_are_cut_alike_wherever_a_block_ends(tmp_path: Path) -> None:
    rows = [{"text": 'a"b\\', "n": [1, {"k": "]}"}]}, {"text": "\\\\"}, 3]
    content = orjson.dumps(rows)
    for step in range(1, len(content)):
        values = pieces.JsonValues(array=True)
        parts = [b""]
        for start in range(0, len(content), step):
            first, *others = values(content[start : start + step])
            parts[-1] += first
            parts.extend(others)
        assert [orjson.loads(part) for part in parts if part] == rows


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [
        (".gz", gzip.compress),
        (".zst", zstandard.compress),
        (".bz2", bz2.compress),
        (".xz", lzma.compress),
        ("", bytes),
    ],
)
def test_compressed_files(suffix: str, pack, tmp_path: Path, take) -> None:
    path = tmp_path / f"a.jsonl{suffix}"
    half = [b'{"text": "%d %d"}\n' % (place, place**5) for place in range(2000)]
    path.write_bytes(pack(b"".join(half)) + pack(b"".join(half)))  # two members follow each other
    assert len(take(JsonLines(), path).texts) == 4000
    assert JsonLines.accepts(path)


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".zst", zstandard.compress)])
def test_a_truncated_file_keeps_its_whole_lines(suffix: str, pack, tmp_path: Path, take) -> None:
    path = tmp_path / f"a.jsonl{suffix}"
    lines = [b'{"text": "%d %d"}\n' % (place, place**9) for place in range(50_000)]
    packed = pack(b"".join(lines))
    path.write_bytes(packed[: len(packed) // 2])
    taken = take(JsonLines(), path)
    whole = [orjson.loads(line)["text"] for line in lines]
    assert len(taken.texts) > 10_000
    assert taken.texts == whole[: len(taken.texts)]
    (tail,) = taken.rejected
    assert "ends too early" in tail.reason
    assert tail.line == len(taken.texts) + 1
    assert lines[len(taken.texts)].startswith(tail.excerpt)


def test_damage_in_the_middle_keeps_what_lies_before(tmp_path: Path, take) -> None:
    path = tmp_path / "a.jsonl.gz"
    sound = gzip.compress(b'{"text": "a"}\n' * 100)
    path.write_bytes(sound + b"garbage")
    taken = take(JsonLines(), path)
    assert len(taken.texts) == 100
    (row,) = taken.rejected
    assert row.reason.startswith("damaged gzip data")
    path.write_bytes(sound + b"\0" * 512)
    assert take(JsonLines(), path).rejected == []


def test_nothing_readable_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.zst"
    path.write_bytes(zstandard.compress(b'{"text": "a"}\n')[:8])
    with pytest.raises(InputError, match="nothing in it can be read"):
        list(JsonLines().read(path))


def test_utf16_says_so_and_a_mark_is_dropped(tmp_path: Path, take) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes('{"text": "a"}'.encode("utf-16"))
    with pytest.raises(InputError, match="UTF-16"):
        list(JsonLines().read(path))
    path.write_bytes('{"text": "a"}'.encode("utf-8-sig"))
    assert take(JsonLines(), path).texts == ["a"]


def test_a_line_beyond_the_limit_is_skipped_and_never_held(tmp_path: Path, monkeypatch, take) -> None:
    monkeypatch.setattr(streams, "BLOCK_BYTES", 1000)
    monkeypatch.setattr("winnow.ingest.jsonl._OTHER_BYTES", 0)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "a"}\n{"text": "' + b"x" * 200_000 + b'"}\n{"text": "b"}\n{"text": "' + b"y" * 9000)
    taken = take(JsonLines(max_chars=1000), path)  # 6 bytes a character: at most 6,000 bytes are held
    assert taken.texts == ["a", "b"]
    assert taken.lines == [1, 3]
    assert taken.reasons.keys() == {2, 4}
    assert all("6,000 bytes" in reason for reason in taken.reasons.values())
    assert all(len(row.excerpt) <= 8000 for row in taken.rejected)


def test_a_very_large_document_passes_or_is_named(tmp_path: Path, take) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(orjson.dumps({"text": "x" * 21_000_000}) + b'\n{"text": "b"}\n')
    taken = take(JsonLines(), path)
    assert taken.texts == ["b"]
    assert taken.reasons == {1: "21,000,000 characters, more than max_chars = 20,000,000"}
    assert len(taken.rejected[0].excerpt) == 65_536
    assert len(take(JsonLines(max_chars=21_000_000), path).texts) == 2
