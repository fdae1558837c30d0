"""What was written is read by the format's own library where it is installed, else by a reader made from its description."""

from __future__ import annotations

import gzip
import json
import struct
from itertools import pairwise
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pytest
import zstandard
from tokenizers import Tokenizer, models, pre_tokenizers

from winnow.errors import InputError, SettingError
from winnow.export.card import write_card
from winnow.export.dolma import Dolma
from winnow.export.huggingface import HuggingFace
from winnow.export.jsonl import JsonLines
from winnow.export.manifest import manifest, verify, write_manifest
from winnow.export.mds import Mds
from winnow.export.megatron import Megatron
from winnow.export.tokens import Tokens
from winnow.export.webdataset import WebDataset

RECIPE = {"method": {"method": "top", "column": "quality"}, "seed": 7}
SUMMARY = {
    "asked": {"docs": 50}, "documents": 50, "tokens": 90,
    "pool": {"documents": 99, "tokens": 900, "fingerprint": "0"},
}  # fmt: skip


def _whole(exporter, batch: pa.RecordBatch, folder: Path, **more: object) -> dict:
    """Write what an export writes: files, manifest and card."""
    files = exporter.write([batch], folder, "train")
    files += exporter.write([batch.slice(0, 3)], folder, "validation")
    told = {"selection": "best", "recipe": RECIPE, "summary": SUMMARY, "folder": folder}
    content = manifest(files, exporter=exporter, schema=batch.schema, **told, **more)
    write_card(folder, content)
    write_manifest(folder, content)
    assert verify(folder) == []
    return content


def test_hugging_face_loads_the_folder(tmp_path: Path, docs) -> None:
    datasets = pytest.importorskip("datasets")
    batch = docs(50)
    _whole(HuggingFace(shard_docs=20), batch, tmp_path / "out")
    loaded = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert {split: len(rows) for split, rows in loaded.items()} == {"train": 50, "validation": 3}
    assert loaded["train"]["text"][:] == batch.column("text").to_pylist()
    assert loaded["train"]["doc_id"][:] == list(range(50))


def test_jsonl_zst_is_loaded(tmp_path: Path, docs) -> None:
    datasets = pytest.importorskip("datasets")
    JsonLines(compression="zstd", shard_docs=20).write([docs(50)], tmp_path)
    files = str(tmp_path / "part-*.jsonl.zst")
    loaded = datasets.load_dataset("json", data_files=files, split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded["text"][:] == docs(50).column("text").to_pylist()


def test_webdataset_reads_its_shards(tmp_path: Path, docs) -> None:
    webdataset = pytest.importorskip("webdataset")
    paths = WebDataset(shard_docs=20).write([docs(50)], tmp_path)
    read = list(webdataset.WebDataset([str(path) for path in paths], shardshuffle=False).decode())
    assert [sample["txt"] for sample in read] == docs(50).column("text").to_pylist()
    assert [sample["json"]["doc_id"] for sample in read] == list(range(50))
    assert read[2]["json"]["source"] == "source 2"
    assert len({sample["__key__"] for sample in read}) == 50


def test_dolma_documents_and_attributes_stand_line_by_line(tmp_path: Path, docs) -> None:
    weighted = docs(50).append_column("weight", pa.array([0.0, 2.0] * 25))
    (documents, attributes) = Dolma().write([weighted], tmp_path)
    left = [json.loads(line) for line in gzip.decompress(documents.read_bytes()).splitlines()]
    right = [json.loads(line) for line in gzip.decompress(attributes.read_bytes()).splitlines()]
    assert [row["id"] for row in left] == [row["id"] for row in right] == [f"winnow-{row}" for row in range(50)]
    # What a mixer keeps by $.attributes[?(@.winnow__selection__keep[0][2] >= 1)]
    kept = [row["id"] for row in right if row["attributes"]["winnow__selection__keep"][0][2] >= 1]
    assert kept == [f"winnow-{row}" for row in range(1, 50, 2)]
    row = right[2]["attributes"]
    assert row["winnow__columns__quality"] == [[0, len("שלום עולם"), 0.25]], "characters, not bytes"
    assert row["winnow__columns__c4_pass"] == [[0, 9, 1.0]]
    assert right[1]["attributes"]["winnow__columns__quality"] == [], "a missing value has no span"
    assert {"text", "source", "id", "metadata", "created"} >= set(left[2])
    assert left[2]["metadata"]["pii_spans"][0] == {"start": 0, "end": 2, "kind": "email"}


def test_dolma_is_read_back_by_its_reader(tmp_path: Path, docs) -> None:
    from winnow.ingest.dolma import Dolma as Reader

    (documents, _) = Dolma().write([docs(50)], tmp_path)
    batches = list(Reader().read(documents))
    metas = [orjson.loads(meta) for batch in batches for meta in batch.documents.column("meta").to_pylist()]
    texts = [text for text in docs(50).column("text").to_pylist() if text and "\0" not in text]
    assert [text for batch in batches for text in batch.documents.column("text").to_pylist()] == texts
    assert metas[0]["winnow__columns__quality"] == 0.0


def _read_mds(folder: Path) -> list[dict]:
    """Read Mosaic Data Shards as their description says, sharing no line with the writer."""
    index = json.loads((folder / "index.json").read_text())
    assert index["version"] == 2
    rows = []
    for shard in index["shards"]:
        assert (shard["format"], shard["version"], shard["hashes"]) == ("mds", 2, [])
        if shard["compression"]:
            packed = (folder / shard["zip_data"]["basename"]).read_bytes()
            assert len(packed) == shard["zip_data"]["bytes"]
            data = zstandard.ZstdDecompressor().decompress(packed)
        else:
            assert shard["zip_data"] is None
            data = (folder / shard["raw_data"]["basename"]).read_bytes()
        assert len(data) == shard["raw_data"]["bytes"]
        (count,) = struct.unpack_from("<I", data)
        assert count == shard["samples"]
        offsets = struct.unpack_from(f"<{count + 1}I", data, 4)
        told = json.loads(data[4 + 4 * (count + 1) : offsets[0]])
        assert told == {key: shard[key] for key in told}
        for begin, end in pairwise(offsets):
            rows.append(_read_sample(data[begin:end], shard))
    return rows


def _read_sample(data: bytes, shard: dict) -> dict:
    free = [size is None for size in shard["column_sizes"]]
    sizes = list(struct.unpack_from(f"<{sum(free)}I", data))
    place, row = 4 * sum(free), {}
    for name, encoding, size in zip(
        shard["column_names"], shard["column_encodings"], shard["column_sizes"], strict=True
    ):
        length = sizes.pop(0) if size is None else size
        raw = data[place : place + length]
        place += length
        decode = {
            "str": bytes.decode, "json": json.loads,
            "int64": lambda raw: struct.unpack("<q", raw)[0], "float64": lambda raw: struct.unpack("<d", raw)[0],
        }  # fmt: skip
        row[name] = decode[encoding](raw)
    assert place == len(data)
    return row


@pytest.mark.parametrize("compression", ["none", "zstd"])
def test_mds_as_its_description_says(tmp_path: Path, docs, compression: str) -> None:
    weighted = docs(50).append_column("weight", pa.array([0.5] * 50))
    Mds(shard_docs=20, compression=compression).write([weighted], tmp_path)
    rows = _read_mds(tmp_path)
    assert [row["text"] for row in rows] == docs(50).column("text").to_pylist()
    assert [row["doc_id"] for row in rows] == list(range(50))
    assert [row["quality"] for row in rows] == docs(50).column("quality").to_pylist(), "a missing number is null"
    assert rows[3]["source"] == "", "str knows no null"
    assert {row["weight"] for row in rows} == {0.5}
    assert rows[2]["pii_spans"][1] == {"start": 0, "end": 2, "kind": "email"}


@pytest.mark.parametrize("compression", ["none", "zstd"])
def test_mds_is_read_by_its_library(tmp_path: Path, docs, compression: str) -> None:
    streaming = pytest.importorskip("streaming")
    Mds(shard_docs=20, compression=compression).write([docs(50)], tmp_path)
    read = streaming.LocalDataset(str(tmp_path))
    assert [read[place]["text"] for place in range(len(read))] == docs(50).column("text").to_pylist()


def _vocabulary(folder: Path, size: int = 8) -> Path:
    words = {"<|endoftext|>": 0, "[UNK]": 1, "One": 2, "lesson": 3, ".": 4}
    words |= {f"w{place}": place for place in range(5, size)}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(["<|endoftext|>"])
    tokenizer.enable_truncation(2)  # as some tokenizers are kept; a corpus must not be cut by it
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder / "tokenizer.json"


def _read_megatron(index: Path) -> tuple[np.dtype, list[np.ndarray]]:
    """Read an indexed data set as Megatron's own reader does."""
    raw = index.read_bytes()
    assert raw[:9] == b"MMIDIDX\x00\x00"
    version, code, sequences, bounds = struct.unpack_from("<QBQQ", raw, 9)
    kind = np.dtype({1: "u1", 2: "i1", 3: "i2", 4: "i4", 5: "i8", 6: "f8", 7: "f4", 8: "u2"}[code])
    assert (version, bounds) == (1, sequences + 1)
    lengths = np.frombuffer(raw, np.int32, sequences, 34)
    pointers = np.frombuffer(raw, np.int64, sequences, 34 + 4 * sequences)
    ends = np.frombuffer(raw, np.int64, bounds, 34 + 12 * sequences)
    assert len(raw) == 34 + 12 * sequences + 8 * bounds
    assert ends.tolist() == list(range(sequences + 1))
    data = index.with_suffix(".bin").read_bytes()
    return kind, [np.frombuffer(data, kind, n, p) for n, p in zip(lengths, pointers, strict=True)]


def test_megatron_as_its_reader_reads_it(tmp_path: Path, docs) -> None:
    paths = Megatron(shard_docs=20).write([docs(50)], tmp_path)
    rows = []
    for path in paths:
        if path.suffix == ".idx":
            kind, found = _read_megatron(path)
            assert kind == np.uint16
            rows += found
    assert all(row[-1] == 256 for row in rows)
    assert [bytes(row[:-1].astype(np.uint8)).decode() for row in rows] == docs(50).column("text").to_pylist()


def test_a_tokenizer_of_the_library(tmp_path: Path, docs) -> None:
    for size, plain, indexed in (
        (8, np.uint16, np.uint16),
        (65_520, np.uint16, np.int32),
        (70_000, np.uint32, np.int32),
    ):
        folder = tmp_path / str(size)
        folder.mkdir()
        chosen = _vocabulary(folder, size)
        texts = pa.record_batch({"text": ["One lesson.", "", "One <|endoftext|>"]})
        Megatron(tokenizer=str(chosen)).write([texts], folder)
        kind, rows = _read_megatron(folder / "part-00000.idx")
        assert kind == indexed
        # words the vocabulary lacks are [UNK]; the end mark spelt out is no end
        assert rows[0].tolist() == [2, 3, 4, 0]
        assert rows[1].tolist() == [0]
        assert 0 not in rows[2][:-1].tolist()
        Tokens(tokenizer=str(folder)).write([texts], folder, "train")
        note = json.loads((folder / "train" / "tokens.json").read_text())
        assert note["dtype"] == np.dtype(plain).name
        tokens = np.memmap(folder / "train" / "part-00000.bin", dtype=note["dtype"], mode="r")
        starts = np.load(folder / "train" / "part-00000.starts.npy")
        assert [tokens[a:b].tolist() for a, b in pairwise(starts[:3])] == [[2, 3, 4, 0], [0]]
        assert (note["documents"], note["tokens"], note["end"]) == (3, len(tokens), 0)


def test_tokenizers_that_cannot_be_used(tmp_path: Path) -> None:
    chosen = _vocabulary(tmp_path)
    text = pa.record_batch({"text": ["x"]})
    with pytest.raises(SettingError, match="there is no nowhere"):
        Tokens(tokenizer="nowhere").write([text], tmp_path)
    with pytest.raises(SettingError, match="no token 'stop'"):
        Tokens(tokenizer=str(chosen), end="stop").write([text], tmp_path)
    (tmp_path / "odd.json").write_text("{}")
    with pytest.raises(InputError, match=r"a tokenizer\.json is needed"):
        Tokens(tokenizer=str(tmp_path / "odd.json")).write([text], tmp_path)


def test_the_card_names_both_splits(tmp_path: Path, docs) -> None:
    counts = {"documents": {"train": 50, "validation": 3}}
    _whole(HuggingFace(), docs(50), tmp_path, splits=counts)
    card = (tmp_path / "README.md").read_text()
    assert "path: data/train-*.parquet" in card
    assert "path: data/validation-*.parquet" in card
    assert "| validation | 3 |" in card
