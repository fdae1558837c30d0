"""A sample of `readers.py`: damaged files give documents, rejected rows or one clear error, and nothing good is lost."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zstandard

from hostile import bursting
from hostile.fuzzing import READERS, try_reader
from winnow.ingest.jsonl import JsonLines

FILES_EACH = 25


@pytest.mark.parametrize("name", sorted(READERS))
def test_damaged_files_are_no_surprise(name: str, tmp_path: Path) -> None:
    for seed in range(FILES_EACH):
        found = try_reader(name, tmp_path / str(seed), seed)
        assert not found.traceback, f"seed {seed}: {found.traceback}"
        assert found.lost == 0, f"seed {seed}: {found.lost} good rows are lost"


def _taken(path: Path, **settings: int) -> tuple[list[str], list[str]]:
    texts, reasons = [], []
    for batch in JsonLines(**settings).read(path):
        texts += batch.documents.column("text").to_pylist()
        reasons += [row.reason for row in batch.rejected]
    return texts, reasons


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress])
def test_a_bomb_of_one_line_is_bounded(tmp_path: Path, pack) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(pack(b'{"text": "sound"}\n{"text": "' + b"a" * 200_000_000 + b'"}\n{"text": "behind"}\n'))
    tracemalloc.start()
    texts, reasons = _taken(path, max_chars=1000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert texts == ["sound", "behind"]
    assert len(reasons) == 1
    assert peak < 120e6


def _documents(reader: str, path: Path) -> tuple[list[str], int]:
    texts, rejected = [], 0
    for batch in READERS[reader](max_chars=1000).read(path):
        texts += batch.documents.column("text").to_pylist()
        rejected += len(batch.rejected)
    return [text.strip() for text in texts], rejected


@pytest.mark.parametrize(
    ("reader", "file", "parts"),
    [
        ("jsonl", "a.jsonl", bursting.json_line), ("jsonl", "a.json", bursting.json_array),
        ("csv", "a.csv", bursting.csv_line), ("wet", "a.wet", bursting.wet), ("wikipedia", "a.xml", bursting.dump),
    ],
)  # fmt: skip
def test_one_part_that_is_far_too_long_is_set_aside(
    reader: str, file: str, parts: Callable[[int], Iterator[bytes]], tmp_path: Path
) -> None:
    path = bursting.Case("", file, lambda: parts(24 << 20)).write(tmp_path)
    tracemalloc.start()
    texts, rejected = _documents(reader, path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert texts == [bursting.FIRST, bursting.LAST]
    assert rejected == 1
    assert peak < 100e6


@pytest.mark.parametrize(
    ("reader", "file", "parts", "counts"),
    [
        ("jsonl", "a.jsonl", lambda: bursting.keys_of_one(100_000), (3, 0)),
        ("jsonl", "a.jsonl", lambda: bursting.keys_of_many(2000), (2002, 0)),
        ("csv", "a.csv", lambda: bursting.wide_csv(30_000), (2, 0)),
        ("jsonl", "a.jsonl", lambda: bursting.deep(1000), (4, 0)),
        ("jsonl", "a.jsonl", lambda: bursting.deep(100_000), (2, 2)),
    ],
    ids=["keys of one", "keys of many", "columns", "a thousand levels", "too many levels"],
)
def test_what_is_wide_or_deep(
    reader: str, file: str, parts: Callable[[], Iterator[bytes]], counts: tuple[int, int], tmp_path: Path
) -> None:
    texts, rejected = _documents(reader, bursting.Case("", file, parts).write(tmp_path))
    assert (len(texts), rejected) == counts
    assert (texts[0], texts[-1]) == (bursting.FIRST, bursting.LAST)
