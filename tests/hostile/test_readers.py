"""A sample of `readers.py`: damaged files give documents, rejected rows or one clear error, and nothing good is lost."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest
import zstandard

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


def test_a_thousand_levels_and_a_hundred_thousand_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    deep = b'{"text": "deep", "x": ' + b"[" * 2000 + b"]" * 2000 + b"}\n"
    wide = b'{"text": "wide", ' + b", ".join(b'"c%d": 1' % number for number in range(100_000)) + b"}\n"
    path.write_bytes(deep + wide + b'{"text": "sound"}\n')
    texts, reasons = _taken(path)
    assert texts[-1] == "sound"
    assert len(texts) + len(reasons) == 3
