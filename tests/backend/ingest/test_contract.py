"""What every reader promises; readers are found by themselves and need only a way to write a sample."""

from __future__ import annotations

import contextlib
import csv
import pickle
from collections.abc import Callable
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from winnow.errors import InputError
from winnow.ingest.base import BATCH_ROWS, DOCUMENT, Reader
from winnow.method import methods


def _write_parquet(texts: list[str], folder: Path) -> Path:
    pq.write_table(pa.table({"text": texts}), folder / "a.parquet")
    return folder / "a.parquet"


def _write_jsonl(texts: list[str], folder: Path) -> Path:
    (folder / "a.jsonl").write_bytes(b"".join(orjson.dumps({"text": text}) + b"\n" for text in texts))
    return folder / "a.jsonl"


def _write_csv(texts: list[str], folder: Path) -> Path:
    with (folder / "a.csv").open("w", encoding="utf8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerows([["text"], *([text] for text in texts)])
    return folder / "a.csv"


def _write_arrow(texts: list[str], folder: Path) -> Path:
    pyarrow.feather.write_feather(pa.table({"text": texts}), str(folder / "a.arrow"))
    return folder / "a.arrow"


def _write_text(texts: list[str], folder: Path) -> Path:
    for place, text in enumerate(texts):
        (folder / f"{place:05}.txt").write_bytes(text.encode())
    return folder


WRITERS: dict[str, Callable[[list[str], Path], Path]] = {
    "parquet": _write_parquet,
    "jsonl": _write_jsonl,
    "csv": _write_csv,
    "arrow": _write_arrow,
    "text": _write_text,
}
READERS = methods(Reader)
EMPTY = {"parquet": "a.parquet", "jsonl": "a.jsonl", "csv": "a.csv", "arrow": "a.arrow", "text": "a.txt"}
TEXTS = ["one", "two\nlines", 'with "quotes", commas', "עברית and العربية", "🌾" * 40, "zero\u200bwidth", "a" * 100_000]


def test_every_reader_has_a_sample() -> None:
    assert set(WRITERS) == set(READERS) == set(EMPTY)


@pytest.fixture(params=sorted(READERS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_settings_survive_recipe_and_pickle(name: str) -> None:
    reader = READERS[name](max_chars=7, source="=here")
    assert READERS[name].from_recipe(reader.recipe) == reader
    assert pickle.loads(pickle.dumps(reader)) == reader
    assert READERS[name].summary().endswith(".")


def test_texts_come_back_in_order(name: str, tmp_path: Path, take) -> None:
    taken = take(READERS[name](), WRITERS[name](TEXTS, tmp_path))
    assert taken.texts == TEXTS
    assert taken.rejected == []


def test_batches_have_the_schema_and_are_bounded(name: str, tmp_path: Path) -> None:
    count = BATCH_ROWS + 10
    path = WRITERS[name](["grain"] * count, tmp_path)
    size = sum(file.stat().st_size for file in (path.iterdir() if path.is_dir() else [path]))
    batches = list(READERS[name]().read(path))
    assert [batch.documents.num_rows for batch in batches] == [BATCH_ROWS, 10]
    for batch in batches:
        assert batch.documents.schema == DOCUMENT
        assert len(batch.lines) == batch.documents.num_rows
        assert Path(batch.file) == path
    read = [batch.bytes_read for batch in batches]
    assert read == sorted(read)
    assert 0 < read[-1] <= size


def test_bad_texts_are_rejected_and_the_others_stay(name: str, tmp_path: Path, take) -> None:
    path = WRITERS[name](["good", "", " \n\u3000", "nul \0 byte", "far too long", "also good"], tmp_path)
    taken = take(READERS[name](max_chars=10), path)
    assert taken.texts == ["good", "also good"]
    reasons = sorted(row.reason for row in taken.rejected)
    empty = "no text" if name == "csv" else "empty text"  # an empty field of a CSV file is a missing value
    assert reasons == sorted(
        [empty, "only white space", "NUL byte in the text", "12 characters, more than max_chars = 10"]
    )
    assert all(row.file and row.line >= 1 and len(row.excerpt) <= 65_536 for row in taken.rejected)


def test_a_told_source_names_all(name: str, tmp_path: Path, take) -> None:
    taken = take(READERS[name](source="=mill"), WRITERS[name](["a", "b"], tmp_path))
    assert [document["source"] for document in taken.documents] == ["mill", "mill"]


def test_an_empty_file_yields_nothing(name: str, tmp_path: Path) -> None:
    path = tmp_path / EMPTY[name]
    path.touch()
    assert list(READERS[name]().read(path)) == []


def test_a_missing_file_is_an_input_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        list(READERS[name]().read(tmp_path / EMPTY[name]))
    assert EMPTY[name] in str(caught.value)


def test_garbage_never_ends_in_another_error(name: str, tmp_path: Path) -> None:
    sound = WRITERS[name](TEXTS, tmp_path)
    sound = sorted(sound.iterdir())[0] if sound.is_dir() else sound
    whole = sound.read_bytes()
    for garbage in (
        b"\0" * 100,
        b"\xff\xfe\x80" * 50,
        whole[: len(whole) // 2],
        whole[: len(whole) // 2] + b"\x80" * 9,
    ):
        sound.write_bytes(garbage)
        with contextlib.suppress(InputError):
            for batch in READERS[name]().read(sound):
                assert batch.documents.schema == DOCUMENT
                batch.documents.validate(full=True)
