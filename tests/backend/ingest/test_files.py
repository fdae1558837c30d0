from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from winnow.errors import InputError, SettingError
from winnow.ingest.csv import Csv
from winnow.ingest.files import Source, expand, files_below, fingerprint, reader_for
from winnow.ingest.jsonl import JsonLines
from winnow.ingest.text import Text


def _touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")
    return root


def _names(sources: list[Source], root: Path) -> list[tuple[str, str]]:
    return [(source.path.relative_to(root).as_posix(), source.format) for source in sources]


def test_files_globs_and_suffixes(tmp_path: Path) -> None:
    _touch(tmp_path, "b.jsonl.gz", "a.parquet", "c.TSV", "d.ndjson", "e.md", "f.feather", "deep/g.jsonl")
    paths = [tmp_path / "d.ndjson", f"{tmp_path}/[a-f].*", f"{tmp_path}/**/*.jsonl*"]
    assert _names(expand(paths), tmp_path) == [
        ("d.ndjson", "jsonl"),
        ("a.parquet", "parquet"),
        ("b.jsonl.gz", "jsonl"),
        ("c.TSV", "csv"),
        ("e.md", "text"),
        ("f.feather", "arrow"),
        ("deep/g.jsonl", "jsonl"),
    ]


def test_a_folder_of_shards_leaves_the_rest_and_says_so(tmp_path: Path) -> None:
    _touch(
        tmp_path, "data/train-0.parquet", "data/train-1.parquet", "README.md", "dataset_infos.json", ".gitattributes"
    )
    first, second = expand([tmp_path])
    assert _names([first, second], tmp_path) == [
        ("data/train-0.parquet", "parquet"),
        ("data/train-1.parquet", "parquet"),
    ]
    assert sorted(path.name for path in first.left_out) == ["README.md", "dataset_infos.json"]
    assert second.left_out == ()


def test_folders_of_text_json_and_datasets(tmp_path: Path) -> None:
    _touch(tmp_path, "texts/a.txt", "texts/deep/b.md", "texts/c.jpg", "arrays/a.json", "arrays/config.json")
    _touch(tmp_path, "packed/c4.json.gz", "set/data.arrow", "set/state.json", "set/dataset_info.json")
    assert _names(expand([tmp_path / "texts"]), tmp_path) == [("texts", "text")]
    assert _names(expand([tmp_path / "arrays"]), tmp_path) == [("arrays/a.json", "jsonl")]
    assert _names(expand([tmp_path / "packed"]), tmp_path) == [("packed/c4.json.gz", "jsonl")]
    assert _names(expand([tmp_path / "set"]), tmp_path) == [("set", "arrow")]
    (source,) = expand([tmp_path / "texts"])
    assert [path.name for path in files_below(source)] == ["a.txt", "c.jpg", "b.md"]
    below = _touch(tmp_path / "many", "one/data.arrow", "one/state.json", "one/dataset_info.json", "two.csv")
    assert _names(expand([below]), below) == [("one", "arrow"), ("two.csv", "csv")]


def test_a_told_format_wins(tmp_path: Path) -> None:
    _touch(tmp_path, "part-00000", "part-00001", "_SUCCESS")
    assert _names(expand([tmp_path], "jsonl"), tmp_path) == [("part-00000", "jsonl"), ("part-00001", "jsonl")]
    assert _names(expand([tmp_path / "part-00000"], "tsv"), tmp_path) == [("part-00000", "csv")]
    assert _names(expand([tmp_path], "text"), tmp_path.parent) == [(tmp_path.name, "text")]
    with pytest.raises(SettingError, match="did you mean 'parquet'"):
        expand([tmp_path], "parket")


def test_content_tells_where_a_suffix_does_not(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a"]}), tmp_path / "shard-0")
    (tmp_path / "shard-1").write_text('{"text": "a"}\n')
    assert _names(expand([f"{tmp_path}/shard-*"]), tmp_path) == [("shard-0", "parquet"), ("shard-1", "jsonl")]


def test_what_cannot_be_read_says_what_could(tmp_path: Path) -> None:
    _touch(tmp_path, "a.docx", "corpus.jsonl")
    with pytest.raises(InputError, match=r"'\.docx' says nothing.*parquet \(\.parquet.*--format arrow\|csv\|dolma"):
        expand([tmp_path / "a.docx"])
    with pytest.raises(InputError, match=r"there is no .*corpsu\.jsonl; did you mean 'corpus\.jsonl'"):
        expand([tmp_path / "corpsu.jsonl"])
    with pytest.raises(InputError, match="nothing matches"):
        expand([f"{tmp_path}/*.parquet"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="it is empty"):
        expand([tmp_path / "empty"])
    (tmp_path / "corpus.jsonl").unlink()
    with pytest.raises(InputError, match="no file in it has a known suffix"):
        expand([tmp_path])


def test_a_name_with_brackets_is_a_name(tmp_path: Path) -> None:
    _touch(tmp_path, "a[1].jsonl")
    assert _names(expand([f"{tmp_path}/a[1].jsonl"]), tmp_path) == [("a[1].jsonl", "jsonl")]


def test_readers_get_their_settings(tmp_path: Path) -> None:
    reader = reader_for(tmp_path / "a.jsonl", None, {"text": "body", "id": None})
    assert reader == JsonLines(text="body")
    assert reader_for(tmp_path / "a.bin", "tsv", {"delimiter": "tab"}) == Csv(delimiter="tab")
    assert reader_for(tmp_path, "text") == Text(every_file=True)
    with pytest.raises(SettingError, match="has no setting 'txet'"):
        reader_for(tmp_path / "a.jsonl", None, {"txet": "body"})
    with pytest.raises(SettingError):
        reader_for(tmp_path / "a.jsonl", "docx")


def test_fingerprints_follow_the_content(tmp_path: Path) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(b"abc")
    large.write_bytes(b"a" * 5_000_000)
    before = fingerprint(small), fingerprint(large)
    small.write_bytes(b"abd")
    with large.open("r+b") as file:
        file.seek(4_999_999)
        file.write(b"b")
    after = fingerprint(small), fingerprint(large)
    assert before[0] != after[0]
    assert before[1] != after[1]
    assert fingerprint(small) == after[0]
    (tmp_path / "copy").write_bytes(b"abd")
    assert fingerprint(tmp_path / "copy") == after[0]
    (tmp_path / "none").touch()
    assert fingerprint(tmp_path / "none").startswith("file:")
    with pytest.raises(InputError):
        fingerprint(tmp_path / "absent")


def test_every_byte_of_a_megabyte_counts(tmp_path: Path) -> None:
    path = tmp_path / "a"
    content = bytearray(1 << 20)
    path.write_bytes(content)
    before = fingerprint(path)
    for place in range(0, 1 << 20, 65_521):
        content[place] = 1
        path.write_bytes(content)
        assert fingerprint(path) != before
        content[place] = 0


def test_fingerprints_of_folders_follow_names_and_sizes(tmp_path: Path) -> None:
    _touch(tmp_path, "a.txt", "deep/b.txt")
    before = fingerprint(tmp_path)
    assert before == fingerprint(tmp_path)
    _touch(tmp_path, "c.txt")
    added = fingerprint(tmp_path)
    (tmp_path / "c.txt").write_text("xx")
    assert len({before, added, fingerprint(tmp_path)}) == 3


def test_a_dataset_goes_from_path_to_documents(tmp_path: Path, take) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"body": "grain", "when": "2021"}) + "\n")
    (source,) = expand([tmp_path])
    reader = reader_for(source.path, source.format, {"date": "when", "source": "=mill"})
    (document,) = take(reader, source.path).documents
    assert (document["text"], document["source"], document["date"].year) == ("grain", "mill", 2021)


def test_settings_told_as_text_are_read_as_their_values(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    reader = reader_for(path, "pdf", {"seconds": "2.5", "max_chars": "7", "text": None})
    assert (reader.recipe["seconds"], reader.max_chars) == (2.5, 7)
    with pytest.raises(SettingError, match="seconds is a number; found 'soon'"):
        reader_for(path, "pdf", {"seconds": "soon"})
    with pytest.raises(SettingError, match="pdf has no setting 'second'"):
        reader_for(path, "pdf", {"second": "1"})
