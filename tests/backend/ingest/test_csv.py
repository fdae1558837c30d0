from __future__ import annotations

import gzip
import json
from datetime import datetime
from pathlib import Path

import pytest
import zstandard

from winnow.errors import InputError, SettingError
from winnow.ingest.csv import Csv


def _file(folder: Path, content: str | bytes, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_quoted_newlines_marks_and_windows_line_ends(tmp_path: Path, take) -> None:
    content = '\ufeffid,text,date,score\r\n1,"two\nlines, ""quoted""",2021-03-04,0.5\r\n2,plain,,\r\n'
    taken = take(Csv(), _file(tmp_path, content))
    assert taken.texts == ['two\nlines, "quoted"', "plain"]
    assert taken.lines == [2, 4]
    first, second = taken.documents
    assert (first["id"], first["date"], json.loads(first["meta"])) == ("1", datetime(2021, 3, 4), {"score": "0.5"})
    assert (second["id"], second["date"], second["meta"]) == ("2", None, None)


def test_a_wrong_number_of_fields_is_named_by_line(tmp_path: Path, take) -> None:
    content = 'text,n\na,1\n"b\nb",1,2\n\nc\nd,4\n'
    taken = take(Csv(), _file(tmp_path, content))
    assert taken.texts == ["a", "d"]
    assert taken.lines == [2, 7]
    assert taken.reasons == {3: "3 fields where the header has 2", 6: "1 fields where the header has 2"}
    assert taken.rejected[0].excerpt == b'"b\nb",1,2\n'


@pytest.mark.parametrize(
    ("content", "texts", "bad"),
    [
        # The quote of line 3 closes at line 4's first quote, where a letter follows: line 3 goes, line 4 stays.
        ('n,text\n1,a\n2,"open\n3,"c"\n4,d\n', ["a", "c", "d"], [3]),
        ('n,text\n1,a\n2,"open\n3,c\n4,d\n', ["a", "c", "d"], [3]),
        ('n,text\n1,a\n2,"say "hi" there"\n3,c\n', ["a", "c"], [3]),
        ('n,text\n1,5" disk\n2,b\n', ['5" disk', "b"], []),
        ('n,text\n1,a\n2,"open at the end', ["a"], [3]),
    ],
)
def test_a_broken_quote_costs_one_row(content: str, texts: list[str], bad: list[int], tmp_path: Path, take) -> None:
    taken = take(Csv(), _file(tmp_path, content))
    assert taken.texts == texts
    assert [row.line for row in taken.rejected] == bad
    assert all("quote" in row.reason for row in taken.rejected)


def test_tabs_with_quotes_that_mean_nothing(tmp_path: Path, take) -> None:
    content = 'n\ttext\n1\t"Hello, she said\n2\tb\n3\t"quoted\ttab"\n'
    taken = take(Csv(), _file(tmp_path, content, "a.tsv"))
    assert taken.texts == ['"Hello, she said', "b", "quoted\ttab"]
    assert taken.rejected == []


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_header_tells_the_separator(mark: str, tmp_path: Path, take) -> None:
    path = _file(tmp_path, f"id{mark}text{mark}url\n1{mark}a b{mark}u\n")
    (document,) = take(Csv(), path).documents
    assert (document["id"], document["text"], document["url"]) == ("1", "a b", "u")


def test_a_told_separator_wins(tmp_path: Path, take) -> None:
    path = _file(tmp_path, "text^n;m\na;b^2\n")
    assert take(Csv(delimiter="^"), path).texts == ["a;b"]
    assert take(Csv(delimiter="tab", text="text^n;m"), path).texts == ["a;b^2"]
    with pytest.raises(SettingError, match="one character"):
        list(Csv(delimiter="ab").read(path))


def test_repeated_and_unnamed_columns_are_kept_apart(tmp_path: Path, take) -> None:
    (document,) = take(Csv(), _file(tmp_path, "text,text,,n\na,b,c,d\n")).documents
    assert document["text"] == "a"
    assert json.loads(document["meta"]) == {"text_2": "b", "column_3": "c", "n": "d"}


def test_invalid_bytes_and_nul_are_rejected(tmp_path: Path, take) -> None:
    taken = take(Csv(), _file(tmp_path, b"text,n\na,1\nb\xff,2\nc,\xfe\nd\0,4\ne,5\n"))
    assert taken.texts == ["a", "e"]
    assert taken.reasons == {3: "invalid UTF-8", 4: "invalid UTF-8", 5: "NUL byte in the text"}
    assert taken.rejected[0].excerpt == b"b\xff,2\n"


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".zst", zstandard.compress)])
def test_compressed_and_truncated(suffix: str, pack, tmp_path: Path, take) -> None:
    rows = [f'{place},"{place**9}, row\n"' for place in range(50_000)]
    packed = pack("\n".join(["id,text", *rows]).encode())
    path = _file(tmp_path, packed, f"a.csv{suffix}")
    assert len(take(Csv(), path).texts) == 50_000
    path.write_bytes(packed[: len(packed) // 2])
    taken = take(Csv(), path)
    assert [document["id"] for document in taken.documents] == [str(place) for place in range(len(taken.texts))]
    assert len(taken.texts) > 10_000
    (tail,) = taken.rejected
    assert "ends too early" in tail.reason
    assert tail.line == 2 + 2 * len(taken.texts)


def test_a_header_alone_has_no_documents_but_needs_a_text_column(tmp_path: Path, take) -> None:
    assert take(Csv(), _file(tmp_path, "id,text\n")).documents == []
    with pytest.raises(InputError, match=r"its columns are: id, body_of_it; name it with --text COL"):
        list(Csv().read(_file(tmp_path, "id,body_of_it\n1,2\n")))


def test_a_document_beyond_the_limit_is_stepped_over(tmp_path: Path, monkeypatch, take) -> None:
    monkeypatch.setattr("winnow.ingest.records._OTHER_CHARS", 100)
    long = "\n".join(["a line without the separator"] * 50)
    taken = take(Csv(max_chars=900), _file(tmp_path, f'n,text\n1,a\n2,"{long}"\n3,c\n'))  # 29 * 50 > 900 + 100
    assert taken.texts == ["a", "c"]
    assert list(taken.reasons) == [3]
    assert "1,000 characters" in taken.reasons[3]
    # The same length behind a quote that is never closed: the lines are records of their own.
    rows = "".join(f"{place},row\n" for place in range(400))
    taken = take(Csv(max_chars=900), _file(tmp_path, f'n,text\n1,a\n2,"open\n{rows}'))
    assert len(taken.texts) == 401
    assert taken.reasons == {3: "a quote is never closed"}


def test_one_endless_line_is_cut_and_rejected(tmp_path: Path, monkeypatch, take) -> None:
    monkeypatch.setattr("winnow.ingest.records._OTHER_CHARS", 0)
    monkeypatch.setattr("winnow.ingest.streams.BLOCK_BYTES", 100)
    content = "n,text\n1,a\n2," + "x" * 10_000 + "\n3,c\n" + '4,"open\n' + "y" * 5000 + '\nshut"\n5,e\n'
    taken = take(Csv(max_chars=200), _file(tmp_path, content))
    assert taken.texts == ["a", "c", "e"]
    # Line 5 opens a record that loses its second line; its last line, 7, is no record either.
    assert list(taken.reasons) == [3, 5, 7]
