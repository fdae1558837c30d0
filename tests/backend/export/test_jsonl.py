"""JSON lines: one object a line, dates in ISO form, and the same bytes from gzip."""

from __future__ import annotations

import datetime
import decimal
import gzip
import json

import pyarrow as pa
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from winnow.export.jsonl import JsonLines


def lines(method: JsonLines, batch: pa.RecordBatch, folder) -> list[dict]:
    (path,) = method.write([batch], folder)
    raw = path.read_bytes()
    if method.compression == "gzip":
        raw = gzip.decompress(raw)
    if method.compression == "zstd":
        raw = zstandard.ZstdDecompressor().stream_reader(raw).read()
    assert raw.endswith(b"\n")
    return [json.loads(line) for line in raw.decode("utf-8").rstrip("\n").split("\n")]


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_every_value_comes_back(tmp_path, docs, compression: str) -> None:
    found = lines(JsonLines(compression=compression), docs(), tmp_path)
    asked = docs().to_pylist()
    assert [row["text"] for row in found] == [row["text"] for row in asked]
    assert [row["source"] for row in found] == [row["source"] for row in asked]
    assert [row["quality"] for row in found] == [row["quality"] for row in asked]
    assert [row["pii_spans"] for row in found] == [row["pii_spans"] for row in asked]
    assert list(found[0]) == docs().schema.names


def test_dates_are_iso(tmp_path, docs) -> None:
    first = lines(JsonLines(), docs(5), tmp_path)
    assert first[0]["date"] == "2020-01-01"
    assert first[0]["seen"] == "2024-02-29T12:30:15.250000+00:00"
    assert first[4]["seen"] is None


def test_values_that_json_lacks(tmp_path) -> None:
    batch = pa.RecordBatch.from_pydict(
        {
            "not_a_number": [float("nan")],
            "infinite": [float("inf")],
            "bytes": [b"\x00\xff"],
            "exact": [decimal.Decimal("1.10")],
            "nanoseconds": pa.array([1_500_000_000_000_000_123], pa.timestamp("ns")),
            "clock": [datetime.time(1, 2, 3)],
            "nested": pa.array([[1_500_000_000_000_000_123]], pa.list_(pa.timestamp("ns"))),
            "large": pa.array([2**64 - 1], pa.uint64()),
        }
    )
    (found,) = lines(JsonLines(), batch, tmp_path)
    assert found == {
        "not_a_number": None,
        "infinite": None,
        "bytes": "AP8=",
        "exact": "1.10",
        "nanoseconds": "2017-07-14T02:40:00",
        "clock": "01:02:03",
        "nested": ["2017-07-14T02:40:00.000000123"],
        "large": 2**64 - 1,
    }


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    texts=st.lists(st.text() | st.sampled_from(["", "word", "🦊" * 50, "א\u200f\u200b", "\x00", "\u2028"]), min_size=1)
)
def test_any_text_stays_on_one_line(tmp_path_factory, texts: list[str]) -> None:
    batch = pa.RecordBatch.from_pydict({"text": pa.array(texts, pa.string())})
    assert [row["text"] for row in lines(JsonLines(), batch, tmp_path_factory.mktemp("out"))] == texts


def test_gzip_holds_neither_a_time_nor_a_name(tmp_path, docs) -> None:
    (path,) = JsonLines(compression="gzip").write([docs()], tmp_path)
    header = path.read_bytes()[:10]
    assert header[3] == 0, "no flag: no name follows"
    assert header[4:8] == b"\x00\x00\x00\x00", "the time is zero"
