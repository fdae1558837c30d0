from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from winnow.errors import InputError
from winnow.ingest.parquet import Parquet


def test_parts_keep_their_meaning_and_the_rest_is_packed(tmp_path: Path, take) -> None:
    table = pa.table(
        {
            "content": ["a", "b"],
            "id": pa.array([1, None], pa.int64()),
            "url": pa.array(["u", None]).dictionary_encode(),
            "timestamp": pa.array([datetime(2021, 3, 4, tzinfo=UTC), None], pa.timestamp("ns", "UTC")),
            "price": pa.array([Decimal("1.50"), None]),
            "labels": pa.array([{"x": [1, 2]}, None]),
            "pairs": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())),
            "picture": pa.array([b"ab", b"x" * 2000]),
            "flag": [True, False],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    first, second = take(Parquet(), tmp_path / "a.parquet").documents
    assert json.loads(first.pop("meta")) == {
        "price": "1.50",
        "labels": {"x": [1, 2]},
        "pairs": {"k": 1},
        "picture": "YWI=",
        "flag": True,
    }
    assert first == {"text": "a", "id": "1", "source": None, "url": "u", "date": datetime(2021, 3, 4)}
    assert json.loads(second.pop("meta")) == {"picture": {"bytes": 2000}, "flag": False}
    assert second == {"text": "b", "id": None, "source": None, "url": None, "date": None}


def test_parts_inside_a_struct_or_its_json_text(tmp_path: Path, take) -> None:
    meta = [{"url": "u", "timestamp": "2021-03-04", "pile_set_name": "web"}, None]
    expected = {"url": "u", "date": datetime(2021, 3, 4), "source": "web"}
    for place, column in enumerate((pa.array(meta), pa.array([json.dumps(meta[0]), None]))):
        path = tmp_path / f"{place}.parquet"
        pq.write_table(pa.table({"text": ["a", "b"], "meta": column}), path)
        first, second = take(Parquet(), path).documents
        assert {key: first[key] for key in expected} == expected
        assert second["url"] is None
        assert "pile_set_name" in first["meta"]


def test_text_that_is_missing_or_of_another_type(tmp_path: Path, take) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["a", None, ""], "n": [1, 2, 3]}), path)
    taken = take(Parquet(), path)
    assert (taken.texts, taken.lines, taken.reasons) == (["a"], [1], {2: "no text", 3: "empty text"})
    assert taken.rejected[0].excerpt == b'{"n":2}'
    pq.write_table(pa.table({"text": [1, 2, None]}), path)
    assert take(Parquet(), path).reasons == {
        1: "text is not a string but int64",
        2: "text is not a string but int64",
        3: "no text",
    }
    pq.write_table(pa.table({"text": [b"a", b"\xff", None]}), path)
    taken = take(Parquet(), path)
    assert (taken.texts, taken.reasons) == (["a"], {2: "invalid UTF-8", 3: "no text"})


def _not_utf8(values: list[bytes]) -> pa.Array:
    return pa.array(values, pa.binary()).view(pa.string())


def test_strings_that_are_not_utf8_are_found(tmp_path: Path, take) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"text": _not_utf8([b"a", b"b\xff", b"c", b""]), "kind": _not_utf8([b"x", b"y", b"\xfe", b"z"])})
    pq.write_table(table, path)
    taken = take(Parquet(), path)
    assert taken.texts == ["a"]
    assert taken.reasons == {2: "invalid UTF-8", 3: "invalid UTF-8", 4: "empty text"}
    assert taken.rejected[0].excerpt == b"b\xff"


def test_a_damaged_row_group_leaves_the_others(tmp_path: Path, take) -> None:
    path = tmp_path / "a.parquet"
    texts = [f"document {place**7}" for place in range(300)]
    pq.write_table(pa.table({"text": texts}), path, row_group_size=100, compression="zstd", use_dictionary=False)
    about = pq.read_metadata(path).row_group(1).column(0)
    content = bytearray(path.read_bytes())
    start = about.data_page_offset
    content[start : start + about.total_compressed_size] = b"\xff" * about.total_compressed_size
    path.write_bytes(content)
    taken = take(Parquet(), path)
    assert taken.texts == texts[:100] + texts[200:]
    assert taken.lines == [*range(1, 101), *range(201, 301)]
    assert list(taken.reasons) == [101]
    assert taken.reasons[101].startswith("rows 101 to 200 cannot be read")


def test_a_truncated_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["a"] * 1000}), path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="footer cannot be read"):
        list(Parquet().read(path))


def test_no_rows_and_no_text_column(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), path)
    assert list(Parquet().read(path)) == []
    pq.write_table(pa.table({"question": ["a"], "answer": ["b"]}), path)
    with pytest.raises(InputError, match=r"question, answer; name it with --text COL"):
        list(Parquet().read(path))
    with pytest.raises(InputError, match=r"no column 'link'.*--url COL"):
        list(Parquet(text="question", url="link").read(path))


def test_large_rows_make_small_batches(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": [str(place) + "x" * 4_000_000 for place in range(20)]}), path)
    batches = list(Parquet().read(path))
    assert sum(batch.documents.num_rows for batch in batches) == 20
    assert max(batch.documents.nbytes for batch in batches) <= 33 << 20
