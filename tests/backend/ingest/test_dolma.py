from __future__ import annotations

import gzip
from pathlib import Path

import orjson
import pytest

from reader_samples import beside, write
from winnow.errors import InputError
from winnow.ingest.dolma import Dolma, RedPajama
from winnow.ingest.files import expand


def _metas(batches) -> list[dict]:
    return [orjson.loads(meta) for batch in batches for meta in batch.documents.column("meta").to_pylist()]


def test_attributes_become_columns(tmp_path: Path) -> None:
    path = write("dolma", ["one", "two", "three"], tmp_path)
    assert _metas(Dolma().read(path)) == [{"toy__size": 0.0}, {"toy__size": 1.0}, {"toy__size": 2.0}]


def test_spans_of_a_part_are_counted_and_weighed(tmp_path: Path) -> None:
    path = write("dolma", ["abcd"], tmp_path)
    spans = [[0, 1, 0.0], [1, 4, 1.0]]  # (1 · 0 + 3 · 1) / 4 = 0.75
    entry = {"id": "d0", "attributes": {"toy__part": spans, "toy__none": []}}
    (tmp_path / "attributes" / "toy" / "a.jsonl").write_bytes(orjson.dumps(entry))
    assert _metas(Dolma().read(path)) == [{"toy__part.count": 2, "toy__part.mean": 0.75, "toy__none.count": 0}]


def test_documents_without_attributes_are_taken_and_counted(tmp_path: Path) -> None:
    path = write("dolma", ["one", "two", "three"], tmp_path)
    file = beside("dolma", 3, tmp_path)
    file.write_bytes(b"\n".join(line for line in file.read_bytes().splitlines() if b'"d1"' not in line))
    batches = list(Dolma().read(path))
    assert sum(batch.documents.num_rows for batch in batches) == 3
    assert [sum(batch.skipped.values()) for batch in batches] == [0, 1]
    file.write_bytes(b"{not json\n\xff\n" + file.read_bytes())
    assert sum(batch.documents.num_rows for batch in Dolma().read(path)) == 3


def test_one_folder_of_attributes(tmp_path: Path) -> None:
    path = write("dolma", ["one"], tmp_path)
    with pytest.raises(InputError, match=r"there is no .*attributes/none"):
        list(Dolma(attributes=("none",)).read(path))
    assert _metas(Dolma(attributes=("toy",)).read(path)) == [{"toy__size": 0.0}]


def test_signals_are_found_by_the_number_of_their_document(tmp_path: Path) -> None:
    path = write("redpajama", ["one", "two"], tmp_path)
    file = tmp_path / "quality_signals" / "a.signals.json"
    file.write_bytes(b"\n".join(reversed(file.read_bytes().splitlines())))
    assert _metas(RedPajama().read(path)) == [{"ccnet_length": 0}, {"ccnet_length": 1}]


def test_signals_inside_the_document(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    signals = orjson.dumps({"ccnet_length": [[0, 3, 7]]}).decode()
    path.write_bytes(orjson.dumps({"raw_content": "abc", "quality_signals": signals}))
    assert _metas(RedPajama().read(path)) == [{"ccnet_length": 7}]


def test_a_folder_is_known_and_its_attributes_are_no_documents(tmp_path: Path) -> None:
    path = write("dolma", ["one"], tmp_path)
    packed = tmp_path / "documents" / "b.jsonl.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert [(source.path.name, source.format) for source in expand([tmp_path])] == [
        ("a.jsonl", "dolma"), ("b.jsonl.gz", "dolma"),
    ]  # fmt: skip
