"""What is written comes back letter for letter, in every format that holds text."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from winnow.ingest.base import Reader
from winnow.ingest.csv import Csv
from winnow.ingest.jsonl import JsonLines
from winnow.ingest.parquet import Parquet

LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
DOCUMENTS = st.lists(st.text(LETTERS, min_size=1, max_size=60).filter(lambda text: not text.isspace()), max_size=12)


def _read(reader: Reader, name: str, content: bytes) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        batches = list(reader.read(path))
    assert [row for batch in batches for row in batch.rejected] == []
    return [text for batch in batches for text in batch.documents.column("text").to_pylist()]


@given(DOCUMENTS)
def test_json_lines_and_arrays(texts: list[str]) -> None:
    rows = [{"text": text, "n": place} for place, text in enumerate(texts)]
    assert _read(JsonLines(), "a.jsonl", b"\n".join(map(orjson.dumps, rows))) == texts
    assert _read(JsonLines(), "a.json", orjson.dumps(rows, option=orjson.OPT_INDENT_2)) == texts


@given(DOCUMENTS)
def test_csv(texts: list[str]) -> None:
    file = io.StringIO()
    csv.writer(file).writerows([["n", "text"], *([place, text] for place, text in enumerate(texts))])
    assert _read(Csv(), "a.csv", file.getvalue().encode()) == texts


@given(DOCUMENTS)
def test_parquet(texts: list[str]) -> None:
    file = io.BytesIO()
    pq.write_table(pa.table({"text": pa.array(texts, pa.string())}), file)
    assert _read(Parquet(), "a.parquet", file.getvalue()) == texts
